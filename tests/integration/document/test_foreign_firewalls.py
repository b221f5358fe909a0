# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A firewall of the host's own that drops what a network needs is named, with the commands that let it pass."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    only,
    publish,
)
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6, OUTSIDE4, OUTSIDE6

WEB = joined(
    bridge_network("web", 80),
    publish("web", 8080, "10.80.1.2", 80),
    publish("web", 8080, "fd00:80:1::2", 80),
)

POLICY = """
nft 'add table inet firewall; add chain inet firewall forward { type filter hook forward priority 0; policy drop; }'
nft 'add rule inet firewall forward ct state { established, related } accept'
nft 'add rule inet firewall forward meta l4proto { icmp, ipv6-icmp } accept'
nft 'add rule inet firewall forward iifname "virbr*" tcp dport 80-90 accept'
"""
# As Docker leaves them, with a rule set of extensions that nftables shows without their options.
DOCKER = """
for ipt in iptables-nft ip6tables-nft; do
  $ipt -P FORWARD DROP
  $ipt -N DOCKER-USER
  $ipt -A FORWARD -j DOCKER-USER
  $ipt -A DOCKER-USER -j RETURN
  $ipt -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  $ipt -A FORWARD -i docker0 ! -o docker0 -m conntrack --ctstate NEW -j ACCEPT
done
"""
LEGACY = """
for ipt in iptables-legacy ip6tables-legacy; do
  $ipt -N own
  $ipt -A own -m conntrack --ctstate ESTABLISHED -j RETURN
  $ipt -A own -m comment --comment "not here" -j REJECT
  $ipt -A FORWARD -m addrtype --dst-type LOCAL -j ACCEPT
  $ipt -A FORWARD -j own
done
"""
# A rule of somebody's, found by a verdict map and a jump.
BLOCKED = """
nft 'add table ip block; add chain ip block out; add chain ip block f { type filter hook forward priority 10; }'
nft 'add rule ip block out ip daddr != 10.0.0.0/8 reject'
nft 'add rule ip block f ct state new iifname vmap { "ch-web" : jump out, "lo" : accept }'
"""
FIREWALLS = {
    "policy": (POLICY, "table inet firewall, chain forward, its policy"),
    "docker": (DOCKER, "table ip filter, chain FORWARD, its policy"),
    "legacy": (LEGACY, "table ip filter, chain own, rule `-A own -m comment --comment \"not here\" -j REJECT"),
    "blocked": (BLOCKED, "table ip block, chain out, rule `ip daddr != 10.0.0.0/8 reject"),
}


def run(town, document=None):
    document = document or WEB
    predicted = town.host.module("document", document=document, remove=["*"], check=True)
    answer = town.host.module("document", document=document, remove=["*"])
    assert not answer.get("failed"), answer
    assert predicted["dropped"] == answer["dropped"]
    return answer["dropped"]


def passes(town) -> list[bool]:
    """Out and in, IPv4 and IPv6."""
    return [
        *(town.call("web-1", address, 99, patience=0.8) is not None for address in (OUTSIDE4, OUTSIDE6)),
        *(town.call("outside", address, 8080, patience=0.8) is not None for address in (HOST4, HOST6)),
    ]


@pytest.mark.parametrize("name", FIREWALLS)
def test_what_drops_is_named_and_the_commands_let_it_pass(own_town, name):
    rules, place = FIREWALLS[name]
    own_town.host.run("sh", "-ec", rules)
    warnings = run(own_town)
    for where, address in (("outside", ""), ("outside", "::")):
        own_town.serve(where, 99, address)
    for address in ("10.80.1.2", "fd00:80:1::2"):
        own_town.serve("web-1", 80, address)
    assert all(text.startswith("web: a firewall of this host (table i") for text in warnings), warnings
    assert place in warnings[0]
    assert not any(" unless " in text for text in warnings)
    assert not all(passes(own_town))
    for command in re.findall(r"`((?:nft|ip6?tables)[^`]*)`", " ".join(warnings).partition("Let it pass")[2]):
        own_town.host.run("sh", "-ec", command)
    assert run(own_town) == []
    assert all(passes(own_town))


LETS_PASS = """
nft 'add table inet firewall; add set inet firewall allowed { type ifname; elements = { "ch-web" } ; }'
nft 'add chain inet firewall forward { type filter hook forward priority 0; policy drop; }'
nft 'add chain inet firewall input { type filter hook input priority 0; policy drop; }'
nft 'add rule inet firewall forward ct state vmap { established : accept, related : accept, invalid : drop }'
nft 'add rule inet firewall forward ip daddr 203.0.113.0/24 drop'
nft 'add rule inet firewall forward iifname @allowed accept'
nft 'add rule inet firewall forward oifname . meta l4proto { "ch-web" . tcp, "lo" . udp } accept'
"""


def test_a_firewall_that_lets_our_networks_pass_is_not_spoken_of(own_town):
    own_town.host.run("sh", "-ec", LETS_PASS)
    assert run(own_town) == []


def test_what_cannot_be_judged_is_not_said_to_be_certain(own_town):
    own_town.host.run("sh", "-ec", POLICY)
    own_town.host.run("nft", "insert rule inet firewall forward meta mark 7 accept")
    assert all("drops, unless a rule that cannot be judged from here lets it pass," in text for text in run(own_town))
    assert run(own_town)


def test_an_overlay_whose_packets_are_dropped(own_town):
    rules = """
    nft 'add table inet own; add chain inet own in { type filter hook input priority 0; policy drop; }'
    nft 'add rule inet own in tcp dport 22 accept'
    nft 'add rule inet own in ct state established accept'
    """
    own_town.host.run("sh", "-ec", rules)
    (text,) = run(own_town, only("fabric"))
    assert "fabric: a firewall of this host (table inet own, chain in, its policy) drops its VXLAN packets" in text
    assert "`nft insert rule inet own in iifname eth0 udp dport 4789 accept`" in text
    own_town.host.run("nft", "insert rule inet own in iifname eth0 udp dport 4789 accept")
    assert run(own_town, only("fabric")) == []


# -- adapted ---------------------------------------------------------------------------------------------------

ADAPTED = joined(
    WEB,
    {
        "version": 1,
        "foreign_firewall": [
            {
                "network": "web",
                "device": "ch-web",
                "subnets": ["10.80.1.0/24", "fd00:80:1::/64"],
                "outward": ["10.80.1.0/24", "fd00:80:1::/64"],
            }
        ],
    },
)
# A container of Docker's own on its bridge, with a port that is not published, and what a user of Docker shuts out.
NEIGHBOUR = """
ip netns add dog
ip link add docker0 type bridge
ip address add 172.17.0.1/16 dev docker0
ip link set docker0 up
ip link add v-dog master docker0 up type veth peer name eth0 netns dog
ip -n dog address add 172.17.0.2/16 dev eth0
ip -n dog link set eth0 up
ip -n dog route add default via 172.17.0.1
iptables-nft -I DOCKER-USER -s 198.18.0.2 -p tcp --dport 81 -j DROP
"""


def test_dockers_chain_lets_pass_what_is_for_us_and_nothing_else(own_town):
    run(own_town)
    own_town.host.run("sh", "-ec", DOCKER + NEIGHBOUR)
    before = own_town.host.run("iptables-nft", "-S")
    for where, address in (("outside", ""), ("outside", "::")):
        own_town.serve(where, 99, address)
    for address in ("10.80.1.2", "fd00:80:1::2"):
        own_town.serve("web-1", 80, address)
        own_town.serve("web-1", 81, address)
    own_town.serve("dog", 80)
    assert not any(passes(own_town))
    document = joined(ADAPTED, {"nat_rule": publish("web", 8081, "10.80.1.2", 81)["nat_rule"]})
    assert run(own_town, document) == []
    assert all(passes(own_town))
    # What its users drop stays dropped, and ports of its own containers stay shut to ours.
    assert own_town.silence("outside", HOST4, 8081)
    assert own_town.silence("web-1", "172.17.0.2", 80)
    comment = '-m comment --comment "containerhost:plan/web ch-web"'
    assert own_town.host.run("iptables-nft", "-S", "DOCKER-USER").splitlines() == [
        "-N DOCKER-USER",
        "-A DOCKER-USER -s 198.18.0.2/32 -p tcp -m tcp --dport 81 -j DROP",
        f"-A DOCKER-USER -d 10.80.1.0/24 -o ch-web {comment} -j ACCEPT",
        f"-A DOCKER-USER -s 10.80.1.0/24 -i ch-web -o eth0 {comment} -j ACCEPT",
        "-A DOCKER-USER -j RETURN",
    ]
    answer = own_town.host.module("document", document=document)
    assert not answer["changed"], answer
    own_town.host.run("iptables-nft", "-D", "DOCKER-USER", "2")
    assert not all(passes(own_town))
    run(own_town, document)
    assert all(passes(own_town))
    run(own_town, WEB)
    assert own_town.host.run("iptables-nft", "-S") == before
