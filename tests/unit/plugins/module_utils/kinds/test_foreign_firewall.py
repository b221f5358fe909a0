# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other firewalls are to let pass, on a kernel made of values: chains as nft lists them, and files."""

from __future__ import annotations

import ipaddress
import re

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.inspection import documents, merged
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.firewalls import openings, policies, ufw
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import Opening
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import Line
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.places import uplinks
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    BOOT,
    KIND,
    Link,
    Namespace,
    Route,
    changed,
    everything_leaves,
    kernel_of,
    want,
)

MARK = "containerhost:plan/web ch-web"
LINKS = [
    Link("ch-web", "bridge", owner="plan/web"),
    Link("eth0"),
    Link("eth1"),
    Link("docker0", "bridge"),
    Link("wg0", "wireguard"),
    Link("en+", "vlan"),
]
ADDRESSES = {
    "ch-web": ["10.80.1.1/24"],
    "eth0": ["192.0.2.5/24"],
    "eth1": ["198.51.100.5/24"],
    "docker0": ["172.17.0.1/16"],
    "wg0": ["10.9.0.1/24"],
    "en+": ["10.7.0.1/24"],
}
WEB = {"device": "ch-web", "subnets": ["10.80.1.0/24"], "outward": ["10.80.1.0/24"]}
BEFORE = "*nat\n:X - [0:0]\nCOMMIT\n# a user's\r\n*filter\n:ufw-before-forward - [0:0]\n%s# the end\nCOMMIT\n"


def rule(number, *expr, comment=""):
    return {"handle": number, "expr": [*expr, {"counter": {}}], **({"comment": comment} if comment else {})}


def meta(key, value):
    return {"match": {"op": "==", "left": {"meta": {"key": key}}, "right": value}}


def payload(field, value, protocol="ip"):
    return {"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": field}}, "right": value}}


SUBNET = {"prefix": {"addr": "10.80.1.0", "len": 24}}
ACCEPT = {"accept": None}
IN = (meta("oifname", "ch-web"), payload("daddr", SUBNET), ACCEPT)
UPLINKS = ("eth0", "eth1")
OUT = [(meta("iifname", "ch-web"), meta("oifname", each), payload("saddr", SUBNET), ACCEPT) for each in UPLINKS]
DOCKER = ("ip", "filter", "DOCKER-USER")
OURS = [rule(number, *each, comment=MARK) for number, each in enumerate([IN, *OUT], 7)]
UFW = {("ip", "filter", "ufw-before-forward"): [rule(4, {"jump": {"target": "ufw-user-forward"}})]}
ZONES = {
    ("inet", "firewalld", "filter_FORWARD_ZONES"): [
        rule(1, meta("iifname", "docker0"), {"goto": {"target": "filter_FWD_docker"}}),
        rule(2, {"goto": {"target": "filter_FWD_home"}}),
    ]
}


def host(foreign=None, files=None):
    routes = [Route("0.0.0.0/0", "eth0", via="192.0.2.1", protocol=BOOT)]
    return kernel_of(Namespace(links=LINKS, addresses=ADDRESSES, routes=routes, foreign=foreign or {}), files=files)


def differs(kernel, leaves=everything_leaves, **values):
    return [each for each in changed(kernel, want("foreign_firewall", **{**WEB, **values})) if "foreign" in each]


def test_where_no_other_firewall_filters_there_is_nothing_to_do():
    disabled = {("ip", "filter", "ufw-before-forward"): []}
    legacy_zones = {ufw.FILES[4]: BEFORE % "", "/etc/firewalld/zones/public.xml": "<zone/>"}
    assert differs(host()) == differs(host(disabled, legacy_zones)) == []


def test_dockers_chain():
    (line,) = differs(host({DOCKER: [rule(3, {"return": None})]}))
    assert line == (
        "foreign_firewall ch-web (web): absent →"
        ' ip filter DOCKER-USER: oifname "ch-web" ip daddr 10.80.1.0/24,'
        ' ip filter DOCKER-USER: iifname "ch-web" oifname "eth0" ip saddr 10.80.1.0/24,'
        ' ip filter DOCKER-USER: iifname "ch-web" oifname "eth1" ip saddr 10.80.1.0/24'
    )
    assert differs(host({DOCKER: OURS})) == []


@pytest.mark.parametrize(
    "other",
    [
        OURS[:2],
        [*OURS, rule(20, meta("oifname", "ch-web"), ACCEPT, comment=MARK)],
        [*OURS, rule(20, meta("iifname", "ch-web"), payload("saddr", SUBNET), ACCEPT, comment=MARK)],
        [rule(7, IN[0], {"accept": None}, comment=MARK), *OURS[1:]],
    ],
)
def test_what_somebody_has_made_of_ours_is_mended(other):
    assert len(differs(host({DOCKER: other}))) == 1


def test_rules_of_others_are_not_looked_at():
    others = [
        rule(1, *IN),
        rule(2, meta("oifname", "ch-web"), ACCEPT, comment="containerhost:plan/web"),  # of kind docker_network
        rule(3, payload("daddr", SUBNET), {"drop": None}, comment="web"),
    ]
    assert differs(host({DOCKER: [*others, *OURS]})) == []


def test_two_devices_whose_names_contain_each_other():
    twice = [*OURS, rule(20, *OUT[0], comment=f"{MARK}2")]
    kernel = host({DOCKER: twice})
    assert [found.values["device"] for found in KIND["foreign_firewall"].read(kernel, [])] == ["ch-web", "ch-web2"]


def block(*rows, mark=MARK):
    return "".join(f"{row}\n" for row in (f"# BEGIN {mark}", *rows, f"# END {mark}"))


ROWS = [
    "-A ufw-before-forward -o ch-web -d 10.80.1.0/24 -j ACCEPT",
    "-A ufw-before-forward -i ch-web -o eth0 -s 10.80.1.0/24 -j ACCEPT",
]


def test_ufw_has_both_in_its_file_and_in_its_chain():
    files = {ufw.FILES[4]: BEFORE % block(*ROWS)}
    loaded = {("ip", "filter", "ufw-before-forward"): [rule(1, *IN), rule(2, *OUT[0]), *next(iter(UFW.values()))]}
    assert differs(host(loaded, files)) == []
    (line,) = differs(host(UFW, files))
    assert f"{ROWS[0]} (not loaded)" in line
    (line,) = differs(host(loaded, {ufw.FILES[4]: BEFORE % block(ROWS[0])}))
    assert f"before.rules: {ROWS[1]}" in line
    # What is not at work is left as it is.
    assert differs(host({}, {ufw.FILES[4]: BEFORE % block(ROWS[0])})) == []


def test_docker_leaves_to_ufw_what_is_not_dockers():
    loaded = {("ip", "filter", "ufw-before-forward"): [rule(1, *IN), rule(2, *OUT[0]), *next(iter(UFW.values()))]}
    kernel = host({**loaded, DOCKER: []}, {ufw.FILES[4]: BEFORE % block(*ROWS)})
    assert differs(kernel) == []


@pytest.mark.parametrize("others", ["", block("-A x", mark=f"{MARK}2"), "-A ufw-before-forward -j DROP\n"])
def test_a_block_comes_at_the_end_of_the_filter_table_and_goes_without_a_trace(others):
    before = (BEFORE % others).encode()
    after = ufw.with_block(before, "plan/web", "ch-web", ROWS)
    assert after == (BEFORE % others).encode().replace(b"# the end\n", b"# the end\n" + block(*ROWS).encode())
    assert ufw.with_block(after, "plan/web", "ch-web", ROWS) == after
    both = ufw.with_block(after, "plan/shop", "ch-shop", ROWS[:1])
    for rows in (ROWS[:1], ROWS):  # written again after another's, it stays before that
        again = ufw.with_block(both, "plan/web", "ch-web", rows)
        assert again.index(b"/web") < again.index(b"/shop")
    assert again == both
    assert ufw.with_block(after, "plan/shop", "ch-web", ()) == before
    edited = after.replace(b"# a user's", b"# a user's own\xff")
    assert ufw.with_block(edited, "plan/web", "ch-web", ()) == before.replace(b"# a user's", b"# a user's own\xff")


def test_a_file_without_a_filter_table_is_not_written_to():
    with pytest.raises(OSError, match="it has no table"):
        ufw.with_block(b"*nat\nCOMMIT\n", "plan/web", "ch-web", ROWS)


POLICY = [
    "policy ANY to ANY: ipv4 destination 10.80.1.0/24",
    "policy ANY to home: ipv4 source 10.80.1.0/24",
    "zone home: interface eth0",
]


def test_firewalld():
    assert differs(host(ZONES)) == [f"foreign_firewall ch-web (web): absent → {', '.join(POLICY)}"]
    named = {**ZONES, ("inet", "firewalld", "filter_FORWARD_ZONES"): [
        rule(1, meta("iifname", "eth*"), {"goto": {"target": "filter_FWD_work"}}),
        rule(2, {"goto": {"target": "filter_FWD_home"}}),
    ]}  # fmt: skip
    (line,) = differs(host(named))
    assert "policy ANY to work: ipv4 source 10.80.1.0/24" in line
    assert "interface" not in line


def written():
    made = dict(policies.files("plan/web", "ch-web", [Line(each) for each in POLICY]))
    return {f"/etc/firewalld/policies/{name}.xml": text for name, text in made.items()}


def test_a_policy_of_firewalld_is_loaded_and_not_only_in_a_file():
    zone = {"/etc/firewalld/zones/home.xml": policies.with_interface("<zone>\n</zone>\n", "eth0")}
    names = [path.rpartition("/")[2][: -len(".xml")] for path in written()]
    jumps = [rule(9, {"jump": {"target": f"filter_FWD_policy_{name}"}}) for name in names]
    loaded = {**ZONES, ("inet", "firewalld", "filter_FORWARD_POLICIES_pre"): jumps}
    assert differs(host(loaded, {**written(), **zone})) == []
    for part in (jumps[:1], jumps[1:]):
        some = {**loaded, ("inet", "firewalld", "filter_FORWARD_POLICIES_pre"): part}
        assert len(differs(host(some, {**written(), **zone}))) == 1
    (line,) = differs(host(loaded, written()))
    assert line.endswith("zone home: interface eth0")
    edited = {path: text.replace("10.80.1.0/24", "0.0.0.0/0") for path, text in written().items()}
    assert len(differs(host(loaded, {**edited, **zone}))) == 1


@pytest.mark.parametrize(
    ("explicit", "default", "zone", "claims"),
    [
        (None, "home", "home", True),
        ("home", "home", "home", True),
        ("home", "dmz", "dmz", True),  # somebody has changed the default zone, which the uplink was in
        ("work", "home", "work", False),  # or has put the uplink into another one
    ],
)
def test_an_uplink_that_was_put_into_a_zone_is_moved_by_others(explicit, default, zone, claims):
    zones = [rule(1, meta("iifname", "eth0"), {"goto": {"target": f"filter_FWD_{explicit}"}})] if explicit else []
    zones.append(rule(2, {"goto": {"target": f"filter_FWD_{default}"}}))
    kernel = host({("inet", "firewalld", "filter_FORWARD_ZONES"): zones}, written())
    (resolved,) = (KIND["foreign_firewall"].resolve(kernel, want("foreign_firewall", **WEB)),)
    texts = [line.text for line in resolved.values["lines"]["firewalld"]]
    assert texts[1:] == [
        f"policy ANY to {zone}: ipv4 source 10.80.1.0/24",
        *([f"zone {zone}: interface eth0"] if claims else []),
    ]


def test_an_interface_is_put_into_a_zone_and_out_of_it_again():
    zone = '<?xml version="1.0"?>\n<zone>\n  <interface name="eth01"/>\n</zone>\n'
    assert re.sub(policies.interface_pattern("eth0"), "", policies.with_interface(zone, "eth0")) == zone
    assert policies.with_interface("<zone/>\n", "eth0") is None


def test_policies_of_others_are_not_ours():
    theirs = {"/etc/firewalld/policies/ch-mine.xml": "<policy><description>containerhost</description></policy>"}
    damaged = {"/etc/firewalld/policies/ch-damaged.xml": "<policy"}
    assert list(KIND["foreign_firewall"].read(host(ZONES, {**theirs, **damaged}), [])) == []


@pytest.mark.parametrize("device", ["ch+", "-x", "a*", 'a"b'])
def test_a_name_that_means_more_to_others_is_refused(device):
    with pytest.raises(Problem):
        want("foreign_firewall", device=device)


UFW_HOOKS = {
    ("ip", "filter", f"ufw-before-{hook}"): [rule(4, {"jump": {"target": f"ufw-user-{hook}"}})]
    for hook in ("forward", "input", "output")
}


@pytest.mark.parametrize("new", [{"tunnel_port": 51821}, {"tunnel_address": "198.51.100.5"}, {"tunnel_address": None}])
def test_a_tunnel_that_is_to_go_is_heard_until_all_have_turned_to_the_new_one(new):
    before = {**WEB, "tunnel_address": "192.0.2.5", "tunnel_port": 4789}
    old = openings.openings(want("foreign_firewall", **before).values, {4: ["eth0"]})
    rows = [openings.iptables(each, f"ufw-before-{each.hook}") for each in old]
    kernel = host(UFW_HOOKS, {ufw.FILES[4]: BEFORE % block(*rows)})
    wanted = want("foreign_firewall", **{**before, **new})
    kind = KIND["foreign_firewall"]
    resolved = kind.resolve(kernel, wanted)
    (found,) = kind.read(kernel, [resolved])
    assert kind.waits == ("remove",)
    both = [line.text for line in kind.meanwhile(resolved, found, "remove").values["lines"]["ufw"]]
    only = [line.text for line in resolved.values["lines"]["ufw"]]
    assert both[: len(only)] == only
    assert [text.split(": ", 1)[1] for text in both[len(only) :]] == [row for row in rows if "4789" in row]
    same = kind.resolve(kernel, want("foreign_firewall", **before))
    assert kind.meanwhile(same, found, "remove") is same


@pytest.mark.parametrize("port", ["53", "0/udp", "9-8/tcp", "70000/tcp", "53/icmp", "٣/udp"])
def test_a_port_is_one(port):
    with pytest.raises(Problem, match="port"):
        want("foreign_firewall", device="ch-web", host_access=[port])


def test_a_bridge_of_others_and_a_tunnel_of_others_are_no_uplinks():
    found = uplinks(host())
    assert found.default == {4: ["eth0"]}
    assert found.all == {4: ["eth0", "eth1"]}


EVERYTHING = {
    "device": "ch-web",
    "subnets": ["10.80.1.0/24", "fd00:80:1::/64"],
    "outward": ["10.80.1.0/24"],
    "peers": ["10.80.0.0/16", "fd00:80::/48"],
    "host_access": ["1000-2000/sctp", "53/udp"],
    "tunnel_address": "192.0.2.5",
    "tunnel_port": 4789,
}


def test_what_is_wanted_can_be_told_from_what_is_there():
    wanted = want("foreign_firewall", **EVERYTHING).values
    some = openings.openings(wanted, {4: ["eth0"], 6: ["eth0"]})
    told = openings.values_of(some)
    assert {**told, "device": "ch-web"} == EVERYTHING
    for each in some:
        chain = f"x-{each.hook}"
        assert openings.of_iptables(openings.iptables(each, chain), each.version, each.hook) == each
    # The other end is never anybody's.
    assert all(each.iifname or each.oifname or each.port for each in some)
    assert all((each.saddr or each.daddr) and ipaddress.ip_network(each.saddr or each.daddr) for each in some)


def test_what_is_there_is_exported_as_a_document_that_changes_nothing():
    kernel = host({DOCKER: OURS})
    document = merged(documents([KIND["foreign_firewall"]], kernel), None)
    assert document["foreign_firewall"] == [{"network": "web", **WEB}]


def test_an_answer_of_a_rule_that_says_more_is_no_opening():
    assert openings.of_nft(rule(1, *IN), 4, "forward") == Opening(4, "forward", None, "ch-web", None, "10.80.1.0/24")
    for more in ({"xt": {"type": "match", "name": "mark"}}, {"limit": {"rate": 5}}, meta("mark", 7)):
        assert openings.of_nft(rule(1, *IN[:2], more, ACCEPT), 4, "forward") is None
    assert openings.of_nft(rule(1, *IN[:2], {"drop": None}), 4, "forward") is None


@pytest.mark.parametrize("odd", [{"set": ["10.80.1.0/24"]}, {"range": ["10.80.1.0", "10.80.1.9"]}, "@named", 7, None])
def test_whatever_somebody_writes_in_their_chain_is_read(odd):
    assert openings.of_nft(rule(1, payload("daddr", odd), ACCEPT), 4, "forward") is None
    assert differs(host({DOCKER: [rule(1, payload("daddr", odd), ACCEPT), *OURS]})) == []
    for line in ("", "-A", "-A x", "-A ufw-before-forward -d me -j ACCEPT", "-A ufw-before-forward -j DROP"):
        assert len(differs(host(UFW, {ufw.FILES[4]: BEFORE % block(line, *ROWS)}))) == 1
