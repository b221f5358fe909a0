# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``site`` on hosts that boot systemd: what is there before and after what such a host goes through."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.systemd.conftest import assert_kept, differences, states

NETWORKS = {
    "web": {"driver": "bridge", "subnets": [{"cidr": "10.80.0.0/16", "host_prefix": 24}]},
    "fabric": {
        "driver": "overlay",
        "vni": 42,
        "subnets": [{"cidr": "10.42.0.0/16", "host_prefix": 24}, {"cidr": "fd00:42::/48", "host_prefix": 64}],
    },
}
CONTAINERS = {
    "h1": {"shop": {"networks": {"web": {"publish": ["8080:80"]}, "fabric": {}}, "default_route": "web"}},
    "h2": {"db": {"networks": {"fabric": {"address": "10.42.1.5"}}}},
}


@pytest.fixture(scope="module")
def before_ours(pair):
    """The kernels of hosts that ``site`` has not seen yet."""
    return states(pair)


@pytest.fixture(scope="module")
def town(pair, before_ours):
    """A pair with a network of each host's own and one across them."""
    hosts = {name: {"containerhost_containers": containers} for name, containers in CONTAINERS.items()}
    pair.inventory(hosts, containerhost_networks=NETWORKS)
    made = site(pair)
    assert made.changed > 0
    return pair


def site(fleet):
    played = fleet.play("containerhost.network.site")
    assert played.status == 0, played.output
    return played


def listen(host):
    """In the container, for one boot of the host."""
    shop = ["ip", "netns", "exec", "shop", "socat", "TCP-LISTEN:80,fork,reuseaddr", "SYSTEM:echo from shop"]
    host.run("systemd-run", "--quiet", "--unit=shop", *shop)


def answer(fleet):
    """What the published port says to the outside."""
    retrying = "TCP:192.0.2.11:8080,connect-timeout=2,retry=50,interval=0.1"
    return fleet.outside("socat", "-T5", "STDIO", retrying).stdout.strip()


def test_site_works_on_hosts_that_boot_systemd(town):
    assert_kept(town, states(town))
    assert town["h1"].pings("10.42.1.5", netns="shop")
    listen(town["h1"])
    assert answer(town) == "from shop"


def test_after_a_reboot_site_brings_everything_back(town, before_ours):
    before = states(town)
    town["h1"].reboot()
    assert differences({"h1": before_ours["h1"]}, states(town)) == []
    assert site(town).changed == 1
    assert_kept(town, before)
    assert town["h2"].pings("10.42.0.2", netns="db")
    listen(town["h1"])
    assert answer(town) == "from shop"


def test_after_a_restart_of_the_network_service_nothing_is_amiss(town):
    before = states(town)
    town["h1"].run("systemctl", "restart", "systemd-networkd")
    assert_kept(town, before)


def test_after_a_restart_of_nftables_site_brings_everything_back(town):
    before = states(town)
    town["h1"].put("/etc/nftables.conf", "flush ruleset\n")
    town["h1"].run("systemctl", "restart", "nftables.service")
    assert "containerhost" not in town["h1"].run("nft", "list", "ruleset").stdout
    assert site(town).changed == 1
    assert_kept(town, before)
