# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time on a host.

Whoever can open a file can lock it (flock(2)), so the lock is a file that only root can open, in the folder of the
records. Both are there for as long as somebody holds the lock or something is recorded, and leave no trace.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import what_is_at
from ansible_collections.containerhost.network.plugins.module_utils.state.trial import Trial

FOLDER = "/run/containerhost"
PATIENCE = 120.0  # seconds to wait for another run
_OTHERS_MAY_WRITE = 0o022


class LockHeld(Problem):
    """Another run is at work."""


@contextlib.contextmanager
def lock(folder: str = FOLDER, patience: float = PATIENCE, trial: str | None = None) -> t.Iterator[None]:
    """Hold the host's lock. Raises Problem for one that cannot be had, LockHeld where another holds it for too long.

    A run whose change is on trial is still at work, for everybody who is not of it: ``trial`` is its token.
    """
    path = f"{folder}/lock"
    fd = _taken(folder, path, patience, trial)
    try:
        yield
    finally:
        if _is_at(fd, path):
            # The file goes while it is held: who waits for it sees that it has gone, and begins again.
            with contextlib.suppress(OSError):
                os.unlink(path)
                os.rmdir(folder)  # unless something is recorded
        os.close(fd)


def _taken(folder: str, path: str, patience: float, trial: str | None) -> int:
    """A descriptor of the lock file, which this process alone holds locked."""
    deadline = time.monotonic() + patience
    while True:
        fd = _opened(folder, path)
        if fd is not None:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(fd, path) and not Trial(folder).is_anothers(trial):
                    return fd
            except BlockingIOError:
                pass
            os.close(fd)
        if time.monotonic() > deadline:
            raise LockHeld(f"another run has been at work on this host for {patience:.0f} s; wait for it")
        time.sleep(0.05)


def _opened(folder: str, path: str) -> int | None:
    """The lock file, made if need be; None where the last run took its folder away at this moment."""
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        _check_folder(folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(path, flags, 0o600)
    except FileNotFoundError as error:
        if not os.path.isdir(os.path.dirname(folder)):
            raise Problem(f"cannot make {folder}, by which runs take turns ({error.strerror})") from error
        return None
    except OSError as error:
        found = what_is_at(path)
        there = f" over {found}" if found not in (None, "a file") else ""
        raise Problem(
            f"cannot make {path}{there}, by which runs take turns on a host ({error.strerror}): see that root can"
        ) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Problem(f"{path}, by which runs take turns, is {what_is_at(path)} of somebody else's: remove it")
    return fd


def _check_folder(folder: str) -> None:
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise Problem(f"{folder}, where our records belong, is {what_is_at(folder)} of somebody else's: remove it")
    if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
        raise Problem(f"{folder}, where our records are, can be written by others than root: look at it, and remove it")


def _is_at(fd: int, path: str) -> bool:
    """Is the open file still the one of that name?"""
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False
