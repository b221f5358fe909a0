# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ctr says of containers, by id, by its beginning, by nerdctl's name, in which namespace."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import Done
from ansible_collections.containerhost.network.plugins.module_utils.engines import containerd
from ansible_collections.containerhost.network.plugins.module_utils.engines.containerd import Containerd

WEB, DB, POD = (letter * 64 for letter in "abc")
TASKS = f"TASK    PID    STATUS    \n{WEB}    71     RUNNING\n{DB}    72    STOPPED\n"


class Ctr:
    """Knows two containers in ``default``, one of which nerdctl calls web, and one in ``k8s.io``."""

    def __init__(self):
        self.asked = []

    def __call__(self, command):
        namespace, words = command[2].partition("=")[2], command[3:]
        self.asked.append(words[:2])
        if words == ["tasks", "list"]:
            return Done(0, TASKS if namespace == "default" else f"TASK PID STATUS\n{POD} 73 RUNNING")
        if words == ["containers", "list", "--quiet"]:
            return Done(0, f"{WEB}\n{DB}" if namespace == "default" else POD)
        if words[:2] == ["containers", "info"]:
            return Done(0, json.dumps({"ID": words[2], "Labels": {"nerdctl/name": "web"} if words[2] == WEB else None}))
        return Done(0, WEB if words[3].endswith("==web") and namespace == "default" else "")


@pytest.fixture
def ctr(monkeypatch):
    ctr = Ctr()
    monkeypatch.setattr(containerd, "ask", ctr)
    return ctr


def test_containers_are_found_by_what_they_are_called(ctr):
    answers = Containerd().find([WEB, WEB[:12], "web", "default/web", f"k8s.io/{POD[:14]}"])
    assert list(answers.values()) == ["/proc/71/ns/net"] * 4 + ["/proc/73/ns/net"]


def test_ids_are_asked_for_once_a_namespace(ctr):
    Containerd().find([WEB, DB])
    assert ctr.asked == [["tasks", "list"], ["containers", "list"]]


def test_what_is_not_there_is_told_from_what_does_not_run(ctr):
    answers = Containerd().find([DB, "gone", "k8s.io/web", WEB[:11]])
    assert "is not running" in answers[DB].reason
    assert all("there is no containerd container" in answers[ref].reason for ref in ("gone", "k8s.io/web", WEB[:11]))


def test_a_daemon_that_is_down_is_named(monkeypatch):
    monkeypatch.setattr(containerd, "ask", lambda command: Done(1, "ctr: failed to dial"))
    assert "containerd does not answer (ctr: failed to dial)" in Containerd().find(["web"])["web"].reason


def test_a_start_is_told_under_all_names(ctr):
    line = f'2026-11-26 08:00:00 +0000 UTC default /tasks/start {{"container_id":"{WEB}","pid":71}}'
    assert containerd._names_in(line.encode()) == [
        f"default/{WEB}", WEB, "default/web", "web",
    ]  # fmt: skip


@pytest.mark.parametrize("line", [b"", b"x d /tasks/exit {}", b"x d /tasks/start {no", b"x d /tasks/start {}"])
def test_what_is_no_start_is_nobodys(ctr, line):
    assert containerd._names_in(line) == []


@pytest.mark.parametrize("ref", ["web", "k8s.io/abc", WEB, "a_b.c-d"])
def test_what_is_a_reference(ref):
    assert Containerd().mistake(ref) is None


@pytest.mark.parametrize("ref", ["", "/web", "a/b/c", "-n", "a b", "../x"])
def test_what_is_none(ref):
    assert Containerd().mistake(ref) is not None
