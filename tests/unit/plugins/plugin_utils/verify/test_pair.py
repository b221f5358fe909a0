# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hops a way has, and at which one it is said to end."""

from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import KeyEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.run import keys
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.pair import Answers, hops, looks, told
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ways import asked
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.verify.answers import (
    UNDERLAY,
    documents,
)

FIREWALL = "fabric: a firewall of this host (table ip filter, chain FORWARD, its policy) drops what goes to its hosts."


@pytest.fixture
def found(fleet):
    return documents(fleet.plan())


@pytest.fixture
def ways(found):
    return lambda *words: asked(found, UNDERLAY, *words)


@pytest.fixture
def said(found, ways):
    """What is said of h1/shop to h2/db, 80/tcp, where hops (by what they are about) have failed for a reason."""

    def ask(failed: dict[str, str], **more):
        way = ways("h1/shop", "h2/db", "tcp", 80)[0]
        tried = hops(way, UNDERLAY, found)
        reasons = {each.name: failed.get(each.about, "") for each in tried}
        given = {"drift": {}, "waiting": {}, "firewalls": {}, "silent": {}, **more}
        return told(way, tried, Answers(reasons=reasons, **given))

    return ask


def test_the_hops_are_in_the_order_of_a_packet(found, ways):
    way = ways("shop", "db", "tcp", 80)[0]
    assert [(each.about, each.host) for each in hops(way, UNDERLAY, found)] == [
        ("own host", "h1"), ("own route", "h1"), ("own route", "h2"), ("gateway", "h1"), ("underlay route", "h1"),
        ("underlay route", "h2"), ("underlay", "h1"), ("route", "h1"), ("route", "h2"), ("its host", "h2"),
        ("listening", "h2"), ("whole", "h1"), ("size", "h1"), ("port", "h1"),
    ]  # fmt: skip


def test_each_family_is_a_way_of_its_own(ways):
    assert [":" in way.to for way in ways("shop", "db", "icmp", 0)] == [False, True]


def test_where_all_hops_answer_nothing_is_wrong(said):
    lines, problem = said({})
    assert problem == ""
    assert all(line.endswith((": answers", ": leads there")) for line in lines[1:])


@pytest.mark.parametrize(
    ("about", "reason", "words"),
    [
        ("underlay", "no reply", "The hosts do not reach each other"),
        ("its host", "no reply", "Its host does not reach h2/db"),
        ("listening", "connection refused", "Nothing listens there: start what serves 80/tcp in h2/db"),
        ("whole", "no reply", "their VXLAN packets (4789/udp) do not arrive"),
        ("whole", "Operation not permitted", "`nft list ruleset` in the namespace of h1/shop"),
        ("its host", "Operation not permitted", "`nft list ruleset` on h2"),
        ("underlay route", "it goes by eth9, and not by eth0", "a route or rule of somebody else's comes first"),
        ("underlay route", "network is unreachable: eth0 is down", "see that the interface of h1's underlay is up"),
        ("own route", "a route drops it (blackhole)", "look at `ip route get 10.42.1.2` in its namespace"),
        ("route", "a route drops it (blackhole)", "a route or rule of somebody else's comes first"),
        ("size", "no reply", "Set containerhost_underlay_mtu"),
        ("port", "no reply", "80/tcp is dropped on the way"),
    ],
)
def test_the_first_hop_that_fails_says_where_to_look(said, about, reason, words):
    after = (
        "own host", "own route", "gateway", "underlay route", "underlay", "route", "its host", "listening", "whole",
        "size", "port",
    )  # fmt: skip
    later = after[after.index(about) :]
    _lines, problem = said(dict.fromkeys(later, reason))
    assert "it ends at" in problem and f"({reason})" in problem
    assert words in problem


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"drift": {"h2": ["vxlan_fdb 02:00 on ch-fabric (fabric) is missing"]}}, "h2 is not as planned: vxlan_fdb"),
        ({"firewalls": {"h1": [FIREWALL]}}, "On h1, a firewall of this host (table ip filter, chain FORWARD"),
        ({"waiting": {"h2": ["h2: db does not run. Pending until then: db (fabric)."]}}, "db does not run"),
        ({"drift": {"h2": ["forwarding ipv4 on uplink eth0 (web) is left over"]}}, "packets (4789/udp) do not arrive"),
        ({"drift": {"h2": ["vxlan ch-pond (pond) is missing"]}}, "packets (4789/udp) do not arrive"),
        ({"silent": {"h2": "it did not answer"}}, "h2 has not been asked: it did not answer"),
    ],
)
def test_what_hosts_say_themselves_goes_first(said, more, words):
    _lines, problem = said({"whole": "no reply", "port": "no reply"}, **more)
    assert words in problem


def test_a_firewall_of_another_network_is_not_blamed(said):
    other = FIREWALL.replace("fabric", "web")
    assert "firewall of this host" not in said({"whole": "no reply", "port": "no reply"}, firewalls={"h1": [other]})[1]


def test_what_others_have_put_on_our_devices_is_looked_at_on_each_host(found, ways):
    way = ways("h1/shop", "h2/db", "tcp", 80)[0]
    devices = {each.host: each.probe["by"].split() for each in looks(way, found) if each.probe["kind"] == "devices"}
    assert [name for name in devices["h1"] if not name.startswith("chv")] == ["chb-fabric", "ch-fabric"]
    assert {len(names) for names in devices.values()} == {3}
    nowhere = ways("h1/shop", "h1", "tcp", 80)
    assert all({each.host for each in looks(way, found)} == {"h1"} for way in nowhere)


@pytest.mark.parametrize("driver", ["macvlan", "ipvlan"])
def test_so_are_those_that_stand_on_a_parent_whatever_kind_they_are(fleet, driver):
    lan = f"lan: {{driver: {driver}, parent: eth1, host_shim: true, subnets: [192.168.7.0/24]}}"
    fleet.networks(lan).only_containers(h1="cam: {networks: {lan: }}")
    found = documents(fleet.plan())
    (way,) = asked(found, UNDERLAY, "h1", "h1/cam")
    assert [each.probe["by"] for each in looks(way, found) if each.probe["kind"] == "devices"] == ["chs-lan"]


def test_what_is_lost_by_it_is_told_where_something_fails(found, ways):
    way = ways("h1/shop", "h2/db", "tcp", 80)[0]
    tried = [*looks(way, found), *hops(way, UNDERLAY, found)]
    queue = "a queueing discipline of somebody else's on ch-fabric (pfifo) has dropped 9 packets: `tc -s qdisc show`"
    for failing, ends in (("whole", True), ("none", False)):
        reasons = {each.name: "no reply" if each.about in (failing, "port" if ends else "") else "" for each in tried}
        reasons.update({each.name: queue for each in tried if (each.probe["kind"], each.host) == ("devices", "h2")})
        lines, problem = told(way, tried, Answers({}, {}, {}, reasons, {}))
        assert (f"On h2, {queue}" in problem) is ends
        assert not any("devices" in line for line in lines)


def test_what_leads_a_host_past_its_own_container_is_told(found, ways):
    way = ways("h1/shop", "h2/db", "tcp", 80)[0]
    inward = [each for each in looks(way, found) if each.probe["kind"] == "route"]
    assert [(each.host, each.target, each.probe["to"], each.probe["by"]) for each in inward] == [
        ("h1", "h1/shop", "10.42.0.2", "chb-fabric"), ("h2", "h2/db", "10.42.1.2", "chb-fabric"),
    ]  # fmt: skip
    tried = [*inward, *hops(way, UNDERLAY, found)]
    reasons = {each.name: "no reply" if each.about in ("its host", "port") else "" for each in tried}
    reasons[inward[1].name] = "a route drops it (blackhole)"
    _lines, problem = told(way, tried, Answers({}, {}, {}, reasons, {}))
    assert "h2's way to h2/db (10.42.1.2) is another one: a route drops it (blackhole). A route, rule or" in problem


def test_a_datagram_without_an_answer_proves_nothing(found, ways):
    way = ways("shop", "db", "udp", 53)[0]
    tried = hops(way, UNDERLAY, found)
    for reason, wrong in (("no reply", False), ("connection refused", True)):
        reasons = {each.name: reason if each.probe["kind"] == "udp" else "" for each in tried}
        assert bool(told(way, tried, Answers({}, {}, {}, reasons, {}))[1]) is wrong


KEYS = {f"h{number}": f"{letter * 42}A=" for number, letter in enumerate("XYZ", start=1)}
SEALED = {
    "bridged": ("mode: bridged, vni: 44, encrypted: true, subnets: [10.44.0.0/24, 'fd00:44::/64']", "chw-pond"),
    "routed": ("backend: wireguard, subnets: [10.44.0.0/16, 'fd00:44::/48']", "ch-pond"),
}


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("underlay", ["198.18.7.1%d", "fd77::%d"])
def test_a_tunnel_that_encrypts_has_to_have_shaken_hands(fleet, name, underlay):
    """Asked of the peer that the packet goes to, whichever mode and families there are."""
    options, device = SEALED[name]
    at = {host: underlay % number for number, host in enumerate(KEYS, start=1)}
    for host, address in at.items():
        fleet.variables(host, containerhost_underlay_address=address)
    fleet.ledger = keys.with_told(fleet.ledger, {("pond", host): KeyEntry(device, key) for host, key in KEYS.items()})
    fleet.networks("{pond: {driver: overlay, %s}}" % options)
    plan = fleet.only_containers(**{host: "{c%s: {networks: {pond: }}}" % host for host in KEYS}).plan()
    found = documents(plan)
    for way in asked(found, at, "ch1", "ch3"):
        tried = hops(way, at, found)
        (hop,) = (each for each in tried if each.about == "handshake")
        peers = {each["public_key"]: each["allowed_ips"] for each in found["h1"]["wireguard_peer"]}
        there = ipaddress.ip_address(hop.probe["to"])
        assert [key for key, blocks in peers.items() if any(there in ipaddress.ip_network(b) for b in blocks)] == [
            KEYS["h3"]
        ]
        assert (hop.host, hop.probe["by"], hop.probe["kind"]) == ("h1", device, "handshake")
        reasons = {each.name: "no reply" if each.about in ("whole", "size") else "" for each in tried}
        _lines, problem = told(way, tried, Answers({}, {}, {}, reasons, {}))
        asked_there = name == "routed"  # by its host, which has no address on a segment
        assert ("do not arrive, or h3/ch3 does not answer" in problem) is not asked_there
        reasons[hop.name] = "there never was a handshake"
        _lines, problem = told(way, tried, Answers({}, {}, {}, reasons, {}))
        assert "it ends at h1's handshake with h3 (there never was a handshake)." in problem
        assert "The hosts reach each other, and their WireGuard packets (51820/udp) do not arrive" in problem


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("pair", [("ch1", "ch3"), ("ch3", "ch1")])
def test_the_own_address_of_a_host_behind_nat_is_no_hop(fleet, name, pair):
    options, device = SEALED[name]
    at = {host: f"198.18.7.1{number}" for number, host in enumerate(KEYS, start=1)}
    for host, address in at.items():
        fleet.variables(host, containerhost_underlay_address=address)
    fleet.variables("h3", containerhost_underlay_endpoint="203.0.113.7:4500")
    fleet.ledger = keys.with_told(fleet.ledger, {("pond", host): KeyEntry(device, key) for host, key in KEYS.items()})
    fleet.networks("{pond: {driver: overlay, %s}}" % options)
    found = documents(fleet.only_containers(**{host: "{c%s: {networks: {pond: }}}" % host for host in KEYS}).plan())
    for way in asked(found, at, *pair):
        tried = hops(way, at, found)
        assert not [each for each in tried if each.about.startswith("underlay")]
        reasons = {each.name: "no reply" if each.about in ("handshake", "whole", "size") else "" for each in tried}
        _lines, problem = told(way, tried, Answers({}, {}, {}, reasons, {}))
        assert "handshake with" in problem and "one of the two hosts is behind NAT: look at its" in problem
    (way, *_more) = asked(found, at, "ch1", "ch2")
    assert [each for each in hops(way, at, found) if each.about == "underlay"]


def test_what_goes_straight_needs_no_handshake(fleet):
    for number, host in enumerate(KEYS, start=1):
        fleet.variables(host, containerhost_underlay_address=f"198.18.7.1{number}/24")
    fleet.networks("{pond: {driver: overlay, backend: wireguard, direct_routing: true, subnets: [10.44.0.0/16]}}")
    found = documents(fleet.only_containers(h1="{a: {networks: {pond: }}}", h2="{b: {networks: {pond: }}}").plan())
    (way,) = asked(found, UNDERLAY, "a", "b")
    assert way.tunnel is None
    assert "handshake" not in [each.about for each in hops(way, UNDERLAY, found)]


def test_to_elsewhere_it_leaves_by_the_way_out(found, ways):
    (way,) = ways("shop", "192.0.2.7", "icmp", 0)
    assert [each.about for each in hops(way, UNDERLAY, found)] == ["own host", "own route", "gateway", "whole"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("shpo", "db", "icmp", 0), "`from` is `shpo`, and no container with an address and no host is called so"),
        (("shop", "h3/db", "icmp", 0), "`to` is `h3/db`"),
        (("shop", "db", "tcp", 0), "`protocol` is tcp, and there is no `port`"),
        (("shop", "db", "icmp", 80), "`port` is of no protocol"),
    ],
)
def test_what_cannot_be_followed_is_refused(ways, words, sentence):
    with pytest.raises(Refusal) as refused:
        ways(*words)
    assert sentence in refused.value.what
