# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan has of other firewalls: nothing unless it is asked to, and of each network what that needs."""

from __future__ import annotations

DUAL = '[{cidr: 10.42.0.0/16, host_prefix: 24}, {cidr: "fd00:42::/48", host_prefix: 64}]'


def rows(fleet, network, containers="shop: {networks: {%s: {}}}", adapt=True):
    name = network.partition(":")[0]
    fleet.networks(network)
    fleet.only_containers(h1=containers % name)
    if adapt:
        fleet.variables("h1", containerhost_foreign_firewall="adapt")
    return fleet.plan().documents["h1"].get("foreign_firewall", [])


def test_it_is_asked_for(fleet):
    assert rows(fleet, "web: {driver: bridge, subnets: [10.80.0.0/24]}", adapt=False) == []


def test_of_a_bridge(fleet):
    assert rows(fleet, "web: {driver: bridge, subnets: [10.80.0.0/24], host_access: [9100]}") == [
        {
            "network": "web",
            "device": "ch-web",
            "subnets": ["10.80.0.0/24"],
            "outward": ["10.80.0.0/24"],
            "host_access": ["9100/tcp"],
        }
    ]


def test_of_one_without_a_way_out(fleet):
    (row,) = rows(fleet, "web: {driver: bridge, internal: true, subnets: [10.80.0.0/24]}")
    assert row == {"network": "web", "device": "ch-web", "subnets": ["10.80.0.0/24"]}


def test_of_a_family_without_a_way_out(fleet):
    modes = "gateway_mode: {ipv4: nat, ipv6: isolated}"
    (row,) = rows(fleet, f'web: {{driver: bridge, {modes}, subnets: [10.8.0.0/24, "fd00:8::/64"]}}')
    assert (row["subnets"], row["outward"]) == (["10.8.0.0/24", "fd00:8::/64"], ["10.8.0.0/24"])


def test_of_an_overlay(fleet):
    (row,) = rows(fleet, "fabric: {driver: overlay, vni: 42, names: resolver, subnets: %s}" % DUAL)
    assert row["device"] == "chb-fabric"
    assert row["peers"] == ["10.42.0.0/16", "fd00:42::/48"]
    assert row["host_access"] == ["53/tcp", "53/udp"]
    assert row["tunnel_port"] == 4789
    assert row["tunnel_address"]


def test_of_an_encrypted_overlay(fleet):
    (row,) = rows(fleet, "fabric: {driver: overlay, backend: wireguard, port: 51900, subnets: %s}" % DUAL)
    assert row["tunnel_port"] == 51900
    assert row["tunnel_address"]


def test_of_a_bridged_overlay_only_the_tunnel_leads_elsewhere(fleet):
    (row,) = rows(fleet, "fabric: {driver: overlay, vni: 42, mode: bridged, subnets: [10.42.0.0/16]}")
    assert {name for name in row if row[name]} == {"network", "device", "subnets", "tunnel_address", "tunnel_port"}


def test_a_lan_passes_through_no_firewall_of_the_host(fleet):
    assert rows(fleet, "lan: {driver: macvlan, parent: eth1, subnets: [192.168.7.0/24]}") == []
