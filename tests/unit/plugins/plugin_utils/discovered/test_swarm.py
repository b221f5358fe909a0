# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Swarm's overlays, services and ports, as an inventory has them."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet, swarm
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.docker import from_docker
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import holders
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.discovered.test_docker import (
    container,
    network,
)

VXLAN = {"com.docker.network.driver.overlay.vxlanid_list": "4097"}
NETWORKS = [
    network("app", "overlay", options=VXLAN, IPAM={"Config": [{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}]}),
    network("ingress", "overlay", "10.0.0.0/16", {**VXLAN, "encrypted": ""}),
    network("docker_gwbridge", subnet="172.18.0.0/16"),
    network("front", subnet="172.20.0.0/16"),
]
SERVICES = {"web": ["8080:80/tcp"], "db": []}


def task(service, slot, last, networks=("app",), **more):
    name = f"{service}.{slot}.abcdefghijklmnopqrstuvwxy"
    addresses = {"app": f"10.0.1.{last}", "front": f"172.20.0.{last}"}
    endpoints = {each: {"IPAddress": addresses[each], "MacAddress": f"02:42:0a:00:01:{last:02}"} for each in networks}
    return {**container(name, endpoints), "Service": service, "Task": name, **more}


def hosts(services=None):
    services = SERVICES if services is None else services
    first = from_docker(NETWORKS, [task("web", 1, 5), task("db", 1, 6), task("web", 2, 7)], services=services)
    return {"h1": first, "h2": from_docker(NETWORKS, [task("web", 3, 8)], services=services)}


def test_containers_keep_their_addresses_and_are_found_by_their_service():
    web = hosts()["h1"].containers["web-1"]
    assert web["networks"]["app"] == {
        "address": "10.0.1.5", "mac": "02:42:0a:00:01:05", "aliases": ["web", "tasks.web"]
    }  # fmt: skip
    assert web["default_route"] == "docker_gwbridge"
    networks, known = fleet.of_fleet(hosts())
    assert networks["app"] == {
        "driver": "overlay", "mode": "bridged", "vni": 4097, "subnets": ["10.0.1.0/24"], "names": "hosts"
    }  # fmt: skip
    assert networks["docker_gwbridge"] == {"driver": "bridge", "icc": False, "subnets": ["172.18.0.0/16"]}
    assert "ingress" not in networks
    connection = {"h1": {"ansible_host": "192.0.2.11"}, "h2": {"ansible_host": "192.0.2.12"}}
    plan = make_plan(gather(fleet.sources(networks, known, connection)), Ledger(), "2026-11-26")
    found = {each.container: each.addresses for each in holders(plan, Ledger()) if each.network == "app"}
    assert found == {
        "web-1": ("10.0.1.5/24",), "web-2": ("10.0.1.7/24",), "web-3": ("10.0.1.8/24",), "db-1": ("10.0.1.6/24",)
    }  # fmt: skip


def test_ports_of_a_service_lead_to_its_first_container_of_each_host():
    found = hosts()
    ports = {
        name: each["networks"]["docker_gwbridge"].get("publish")
        for host in found.values()
        for name, each in host.containers.items()
    }
    assert ports == {"web-1": ["8080:80/tcp"], "web-2": None, "web-3": ["8080:80/tcp"], "db-1": None}
    left = "\n".join(found["h1"].left)
    assert "service `web`: 8080:80/tcp lead to `web-1` on this host" in left
    assert "`web-2`: the ports of `web` lead to the first" in left


def test_a_container_that_is_on_ingress_is_told_of_by_its_ports():
    """As Docker has it for services with ports of the routing mesh."""
    told = task("web", 1, 5)
    told["NetworkSettings"]["Networks"]["ingress"] = {"IPAddress": "10.0.0.3"}
    found = from_docker(NETWORKS, [told], services=SERVICES)
    assert list(found.containers["web-1"]["networks"]) == ["app", "docker_gwbridge"]
    assert "ingress" not in "".join(found.left)


def test_who_has_a_bridge_or_no_way_out_gets_none():
    inside = [{**each, "Internal": each["Name"] == "app"} for each in NETWORKS]
    alone = from_docker(inside, [task("db", 1, 6)], services={}).containers["db-1"]
    assert list(alone["networks"]) == ["app"]
    both = from_docker(NETWORKS, [task("web", 1, 5, ("app", "front"))], services={}).containers["web-1"]
    assert (list(both["networks"]), both["default_route"]) == (["app", "front"], "front")


def test_a_container_beside_the_swarm_keeps_its_name():
    told = container("tool.1.x", {"app": {"IPAddress": "10.0.1.9"}})
    assert "tool.1.x" in from_docker(NETWORKS, [told]).containers


def test_ports_are_what_managers_say():
    rows = [
        {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress"},
        {"Protocol": "udp", "TargetPort": 53, "PublishedPort": 53, "PublishMode": "host"},
        {"Protocol": "tcp", "TargetPort": 90},
    ]
    told = [{"manager": True, "services": [{"name": "web", "ports": rows}, {"name": "db", "ports": []}]}, {}]
    assert swarm.published(told) == SERVICES


@pytest.mark.parametrize(
    ("told", "services", "count"),
    [({"manager": False}, {}, 1), ({"manager": False}, SERVICES, 0), ({"manager": True}, {}, 0), ({}, {}, 0)],
)
def test_a_worker_alone_says_what_it_does_not_know(told, services, count):
    said = list(swarm.lacks(told, bool(services)))
    assert len(said) == count
    assert all("discover a manager in the same run" in each for each in said)
