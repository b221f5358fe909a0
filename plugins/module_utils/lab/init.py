# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PID 1 of lab hosts: forked, built, then released.

Until it is released a newcomer dies with the process that forked it, so a killed run leaves no host that no
registry knows. Once released it is ``sleep infinity`` with SIGCHLD ignored: then the kernel itself reaps what
ends in the host (wait(2), "Notes"), and a host costs half a megabyte.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab import syscalls as sys_
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError, started

_BUILT = "built"
_PATIENCE = 120.0  # seconds in which a newcomer says something; one takes 0.02 on an idle machine
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Newcomers:
    """Hosts in the making. Use it in a ``with``: those that were not released are killed at its end."""

    def __init__(self, lab: str) -> None:
        self._lab = lab
        self.pids: dict[str, int] = {}
        # One pipe each way for all of them: reports are short enough to be atomic (pipe(7), PIPE_BUF).
        self._reports, self._report = os.pipe()
        self._word, self._words = os.pipe()
        self._released = False

    def __enter__(self) -> Newcomers:
        return self

    def __exit__(self, *_error: object) -> None:
        for fd in (self._reports, self._report, self._word, self._words):
            if fd >= 0:
                os.close(fd)
        if not self._released:
            for pid in self.pids.values():
                os.kill(pid, signal.SIGKILL)
            for pid in self.pids.values():
                os.waitpid(pid, 0)

    def fork(self, name: str, build: t.Callable[[], None]) -> None:
        """Start one; ``build`` runs in it, as PID 1 of a new PID namespace."""
        with sys_.children_in_new_pid_namespace():
            pid = os.fork()
            if pid == 0:
                self._live(name, build)
        self.pids[name] = pid

    def wait_until_built(self) -> None:
        """Return when all have been built; raise the first one's trouble."""
        missing = set(self.pids)
        while missing:
            for name, text in self._read_reports(frozenset(missing)):
                if text != _BUILT:
                    raise LabError(f"{name}: {text}")
                missing.discard(name)

    def release(self) -> None:
        """Let all of them live on without this process. Call it when they stand in the registry."""
        os.close(self._report)
        self._report = -1
        self._released = True
        os.write(self._words, b"!" * len(self.pids))
        # They hold the pipe's other end until they have executed their last program.
        for name, text in self._read_reports(frozenset()):
            raise LabError(f"{name}: {text}")

    def _read_reports(self, missing: frozenset[str]) -> t.Iterator[tuple[str, str]]:
        """The reports that came in at one time; with nobody missing, those until the end of the pipe."""
        deadline = time.monotonic() + _PATIENCE
        rest = b""
        while True:
            ready, _write, _error = select.select([self._reports], [], [], 0.5)
            chunk = os.read(self._reports, 65536) if ready else b""
            *lines, rest = (rest + chunk).split(b"\0")
            for line in lines:
                name, _tab, text = line.decode("utf-8", "replace").partition("\t")
                yield name, text
            if lines and missing or ready and not chunk:
                return
            if not ready:
                self._find_dead(missing)
            if time.monotonic() > deadline:
                raise LabError(f"{', '.join(sorted(missing)) or 'a host'} did not start in {_PATIENCE:.0f} seconds")

    def _find_dead(self, missing: frozenset[str]) -> None:
        for name in missing:
            if os.waitid(os.P_PID, self.pids[name], os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                raise LabError(f"{name}: its first process was killed while it was made; is there memory left?")

    # -- in the newcomer ---------------------------------------------------------------------------------------

    def _live(self, name: str, build: t.Callable[[], None]) -> t.NoReturn:
        try:
            sys_.die_with_parent()
            os.setsid()
            _use_null()
            _close_all_but(self._report, self._word)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            os.umask(0o022)
            build()
            os.write(self._report, f"{name}\t{_BUILT}\0".encode())
            if os.read(self._word, 1):
                self._sleep(name)
        except BaseException as error:
            text = error.strerror if isinstance(error, OSError) and error.filename is None else str(error)
            os.write(self._report, f"{name}\t{text or error!r}\0".encode()[-4000:])
        finally:
            os._exit(1)

    def _sleep(self, name: str) -> t.NoReturn:
        _use_null()
        os.chdir("/")
        sleep = shutil.which("sleep", path=_PATH)
        if sleep is None:
            raise LabError("there is no program `sleep`")
        sys_.die_with_parent(False)
        os.execve(sleep, ["sleep", "infinity"], {"PATH": _PATH, "CONTAINERHOST_LAB": f"{self._lab}/{name}"})


def _use_null() -> None:
    """Hold nothing open: not the pipe that Ansible waits on, not a device of a root that was left."""
    null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)


def _close_all_but(*kept: int) -> None:
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


# -- from outside --------------------------------------------------------------------------------------------------


def kill(processes: t.Iterable[tuple[int, int | None]]) -> None:
    """End processes (number, start time), and with a PID 1 all in its namespace; return when they have ended."""
    poll = select.poll()
    waiting: set[int] = set()
    for pid, start in processes:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        waiting.add(fd)
        poll.register(fd, select.POLLIN)
        # Looked up when the descriptor is open: from then on the number cannot be another process's.
        if start is None or started(pid) == start:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        else:
            _forget(poll, fd, waiting)
    deadline = time.monotonic() + 30
    while waiting and time.monotonic() < deadline:
        for fd, _event in poll.poll(1000):
            _forget(poll, fd, waiting)
    if waiting:
        raise LabError("processes of the lab do not end; one of them may be stuck in the kernel (ps: state D)")


def _forget(poll: select.poll, fd: int, waiting: set[int]) -> None:
    poll.unregister(fd)
    os.close(fd)
    waiting.discard(fd)
