# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that runs Docker with networks of its own is discovered and switched over, as the guide says."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

from ansible_collections.containerhost.network.tests.engines.machine import SERVES_ITS_NAME
from ansible_collections.containerhost.network.tests.engines.real import DOCKER
from ansible_collections.containerhost.network.tests.integration.lab.conftest import BIN


@pytest.fixture
def docker(house):
    """Docker with two networks, and two containers on them."""
    docker, host = house.engines["docker"], house.host
    host.run(DOCKER, "network", "create", "--subnet", "172.30.0.0/24", "front")
    host.run(DOCKER, "network", "create", "--subnet", "172.31.0.0/24", "--internal", "shop_back")
    _run(docker, "shop", "front", "--publish", "8080:80", "--network-alias", "www")
    host.run(DOCKER, "network", "connect", "--ip", "172.31.0.77", "shop_back", "shop")
    _run(docker, "db", "shop_back", "--network-alias", "database")
    yield docker
    docker.remove_all()
    for network in ("front", "shop_back"):
        host.run(DOCKER, "network", "rm", network, check=False)
    shutil.rmtree(house.lab.folder / "containerhost-discovered", ignore_errors=True)


def _run(docker, ref, network, *options):
    docker._made.append(ref)
    running = docker._running(ref, network)
    docker.machine.run(*running, *options, "--detach", "--hostname", ref, "box", *SERVES_ITS_NAME)


def _of_docker(house, ref):
    """(address, MAC) by network, as Docker says."""
    told = json.loads(house.host.run(DOCKER, "inspect", ref))[0]["NetworkSettings"]["Networks"]
    return {name: (each["IPAddress"], each["MacAddress"]) for name, each in told.items()}


def _inside(docker, ref):
    """(address, MAC) of each interface but lo, as the kernel says."""
    rows = json.loads(
        docker.machine.run("nsenter", f"--target={docker.pid(ref)}", "--net", "ip", "-json", "address", "show")
    )
    return sorted((each["addr_info"][0]["local"], each["address"]) for each in rows if each["ifname"] != "lo")


def test_addresses_macs_names_and_ports_are_as_before_the_switch(house, docker):
    before = {ref: _of_docker(house, ref) for ref in ("shop", "db")}
    found = house._play("discover")
    assert found.status == 0, found.output
    folder = house.lab.folder / "containerhost-discovered"
    assert "Nothing: all that was found" in (folder / "LEFT.md").read_text()
    networks = yaml.safe_load((folder / "inventory/group_vars/all.yml").read_text())["containerhost_networks"]
    assert networks["shop_back"]["internal"] is True
    containers = yaml.safe_load((folder / "inventory/host_vars/h1.yml").read_text())["containerhost_containers"]
    assert containers["shop"]["networks"]["front"]["publish"] == ["8080:80/tcp"]
    assert containers["db"]["networks"]["shop_back"]["aliases"] == ["database"]

    docker.remove_all()
    for network in ("front", "shop_back"):
        house.host.run(DOCKER, "network", "rm", network)
    docker.run("shop")
    docker.run("db")
    site = ("-e", f"@{house.lab.vars_file.name}", "-e", "containerhost_keep=false", "containerhost.network.site")
    played = house.lab._ansible(str(BIN / "ansible-playbook"), "-i", str(folder / "inventory"), *site)
    assert played.status == 0, played.output
    for ref, endpoints in before.items():
        assert _inside(docker, ref) == sorted(endpoints.values())
    assert docker.reaches("shop", "database")
    assert docker.reaches("db", "172.31.0.77")
    assert house.asked_from_outside(8080) == "shop"
