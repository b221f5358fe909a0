# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.lab import underlay
from ansible_collections.containerhost.network.plugins.module_utils.lab.underlay import Lab, LabHost, Lan


def host(name, *addresses, interface="eth0", mtu=1500):
    return LabHost(name, addresses, interface, mtu)


def lab(*hosts, lans=(), outside="outside", avoid=()):
    return Lab("lab", hosts, tuple(lans), outside, tuple(avoid))


def legs(lab_, known=None):
    return underlay.legs(lab_, underlay.number(lab_, known or {}))


def leg(lab_, name, interface="eth0"):
    return next(leg for leg in legs(lab_)[name] if leg.interface == interface)


def test_a_host_without_an_address_gets_one_of_each_family_by_its_number():
    assert leg(lab(host("h1")), "h1").addresses == ("198.18.0.2/32", "fd63:686c:6162::2/128")


def test_a_host_keeps_its_address_and_gets_the_family_that_it_lacks():
    assert leg(lab(host("h1", "10.0.0.1/24")), "h1").addresses == ("10.0.0.1/24", "fd63:686c:6162::2/128")
    assert leg(lab(host("h1", "fd00::1/64")), "h1").addresses == ("fd00::1/64", "198.18.0.2/32")


def test_every_member_reaches_everything_on_the_underlay():
    assert {leg.defaults for legs_ in legs(lab(host("h1"), host("h2"))).values() for leg in legs_} == {
        ("0.0.0.0/0", "::/0")
    }


def test_the_labs_own_addresses_avoid_those_of_the_inventory():
    numbers = underlay.number(lab(host("h1", "198.18.0.1/24"), host("h2"), host("h3", "fd63:686c:6162::3/64")), {})
    assert numbers == {"outside": 2, "h1": 4, "h2": 5, "h3": 6}


def test_the_labs_own_addresses_avoid_the_networks_subnets():
    numbers = underlay.number(lab(host("h1"), avoid=["198.18.0.0/24", "10.0.0.0/8", "fd63:686c:6162::/120"]), {})
    assert numbers == {"outside": 256, "h1": 257}


def test_numbers_stay_when_others_come_and_go():
    before = underlay.number(lab(host("h2"), host("h3")), {})
    after = underlay.number(lab(host("h1"), host("h3"), host("h4")), before)
    assert after["h3"] == before["h3"]
    assert after == {"outside": 1, "h3": 3, "h1": 2, "h4": 4}


def test_a_number_gives_way_to_an_address_of_the_inventory():
    assert underlay.number(lab(host("h1", "198.18.0.2/15"), host("h2")), {"h2": 2})["h2"] not in (2,)


def test_a_range_without_room_is_an_error():
    with pytest.raises(underlay.Exhausted, match="containerhost_underlay_address"):
        underlay.number(lab(host("h1"), avoid=["198.18.0.0/15"]), {})


def test_a_parent_is_an_interface_on_each_host_but_where_it_is_the_underlay():
    there = legs(lab(host("h1"), host("h2", interface="eth1"), lans=[Lan("eth1", 9000)]))
    assert [(leg.interface, leg.mtu) for leg in there["h1"]] == [("eth0", 1500), ("eth1", 9000)]
    assert [leg.bridge for leg in there["h2"]] == [underlay.UNDERLAY]


def test_the_outside_takes_the_gateways_of_a_lan():
    there = lab(host("h1"), lans=[Lan("eth1", 1500, ("192.168.7.1/24",))])
    assert leg(there, "outside", "eth1").addresses == ("192.168.7.1/24",)
    assert leg(there, "h1", "eth1").addresses == ()


def test_a_lan_that_is_everybodys_underlay_is_the_underlay():
    there = lab(host("h1"), host("h2"), lans=[Lan("eth0", 1500, ("192.168.7.1/24",))])
    assert [bridge.name for bridge in underlay.bridges(there)] == [underlay.UNDERLAY]
    assert leg(there, "outside").addresses == ("192.168.7.1/24", "198.18.0.1/32", "fd63:686c:6162::1/128")


def test_the_outside_calls_its_underlay_otherwise_when_a_lan_is_called_eth0():
    there = legs(lab(host("h1", interface="ens3"), lans=[Lan("eth0", 1500)]))
    assert [leg.interface for leg in there["outside"]] == ["underlay", "eth0"]


def test_the_switch_carries_the_largest_mtu():
    there = lab(host("h1", mtu=1400), host("h2", mtu=9000))
    assert [bridge.mtu for bridge in underlay.bridges(there)] == [9000]
    assert leg(there, "outside").mtu == 9000
    assert leg(there, "h1").mtu == 1400


def test_ports_and_macs_are_unique_and_fit_the_kernel():
    names = ["h", "h1", "h10", "eth1 h1", "x" * 200]
    there = legs(lab(*map(host, names), lans=[Lan("eth1", 1500), Lan("underlay", 1500)]))
    all_legs = [leg for legs_ in there.values() for leg in legs_]
    assert len({leg.port for leg in all_legs}) == len({leg.mac for leg in all_legs}) == len(all_legs)
    assert max(len(leg.port) for leg in all_legs) <= 15


def test_ports_and_macs_are_functions_of_names():
    """A host that is made again has its old MAC, which neighbours remember."""
    first = leg(lab(host("h1")), "h1")
    assert (first.port, first.mac) == ("pd750db1fd8", "02:d7:50:db:1f:d8")
    assert leg(lab(host("h0"), host("h1", "10.0.0.1/8")), "h1").mac == first.mac


def test_the_labs_own_ranges_are_nobody_elses():
    assert underlay.RANGE_V4.subnet_of(ipaddress.ip_network("198.18.0.0/15"))
    assert underlay.RANGE_V6.subnet_of(ipaddress.ip_network("fd00::/8"))
