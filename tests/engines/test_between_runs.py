# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that start, restart and go between two runs, on a host that keeps its networks: no run is needed for them.

Podman and LXC call the program that a run has left; Docker's starts are watched for, by what systemd would start here.
"""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY, changes
from ansible_collections.containerhost.network.tests.engines.watching import Asking, Traffic, Watcher

PING = ("/bin/ping", "-c1", "-W1", GATEWAY)


@pytest.fixture
def watcher(house):
    watcher = Watcher(house.host)
    yield watcher
    watcher.end()


@pytest.fixture
def docker(house):
    return house.engines["docker"]


def answers_after(house, address, start, *arguments):
    """Whoever has been asking for a container since before it starts is answered."""
    asking = Asking(house.host, address)
    start(*arguments)
    asking.wait_for_answer()


@pytest.mark.parametrize("name", ["podman", "lxc"])
def test_a_container_reaches_its_network_in_its_very_first_command(house, name):
    engine = house.engines[name]
    house.say({"db": {"engine": name}}, keep=True)
    assert house.site().said("Pending until then: db (web)")
    for _again in range(3):
        assert engine.once("db", *PING)
        engine.remove("db")


@pytest.mark.parametrize("name", ["podman", "lxc"])
def test_one_that_is_restarted_needs_no_run(house, name):
    engine = house.engines[name]
    house.say({"db": {"engine": name, "publish": ["8080:80"]}}, keep=True)
    engine.run("db")
    house.site()
    for _again in range(3):
        engine.restart("db")
        assert engine.interfaces("db") == ["lo", "eth0"]
        assert engine.reaches("db", GATEWAY)
        assert house.asked_from_outside(8080) == "db"
    assert house.site().changed == 0
    assert len(house.ports()) == 1


def test_a_docker_container_answers_when_it_has_started(house, docker, watcher):
    house.say({"db": {"engine": "docker", "publish": ["8080:80"]}}, keep=True)
    docker.run("db")
    house.site()
    watcher.start()
    for _again in range(3):
        docker.stop("db")
        answers_after(house, "10.80.0.2", docker.start, "db")
        docker.restart("db")
        house.host.until(lambda: docker.reaches("db", GATEWAY), "db is attached")
        assert house.asked_from_outside(8080) == "db"
    assert house.site().changed == 0
    assert len(house.ports()) == 1


def test_one_that_was_never_made_is_attached_when_it_is(house, docker, watcher):
    house.say({"db": {"engine": "docker"}}, keep=True)
    assert house.site().said("there is no docker container db on this host")
    watcher.start()
    answers_after(house, "10.80.0.2", docker.run, "db")


def test_one_that_is_given_a_name_of_the_plan_is_attached(house, docker, watcher):
    house.say({"db": {"engine": "docker"}}, keep=True)
    house.site()
    watcher.start()
    docker.run("new")
    try:
        answers_after(house, "10.80.0.2", house.host.run, docker.command, "rename", "new", "db")
    finally:
        docker.remove("db")


def test_one_that_nobody_plans_is_let_be(house, docker, watcher):
    house.say({"db": {"engine": "docker"}, "web": {"engine": "podman"}}, keep=True)
    house.site()
    watcher.start()
    for name in ("docker", "podman"):
        house.engines[name].run("other")
    answers_after(house, "10.80.0.2", docker.run, "db")
    for name in ("docker", "podman"):
        assert house.engines[name].interfaces("other") == ["lo"]


def test_what_the_watcher_has_missed_it_does_at_its_own_start(house, docker, watcher):
    house.say({"db": {"engine": "docker"}}, keep=True)
    docker.run("db")
    house.site()
    watcher.start()
    watcher.kill()
    docker.restart("db")
    assert docker.interfaces("db") == ["lo"]
    answers_after(house, "10.80.0.2", watcher.start)


def test_it_outlives_a_restart_of_the_daemon(house, docker, watcher):
    house.say({"db": {"engine": "docker"}, "web": {"engine": "docker"}}, keep=True)
    docker.run("db")
    house.host.run(docker.command, "update", "--restart=always", "db")
    house.site()
    watcher.start()
    docker.stop_daemon()
    answers_after(house, "10.80.0.2", docker.start_daemon)
    answers_after(house, "10.80.0.3", docker.run, "web")
    assert house.site().changed == 0


@pytest.mark.parametrize("name", ["podman", "lxc"])
def test_a_container_starts_whatever_has_become_of_what_is_saved(house, name):
    engine = house.engines[name]
    house.say({"db": {"engine": name}}, keep=True)
    house.site()
    saved = "/etc/containerhost/document.json"
    house.host.sh(f"echo nonsense > {saved}")
    engine.run("db")
    assert engine.interfaces("db") == ["lo"]
    house.host.sh(f"rm {saved}")
    engine.restart("db")
    assert engine.interfaces("db") == ["lo"]
    assert "veth db eth0 (web)" in changes(house.site("--diff"))


@pytest.mark.parametrize("name", ["podman", "lxc"])
def test_a_host_that_keeps_nothing_any_more_is_not_called_for_its_containers(house, name):
    before = house.network()
    engine = house.engines[name]
    house.say({"db": {"engine": name}}, keep=True)
    house.site()
    house.say({"db": {"engine": name}})
    house.site()
    kept = [line for line in house.network().splitlines() if line.startswith(("/etc/", "/usr/"))]
    assert kept == [line for line in before.splitlines() if line.startswith(("/etc/", "/usr/"))]
    engine.run("db")
    assert engine.interfaces("db") == ["lo"]


@pytest.mark.timeout(300)  # a busy machine takes two minutes
def test_two_hundred_restarts_under_traffic_leave_nothing_over(house, docker, watcher):
    """One of each engine restarts again and again, while two others talk to each other and lose nothing."""
    restarted = {"db": "docker", "web": "podman"}
    house.say({**{name: {"engine": engine} for name, engine in restarted.items()}, "a": {}, "b": {}}, keep=True)
    for name, engine in restarted.items():
        house.engines[engine].run(name)
    house.site()
    watcher.start()
    before, memory = house.network(), watcher.memory()
    traffic = Traffic(house.host, "a", "10.80.0.3")
    for number in range(100):
        for name, engine in restarted.items():
            house.engines[engine].restart(name)
        if number % 20 == 19:
            for name, engine in restarted.items():
                reaches = house.engines[engine].reaches
                house.host.until(lambda name=name, reaches=reaches: reaches(name, GATEWAY), f"{name} is attached")
    assert traffic.lost() == 0
    house.host.until(lambda: house.network() == before, "it is as before")
    assert watcher.memory() <= memory + 512
    assert house.site().changed == 0
