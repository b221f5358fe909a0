# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose answers are not what engines say: whoever answers for one decides nothing about the others."""

from __future__ import annotations

import copy
import itertools
import random

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.answers import understood
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.discovered.test_docker import (
    container,
    network,
)
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.discovered.test_hand_made import Host

PORTS = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}


def by_hand():
    host = Host()
    host.device("br0", "bridge", addresses=["10.9.0.1/24"])
    host.veth("shop", "br0", "10.9.0.2/24")
    parent = host.device("eth1")
    host.above("cam", "macvlan", parent, "192.168.7.9/24")
    return {"namespaces": [host.host, *host.others.values()], "nat": {}}


def answer(name="web"):
    return {
        "docker": {
            "networks": [network(name), network("lan", "macvlan", options={"parent": "eth1"})],
            "containers": [container("shop", {name: {"Aliases": ["www"]}}, PORTS, Links=["a:b"], Dns=["10.0.0.1"])],
            "swarm": {"manager": True, "services": [{"name": "a", "ports": [{"PublishedPort": 1, "TargetPort": 2}]}]},
        },
        "podman": {
            "networks": [{"name": "pod", "driver": "bridge", "subnets": [{"subnet": "10.88.0.0/16"}]}],
            "containers": [container("p", {"pod": {}})],
        },
        "flannel": {"subnet_env": "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24", "devices": []},
        "by_hand": by_hand(),
    }


def places(value, path=()):
    """All paths into an answer."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        yield (*path, key)
        yield from places(inner, (*path, key))


def with_other(told, path, value):
    changed = copy.deepcopy(told)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


OTHERS = [None, [], {}, "", "{{ x }}", 5, -1, 2.5, True, ["a"], [None], {"a": None}, [[]], "\0", "\udcff", "9" * 5000]


@pytest.fixture
def written_once(monkeypatch):
    """A file that has been written is not written again: nearly all of an answer is what it was in the case before."""
    texts, write = {}, fleet._yaml

    def once(value):
        key = repr(value)
        if key not in texts:
            texts[key] = write(value)
        return texts[key]

    monkeypatch.setattr(fleet, "_yaml", once)


@pytest.mark.usefixtures("written_once")
@pytest.mark.parametrize("seed", range(4))
def test_one_that_answers_nonsense_is_left_out_and_nothing_else(seed):
    """At each place of an answer, whatever its type."""
    told, picked = answer(), random.Random(seed)
    expected = understood({"h2": answer("other")})["h2"].containers.keys()
    for path, value in itertools.product(places(told), picked.sample(OTHERS, 4)):
        found = understood({"h1": with_other(told, path, value), "h2": answer("other")})
        assert found["h2"].containers.keys() == expected
        cleaned = {host: fleet.cleaned(each) for host, each in found.items()}
        fleet.files(*fleet.of_fleet(cleaned), {})


def test_it_is_said_of_whom_nothing_was_understood():
    found = understood({"h1": {"docker": {"networks": [7]}}, "h2": {"docker": {"swarm": ["a"]}}, "h3": {}})
    assert [len(each.left) for each in found.values()] == [1, 1, 0]
    assert "is not what engines say" in found["h1"].left[0]


def test_two_managers_say_the_same():
    told = {"docker": {"swarm": {"manager": True, "services": [{"name": "a", "ports": []}]}}}
    assert understood({"h1": told, "h2": told})["h1"].left == []
