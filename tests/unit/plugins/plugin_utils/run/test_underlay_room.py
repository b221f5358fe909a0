# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is told about the size of what it sends to others."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.run.underlay_room import of_fleet, of_host

SUBNET = "subnets: [10.42.0.0/16]"
CONTAINERS = {host: f"{{c-{host}: {{networks: {{fabric: {{}}}}}}}}" for host in ("h1", "h2", "h3")}


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ("backend: host-gw", 1500),
        ("vni: 42", 1500),
        ("vni: 42, mtu: 1300", 1350),
        ("backend: wireguard, mtu: 1300", 1360),
        ("vni: 42, mode: bridged, encrypted: true, mtu: 1300", 1430),
    ],
)
def test_what_a_network_sends_is_its_mtu_and_what_its_backend_adds(fleet, options, size):
    for number, host in enumerate(CONTAINERS, start=1):
        fleet.variables(host, containerhost_underlay_address=f"198.18.7.{10 + number}/24")
    fleet.networks(f"fabric: {{driver: overlay, {options}, {SUBNET}}}").only_containers(**CONTAINERS)
    plan = fleet.plan()
    told = of_fleet(plan.fleet, plan.documents.networks)
    assert told["sizes"] == {"fabric": size}
    assert of_host(told, plan.networks, "h1") == {"by": told["by"]["h1"], "sizes": {"fabric": size}}


def test_a_host_is_told_of_its_own_networks_and_of_none_that_stay_on_it(fleet):
    plan = fleet.plan()
    told = of_fleet(plan.fleet, plan.documents.networks)
    assert of_host(told, {"fabric": {"members": ["h2"]}}, "h1") == {}
    assert of_host({}, plan.networks, "h1") == {}
