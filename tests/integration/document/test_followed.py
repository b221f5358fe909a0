# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps packets from arriving without being ours is named by the hop where they end, as ``verify`` tells it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import probing
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import probes
from ansible_collections.containerhost.network.tests.integration.document.members import Members
from ansible_collections.containerhost.network.tests.integration.document.verification import Verification

NETWORKS = """
containerhost_networks:
  fabric: {driver: overlay, vni: 42, subnets: [10.42.0.0/16]}
  web: {driver: bridge, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]}
"""
HOSTS = {
    "h1": "c1: {default_route: web, networks: {fabric: , web: {publish: ['8080:80']}}}",
    "h2": "c2: {networks: {fabric: }}",
}
ON_THE_SWITCH = "nft 'add table bridge t; add chain bridge t f { type filter hook forward priority 0; }; add rule %s'"
OFF_THE_SWITCH = "nft delete table bridge t"
IN_A_TABLE = "nft 'add table inet t; add chain inet t c { type filter hook %s priority 0; }; add rule inet t c %s'"
AWAY = "nft delete table inet t"

# Where, what somebody does, how it is undone, and what is said. HERE and THERE: c1's and c2's addresses on the overlay.
DAMAGE = {
    "a route of somebody else's": (
        "h1", "ip route add blackhole THERE/32", "ip route del blackhole THERE/32",
        "it ends at h1's way to h2/c2 (a route drops it (blackhole)). On h1, a route or rule of somebody else's comes"
        " first: look at `ip route get THERE`",
    ),
    "a route in a container": (
        "h1", "ip -n c1 route add blackhole THERE/32", "ip -n c1 route del blackhole THERE/32",
        "it ends at h1/c1's way to h2/c2 (a route drops it (blackhole)). It is a route of the container's own",
    ),
    "an address on the underlay": (
        "h2", "ip addr del 198.18.9.2/24 dev eth0", "ip addr add 198.18.9.2/24 dev eth0",
        "it ends at h2's way to h1 (198.18.9.1) (network is unreachable: no interface has 198.18.9.2). Nothing leads",
    ),
    "a rule of somebody else's": (
        "h1", "ip rule add to 10.42.0.0/16 prohibit", "ip rule del to 10.42.0.0/16 prohibit",
        "it ends at h1's way to h2/c2 (a route or rule forbids it (prohibit))",
    ),
    "the way back": (
        "h2", "ip link add d9 up type veth peer d8; ip link set d8 up; ip route add HERE/32 dev d9", "ip link del d9",
        "it ends at h2's way to h1/c1 (it goes by d9, and not by ch-fabric). On h2, a route or rule",
    ),
    "the underlay by another device": (
        "h1", "ip link add d9 up type veth peer d8; ip link set d8 up; ip route add 198.18.9.2/32 dev d9",
        "ip link del d9",
        "it ends at h1's way to h2 (198.18.9.2) (it goes by d9, and not by eth0)",
    ),
    "reverse paths": (
        "h2",
        "ip link add d9 up type veth peer d8; ip link set d8 up; ip route add 198.18.9.1/32 dev d9;"
        " echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter",
        "ip link del d9; echo 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter",
        "and not by eth0, so that it drops what comes from there by eth0 (rp_filter is 1))",
    ),
    "a cable": (
        "", "ip link set h2 down", "ip link set h2 up",
        "it ends at h1 to h2 (198.18.9.2) (no reply). The hosts do not reach each other",
    ),
    "a port closed on the way": (
        "", ON_THE_SWITCH % "bridge t f udp dport 4789 drop", OFF_THE_SWITCH,
        "The hosts reach each other, and their VXLAN packets (4789/udp) do not arrive",
    ),
    "an underlay that takes less": (
        "", ON_THE_SWITCH % "bridge t f meta length > 1400 drop", OFF_THE_SWITCH,
        "h1/c1 to h2/c2 with 1450 bytes (no reply). Smaller ones pass",
    ),
    "a firewall that hears nothing": (
        "h2", IN_A_TABLE % ("input", "udp dport 4789 drop"), AWAY,
        "h2, fabric: a firewall of this host (table inet t, chain c, rule `udp dport 4789 drop`) drops its VXLAN",
    ),
    "a firewall before all others": (
        "h2", IN_A_TABLE.replace("inet", "netdev") % ("ingress device eth0", "udp dport 4789 drop"),
        AWAY.replace("inet", "netdev"),
        "h2, fabric: a firewall of this host (table netdev t, chain c, rule `udp dport 4789 drop`) drops its VXLAN",
    ),
    "a firewall that forwards nothing": (
        "h1", IN_A_TABLE % ("forward", "oifname ch-fabric drop"), AWAY,
        "(table inet t, chain c, rule `oifname \"ch-fabric\" drop`) drops what goes to its other hosts by ch-fabric",
    ),
    "a firewall in a container": (
        "h2", f"ip netns exec c2 {IN_A_TABLE % ('input', 'drop')}", f"ip netns exec c2 {AWAY}",
        "h2 to h2/c2 (no reply). Its host does not reach h2/c2: look at what filters in the container",
    ),
    "what a container sends": (
        "h1", f"ip netns exec c1 {IN_A_TABLE % ('output', 'icmp type echo-request drop')}", f"ip netns exec c1 {AWAY}",
        "it ends at h1/c1 to ",
    ),
    "a published port": (
        "h1", f"ip netns exec c1 {IN_A_TABLE % ('input', 'iifname eth1 tcp dport 80 drop')}",
        f"ip netns exec c1 {AWAY}",
        "8080/tcp for h1/c1, by IPv4 on web: it ends at",
    ),
    "what is ours": (
        "h2", "ip link set ch-fabric down", "", "h2 is not as planned: vxlan ch-fabric (fabric) differs",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    variables = {
        host: f"{{containerhost_underlay_address: 198.18.9.{number}/24, containerhost_containers: {{{text}}}}}"
        for number, (host, text) in enumerate(HOSTS.items(), start=1)
    }
    members = Members(tmp_path_factory.mktemp("followed"), NETWORKS, **variables)
    members.site()
    assert members.pings("fabric") == []
    yield members
    members.end()


@pytest.mark.parametrize("name", DAMAGE)
def test_the_hop_is_named(fleet: Members, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(probing, "TIMEOUT", 0.5)
    monkeypatch.setattr(probing, "TRIES", 1)
    monkeypatch.setattr(probes, "PATIENT", {})
    there = {host: addresses[0] for (host, _container), addresses in fleet.addresses("fabric").items()}
    where, *texts = DAMAGE[name]
    by_hand, undone, said = (text.replace("THERE", there["h2"]).replace("HERE", there["h1"]) for text in texts)
    h1 = fleet.hosts["h1"]
    run = fleet.hosts[where].run if where else h1.outside
    run("sh", "-ec", by_hand)
    problems = Verification(fleet).problems()
    assert [problem for problem in problems if said in problem], problems
    if undone:
        run("sh", "-ec", undone)
    else:
        fleet.site()
    assert fleet.pings("fabric") == []


def test_where_all_is_well_nothing_is_said(fleet: Members) -> None:
    assert Verification(fleet).problems() == []
