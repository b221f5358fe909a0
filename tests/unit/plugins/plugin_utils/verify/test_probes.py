# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried of a plan, by whom, and what is not."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Heard, ends
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ports import (
    listeners,
    name_of,
    rules,
    unanswered,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.probes import tries
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.verify.answers import (
    UNDERLAY,
    documents,
    heard,
    tried,
)


def of(some, about, **fields):
    return [each for each in some if each.about == about and all(getattr(each, k) == v for k, v in fields.items())]


def test_hosts_that_share_a_network_try_each_other_small_and_full(fleet):
    some = tried(fleet.plan())
    matrix = {(each.source, each.target) for each in of(some, "matrix")}
    assert ("h1/shop", "h2/db") in matrix and len(matrix) == 6
    assert {each.probe["size"] for each in of(some, "mtu")} == {1450}


@pytest.mark.parametrize("network", ["backend: wireguard", "mode: bridged, vni: 44, encrypted: true"])
def test_where_a_handshake_may_have_to_be_begun_again_it_is_tried_for_longer(fleet, network):
    fleet.networks(f"{{vault: {{driver: overlay, {network}, subnets: [10.45.0.0/16]}}}}")
    fleet.only_containers(h1="{a: {networks: {vault: }}}", h2="{b: {networks: {vault: }}}")
    some = tried(fleet.plan())
    assert {each.probe.get("tries") for each in some if each.about in ("matrix", "mtu")} == {7}
    assert {each.probe.get("tries") for each in some if each.about not in ("matrix", "mtu")} <= {None}


def test_elsewhere_it_is_not(fleet):
    assert {each.probe.get("tries") for each in tried(fleet.plan())} == {None}


@pytest.mark.parametrize("about", ["matrix", "mtu"])
def test_each_family_is_tried(fleet, about):
    some = of(tried(fleet.plan()), about, source="h1/shop", target="h3/cache")
    assert sorted(each.version for each in some) == [4, 6]


def test_a_published_port_is_tried_from_its_host_from_another_and_from_a_container(fleet):
    some = of(tried(fleet.plan()), "published")
    assert {(each.source, each.probe["to"]) for each in some} == {
        ("h1", "127.0.0.1"),
        ("h2", "198.18.7.11"),
        ("h1/shop", "198.18.7.11"),
    }
    assert {each.target for each in some} == {"8080/tcp on h1 → shop:80"}


@pytest.mark.parametrize("protocol", ["tcp", "udp", "sctp"])
def test_ports_of_every_protocol_and_family_are_tried(fleet, protocol):
    fleet.networks("web: {driver: bridge, subnets: [10.80.0.0/16, 'fd00:80::/64']}")
    fleet.only_containers(
        h1=f"{{a: {{networks: {{web: {{publish: ['53:53/{protocol}']}}}}}}, b: {{networks: {{web: }}}}}}"
    )
    some = of(tried(fleet.plan()), "published")
    assert {each.probe["kind"] for each in some} == {protocol}
    assert {(each.version, each.source, each.probe["to"]) for each in some} == {
        (4, "h1", "127.0.0.1"),
        (4, "h2", "198.18.7.11"),
        (4, "h1/b", "198.18.7.11"),
        (6, "h1", "fd63::1"),
        (6, "h2", "fd63::1"),
        (6, "h1/b", "fd63::1"),
    }


def test_a_port_of_one_address_is_tried_at_that_address_only(fleet):
    fleet.only_containers(h1="a: {networks: {web: {publish: ['198.18.7.99:81:80', '127.0.0.2:82:80']}}}")
    some = of(tried(fleet.plan()), "published")
    assert {(each.source, each.probe["to"], each.probe["port"]) for each in some} == {
        ("h1", "198.18.7.99", 81),
        ("h2", "198.18.7.99", 81),
        ("h1/a", "198.18.7.99", 81),
        ("h1", "127.0.0.2", 82),
    }
    assert some[0].target == "198.18.7.99:81/tcp on h1 → a:80"


def test_a_port_of_an_interface_is_tried_where_the_host_says_that_it_is(fleet):
    fleet.only_containers(h1="a: {networks: {web: {publish: ['eth0:81:80', 'eth1:82:80', 'eth7:83:80']}}}")
    plan = fleet.plan()
    told = {"h1": {"eth0": {4: UNDERLAY["h1"]}, "eth1": {4: "192.168.7.5"}}}
    here = dataclasses.replace(heard(plan), interfaces=told)
    some = of(tries(documents(plan), plan.networks, UNDERLAY, here), "published")
    # Who is on an interface's segment is not known, but for the one by which hosts reach each other.
    assert {(each.source, each.probe["to"], each.probe["port"]) for each in some} == {
        ("h1", UNDERLAY["h1"], 81),
        ("h2", UNDERLAY["h1"], 81),
        ("h1/a", UNDERLAY["h1"], 81),
        ("h1", "192.168.7.5", 82),
        ("h1/a", "192.168.7.5", 82),
    }
    assert some[0].target == "eth0:81/tcp on h1 → a:80"
    assert of(tries(documents(plan), plan.networks, UNDERLAY, heard(plan)), "published") == []


@pytest.mark.parametrize(
    "witness",
    [
        "driver: macvlan, parent: eth1, subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]",
        "driver: macvlan, parent: eth1, host_shim: true, subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]",
        "driver: ipvlan, parent: eth1, subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]",
        "driver: bridge, internal: true, subnets: [192.168.7.0/24]",
    ],
)
def test_who_does_not_go_out_by_the_host_is_no_witness_for_its_ports(fleet, witness):
    fleet.more_networks(f"lan: {{{witness}}}")
    fleet.only_containers(
        h1="{a: {networks: {lan: }}, b: {networks: {lan: }},"
        " z: {default_route: web, networks: {lan: , web: {publish: ['80:80']}}}}"
    )
    assert {each.source for each in of(tried(fleet.plan()), "published")} == {"h1", "h2", "h1/z"}


@pytest.mark.parametrize("bridge", ["uplink: eth1", "bridge: br0"])
def test_on_a_lan_with_its_host_a_container_is_no_witness_for_its_own_ports(fleet, bridge):
    """It calls the host by the LAN, and is called by itself from there. Its host reaches it, and it its router."""
    lan = f"driver: bridge, gateway_mode: bridged, {bridge}, subnets: [{{cidr: 192.168.7.0/24, gateway: 192.168.7.1}}]"
    fleet.more_networks(f"lan: {{{lan}}}")
    one = "z: {default_route: web, networks: {lan: , web: {publish: ['80:80']}}}"
    some = tried(fleet.only_containers(h1=f"{{{one}, a: {{networks: {{lan: }}}}}}").plan())
    assert {each.source for each in of(some, "published")} == {"h1", "h2"}
    assert {each.target for each in of(some, "host")} == {"h1/a", "h1/z"}
    assert {each.source for each in of(some, "router")} == {"h1/a"}
    beside = f"{{{one}, b: {{networks: {{web: }}}}}}"
    assert "h1/b" in {each.source for each in of(tried(fleet.only_containers(h1=beside).plan()), "published")}


def test_ports_of_a_routed_network_are_tried_at_the_container_s_own_address(fleet):
    fleet.networks(
        "{web: {driver: bridge, gateway_mode: routed, subnets: [10.80.0.0/24]},"
        " other: {driver: bridge, subnets: [10.81.0.0/24]}}"
    )
    fleet.only_containers(h1="{a: {networks: {web: {publish: ['80:80']}}}, b: {networks: {other: }}}")
    some = of(tried(fleet.plan()), "published")
    assert {(each.source, each.probe["to"]) for each in some} == {("h1", "10.80.0.2"), ("h1/b", "10.80.0.2")}


def test_datagrams_are_tried_only_where_we_answer_ourselves(fleet):
    fleet.containers("h2", "dns: {engine: docker, networks: {web: {publish: ['53:53/udp', '53:53', '9:9/sctp']}}}")
    plan = fleet.plan()
    assert {each.probe["kind"] for each in of(tried(plan), "published", to_host="h2")} == {"tcp", "sctp"}
    told = list(unanswered(documents(plan), list(ends(documents(plan))), heard(plan)))
    assert told == [("web", "53/udp on h2 → dns:53")]


def test_a_connection_is_tried_where_somebody_else_answers_and_not_where_nobody_could(fleet):
    plan = fleet.plan()
    [rule] = rules(plan.documents["h1"])
    nobody = dataclasses.replace(heard(plan), answering={})
    assert of(tries(documents(plan), plan.networks, UNDERLAY, nobody), "published") == []
    others = dataclasses.replace(nobody, answered={"h1": frozenset([name_of(rule)])})
    assert len(of(tries(documents(plan), plan.networks, UNDERLAY, others), "published")) == 3


def test_the_way_out_is_tried_where_there_is_one(fleet):
    some = of(tried(fleet.plan()), "outside")
    assert ("web", "h1/shop", "h2") in {(each.network, each.source, each.target) for each in some}


def test_a_container_alone_tries_its_gateway_and_the_outside_in_each_family(fleet):
    fleet.networks("web: {driver: bridge, subnets: [10.80.0.0/16, 'fd00:80::/64']}")
    fleet.only_containers(h2="solo: {networks: {web: }}")
    some = [each for each in tried(fleet.plan()) if each.source == "h2/solo"]
    assert {(each.about, each.version, each.probe["to"]) for each in some} == {
        ("gateway", 4, "10.80.0.1"),
        ("gateway", 6, "fd00:80::1"),
        ("outside", 4, "198.18.7.11"),
        ("outside", 6, "fd63::1"),
    }


@pytest.mark.parametrize("access", ["none", "dns", "[9100]"])
def test_a_gateway_that_containers_may_not_reach_is_not_tried(fleet, access):
    fleet.networks(f"web: {{driver: bridge, host_access: {access}, subnets: [10.80.0.0/16]}}")
    fleet.only_containers(h2="solo: {networks: {web: }}")
    assert {each.about for each in tried(fleet.plan()) if each.source == "h2/solo"} == {"outside"}


def test_the_router_of_a_lan_is_no_gateway_of_ours(fleet):
    fleet.networks("lan: {driver: macvlan, parent: eth1, subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]}")
    fleet.only_containers(h1="box: {networks: {lan: }}")
    assert [(each.about, each.probe["to"]) for each in tried(fleet.plan())] == [("router", "192.168.7.1")]


def test_nothing_is_expected_of_a_host_that_is_silent(fleet):
    plan = fleet.plan()
    silent = dataclasses.replace(heard(plan), silent=frozenset(["h2"]))
    some = tries(documents(plan), plan.networks, UNDERLAY, silent)
    assert [each for each in some if "h2" in (each.host, each.to_host)] == []
    assert {each.target for each in of(some, "outside", host="h1")} == {"h3"}
    assert {each.source for each in of(some, "published")} == {"h1", "h3", "h1/shop"}


def test_somebody_answers_in_namespaces_of_ours_only(fleet):
    fleet.containers("h2", "db: {engine: docker, networks: {web: {publish: ['81:80']}}}")
    plan = fleet.plan()
    assert [each["sandbox"] for each in listeners(plan.documents["h1"])] == [{"engine": "netns", "ref": "shop"}]
    assert listeners(plan.documents["h2"]) == []


def test_one_port_that_is_published_twice_is_answered_once(fleet):
    fleet.only_containers(h1="a: {networks: {web: {publish: ['80:80', '8080:80', '80:80/udp']}}}")
    found = listeners(fleet.plan().documents["h1"])
    assert sorted((each["protocol"], each["port"]) for each in found) == [("tcp", 80), ("udp", 80)]


def test_a_host_s_own_word_is_not_needed_to_try_what_is_planned(fleet):
    plan = fleet.plan()
    silent_of_itself = Heard(answering=heard(plan).answering)
    some = tries(documents(plan), plan.networks, UNDERLAY, silent_of_itself)
    assert {each.source for each in of(some, "published")} == {"h1", "h2", "h1/shop"}


def test_siblings_that_are_kept_apart_are_not_expected_to_reach_each_other(fleet):
    fleet.networks("web: {driver: bridge, icc: false, subnets: [10.80.0.0/24]}")
    fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}")
    assert of(tried(fleet.plan()), "neighbour") == []


def test_no_two_probes_have_one_name(fleet):
    fleet.containers(
        "h1", "{a: {networks: {web: {publish: ['80:80', '80:80/udp', '81:80']}, fabric: }}, b: {networks: {web: }}}"
    )
    names = [(each.host, each.name) for each in tried(fleet.plan())]
    assert len(names) == len(set(names))
