# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of an object of each kind by its module alone: made, changed, re-created, removed, and nothing left."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.tests.integration.modules.lives import (
    OF_ENGINES,
    Case,
    clear,
    examples_do_what_they_say_once,
    live,
    name_of,
    ok,
    prepare,
)
from ansible_collections.containerhost.network.tests.vm.cases import CASES as ELSEWHERE

BRIDGE = ("bridge", {"name": "br-a", "mac": "02:00:00:00:00:0a", "addresses": ["10.80.1.1/24", "fd00:80:1::1/64"]})
SANDBOXES = ("netns", {"config": [{"name": "shop"}, {"name": "db"}]})
TABLE = ("name_table", {"name": "web", "entries": ["10.80.1.2 shop shop.web"]})
VXLAN = ("vxlan", {"name": "vx-a", "vni": 42, "local": "198.18.0.1"})
CASES = (
    Case("netns", {"name": "shop"}, {}, in_place=({"up": False}, {"up": True})),
    Case("netns", {"name": "up to 255 bytes, and a space"}, {"up": False}, in_place=({"up": True},)),
    Case(
        "bridge",
        {"name": "br-fifteen-char"},
        {"addresses": ["10.80.1.1/24"], "stp": False},
        in_place=(
            {"addresses": ["10.80.1.1/24", "10.80.2.1/24", "fd00:80:1::1/64"]},
            {"mac": "02:00:00:00:00:0b", "mtu": 1400},
            {"addresses": [], "up": False},
            {"stp": True, "priority": 4096, "ageing_time": 0, "forward_delay": 2, "up": True},
            {"multicast_snooping": False, "group_fwd_mask": 8},
        ),
    ),
    Case(
        "veth",
        {"name": "veth-shop"},
        {"sandbox": {"ref": "shop"}, "master": "br-a", "addresses": ["10.80.1.2/24"]},
        in_place=(
            {"routes": [{"dst": "0.0.0.0/0", "via": "10.80.1.1"}]},
            {"routes": [{"dst": "0.0.0.0/0", "via": "10.80.1.9", "metric": 7}, {"dst": "10.99.0.0/16"}]},
            {"addresses": ["10.80.1.3/24", "fd00:80:1::3/64"], "routes": [{"dst": "::/0", "via": "fd00:80:1::1"}]},
            {"interface": "web0", "mac": "02:00:00:00:00:03", "host_mac": "02:00:00:00:00:04", "mtu": 1300},
            {"isolated": True, "hairpin": True},
            {"sysctls": {"net.ipv4.conf.IFNAME.arp_notify": "1"}},
            {"up": False, "routes": []},
            {"up": True, "addresses": ["10.80.1.3/24"]},
        ),
        anew=({"sandbox": {"engine": "netns", "ref": "db"}},),
        needs=(SANDBOXES, BRIDGE),
    ),
    Case(
        "rate",
        {"device": "veth-shop"},
        {"in": "100mbit", "out": "50mbit"},
        in_place=(
            {"in": "1.5gbit", "burst": "128kb"},
            {"out": None},
            {"in": None, "out": "40gbit"},
            {"burst": "64kb", "in": "8kbit"},
        ),
        needs=(SANDBOXES, BRIDGE, ("veth", {"name": "veth-shop", "sandbox": {"ref": "shop"}, "master": "br-a"})),
    ),
    Case("joined", {"container": {"ref": "side"}, "joins": {"ref": "shop"}}, {}, needs=(SANDBOXES,)),
    Case(
        "macvlan",
        {"sandbox": {"ref": "shop"}, "interface": "lan0"},
        {"parent": "eth0", "addresses": ["198.18.0.7/24"], "sysctls": {"net.ipv6.conf.IFNAME.accept_dad": 0}},
        in_place=(
            {"mode": "private", "mtu": 1400},
            {"addresses": ["198.18.0.8/24", "fd00:18::8/64"], "routes": [{"dst": "::/0", "via": "fd00:18::2"}]},
            {"up": False, "routes": []},
            {"up": True},
        ),
        anew=({"mode": "passthru"}, {"parent": "br-a"}),
        needs=(SANDBOXES, BRIDGE),
    ),
    Case(
        "macvlan",
        {"interface": "lan0-shim"},
        {"parent": "br-a", "addresses": ["10.80.1.7/32"]},
        in_place=({"mac": "02:00:00:00:00:07"}, {"mode": "vepa", "routes": [{"dst": "10.80.1.9/32"}]}),
        needs=(BRIDGE,),
    ),
    Case(
        "vxlan",
        {"name": "vx-a"},
        {"vni": 42, "local": "198.18.0.1", "addresses": ["10.42.1.0/32"]},
        in_place=(
            {"local": "198.18.0.9"},
            {"mac": "02:00:00:00:42:01", "mtu": 1400, "addresses": ["10.42.1.0/32", "fd00:42:1::/128"]},
            {"link": "eth0"},
            {"learning": True},
            {"master": "br-a"},
            {"up": False},
        ),
        anew=({"vni": 43}, {"port": 8472}, {"local": "fd00:18::1"}),
        needs=(BRIDGE,),
    ),
    Case(
        "vxlan_fdb",
        {"device": "vx-a", "lladdr": "02:00:00:00:42:02"},
        {"dst": "198.18.0.2"},
        in_place=({"dst": "198.18.0.3"}, {"port": 8472}, {"vni": 77}, {"fdb_state": "static"}, {"extern_learn": True}),
        needs=(VXLAN,),
    ),
    Case(
        "vxlan_fdb",
        {"device": "vx-a", "lladdr": "00:00:00:00:00:00", "dst": "198.18.0.2"},
        {},
        in_place=({"port": 8472}, {"vni": 77, "port": 4789}),
        needs=(VXLAN,),
    ),
    Case(
        "vxlan_fdb",
        {"device": "vx-a", "lladdr": "02:00:00:00:42:02", "table": "master"},
        {"fdb_state": "static"},
        in_place=({"extern_learn": True}, {"fdb_state": "permanent", "extern_learn": False}),
        needs=(BRIDGE, ("vxlan", {**VXLAN[1], "master": "br-a"})),
    ),
    Case(
        "route",
        {"dst": "10.99.0.0/16"},
        {"device": "br-a", "via": "10.80.1.2"},
        in_place=(
            {"via": "10.80.1.3"},
            {"src": "10.80.1.1"},
            {"via": "203.0.113.1", "onlink": True},
            {"device": "eth0"},
        ),
        needs=(BRIDGE,),
    ),
    Case(
        "route",
        {"dst": "fd00:99::/48", "metric": 7, "table": 1000},
        {"device": "br-a", "via": "fd00:80:1::2"},
        in_place=({"via": "fd00:80:1::3"}, {"device": "eth0", "via": "fd00:18::2"}),
        needs=(BRIDGE,),
    ),
    Case(
        "neighbour",
        {"device": "br-a", "address": "10.80.1.7"},
        {"lladdr": "02:00:00:00:00:07"},
        in_place=({"lladdr": "02:00:00:00:00:08"},),
        needs=(BRIDGE,),
    ),
    Case("neighbour", {"device": "eth0", "address": "fd00:18::7"}, {"lladdr": "02:00:00:00:00:07"}),
    Case("sysctl", {"key": "net.ipv4.conf.eth0.rp_filter"}, {"value": "2"}, in_place=({"value": "1"},)),
    Case("sysctl", {"key": "net/ipv4/ping_group_range"}, {"value": " 0  100 "}, in_place=({"value": "0\t200"},)),
    Case("forwarding", {"device": "br-a"}, {}, needs=(BRIDGE,)),
    Case("forwarding", {"device": "br-a", "family": "ipv6"}, {}, needs=(BRIDGE,)),
    Case("forwarding", {"uplink": "eth0"}, {}),
    Case("forwarding", {"uplink": "auto", "family": "ipv6"}, {}),
    Case(
        "isolation",
        {"device": "br-a"},
        {},
        in_place=(
            {"accept_from": ["br-a", "vx-a"]},
            {"internal": True, "accept_from": ["br-a"]},
            {"protect": False},
            {"protect": True, "accept_from": []},
            {"sources": ["0.0.0.0/0", "::/0"]},
            {"sources": ["10.80.1.0/24"]},
        ),
        needs=(BRIDGE,),
    ),
    Case("nat_rule", {"rule": "masquerade", "source": "10.80.1.0/24"}, {}, in_place=({"unless": "10.80.0.0/16"},)),
    Case("nat_rule", {"rule": "masquerade", "source": "fd00:80:1::1/128"}, {}, in_place=({"unless": "fd00::/8"},)),
    Case(
        "nat_rule",
        {"rule": "publish", "host_port": 8080},
        {"address": "10.80.1.2", "port": 80},
        in_place=(
            {"address": "10.80.1.3"},
            {"port": 81},
            {"sources": ["198.18.0.0/24", "198.18.1.1/32"]},
            {"sources": None},
        ),
    ),
    Case(
        "nat_rule",
        {"rule": "publish", "protocol": "sctp", "host_address": "fd00:18::1", "host_port": 65535},
        {"address": "fd00:80:1::2"},
        in_place=({"address": "fd00:80:1::3", "port": 1},),
    ),
    Case(
        "open_port",
        {"address": "fd00:80:1::2", "port": 443},
        {},
        in_place=({"sources": ["fd00:18::/64", "fd00:19::1/128"]}, {"sources": None}),
    ),
    Case(
        "sender_filter",
        {"port": "chv-shop"},
        {"mac": "02:00:00:00:00:0a", "sources": ["10.80.1.2", "fd00:80:1::2", "fe80::ff:fe00:a"]},
        in_place=(
            {"mac": "02:00:00:00:00:0b", "relays": ["10.9.0.0/16", "fd09::/48", "0.0.0.0/0"]},
            {"sources": ["ffff::ffff:0:1"], "relays": []},
        ),
    ),
    Case(
        "vtep_filter",
        {"vni": 42, "port": 8472},
        {"accept_from": ["198.18.0.2"]},
        in_place=({"accept_from": ["198.18.0.3", "fd00:18::2"]}, {"accept_from": []}),
    ),
    Case(
        "source_address",
        {"port": 51820},
        {"address": "198.18.0.1"},
        in_place=({"address": "198.18.0.77"}, {"address": "fd00:18::1"}, {"address": "fd00:18::77"}),
    ),
    Case(
        "name_table",
        {"name": "web"},
        {"entries": ["10.80.1.2 shop shop.web"]},
        in_place=({"entries": ["10.80.1.3 shop", "fd00:80:1::3 shop"]}, {"entries": []}),
    ),
    Case(
        "cni_network",
        {"name": "web"},
        {"bridge": "br-a", "subnets": [{"subnet": "10.80.1.0/24", "gateway": "10.80.1.1", "routes": ["0.0.0.0/0"]}]},
        in_place=(
            {"subnets": [{"subnet": "10.80.1.0/24", "range": "10.80.1.224/27", "gateway": "10.80.1.1"}]},
            {"mtu": 1400, "isolated": True, "anti_spoofing": True},
            {"dns": {"nameservers": ["10.80.1.1"], "search": ["example.org"]}},
        ),
        needs=(BRIDGE,),
    ),
    Case(
        "name_server",
        {"name": "web", "device": "br-a", "table": "web"},
        {"servers": [], "local": ["web"]},
        in_place=(
            {"local": ["web", "example.org"], "reverse": ["10.80.1.0/24", "fd00:80:1::/64"]},
            {"servers": ["198.18.0.2"]},
            {"servers": None},
        ),
        needs=(BRIDGE, TABLE),
    ),
    Case(
        "resolv_conf",
        {"sandbox": {"engine": "netns", "ref": "shop"}},
        {"servers": ["10.80.1.1"]},
        in_place=({"servers": ["10.80.1.1", "fd00:80:1::1"], "search": ["web"]}, {"options": ["ndots:2", "rotate"]}),
    ),
    Case("hosts_file", {"sandbox": {"engine": "netns", "ref": "shop"}, "table": "web"}, {}, needs=(TABLE,)),
)
# A namespace has no place in another one, and a file in none.
NOWHERE_ELSE = ("netns", "joined", "name_table", "name_server", "resolv_conf", "hosts_file", "cni_network")
SMOKE = [next(case for case in CASES if case.kind == kind) for kind in dict.fromkeys(case.kind for case in CASES)]


def test_every_kind_has_a_case():
    """Here, or where there is a kernel or an engine for it: never in both, and never in neither."""
    here, there = {case.kind for case in CASES}, {case.kind for case in ELSEWHERE} | {*OF_ENGINES}
    assert here | there == {kind.name for kind in KINDS}
    assert not here & there


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_examples_do_what_they_say_once(host, kind):
    """Without Ansible: ``test_examples.py`` has what Ansible makes of them."""
    examples_do_what_they_say_once(host, kind)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_object_lives_and_leaves_nothing(host, case):
    before = host.snapshot()
    prepare(host, case)

    live(host, case)

    clear(host, case)
    assert host.snapshot() == before


@pytest.mark.parametrize("case", [case for case in CASES if case.kind not in NOWHERE_ELSE], ids=name_of)
def test_an_object_lives_in_a_namespace(host, case):
    host.run("ip", "netns", "add", "blue")
    host.run("ip", "-n", "blue", "link", "set", "lo", "up")
    host.run("ip", "link", "add", "eth0", "netns", "blue", "type", "veth", "peer", "name", "peer", "netns", "blue")
    host.run("ip", "netns", "exec", "blue", "sh", "-ec", """
        ip link set eth0 addrgenmode none
        ip link set eth0 up
        ip link set peer up
        ip addr add 198.18.0.1/24 dev eth0
        ip addr add fd00:18::1/64 dev eth0 nodad
    """)
    before = host.snapshot()
    prepare(host, case, netns="blue")

    live(host, case._replace(in_place=case.in_place[:1], anew=()), netns="blue")

    clear(host, case, netns="blue")
    assert host.snapshot() == before


@pytest.mark.quick
@pytest.mark.parametrize("python", ["/usr/bin/python3", sys.executable])
@pytest.mark.parametrize("case", SMOKE, ids=lambda case: case.kind)
def test_each_kind_works_with_the_hosts_python(host, case, python):
    prepare(host, case)
    before = host.snapshot()
    options = {**case.identity, **case.options}

    assert ok(host.module(case.kind, python=python, **options))["changed"]
    assert not ok(host.module(case.kind, python=python, **options))["changed"]
    assert ok(host.module(case.kind, python=python, **case.identity, state="absent"))["changed"]

    assert host.snapshot() == before
