# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place to measure in, and one measurement: what a process takes from its start to its exit."""

from __future__ import annotations

import ctypes
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import typing as t

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
PR_SET_PDEATHSIG = 1
TIMEOUT = 900

_libc = ctypes.CDLL(None, use_errno=True)

# As a login has it: PYTHONUNBUFFERED alone makes Python read a payload byte by byte, 0.5 s a MB.
CLEAN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}

# /run is the scene's own: named namespaces, locks and records of one scene are none of another's, or the machine's.
_HOLD = """
set -e
mount -t tmpfs bench /run
mkdir /run/netns /run/lock
ip link set lo up
for each in all default; do echo 1 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done
echo ready
exec sleep infinity
"""


class Sample(t.NamedTuple):
    """Seconds on the clock, seconds of processor time (with the children's), peak memory in MiB, what was said."""

    wall: float
    cpu: float
    memory: float
    output: str


class Failed(Exception):
    """What was to be measured did not work."""


class Scene:
    """A host of its own: network and mount namespaces that end with the ``with``, whatever happens in it.

    A process holds them, and dies with this one; what was made in them goes along.
    """

    def __init__(self) -> None:
        self._holder: subprocess.Popen[bytes] | None = None
        self._namespaces: list[tuple[int, int]] = []

    def __enter__(self) -> Scene:
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", _HOLD],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            preexec_fn=_die_with_parent,
        )
        if self._holder.stdout is None or self._holder.stdout.readline() != b"ready\n":
            self.__exit__()
            raise Failed("there is no scene: cannot make namespaces (root is needed, and unshare and mount)")
        for name, flag in (("net", CLONE_NEWNET), ("mnt", CLONE_NEWNS)):
            self._namespaces.append((os.open(f"/proc/{self._holder.pid}/ns/{name}", os.O_RDONLY), flag))
        return self

    def __exit__(self, *_error: object) -> None:
        for fd, _flag in self._namespaces:
            os.close(fd)
        self._namespaces.clear()
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()
            if self._holder.stdout is not None:
                self._holder.stdout.close()
            self._holder = None
        _wait_for_the_kernel()

    @property
    def pid(self) -> int:
        """The process that holds it."""
        if self._holder is None:
            raise Failed("there is no scene")
        return self._holder.pid

    def start(self, argv: t.Sequence[str], **how: t.Any) -> subprocess.Popen[bytes]:
        """A process in the scene that goes on by itself."""
        return subprocess.Popen(argv, preexec_fn=self._enter, **{"env": CLEAN, **how})

    def run(
        self,
        argv: t.Sequence[str],
        stdin: str | os.PathLike[str] = os.devnull,
        environment: t.Mapping[str, str] | None = None,
    ) -> Sample:
        """A process in the scene, measured from its start to its exit."""
        return measure(argv, {**CLEAN, **(environment or {})}, stdin, self._enter)

    def sh(self, script: str) -> Sample:
        """A shell script, from a file: it may be long."""
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
            file.write(script)
            file.flush()
            return self.run(["sh", "-e", file.name])

    def _enter(self) -> None:
        _die_with_parent()
        for fd, flag in self._namespaces:
            if _libc.setns(fd, flag) != 0:
                raise OSError(ctypes.get_errno(), "setns")


def measure(
    argv: t.Sequence[str],
    environment: t.Mapping[str, str],
    stdin: str | os.PathLike[str] = os.devnull,
    enter: t.Callable[[], None] | None = None,
) -> Sample:
    """A process from its start to its exit. Raises Failed with what it said if it ends with an error."""
    with open(stdin, "rb") as source, tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            argv,
            stdin=source,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            preexec_fn=enter or _die_with_parent,
        )
        before = signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(TIMEOUT)
        try:
            _pid, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    if process.returncode:
        raise Failed(f"{' '.join(map(str, argv))[:200]} ended with {process.returncode}:\n{said[-2000:]}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def _give_up(*_signal: object) -> t.NoReturn:
    raise Failed(f"it took more than {TIMEOUT} s")


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait_for_the_kernel(seconds: float = 30) -> None:
    """Namespaces are taken apart behind our back, which the next measurement would pay for."""
    slabs = pathlib.Path("/proc/slabinfo")
    before = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            row = next(row for row in slabs.read_text().splitlines() if row.startswith("net_namespace "))
        except (OSError, StopIteration):
            time.sleep(1)
            return
        now = int(row.split()[1])
        if now == before:
            return
        before = now
        time.sleep(0.2)
