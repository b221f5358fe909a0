# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A killed run leaves nothing that the next does not repair."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import MODULES, Host
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    only,
    publish,
    web_and_fabric,
)
from ansible_collections.containerhost.network.tests.integration.document.wide import INTERFACES, comparable, wide
from ansible_collections.containerhost.network.tests.integration.killed.killer import killed_before

pytestmark = pytest.mark.long

THIRTY = joined(
    bridge_network("web", 80, containers=15),
    bridge_network("b", 81, containers=15),
    publish("web", 8080, "10.80.1.2", 80),
    only("fabric"),
)


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """One for all: each test leaves it as it was."""
    host = Host(tmp_path_factory.mktemp("host"))
    yield host
    host.end()


@pytest.fixture(scope="module")
def bare(host) -> str:
    return host.snapshot()


def process(host, folder: Path, *program: str, **options) -> subprocess.Popen:
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": False, "_ansible_diff": False}}
    file = folder / "arguments.json"
    file.write_text(json.dumps(arguments))
    argv = ["nsenter", f"--target={host._host.pid}", "--net", "--mount", sys.executable, *program, str(file)]
    return subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=host._environment(), start_new_session=True
    )


def settled(host, before: str) -> None:
    """As before; namespaces take their devices along a moment after they have gone."""
    deadline = time.monotonic() + 30
    while (now := host.snapshot()) != before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert now == before


def cleared(host) -> None:
    """Nothing of ours to be seen; a test compares the whole state once, at its end."""
    assert os.listdir(f"/proc/{host.pid}/root/run") == []
    assert host.run("nft", "list", "ruleset") == ""
    assert devices(host) == ["eth0", "lo"]


def repaired(host, document: dict) -> None:
    """The next run carries on to the end, the one after it has nothing to do, and all of it goes."""
    carried_on = host.module("document", document=document, remove=["*"])
    assert not carried_on.get("failed"), carried_on
    again = host.module("document", document=document, remove=["*"])
    assert (again["changed"], again["diff"]) == (False, [])
    gone = host.module("document", document=NOTHING, everything=True)
    assert not gone.get("failed"), gone
    cleared(host)


def devices(host) -> list[str]:
    """Their names, without a process for it: they are asked for at each point."""
    _title, _columns, *rows = Path(f"/proc/{host.pid}/net/dev").read_text().splitlines()
    return sorted(row.partition(":")[0].strip() for row in rows)


def work_begun(host, program: subprocess.Popen, before: list[str]) -> float:
    """When the first device of its is there. Its start takes as long as its work, and differs from one to the next."""
    while devices(host) == before:
        assert program.poll() is None, program.communicate()
        time.sleep(0.001)
    return time.monotonic()


def test_thirty_endpoints_killed_at_any_time(host, bare, tmp_path):
    """Kills are spread over what comes after the first device. One that comes too late makes the next ones earlier."""
    before = devices(host)
    whole = process(host, tmp_path, "-m", f"{MODULES}.document", document=THIRTY)
    begun = work_begun(host, whole, before)
    out, _error = whole.communicate()
    seconds = time.monotonic() - begun
    assert json.loads(out)["changed"]
    host.module("document", document=NOTHING, everything=True)
    dice = random.Random(2)
    killed = 0
    while killed < 10:
        victim = process(host, tmp_path, "-m", f"{MODULES}.document", document=THIRTY)
        work_begun(host, victim, before)
        time.sleep(seconds * dice.random())
        victim.kill()
        victim.communicate()
        hit = victim.returncode == -signal.SIGKILL
        killed += hit
        seconds *= 1 if hit else 0.7
        repaired(host, THIRTY)
    settled(host, bare)


def two_ways_out(first: bool) -> dict:
    """A container on two bridge networks: which is eth0 and its way out changes, and so does an overlay's VNI."""
    document = joined(bridge_network("web", 80), bridge_network("b", 81), only("fabric"))
    document["netns"] = [row for row in document["netns"] if row["name"] == "web-1"]
    web, other = document["veth"]
    other.update(sandbox=web["sandbox"], mac="02:00:00:00:09:09")
    way_out, aside = (web, other) if first else (other, web)
    aside.update(interface="eth1", routes=[])
    assert way_out["interface"] == "eth0"
    document["vxlan"][0]["vni"] = 42 if first else 43
    return document


# So many tests for each, so that none takes long; each kills before every eighth of the things that are done.
PARTS = 8


def points(part: int) -> Iterator[int]:
    return itertools.count(part + 1, PARTS)


@pytest.fixture(scope="module")
def lan() -> dict:
    """A document with objects of the kinds that most networks have."""
    end = {"network": "lan", "parent": "eth0", "mac": "02:00:00:00:0a:01", "interface": "eth1"}
    shim = {"network": "lan", "parent": "eth0", "mac": "02:00:00:00:0a:02", "interface": "ch-lan"}
    db = {"sandbox": {"engine": "netns", "ref": "db"}, "addresses": ["192.168.7.2/24"]}
    named_by_hand = {"network": "aside", "name": "br-x", "mac": "52:54:00:00:00:01"}
    macvlan = [{**end, **db}, {**shim, "addresses": ["192.168.7.3/32"]}]
    return joined(web_and_fabric(), {"macvlan": macvlan, "bridge": [named_by_hand]})


@pytest.fixture(scope="module")
def state(host, bare, lan) -> str:
    """What a run makes that nobody disturbs."""
    host.module("document", document=lan)
    state = host.snapshot(at_once=True)
    host.module("document", document=NOTHING, everything=True)
    return state


@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_killed_before_any_one_thing_that_it_does_is_made_whole_by_the_next(host, bare, lan, state, part):
    for number in points(part):
        killed = killed_before(host, number, document=lan)
        carried_on = host.module("document", document=lan, remove=["*"])
        assert not carried_on.get("failed"), (number, carried_on["msg"])
        assert host.snapshot(at_once=True) == state, number
        host.module("document", document=NOTHING, everything=True)
        cleared(host)
        if not killed:
            break
    settled(host, bare)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_a_killed_run_has_begun_goes_when_nobody_wants_it_any_more(host, bare, lan, part):
    for number in points(part):
        killed = killed_before(host, number, document=lan)
        gone = host.module("document", document=NOTHING, everything=True)
        assert not gone.get("failed"), (number, gone["msg"])
        cleared(host)
        if not killed:
            break
    settled(host, bare)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_change_killed_before_any_one_thing_that_it_does_is_made_whole_by_the_next(host, bare, part):
    wanted = two_ways_out(False)
    state = None
    for number in points(part):
        host.module("document", document=two_ways_out(True))
        killed = killed_before(host, number, document=wanted, remove=["*"], recreate=True)
        carried_on = host.module("document", document=wanted, remove=["*"], recreate=True)
        assert not carried_on.get("failed"), (number, carried_on["msg"])
        again = host.module("document", document=wanted, remove=["*"], recreate=True)
        assert (again["changed"], again["diff"]) == (False, []), number
        now = host.snapshot(at_once=True)
        state = state or now
        assert now == state, number
        host.module("document", document=NOTHING, everything=True)
        cleared(host)
        if not killed:
            break
    settled(host, bare)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_teardown_killed_before_any_one_thing_that_it_does_is_ended_by_the_next(host, bare, lan, part):
    for number in points(part):
        host.module("document", document=lan)
        killed = killed_before(host, number, document=NOTHING, everything=True)
        gone = host.module("document", document=NOTHING, everything=True)
        assert not gone.get("failed"), (number, gone["msg"])
        cleared(host)
        if not killed:
            break
    settled(host, bare)


@pytest.fixture(scope="module")
def lived_in(host) -> Iterator[str]:
    """As it is with interfaces for networks of every kind."""
    host.run("sh", "-ec", INTERFACES)
    yield host.snapshot()
    host.run("sh", "-ec", "ip link del eth1; ip link del eth2")


# A run does some three hundred things then, most of them of a sort: some of each kind's part are tried.
EVERY = 23
HALVES = 2


@pytest.mark.parametrize("half", range(HALVES))
@pytest.mark.parametrize("removing", [False, True], ids=["making", "removing"])
def test_a_host_on_networks_of_every_kind_is_made_whole_or_cleared_by_the_next(host, lived_in, removing, half):
    document = wide()
    host.module("document", document=document)
    state = comparable(host.snapshot(at_once=True))
    if not removing:
        host.module("document", document=NOTHING, everything=True)
    for number in itertools.count(1 + half * EVERY, HALVES * EVERY):
        if removing:
            killed = killed_before(host, number, document=NOTHING, everything=True)
        else:
            killed = killed_before(host, number, document=document)
            carried_on = host.module("document", document=document, remove=["*"])
            assert not carried_on.get("failed"), (number, carried_on["msg"])
            assert comparable(host.snapshot(at_once=True)) == state, number
        gone = host.module("document", document=NOTHING, everything=True)
        assert not gone.get("failed"), (number, gone["msg"])
        if not killed:
            break
        if removing:
            settled(host, lived_in)
            host.module("document", document=document)
    settled(host, lived_in)
