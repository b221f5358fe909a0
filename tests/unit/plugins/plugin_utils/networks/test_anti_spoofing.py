# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose MACs and addresses a container's port lets pass."""

from __future__ import annotations

import pytest

NETWORKS = {
    "bridge": "driver: bridge",
    "routed": "driver: overlay, vni: 7",
    "bridged": "driver: overlay, mode: bridged, vni: 7",
    "host-gw": "driver: overlay, backend: host-gw",
}
SUBNETS = 'subnets: ["10.5.0.0/16", "fd05::/48"]'


def planned(fleet, network: str, endpoint: str = "{}", **more: str):
    for number, host in enumerate(fleet.hosts, start=1):
        fleet.variables(host, containerhost_underlay_address=[f"198.18.7.{number}/24", f"fd77::{number}/64"])
    fleet.networks(f"{{web: {{{network}}}}}")
    return fleet.only_containers(h1=f"{{shop: {{networks: {{web: {endpoint}}}}}}}", **more).plan()


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_of_each_endpoint_they_are_those_that_its_interface_gets(fleet, objects, network):
    plan = planned(fleet, f"{network}, {SUBNETS}")
    (veth,) = objects(plan, "h1", "veth")
    (found,) = (each for each in objects(plan, "h1", "sender_filter") if "mac" in each)
    plain = [cidr.split("/")[0] for cidr in veth["addresses"]]
    assert found == {"network": "web", "port": veth["name"], "mac": veth["mac"], "sources": found["sources"]}
    assert found["sources"][:-1] == plain
    assert objects(plan, "h1", "bridge")[0]["no_linklocal_learn"] is True


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_it_can_be_switched_off(fleet, objects, network):
    plan = planned(fleet, f"{network}, {SUBNETS}, anti_spoofing: false")
    assert objects(plan, "h1", "sender_filter") == []
    assert objects(plan, "h1", "bridge")[0]["no_linklocal_learn"] is False


@pytest.mark.parametrize(
    ("mac", "link_local"),
    [("02:00:00:00:00:0a", "fe80::ff:fe00:a"), ("52:54:00:ff:ff:fe", "fe80::5054:ff:feff:fffe")],
)
def test_with_ipv6_the_kernel_s_own_address_is_among_them(fleet, objects, mac, link_local):
    plan = planned(fleet, f"driver: bridge, {SUBNETS}", f"{{mac: '{mac}'}}")
    assert objects(plan, "h1", "sender_filter")[0]["sources"][-1] == link_local


def test_without_ipv6_there_is_none_unless_it_is_asked_for(fleet, new_fleet, objects):
    network = "driver: bridge, subnets: [10.5.0.0/16]"
    assert objects(planned(fleet, network), "h1", "sender_filter")[0]["sources"] == ["10.5.0.2"]
    asked = "{sysctls: {net.ipv6.conf.IFNAME.disable_ipv6: '0'}}"
    assert len(objects(planned(new_fleet(), network, asked), "h1", "sender_filter")[0]["sources"]) == 2


def test_by_its_way_out_it_answers_under_the_address_of_another_network(fleet, objects):
    fleet.networks("{web: {driver: bridge, subnets: [10.5.0.0/16]}, side: {driver: bridge, subnets: [10.6.0.0/16]}}")
    containers = "{shop: {networks: {web: {}, side: {}}, default_route: web}, db: {networks: {side: {}}}}"
    plan = fleet.only_containers(h1=containers).plan()
    sources = {
        (each["network"], index): each["sources"]
        for network in ("web", "side")
        for index, each in enumerate(objects(plan, "h1", "sender_filter", network))
    }
    assert sources == {
        ("web", 0): ["10.5.0.2", "10.6.0.3"],
        ("side", 0): ["10.6.0.2"],
        ("side", 1): ["10.6.0.3", "10.5.0.2"],
    }


def test_who_routes_for_others_sends_what_comes_from_there(fleet, objects):
    network = "driver: overlay, mode: bridged, vni: 7, subnets: [10.5.0.0/16]"
    routes = "{routes: [{dst: 10.99.0.0/16, via: 10.5.0.9}, {dst: 10.98.0.0/16, via: 10.5.0.9}]}"
    plan = planned(fleet, network, "{address: 10.5.0.9}", h2=f"{{db: {{networks: {{web: {routes}}}}}}}")
    assert objects(plan, "h1", "sender_filter")[0]["relays"] == ["10.98.0.0/16", "10.99.0.0/16"]
    assert "relays" not in objects(plan, "h2", "sender_filter")[0]
