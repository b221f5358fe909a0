# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device's settings do to its traffic: harm is told, everything else is let be."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.derived import solicited
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.harm import joined, of_ipv6
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    kernel_of,
    want,
)

MAC = "02:00:00:00:00:01"
FOUR, SIX = "10.80.0.1/24", "fd00:80::1/64"
# Closed as a run leaves it; what a test looks at is said by it.
ARRAYS = {2: [0] * 32, 10: [0] * 48}
CLOSED = {2: {"rp_filter": (7, 2), "arp_announce": (17, 2), "arp_ignore": (18, 1), "src_valid_mark": (23, 1)}, 10: {}}


def af_spec(hop_limit: int = 64, mtu: int = 1500, accept_ra: int = 0, deaf4: int = 0, deaf6: int = 0) -> bytes:
    whole = b""
    for family, array in ARRAYS.items():
        numbers = [*array]
        for place, number in CLOSED[family].values():
            numbers[place] = number
        if family == 10:
            numbers[:4] = [0, hop_limit, mtu, accept_ra]
        numbers[30 if family == 2 else 41] = deaf4 if family == 2 else deaf6
        raw = nla(1 if family == 2 else 2, struct.pack(f"={len(numbers)}i", *numbers))
        whole += nla(family, raw)
    return whole


def nla(number: int, body: bytes) -> bytes:
    return struct.pack("=HH", len(body) + 4, number) + body


def host(neighbours: dict[str, str] | None = None, lost=(), groups=(), **numbers: int) -> Kernel:
    bridge = Link(
        "ch-web", "bridge", mac=MAC, owner="plan/web", more={"IFLA_AF_SPEC": af_spec(**numbers)}, data=AS_MADE
    )
    sysctls = {f"net/{name}": number for name, number in (neighbours or {}).items()}
    return kernel_of(
        Namespace([bridge], {"ch-web": [FOUR, SIX]}, sysctls=sysctls, lost=lost, groups=groups), files={}
    )


AS_MADE = {
    "IFLA_BR_AGEING_TIME": 30000,
    "IFLA_BR_MCAST_SNOOPING": 1,
    **dict.fromkeys((f"IFLA_BR_{name}" for name in ("STP_STATE", "MCAST_QUERIER", "GROUP_FWD_MASK")), 0),
    **dict.fromkeys((f"IFLA_BR_NF_CALL_{name}TABLES" for name in ("IP", "IP6", "ARP")), 0),
}
BRIDGE = want("bridge", name="ch-web", mac=MAC, mtu=1500, addresses=[FOUR, SIX])


def found(kernel: Kernel) -> list[str]:
    return changed(kernel, BRIDGE)


def test_nothing_is_said_of_one_that_is_as_it_was_made():
    assert found(host()) == []


@pytest.mark.parametrize(("numbers", "line"), [
    ({"hop_limit": 1}, "settings: ipv6.hop_limit=1 → settings: ipv6.hop_limit=64"),
    ({"hop_limit": 31}, "settings: ipv6.hop_limit=31 → settings: ipv6.hop_limit=64"),
    ({"mtu": 1280}, "settings: ipv6.mtu=1280 → settings: ipv6.mtu=1500"),
    ({"deaf4": 1}, "settings: ipv4.drop_gratuitous_arp=1 → settings: ipv4.drop_gratuitous_arp=0"),
    ({"deaf6": 1}, "settings: ipv6.drop_unsolicited_na=1 → settings: ipv6.drop_unsolicited_na=0"),
])  # fmt: skip
def test_what_stops_traffic_is_changed_back(numbers, line):
    assert found(host(**numbers)) == [f"bridge ch-web (web): {line}"]


@pytest.mark.parametrize("numbers", [{"hop_limit": 32}, {"hop_limit": 255}])
def test_what_does_no_harm_is_let_be(numbers):
    assert found(host(**numbers)) == []


def test_an_mtu_that_comes_with_the_device_s_own_is_not_told_twice():
    there = {"ipv6.hop_limit": 64, "ipv6.mtu": 1300, "ipv6.accept_ra": 0}
    assert of_ipv6(there, Link("eth0", mtu=1400), 1500) == {}
    assert of_ipv6(there, Link("eth0", mtu=1400), 1400) == {"ipv6.mtu": (1300, 1400)}


def test_what_routers_say_is_theirs_where_they_are_listened_to():
    there = {"ipv6.hop_limit": 8, "ipv6.mtu": 1300, "ipv6.accept_ra": 2}
    assert of_ipv6(there, Link("eth0"), 1500) == {}
    assert of_ipv6({**there, "ipv6.accept_ra": None, "ipv6.hop_limit": None}, Link("eth0"), 1500) == {}


@pytest.mark.parametrize("which", ["all", "default"])
def test_a_host_that_listens_to_nobody_means_it(which):
    on = {f"ipv4/conf/{which}/drop_gratuitous_arp": "1", f"ipv6/conf/{which}/drop_unsolicited_na": "1"}
    assert found(host(on, deaf4=1, deaf6=1)) == []


def neighbours(family: str, name: str, value: int, default: int | None = None) -> dict[str, str]:
    defaults = {} if default is None else {f"{family}/neigh/default/{name}": str(default)}
    return {f"{family}/neigh/ch-web/{name}": str(value), **defaults}


@pytest.mark.parametrize(("given", "line"), [
    (("ipv4", "mcast_solicit", 0), "ipv4.neigh.mcast_solicit=0 → settings: ipv4.neigh.mcast_solicit=3"),
    (("ipv6", "ucast_solicit", 0, 5), "ipv6.neigh.ucast_solicit=0 → settings: ipv6.neigh.ucast_solicit=5"),
    (("ipv6", "app_solicit", 2), "ipv6.neigh.app_solicit=2 → settings: ipv6.neigh.app_solicit=0"),
])  # fmt: skip
def test_a_device_by_which_nobody_is_found_is_changed_back(given, line):
    assert found(host(neighbours(*given))) == [f"bridge ch-web (web): settings: {line}"]


@pytest.mark.parametrize("given", [
    ("ipv4", "mcast_solicit", 1), ("ipv6", "base_reachable_time_ms", 9), ("ipv4", "app_solicit", 1, 1),
    ("ipv4", "mcast_solicit", 0, 0),
])  # fmt: skip
def test_how_a_host_finds_its_neighbours_is_its_own_choice(given):
    """A program may do it for all of its devices (arpd)."""
    assert found(host(neighbours(*given))) == []


def test_a_setting_that_is_borrowed_is_let_be():
    kernel = host(neighbours("ipv4", "mcast_solicit", 0))
    lent = want("sysctl", key="net.ipv4.neigh.ch-web.mcast_solicit", value="0")
    kernel.records.borrow(Borrow(None, "net/ipv4/neigh/ch-web/mcast_solicit", "0", lent.owner, "sysctl"), "3")
    assert [line for line in changed(kernel, BRIDGE, lent) if line.startswith("bridge")] == []


@pytest.mark.parametrize("route", [FOUR, SIX])
def test_an_address_that_is_taken_no_more_is_told(route):
    address = route.partition("/")[0]
    kernel = host(lost=[address], groups=[("ch-web", solicited(SIX.partition("/")[0]))])
    assert found(kernel) == [f"bridge ch-web (web): addresses: {route} (its local route is gone) → addresses: {route}"]


def test_an_address_that_the_kernel_has_not_made_sure_of_is_not_missed_yet():
    assert found(host(lost=[SIX.partition("/")[0]])) == []


def test_harm_stands_beside_what_differs():
    harm = {"ipv6.hop_limit": (1, 64)}
    assert joined({}, "settings", harm, {"settings": {"a": 1}}) == {
        "settings": ({"a": 1, "ipv6.hop_limit": 1}, {"a": 1, "ipv6.hop_limit": 64})
    }
    assert joined({"settings": ({"a": 0}, {"a": 1})}, "settings", harm, {}) == {
        "settings": ({"a": 0, "ipv6.hop_limit": 1}, {"a": 1, "ipv6.hop_limit": 64})
    }
    assert joined({"mtu": (1, 2)}, "settings", {}, {}) == {"mtu": (1, 2)}
