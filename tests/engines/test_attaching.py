# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of real engines that a run attaches: running, stopped, started again, in the host's own namespace."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY, changes


def test_a_container_without_a_network_is_attached(house, engine):
    house.say({"db": {"engine": engine.name, "publish": ["8080:80"]}, "shop": {}})
    engine.run("db")
    assert engine.interfaces("db") == ["lo"]
    house.settled()
    assert engine.interfaces("db") == ["lo", "eth0"]
    assert engine.reaches("db", GATEWAY)
    assert house.host.succeeds("ip", "netns", "exec", "shop", "ping", "-c3", "-i0.5", "-W1", "10.80.0.2")
    assert house.asked_from_outside(8080) == "db"


def test_one_that_does_not_run_is_pending_until_it_does(house, engine):
    house.say({"db": {"engine": engine.name, "publish": ["8080:80"]}, "shop": {}})
    told = house.site("--diff")
    assert told.said(f"[WARNING]: h1: there is no {engine.name} container db on this host")
    assert told.said("Pending until then: db (web).")
    assert "veth shop eth0 (web)" in changes(told)
    assert "nat_rule publish 0.0.0.0:8080/tcp (web)" in changes(told)

    engine.run("db")
    engine.stop("db")
    told = house.site()
    assert told.said(f"[WARNING]: h1: {engine.name} container db is not running on this host: start it, then run again")
    assert told.changed == 0

    engine.start("db")
    told = house.site("--diff")
    assert changes(told) == ["veth db eth0 (web)"]
    assert not told.said("Pending")
    assert engine.reaches("db", GATEWAY)
    assert house.asked_from_outside(8080) == "db"


def test_one_that_was_restarted_or_made_anew_is_attached_by_the_next_run(house, engine):
    house.say({"db": {"engine": engine.name, "publish": ["8080:80"]}})
    engine.run("db")
    house.site()
    engine.restart("db")
    assert engine.interfaces("db") == ["lo"]
    assert changes(house.site("--diff")) == ["veth db eth0 (web)"]
    assert engine.reaches("db", GATEWAY)

    engine.remove("db")
    engine.run("db")
    assert changes(house.site("--diff")) == ["veth db eth0 (web)"]
    assert engine.reaches("db", GATEWAY)
    assert house.asked_from_outside(8080) == "db"
    assert len(house.ports()) == 1


def test_one_in_the_hosts_own_namespace_is_left_out_and_the_host_keeps_its_network(house, engine):
    before = house.network()
    house.say({"db": {"engine": engine.name}})
    engine.run("db", mode="host", command=("/bin/sleep", "999"))
    assert house.settled().said(f"{engine.name} db is in the host's own network namespace")
    assert house.ports() == []
    of_the_host = {line for line in before.splitlines() if " eth0 " in line}
    assert of_the_host <= set(house.network().splitlines())


def test_one_of_each_engine_and_a_namespace_share_a_network(house):
    engines = {"box": "lxc", "db": "docker", "web": "podman"}
    house.say({**{name: {"engine": engine} for name, engine in engines.items()}, "shop": {}})
    for name, engine in engines.items():
        house.engines[engine].run(name)
    house.site()
    addresses = {"box": "10.80.0.2", "db": "10.80.0.3", "shop": "10.80.0.4", "web": "10.80.0.5"}
    for name, engine in engines.items():
        for other in addresses.keys() - {name}:
            assert house.engines[engine].reaches(name, addresses[other]), f"{name} to {other}"
