# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a container's networks its default routes lead to."""

from __future__ import annotations

import pytest

NETWORKS = """{
    a: {driver: bridge, subnets: [10.1.0.0/24]},
    b: {driver: bridge, subnets: [10.2.0.0/24, "fd00:2::/64"]},
    c: {driver: bridge, subnets: [10.3.0.0/24, "fd00:3::/64"]},
    inner: {driver: bridge, internal: true, subnets: [10.4.0.0/24]}}"""


@pytest.mark.parametrize(
    ("networks", "more", "leads"),
    [
        ("a: , b: , c: ", "", {"a": (4,), "b": (6,)}),
        ("a: , b: {priority: 1}, c: ", "", {"b": (4, 6)}),
        ("a: {priority: -1}, b: {priority: -2}, c: {priority: -2}", "", {"a": (4,), "b": (6,)}),
        ("a: , b: {priority: 5}, c: {priority: 5}", "", {"b": (4, 6)}),
        ("a: , b: {priority: 5}, c: {priority: 9}", ", default_route: a", {"a": (4,), "c": (6,)}),
        ("a: {priority: -2147483648}, inner: {priority: 2147483647}", "", {"a": (4,)}),
    ],
    ids=["by name", "the highest", "below zero", "equal ones by name", "default_route first", "internal leads nowhere"],
)
def test_default_routes_lead_to_the_network_of_the_highest_priority(fleet, networks, more, leads):
    fleet.more_networks(NETWORKS)
    fleet.only_containers(h1=f"{{shop: {{networks: {{{networks}}}{more}}}}}")
    found = {
        name: endpoint.default_route_versions
        for name, network in fleet.plan().fleet.networks.items()
        for endpoint in network.endpoints.get("h1", ())
        if endpoint.default_route_versions
    }
    assert found == leads
