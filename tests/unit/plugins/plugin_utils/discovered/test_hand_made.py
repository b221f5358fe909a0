# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts have made on hosts, as an inventory has it."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet, hand_made
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.docker import from_docker
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import holders
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.discovered import test_docker

GATEWAY = {"dst": "0.0.0.0/0", "device": "eth0", "via": "10.9.0.1"}


class Host:
    """A host's rows, as ``engine_info`` tells them."""

    def __init__(self):
        self._numbers = itertools.count(2)
        self.host = {"engine": "", "ref": "", "links": [], "routes": [], "fdb": []}
        self.others, self.saved, self.nft = {}, {"ip": [], "ip6": []}, []

    def device(self, name, kind=None, place=None, **more):
        number = next(self._numbers)
        row = {
            "name": name, "index": number, "kind": kind, "mac": f"02:00:00:00:{len(name):02}:{number:02}", "mtu": 1500,
            "master": None, "lower": None, "elsewhere": False, "ours": False, "addresses": [], **more,
        }  # fmt: skip
        (self.host if place is None else place)["links"].append(row)
        return row

    def namespace(self, ref, engine="netns"):
        return self.others.setdefault(ref, {"engine": engine, "ref": ref, "links": [], "routes": []})

    def veth(self, ref, master, *addresses, engine="netns", routes=(GATEWAY,), **more):
        """A container on a bridge."""
        place = self.namespace(ref, engine)
        inner = self.device("eth0", "veth", place, addresses=list(addresses), elsewhere=True, **more)
        outer = self.device(f"v-{ref}", "veth", master=master, lower=inner["index"], elsewhere=True)
        inner["lower"] = outer["index"]
        place["routes"] += routes
        return self

    def above(self, ref, kind, parent, *addresses, routes=(), name="eth0", **more):
        """A container's interface on one of the host's."""
        place = self.namespace(ref)
        self.device(name, kind, place, lower=parent["index"], elsewhere=True, addresses=list(addresses), **more)
        place["routes"] += routes
        return self

    def nat(self, *rules, family="ip"):
        self.saved[family] += rules
        return self

    def taken(self, found=None, engines=()):
        saved = {family: "\n".join(rules) for family, rules in self.saved.items()}
        told = {"namespaces": [self.host, *self.others.values()], "nat": {"iptables": saved, "nft": self.nft}}
        taken = hand_made.with_hand_made(found or DiscoveredHost(), told, set(engines))
        return fleet.cleaned(taken)


def a_bridge(*addresses, name="br0", **more):
    host = Host()
    host.device(name, "bridge", addresses=list(addresses), **more)
    return host


def planned(**hosts):
    """Addresses by host and container, as the plan gives them."""
    networks, known = fleet.of_fleet(hosts)
    connection = {host: {"ansible_host": f"192.0.2.{number}"} for number, host in enumerate(known, 11)}
    plan = make_plan(gather(fleet.sources(networks, known, connection)), Ledger(), "2026-11-26")
    return {(each.host, each.container): each.addresses for each in holders(plan, Ledger()) if each.container}


MASQUERADE = "-A POSTROUTING -s 10.9.0.0/24 ! -o br0 -j MASQUERADE"


def test_a_bridge_with_two_containers():
    host = a_bridge("10.9.0.1/24").veth("shop", "br0", "10.9.0.5/24").veth("db", "br0", "10.9.0.6/24")
    host.nat(MASQUERADE, "-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.9.0.5:80")
    found = host.taken()
    assert found.networks == {"br0": {"driver": "bridge", "subnets": ["10.9.0.0/24"]}}
    endpoint = {"address": "10.9.0.5", "mac": "02:00:00:00:04:03", "interface": "eth0", "publish": ["8080:80/tcp"]}
    assert found.containers["shop"] == {"networks": {"br0": endpoint}}
    assert found.left == []
    assert planned(h1=found) == {("h1", "shop"): ("10.9.0.5/24",), ("h1", "db"): ("10.9.0.6/24",)}


def test_both_families_another_gateway_mtu_and_routes():
    more = {"dst": "10.99.0.0/16", "device": "eth0", "via": "10.9.0.77"}
    six = {"dst": "::/0", "device": "eth0", "via": "fd00:9::1"}
    far = {**GATEWAY, "via": "10.9.0.254"}
    host = a_bridge("10.9.0.254/24", "fd00:9::1/64", mtu=1400)
    host.veth("shop", "br0", "10.9.0.5/24", "fd00:9::5/64", routes=[far, six, more], mtu=1300)
    found = host.nat(MASQUERADE).nat("-A POSTROUTING -o eth0 -j MASQUERADE", family="ip6").taken()
    assert found.networks["br0"] == {
        "driver": "bridge", "subnets": [{"cidr": "10.9.0.0/24", "gateway": "10.9.0.254"}, "fd00:9::/64"], "mtu": 1400
    }  # fmt: skip
    endpoint = found.containers["shop"]["networks"]["br0"]
    assert endpoint["addresses"] == ["10.9.0.5", "fd00:9::5"]
    assert (endpoint["mtu"], endpoint["routes"]) == (1300, [{"dst": "10.99.0.0/16", "via": "10.9.0.77"}])
    assert found.left == []
    assert ("h1", "shop") in planned(h1=found)


@pytest.mark.parametrize(
    ("rules", "routes", "options", "said"),
    [
        ([], [], {"internal": True}, ""),
        ([], [GATEWAY], {"gateway_mode": "routed"}, "only ports in `publish` are open"),
        ([MASQUERADE], [], {}, "has no default route on `br0`"),
        (["-A POSTROUTING -j MASQUERADE"], [GATEWAY], {}, ""),
        (
            ["-A POSTROUTING -s 10.9.0.0/16 -o eth0 -j SNAT --to-source 192.0.2.71"], [GATEWAY],
            {"outbound_address": "192.0.2.71"}, "",
        ),
        (["-A POSTROUTING -s 10.8.0.0/24 -j MASQUERADE"], [], {"internal": True}, ""),
    ],
)  # fmt: skip
def test_how_a_bridge_meets_the_outside(rules, routes, options, said):
    found = a_bridge("10.9.0.1/24").veth("shop", "br0", "10.9.0.5/24", routes=routes).nat(*rules).taken()
    assert found.networks["br0"] == {"driver": "bridge", "subnets": ["10.9.0.0/24"], **options}
    assert said in "\n".join(found.left) if said else not found.left
    assert planned(h1=found)


def test_a_bridge_without_an_address_of_the_host_s_is_isolated():
    out = {**GATEWAY, "via": "10.9.0.9"}
    host = a_bridge().veth("shop", "br0", "10.9.0.5/24", routes=[out]).veth("router", "br0", "10.9.0.9/24", routes=[])
    found = host.taken()
    assert found.networks["br0"]["gateway_mode"] == "isolated"
    assert found.containers["shop"]["networks"]["br0"]["routes"] == [{"dst": "0.0.0.0/0", "via": "10.9.0.9"}]
    assert planned(h1=found)[("h1", "router")] == ("10.9.0.9/24",)


@pytest.mark.parametrize(
    ("rule", "entry"),
    [
        ("-p tcp --dport 8080 -j DNAT --to-destination 10.9.0.5:80", "8080:80/tcp"),
        ("-p udp -m udp --dport 53 -j DNAT --to-destination 10.9.0.5", "53:53/udp"),
        ("-p tcp --dport 8000:8010 -j DNAT --to-destination 10.9.0.5:9000-9010", "8000-8010:9000-9010/tcp"),
        ("-d 192.0.2.9/32 -p tcp --dport 80 -j DNAT --to-destination 10.9.0.5", "192.0.2.9:80:80/tcp"),
        ("-i eth1 -p tcp --dport 80 -j DNAT --to-destination 10.9.0.5:8080", "eth1:80:8080/tcp"),
        ('! -i br0 -p tcp --dport 80 -m comment --comment "a web" -j DNAT --to-destination 10.9.0.5', "80:80/tcp"),
        ("-p tcp -m addrtype --dst-type LOCAL --dport 80 -j DNAT --to-destination 10.9.0.5", "80:80/tcp"),
        (
            "-s 198.51.100.0/24 -p tcp --dport 22 -j DNAT --to-destination 10.9.0.5:22",
            {"host_port": "22", "container_port": "22", "protocol": "tcp", "sources": ["198.51.100.0/24"]},
        ),
    ],
)
def test_a_port_of_iptables(rule, entry):
    host = a_bridge("10.9.0.1/24").veth("shop", "br0", "10.9.0.5/24").nat(MASQUERADE, f"-A PREROUTING {rule}")
    if rule.startswith("-p"):
        host.nat(f"-A OUTPUT -d 192.0.2.9/32 {rule}")
    found = host.taken()
    assert found.containers["shop"]["networks"]["br0"]["publish"] == [entry]
    assert found.left == []
    assert planned(h1=found)


def test_several_ports_of_one_rule_and_those_of_output_first():
    to = "-j DNAT --to-destination 10.9.0.5"
    host = a_bridge("10.9.0.1/24").veth("shop", "br0", "10.9.0.5/24")
    host.nat(
        MASQUERADE,
        f"-A OUTPUT -d 192.0.2.9/32 -p tcp --dport 80 {to}",
        f"-A PREROUTING -p tcp -m multiport --dports 80,443 {to}",
    )
    assert host.taken().containers["shop"]["networks"]["br0"]["publish"] == ["80:80/tcp", "443:443/tcp"]


def of_nft(*expression, chain="pre", family="ip"):
    return {"rule": {"family": family, "table": "mine", "chain": chain, "handle": 7, "expr": list(expression)}}


def match(protocol, field, right, op="=="):
    left = {"payload": {"protocol": protocol, "field": field}} if protocol != "meta" else {"meta": {"key": field}}
    return {"match": {"op": op, "left": left, "right": right}}


def test_rules_of_nftables():
    host = a_bridge("10.9.0.1/24", "fd00:9::1/64").veth("shop", "br0", "10.9.0.5/24", "fd00:9::5/64")
    host.nft = [
        of_nft(
            match("ip", "saddr", {"prefix": {"addr": "10.9.0.0", "len": 24}}), match("meta", "oifname", "eth0"),
            {"masquerade": None}, family="inet",
        ),
        of_nft(match("ip6", "saddr", {"prefix": {"addr": "fd00:9::", "len": 64}}), {"masquerade": None}, family="ip6"),
        of_nft(
            match("tcp", "dport", 8443), {"counter": None}, {"dnat": {"addr": "fd00:9::5", "port": 443}}, family="ip6"
        ),
        of_nft(
            match("udp", "dport", {"range": [5000, 5010]}), {"dnat": {"family": "ip", "addr": "10.9.0.5"}},
            family="inet",
        ),
        of_nft(
            match("meta", "iifname", "br0", "!="), match("tcp", "dport", {"set": [80, 81]}),
            {"dnat": {"addr": "10.9.0.5"}},
        ),
        of_nft(match("tcp", "dport", 90), match("meta", "mark", 4), {"dnat": {"addr": "10.9.0.5"}}),
        of_nft(match("tcp", "dport", 90), match("meta", "mark", 4), {"dnat": {"addr": "10.7.0.5"}}),
    ]  # fmt: skip
    found = host.taken()
    assert found.networks["br0"] == {"driver": "bridge", "subnets": ["10.9.0.0/24", "fd00:9::/64"]}
    assert found.containers["shop"]["networks"]["br0"]["publish"] == [
        "8443:443/tcp", "5000-5010:5000-5010/udp", "80:80/tcp", "81:81/tcp"
    ]  # fmt: skip
    assert found.left == ["`br0`: the rule `ip mine pre handle 7` is not understood, and stays as it is"]


def test_interfaces_on_the_lan():
    host = Host()
    eth1, vlan = host.device("eth1"), host.device("eth1.50", "vlan", vlan=50)
    vlan["lower"] = eth1["index"]
    router = {"dst": "0.0.0.0/0", "device": "eth0", "via": "192.168.7.254"}
    host.above("cam", "macvlan", eth1, "192.168.7.20/24", routes=[router], mode=4)
    host.above("tv", "macvlan", eth1, "192.168.7.21/24", mode=4)
    host.above("lone", "macvlan", eth1, "192.168.8.20/24", mode=1)
    host.above("plc", "ipvlan", vlan, "192.168.50.20/24", "fd00:50::20/64", mode=2, flag=1, name="lan0")
    host.above("guest", "macvlan", host.device("eth2"), mode=4)
    found = host.taken()
    assert found.networks == {
        "macvlan-eth1-bridge": {
            "driver": "macvlan", "parent": "eth1", "subnets": [{"cidr": "192.168.7.0/24", "gateway": "192.168.7.254"}]
        },
        "macvlan-eth1-private": {
            "driver": "macvlan", "parent": "eth1", "mode": "private", "subnets": ["192.168.8.0/24"]
        },
        "ipvlan-eth1.50": {
            "driver": "ipvlan", "parent": "eth1", "vlan": 50, "mode": "l3s", "flag": "private",
            "subnets": ["192.168.50.0/24", "fd00:50::/64"],
        },
    }  # fmt: skip
    plc = found.containers["plc"]["networks"]["ipvlan-eth1.50"]
    assert plc == {"addresses": ["192.168.50.20", "fd00:50::20"], "interface": "lan0"}
    assert "guest have no fixed address on eth2" in "\n".join(found.left)
    assert "give its subnet a `range` that is free" in "\n".join(found.left)
    assert "guest" not in found.containers


def tunnelled(number, **more):
    host = Host()
    host.device("vx", "vxlan", master="brx", vni=42, port=4789, local=f"192.0.2.{10 + number}", **more)
    host.device("brx", "bridge", addresses=["10.42.0.1/24"] if number == 1 else [])
    mac = f"02:00:00:00:99:0{number}"
    return host.veth(f"app{number}", "brx", f"10.42.0.{20 + number}/24", routes=[], mac=mac)


def test_a_vxlan_of_several_hosts_is_one_overlay():
    found = {f"h{number}": tunnelled(number).taken() for number in (1, 2)}
    networks, hosts = fleet.of_fleet(found)
    assert networks == {"vxlan42": {"driver": "overlay", "mode": "bridged", "vni": 42, "subnets": ["10.42.0.0/24"]}}
    assert hosts["h2"].variables == {"containerhost_underlay_address": "192.0.2.12"}
    files = fleet.files(networks, hosts, {})
    assert "containerhost_underlay_address: 192.0.2.12" in files["inventory/host_vars/h2.yml"]
    assert "the host's own address 10.42.0.1/24 on `vxlan42` is not taken over" in "\n".join(hosts["h1"].left)
    assert not hosts["h2"].left
    assert planned(**found) == {("h1", "app1"): ("10.42.0.21/24",), ("h2", "app2"): ("10.42.0.22/24",)}


def test_a_container_of_an_engine_keeps_what_that_has_told():
    docker = from_docker(
        [test_docker.network("front")],
        [test_docker.container("shop", {"front": {}}), test_docker.container("bare", {}, mode="none")],
    )
    host = a_bridge("10.9.0.1/24").nat(MASQUERADE)
    host.veth("shop", "br0", "10.9.0.5/24", engine="docker").veth("bare", "br0", "10.9.0.6/24", engine="docker")
    host.veth("front-end", "br-nnnnnnnnnnnn", "172.20.0.5/16", engine="docker")
    host.device("br-nnnnnnnnnnnn", "bridge", addresses=["172.20.0.1/16"])
    host.veth("db", "br0", "10.9.0.7/24")
    found = host.taken(docker, hand_made.devices({"networks": [test_docker.network("front")]}))
    assert sorted(found.networks) == ["br0", "front"]
    assert sorted(found.containers) == ["bare", "db", "shop"]
    assert list(found.containers["shop"]["networks"]) == ["front", "br0"]
    assert found.containers["shop"]["default_route"] == "br0"
    assert found.containers["bare"]["engine"] == "docker"
    assert "network_mode" not in found.containers["bare"]


def test_one_name_of_two_containers():
    docker = from_docker([], [test_docker.container("db", {}, mode="host")])
    found = a_bridge("10.9.0.1/24").veth("db", "br0", "10.9.0.7/24").taken(docker)
    assert found.containers["db-netns"]["ref"] == "db"
    assert found.containers["db"]["network_mode"] == "host"


def with_port(kind, **more):
    host = a_bridge("10.9.0.1/24").veth("shop", "br0", "10.9.0.5/24")
    host.device("port1", kind, master="br0", **more)
    return host


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (with_port(None), "bridge `br0` has port1 as a port, so its containers are on that LAN themselves"),
        (with_port("veth", elsewhere=True, lower=3), "its ports port1 lead to no container that has a name"),
        (a_bridge("10.9.0.1/24", vlan_filtering=1).veth("a", "br0", "10.9.0.5/24"), "tells VLANs apart"),
        (a_bridge("10.9.0.1/24", name="br 0").veth("a", "br 0", "10.9.0.5/24"), "has a name that no network here"),
        (a_bridge("10.9.0.1/24").veth("a b", "br0", "10.9.0.5/24"), "namespace 'a b' has a name that no container"),
        (a_bridge("10.9.0.1/24").veth("a", "br0", "10.8.0.5/24"), "its address 10.8.0.5 is in none of the network's"),
        (
            a_bridge("10.9.0.1/24").veth("a", "br0", "10.9.0.5/24").nat(
                "-A MINE -p tcp --dport 80 -j DNAT --to-destination 10.9.0.5:80"
            ),
            "the rule `-A MINE -p tcp --dport 80 -j DNAT --to-destination 10.9.0.5:80` is not understood",
        ),
        (
            a_bridge("10.9.0.1/24").veth("a", "br0", "10.9.0.5/24").nat(
                "-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.9.0.99"
            ),
            "leads to 10.9.0.99, which is no container's that was found",
        ),
        (
            a_bridge("10.9.0.1/24").veth("a", "br0", "10.9.0.5/24").nat(
                MASQUERADE, "-A PREROUTING -d 192.0.2.7 -j DNAT --to-destination 10.9.0.5"
            ),
            "is no port that `publish` can say",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_said(host, said):
    assert said in "\n".join(host.taken().left)


def test_what_others_and_we_have_made_is_not_looked_at():
    host = Host()
    for name, ours in (("virbr0", False), ("ch-web", True), ("docker0", False), ("lxcbr0", False)):
        host.device(name, "bridge", ours=ours, addresses=["10.9.0.1/24"])
        host.veth(f"on-{name}", name, "10.9.0.5/24")
    host.nat("-A DOCKER -p tcp --dport 80 -j DNAT --to-destination 10.9.0.5:80", "-A POSTROUTING -j DOCKER")
    found = host.taken(engines=hand_made.devices({}))
    assert (found.networks, found.containers, found.left) == ({}, {}, [])


def test_other_tunnels_and_shims_are_told():
    host = Host()
    eth1 = host.device("eth1")
    host.device("vx7", "vxlan", vni=7, local="192.0.2.11")
    host.host["routes"] = [{"dst": "10.42.2.0/24", "device": "vx7", "via": "10.42.2.0"}]
    host.above("cam", "macvlan", eth1, "192.168.7.20/24", mode=4)
    host.device("shim", "macvlan", lower=eth1["index"], mode=4)
    left = "\n".join(host.taken().left)
    assert "device `vx7` leads to other hosts with the VNI 7, by routes to 10.42.2.0/24" in left
    assert "device `shim` lets the host reach containers on its parent: that is `host_shim`" in left


def test_a_host_that_lacks_a_library_is_told_of():
    found = hand_made.with_hand_made(DiscoveredHost(), {"lack": "pyroute2 is missing."}, set())
    assert found.left == ["networks that were made by hand are not read: pyroute2 is missing."]
