# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed VXLAN overlays, by real traffic between lab hosts."""

from __future__ import annotations

import itertools
import json

import pytest
from testinfra.host import Host

FOUR = ("alpha", "alpha-2", "beta")


def address(host: Host, container: str, prefix: str) -> str:
    links = json.loads(host.check_output("ip -n %s -j address", container))
    return next(each["local"] for link in links for each in link["addr_info"] if each["local"].startswith(prefix))


def ping(host: Host, container: str, target: str, size: int = 56) -> bool:
    command = "ip netns exec %s ping -M do -c 1 -W 1 -s %s %s"
    return any(host.run(command, container, str(size), target).rc == 0 for _try in range(2))


@pytest.mark.parametrize("prefix", ["10.100.", "fd00:100:"])
@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(FOUR, 2)))
def test_containers_reach_each_other_across_hosts(hosts, source, target, prefix):
    assert ping(hosts[source], f"{source}-pod", address(hosts[target], f"{target}-pod", prefix))


def test_an_underlay_of_ipv6_carries_ipv4(hosts):
    assert ping(hosts["gamma"], "gamma-pod", address(hosts["delta"], "delta-pod", "10.101."))
    assert "local fd00:18::1" in hosts["gamma"].check_output("ip -d link show ch-deep")


@pytest.mark.parametrize(
    ("source", "target", "prefix", "mtu"), [("alpha", "beta", "10.100.", 1450), ("gamma", "delta", "10.101.", 1430)]
)
def test_packets_of_the_networks_size_pass_whole_and_larger_ones_do_not(hosts, source, target, prefix, mtu):
    to = address(hosts[target], f"{target}-pod", prefix)
    assert ping(hosts[source], f"{source}-pod", to, mtu - 28)
    assert not ping(hosts[source], f"{source}-pod", to, mtu - 27)


def test_packets_travel_encapsulated(hosts):
    before = int(hosts["beta"].check_output("cat /sys/class/net/%s/statistics/rx_packets", vtep(hosts["beta"])))
    assert ping(hosts["alpha"], "alpha-pod", address(hosts["beta"], "beta-pod", "10.100."))
    after = int(hosts["beta"].check_output("cat /sys/class/net/%s/statistics/rx_packets", vtep(hosts["beta"])))
    assert after > before


def vtep(host: Host) -> str:
    links = json.loads(host.check_output("ip -j -d link show type vxlan"))
    return links[0]["ifname"]


def test_nothing_is_learned_and_nothing_is_flooded(hosts):
    link = json.loads(hosts["alpha"].check_output("ip -j -d link show type vxlan"))[0]
    assert link["linkinfo"]["info_data"]["learning"] is False
    entries = json.loads(hosts["alpha"].check_output("bridge -j fdb show dev %s", link["ifname"]))
    assert sorted(entry["dst"] for entry in entries) == ["198.18.8.2", "198.18.8.3"]
    assert all(entry["state"] == "permanent" for entry in entries)


def test_hosts_reach_containers_of_other_hosts(hosts):
    assert hosts["alpha"].run("ping -c 1 -W 1 %s", address(hosts["beta"], "beta-pod", "10.100.")).rc == 0


def test_containers_reach_the_outside_through_their_host(hosts):
    assert ping(hosts["alpha"], "alpha-pod", "198.18.0.1")


def test_the_outside_does_not_reach_containers(hosts):
    outside, target = hosts["outside"], address(hosts["alpha"], "alpha-pod", "10.100.")
    outside.check_output("ip route replace %s/32 via 198.18.8.1 dev eth0 onlink", target)
    try:
        assert outside.run("ping -c 1 -W 1 %s", target).rc != 0
    finally:
        outside.check_output("ip route delete %s/32", target)
