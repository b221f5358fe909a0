# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change that could cut the way to this host is undone by a process of its own, unless the run comes back.

That process is the program ``containerhost`` of the run that makes the change, started before it, and out of its login:
as a service of systemd, or as a session of its own. It has in memory and below ``/run`` all that it needs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.inspection import documents, merged
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import (
    Busy,
    Ended,
    kernel_of_this_host,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep import archive, report, saved
from ansible_collections.containerhost.network.plugins.module_utils.keep.console import tell
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import as_before, is_as
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import replace_file
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.trial import Trial

_BOOTED = "/run/systemd/system"  # sd_booted(3)
_UNIT = "containerhost-guard.service"
_START = 60.0  # seconds in which a process starts on the slowest of machines
_TRIES = 5  # to go back, a second apart
_LOOK = 0.02  # seconds


@contextlib.contextmanager
def on_trial(kernel: Kernel, token: str, way: str, seconds: float) -> t.Iterator[None]:
    """Have what is changed meanwhile undone, unless ``confirm`` is called in time, which is counted from the end.

    Raises Problem where that cannot be had, before anything is changed.
    """
    trial = Trial()
    try:
        trial.prepare(token, way, _before(kernel))
        replace_file(trial.path("program"), archive.build(), 0o700)
        trial.extend(seconds)
        _start(trial, token)
    except (OSError, subprocess.SubprocessError) as error:
        trial.forget()
        why = getattr(error, "strerror", None) or str(error)
        raise Problem(
            f"this run could cut its own way to this host, and what would undo that then cannot be started ({why}):"
            " mend that, or set containerhost_guard_timeout: 0 for this host, which goes without"
        ) from error
    try:
        yield
    finally:
        trial.extend(seconds)


def _before(kernel: Kernel) -> saved.Document:
    """What is saved, where the host is as it says, as it tells what nobody can read; or else a picture."""
    with contextlib.suppress(Problem, Unready):
        found = saved.read()
        if found is not None and is_as(kernel.again(), found.document):
            return found.document
    return merged(documents(KINDS, kernel.again()), None)


def confirm(token: str, way: str | None) -> None:
    """The run has come back: what is on trial stays. Raises Problem where it came late, or by the old connection."""
    trial = Trial()
    if trial.guard() is None or not trial.is_of(token):
        told = trial.told()
        trial.forget()
        raise Problem(
            "what this run has changed cut its way to this host, or made it too slow: it did not come back over a new"
            " connection in time, so the host has gone back to what it was before, and keeps that over a reboot."
            " Look at `uplink`, routes and subnets of what would have changed, or give it more time"
            f" (containerhost_guard_timeout){told or ''}"
        )
    if way is not None and way == trial.way():
        raise Problem("what this run has changed is on trial, and this is no new connection: let it come back by one")
    trial.confirm()


def _start(trial: Trial, token: str) -> None:
    """Start the process that goes back, and wait until it is there. Raises OSError, SubprocessError."""
    command = [sys.executable, "-I", trial.path("program"), "go-back", token]
    if os.path.isdir(_BOOTED):
        about = "--description=Undoes a change of container networks, unless the run that made it comes back"
        with contextlib.suppress(OSError):  # one that was left over; where there is none, nothing is stopped
            subprocess.run(["systemctl", "stop", _UNIT], capture_output=True, timeout=_START, check=False)
        started = ["systemd-run", "--quiet", "--collect", f"--unit={_UNIT}", about, "--", *command]
        subprocess.run(started, stdin=subprocess.DEVNULL, capture_output=True, timeout=_START, check=True)
        process = None
    else:
        nothing = subprocess.DEVNULL
        process = subprocess.Popen(
            command, stdin=nothing, stdout=nothing, stderr=nothing, cwd="/", start_new_session=True
        )
    deadline = time.monotonic() + _START
    while trial.guard() is None:
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise OSError("its process has ended early")
        time.sleep(_LOOK)


# -- the process ------------------------------------------------------------------------------------------------


def watch_over(token: str) -> None:
    """Wait until the time is over, and go back then. Who confirms ends this process (SIGTERM)."""
    trial = Trial()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with trial.guarded():
        tries = _TRIES
        while True:
            left = trial.left()
            if left > 0:
                if signal.sigtimedwait([signal.SIGTERM], left) is not None:
                    return
                continue
            tries -= 1
            with contextlib.suppress(Busy):
                if _go_back(trial, token, last=not tries):
                    return
            if signal.sigtimedwait([signal.SIGTERM], 1) is not None:
                return


def _go_back(trial: Trial, token: str, last: bool) -> bool:
    """Whether there is nothing left to wait for."""
    try:
        with kernel_of_this_host(KINDS, trial=token) as kernel:
            if not trial.is_of(token):
                return True  # confirmed while this waited for its turn
            if trial.left() > 0:
                return False
            outcome = as_before(kernel, trial.before())
            problems = [f"not as before: {reason}" for reason in outcome.blocked]
            if problems and not last:
                return False
            lines = [*report.lines(outcome), *problems]
            trial.end("".join(f". {line}" for line in problems))
    except Busy:
        raise
    except Ended as error:
        if not last:
            return False
        lines = [f"not as before: {error}"]
        trial.end(f". {lines[0]}")
    for line in ["the run has not come back; this host goes back to what it was before it", *lines]:
        tell(line)
    return True
