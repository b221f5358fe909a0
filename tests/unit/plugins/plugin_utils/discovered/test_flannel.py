# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flannel's slices, as an overlay of the inventory: each host keeps its own."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.docker import from_docker
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.flannel import with_flannel
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import holders
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.discovered import test_docker


def env(number, **more):
    told = {
        "FLANNEL_NETWORK": "10.244.0.0/16",
        "FLANNEL_SUBNET": f"10.244.{number}.1/24",
        "FLANNEL_MTU": "1450",
        "FLANNEL_IPMASQ": "true",
        **more,
    }
    return "".join(f"{name}={value}\n" for name, value in told.items())


def host(number):
    """As ``dockerd --bip`` has it: containers without a network of their own are on the host's slice."""
    bridge = test_docker.network("bridge", IPAM={"Config": [{"Subnet": f"10.244.{number}.0/24"}]})
    told = test_docker.container(f"app{number}", {"bridge": {"IPAddress": f"10.244.{number}.7"}}, mode="default")
    return with_flannel(from_docker([bridge], [told]), env(number), ["flannel.1"])


def test_a_fleet_keeps_its_slices_and_the_containers_their_addresses():
    networks, hosts = fleet.of_fleet({"h1": host(5), "h2": host(9)})
    assert networks == {
        "flannel": {
            "driver": "overlay", "vni": 1, "port": 8472, "subnets": [{"cidr": "10.244.0.0/16", "host_prefix": 24}]
        }
    }  # fmt: skip
    told = {
        name: {
            "ansible_host": f"192.0.2.{number}",
            "containerhost_networks": networks,
            "containerhost_containers": each.containers,
            "containerhost_slices": each.slices,
        }
        for number, (name, each) in enumerate(hosts.items(), 1)
    }
    plan = make_plan(gather(Sources(told)), Ledger(), "2026-11-26")
    found = {(each.host, each.container): each.addresses for each in holders(plan, Ledger()) if each.container}
    assert found == {("h1", "app5"): ("10.244.5.7/24",), ("h2", "app9"): ("10.244.9.7/24",)}
    assert plan.ledger.slices[("flannel", "h2")].slices == ("10.244.9.0/24",)
    assert "containerhost_slices" in fleet.files(networks, hosts, {})["inventory/host_vars/h1.yml"]


def test_both_families_are_taken():
    found = with_flannel(
        DiscoveredHost(),
        env(3, FLANNEL_IPV6_NETWORK="fd00:42::/48", FLANNEL_IPV6_SUBNET="fd00:42:0:3::1/64"),
        ["flannel.1", "flannel-v6.1"],
    )
    assert found.slices == {"flannel": ["10.244.3.0/24", "fd00:42:0:3::/64"]}
    assert found.networks["flannel"]["subnets"][1] == {"cidr": "fd00:42::/48", "host_prefix": 64}


def test_without_a_tunnel_it_is_host_gw():
    found = with_flannel(DiscoveredHost(), env(3), [])
    assert found.networks["flannel"]["backend"] == "host-gw"


@pytest.mark.parametrize(
    ("text", "devices", "said"),
    [
        ("", ["flannel.1"], "names no network and slice"),
        (env(3), ["flannel.1", "flannel.7"], "VXLAN devices of several VNIs"),
        (env(3, FLANNEL_IPMASQ="false"), ["flannel.1"], "does not masquerade"),
    ],
)
def test_what_cannot_be_taken_over_is_said(text, devices, said):
    assert said in "\n".join(with_flannel(DiscoveredHost(), text, devices).left)
