# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens on a host between two runs: containers that start, rules that are taken away."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import web_and_fabric
from ansible_collections.containerhost.network.tests.integration.engines.test_pending import end, network

MEMORY = 30 * 1024  # KiB: what a service that only waits may hold
STORAGE = "/var/lib/containers/storage/overlay-containers"
ID = "f" * 64


@contextmanager
def watching(kept: Any, what: str, said: list[str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The service's program, from its first look at everything on; and what it has said in the end."""
    process = kept.watch(what)
    try:
        # Its first child has come and gone when it alone is left, waiting.
        eventually(lambda: "poll" in wchan(process.pid) or "select" in wchan(process.pid), "it does not wait")
        eventually(lambda: children(process.pid) == [], "its first look does not end")
        yield process
    finally:
        process.terminate()
        output, _errors = process.communicate()
        if said is not None:
            said.append(output)


def wchan(pid: int) -> str:
    with open(f"/proc/{pid}/wchan") as file:
        return file.read()


def children(pid: int) -> list[str]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def memory(pid: int) -> int:
    """Resident, in KiB."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def eventually(true: Callable[[], bool], otherwise: str, patience: float = 10) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


# -- rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "taken",
    [
        "flush ruleset",
        "delete table inet containerhost",
        "flush table inet containerhost",
        "flush map inet containerhost publish4",
        "delete element inet containerhost ours { ch-web }",
    ],
)
def test_rules_that_are_taken_away_come_back_within_a_second(kept, taken):
    kept.save(web_and_fabric())
    before = kept.host.snapshot()
    with watching(kept, "nftables"):
        kept.host.run("nft", *taken.split(" ", 1)[0:1], taken.split(" ", 1)[1])
        eventually(lambda: "Everything is as saved" in shown(kept), "they do not come back", patience=5)
    assert kept.host.snapshot() == before


def shown(kept: Any) -> str:
    return kept.host.start("containerhost", "show", check=False).stdout


def test_of_rules_that_are_taken_away_all_the_time_the_last_loss_is_mended_and_no_memory_is_lost(kept):
    kept.save(web_and_fabric())
    with watching(kept, "nftables") as service:
        held = memory(service.pid)
        assert held < MEMORY
        for _time in range(30):
            kept.host.run("nft", "flush", "ruleset")
        eventually(lambda: "Everything is as saved" in shown(kept), "they do not come back")
        assert memory(service.pid) < held + 1024
        eventually(lambda: children(service.pid) == [], "it does not come to rest")


def test_others_rules_are_none_of_its_business(kept):
    kept.save(web_and_fabric())
    said: list[str] = []
    with watching(kept, "nftables", said):
        kept.host.run("nft", "add table inet theirs; delete table inet theirs")
        kept.host.run("sh", "-ec", "nft add table ip x; nft flush table ip x; nft delete table ip x")
    assert said == [""]


# -- containers ----------------------------------------------------------------------------------------------------


def reaches(kept: Any, pid: int, address: str = "10.80.1.1") -> bool:
    ping = ["nsenter", f"--target={pid}", "--net", "ping", "-c1", "-W1", address]
    return subprocess.run(ping, capture_output=True, check=False).returncode == 0


def test_a_machine_is_attached_as_it_starts(kept, engines, containers):
    kept.save(network(end({"engine": "nspawn", "ref": "db"}, 2), end({"engine": "nspawn", "ref": "other"}, 4)))
    with watching(kept, "nspawn") as service:
        pid = containers.start("db")
        engines.say("nspawn", "db", pid)
        eventually(lambda: reaches(kept, pid), "it is not attached")
        assert memory(service.pid) < MEMORY
    assert "pending: veth other eth0 (web)" in kept.say("check")


def test_a_container_of_an_engine_is_attached_by_its_name(kept, engines, containers):
    kept.save(network(end({"engine": "docker", "ref": "db"}, 2), end({"engine": "lxc", "ref": "other"}, 4)))
    assert "pending: veth db eth0 (web)" in kept.say("attach", "db", status=1)
    pid = containers.start("db")
    engines.say("docker", "db", pid)
    assert kept.say("attach", "db") == "made: veth db eth0 (web)\n"
    assert reaches(kept, pid)
    assert kept.say("attach", "docker:db") == ""
    assert "it has db, other" in kept.say("attach", "nobody", status=3)


def test_a_container_that_has_started_again_is_attached_again(kept, engines, containers):
    kept.save(network(end({"engine": "docker", "ref": "db"}, 2)))
    for _time in range(20):
        pid = containers.start("db")
        engines.say("docker", "db", pid)
        kept.say("attach", "db")
        assert reaches(kept, pid)
        containers.end("db")
        engines.say("docker", "db", 0)
    eventually(lambda: "v-2" not in kept.host.run("ip", "link"), "its end stays")
    assert kept.answer("check")["counts"] == {"added": 0, "changed": 0, "recreated": 0, "removed": 0}


def test_a_run_says_of_which_containers_it_is_enough_to_start_them(kept, engines):
    """Docker calls nobody, and there is no systemd here whose service would listen."""
    podman, docker = (end({"engine": engine, "ref": "db"}, number) for engine, number in (("podman", 2), ("docker", 4)))
    told = [each["reason"] for each in kept.save(network(podman, docker))["pending"]]
    assert told == [
        "there is no podman container db on this host: make and start it, and it is attached",
        "there is no docker container db on this host: make and start it, then run again",
    ]


def state(pid: int) -> str:
    told = {"ociVersion": "1.0.2", "id": ID, "pid": pid, "status": "creating", "bundle": f"{STORAGE}/x/userdata"}
    return json.dumps(told)


@pytest.fixture
def storage(kept):
    """Podman's own notes on its containers."""
    rows = [{"id": ID, "names": ["db"]}, {"id": "e" * 64, "names": ["stranger"]}]
    kept.host.run("mount", "-t", "tmpfs", "var", "/var/lib")
    kept.host.run("sh", "-ec", f"mkdir -p {STORAGE}; cat > {STORAGE}/containers.json", input=json.dumps(rows))


def test_podman_s_call_attaches_before_anything_runs_and_asks_nobody(kept, engines, containers, storage):
    kept.save(network(end({"engine": "podman", "ref": "db"}, 2), end({"engine": "podman", "ref": "other"}, 4)))
    asked = engines.asked("podman")
    pid = containers.start("db")
    assert kept.say("hook", "podman", input=state(pid)) == "made: veth db eth0 (web)\n"
    assert reaches(kept, pid)
    assert engines.asked("podman") == asked


def test_a_call_about_nobody_s_container_or_nonsense_changes_nothing_and_fails_nobody(kept, storage, containers):
    kept.save(network(end({"engine": "podman", "ref": "db"}, 2)))
    before = kept.host.snapshot()
    pid = containers.start("stranger")
    strangers = [state(pid).replace(ID, digit * 64) for digit in "e0"]
    for told in (*strangers, "", "{}", "[1]", state(0), state(1)):
        kept.say("hook", "podman", input=told)
    kept.say("hook", "lxc")
    assert kept.host.snapshot() == before


def test_a_call_while_a_run_is_at_work_holds_up_the_engine_for_moments_only(kept, containers):
    """The run may itself be waiting for the engine. It ends, and the container is attached."""
    kept.save(network(end({"engine": "lxc", "ref": "db"}, 2)))
    pid = containers.start("db")
    environment = {"LXC_NAME": "db", "LXC_PID": str(pid), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    entered = ["nsenter", f"--target={kept.host._host.pid}", "--net", "--mount"]
    run = subprocess.Popen(
        [*entered, "flock", "/run/containerhost/lock", "sh", "-c", "echo at work; read ended"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout.readline() == "at work\n"
    assert kept.say("hook", "lxc", env=environment) == ""
    assert not reaches(kept, pid)
    run.communicate("ended\n")
    eventually(lambda: reaches(kept, pid), "it is not attached")


def test_lxc_s_call_attaches(kept, containers):
    kept.save(network(end({"engine": "lxc", "ref": "db"}, 2)))
    pid = containers.start("db")
    kept.say("hook", "lxc", env={"LXC_NAME": "db", "LXC_PID": str(pid), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert reaches(kept, pid)
