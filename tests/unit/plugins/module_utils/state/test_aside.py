# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done beside this process: answers, errors, and those who never answer."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state import aside
from ansible_collections.containerhost.network.plugins.module_utils.state.aside import Aside


def descriptors():
    """What is open, as far as it still is when it is looked at."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        if os.path.lexists(f"/proc/self/fd/{name}"):
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
    return found


def test_it_answers_and_raises_as_the_work_does(tmp_path):
    beside = Aside()
    assert beside.do("a", os.path.join, "x", "y\udcff") == "x/y\udcff"
    assert beside.do("a", str.upper, "x" * 200_000) == "X" * 200_000
    with pytest.raises(FileNotFoundError):
        beside.do("b", os.listdir, str(tmp_path / "nothing"))
    assert beside.do("a", os.getpid) == beside.do("b", os.getpid) != os.getpid()


def test_who_does_not_answer_is_not_asked_again_and_all_others_are(monkeypatch):
    beside = Aside()
    first = beside.do("a", os.getpid)
    monkeypatch.setattr(aside, "SECONDS", 0.1)
    for _again in range(2):
        with pytest.raises(OSError, match="whoever has a say in it does not answer"):
            beside.do("a", time.sleep, 600)
    monkeypatch.undo()
    assert beside.do("b", os.getpid) not in (first, os.getpid())
    deadline = time.monotonic() + 30
    while os.path.exists(f"/proc/{first}") and " Z " not in open(f"/proc/{first}/stat").read():  # noqa: SIM115
        assert time.monotonic() < deadline, "the one that is stuck was not ended"


def test_many_who_do_not_answer_are_waited_for_a_second_each_in_the_end(monkeypatch):
    beside = Aside()
    monkeypatch.setattr(aside, "SECONDS", 0.1)
    monkeypatch.setattr(aside, "_IN_VAIN", 0.2)
    for number in range(2):
        with pytest.raises(OSError):
            beside.do(str(number), time.sleep, 600)
    began = time.monotonic()
    with pytest.raises(OSError):
        beside.do("more", time.sleep, 600)
    assert time.monotonic() - began >= 1


def test_it_has_nothing_of_the_run_s_but_ways_to_folders(tmp_path):
    (tmp_path / "lock").touch()
    lock, way = os.open(tmp_path / "lock", os.O_RDWR), os.open(tmp_path, os.O_PATH)
    try:
        found = Aside().do("a", descriptors)
    finally:
        os.close(lock)
        os.close(way)
    assert {found[number] for number in (0, 1, 2)} == {os.devnull}
    assert str(tmp_path / "lock") not in found.values()
    assert found[way] == str(tmp_path)


def test_a_fork_has_its_own():
    beside = Aside()
    before = beside.do("a", os.getppid)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(beside.do("a", os.getppid) == os.getpid()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert (before, os.read(reading, 10)) == (os.getpid(), b"True")
    assert beside.do("a", os.getppid) == os.getpid()
    os.close(reading)
    os.close(writing)
