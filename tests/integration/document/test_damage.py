# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage by hand is shown exactly by check mode and repaired in one run."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import Host
from ansible_collections.containerhost.network.tests.integration.document.documents import details, said, web_and_fabric

FABRIC = [
    "+ vxlan ch-fabric (fabric)",
    "+ vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric)",
    "+ neighbour 10.42.2.0 on ch-fabric (fabric)",
    "+ neighbour fd00:42:0:2:: on ch-fabric (fabric)",
    "+ route 10.42.2.0/24 (fabric)",
    "+ route fd00:42:0:2::/64 (fabric)",
]
RULES = ["isolation ch-web (web)", "nat_rule masquerade 10.80.1.0/24 (web)"]
PUBLISHED = "nat_rule publish 0.0.0.0:8080/tcp (web)"
GUARDED = ["+ forwarding ipv4 on uplink auto (web)", "+ forwarding ipv6 on uplink auto (web)"]
MADE = [
    "+ netns shop (web)",
    "+ netns db (web)",
    "+ bridge ch-web (web)",
    "+ veth shop eth0 (web)",
    "+ veth db eth0 (web)",
    FABRIC[0],
    "+ name_table web (web)",
    "+ name_table fabric (fabric)",
    *FABRIC[1:],
    *(f"+ {rule}" for rule in (*RULES, PUBLISHED)),
    "+ sysctl net/ipv4/conf/ch-web/route_localnet (web)",
    "+ forwarding ipv4 on ch-web (web)",
    "+ forwarding ipv6 on ch-web (web)",
    *GUARDED,
    "+ hosts_file shop web (web)",
    "+ hosts_file shop fabric (fabric)",
    "+ hosts_file db web (web)",
]

# What was done by hand, and what a run says to it.
DAMAGE = {
    "a bridge deleted": (
        "ip link del ch-web",
        ["+ bridge ch-web (web)", "~ veth shop eth0 (web)", "~ veth db eth0 (web)",
         "+ sysctl net/ipv4/conf/ch-web/route_localnet (web)", "+ forwarding ipv4 on ch-web (web)",
         "+ forwarding ipv6 on ch-web (web)"],
    ),
    "names deleted": ("sed -i /10.80.1/d /etc/netns/shop/hosts", ["~ hosts_file shop web (web)"]),
    "names that anybody may write": (
        "chmod 666 /etc/netns/db/hosts; chown 7 /etc/netns/db/hosts", ["~ hosts_file db web (web)"]
    ),
    "a veth deleted": ("ip link del chvshop", ["+ veth shop eth0 (web)"]),
    "an address deleted": ("ip -n shop addr del 10.80.1.2/24 dev eth0", ["~ veth shop eth0 (web)"]),
    "a default route bent": ("ip -n shop route replace default via 10.80.1.99", ["~ veth shop eth0 (web)"]),
    "an interface down": ("ip -n shop link set eth0 down", ["~ veth shop eth0 (web)"]),
    "a namespace deleted": ("ip netns del db; sleep .2", ["+ netns db (web)", "+ veth db eth0 (web)"]),
    "a bridge's own FDB entry deleted": ("bridge fdb del 02:00:00:00:00:01 dev ch-web self", ["~ bridge ch-web (web)"]),
    "a bridge's own FDB entry led to a port": (
        "bridge fdb replace 02:00:00:00:00:01 dev chvdb master static", ["~ bridge ch-web (web)"]
    ),
    "an FDB entry bent": (
        "bridge fdb replace 02:00:00:00:09:02 dev ch-fabric dst 198.18.7.13",
        ["~ vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric)"],
    ),
    "an FDB entry deleted": (
        "bridge fdb del 02:00:00:00:09:02 dev ch-fabric dst 198.18.0.2",
        ["+ vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric)"],
    ),
    "a route deleted": ("ip route del 10.42.2.0/24", ["+ route 10.42.2.0/24 (fabric)"]),
    "a neighbour bent": (
        "ip neigh replace 10.42.2.0 lladdr 02:00:00:00:09:99 dev ch-fabric nud permanent",
        ["~ neighbour 10.42.2.0 on ch-fabric (fabric)"],
    ),
    "a VXLAN deleted": ("ip link del ch-fabric", FABRIC),
    "a VXLAN down": (
        "ip link set ch-fabric down",
        ["~ vxlan ch-fabric (fabric)", *(row for row in FABRIC if "neighbour" in row or "route" in row)],
    ),
    "the ruleset flushed": ("nft flush ruleset", [*(f"+ {rule}" for rule in (*RULES, PUBLISHED)), *GUARDED]),
    "a chain flushed": (
        "nft flush chain inet containerhost leaving", [*(f"~ {rule}" for rule in (*RULES, PUBLISHED)), *GUARDED]
    ),
    "a port opened by hand": (
        "nft add element inet containerhost publish4 '{ tcp . 9999 : 10.80.1.2 . 22 }'",
        [*(f"~ {rule}" for rule in (*RULES, PUBLISHED)), *GUARDED],
    ),
    "a published port deleted": ("nft delete element inet containerhost publish4 '{ tcp . 8080 }'", [f"+ {PUBLISHED}"]),
    "the table deleted and forwarding off": (
        "nft delete table inet containerhost; echo 0 > /proc/sys/net/ipv4/conf/eth0/forwarding",
        [*(f"+ {rule}" for rule in (*RULES, PUBLISHED)), *GUARDED],
    ),
    "a guard deleted": ("nft flush set inet containerhost borrowed4", GUARDED[:1]),
    "a bridge down, its MTU bent, a port gone": (
        "ip link set ch-web mtu 1400; ip link set ch-web down; ip link set chvdb nomaster",
        ["~ bridge ch-web (web)", "~ veth db eth0 (web)"],
    ),
    "a MAC bent, an address too many": (
        "ip -n shop link set eth0 address 02:00:00:00:77:77; ip addr add 10.80.1.77/24 dev ch-web",
        ["~ bridge ch-web (web)", "~ veth shop eth0 (web)"],
    ),
    "a mark wiped off": ("ip link set ch-web alias ''", ["~ bridge ch-web (web)"]),
    "a VTEP bent, an FDB entry too many": (
        "ip link set ch-fabric type vxlan local 198.18.0.9;"
        " bridge fdb append 02:00:00:00:99:99 dev ch-fabric dst 198.18.7.14",
        ["~ vxlan ch-fabric (fabric)", "- vxlan_fdb 02:00:00:00:99:99 on ch-fabric (fabric)"],
    ),
    "an interface renamed, a loopback down": (
        "ip -n shop link set eth0 name eth7; ip -n shop link set lo down",
        ["~ netns shop (web)", "~ veth shop eth0 (web)"],
    ),
    "addresses flushed, an MTU bent": (
        "ip -n shop link set eth0 mtu 1300; ip -n shop addr flush dev eth0", ["~ veth shop eth0 (web)"]
    ),
    "a setting changed": (
        "echo 0 > /proc/sys/net/ipv4/conf/ch-web/route_localnet", ["~ sysctl net/ipv4/conf/ch-web/route_localnet (web)"]
    ),
    "a container's setting changed": (
        "ip netns exec shop sh -c 'echo 1 > /proc/sys/net/ipv6/conf/eth0/accept_ra'", ["~ veth shop eth0 (web)"]
    ),
    "the records lost": (
        "rm -rf /run/containerhost", [*(f"~ {rule}" for rule in (*RULES, PUBLISHED)), *GUARDED]
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """One for all: each test leaves it as it was, and the next one would tell if not."""
    host = Host(tmp_path_factory.mktemp("host"))
    yield host
    host.end()


@pytest.fixture(scope="module")
def whole(host) -> list[str]:
    """The state that every repair has to lead back to."""
    answer = host.module("document", document=web_and_fabric())
    assert said(answer) == MADE
    return lasting(host)


def lasting(host) -> list[str]:
    """Without what bridges and neighbours learn by themselves, link-local addresses, and what stands in the records."""
    lines = host.snapshot().splitlines()
    learned = re.compile(r"^\S+ dev \S+ master \S+ *$")
    return [line for line in lines if not learned.match(line) and "fe80:" not in line]


@pytest.mark.parametrize(("by_hand", "repaired"), DAMAGE.values(), ids=DAMAGE)
def test_is_shown_exactly_and_repaired_in_one_run(host, whole, apply, by_hand, repaired):
    host.run("sh", "-c", by_hand)
    assert said(apply(web_and_fabric())) == repaired
    assert lasting(host) == whole


@pytest.mark.parametrize(("theirs", "away"), [
    ("touch /run/netns/ghost", "rm /run/netns/ghost"),
    ("ip netns add theirs", "ip netns del theirs"),
    ("nft add table ip theirs; nft add table inet containerhost2",
     "nft delete table ip theirs; nft delete table inet containerhost2"),
    ("ip link add ch-web2 type bridge; ip link set ch-web2 group 25448; ip link set ch-web2 alias containerhostile",
     "ip link del ch-web2"),
    ("ip route add 10.99.0.0/16 via 198.18.0.2; ip neigh add 198.18.0.9 lladdr 02:00:00:00:88:88 dev eth0",
     "ip route del 10.99.0.0/16; ip neigh del 198.18.0.9 dev eth0"),
    ("bridge fdb add 02:00:00:00:88:88 dev chvdb master static", "bridge fdb del 02:00:00:00:88:88 dev chvdb master"),
    ("ip -n shop route add 10.99.0.0/16 via 10.80.1.3", "ip -n shop route del 10.99.0.0/16"),
    ("echo 2 > /proc/sys/net/ipv4/conf/eth0/rp_filter", "echo 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter"),
])  # fmt: skip
def test_what_others_do_is_no_damage_and_is_left_alone(host, whole, apply, theirs, away):
    host.run("sh", "-c", theirs)
    before = lasting(host)
    assert said(apply(web_and_fabric())) == []
    assert lasting(host) == before
    host.run("sh", "-c", away)
    assert lasting(host) == whole


def test_shows_an_entry_that_points_to_the_wrong_host_as_a_person_would(host, whole, apply):
    host.run("bridge", *"fdb replace 02:00:00:00:09:02 dev ch-fabric dst 198.18.7.13".split())
    assert details(apply(web_and_fabric())) == [
        "~ vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric)",
        "  - dst: 198.18.7.13",
        "  + dst: 198.18.0.2",
    ]


def test_shows_a_missing_container_in_a_line_and_its_routes(host, whole, apply):
    host.run("ip", "link", "del", "chvshop")
    assert details(apply(web_and_fabric())) == [
        "+ veth shop eth0 (web)",
        "  + 10.80.1.2/24, fd00:80:1::2/64 as eth0 in netns shop, on ch-web, mtu 1500",
        "  + route: 0.0.0.0/0 via 10.80.1.1",
        "  + route: ::/0 via fd00:80:1::1",
    ]


def test_shows_the_routes_that_went_along_with_an_interface(host, whole, apply):
    host.run("ip", "-n", "shop", "link", "set", "eth0", "down")
    assert details(apply(web_and_fabric())) == [
        "~ veth shop eth0 (web)",
        "  - up: no",
        "  + addresses: fd00:80:1::2/64",
        "  + routes: 0.0.0.0/0 via 10.80.1.1",
        "  + routes: ::/0 via fd00:80:1::1",
        "  + up: yes",
    ]


def test_much_damage_at_once_is_repaired_in_one_run(host, whole, apply):
    names = "a veth deleted", "a namespace deleted", "a VXLAN deleted", "the ruleset flushed", "a mark wiped off"
    host.run("sh", "-c", "; ".join(DAMAGE[name][0] for name in names))
    apply(web_and_fabric())
    assert lasting(host) == whole
