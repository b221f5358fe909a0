# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name of a device that a user gives is that of one thing on a host, and what a network stands on is the host's."""

from __future__ import annotations

import pytest

SHIM = "driver: macvlan, parent: eth1, host_shim: true, subnets: [{cidr: 192.168.7.0/24, range: 192.168.7.128/26}]"
IPVLAN = "driver: ipvlan, parent: eth1, vlan: 7, subnets: [{cidr: 192.168.7.0/24, range: 192.168.7.128/26}]"
OFFICE = "driver: bridge, gateway_mode: bridged, uplink: eth1, subnets: [192.168.7.0/24]"
TRUNK = f"{OFFICE}, vlan: 9"
FOREIGN = "driver: bridge, gateway_mode: bridged, bridge: br0, subnets: [192.168.7.0/24]"
PLAIN = "driver: bridge, subnets: [10.6.0.0/24]"
FABRIC = "driver: overlay, vni: 9, subnets: [10.6.0.0/16]"
HOSTS_OWN = "no interface of the host's own"


def said(fleet, one, other, **variables):
    """Of two networks that have a container each on two hosts."""
    fleet.networks(f"{{one: {{{one}}}, other: {{{other}}}}}")
    fleet.only_containers(**{host: f"{{a-{host}: {{networks: {{one: }}}}, b-{host}: {{networks: {{other: }}}}}}"
                             for host in ("h1", "h2")})  # fmt: skip
    return fleet.everywhere(**variables).problems()


@pytest.mark.parametrize(
    ("one", "name", "sentence"),
    [
        (SHIM, "chs-one", "its device chs-one is, on h1 and h2, the host's own interface on `one`"),
        (IPVLAN, "eth1.7", "its device eth1.7 is, on h1 and h2, VLAN 7 of eth1, which `one` is on"),
        (TRUNK, "eth1.9", "its device eth1.9 is, on h1 and h2, VLAN 9 of eth1, which `one` is on"),
        (SHIM, "eth1", f"its `parent` eth1 is, on h1 and h2, a device of `other`, and {HOSTS_OWN}"),
        (OFFICE, "eth1", f"its `uplink` eth1 is, on h1 and h2, a device of `other`, and {HOSTS_OWN}"),
        (f"{PLAIN}, uplink: eth7", "eth7", f"its `uplink` eth7 is, on h1 and h2, a device of `other`, and {HOSTS_OWN}"),
    ],
)
def test_a_bridge_has_no_name_of_something_else(fleet, one, name, sentence):
    (problem,) = said(fleet, one, f"driver: bridge, bridge: {name}, subnets: [10.5.0.0/24]")
    assert sentence in problem
    assert "give `other` another `bridge`" in problem or "Give it another `bridge`" in problem


def test_nor_that_of_a_containers_port(fleet, objects):
    port = objects(fleet.plan(), "h1", "veth", "web")[0]["name"]
    fleet.more_networks(f"other: {{driver: bridge, bridge: {port}, hosts: h1, subnets: [10.5.0.0/24]}}")
    (problem,) = fleet.problems()
    assert f"its device {port} is, on h1, the port of `shop` on `web`" in problem


@pytest.mark.parametrize("one", [PLAIN, f"{PLAIN}, internal: true", FABRIC, f"{FABRIC}, mode: bridged"])
@pytest.mark.parametrize(
    "option", ["driver: macvlan, parent", "driver: ipvlan, parent", "driver: bridge, uplink",
               "driver: bridge, gateway_mode: bridged, uplink"]
)  # fmt: skip
def test_nothing_stands_on_a_device_of_ours_or_leaves_by_it(fleet, one, option):
    (problem,) = said(fleet, one, f"{option}: ch-one, subnets: [192.168.9.0/24]")
    assert f"ch-one is, on h1 and h2, a device of `one`, and {HOSTS_OWN}" in problem


@pytest.mark.parametrize("option", ["driver: macvlan, parent", "driver: bridge, uplink"])
def test_nor_on_the_hosts_own_end_of_a_lan(fleet, option):
    (problem,) = said(fleet, SHIM, f"{option}: chs-one, subnets: [192.168.9.0/24]")
    assert f"chs-one is, on h1 and h2, a device of `one`, and {HOSTS_OWN}" in problem


@pytest.mark.parametrize(("one", "name"), [(OFFICE, "ch-one"), (TRUNK, "ch-one"), (FOREIGN, "br0")])
@pytest.mark.parametrize("option", ["driver: macvlan, parent", "driver: ipvlan, parent", "driver: bridge, uplink"])
def test_by_a_bridge_that_the_host_is_on_its_lan_by_others_leave(fleet, one, name, option):
    assert said(fleet, one, f"{option}: {name}, subnets: [192.168.9.0/24]") == []
    assert said(fleet, one, PLAIN, containerhost_underlay_interface=name) == []


def test_such_a_bridge_is_no_port_of_another_one(fleet):
    (problem,) = said(fleet, FOREIGN, "driver: bridge, gateway_mode: bridged, uplink: br0, subnets: [192.168.9.0/24]")
    assert "its `uplink` br0 is" in problem


def test_a_bridge_is_not_the_interface_that_hosts_reach_each_other_by(fleet):
    (problem,) = said(
        fleet, PLAIN, "driver: bridge, bridge: eth0, subnets: [10.5.0.0/24]", containerhost_underlay_interface="eth0"
    )
    assert "its device eth0 is the containerhost_underlay_interface of h1 and h2" in problem


def test_hosts_that_have_one_of_the_two_are_let_be(fleet):
    fleet.networks(f"{{one: {{{SHIM}}}, other: {{driver: bridge, bridge: chs-one, subnets: [10.5.0.0/24]}}}}")
    fleet.only_containers(h1="{a: {networks: {one: }}}", h2="{b: {networks: {other: }}}")
    assert fleet.problems() == []
