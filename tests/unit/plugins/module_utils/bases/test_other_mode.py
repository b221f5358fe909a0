# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What objects of an overlay are while hosts turn from one mode to the other: each phase takes what it may."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import wanted_object
from ansible_collections.containerhost.network.plugins.module_utils.engine.waiting import in_parts, stages
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import KIND

OWNER = "plan/fabric"
END = {"name": "chv1", "master": "chb-fabric", "mac": "02:00:00:00:00:01", "sandbox": {"ref": "shop"}}
ROUTED = {"addresses": ["10.42.3.2/24", "fd00:42:0:3::2/64"]}
BRIDGED = {"addresses": ["10.42.3.2/16", "fd00:42:0:3::2/48"]}
DEFAULTS = [{"dst": "0.0.0.0/0", "via": "10.42.3.1"}, {"dst": "::/0", "via": "fd00:42:0:3::1"}]
WHOLE = [{"dst": "10.42.0.0/16", "via": "10.42.3.1"}]
TURNED = ["0.0.0.0/0 via 10.42.3.1", "::/0 via fd00:42:0:3::1"]


def parts(kind: str, before: dict[str, Any], after: dict[str, Any], until="switch", needed=()) -> list[dict[str, Any]]:
    """The values that one has in the phase that comes before each of those that it waits for, and in the last one."""
    found = wanted_object(KIND[kind], before, OWNER)
    wanted = wanted_object(KIND[kind], after, OWNER)
    seen = []

    def compare(then: Wanted, there: Found) -> None:
        seen.append(then.values)

    place = Found(kind, found.key, found.values, OWNER)
    waits_for = stages(KIND[kind], until)
    now, _held = in_parts(KIND[kind], wanted, place, waits_for, compare, lambda place: place[-2:] in needed)
    return [now.values, *seen]


@pytest.mark.parametrize(
    ("before", "after", "kept", "routes"),
    [
        ({**ROUTED, "routes": DEFAULTS}, BRIDGED, ROUTED, TURNED),
        (BRIDGED, {**ROUTED, "routes": DEFAULTS}, BRIDGED, TURNED),
        (BRIDGED, {**ROUTED, "routes": WHOLE}, BRIDGED, []),
        ({**ROUTED, "routes": WHOLE}, BRIDGED, ROUTED, ["10.42.0.0/16 via 10.42.3.1"]),
    ],
    ids=["to a segment", "to slices", "to slices, and out by another network", "to a segment, and out by another"],
)
def test_a_container_goes_the_old_way_until_all_hosts_turn(before, after, kept, routes):
    now, *then = parts("veth", {**END, **before}, {**END, **after})
    assert (now["addresses"], now["routes"]) == (kept["addresses"], routes)
    assert [each["addresses"] for each in then] == [after["addresses"]]


def test_where_another_network_is_its_way_out_by_now_the_old_gateway_leads_to_the_network_alone():
    to_elsewhere = [("0.0.0.0/0", ""), ("::/0", "")]
    now, *_then = parts("veth", {**END, **ROUTED, "routes": DEFAULTS}, {**END, **BRIDGED}, needed=to_elsewhere)
    assert now["routes"] == ["10.42.0.0/16 via 10.42.3.1", "fd00:42::/48 via fd00:42:0:3::1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"addresses": []}, {**ROUTED, "routes": DEFAULTS}),
        ({**ROUTED, "routes": []}, {**ROUTED, "routes": DEFAULTS}),
        ({"addresses": ["10.42.3.9/24"], "routes": []}, {**ROUTED, "routes": DEFAULTS}),
    ],
    ids=["no address", "no route", "somebody else's"],
)
def test_what_was_damaged_in_a_container_is_mended_at_once(before, after):
    (now,) = parts("veth", {**END, **before}, {**END, **after})
    assert now["addresses"] == ROUTED["addresses"] and len(now["routes"]) == 2


def test_addresses_of_other_subnets_come_beside_the_old_ones():
    fe80 = "fe80::ff:fe00:1/64"  # of the old MAC
    before = {**END, "addresses": [*ROUTED["addresses"], fe80], "routes": DEFAULTS}
    new = ["10.43.3.2/24", "fd00:43:0:3::2/64"]
    routes = [{"dst": "0.0.0.0/0", "via": "10.43.3.1"}, {"dst": "::/0", "via": "fd00:43:0:3::1"}]
    after = {**END, "mac": "02:00:00:00:00:02", "addresses": new, "routes": routes}
    found = wanted_object(KIND["veth"], {**before, "addresses": ROUTED["addresses"]}, OWNER)
    there = Found("veth", found.key, {**found.values, "addresses": before["addresses"]}, OWNER)
    wanted = wanted_object(KIND["veth"], after, OWNER)
    until_switch, until_remove = (KIND["veth"].meanwhile(wanted, there, each).values for each in ("switch", "remove"))
    both = sorted([*new, *ROUTED["addresses"]])
    assert (until_switch["addresses"], until_switch["mac"]) == ([*both, fe80], END["mac"])
    assert until_switch["routes"] == TURNED
    assert (until_remove["addresses"], until_remove["mac"]) == (both, after["mac"])
    assert until_remove["routes"] == wanted.values["routes"]


def test_what_the_kernel_gives_with_the_first_address_of_ipv6_goes_when_all_turn():
    before = {**END, "addresses": ["10.42.3.2/24"]}
    after = {**END, "mac": "02:00:00:00:00:02", "addresses": ["10.43.3.2/24", "fd00:43:0:3::2/64"]}
    found, wanted = (wanted_object(KIND["veth"], each, OWNER) for each in (before, after))
    there = Found("veth", found.key, found.values, OWNER)
    now = KIND["veth"].meanwhile(wanted, there, "switch")
    both = sorted([*before["addresses"], *after["addresses"]])
    made = KIND["veth"].differences(now, there)
    assert (made["addresses"], made.keys() & {"given", "mac"}) == ((before["addresses"], both), set())
    turned = KIND["veth"].differences(wanted, there._replace(values={**there.values, **now.values}))
    assert turned["addresses"] == ([*both, "fe80::ff:fe00:1/64"], after["addresses"])


def test_what_the_kernel_gives_by_a_mac_that_stays_is_there_at_once():
    """With the first address of IPv6: nothing is left to do about it when all turn."""
    before, after = ({**END, "addresses": each} for each in (["10.42.3.2/24"], ["10.43.3.2/24", "fd00:43:0:3::2/64"]))
    found, wanted = (wanted_object(KIND["veth"], each, OWNER) for each in (before, after))
    now = KIND["veth"].meanwhile(wanted, Found("veth", found.key, found.values, OWNER), "switch")
    assert now.values["end_settings"] == wanted.values["end_settings"]


@pytest.mark.parametrize(("mac", "address"), [(END["mac"], "10.42.3.2/24"), ("02:00:00:00:00:02", "10.43.3.2/24")])
def test_a_family_that_a_container_loses_is_gone_at_once(mac, address):
    routes = [{**DEFAULTS[0], "via": address.replace(".2/24", ".1")}]
    after = {**END, "mac": mac, "addresses": [address], "routes": routes}
    now, *_later = parts("veth", {**END, **ROUTED, "routes": DEFAULTS}, after)
    assert now["addresses"] == sorted({"10.42.3.2/24", address})
    assert now["routes"] == ["0.0.0.0/0 via 10.42.3.1"]


def test_under_old_addresses_it_may_send_as_long_as_it_has_them():
    before = {"port": "chv1", "mac": END["mac"], "sources": ["10.42.3.2", "fe80::ff:fe00:1"]}
    after = {"port": "chv1", "mac": "02:00:00:00:00:02", "sources": ["10.43.3.2", "fe80::ff:fe00:2"]}
    now, then, last = parts("sender_filter", before, after)
    assert (now["mac"], now["sources"]) == (END["mac"], sorted([*before["sources"], *after["sources"]]))
    assert (then["mac"], then["sources"]) == (after["mac"], ["10.42.3.2", "10.43.3.2", "fe80::ff:fe00:2"])
    assert last["sources"] == after["sources"]


def test_names_lead_to_new_addresses_when_all_hosts_have_them():
    before = {"name": "fabric", "entries": ["10.42.3.2 a a.fabric", "fd00:42::2 a a.fabric"]}
    after = {"name": "fabric", "entries": ["10.43.3.2 a a.fabric", "10.43.3.3 b", "fd00:43::2 a a.fabric"]}
    now, then = parts("name_table", before, after)
    assert now["entries"] == ["10.42.3.2 a a.fabric", "10.43.3.3 b", "fd00:42::2 a a.fabric"]
    assert then["entries"] == after["entries"]
    moved = {"name": "fabric", "entries": ["10.42.4.2 a a.fabric", "fd00:42::2 a a.fabric"]}
    assert [each["entries"] for each in parts("name_table", before, moved)] == [moved["entries"]]


def test_a_bridge_is_a_gateway_until_nobody_asks_it_any_more():
    bridge = {"name": "chb-fabric", "mtu": 1450}
    routed = {**bridge, "addresses": ["10.42.3.1/24", "fd00:42:0:3::1/64"]}
    shim = {**bridge, "ipv6": True, "link_local": False, "addresses": ["10.42.0.9/32"]}
    for until in ("switch", "remove"):
        now, then = parts("bridge", routed, shim, until)
        assert now["addresses"] == ["10.42.0.9/32", *routed["addresses"]]
        assert now["settings"]["ipv6.addr_gen_mode"] == 0 and then["settings"]["ipv6.addr_gen_mode"] == 1
        assert then["addresses"] == ["10.42.0.9/32"]
    assert parts("bridge", shim, routed)[0]["addresses"] == routed["addresses"]
    assert parts("bridge", shim, {**shim, "addresses": []})[0]["addresses"] == []


ISOLATED = {"device": "chb-fabric", "accept_from": ["chb-fabric"], "sources": ["10.42.0.0/16"], "internal": True}
OPEN = {"device": "chb-fabric", "accept_from": ["ch-fabric", "chb-fabric"], "sources": ["10.42.3.0/24"]}


@pytest.mark.parametrize("before, after", [(OPEN, {**ISOLATED, "host_access": []}), (ISOLATED, OPEN)])
def test_what_comes_by_either_way_is_let_in_until_the_old_one_goes(before, after):
    for until in ("switch", "remove"):
        now, *_then = parts("isolation", before, after, until)
        assert (now["accept_from"], now["sources"]) == (["ch-fabric", "chb-fabric"], ["10.42.0.0/16"])
        assert (now["internal"], now["host_access"]) == (False, "everybody")


def test_what_is_closed_without_another_way_is_closed_at_once():
    (now,) = parts("isolation", OPEN, {**OPEN, "internal": True, "host_access": []})
    assert (now["internal"], now["host_access"]) == (True, [])
