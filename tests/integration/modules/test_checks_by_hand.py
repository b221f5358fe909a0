# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check of single modules on a fresh host: what an earlier task would have made is not known, and that is said."""

from __future__ import annotations

import pytest

SUBNETS = [{"subnet": "10.9.0.0/24", "gateway": "10.9.0.1"}]
NOT_THERE = [
    ("veth", {"name": "v", "master": "br-a", "sandbox": {"ref": "shop"}}, "there is no device br-a"),
    ("veth", {"name": "v", "sandbox": {"ref": "shop"}}, "shop"),
    ("macvlan", {"parent": "eth7", "sandbox": {"ref": "shop"}, "interface": "eth0"}, "there is no device eth7"),
    ("vxlan_fdb", {"device": "vx", "lladdr": "02:00:00:00:00:01", "dst": "198.18.0.9"}, "there is no device vx"),
    ("neighbour", {"device": "vx", "lladdr": "02:00:00:00:00:01", "address": "10.9.0.9"}, "there is no device vx"),
    ("route", {"dst": "10.9.0.0/24", "device": "vx"}, "there is no device vx"),
    ("sysctl", {"key": "net.ipv4.conf.br-a.route_localnet", "value": "1"}, "there is no device br-a"),
    ("bridge", {"name": "br-b", "netns": "gone"}, "there is no network namespace"),
    ("isolation", {"device": "br-a"}, "there is no device br-a"),
    ("forwarding", {"uplink": "eth0.7"}, "there is no device eth0.7"),
    ("cni_network", {"name": "web", "bridge": "br-a", "subnets": SUBNETS}, "there is no device br-a"),
]
# They need no device to be there.
FOR_LATER = [
    ("foreign_firewall", {"device": "br-a", "subnets": ["10.9.0.0/24"]}),
    ("sender_filter", {"port": "v", "mac": "02:00:00:00:00:01", "sources": ["10.9.0.2"]}),
    ("forwarding", {"uplink": "auto"}),
]


@pytest.mark.parametrize(("module", "options", "lack"), NOT_THERE)
def test_what_stands_on_nothing_yet_is_skipped_with_the_reason_and_fails_in_a_run(host, module, options, lack):
    checked = host.module(module, check=True, **options)
    assert not checked.get("failed"), checked
    assert checked["skipped"] is True and checked["changed"] is False
    assert lack in checked["skip_reason"]
    assert "a check cannot tell what a run would do here" in checked["skip_reason"]
    assert host.module(module, **options)["failed"] is True


@pytest.mark.parametrize(("module", "options"), FOR_LATER)
def test_what_a_run_makes_for_a_device_that_is_still_to_come_is_predicted(host, module, options):
    checked, made = host.module(module, check=True, **options), host.module(module, **options)
    assert not made.get("failed"), made
    assert (checked.get("skipped"), checked["changed"]) == (None, made["changed"])


def test_of_many_the_others_are_predicted(host):
    there = {"name": "d0", "addresses": ["10.1.0.1/24"]}
    made = host.module("bridge", **there)
    assert made.get("changed"), made
    config = [{"dst": "10.9.0.0/24", "device": "d0"}, {"dst": "10.10.0.0/24", "device": "later"}]
    checked = host.module("route", config=config, check=True)
    assert "counts" in checked, checked
    assert (checked["changed"], checked["counts"]["added"]) == (True, 1)
    assert "skipped" not in checked
