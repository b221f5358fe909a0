# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An overlay is changed while its containers talk: old and new are there until every member goes by the new one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.containerhost.network.tests.integration.document import steady
from ansible_collections.containerhost.network.tests.integration.document.members import Members

FABRIC = """
containerhost_networks:
  fabric: {driver: overlay, vni: 42, subnets: [10.42.0.0/16, "fd00:42::/48"]}
"""
HOST = """
containerhost_underlay_address: [198.18.9.%d/24, "fd00:18:9::%d/64"]
containerhost_containers: {c%d: {networks: {fabric: }}}
"""


POND = """
containerhost_underlay_interface: eth0
containerhost_networks:
  pond: {driver: overlay, mode: bridged, vni: 44, hosts: all, subnets: [10.44.0.0/24, "fd00:44::/64"]}
"""


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[Members]:
    fleet = Members(tmp_path, FABRIC, **{f"h{n}": HOST % (n, n, n) for n in (1, 2, 3)})
    yield fleet
    fleet.end()


def in_use(folder: Path, network: str, everywhere: str) -> Iterator[Members]:
    """One fleet for all changes: each leaves a whole network behind. h2 has the address that it gets, and the one that
    it has had."""
    fleet = Members(folder, everywhere, **{f"h{n}": HOST.replace("fabric", network) % (n, n, n) for n in (1, 2, 3)})
    fleet.hosts["h2"].run("ip", "addr", "add", "198.18.9.22/24", "dev", "eth0")
    fleet.site()
    assert fleet.pings(network) == []
    yield fleet
    fleet.end()


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    yield from in_use(tmp_path_factory.mktemp("routed"), "fabric", FABRIC)


@pytest.fixture(scope="module")
def pond(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    yield from in_use(tmp_path_factory.mktemp("pond"), "pond", POND)


def given_in(plan: Any, name: str, phase: str, network: str) -> dict[str, Any]:
    given: dict[str, Any] = {"document": plan.documents[name], "phase": phase, "shared": [network]}
    given.update({"make": {"hold": [network]}, "switch": {"switch": [network]}, "remove": {"remove": ["*"]}}[phase])
    return given


def step(fabric: Members, plan: Any, name: str, phase: str, network: str = "fabric") -> list[str]:
    """A phase of a run on one host, predicted where that is possible without the phases before."""
    given = given_in(plan, name, phase, network)
    predicted = fabric.hosts[name].module("document", check=True, **given)
    done = fabric.hosts[name].module("document", **given)
    assert not done.get("failed"), done["msg"]
    assert predicted["diff"] == done["diff"], (name, phase)
    return [each["before_header"] for each in done["diff"]]


def change(fleet: Members, network: str, options: dict[str, Any], hosts: dict[str, Any]) -> Any:
    """The plan of it, of which each host makes its part, then turns to it, then removes; whatever their order. A host
    without variables has gone."""
    fleet.everywhere["containerhost_networks"][network].update(options)
    for host, variables in hosts.items():
        if variables is None:
            fleet.everywhere["containerhost_confirm_vanished"] = True
            del fleet.variables[host]
            fleet.hosts.pop(host).end()
        elif host in fleet.hosts:
            fleet.variables[host].update(variables)
        else:
            fleet.variables[host] = variables
            fleet.come(host)
    plan = fleet.plan()
    fleet.ledger = plan.ledger
    there = {host: addresses for (host, _container), addresses in fleet.addresses(network).items()}
    phases = ("make", "switch", "remove")
    told = {phase: fleet.hosts["h1"].module("document", check=True, **given_in(plan, "h1", phase, network))
            for phase in phases}
    for phase in phases:
        for name in ("h2", *(host for host in fleet.hosts if host != "h2")):
            done = step(fleet, plan, name, phase, network)
            if name == "h1":  # by a check of the whole run, before anything was made
                assert [each["before_header"] for each in told[phase]["diff"]] == done, phase
            # What begins now gets through as well as what was there.
            assert fleet.reaches("h3", "c3", there["h2"][0])
            assert fleet.reaches("h2", "c2", there["h3"][1])
    return plan


def talking(fleet: Members, network: str) -> tuple[list[Any], list[Any]]:
    """Flows from h1 to both others: echo requests in each family, a TCP stream."""
    there = {host: addresses for (host, _container), addresses in fleet.addresses(network).items()}
    pings = [("h1", "c1", address) for other in ("h2", "h3") for address in there[other]]
    return pings, [("h2", "c2", "answer", there["h2"][1]), ("h1", "c1", "ask", there["h2"][1])]


# Where an IPv6 address gets another prefix length, the kernel takes it and gives it again, by a queue of its own
# (addrconf_dad_work()). Where a container gets another MAC, others hear of it a moment later. Echo requests of a second
# that this may take under load, of the milliseconds that it does take.
EXCHANGED = 100


def assert_nothing_lost(became: steady.Became, exchanged: str | None = None, least: int = 50) -> None:
    """``exchanged``: what is in the addresses to which some may be lost for a moment. ``least``: so many there were."""
    lost = {way: number for way, number in became.lost.items() if number}
    assert {way: lost[way] for way in lost if exchanged is None or exchanged not in way or lost[way] > EXCHANGED} == {}
    assert min(became.sent.values()) > least
    assert became.told["ask h1"]["sent"] == became.told["answer h2"]["received"] > least * 1000


# What is changed of a routed network, and of its hosts, one after another.
ROUTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "vni": ({"vni": 43}, {}),
    "port": ({"port": 8472}, {}),
    "address of a host, and another host": (
        {},
        {
            "h2": {"containerhost_underlay_address": ["198.18.9.22/24", "fd00:18:9::2/64"]},
            "h4": yaml.safe_load(HOST % (4, 4, 4)),
        },
    ),
    "bridged, by the same tunnel": ({"mode": "bridged"}, {}),
    "routed, by the same tunnel": ({"mode": "routed"}, {}),
}
# What is changed of it after it has had other subnets.
ROUTED_AGAIN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "direct": ({"direct_routing": True}, {}),
    "backend": ({"backend": "host-gw", "vni": None, "port": None, "direct_routing": None}, {}),
    "a host goes": ({}, {"h4": None}),
    "bridged, by a tunnel that was not there": ({"mode": "bridged", "backend": None, "vni": 43}, {}),
}


def assert_changed_in_use(routed: Members, options: dict[str, Any], hosts: dict[str, Any]) -> None:
    before = routed.addresses("fabric")
    with steady.flows(routed, *talking(routed, "fabric")) as became:
        plan = change(routed, "fabric", options, hosts)
    assert_nothing_lost(became, exchanged=":" if "mode" in options else None)
    assert [some for place, some in routed.addresses("fabric").items() if before.get(place, some) != some] == []
    has_tunnel = routed.everywhere["containerhost_networks"]["fabric"].get("backend") != "host-gw"
    for name, host in routed.hosts.items():
        assert step(routed, plan, name, "remove") == []
        assert len(re.findall("vxlan id", host.run("ip", "-d", "link"))) == has_tunnel


@pytest.mark.parametrize("name", ROUTED)
def test_no_packet_is_lost_whatever_the_order_of_hosts(routed: Members, name: str) -> None:
    assert_changed_in_use(routed, *ROUTED[name])


def renumbered(fleet: Members, subnets: list[str], beside: Sequence[str]) -> None:
    """The network gets other subnets while its containers talk by the addresses that they have had, which are reached
    in these phases as ever."""
    old, flows = fleet.addresses("fabric"), talking(fleet, "fabric")
    fleet.everywhere["containerhost_networks"]["fabric"]["subnets"] = subnets
    plan = fleet.plan()
    fleet.ledger = plan.ledger
    with steady.flows(fleet, *flows) as became:
        for phase in beside:
            for name in ("h2", *(host for host in fleet.hosts if host != "h2")):
                step(fleet, plan, name, phase)
                assert fleet.reaches("h3", "c3", old["h2", "c2"][0])
                assert fleet.reaches("h2", "c2", old["h3", "c3"][1])
    assert_nothing_lost(became, exchanged="" if "switch" in beside else None, least=5)  # one phase takes no time
    for phase in ("switch", "remove"):
        for name in fleet.hosts if phase not in beside else ():
            step(fleet, plan, name, phase)
        assert fleet.pings("fabric") == []
    for name, host in fleet.hosts.items():
        assert step(fleet, plan, name, "remove") == []
        everywhere = host.run("ip", "-br", "address") + host.run("ip", "netns", "exec", f"c{name[1]}", "ip", "-br", "a")
        assert not [address for some in old.values() for address in some if f" {address}/" in everywhere]


def test_addresses_of_other_subnets_come_beside_those_that_are_in_use(routed: Members) -> None:
    renumbered(routed, ["10.43.0.0/16", "fd00:43::/48"], beside=("make", "switch"))


def test_two_hosts_exchange_their_slices(routed: Members) -> None:
    """The gateway to a slice is an address of whom it was, until that has gone."""
    had = {host: list(routed.ledger.slices["fabric", host].slices) for host in ("h2", "h3")}
    for host, other in (("h2", "h3"), ("h3", "h2")):
        routed.variables[host]["containerhost_slices"] = {"fabric": had[other]}
    plan = routed.plan()
    routed.ledger = plan.ledger
    for phase in ("make", "switch", "remove"):
        for name in routed.hosts:
            step(routed, plan, name, phase)
    assert routed.pings("fabric") == []
    for name in routed.hosts:
        assert step(routed, plan, name, "remove") == []
        routed.variables[name].pop("containerhost_slices", None)


@pytest.mark.parametrize("name", ROUTED_AGAIN)
def test_nor_is_one_lost_where_it_is_changed_again(routed: Members, name: str) -> None:
    assert_changed_in_use(routed, *ROUTED_AGAIN[name])


def test_on_a_segment_they_take_their_place_when_hosts_turn(routed: Members) -> None:
    renumbered(routed, ["10.44.0.0/16", "fd00:44::/48"], beside=("make",))


def test_a_host_alone_stays_on_the_old_way(fabric: Members) -> None:
    fabric.site()
    fabric.everywhere["containerhost_networks"]["fabric"]["vni"] = 43
    plan = fabric.plan()
    given = {"document": plan.documents["h1"], "phase": "make", "hold": ["fabric"]}
    done = fabric.hosts["h1"].module("document", **given)
    assert done["switches"]
    assert done["kept"]["fabric"] > 4
    assert fabric.pings("fabric") == []
    again = fabric.hosts["h1"].module("document", **given)
    assert (again["changed"], again["switches"]) == (False, True)


# What is changed of a bridged network or of its hosts, and whether frames for everybody may come twice meanwhile.
BRIDGED: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "port and vni": ({"port": 8472, "vni": 45}, {}, False),
    "address of a host, and another host": (
        {},
        {
            "h2": {"containerhost_underlay_address": "198.18.9.22/24"},
            "h4": yaml.safe_load(HOST.replace("fabric", "pond") % (4, 4, 4)),
        },
        False,
    ),
    "group": ({"multicast_group": "239.4.4.4"}, {}, True),
    "another group": ({"multicast_group": "239.4.4.5"}, {}, False),
    "no group": ({"multicast_group": None}, {}, True),
    "address of a host again, and another host goes": (
        {},
        {"h2": {"containerhost_underlay_address": "198.18.9.2/24"}, "h4": None},
        False,
    ),
}


@pytest.mark.parametrize("name", BRIDGED)
def test_a_segment_loses_nothing_and_gets_nothing_twice(pond: Members, name: str) -> None:
    options, hosts, may_come_twice = BRIDGED[name]
    pings, stream = talking(pond, "pond")
    everybody = [*((host, f"c{host[1]}", "hear", "10.44.0.255") for host in ("h2", "h3"))]
    everybody.append(("h1", "c1", "tell", "10.44.0.255"))
    with steady.flows(pond, pings, [*stream, *everybody]) as became:
        plan = change(pond, "pond", options, hosts)
    assert_nothing_lost(became)
    for host in ("h2", "h3"):
        heard = became.told[f"hear {host}"]
        assert heard["heard"] == became.told["tell h1"]["sent"]
        assert heard["twice"] == 0 or may_come_twice
    for name, host in pond.hosts.items():
        assert "isolated on" not in host.run("bridge", "-d", "link")  # as the two tunnels were from each other
        assert step(pond, plan, name, "remove", "pond") == []
        assert len(re.findall("vxlan id", host.run("ip", "-d", "link"))) == 1
