# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import KeyEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.run import keys

POND = "{pond: {driver: overlay, mode: bridged, vni: 44, encrypted: true%s, subnets: [10.44.0.0/24, 'fd00:44::/64']}}"
KEYS = {f"h{n}": f"{letter * 42}A=" for n, letter in enumerate("XYZ", start=1)}


@pytest.fixture
def bridged(fleet):
    """h1, h2 and h3 with a container each, and a ledger that knows the hosts' keys."""

    def make(options="", device="chw-pond"):
        fleet.networks(POND % options)
        fleet.only_containers(**{host: "{c%s: {networks: {pond: }}}" % host for host in KEYS})
        told = {("pond", host): KeyEntry(device, key) for host, key in KEYS.items()}
        fleet.ledger = keys.with_told(fleet.ledger, told)
        return fleet

    return make


def test_the_vxlan_is_inside_a_tunnel_that_carries_it_alone(bridged, objects):
    plan = bridged().plan()
    (tunnel,), (vtep,) = (objects(plan, "h1", kind) for kind in ("wireguard", "vxlan"))
    assert (tunnel["name"], tunnel["port"], tunnel["local"]) == ("chw-pond", 51820, "198.18.7.11")
    assert (vtep["name"], vtep["link"], vtep["local"]) == ("ch-pond", "chw-pond", tunnel["link_local"])
    assert ipaddress.ip_address(vtep["local"]).is_link_local
    assert "addresses" not in tunnel
    inner = {host: objects(plan, host, "vxlan")[0]["local"] for host in KEYS}
    assert len({*inner.values()}) == 3
    assert {each["public_key"]: each["allowed_ips"] for each in objects(plan, "h1", "wireguard_peer")} == {
        KEYS[host]: [f"{inner[host]}/128"] for host in ("h2", "h3")
    }
    entries = [each for each in objects(plan, "h1", "vxlan_fdb") if each.get("table") != "master"]
    assert {(each["dst"], each["via"]) for each in entries} == {(inner[host], "chw-pond") for host in ("h2", "h3")}
    assert objects(plan, "h1", "vtep_filter") == [
        {"network": "pond", "vni": 44, "port": vtep["port"], "accept_from": [*inner.values()]}
    ]


@pytest.mark.parametrize(
    ("address", "carries", "options", "mtu", "tunnel"),
    [
        ("198.18.7.%d", 1500, "", 1370, 1440),
        ("fd77::%d", 1500, "", 1350, 1420),
        ("198.18.7.%d", 9000, "", 8870, 8940),
        ("198.18.7.%d", 1500, ", mtu: 1300", 1300, 1370),
    ],
)
def test_the_mtu_leaves_room_for_exactly_what_both_add(bridged, objects, address, carries, options, mtu, tunnel):
    fleet = bridged(options)
    for number, host in enumerate(KEYS, start=1):
        fleet.variables(host, containerhost_underlay_address=address % number, containerhost_underlay_mtu=carries)
    plan = fleet.plan()
    assert (objects(plan, "h1", "vxlan")[0]["mtu"], objects(plan, "h1", "wireguard")[0]["mtu"]) == (mtu, tunnel)


def test_of_ipv4_alone_it_may_be_small_and_the_tunnel_has_ipv6_all_the_same(bridged, objects):
    fleet = bridged()
    fleet.networks(POND.replace(", 'fd00:44::/64'", "") % ", mtu: 900")
    assert objects(fleet.plan(), "h1", "wireguard")[0]["mtu"] == 1280
    fleet.variables("h2", containerhost_underlay_mtu=1339)
    (said,) = fleet.problems()
    assert "the underlay of h2 leaves it 1279" in said


def test_a_host_behind_nat_is_reached_at_its_endpoint_and_keeps_the_way_open(bridged, objects):
    plan = bridged().variables("h1", containerhost_underlay_endpoint="203.0.113.7:4500").plan()
    peer = next(each for each in objects(plan, "h2", "wireguard_peer") if each["public_key"] == KEYS["h1"])
    assert (peer["endpoint"], peer["roams"]) == ("203.0.113.7:4500", True)
    assert [each["keepalive"] for each in objects(plan, "h1", "wireguard_peer")] == [25, 25]


def test_a_host_whose_key_is_not_known_is_told_of(bridged):
    fleet = bridged()
    del fleet.ledger.keys["pond", "h2"]
    plan = fleet.plan()
    assert "the key of h2 is not known yet" in keys.unknown(plan.fleet, {"h1"})[0]
    assert keys.needed(plan.fleet.networks.values())


@pytest.mark.parametrize(
    ("before", "after", "turned"),
    [
        ("", ", port: 51821", ["wireguard", "vxlan"]),
        (", encrypted: false", "", ["vxlan"]),
        ("", ", encrypted: false", ["vxlan"]),
        (", encrypted: false", ", encrypted: false, port: 8472", ["vxlan"]),
        ("", ", mtu: 1300", []),
    ],
)
def test_another_tunnel_has_another_name_beside_the_old_one_and_containers_stay(
    bridged, objects, before, after, turned
):
    pond = POND.replace(", encrypted: true", "")
    plans = []
    for options in (before, after):
        fleet = bridged().networks(pond % (options if "encrypted" in options else f", encrypted: true{options}"))
        plans.append(fleet.plan())
        fleet.remembering(plans[-1])
    both = {kind for kind in ("wireguard", "vxlan", "bridge") if all(objects(plan, "h1", kind) for plan in plans)}
    named = [[objects(plan, "h1", kind)[0]["name"] for plan in plans] for kind in sorted(both, reverse=True)]
    differing = [kind for kind, (one, two) in zip(sorted(both, reverse=True), named, strict=True) if one != two]
    assert sorted(differing) == sorted(turned)
    addresses = [[each["addresses"] for each in objects(plan, "h1", "veth")] for plan in plans]
    assert addresses[0] == addresses[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (", multicast_group: 239.4.4.4", "there is no multicast in a tunnel"),
        (", direct_routing: true", "on a bridged overlay nothing is routed"),
        (", port: 8472", "`port` 8472 is that of its VXLAN"),
        (", mtu: 1371", "`mtu` 1371 does not fit the underlay of h1, which leaves 1370"),
    ],
)
def test_what_does_not_go_with_it_is_refused(bridged, options, said):
    fleet = bridged(options)
    for host in KEYS:
        fleet.variables(host, containerhost_underlay_interface="eth0")
    (problem,) = fleet.problems()
    assert said in problem


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("mode: bridged, encrypted: true, vni: 45", "both have UDP port 51820 on h1"),
        ("mode: bridged, encrypted: true, vni: 44, port: 51821", "both have the VNI 44 on port 8472"),
        ("mode: bridged, encrypted: true, vni: 45, port: 51821", None),
        ("backend: wireguard", "both have UDP port 51820 on h1"),
        ("backend: wireguard, port: 8472", "both have UDP port 8472 on h1"),
        ("vni: 44", None),
        ("vni: 45, port: 51820", "both have UDP port 51820 on h1"),
        ("vni: 45, port: 8472", None),
        ("vni: 44, port: 8472", "the VNI 44 on port 8472, where what is `encrypted` has it inside its tunnel"),
    ],
)
@pytest.mark.parametrize("name", ["brook", "sea"])
def test_ports_of_a_host_are_one_network_s(bridged, name, other, said):
    found = bridged().more_networks("{%s: {driver: overlay, hosts: all, %s}}" % (name, other)).problems()
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_two_tunnels_that_encrypt_are_told_a_port_that_is_free(bridged):
    fleet = bridged().more_networks("""
        sea: {driver: overlay, mode: bridged, encrypted: true, vni: 45, hosts: all}
        far: {driver: overlay, vni: 46, port: 51821}
    """)
    (said,) = fleet.problems()
    assert "`pond` and `sea` both have UDP port 51820 on h1, where a tunnel that encrypts needs one to itself" in said
    assert said.endswith("Give one of them another `port`, such as 51822")


def test_a_port_that_is_published_is_none_of_either(bridged):
    fleet = bridged().more_networks("{web: {driver: bridge}}")
    for port in (51820, 8472):
        fleet.containers("h1", "{a: {networks: {pond: , web: {publish: ['%d:53/udp']}}}}" % port)
        (said,) = fleet.problems()
        assert str(port) in said and "`pond`" in said


def test_other_firewalls_let_both_pass(bridged, objects):
    fleet = bridged().variables("h1", containerhost_foreign_firewall="adapt")
    row = objects(fleet.plan(), "h1", "foreign_firewall")[0]
    inner = objects(fleet.plan(), "h1", "vxlan")[0]["local"]
    assert (row["tunnel_address"], row["tunnel_port"]) == ("198.18.7.11", 51820)
    assert (row["carried_address"], row["carried_port"]) == (inner, 8472)
