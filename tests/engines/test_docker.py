# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Docker's users do to their containers between two runs."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY, changes


@pytest.fixture
def docker(house):
    return house.engines["docker"]


def namespaces(house):
    return int(house.host.sh("lsns --type net --noheadings --output NS | sort -u | wc -l"))


def test_twenty_restarts_and_runs_among_them_leave_nothing_over(house, docker):
    house.say({"db": {"engine": "docker", "publish": ["8080:80"]}, "shop": {}})
    docker.run("db")
    house.site()
    before, there = house.network(), namespaces(house)
    for _run in range(4):
        for _time in range(5):
            docker.restart("db")
        assert changes(house.site("--diff")) == ["veth db eth0 (web)"]
        assert docker.reaches("db", GATEWAY)
    assert len(house.ports()) == 2
    assert house.network() == before
    assert namespaces(house) == there
    assert house.asked_from_outside(8080) == "db"


def test_a_paused_one_is_attached(house, docker):
    house.say({"db": {"engine": "docker"}})
    docker.run("db")
    house.host.run(docker.command, "pause", "db")
    house.site()
    house.host.run(docker.command, "unpause", "db")
    assert docker.reaches("db", GATEWAY)


def test_a_killed_one_is_pending(house, docker):
    house.say({"db": {"engine": "docker"}})
    docker.run("db")
    house.site()
    house.host.run("kill", "-9", str(docker.pid("db")))
    house.host.until(lambda: docker.pid("db") == 0, "docker knows that db has ended")
    assert house.site().said("docker container db is not running on this host")


def test_one_on_dockers_own_bridge_has_both(house, docker):
    house.say({"db": {"engine": "docker", "interface": "eth1"}}, internal=True)
    docker.run("db", mode="bridge")
    before = docker.inside("db", "/bin/ip", "address", "show", "dev", "eth0")
    house.site()
    assert sorted(docker.interfaces("db")) == ["eth0", "eth1", "lo"]
    assert docker.inside("db", "/bin/ip", "address", "show", "dev", "eth0") == before
    assert docker.reaches("db", GATEWAY) and docker.reaches("db", "172.17.0.1")


def test_two_of_one_stack_do_not_both_get_the_interface(house, docker):
    house.say({"db": {"engine": "docker"}, "joined": {"engine": "docker"}})
    docker.run("db")
    docker.run("joined", mode="container:db", command=("/bin/sleep", "999"))
    told = house.site()
    assert told.said("docker db and docker joined are one network namespace, and both want eth0 in it")
    assert docker.interfaces("db") == ["lo", "eth0"]
    assert house.site().changed == 0


def test_a_daemon_that_is_down_stops_nobody_else(house, docker):
    house.say({"db": {"engine": "docker"}, "web": {"engine": "podman"}})
    docker.run("db")
    house.engines["podman"].run("web")
    docker.stop_daemon()
    try:
        told = house.site("--diff")
    finally:
        docker.start_daemon()
    assert told.said("docker does not answer at unix:///run/docker.sock")
    assert "veth web eth0 (web)" in changes(told)
    docker.start("db")
    assert changes(house.site("--diff")) == ["veth db eth0 (web)"]
