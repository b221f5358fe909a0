# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check of single modules on a fresh host: what an earlier task would have made is not known, and that is said."""

from __future__ import annotations

import pytest

NOT_THERE = [
    ("veth", {"name": "v", "master": "br-a", "sandbox": {"ref": "shop"}}, "there is no device br-a"),
    ("veth", {"name": "v", "sandbox": {"ref": "shop"}}, "shop"),
    ("macvlan", {"parent": "eth7", "sandbox": {"ref": "shop"}, "interface": "eth0"}, "there is no device eth7"),
    ("vxlan_fdb", {"device": "vx", "lladdr": "02:00:00:00:00:01", "dst": "198.18.0.9"}, "there is no device vx"),
    ("neighbour", {"device": "vx", "lladdr": "02:00:00:00:00:01", "address": "10.9.0.9"}, "there is no device vx"),
    ("route", {"dst": "10.9.0.0/24", "device": "vx"}, "there is no device vx"),
    ("sysctl", {"key": "net.ipv4.conf.br-a.route_localnet", "value": "1"}, "there is no device br-a"),
    ("bridge", {"name": "br-b", "netns": "gone"}, "there is no network namespace"),
]


@pytest.mark.parametrize(("module", "options", "lack"), NOT_THERE)
def test_what_stands_on_nothing_yet_is_skipped_with_the_reason_and_fails_in_a_run(host, module, options, lack):
    checked = host.module(module, check=True, **options)
    assert not checked.get("failed"), checked
    assert checked["skipped"] is True and checked["changed"] is False
    assert lack in checked["skip_reason"]
    assert "a check cannot tell what a run would do here" in checked["skip_reason"]
    assert host.module(module, **options)["failed"] is True


def test_of_many_the_others_are_predicted(host):
    there = {"name": "d0", "addresses": ["10.1.0.1/24"]}
    made = host.module("bridge", **there)
    assert made.get("changed"), made
    config = [{"dst": "10.9.0.0/24", "device": "d0"}, {"dst": "10.10.0.0/24", "device": "later"}]
    checked = host.module("route", config=config, check=True)
    assert "counts" in checked, checked
    assert (checked["changed"], checked["counts"]["added"]) == (True, 1)
    assert "skipped" not in checked
