# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

FABRIC = "{fabric: {driver: overlay, %s, subnets: [10.42.0.0/16, 'fd00:42::/48']}}"


@pytest.fixture
def routed(fleet):
    """h1 and h2 on one segment of each family; h3 on the same, unless it is said otherwise."""

    def make(options="backend: host-gw", **addresses):
        fleet.networks(FABRIC % options)
        fleet.only_containers(**dict.fromkeys(("h1", "h2", "h3"), "{a: {networks: {fabric: }}}"))
        for number, host in enumerate(("h1", "h2", "h3"), start=1):
            given = addresses.get(host, [f"198.18.7.1{number}/24", f"fd77::{number}/64"])
            fleet.variables(host, containerhost_underlay_address=given)
        return fleet

    return make


def test_each_host_is_the_gateway_to_its_slices(routed, objects):
    plan = routed().plan()
    assert objects(plan, "h1", "route") == [
        {"network": "fabric", "dst": dst, "via": via, "metric": metric}
        for dst, via, metric in [
            ("10.42.1.0/24", "198.18.7.12", 1025),
            ("fd00:42:0:1::/64", "fd77::2", 1025),
            ("10.42.2.0/24", "198.18.7.13", 1026),
            ("fd00:42:0:2::/64", "fd77::3", 1026),
        ]
    ]
    for kind in ("vxlan", "vxlan_fdb", "neighbour", "vtep_filter"):
        assert objects(plan, "h1", kind) == []
    assert {each["mtu"] for kind in ("bridge", "veth") for each in objects(plan, "h1", kind)} == {1500}


def test_a_host_lets_in_what_comes_from_the_network_by_its_underlay(routed, objects):
    (isolation,) = objects(routed().plan(), "h2", "isolation")
    assert isolation["direct"] == ["10.42.0.0/16", "fd00:42::/48"]
    assert isolation["direct_by"] == "198.18.7.12"
    fleet = routed().variables("h2", containerhost_underlay_interface="eth1")
    assert objects(fleet.plan(), "h2", "isolation")[0]["direct_by"] == "eth1"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        (["198.18.8.13/24", "fd77::3/64"], "h1 (198.18.7.11/24) and h3 (198.18.8.13/24) share no segment"),
        (["198.18.7.13/25", "fd77::3/64"], "h1 (198.18.7.11/24) and h3 (198.18.7.13/25) share no segment"),
        (["198.18.7.13/24", "fd78::3/64"], "h1 (fd77::1/64) and h3 (fd78::3/64) share no segment"),
        ("198.18.7.13/24", "h3 has no underlay address of IPv6, by which `backend: host-gw` would lead"),
        (["198.18.7.13", "fd77::3/64"], "of its member h3 the underlay address 198.18.7.13 says no prefix length"),
    ],
)
def test_members_that_share_no_segment_are_refused(routed, address, problem):
    (only,) = routed(h3=address).problems()
    assert problem in only


def test_what_a_tunnel_needs_is_refused_by_name(routed):
    for option in ("vni: 42", "port: 4789", "direct_routing: true"):
        (only,) = routed(f"backend: host-gw, {option}").problems()
        assert f"`{option.partition(':')[0]}` is for `backend: vxlan" in only


def test_it_carries_no_bridged_overlay(routed):
    assert any(
        "`backend: host-gw` carries no `mode: bridged`" in e
        for e in routed("backend: host-gw, mode: bridged, per_host_names: true").problems()
    )


class TestDirectRouting:
    def test_hosts_on_one_segment_have_routes_alone(self, routed, objects):
        fleet = routed("vni: 42, direct_routing: true", h3=["198.18.8.13/24", "fd77::3/64"])
        plan = fleet.plan()
        assert [(r["dst"], r["via"], r.get("device")) for r in objects(plan, "h1", "route")] == [
            ("10.42.1.0/24", "198.18.7.12", None),
            ("fd00:42:0:1::/64", "fd77::2", None),
            ("fd00:42:0:2::/64", "fd77::3", None),
            ("10.42.2.0/24", "10.42.2.0", "ch-fabric"),
        ]
        assert [each["dst"] for each in objects(plan, "h1", "vxlan_fdb")] == ["198.18.8.13"]
        assert len(objects(plan, "h3", "vxlan_fdb")) == 2
        assert objects(plan, "h1", "veth")[0]["mtu"] == 1450

    def test_it_needs_to_be_known_who_is_on_one(self, routed):
        addresses = {host: f"198.18.7.1{number}" for number, host in enumerate(("h1", "h2", "h3"))}
        (only,) = routed("vni: 42, direct_routing: true", **addresses).problems()
        assert "no member's underlay address says its prefix length" in only


def test_what_many_hosts_lack_is_one_sentence(routed):
    fleet = routed()
    for number, host in enumerate(("h1", "h2", "h3"), start=1):
        fleet.variables(host, containerhost_underlay_address=f"198.18.7.{number}/24")
    (said,) = fleet.problems()
    assert "its members h1, h2 and h3 have no underlay address of IPv6, by which `backend: host-gw` would" in said
    for number, host in enumerate(("h1", "h2", "h3"), start=1):
        fleet.variables(host, containerhost_underlay_address=[f"198.18.7.{number}/24", f"fd77::{number}"])
    (said,) = fleet.problems()
    assert "of its member h1 the underlay address fd77::1 says no prefix length" in said
    assert "(likewise on h2 and h3)" in said
