# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import LockHeld, lock

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def folder(tmp_path) -> str:
    return str(tmp_path / "own")


def _hold(folder, ready, release) -> None:
    with lock(folder):
        ready.set()
        release.wait(20)


def test_a_second_run_waits_for_the_first(tmp_path, folder):
    ready, release = FORK.Event(), FORK.Event()
    first = FORK.Process(target=_hold, args=(folder, ready, release))
    first.start()
    ready.wait(20)
    timer = threading.Timer(0.2, release.set)
    timer.start()
    with lock(folder):
        assert release.is_set()
    first.join()
    timer.join()
    assert list(tmp_path.iterdir()) == []


def test_a_run_does_not_wait_for_ever(folder):
    with lock(folder), pytest.raises(LockHeld, match="another run"), lock(folder, patience=0):
        pass


def test_a_killed_runs_lock_is_free(tmp_path, folder):
    ready = FORK.Event()
    first = FORK.Process(target=_hold, args=(folder, ready, FORK.Event()))
    first.start()
    ready.wait(20)
    first.kill()
    first.join()
    assert list(Path(folder).iterdir()) != []
    with lock(folder):
        pass
    assert list(tmp_path.iterdir()) == []


def _one_after_the_other(folder, times) -> None:
    for _time in range(times):
        with lock(folder):
            os.close(os.open(f"{folder}.alone", os.O_CREAT | os.O_EXCL))
            os.unlink(f"{folder}.alone")


def test_those_who_come_while_it_is_taken_away_do_not_meet(tmp_path, folder):
    """Each leaves nothing behind, so that another may hold a file that is no longer there."""
    many = [FORK.Process(target=_one_after_the_other, args=(folder, 25)) for _process in range(4)]
    for process in many:
        process.start()
    for process in many:
        process.join()
    assert [process.exitcode for process in many] == [0] * len(many)
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_can_open_it(folder):
    with lock(folder):
        assert os.stat(folder).st_mode & 0o777 == 0o700
        assert [os.stat(f"{folder}/{name}").st_mode & 0o777 for name in os.listdir(folder)] == [0o600]


def test_a_folder_that_something_is_recorded_in_stays(folder):
    with lock(folder):
        Path(f"{folder}/records.json").write_text("{}")
    assert os.listdir(folder) == ["records.json"]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda folder: Path(folder).touch(), "is a file of somebody else's"),
        (lambda folder: Path(folder).symlink_to("/tmp"), "is a link of somebody else's"),
        (os.mkfifo, "is a pipe of somebody else's"),
        (lambda folder: (os.mkdir(folder), os.chmod(folder, 0o777)), "can be written by others than root"),
        (lambda folder: (os.mkdir(folder), os.chown(folder, 65534, 0)), "can be written by others than root"),
        (lambda folder: os.makedirs(f"{folder}/lock"), "lock over a folder, by which runs take turns"),
        (lambda folder: (os.mkdir(folder), os.symlink("/etc/passwd", f"{folder}/lock")), "lock over a link"),
        (lambda folder: (os.mkdir(folder), os.mkfifo(f"{folder}/lock")), "lock, by which runs take turns, is a pipe"),
    ],
)
def test_what_is_in_its_place_is_a_sentence_and_stays(folder, made, words):
    made(folder)
    before = [(str(path), path.lstat().st_mode, path.lstat().st_uid) for path in Path(folder).parent.rglob("*")]
    with pytest.raises(Problem, match=words), lock(folder):
        pass
    assert [(str(p), p.lstat().st_mode, p.lstat().st_uid) for p in Path(folder).parent.rglob("*")] == before


def test_where_there_is_no_run_it_says_so(tmp_path):
    with pytest.raises(Problem, match=r"cannot make .*/nowhere/own, by which runs take turns"), lock(
        str(tmp_path / "nowhere" / "own")
    ):
        pass
