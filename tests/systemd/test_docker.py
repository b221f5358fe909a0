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


@pytest.mark.parametrize(
    "restart", ["docker restart dog", "systemctl restart docker", "systemctl reboot"], ids=lambda text: text
)
def test_after_a_restart_site_attaches_them_again(town, docker, restart):
    before = without_others(states(town))
    if restart == "systemctl reboot":
        town["h1"].reboot()
    else:
        town["h1"].run(*restart.split())
    assert docker.addresses("dog") == []
    assert site(town).changed == 1
    assert_same(before, without_others(states(town)))
    assert site(town).changed == 0
    assert_attached(town, docker)
