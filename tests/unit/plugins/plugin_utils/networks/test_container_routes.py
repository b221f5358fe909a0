# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A destination and a metric are one route's in a container, by whichever of its networks it comes."""

from __future__ import annotations

import pytest

NETWORKS = """{web: {driver: bridge, subnets: [10.5.0.0/24, "fd05::/64"]},
 fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}]},
 lan: {driver: macvlan, parent: eth1, subnets: [{cidr: 192.0.2.0/24, gateway: 192.0.2.1}, "fd07::/64"]}}"""


@pytest.fixture
def shop(fleet):
    """The fleet of one container, whose default routes lead to web, with these routes by each of its networks."""

    def _shop(routes):
        networks = ", ".join(f"{name}: {{routes: [{text}]}}" for name, text in routes.items())
        fleet.networks(NETWORKS)
        fleet.containers("h1", f"{{shop: {{networks: {{{networks}}}, default_route: web}}}}")
        return fleet

    return _shop


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        ({"web": '{dst: "::/0", type: blackhole}'}, "its route to ::/0 has the place of its default route by `web`"),
        ({"web": "", "lan": "{dst: 0.0.0.0/0, via: 192.0.2.9}"}, "has the place of its default route by `web`"),
        ({"web": "", "lan": '{dst: "::/0", metric: 1024, type: prohibit}'}, "place of its default route by `web`"),
        ({"web": "{dst: 10.0.0.0/8}", "lan": "{dst: 10.0.0.0/8, metric: 0, type: prohibit}"}, "of another route"),
        ({"web": "", "fabric": "{dst: 10.42.0.0/16, type: prohibit}"}, "prohibit, and that is `fabric` itself"),
        ({"web": "", "fabric": '{dst: "fd09::/64", type: prohibit}'}, "and it has no IPv6 address there"),
        ({"web": "{dst: 10.5.0.0/24, via: 10.5.0.9}"}, "the place of the kernel's own, to what it reaches on `web`"),
        ({"web": "{dst: 192.0.2.0/24, type: blackhole}", "lan": ""}, "to what it reaches on `lan` without a gateway"),
        ({"web": "", "lan": '{dst: "fd07::/64", metric: 256}'}, "to what it reaches on `lan` without a gateway"),
    ],
)
def test_two_of_one_place_and_what_cannot_be(shop, routes, words):
    [problem] = shop(routes).problems()
    assert words in str(problem)


def test_each_has_a_place_of_its_own(shop, objects):
    plan = shop({
        "web": '{dst: 0.0.0.0/0, via: 10.5.0.1}, {dst: "::/0", type: unreachable, metric: 4096}, {dst: 10.5.0.0/25}',
        "lan": "{dst: 0.0.0.0/0, type: unreachable, metric: 9}, {dst: 192.0.2.64/26, type: blackhole}",
    }).plan()  # fmt: skip
    [end] = objects(plan, "h1", "veth")
    assert {"dst": "::/0", "metric": 4096, "type": "unreachable"} in end["routes"]
    assert objects(plan, "h1", "macvlan")[0]["routes"] == [
        {"dst": "0.0.0.0/0", "metric": 9, "type": "unreachable"},
        {"dst": "192.0.2.64/26", "type": "blackhole"},
    ]


@pytest.mark.parametrize(
    ("routes", "fabric"),
    [
        ({"web": "", "fabric": ""}, [{"dst": "10.42.0.0/16", "via": "10.42.0.1"}]),
        ({"web": "", "fabric": "{dst: 10.42.0.0/16, via: 10.42.0.9}"}, [{"dst": "10.42.0.0/16", "via": "10.42.0.9"}]),
        ({"web": "{dst: 10.42.0.0/16, via: 10.5.0.9}", "fabric": ""}, []),
    ],
)
def test_what_a_container_says_itself_comes_before_what_its_network_brings(shop, objects, routes, fabric):
    ends = objects(shop(routes).plan(), "h1", "veth")
    assert [each.get("routes", []) for each in ends if each["network"] == "fabric"] == [fabric]


@pytest.mark.parametrize(("prefix", "routes"), [(24, []), (25, [{"dst": "10.43.0.0/24", "via": "10.43.0.1"}])])
def test_a_slice_that_is_the_whole_of_its_subnet_needs_no_route_to_it(fleet, objects, prefix, routes):
    """The kernel has one, and takes no second one to the same place."""
    subnets = f"internal: true, hosts: h1, subnets: [{{cidr: 10.43.0.0/24, host_prefix: {prefix}}}]"
    fleet.networks(f"{{fabric: {{driver: overlay, vni: 42, {subnets}}}}}")
    fleet.only_containers(h1="{shop: {networks: {fabric: {}}}}")
    [end] = objects(fleet.plan(), "h1", "veth")
    assert end["routes"] == routes
