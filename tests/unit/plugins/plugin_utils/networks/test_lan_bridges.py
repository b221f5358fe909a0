# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network that is bridged into its hosts' LAN has, and what makes no sense on it."""

from __future__ import annotations

import pytest

SUBNET = "{cidr: 192.168.7.0/24, gateway: 192.168.7.1, range: 192.168.7.128/26}"
SHOP = "{shop: {networks: {lan: {}}}}"


def lan(fleet, options="uplink: eth1", subnets=SUBNET, more=""):
    text = f"lan: {{driver: bridge, gateway_mode: bridged, subnets: [{subnets}], {options}}}"
    return fleet.networks(f"{{{text}{more and f', {more}'}}}").only_containers(h1=SHOP)


def test_its_bridge_is_the_uplinks(fleet, objects):
    found = lan(fleet).plan()
    assert objects(found, "h1", "bridge") == [
        {"network": "lan", "name": "ch-lan", "uplink": "eth1", "no_linklocal_learn": True}
    ]
    assert objects(found, "h1", "uplink") == [{"network": "lan", "device": "eth1", "bridge": "ch-lan"}]
    (end,) = objects(found, "h1", "veth")
    assert (end["master"], end["addresses"]) == ("ch-lan", ["192.168.7.128/24"])
    assert end["routes"] == [{"dst": "0.0.0.0/0", "via": "192.168.7.1"}]
    assert end["host_mac"].startswith("fe:")  # a bridge that has no MAC of its own takes the smallest of its ports'
    for kind in ("isolation", "forwarding", "nat_rule"):
        assert objects(found, "h1", kind) == []


def test_a_vlan_of_the_uplink_is_made_where_it_is_missing(fleet, objects):
    found = lan(fleet, "uplink: eth1, vlan: 20, mtu: 1400").plan()
    assert objects(found, "h1", "vlan") == [{"network": "lan", "parent": "eth1", "id": 20}]
    assert objects(found, "h1", "bridge")[0]["vlan"] == 20
    wanted = {"network": "lan", "device": "eth1", "vlan": 20, "bridge": "ch-lan", "mtu": 1400}
    assert objects(found, "h1", "uplink") == [wanted]


def test_a_bridge_of_the_hosts_own_is_nothing_of_ours(fleet, objects):
    found = lan(fleet, "bridge: br0").plan()
    assert objects(found, "h1", "bridge") == objects(found, "h1", "uplink") == []
    assert objects(found, "h1", "veth")[0]["master"] == "br0"


@pytest.mark.parametrize(
    ("options", "fixed"),
    [("bridge: br0", True), ("bridge: br0, anti_spoofing: false", None), ("uplink: eth1", None)],
)
def test_a_bridge_of_the_hosts_own_learns_nothing_from_containers(fleet, objects, options, fixed):
    assert objects(lan(fleet, options).plan(), "h1", "veth")[0].get("fixed_mac") is fixed


def test_it_is_one_segment_for_its_hosts(fleet, objects):
    """A container keeps its address when it moves, and a name is there once."""
    first = lan(fleet).plan()
    fleet.ledger = first.ledger
    moved = fleet.only_containers(h2=SHOP).plan()
    before, after = objects(first, "h1", "veth"), objects(moved, "h2", "veth")
    assert (before[0]["addresses"], before[0]["mac"]) == (after[0]["addresses"], after[0]["mac"])
    (problem,) = fleet.only_containers(h1=SHOP, h2=SHOP).problems()
    assert "which share that segment" in problem


def test_its_filters_and_isolation_are_of_containers(fleet, objects):
    found = lan(fleet, "uplink: eth1, icc: false").plan()
    (end,), (filtered,) = objects(found, "h1", "veth"), objects(found, "h1", "sender_filter")
    assert end["isolated"] is True
    assert filtered["port"] == end["name"]
    assert objects(lan(fleet, "uplink: eth1, anti_spoofing: false").plan(), "h1", "sender_filter") == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("icc: true", "it has neither `uplink` nor `bridge`"),
        ("uplink: eth1, internal: true", "it is bridged into a LAN, and internal"),
        ("uplink: eth1, handoff: {docker: true}", "it is bridged, and has `handoff`"),
        ("uplink: eth1, handoff: {cni: true}", "it is bridged, and has `handoff`"),
        ("uplink: eth1, allow_networks: [lan]", "it is bridged, and has `allow_networks`"),
        ("uplink: eth1, host_access: none", "it is bridged, and has `host_access`"),
        ("uplink: eth1, outbound_address: 192.168.7.9", "it is bridged, and has `outbound_address`"),
        ("bridge: br0, vlan: 7", "it has `vlan` without `uplink`"),
        ("bridge: br0, mtu: 1400", "it has `mtu` 1400, and the MTU of br0, which is its host's, would follow"),
        ("uplink: eth1, names: resolver", "`names: resolver` needs an address of each host on the network"),
    ],
)
def test_what_has_no_meaning_there_is_refused_by_name(fleet, options, sentence):
    assert any(sentence in problem for problem in lan(fleet, options).problems()), fleet.problems()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gateway_mode: {ipv4: bridged}, uplink: eth1", "`gateway_mode` is bridged for ipv4 alone"),
        ("gateway_mode: bridged, uplink: eth1, vlan: 4095", "4094"),
        ("vlan: 7", "`vlan` is one of the uplink of a bridged network"),
    ],
)
def test_what_cannot_be_said_is_refused(fleet, text, sentence):
    fleet.networks(f"{{lan: {{driver: bridge, subnets: [10.5.0.0/24], {text}}}}}").only_containers(h1=SHOP)
    assert any(sentence in problem for problem in fleet.problems()), fleet.problems()


def test_its_subnets_are_those_of_the_lan(fleet):
    fleet.networks("{lan: {driver: bridge, gateway_mode: bridged, uplink: eth1}}").only_containers(h1=SHOP)
    assert any("its subnets are those of the LAN" in problem for problem in fleet.problems())
    sliced = lan(fleet, subnets="{cidr: 192.168.7.0/24, host_prefix: 26}")
    assert any("the LAN is one segment for all its hosts" in problem for problem in sliced.problems())


@pytest.mark.parametrize("endpoint", ["publish: ['80:80']", "publish: ['80']"])
def test_ports_are_the_containers_own_there(fleet, endpoint):
    published = lan(fleet).only_containers(h1=f"{{shop: {{networks: {{lan: {{{endpoint}}}}}}}}}")
    assert any("is on the LAN with all of its ports" in problem for problem in published.problems())


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ("driver: macvlan, parent: eth1", "and the parent of `other`, whose containers would get nothing"),
        ("driver: ipvlan, parent: eth1", "and the parent of `other`, whose containers would get nothing"),
        ("driver: bridge, gateway_mode: bridged, uplink: eth1", "is its uplink, and that of `other` as well"),
    ],
)
def test_an_uplink_is_one_networks(fleet, other, sentence):
    more = f"other: {{{other}, subnets: [192.168.8.0/24]}}"
    both = "{shop: {networks: {lan: {}, other: {}}}}"
    assert any(sentence in problem for problem in lan(fleet, more=more).only_containers(h1=both).problems())
    # Another VLAN of it is another interface; so is the same one on other hosts.
    assert lan(fleet, "uplink: eth1, vlan: 7", more=more).only_containers(h1=both).problems() == []
    apart = lan(fleet, more=more).only_containers(h1=SHOP, h2="{db: {networks: {other: {}}}}")
    assert apart.problems() == []


def test_an_underlay_leaves_by_the_bridge(fleet):
    overlay = "fabric: {driver: overlay, vni: 42, subnets: [10.42.0.0/16]}"
    both = lan(fleet, more=overlay).only_containers(h1="{shop: {networks: {lan: {}, fabric: {}}}}")
    both.variables("h1", containerhost_underlay_interface="eth1")
    assert any("containerhost_underlay_interface of h1" in problem for problem in both.problems())
    both.variables("h1", containerhost_underlay_interface="ch-lan")
    assert both.problems() == []


def test_ports_are_published_by_the_bridge(fleet):
    web = "web: {driver: bridge, subnets: [10.80.0.0/24]}"
    shop = "{{shop: {{networks: {{lan: {{}}, web: {{publish: ['{}:8080:80']}}}}}}}}"
    both = lan(fleet, more=web).only_containers(h1=shop.format("eth1"))
    assert any("publishes eth1:8080:80/tcp, and eth1 is the uplink of `lan`" in each for each in both.problems())
    assert both.only_containers(h1=shop.format("ch-lan")).problems() == []
    assert lan(fleet, "uplink: eth1, vlan: 7", more=web).only_containers(h1=shop.format("eth1")).problems() == []
