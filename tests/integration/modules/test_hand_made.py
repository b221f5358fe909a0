# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a script has made on a host is read, planned, taken away, and made again by a document: it is as before."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.plugins.modules import engine_info
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet, hand_made
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

SCRIPT = """
set -e
ip link add br0 type bridge
ip addr add 10.9.0.1/24 dev br0
ip addr add fd00:9::1/64 dev br0 nodad
ip link set br0 up
for each in shop:10 db:11; do
    name=${each%:*} last=${each#*:}
    ip netns add $name
    ip link add v-$name type veth peer name eth0 netns $name
    ip link set v-$name master br0 up
    ip -n $name addr add 10.9.0.$last/24 dev eth0
    ip -n $name addr add fd00:9::$last/64 dev eth0 nodad
    ip -n $name link set lo up
    ip -n $name link set eth0 mtu 1400 up
    ip -n $name route add default via 10.9.0.1
    ip -n $name route add 10.99.0.0/16 via 10.9.0.77
done
ip netns add cam
ip link add link eth0 name mv type macvlan mode bridge
ip link set mv netns cam name lan0
ip -n cam addr add 192.168.7.20/24 dev lan0
ip -n cam link set lan0 up
ip link add vx42 type vxlan id 42 dstport 4790 local 198.18.0.1 nolearning
ip link add brx type bridge
ip link set vx42 master brx
bridge fdb append 00:00:00:00:00:00 dev vx42 dst 198.18.0.9
ip netns add far
ip link add v-far type veth peer name eth0 netns far
ip link set v-far master brx
ip -n far addr add 10.42.0.5/24 dev eth0
iptables -t nat -A POSTROUTING -s 10.9.0.0/24 ! -o br0 -j MASQUERADE
iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.9.0.10:80
iptables -t nat -A OUTPUT -d 198.18.0.1 -p tcp --dport 8080 -j DNAT --to-destination 10.9.0.10:80
nft 'add table ip6 mine
    add chain ip6 mine post { type nat hook postrouting priority 100; }
    add chain ip6 mine pre { type nat hook prerouting priority -100; }
    add rule ip6 mine post ip6 saddr fd00:9::/64 oifname "eth0" masquerade
    add rule ip6 mine pre iifname "eth0" udp dport 5000-5010 dnat to fd00:9::11'
"""
AWAY = """
set -e
iptables -t nat -F
nft delete table ip6 mine
for each in br0 brx vx42 v-shop v-db v-far; do ip link delete $each; done
ip -n cam link delete lan0
"""
NAMES = ("shop", "db", "cam", "far")


def inside(host):
    """Of each container: interfaces with MAC, MTU and addresses, and routes."""
    found = {}
    for name in NAMES:
        rows = json.loads(host.run("ip", "-n", name, "-json", "address", "show"))
        found[name] = {
            row["ifname"]: (
                row["address"],
                row["mtu"],
                sorted(each["local"] for each in row["addr_info"] if each["scope"] == "global"),
            )
            for row in rows
            if row["ifname"] != "lo"
        }
    return found


@pytest.fixture
def discovered(host, monkeypatch):
    """What is read once the script has run, which changes nothing; Podman is the machine's, not the host's."""
    monkeypatch.setattr(engine_info, "read_podman", dict)
    host.run("sh", "-c", SCRIPT)
    before = host.snapshot()
    answer = host.module("engine_info")
    assert host.snapshot() == before
    return fleet.cleaned(hand_made.with_hand_made(DiscoveredHost(), answer["by_hand"], set()))


def test_what_a_script_has_made_is_as_before_when_a_document_has_made_it(host, discovered):
    before = inside(host)
    assert {name: each["driver"] for name, each in discovered.networks.items()} == {
        "br0": "bridge", "macvlan-eth0": "macvlan", "vxlan42": "overlay"
    }  # fmt: skip
    shop = discovered.containers["shop"]["networks"]["br0"]
    assert (shop["publish"], shop["mtu"]) == (["8080:80/tcp"], 1400)
    assert shop["routes"] == [{"dst": "10.99.0.0/16", "via": "10.9.0.77"}]
    assert discovered.containers["db"]["networks"]["br0"]["publish"] == ["eth0:5000-5010:5000-5010/udp"]
    networks, hosts = fleet.of_fleet({"h1": discovered})
    sources = fleet.sources(networks, hosts, {"h1": {"ansible_host": "198.18.0.1"}})
    document = make_plan(gather(sources), Ledger(), "2026-11-26").documents["h1"]

    refused = host.module("document", document=document)
    assert "10.9.0.0/24, which this host is on by br0" in refused["msg"]
    assert "Nothing has been changed" in refused["msg"]
    assert inside(host) == before

    host.run("sh", "-c", AWAY)
    assert host.module("document", document=document)["changed"] is True
    after = inside(host)
    # The overlay's MTU is the plan's: what fits into the underlay.
    assert after["far"]["eth0"][1] == 1450
    after["far"]["eth0"] = (after["far"]["eth0"][0], 1500, after["far"]["eth0"][2])
    assert after == before
    assert "10.99.0.0/16 via 10.9.0.77" in host.run("ip", "-n", "shop", "route")
    assert "default via 10.9.0.1" in host.run("ip", "-n", "shop", "route")
    assert host.module("document", document=document)["changed"] is False
    again = hand_made.with_hand_made(DiscoveredHost(), host.module("engine_info")["by_hand"], set())
    assert (again.networks, again.containers) == ({}, {})
