# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers on the LAN itself: what they take from its routers, and parents that are two, or go and come back."""

from __future__ import annotations

import sys
import time

import pytest

from ansible_collections.containerhost.network.tests.integration.document.planned import planned

NETWORKS = """
lan: {driver: macvlan, parent: eth0, slaac: true, subnets: [{cidr: 198.18.0.0/24, range: 198.18.0.128/27}]}
six: {driver: macvlan, parent: eth0, slaac: true, host_shim: true, subnets: ["fd00:18:5::/64"]}
deaf: {driver: macvlan, parent: eth0, subnets: ["fd00:18:6::/64"]}
two: {driver: macvlan, parent: eth1, subnets: [{cidr: 198.19.0.0/24, range: 198.19.0.128/27}]}
"""
CONTAINERS = """
a: {networks: {lan: {}, two: {}}}
s: {networks: {six: {}}}
d: {networks: {deaf: {}}}
"""
# A second port of the host on the same LAN, which is a bridge outside.
SECOND_PORT = """
ip addr flush dev eth0 scope global
ip link add br0 type bridge
ip link set br0 up
ip link set eth0 master br0
ip addr add 198.18.0.2/24 dev br0
ip addr add 198.19.0.2/24 dev br0
ip link add lan1 type veth peer name eth1 address 02:00:c6:12:00:11 netns {host}
ip link set lan1 master br0 up
"""
ADVERTISES = """
import socket, struct, sys
sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
index = socket.if_nametoindex(sys.argv[1])
prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 86400, 14400, 0) + socket.inet_pton(socket.AF_INET6, sys.argv[2])
sock.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + prefix, ("ff02::1", 0, 0, index))
"""


@pytest.fixture
def town(own_town):
    own_town.host.outside("sh", "-ec", SECOND_PORT.format(host=own_town.host._host.pid))
    own_town.host.run("ip", "link", "set", "eth1", "up")
    run(own_town)
    return own_town


def run(town) -> dict:
    answer = town.host.module("document", document=planned(NETWORKS, CONTAINERS), remove=["*"])
    assert not answer.get("failed"), answer
    again = town.host.module("document", document=planned(NETWORKS, CONTAINERS), remove=["*"])
    assert (again.get("failed"), again["changed"]) == (None, False), again
    return answer


def addresses(town, where: str | None) -> str:
    argv = ["ip", "netns", "exec", where] if where else []
    return town.host.run(*argv, "ip", "-6", "-o", "addr", "show", "scope", "global")


def test_addresses_of_advertisements_are_taken_by_choice(town):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not all("2001:db8:5:" in addresses(town, name) for name in "as"):
        # It has to have its own address first, which takes it a second or two.
        town.host.outside(sys.executable, "-c", ADVERTISES, "br0", "2001:db8:5::", check=False)
    assert "2001:db8:5:" in addresses(town, "a")
    assert "2001:db8:5:" in addresses(town, "s")
    assert "2001:db8:5:" not in addresses(town, "d")
    assert "2001:db8:5:" not in town.host.run("ip", "-6", "-o", "addr", "show", "dev", "chs-six")
    assert run(town)["changed"] is False


def test_with_two_parents_on_one_lan_each_address_has_one_mac(town):
    """A container that is there twice answers for an address by the interface that has it."""
    macs = {
        network: next(row["mac"] for row in planned(NETWORKS, CONTAINERS)["macvlan"] if row["network"] == network)
        for network in ("lan", "two")
    }
    for address, network in (("198.18.0.128", "lan"), ("198.19.0.128", "two")):
        for _again in range(3):
            town.host.outside("ip", "neigh", "flush", "dev", "br0")
            assert any(ping(town, address) for _patience in range(8))
            assert macs[network] in town.host.outside("ip", "neigh", "show", "to", address)


def ping(town, address: str) -> bool:
    return "1 received" in town.host.outside("ping", "-c1", "-W0.4", address, check=False)


def test_a_parent_that_goes_and_comes_back_has_its_containers_again(town):
    town.host.outside("ip", "link", "del", "lan1")
    answer = town.host.module("document", document=planned(NETWORKS, CONTAINERS), remove=["*"])
    assert "eth1" in answer["msg"]
    town.host.outside("sh", "-ec", SECOND_PORT[SECOND_PORT.index("ip link add lan1"):].format(host=town.host._host.pid))
    town.host.run("ip", "link", "set", "eth1", "up")
    assert run(town)["changed"] is True
    assert any(ping(town, "198.19.0.128") for _patience in range(8))
