# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

LAN = """
lan:
  driver: ipvlan
  parent: eth1
  subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1, range: 192.168.7.128/26}]
"""
ROUTED = """
lan:
  driver: ipvlan
  parent: eth1
  mode: l3
  subnets: [{cidr: 192.168.7.0/24}, {cidr: "fd00:7::/64"}]
"""
ONE_EACH = {"h1": "{shop: {networks: {lan: }}}", "h2": "{db: {engine: docker, networks: {lan: }}}"}


def refusal(fleet):
    return "\n".join(fleet.problems())


def lan(fleet, more="", network=LAN):
    return fleet.networks(network.rstrip() + f"\n  {more}\n").only_containers(**ONE_EACH)


def test_a_container_is_on_the_lan_with_the_lans_gateway_and_no_mac(fleet, objects):
    (ipvlan,) = objects(lan(fleet).plan(), "h1", "ipvlan")
    assert ipvlan == {
        "network": "lan",
        "parent": "eth1",
        "mode": "l2",
        "flag": "bridge",
        "sandbox": {"engine": "netns", "ref": "shop"},
        "interface": "eth0",
        "addresses": ["192.168.7.129/24"],
        "routes": [{"dst": "0.0.0.0/0", "via": "192.168.7.1"}],
        "sysctls": {"net.ipv6.conf.IFNAME.disable_ipv6": "1"},
    }


@pytest.mark.parametrize("mode", ["l3", "l3s"])
def test_without_arp_everything_is_on_the_link(fleet, objects, mode):
    (ipvlan,) = objects(lan(fleet, network=ROUTED.replace("l3", mode)).plan(), "h1", "ipvlan")
    assert (ipvlan["mode"], ipvlan["routes"]) == (mode, [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}])


def test_what_needs_no_gateway_is_the_way_out_as_any_other(fleet, objects):
    networks = ROUTED + "web: {driver: bridge, subnets: [{cidr: 10.80.0.0/24}]}\n"
    plan = fleet.networks(networks).only_containers(h1="{shop: {networks: {lan: , web: }}}").plan()
    (ipvlan,), (veth,) = objects(plan, "h1", "ipvlan"), objects(plan, "h1", "veth")
    assert [route["dst"] for route in ipvlan["routes"]] == ["0.0.0.0/0", "::/0"]
    assert veth["routes"] == []
    inner = lan(fleet, "internal: true", ROUTED).plan()
    assert objects(inner, "h1", "ipvlan")[0]["routes"] == []


def test_a_shim_has_the_mode_of_the_others_and_a_way_to_each_container_of_its_host(fleet, objects):
    plan = lan(fleet, "host_shim: true").plan()
    (shim,) = [each for each in objects(plan, "h1", "ipvlan") if "sandbox" not in each]
    (container,) = [each for each in objects(plan, "h1", "ipvlan") if "sandbox" in each]
    assert shim == {
        "network": "lan",
        "parent": "eth1",
        "mode": "l2",
        "flag": "bridge",
        "interface": "chs-lan",
        "addresses": ["192.168.7.128/32"],
        "routes": [{"dst": container["addresses"][0].replace("/24", "/32")}],
    }


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("flag: private\n  host_shim: true", "with the flag private no ipvlan reaches another"),
        ("mode: l3", "has the gateway 192.168.7.1, and in mode l3 there is no ARP to find it by"),
        ("mode: l4", "l4"),
        ("flag: open", "open"),
    ],
)
def test_what_cannot_be_is_refused(fleet, more, message):
    assert message in refusal(lan(fleet, more))


@pytest.mark.parametrize(
    ("endpoint", "network", "message"),
    [
        ("{publish: ['80:80']}", LAN, "an ipvlan is on the LAN with all of its own"),
        ("{mac: '02:00:00:00:00:05'}", LAN, "asks for the MAC 02:00:00:00:00:05, and an ipvlan has its parent's"),
        (
            "{routes: [{dst: 10.9.0.0/16, via: 192.168.7.9}]}",
            ROUTED,
            "a route to 10.9.0.0/16 via 192.168.7.9, and in mode l3 there is no ARP",
        ),
    ],
)
def test_what_a_container_cannot_have_is_refused(fleet, endpoint, network, message):
    fleet.networks(network).only_containers(h1=f"{{shop: {{networks: {{lan: {endpoint}}}}}}}")
    assert message in refusal(fleet)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("driver: macvlan", "eth1 of h1 has macvlans of `other`, and takes no ipvlan beside them"),
        ("driver: ipvlan, mode: l3", "Give both the same, now l2 bridge and l3 bridge"),
        ("driver: ipvlan, flag: vepa", "the ipvlans of a parent have one mode and flag"),
    ],
)
def test_what_one_parent_cannot_have_at_once_is_refused(fleet, other, message):
    networks = LAN + f"other: {{{other}, parent: eth1, subnets: [{{cidr: 10.9.0.0/24}}]}}\n"
    fleet.networks(networks).only_containers(h1="{shop: {networks: {lan: }}, db: {networks: {other: }}}")
    assert message in refusal(fleet)
    apart = {"h1": "{shop: {networks: {lan: }}}", "h2": "{db: {networks: {other: }}}"}
    assert fleet.networks(networks).only_containers(**apart).problems() == []


def test_on_a_vlan_its_interface_is_made_on_each_host_that_has_somebody_on_it(fleet, objects):
    plan = lan(fleet, "vlan: 7").plan()
    for host in ("h1", "h2"):
        assert objects(plan, host, "vlan") == [{"network": "lan", "parent": "eth1", "id": 7}]
        assert [(each["parent"], each["vlan"]) for each in objects(plan, host, "ipvlan")] == [("eth1", 7)]
    assert "4095" in refusal(lan(fleet, "vlan: 4095"))


def test_a_vlan_of_a_parent_is_another_parent(fleet):
    networks = LAN + "other: {driver: macvlan, parent: eth1, vlan: 7, subnets: [{cidr: 10.9.0.0/24}]}\n"
    fleet.networks(networks).only_containers(h1="{shop: {networks: {lan: }}, db: {networks: {other: }}}")
    assert fleet.problems() == []
    both = networks.replace("parent: eth1\n", "parent: eth1\n  vlan: 7\n")
    assert "VLAN 7 of eth1 of h1 has macvlans of `other`" in refusal(fleet.networks(both))
