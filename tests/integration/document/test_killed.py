# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A killed run leaves nothing that the next does not repair."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
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

EVERY = int(os.environ.get("EVERY", "5"))
KILLER = Path(__file__).with_name("killed.py")
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
    for _again in range(10):
        if (now := host.snapshot()) == before:
            return
        time.sleep(0.2)
    assert now == before


def cleared(host) -> None:
    """Nothing of ours to be seen; a test compares the whole state once, at its end."""
    assert host.run("find", "/run", "-mindepth", "1") == ""
    assert host.run("nft", "list", "ruleset") == ""
    assert len(host.run("ip", "-br", "link").splitlines()) == 2


def repaired(host, document: dict) -> None:
    """The next run carries on to the end, the one after it has nothing to do, and all of it goes."""
    carried_on = host.module("document", document=document, remove=["*"])
    assert not carried_on.get("failed"), carried_on
    again = host.module("document", document=document, remove=["*"])
    assert (again["changed"], again["diff"]) == (False, [])
    gone = host.module("document", document=NOTHING, everything=True)
    assert not gone.get("failed"), gone
    cleared(host)


def how_long(host, folder: Path, document: dict) -> float:
    start = time.monotonic()
    done = process(host, folder, "-m", f"{MODULES}.document", document=document)
    out, _error = done.communicate()
    assert json.loads(out)["changed"]
    return time.monotonic() - start


def test_thirty_endpoints_killed_at_any_time(host, bare, tmp_path):
    """Its start takes as long as its work: the kills are spread over the second half."""
    seconds = how_long(host, tmp_path, THIRTY)
    host.module("document", document=NOTHING, everything=True)
    dice = random.Random(2)
    killed = 0
    for _try in range(30):  # on a busy machine some end before they are hit, or are hit before they begin
        if killed == 10:
            break
        victim = process(host, tmp_path, "-m", f"{MODULES}.document", document=THIRTY)
        time.sleep(seconds * dice.uniform(0.4, 0.95))
        victim.kill()
        victim.communicate()
        killed += victim.returncode == -signal.SIGKILL
        repaired(host, THIRTY)
    assert killed == 10
    settled(host, bare)


def test_a_run_killed_before_any_one_thing_that_it_does(host, bare, tmp_path):
    """Every fifth of the things that it does to the host; EVERY=1 in the environment tries them all."""
    document = web_and_fabric()
    number, kills = 1, 0
    while True:
        victim = process(host, tmp_path, str(KILLER), str(number), document=document)
        _out, error = victim.communicate()
        repaired(host, document)
        if victim.returncode != -signal.SIGKILL:
            assert (victim.returncode, number > int(error.split()[-1])) == (0, True), error
            break
        number, kills = number + EVERY, kills + 1
    assert kills > 5
    settled(host, bare)


def test_a_teardown_killed_before_any_one_thing_that_it_does(host, bare, tmp_path):
    document = web_and_fabric()
    number, kills = 1, 0
    while True:
        host.module("document", document=document)
        victim = process(host, tmp_path, str(KILLER), str(number), document=NOTHING, everything=True)
        _out, error = victim.communicate()
        gone = host.module("document", document=NOTHING, everything=True)
        assert not gone.get("failed"), gone
        cleared(host)
        if victim.returncode != -signal.SIGKILL:
            assert (victim.returncode, number > int(error.split()[-1])) == (0, True), error
            break
        number, kills = number + EVERY, kills + 1
    assert kills > 5
    settled(host, bare)
