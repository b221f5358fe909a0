# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of engines and bare namespaces read each other's names in the files that engines have made for them."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.containerhost.network.tests.engines.real import DOCKER, Containerd

NAMES = [["10.80.0.2", "box", "box.web"], ["10.80.0.3", "db", "store", "db.web", "store.web"]]


def hosts(engine, ref):
    """What a container reads, without what its engine has written there."""
    lines = engine.inside(ref, "/bin/cat", "/etc/hosts").splitlines()
    return [line.split() for line in lines if line.startswith("10.80.")]


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_names_come_change_and_go_without_touching_what_the_engine_wrote(house, name):
    engine = house.engines[name]
    engine.run("db")
    before = engine.inside("db", "/bin/cat", "/etc/hosts")
    house.say({"db": {"engine": name, "aliases": ["store"]}, "box": {}}, names="hosts")
    house.settled()
    assert hosts(engine, "db") == NAMES
    assert house.host.run("ip", "netns", "exec", "box", "getent", "hosts", "store").split()[0] == "10.80.0.3"
    house.say({"db": {"engine": name, "aliases": ["shelf"]}, "box": {}}, names="hosts")
    house.settled()
    assert hosts(engine, "db") == [NAMES[0], ["10.80.0.3", "db", "shelf", "db.web", "shelf.web"]]
    house.say({"db": {"engine": name}, "box": {}})
    house.settled()
    assert engine.inside("db", "/bin/cat", "/etc/hosts") == before


@pytest.mark.parametrize("name", ["podman", "lxc"])
def test_one_that_starts_again_has_its_names_before_its_first_process(house, name):
    engine = house.engines[name]
    ways = {"names": ["hosts", "resolver"], "internal": True}
    house.say({"db": {"engine": name, "aliases": ["store"]}, "box": {}}, keep=True, **ways)
    assert house.site().said("Pending until then: db (web)")
    assert engine.once("db", "/bin/busybox", "grep", "store.web", "/etc/hosts")
    engine.remove("db")
    assert engine.once("db", "/bin/busybox", "grep", "nameserver 10.80.0.1", "/etc/resolv.conf")
    engine.remove("db")
    engine.run("db")
    engine.restart("db")
    assert hosts(engine, "db") == NAMES
    assert house.site().changed == 0


def files(engine, ref):
    """What a container reads, as far as it has it."""
    show = "for name in hosts resolv.conf; do echo \"[$name]\"; busybox cat /etc/$name || echo none; done 2>/dev/null"
    return engine.inside(ref, "/bin/sh", "-c", show.replace("busybox", "/bin/busybox"))


def asked(engine, ref, name):
    """Whom the name server in a container's resolv.conf says that a name is; None where there is no answer."""
    told = engine.machine.run(*engine.command_in(ref, "/bin/busybox", "nslookup", name), check=False)
    return next((line.split()[1] for line in told.splitlines() if line.startswith("Address: 10.80.")), None)


@pytest.fixture
def engines(house):
    """One container of each engine, and one of Docker's on a network of its own."""
    containerd = Containerd(house.host)
    containerd.prepare()
    house.host.run(DOCKER, "network", "create", "theirs")
    found = {
        "box": house.engines["lxc"], "cache": containerd, "db": house.engines["docker"], "web": house.engines["podman"],
    }  # fmt: skip
    try:
        for ref, engine in found.items():
            engine.run(ref)
        house.engines["docker"].run("own", mode="theirs")
        yield found
    finally:
        containerd.remove_all()
        house.engines["docker"].remove_all()
        house.host.run(DOCKER, "network", "rm", "theirs", check=False)
        with contextlib.suppress(AssertionError):
            house.host.sh("pkill -x containerd")


def test_containers_of_all_engines_ask_their_networks_name_server(house, engines):
    docker = house.engines["docker"]
    before = {ref: files(engine, ref) for ref, engine in engines.items()} | {"own": files(docker, "own")}
    house.host.sh("stat -c %i /var/lib/docker/containers/*/resolv.conf > /run/inodes")
    containers = {ref: {"engine": engine.name} for ref, engine in engines.items()}
    containers["own"] = {"engine": "docker", "aliases": ["store"]}
    ways = {"names": ["hosts", "resolver"], "dns": {"search": ["web"], "options": ["ndots:2"]}, "internal": True}
    house.say(containers, **ways)
    house.site()
    for ref, engine in engines.items():
        assert "\nnameserver 10.80.0.1\nsearch web\noptions ndots:2\n" in files(engine, ref), ref
        assert (asked(engine, ref, "store.web"), asked(engine, ref, "own")) == ("10.80.0.5", "10.80.0.5"), ref
        assert "10.80.0.5 own store own.web store.web" in files(engine, ref), ref
    # Docker's own name server stays, for the names on its own network; ours are in the hosts file.
    told = files(docker, "own")
    assert "\nnameserver 127.0.0.11\n" in told and "nameserver 10.80" not in told
    assert "search web\noptions ndots:2\n" in told and "10.80.0.2 box box.web" in told
    house.host.sh("stat -c %i /var/lib/docker/containers/*/resolv.conf | diff - /run/inodes")

    # One that has started again has a file that its engine has written again; LXC's is as it was.
    for ref in ("box", "db", "web"):
        engines[ref].restart(ref)
    assert house.site().changed == 1
    assert [asked(engines[ref], ref, "cache") for ref in ("box", "db", "web")] == ["10.80.0.3"] * 3
    # What is taken away while one does not run goes as well.
    engines["box"].stop("box")
    house.say(containers, internal=True)
    house.site()
    engines["box"].start("box")
    after = {ref: files(engine, ref) for ref, engine in engines.items()} | {"own": files(docker, "own")}
    assert after == before
