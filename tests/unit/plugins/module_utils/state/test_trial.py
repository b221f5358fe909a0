# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import multiprocessing
import signal

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state.lock import LockHeld, lock
from ansible_collections.containerhost.network.plugins.module_utils.state.trial import Trial

FORK = multiprocessing.get_context("fork")


def _guard(folder, ready) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with Trial(folder).guarded():
        ready.set()
        signal.sigtimedwait([signal.SIGTERM], 60)


@pytest.fixture
def trial(tmp_path):
    """One whose guard lives."""
    trial = Trial(str(tmp_path))
    trial.prepare("t1", "a login", {"version": 1})
    trial.extend(60)
    ready = FORK.Event()
    process = FORK.Process(target=_guard, args=(str(tmp_path), ready))
    process.start()
    ready.wait(60)
    trial.process = process
    yield trial
    process.kill()
    process.join()


def test_it_keeps_what_was_there_before_and_who_made_it(trial):
    assert trial.before() == {"version": 1}
    assert trial.way() == "a login"
    assert trial.is_of("t1") and not trial.is_of("t2") and not trial.is_of(None)
    assert 50 < trial.left() <= 60
    assert trial.guard() == trial.process.pid


def test_a_run_whose_change_is_on_trial_is_still_at_work_for_all_others(trial, tmp_path):
    for other in (None, "t2"):
        with pytest.raises(LockHeld), lock(str(tmp_path), patience=0, trial=other):
            pass
    with lock(str(tmp_path), patience=0, trial="t1"):
        pass


def test_one_that_is_confirmed_ends_its_guard_and_leaves_nothing(trial, tmp_path):
    trial.confirm()
    trial.process.join(60)
    assert trial.process.exitcode == 0
    with lock(str(tmp_path), patience=0):
        pass
    assert not tmp_path.exists()


def test_one_whose_guard_was_killed_keeps_nobody_waiting(trial, tmp_path):
    trial.process.kill()
    trial.process.join()
    assert trial.guard() is None
    with lock(str(tmp_path), patience=0):
        pass


def test_of_one_that_went_back_is_left_what_became_of_it(trial, tmp_path):
    trial.end("it went back")
    assert trial.told() == "it went back"
    assert [path.name for path in (tmp_path / "trial").iterdir()] == ["went_back"]
    trial.forget()
    assert trial.told() is None
