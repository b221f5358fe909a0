# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many addresses a report says there are, and where a way is broken."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.report import usage
from ansible_collections.containerhost.network.plugins.plugin_utils.report.hops import broken_hops
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import Findings
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.verify.answers import (
    answered_but,
    tried,
)


def used(plan, network):
    return [each for each in usage.of_plan(plan, set(plan.documents)) if each.network == network]


def test_gateways_ranges_and_holes_are_nobody_s(fleet):
    subnet = "{cidr: 10.9.0.0/28, range: 10.9.0.4-10.9.0.9, exclude: [10.9.0.6]}"
    fleet.networks(f"web: {{driver: bridge, subnets: [{subnet}]}}")
    fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}")
    [each] = used(fleet.plan(), "web")
    assert (each.slice, each.gateway, each.total, each.used, each.free) == ("10.9.0.0/28", "10.9.0.1", 5, 2, 3)


def test_hosts_with_the_same_subnet_have_a_row_each_and_a_segment_has_one(fleet):
    fleet.networks(
        "{web: {driver: bridge, subnets: [10.9.0.0/24]}, lan: {driver: macvlan, parent: eth1, subnets: [192.0.2.0/28]}}"
    )
    both = "networks: {web: , lan: }"
    fleet.only_containers(h1=f"a: {{{both}}}", h2=f"{{b: {{{both}}}, c: {{{both}}}}}")
    plan = fleet.plan()
    assert [(each.hosts, each.used) for each in used(plan, "web")] == [(("h1",), 1), (("h2",), 2)]
    assert [(each.hosts, each.used, each.total) for each in used(plan, "lan")] == [(("h1", "h2"), 3, 14)]


def test_what_has_left_is_held(fleet):
    fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}", h2="c: {networks: {web: }}")
    fleet.remembering(fleet.plan()).only_containers(h1="a: {networks: {web: }}", h2="c: {networks: {web: }}")
    assert [(each.used, each.held, each.free) for each in used(fleet.plan(), "web")] == [(1, 1, 251), (1, 0, 252)]


def test_few_are_a_warning(fleet):
    fleet.networks("web: {driver: bridge, subnets: [10.9.0.0/29]}")
    fleet.only_containers(h1="{" + ", ".join(f"c{number}: {{networks: {{web: }}}}" for number in range(5)) + "}")
    [warning] = usage.warnings(used(fleet.plan(), "web"))
    assert warning.startswith("web on h1: 0 of 5 addresses of 10.9.0.0/29 are free. Release")
    fleet.only_containers(h1="c: {networks: {web: }}")
    assert not list(usage.warnings(used(fleet.plan(), "web")))


def hops(plan, is_cut, **found):
    some = tried(plan)
    results = answered_but(some, lambda each: "no reply" if is_cut({each.host, each.to_host}, each) else "")
    return [(hop.network, hop.host, hop.others, hop.is_whole) for hop in broken_hops(some, Findings(results, **found))]


def test_a_host_that_nobody_reaches_is_one_hop(fleet):
    plan = fleet.plan()
    assert hops(plan, lambda ends, each: "h2" in ends and len(ends) == 2) == [("fabric", "h2", ("h1", "h3"), True)]


@pytest.mark.parametrize("drifting", ["h1", "h3"])
def test_of_two_ends_the_one_that_is_not_as_planned_is_named_first(fleet, drifting):
    [other] = {"h1", "h3"} - {drifting}
    found = hops(fleet.plan(), lambda ends, each: ends == {"h1", "h3"}, drift={drifting: ["x"]})
    assert found == [("fabric", drifting, (other,), False)]


def test_what_fails_on_a_host_is_no_hop(fleet):
    assert hops(fleet.plan(), lambda ends, each: len(ends) == 1) == []
