# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses never move by themselves: a pin wins, then the ledger, then the lowest free."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

SUBNETS = {
    "web": [{"cidr": "10.80.0.0/24", "host_prefix": 28}],
    "fabric": [{"cidr": "10.42.0.0/24", "host_prefix": 28}, {"cidr": "fd00:42::/56", "host_prefix": 64}],
    "local": ["10.9.0.0/27"],
    "pooled": None,
}
NETWORKS = {
    "web": {"driver": "bridge", "subnets": SUBNETS["web"]},
    "fabric": {"driver": "overlay", "subnets": SUBNETS["fabric"], "vni": 42},
    "local": {"driver": "bridge", "subnets": SUBNETS["local"]},
    "pooled": {"driver": "bridge"},
}
# {host: {container: networks}}
FLEETS = st.dictionaries(
    st.sampled_from([f"h{n}" for n in range(6)]),
    st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from(sorted(NETWORKS)), min_size=1), max_size=5),
    max_size=6,
)


def plan_of(containers, ledger=None, today="2026-11-20"):
    variables = {
        host: {
            "ansible_host": f"198.18.7.{int(host[1:]) + 1}",
            "containerhost_networks": NETWORKS,
            "containerhost_containers": {name: {"networks": dict.fromkeys(sorted(on))} for name, on in found.items()},
        }
        for host, found in containers.items()
    }
    return make_plan(
        gather(Sources(variables, play={"containerhost_confirm_vanished": True})), ledger or Ledger(), today
    )


def places(plan):
    """Everything that must not move: addresses, interfaces, MACs and host ends by endpoint; slices by host."""
    endpoints = {
        (name, host, each.container.name): (each.addresses, each.interface, each.mac, each.host_end)
        for name, network in plan.fleet.networks.items()
        for host, found in network.endpoints.items()
        for each in found
    }
    slices = {(name, host): found for name, net in plan.fleet.networks.items() for host, found in net.slices.items()}
    return endpoints, slices


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FLEETS, FLEETS)
def test_what_comes_and_goes_moves_nobody_else(before, after):
    first = plan_of(before)
    second = plan_of(after, first.ledger)
    for old, new in zip(places(first), places(second), strict=True):
        assert all(new[key] == value for key, value in old.items() if key in new)
    # And who comes back finds all as it was.
    third = plan_of(before, second.ledger)
    assert places(third) == places(first)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FLEETS, FLEETS)
def test_no_two_have_one_address(before, after):
    plan = plan_of(after, plan_of(before).ledger)
    for name, network in plan.fleet.networks.items():
        fleet_wide = []
        for host, found in network.endpoints.items():
            own = [address for each in found for address, slice_ in each.addresses]
            own += [a for slice_ in network.slices[host] for a in (slice_.gateway, slice_.vtep) if a]
            assert len(own) == len(set(own))
            fleet_wide += own
        if name in ("web", "fabric"):
            assert len(fleet_wide) == len(set(fleet_wide))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FLEETS)
def test_a_plan_is_a_function_of_its_inputs(fleet):
    one, other = plan_of(fleet), plan_of(dict(reversed(fleet.items())))
    assert dict(one.documents) == dict(other.documents)
    assert one.ledger == other.ledger
    assert one.digest() == other.digest()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FLEETS, FLEETS)
def test_a_second_plan_changes_nothing_in_the_ledger(before, after):
    ledger = plan_of(after, plan_of(before).ledger, "2026-11-20").ledger
    again = plan_of(after, ledgers.parse(ledgers.render(ledger), "x"), "2026-12-24")
    assert again.ledger == ledger


def test_the_lowest_free_is_taken_in_the_order_of_names(fleet, addresses):
    plan = fleet.only_containers(h1="{b: {networks: {web: }}, a: {networks: {web: }}}").plan()
    assert addresses(plan) == {("web", "h1", "a"): ["10.80.0.2/24"], ("web", "h1", "b"): ["10.80.0.3/24"]}


def test_a_container_that_has_left_keeps_its_address_until_released(fleet, new_fleet, addresses):
    first = fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}").plan()
    fleet.only_containers(h1="{b: {networks: {web: }}, c: {networks: {web: }}}").remembering(first)
    fleet.today = "2026-11-25"
    second = fleet.plan()
    assert addresses(second)["web", "h1", "c"] == ["10.80.0.4/24"]
    assert second.ledger.endpoints["web", "h1", "a"].absent_since == "2026-11-25"
    fleet.ledger, released = ledgers.release(second.ledger, containers=("a",))
    assert released == ["endpoints/web/h1/a"]
    fleet.only_containers(h1="{b: {networks: {web: }}, c: {networks: {web: }}, d: {networks: {web: }}}")
    assert addresses(fleet.plan())["web", "h1", "d"] == ["10.80.0.2/24"]


def test_absence_counts_from_the_first_day(fleet):
    first = fleet.plan()
    fleet.only_containers().remembering(first).everywhere(containerhost_confirm_vanished=True)
    fleet.today = "2026-11-25"
    fleet.remembering(fleet.plan())
    fleet.today = "2026-12-24"
    assert {each.absent_since for each in fleet.plan().ledger.endpoints.values()} == {"2026-11-25"}


def test_a_network_more_renames_no_interface(fleet):
    first = fleet.only_containers(h1="{a: {networks: {web: }}}").plan()
    fleet.only_containers(h1="{a: {networks: {web: , fabric: }}}").remembering(first)
    second = fleet.plan()
    assert second.ledger.endpoints["web", "h1", "a"].interface == "eth0"
    assert second.ledger.endpoints["fabric", "h1", "a"].interface == "eth1"


def test_interfaces_of_a_new_container_are_numbered_by_network(fleet):
    plan = fleet.plan()
    assert plan.ledger.endpoints["fabric", "h1", "shop"].interface == "eth0"
    assert plan.ledger.endpoints["web", "h1", "shop"].interface == "eth1"


def test_an_interface_that_is_named_comes_first(fleet):
    plan = fleet.only_containers(h1="{a: {networks: {web: {interface: eth0}, fabric: }}}").plan()
    assert plan.ledger.endpoints["fabric", "h1", "a"].interface == "eth1"


class TestPins:
    def test_a_pinned_address_is_taken(self, fleet, addresses):
        plan = fleet.only_containers(h1="{a: {networks: {web: {address: 10.80.0.77}}}}").plan()
        assert addresses(plan)["web", "h1", "a"] == ["10.80.0.77/24"]

    def test_the_other_family_is_given_as_usual(self, fleet, addresses):
        plan = fleet.only_containers(h1="{a: {networks: {fabric: {address: 'fd00:42::77'}}}}").plan()
        assert addresses(plan)["fabric", "h1", "a"] == ["10.42.0.2/24", "fd00:42::77/64"]

    def test_several_addresses_of_a_family(self, fleet, addresses):
        plan = fleet.only_containers(h1="{a: {networks: {web: {addresses: [10.80.0.9, 10.80.0.8]}}}}").plan()
        assert addresses(plan)["web", "h1", "a"] == ["10.80.0.9/24", "10.80.0.8/24"]

    def test_a_pin_is_before_the_ledger(self, fleet, addresses):
        first = fleet.only_containers(h1="{a: {networks: {web: }}}").plan()
        fleet.only_containers(h1="{a: {networks: {web: {address: 10.80.0.9}}}}").remembering(first)
        assert addresses(fleet.plan())["web", "h1", "a"] == ["10.80.0.9/24"]

    def test_a_pin_stays_when_it_is_taken_out_again(self, fleet, addresses):
        first = fleet.only_containers(h1="{a: {networks: {web: {address: 10.80.0.9}}}}").plan()
        fleet.only_containers(h1="{a: {networks: {web: }}}").remembering(first)
        assert addresses(fleet.plan())["web", "h1", "a"] == ["10.80.0.9/24"]

    def test_a_pin_does_not_push_out_a_present_container(self, fleet):
        first = fleet.only_containers(h1="{a: {networks: {web: }}}").plan()
        fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: {address: 10.80.0.2}}}}")
        assert fleet.remembering(first).problems() == [
            "`b` on h1 and `a` on h1 are both on 10.80.0.2 of `web`, the latter by the ledger."
            " Choose another address for the first, or pin one for the second as well"
        ]

    def test_two_may_swap_by_pins(self, fleet, addresses):
        first = fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}").plan()
        swapped = "{a: {networks: {web: {address: 10.80.0.3}}}, b: {networks: {web: {address: 10.80.0.2}}}}"
        plan = fleet.only_containers(h1=swapped).remembering(first).plan()
        assert addresses(plan)["web", "h1", "a"] == ["10.80.0.3/24"]

    def test_a_pin_takes_over_from_what_has_left(self, fleet, addresses):
        first = fleet.only_containers(h1="{a: {networks: {web: }}}").plan()
        plan = fleet.only_containers(h1="{b: {networks: {web: {address: 10.80.0.2}}}}").remembering(first).plan()
        assert addresses(plan) == {("web", "h1", "b"): ["10.80.0.2/24"]}
        assert ("web", "h1", "a") not in plan.ledger.endpoints

    def test_a_pinned_slice_is_taken(self, fleet, addresses):
        fleet.variables("h2", containerhost_slices={"fabric": ["10.42.9.0/24", "fd00:42:0:9::/64"]})
        plan = fleet.plan()
        assert addresses(plan)["fabric", "h2", "db"] == ["10.42.9.2/24", "fd00:42:0:9::2/64"]
        assert addresses(plan)["fabric", "h3", "cache"] == ["10.42.1.2/24", "fd00:42:0:1::2/64"]

    def test_a_host_may_pin_several_slices(self, fleet, objects):
        fleet.variables("h2", containerhost_slices={"fabric": ["10.42.9.0/24", "10.42.4.0/24"]})
        plan = fleet.plan()
        assert [each["addresses"] for each in objects(plan, "h2", "bridge")] == [
            ["10.42.4.1/24", "10.42.9.1/24", "fd00:42:0:1::1/64"]
        ]
        assert plan.ledger.slices["fabric", "h2"].slices == ("10.42.4.0/24", "10.42.9.0/24", "fd00:42:0:1::/64")

    def test_a_pinned_address_fixes_its_host_s_slice(self, fleet, addresses):
        fleet.containers("h3", "{cache: {networks: {fabric: {address: 10.42.7.7}}}, x: {networks: {fabric: }}}")
        plan = fleet.plan()
        assert addresses(plan)["fabric", "h3", "cache"] == ["10.42.7.7/24", "fd00:42:0:2::2/64"]
        assert addresses(plan)["fabric", "h3", "x"][0] == "10.42.7.2/24"

    def test_a_pinned_address_outside_the_remembered_slice_is_a_problem(self, fleet):
        first = fleet.plan()
        fleet.containers("h3", "{cache: {networks: {fabric: {address: 10.42.7.7}}}}").remembering(first)
        assert "but the host's slice is 10.42.2.0/24" in fleet.problems()[0]

    def test_a_pinned_slice_does_not_push_out_a_present_host(self, fleet):
        first = fleet.plan()
        fleet.variables("h9", containerhost_slices={"fabric": ["10.42.0.0/24"]}).remembering(first)
        assert fleet.problems() == [
            "h9: containerhost_slices pins 10.42.0.0/24 of `fabric`, which h1 has had by the ledger."
            " Pin another slice, or pin one for h1 as well"
        ]

    def test_a_slice_pinned_by_two_is_a_problem(self, fleet):
        fleet.variables("h1", containerhost_slices={"fabric": ["10.42.5.0/24"]})
        fleet.variables("h2", containerhost_slices={"fabric": ["10.42.5.0/24"]})
        assert "which h1 pins as well" in fleet.problems()[0]

    @pytest.mark.parametrize("slice_", ["10.42.5.0/25", "10.43.5.0/24", "10.42.0.0/16", "fd00:42::/63"])
    def test_a_pin_that_is_no_slice_is_a_problem(self, fleet, slice_):
        fleet.variables("h1", containerhost_slices={"fabric": [slice_]})
        assert "not one of its slices. Take a /24 of 10.42.0.0/16 or a /64 of fd00:42::/48" in fleet.problems()[0]

    def test_pins_of_networks_without_slices_are_a_problem(self, fleet):
        fleet.more_networks("office: {driver: bridge, subnets: [10.5.0.0/24]}")
        fleet.variables("h1", containerhost_slices={"office": ["10.5.0.0/26"]})
        assert "`office`, which is not cut into slices" in fleet.problems()[0]

    def test_pins_of_unknown_networks_name_the_nearest(self, fleet):
        fleet.variables("h1", containerhost_slices={"fabrik": ["10.42.5.0/24"]})
        assert "Write `fabric` if that is meant" in fleet.problems()[0]


class TestHandMergedLedger:
    """Two branches gave one slice, or one address, to two."""

    def test_one_slice_for_two_hosts_is_a_problem(self, fleet):
        plan = fleet.plan()
        slices = {**plan.ledger.slices, ("fabric", "h2"): plan.ledger.slices["fabric", "h1"]}
        fleet.ledger = Ledger(plan.ledger.networks, slices, {})
        assert "the ledger gives the slice 10.42.0.0/24 of `fabric` to h1 and to h2" in fleet.problems()[0]

    def test_one_address_for_two_containers_is_a_problem(self, fleet):
        fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}")
        plan = fleet.plan()
        endpoints = {**plan.ledger.endpoints, ("web", "h1", "b"): plan.ledger.endpoints["web", "h1", "a"]}
        fleet.ledger = Ledger(plan.ledger.networks, plan.ledger.slices, endpoints)
        assert "`a` on h1 and `b` on h1 are both on 10.80.0.2 of `web`" in fleet.problems()[0]


class TestChangedSubnets:
    def test_a_renumbered_network_is_handed_out_anew(self, fleet, addresses):
        first = fleet.plan()
        fleet.networks("{web: {driver: bridge, subnets: [{cidr: 10.81.0.0/16, host_prefix: 24}]}}")
        plan = fleet.only_containers(h1="{shop: {networks: {web: }}}").remembering(first).plan()
        assert addresses(plan) == {("web", "h1", "shop"): ["10.81.0.2/24"]}

    def test_a_second_subnet_is_used_when_the_first_is_full(self, fleet, addresses):
        fleet.networks("{web: {driver: bridge, subnets: [10.5.0.0/30]}}").only_containers(h1="{a: {networks: {web: }}}")
        first = fleet.plan()
        fleet.networks("{web: {driver: bridge, subnets: [10.5.0.0/30, 10.6.0.0/24]}}")
        fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}").remembering(first)
        assert addresses(fleet.plan()) == {("web", "h1", "a"): ["10.5.0.2/30"], ("web", "h1", "b"): ["10.6.0.2/24"]}


class TestRangesAndExclusions:
    def test_a_range_is_where_addresses_come_from(self, fleet, addresses):
        fleet.networks("{web: {driver: bridge, subnets: [{cidr: 10.5.0.0/24, range: 10.5.0.128/25}]}}")
        plan = fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: {address: 10.5.0.9}}}}").plan()
        assert addresses(plan) == {("web", "h1", "a"): ["10.5.0.128/24"], ("web", "h1", "b"): ["10.5.0.9/24"]}

    def test_what_is_excluded_is_never_taken(self, fleet, addresses):
        exclude = "[10.5.0.2, 10.5.0.4-10.5.0.9, 10.5.0.16/28]"
        fleet.networks(f"{{web: {{driver: bridge, subnets: [{{cidr: 10.5.0.0/27, exclude: {exclude}}}]}}}}")
        names = ", ".join(f"c{n}: {{networks: {{web: }}}}" for n in range(7))
        plan = fleet.only_containers(h1=f"{{{names}}}").plan()
        assert [each[0] for each in addresses(plan).values()] == [f"10.5.0.{n}/27" for n in (3, 10, 11, 12, 13, 14, 15)]

    def test_a_huge_exclusion_is_skipped_at_once(self, fleet, addresses):
        subnet = "{cidr: 'fd05::/64', exclude: ['fd05::/65']}"
        fleet.networks(f"{{web: {{driver: bridge, subnets: [{subnet}]}}}}")
        plan = fleet.only_containers(h1="{a: {networks: {web: }}}").plan()
        assert addresses(plan) == {("web", "h1", "a"): ["fd05::8000:0:0:0/64"]}

    def test_of_a_cut_subnet_they_are_about_slices(self, fleet):
        subnet = "{cidr: 10.42.0.0/16, host_prefix: 24, range: 10.42.4.0/22, exclude: [10.42.5.0/24]}"
        fleet.networks(f"{{fabric: {{driver: overlay, vni: 1, subnets: [{subnet}]}}}}").only_containers(
            **dict.fromkeys(("h1", "h2", "h3"), "{a: {networks: {fabric: }}}")
        )
        plan = fleet.plan()
        assert [str(slices[0].block) for slices in plan.fleet.networks["fabric"].slices.values()] == [
            "10.42.4.0/24",
            "10.42.6.0/24",
            "10.42.7.0/24",
        ]

    def test_a_full_range_names_pool_used_and_free(self, fleet):
        fleet.networks("{web: {driver: bridge, subnets: [{cidr: 10.5.0.0/24, range: 10.5.0.8/31}]}}")
        fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}, c: {networks: {web: }}}")
        assert (
            "no address is left for `c` on h1 in 10.5.0.8-10.5.0.9: 2 in all, 2 used (0 held for" in fleet.problems()[0]
        )

    def test_a_full_slice_counts_what_is_held_for_who_has_left(self, fleet):
        fleet.networks("{web: {driver: bridge, subnets: [10.5.0.0/29]}}")
        first = fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}").plan()
        names = ", ".join(f"c{n}: {{networks: {{web: }}}}" for n in range(5))
        problems = fleet.only_containers(h1=f"{{{names}}}").remembering(first).problems()
        assert len(problems) == 1
        assert (
            "`c3` on h1 and 1 more in 10.5.0.0/29: 5 in all, 5 used (2 held for what left the inventory)" in problems[0]
        )

    def test_no_slice_left_names_pool_used_and_free(self, fleet):
        fleet.networks("{fabric: {driver: overlay, vni: 1, subnets: [10.42.0.0/23]}, web: {driver: bridge}}")
        assert "no slice is left for h3 in 10.42.0.0/23 in /24: 2 in all, 2 used (0 held for" in fleet.problems()[0]


class TestPools:
    def test_a_network_without_subnets_gets_one_and_keeps_it(self, fleet):
        fleet.networks("{b: {driver: bridge}, o: {driver: overlay, vni: 1}}").only_containers(
            h1="{x: {networks: {b: , o: }}}"
        )
        first = fleet.plan()
        assert first.ledger.networks["b"].subnets == ("10.64.0.0/24",)
        assert first.ledger.networks["o"].subnets == ("10.65.0.0/16",)
        fleet.networks("{a: {driver: bridge}, b: {driver: bridge}, o: {driver: overlay, vni: 1}}").remembering(first)
        second = fleet.plan()
        assert second.ledger.networks["b"].subnets == ("10.64.0.0/24",)
        assert second.ledger.networks["a"].subnets == ("10.64.1.0/24",)

    def test_pools_of_one_s_own_in_both_families(self, fleet):
        fleet.networks("{b: {driver: bridge}}").only_containers(h1="{x: {networks: {b: }}}")
        fleet.everywhere(containerhost_pools=["10.7.0.0/24", "10.8.0.0/16", "fd08::/48"])
        assert fleet.plan().ledger.networks["b"].subnets == ("10.7.0.0/24", "fd08::/64")

    def test_what_is_in_use_is_left_out(self, fleet):
        fleet.networks("{a: {driver: bridge, subnets: [10.7.0.0/24]}, b: {driver: bridge}, c: {driver: bridge}}")
        fleet.only_containers(h1="{x: {networks: {b: , c: }}}").everywhere(containerhost_pools=["10.7.0.0/16"])
        fleet.variables("h1", ansible_host="10.7.2.9")
        plan = fleet.plan()
        assert plan.ledger.networks["b"].subnets == ("10.7.1.0/24",)
        assert plan.ledger.networks["c"].subnets == ("10.7.3.0/24",)

    def test_what_left_the_inventory_keeps_its_subnet(self, fleet):
        first = fleet.networks("{b: {driver: bridge}}").only_containers(h1="{x: {networks: {b: }}}").plan()
        fleet.networks("{a: {driver: bridge}}").only_containers(h1="{x: {networks: {a: }}}").remembering(first)
        plan = fleet.plan()
        assert plan.ledger.networks["a"].subnets == ("10.64.1.0/24",)
        assert plan.ledger.networks["b"].absent_since == "2026-11-20"

    def test_a_subnet_in_the_ledger_that_a_new_one_overlaps_is_a_problem(self, fleet):
        first = fleet.networks("{b: {driver: bridge}}").only_containers(h1="{x: {networks: {b: }}}").plan()
        fleet.networks("{a: {driver: bridge, subnets: [10.64.0.0/20]}, b: {driver: bridge}}").remembering(first)
        assert "`b` (10.64.0.0/24, by the ledger)" in fleet.problems()[0]

    def test_another_driver_needs_another_subnet(self, fleet):
        first = fleet.networks("{b: {driver: bridge}}").only_containers(h1="{x: {networks: {b: }}}").plan()
        plan = fleet.networks("{b: {driver: overlay, vni: 1}}").remembering(first).plan()
        assert plan.ledger.networks["b"].subnets == ("10.64.0.0/16",)

    def test_pools_that_are_used_up_are_a_problem(self, fleet):
        fleet.networks("{a: {driver: bridge}, b: {driver: bridge}}").everywhere(containerhost_pools=["10.7.0.0/24"])
        fleet.only_containers(h1="{x: {networks: {a: , b: }}}")
        assert "no /24 is free in containerhost_pools (10.7.0.0/24)" in fleet.problems()[0]


class TestVanishedHosts:
    def make(self, new_fleet, count):
        fleet = new_fleet()
        fleet.hosts = {}
        for number in range(count):
            fleet.variables(f"h{number:02}", ansible_host=f"198.18.7.{number + 1}")
        fleet.networks("{web: {driver: bridge, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]}}")
        return fleet.only_containers(**dict.fromkeys(fleet.hosts, "{a: {networks: {web: }}}"))

    def test_one_in_ten_may_go(self, new_fleet):
        fleet = self.make(new_fleet, 10)
        fleet.remembering(fleet.plan()).without("h03")
        assert fleet.plan().ledger.slices["web", "h03"].absent_since

    def test_more_than_a_tenth_stop_the_plan_and_are_named(self, new_fleet):
        fleet = self.make(new_fleet, 10)
        fleet.remembering(fleet.plan()).without("h03").without("h07")
        (problem,) = fleet.problems()
        assert "2 of the 10 hosts that the ledger knows have left the inventory: h03, h07" in problem
        assert "-e containerhost_confirm_vanished=true" in problem

    def test_confirmed_it_goes_on_and_asks_no_more(self, new_fleet):
        fleet = self.make(new_fleet, 10)
        fleet.remembering(fleet.plan()).without("h03").without("h07").everywhere(containerhost_confirm_vanished="true")
        fleet.remembering(fleet.plan()).everywhere(containerhost_confirm_vanished=False)
        assert fleet.problems() == []


class TestReadOnlyLedger:
    def test_what_is_known_is_planned(self, fleet):
        fleet.remembering(fleet.plan()).everywhere(containerhost_ledger_read_only=True)
        assert fleet.plan().ledger is fleet.ledger

    def test_a_needed_allocation_is_a_problem_that_names_it(self, fleet):
        fleet.remembering(fleet.plan()).everywhere(containerhost_ledger_read_only=True)
        fleet.containers("h2", "{db: {networks: {fabric: }}, new: {networks: {fabric: }}}")
        (problem,) = fleet.problems()
        assert "the ledger is read-only and does not know an address on `fabric` for `new` on h2" in problem

    def test_what_has_left_is_not_noted(self, fleet):
        fleet.remembering(fleet.plan()).everywhere(containerhost_ledger_read_only=True).containers("h2", "{}")
        assert fleet.plan().ledger is fleet.ledger
