# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filters do to a packet, from rules as their programs print them."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.firewalls import nft_rules, saved_rules
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import dropped

PACKET = {
    "nfproto": 4, "iifname": "ch-web", "oifname": "eth0", "saddr": "10.80.1.5", "daddr": "198.51.100.1",
    "l4proto": "tcp", "dport": 443, "ct_state": "new", "ct_status": "", "fib_daddr": "unicast",
}  # fmt: skip
CERTAIN, PERHAPS = "dropped", "perhaps"


def fate(chains, hook="forward", members=lambda place, key: None, **packet):
    drop = dropped(chains, hook, {**PACKET, **packet}, members)
    return None if drop is None else CERTAIN if drop.certain else PERHAPS


def saved(*rules, policy="DROP", family="ip"):
    text = "\n".join(["*filter", ":INPUT ACCEPT [0:0]", f":FORWARD {policy} [0:0]", ":own - [0:0]", *rules, "COMMIT"])
    return saved_rules.chains_of(text, family, "iptables")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], CERTAIN),
        (["-A FORWARD -i ch+ -j ACCEPT"], None),
        (["-A FORWARD ! -i ch+ -j ACCEPT"], CERTAIN),
        (["-A FORWARD ! -o docker0 -j ACCEPT"], None),
        (["-A FORWARD -s 10.80.0.0/16 -d 198.51.100.1/32 -j ACCEPT"], None),
        (["-A FORWARD -s 10.81.0.0/16 -j ACCEPT"], CERTAIN),
        (["-A FORWARD -p tcp -m multiport --dports 80,400:500 -j ACCEPT"], None),
        (["-A FORWARD -p tcp -m multiport ! --dports 80,400:500 -j ACCEPT"], CERTAIN),
        (["-A FORWARD -p udp -m udp --dport 443 -j ACCEPT"], CERTAIN),
        (["-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"], CERTAIN),
        (["-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT"], None),
        (["-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT"], CERTAIN),
        (['-A FORWARD -m comment --comment "let -j DROP pass" -j ACCEPT'], None),
        (["-A FORWARD -m mark --mark 0x1 -j ACCEPT"], PERHAPS),
        (["-A FORWARD -m hashlimit --hashlimit-above 5/sec -j DROP", "-A FORWARD -j ACCEPT"], None),
        (["-A FORWARD -j own", "-A own -i lo -j RETURN", "-A own -j ACCEPT"], None),
        (["-A FORWARD -j own", "-A own -j RETURN", "-A own -j ACCEPT"], CERTAIN),
        (["-A FORWARD -g own", "-A FORWARD -j ACCEPT"], CERTAIN),
        (["-A FORWARD -j LOG --log-prefix \"no \"", "-A FORWARD -j ACCEPT"], None),
        (["-A FORWARD -j own", "-A own -j own", "-A FORWARD -j ACCEPT"], None),
    ],
)  # fmt: skip
def test_of_iptables(rules, expected):
    assert fate(saved(*rules)) == expected


def test_other_families_and_hooks_are_not_asked():
    assert fate(saved(family="ip6")) is None
    assert fate(saved(), hook="input") is None
    assert fate(saved(family="ip6"), nfproto=6, saddr="fd00::5", daddr="2001:db8::1") == CERTAIN


def listed(*expressions, policy="drop", family="inet"):
    place = {"family": family, "table": "f"}
    rows = [{"chain": {**place, "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": policy}}]
    rows += [
        {"rule": {**place, "chain": "c", "handle": number, "expr": expr}} for number, expr in enumerate(expressions)
    ]
    return nft_rules.chains_of(rows)


def match(left, right, op="=="):
    return {"match": {"op": op, "left": left, "right": right}}


IIF = {"meta": {"key": "iifname"}}
SADDR = {"payload": {"protocol": "ip", "field": "saddr"}}
DPORT = {"payload": {"protocol": "tcp", "field": "dport"}}
ACCEPT = {"accept": None}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ([match(IIF, "ch*"), ACCEPT], None),
        ([match(IIF, {"set": ["a", "b"]}, "!="), ACCEPT], None),
        ([match(SADDR, {"prefix": {"addr": "10.80.0.0", "len": 16}}), ACCEPT], None),
        ([match({"payload": {"protocol": "ip6", "field": "saddr"}}, "fd00::5"), ACCEPT], CERTAIN),
        ([match(DPORT, {"set": [22, {"range": [440, 450]}]}), ACCEPT], None),
        ([match({"payload": {"protocol": "udp", "field": "dport"}}, 443), ACCEPT], CERTAIN),
        ([match({"concat": [IIF, DPORT]}, {"set": [{"concat": ["ch-web", 443]}]}), ACCEPT], None),
        ([match({"ct": {"key": "state"}}, [2, 4], "in"), ACCEPT], CERTAIN),
        ([match({"ct": {"key": "state"}}, {"set": [2, 8]}), ACCEPT], None),
        ([match({"ct": {"key": "status"}}, 32, "in"), ACCEPT], CERTAIN),
        ([match({"meta": {"key": "mark"}}, 1), ACCEPT], PERHAPS),
        ([{"limit": {"rate": 3, "per": "second"}}, ACCEPT], PERHAPS),
        ([match({"fib": {"result": "type", "flags": ["daddr"]}}, 2, "!="), ACCEPT], None),
        ([{"counter": {"packets": 1, "bytes": 1}}, {"log": None}, ACCEPT], None),
        ([{"vmap": {"key": IIF, "data": {"set": [["lo", {"drop": None}], ["ch-web", ACCEPT]]}}}], None),
        ([{"vmap": {"key": IIF, "data": "@verdicts"}}], PERHAPS),
        ([{"queue": {"num": 1}}], PERHAPS),
        ([match(SADDR, "@trusted"), ACCEPT], PERHAPS),
    ],
)
def test_of_nftables(expression, expected):
    assert fate(listed(expression)) == expected


def test_a_set_is_asked_for_the_packets_own_value():
    asked = []

    def members(place, key):
        asked.append((place, key))
        return key == "10.80.1.5"

    assert fate(listed([match(SADDR, "@trusted"), ACCEPT]), members=members) is None
    assert asked == [(("inet", "f", "trusted"), "10.80.1.5")]
    assert fate(listed([match(SADDR, "@trusted"), ACCEPT]), members=members, saddr="10.80.1.6") == CERTAIN


def test_one_table_that_drops_is_enough_whatever_another_one_accepts():
    assert fate([*listed([ACCEPT]), *saved()]) == CERTAIN
    assert fate([*listed([match(IIF, "ch*"), {"reject": None}], policy="accept"), *saved(policy="ACCEPT")]) == CERTAIN


def raw(*rules, table="raw", hook="PREROUTING"):
    text = "\n".join([f"*{table}", f":{hook} ACCEPT [0:0]", *rules, "COMMIT"])
    return saved_rules.chains_of(text, "ip", "iptables")


def early(*expressions, hook="ingress", family="netdev", **more):
    place = {"family": family, "table": "f"}
    rows = [{"chain": {**place, "name": "c", "type": "filter", "hook": hook, "prio": 0, "policy": "accept", **more}}]
    rows += [{"rule": {**place, "chain": "c", "handle": at, "expr": expr}} for at, expr in enumerate(expressions)]
    return nft_rules.chains_of(rows)


DROP, OIF = {"drop": None}, {"meta": {"key": "oifname"}}


@pytest.mark.parametrize(
    ("chains", "where"),
    [
        (raw("-A PREROUTING -p tcp -m tcp --dport 443 -j DROP"), "prerouting"),
        (raw("-A PREROUTING -o eth0 -j DROP"), None),
        (raw("-A PREROUTING -d 203.0.113.0/24 -j DROP"), None),
        (raw("-A POSTROUTING -o eth0 -j DROP", table="mangle", hook="POSTROUTING"), "postrouting"),
        (raw("-A POSTROUTING -o eth0 -j DROP", table="nat", hook="POSTROUTING"), None),
        (raw("-A OUTPUT -j DROP", hook="OUTPUT"), None),
        (early([match(DPORT, 443), DROP], dev="ch-web"), "ingress"),
        (early([match(DPORT, 443), DROP], dev=["eth9", "ch-web"]), "ingress"),
        (early([match(DPORT, 443), DROP], dev="eth0"), None),
        (early([match(OIF, "eth0"), DROP], hook="prerouting", family="inet"), None),
        (early([match(IIF, "ch-web"), DROP], hook="prerouting", family="inet"), "prerouting"),
        (early([match(OIF, "eth0"), DROP], hook="postrouting", family="inet"), "postrouting"),
    ],
)
def test_a_packet_passes_other_hooks_on_its_way(chains, where):
    drop = dropped(chains, "forward", PACKET, lambda place, key: None)
    assert (drop and drop.hook) == where
    own = dropped(chains, "output", {**PACKET, "iifname": None, "oifname": "eth0"}, lambda place, key: None)
    assert (own is not None) is any(chain.hook in ("output", "postrouting") for chain in chains)


def test_frames_meet_rules_for_bridges_alone():
    chains = early([match(DPORT, 443), DROP], hook="forward", family="bridge")
    assert fate(chains) is None
    assert fate(chains, switched=True) == CERTAIN
    assert fate(early([match(DPORT, 443), DROP], hook="forward", family="inet"), switched=True) is None


def test_what_is_published_has_another_address_before_it_is_routed():
    chains = raw("-A PREROUTING -d 198.51.100.1/32 -j DROP")
    assert fate(chains) == CERTAIN
    assert fate(chains, ct_status="dnat") is None
