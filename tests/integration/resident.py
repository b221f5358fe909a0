# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run one after another in a process that stays on a test's host.

A fork of the tests' process for each takes twice as long as what a module does there: it copies ten megabytes, as it
counts who holds an object. Modules keep nothing from one run to the next but what follows from their arguments.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import NamedTuple

from ansible.utils.display import Display

PR_SET_PDEATHSIG = 1
# So often what is of no more use is looked for; a module has its process look for nothing any more.
LOOKED_FOR = 20

_libc = ctypes.CDLL(None, use_errno=True)


class Done(NamedTuple):
    """What was printed and complained, and whether it has failed."""

    said: str = ""
    complained: str = ""
    failed: bool = False


def enter(pid: int, *namespaces: str) -> None:
    """Be in another process's namespaces from now on."""
    for name in namespaces:
        with open(f"/proc/{pid}/ns/{name}") as file:
            _enter(file.fileno(), f"{name} of {pid}")


def _enter(namespace: int, name: str) -> None:
    if _libc.setns(namespace, 0):
        raise OSError(ctypes.get_errno(), f"cannot enter {name}")


# What residents can do, by name.
WORKS: dict[str, Callable[..., None]] = {}


class Resident:
    """A process in the namespaces of another one, which does what it is asked to."""

    def __init__(self, pid: int) -> None:
        self._here, there = multiprocessing.Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _serve(there, pid)
        there.close()

    def does(self, work: str, *arguments: object) -> Done:
        self._here.send((work, arguments))
        try:
            said, complained, failed = self._here.recv()
        except EOFError:
            return Done(complained="its process has ended", failed=True)
        return Done(said.decode(), complained.decode(), failed)

    def end(self) -> None:
        self._here.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


class Residents:
    """One that stays in a process's namespaces; another one while that is busy, or where a test patches something.

    A fork has all imports behind it: 25 ms for a module instead of 145. The one that stays takes 8 ms.
    """

    patched = False  # the modules, by the test that runs, in its process

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stays: Resident | None = None
        self._free = threading.Lock()

    def do(self, work: str, *arguments: object) -> Done:
        if self.patched or not self._free.acquire(blocking=False):
            resident = Resident(self._pid)
            try:
                return resident.does(work, *arguments)
            finally:
                resident.end()
        try:
            if self._stays is None:
                self._stays = Resident(self._pid)
            return self._stays.does(work, *arguments)
        except BaseException:  # of a test that was not waited for any longer
            self.end()
            raise
        finally:
            self._free.release()

    def end(self) -> None:
        if self._stays is not None:
            self._stays.end()
            self._stays = None


def _serve(asked: multiprocessing.connection.Connection, pid: int) -> None:
    """Never returns: this is a fork of the tests' process."""
    try:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        _let_go(but=asked.fileno())
        places = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), name) for name in ("net", "mnt")]
        environment = dict(os.environ)
        gc.freeze()
        answer = None
        for number in range(sys.maxsize):
            for place in places:  # it may have ended in another one, which must not be kept
                _enter(*place)
            if answer is not None:
                asked.send(answer)
            work, arguments = asked.recv()
            if number % LOOKED_FOR == LOOKED_FOR - 1:
                gc.unfreeze()
                gc.collect()
                gc.freeze()
            answer = _printed(WORKS[work], *arguments)
            Display()._warns.clear()  # or the next one's would not be told again
            os.environ.clear()
            os.environ.update(environment)
            _reap()
    except BaseException:
        pass
    finally:
        os._exit(1)


def _let_go(but: int) -> None:
    """Of what the tests' process has open: whoever reads there waits for the last who may write. Numbers stay taken."""
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in (0, 1, 2, but, nothing):
            with contextlib.suppress(OSError):  # the folder itself
                os.fstat(number)
                os.dup2(nothing, number, inheritable=False)


def _reap() -> None:
    """What a run has left behind would have lost its parent."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _printed(work: Callable[..., None], *arguments: object) -> tuple[bytes, bytes, bool]:
    """What it and its children write to this process's standard output and error, and whether it has failed."""
    said, complained = os.memfd_create("said"), os.memfd_create("complained")
    failed = False
    try:
        os.dup2(said, 1)
        os.dup2(complained, 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        work(*arguments)
    except SystemExit:
        pass
    except BaseException:
        failed = True
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return _all_of(said), _all_of(complained), failed


def _all_of(file: int) -> bytes:
    with open(file, "rb") as written:
        written.seek(0)
        return written.read()
