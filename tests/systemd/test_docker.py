# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker beside us on a host that boots systemd: its containers on our networks, before and after their restarts."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.systemd.conftest import (
    SHOP,
    answer,
    assert_same,
    inhabit,
    listen,
    site,
    states,
    without_others,
)
from ansible_collections.containerhost.network.tests.systemd.docker import Docker

DOG = {"engine": "docker", "networks": {"web": {}, "fabric": {}}, "default_route": "web"}


@pytest.fixture(scope="module")
def docker(town):
    """On h1, with the container ``dog`` on both networks."""
    docker = Docker(town["h1"])
    docker.start("dog")
    inhabit(town, {"shop": SHOP, "dog": DOG})
    assert site(town).changed > 0
    return docker


def assert_attached(town, docker):
    assert docker.addresses("dog") == ["10.42.0.3/24", "10.80.0.3/24", "fd00:42::3/64"]
    docker.exec("dog", "ping", "-c", "1", "-W", "2", "10.42.1.5")
    docker.exec("dog", "ping", "-c", "1", "-W", "2", "192.0.2.12")


def test_containers_of_docker_and_ours_are_on_one_network(town, docker):
    assert site(town).changed == 0
    assert_attached(town, docker)
    listen(town["h1"])
    assert answer(town) == "from shop"


RESTARTS = ["docker restart dog", "systemctl restart docker", "docker kill dog", "systemctl reboot"]


@pytest.mark.parametrize("restart", RESTARTS)
def test_after_a_restart_they_are_attached_again_without_a_run(town, docker, restart):
    before = without_others(states(town))
    if restart == "systemctl reboot":
        town["h1"].reboot()
    else:
        town["h1"].run(*restart.split())
    if "kill" in restart:
        town["h1"].run("docker", "start", "dog")
    docker.wait_for_address("dog", "10.80.0.3/24")
    said = town["h1"].run("journalctl", "-q", "-b", "-u", "containerhost-restore", "--output=cat").stdout
    assert "does not answer" not in said  # at boot it is not asked: it has not been started yet
    assert_attached(town, docker)
    assert_same(before, without_others(states(town)))
    assert site(town).changed == 0


def test_the_service_for_docker_stands_and_falls_with_docker(town, docker):
    host = town["h1"]
    host.run("systemctl", "stop", "docker.socket", "docker.service")
    assert host.run("systemctl", "is-active", "containerhost-docker", check=False).stdout == "inactive\n"
    host.run("systemctl", "start", "docker.service")
    assert host.run("systemctl", "is-active", "containerhost-docker", check=False).stdout == "active\n"
    docker.wait_for_address("dog", "10.80.0.3/24")
    assert site(town).changed == 0
