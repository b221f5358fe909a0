# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network that gets another tunnel has another device for it, and the ledger knows how many there were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers

FABRIC = "{fabric: {driver: overlay, %s, subnets: [10.42.0.0/16]}}"


@pytest.fixture
def devices(fleet):
    """The fleet's fabric after some options, one after another: its devices after each."""

    def after(*options):
        fleet.only_containers(h1="{a: {networks: {fabric: }}}", h2="{b: {networks: {fabric: }}}")
        for number, host in enumerate(("h1", "h2"), start=1):
            fleet.variables(host, containerhost_underlay_address=f"198.18.7.1{number}/24")
        found = []
        for text in options:
            plan = fleet.networks(FABRIC % text).plan()
            fleet.remembering(plan)
            found.append(plan.fleet.networks["fabric"].devices)
        return found

    return after


def test_another_vni_or_port_has_another_device_and_containers_stay_on_theirs(devices):
    first, port, back = devices("vni: 42", "vni: 42, port: 8472", "vni: 42")
    assert first == ("ch-fabric", "chb-fabric")
    assert len({first[0], port[0], back[0]}) == 3
    assert {each[1] for each in (first, port, back)} == {"chb-fabric"}
    assert all(len(each[0]) <= 15 for each in (port, back))


def test_what_is_no_other_tunnel_keeps_the_device(devices):
    assert {*devices("vni: 42", "vni: 42, mtu: 1400", "vni: 42, internal: true")} == {("ch-fabric", "chb-fabric")}


def test_on_a_segment_it_is_the_same(devices):
    pond = "mode: bridged, encrypted: %s, vni: 42, port: %s"
    clear, port, sealed, key = devices(
        *(pond % each for each in (("false", 4789), ("false", 8472), ("true", 51820), ("true", 51821)))
    )
    assert (clear, len(port), len(sealed)) == (("ch-fabric", "chb-fabric"), 2, 3)
    assert len({clear[0], port[0], *sealed[:2], *key[:2]}) == 6
    assert {each[-1] for each in (clear, port, sealed, key)} == {"chb-fabric"}


def test_another_vni_is_inside_the_same_tunnel_as_ever(devices, fleet):
    sealed = "mode: bridged, encrypted: true, vni: %d, port: %d"
    places = ((42, 51820), (43, 51820), (44, 51820), (44, 51821), (45, 51821))
    first, other, third, port, last = devices(*(sealed % place for place in places))
    assert first == ("chw-fabric", "ch-fabric", "chb-fabric")
    assert first[0] == other[0] == third[0] != port[0] == last[0]
    assert len({each[1] for each in (first, other, third, port, last)}) == 5
    text = ledgers.render(fleet.ledger)
    assert '"tunnels": 4, "tunnel": "vxlan 45 in wireguard on port 51821", "carrier": 3' in text
    assert ledgers.render(ledgers.parse(text, "here")) == text


def test_a_tunnel_is_remembered_while_there_is_none(devices):
    first, without, same, other = devices("vni: 42", "backend: host-gw", "vni: 42", "vni: 43")
    assert without == ("chb-fabric",)
    assert same == first
    assert other[0] != first[0]


def test_the_first_tunnel_of_a_network_that_had_none_is_remembered(fleet, devices):
    (without,) = devices("backend: host-gw")
    before = fleet.ledger
    (first,) = devices("vni: 42")
    assert (without, first) == (("chb-fabric",), ("ch-fabric", "chb-fabric"))
    assert fleet.ledger != before  # and so it is written
    (other,) = devices("vni: 43")
    assert other[0] != first[0]


def test_a_ledger_that_does_not_know_the_tunnel_learns_it_once(fleet):
    plan = fleet.plan()
    networks = {name: replace(entry, tunnel=None) for name, entry in plan.ledger.networks.items()}
    fleet.ledger = replace(plan.ledger, networks=networks)
    learned = fleet.plan()
    assert fleet.ledger != learned.ledger == plan.ledger
    assert learned.fleet.networks["fabric"].devices == plan.fleet.networks["fabric"].devices
    fleet.ledger = learned.ledger
    assert fleet.plan().ledger == learned.ledger


def test_a_ledger_that_may_not_be_written_must_know_the_tunnel(fleet, devices):
    """Two changes after one another would have one device."""
    devices("vni: 42")
    fleet.everywhere(containerhost_ledger_read_only=True)
    assert fleet.problems() == []
    (problem,) = fleet.networks(FABRIC % "vni: 43").problems()
    assert "the ledger is read-only and does not know the tunnel of `fabric`" in problem


def test_what_the_ledger_says_of_tunnels_is_read_as_it_was_written(devices, fleet):
    devices("vni: 42", "vni: 43")
    text = ledgers.render(fleet.ledger)
    assert '"tunnels": 1, "tunnel": "vxlan 43 on port 4789"' in text
    assert ledgers.render(ledgers.parse(text, "here")) == text
