# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

POND = "{pond: {driver: overlay, mode: bridged, vni: 44, subnets: [10.44.0.0/24, 'fd00:44::/64']%s}}"


@pytest.fixture
def pond(fleet):
    def make(options="", **containers):
        fleet.networks(POND % options)
        some = dict.fromkeys(("h1", "h2"), "{%s: {networks: {pond: }}}")
        given = {host: text % host.replace("h", "c") for host, text in some.items()}
        return fleet.only_containers(**{**given, **containers})

    return make


def test_containers_of_all_hosts_have_addresses_of_one_subnet(pond, addresses):
    assert addresses(pond().plan()) == {
        ("pond", "h1", "c1"): ["10.44.0.1/24", "fd00:44::1/64"],
        ("pond", "h2", "c2"): ["10.44.0.2/24", "fd00:44::2/64"],
    }


def test_the_vxlan_is_a_port_that_learns_nothing_and_nobody_has_a_gateway(pond, objects):
    plan = pond().plan()
    (vxlan,) = objects(plan, "h1", "vxlan")
    assert {key: vxlan[key] for key in ("master", "port_learning", "unicast_flood", "neigh_suppress")} == {
        "master": "chb-pond",
        "port_learning": False,
        "unicast_flood": False,
        "neigh_suppress": True,
    }
    assert "addresses" not in vxlan
    (bridge,) = objects(plan, "h1", "bridge")
    assert (bridge["addresses"], bridge["ipv6"], bridge["link_local"]) == ([], True, False)
    (veth,) = objects(plan, "h1", "veth")
    assert (veth["routes"], veth["fixed_mac"]) == ([], True)
    for kind in ("route", "nat_rule", "forwarding"):
        assert objects(plan, "h1", kind) == []


def test_of_each_container_elsewhere_there_are_two_entries_and_its_neighbours(pond, objects):
    plan = pond().plan()
    (mac,) = (each["mac"] for each in objects(plan, "h2", "veth"))
    entry = {"network": "pond", "device": "ch-pond", "lladdr": mac}
    assert objects(plan, "h1", "vxlan_fdb") == [
        {"network": "pond", "device": "ch-pond", "lladdr": "00:00:00:00:00:00", "dst": "198.18.7.12"},
        {**entry, "dst": "198.18.7.12"},
        {**entry, "table": "master", "fdb_state": "static"},
    ]
    assert [each["address"] for each in objects(plan, "h1", "neighbour") if each["lladdr"] == mac] == [
        "10.44.0.2",
        "fd00:44::2",
    ]
    # Of its own as well, so that nobody asks other hosts for them.
    assert len(objects(plan, "h1", "neighbour")) == 4


def test_what_two_hosts_know_of_a_third_is_one_object(pond):
    plan = pond(h3="{c3: {networks: {pond: }}}").plan()
    one, other = (plan.documents[host]["vxlan_fdb"] for host in ("h1", "h2"))
    assert sum(1 for a in one for b in other if a is b) == 3


def test_a_container_that_moves_keeps_all_that_it_is_known_by(pond, addresses, objects):
    fleet = pond()
    first = fleet.plan()
    fleet.only_containers(h1="{c1: {networks: {pond: }}}", h3="{c2: {networks: {pond: }}}").remembering(first)
    second = fleet.plan()
    assert addresses(second)["pond", "h3", "c2"] == addresses(first)["pond", "h2", "c2"]
    assert objects(second, "h3", "veth")[0]["mac"] == objects(first, "h2", "veth")[0]["mac"]


def test_frames_for_everybody_go_to_a_group_where_there_is_one(pond, objects):
    fleet = pond(", multicast_group: 239.1.2.3").everywhere(containerhost_underlay_interface="eth1")
    plan = fleet.plan()
    assert objects(plan, "h1", "vxlan")[0]["group"] == "239.1.2.3"
    assert "00:00:00:00:00:00" not in {each["lladdr"] for each in objects(plan, "h1", "vxlan_fdb")}


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        ("10.1.2.3", "`multicast_group` 10.1.2.3 is no multicast address"),
        ("fd00::1", "`multicast_group` fd00::1 is no multicast address"),
        ("ff01::44", "`multicast_group` ff01::44 is of those whose packets leave no host"),
        *(
            (group, f"`multicast_group` {group} is of those that the segment's own protocols have")
            for group in ("224.0.0.1", "224.0.0.200", "ff02::1", "ff02::16", "ff02::1:ff00:7", "ff02::2:ff12:3456")
        ),
        ("ff05::7", "`multicast_group` ff05::7 and the underlay address of h1 (198.18.7.11) are of different families"),
        ("239.1.2.3", "`multicast_group` 239.1.2.3 is joined by an interface, and h1 names none"),
    ],
)
def test_a_group_that_cannot_be_one_is_refused(pond, group, problem):
    assert any(problem in each for each in pond(f", multicast_group: '{group}'").problems())


@pytest.mark.parametrize("group", ["224.0.1.7", "239.0.0.1", "232.1.1.1"])
def test_a_group_of_no_protocol_is_taken(pond, group):
    fleet = pond(f", multicast_group: {group}").everywhere(containerhost_underlay_interface="eth1")
    assert fleet.problems() == []


def test_a_group_of_one_segment_is_taken_where_it_is_nobodys(pond):
    fleet = pond(", multicast_group: 'ff02::8000:4242'").everywhere(containerhost_underlay_interface="eth1")
    for number, variables in enumerate(fleet.hosts.values()):
        variables["containerhost_underlay_address"] = f"fd00:18::{number + 1}/64"
    assert fleet.problems() == []


def test_one_mistake_of_many_hosts_is_one_sentence(pond):
    (said,) = pond(", multicast_group: 239.4.4.4", h2="{c2: {networks: {pond: }}}").problems()
    assert said.endswith("and h1 names none, nor does h2. Set containerhost_underlay_interface for h1 and h2")
    fleet = pond(", multicast_group: 'ff05::4'", h2="{c2: {networks: {pond: }}}")
    for host in fleet.hosts:
        fleet.variables(host, containerhost_underlay_interface="eth0")
    (said,) = fleet.problems()
    assert "of h1 (198.18.7.11) are of different families (likewise on h2). Take a group of IPv4" in said


@pytest.mark.parametrize(
    ("subnets", "problem"),
    [
        ("[{cidr: 10.44.0.0/16, host_prefix: 24}]", "10.44.0.0/16 has `host_prefix`, and a bridged overlay is one"),
        ("[{cidr: 10.44.0.0/16, gateway: 10.44.0.1}]", "10.44.0.0/16 has `gateway`, and a bridged overlay is one"),
    ],
)
def test_a_subnet_is_not_cut_and_has_no_gateway(fleet, subnets, problem):
    fleet.networks(f"{{pond: {{driver: overlay, mode: bridged, vni: 44, subnets: {subnets}}}}}")
    (only,) = fleet.only_containers(h1="{a: {networks: {pond: }}}").problems()
    assert problem in only


def test_no_way_leads_into_it_or_out_of_it(pond):
    fleet = pond(h1="{c1: {networks: {pond: {publish: ['80:80']}, web: }, default_route: pond}}")
    fleet.more_networks("{web: {driver: bridge, allow_networks: [pond]}}")
    assert [each.partition("): ")[2].partition(",")[0] for each in sorted(fleet.problems())] == [
        "`c1` on h1 publishes 80:80/tcp",
        "it is the `default_route` of `c1` on h1",
        "`allow_networks` names `pond`",
    ]


def test_one_name_on_two_hosts_is_one_container(pond):
    assert any("which share that segment" in each for each in pond(h2="{c1: {networks: {pond: }}}").problems())


def test_the_vxlan_counts_among_the_bridge_s_ports(pond):
    containers = "{" + ", ".join(f"a{number}: {{networks: {{pond: }}}}" for number in range(1023)) + "}"
    fleet = pond(h1=containers)
    fleet.networks("{pond: {driver: overlay, mode: bridged, vni: 44, subnets: [10.44.0.0/16]}}")
    assert any("would have 1024 ports" in each for each in fleet.problems())


def test_a_group_is_for_bridged_overlays(fleet):
    fleet.networks("{pond: {driver: overlay, vni: 44, multicast_group: 239.1.1.1}}")
    fleet.only_containers(h1="{a: {networks: {pond: }}}")
    assert any("`multicast_group` is for `mode: bridged`, and here it is `routed`" in e for e in fleet.problems())
