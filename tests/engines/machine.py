# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab host that container engines run on, and what all containers there are made of: busybox, in an image.

Whatever an engine starts, mounts or makes is in the host's namespaces and on its tmpfs, and goes with its PID 1.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.containerhost.network.tests.integration.lab.conftest import Lab

_ENVIRONMENT = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
# Into the host's control group before its namespaces, as the connection plugin does: an engine reads its own.
_ENTER = 'echo 0 > "$1/cgroup.procs" || exit 255; shift; exec nsenter "$@"'
_NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
_APPLETS = "cat date echo env hostname httpd ip kill nc ping sh sleep touch true wget".split()

# Serves GET /hostname, so that whoever asks knows who has answered.
SERVES_ITS_NAME = ("/bin/httpd", "-f", "-p", "80", "-h", "/etc")


class Machine:
    """A host of a lab, entered as an operator's shell is."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab, self.name = lab, name

    def run(self, *argv: str, check: bool = True, seconds: float = 60, **options: Any) -> str:
        """What a program says on its standard output. ``check=False`` takes a failure for an answer."""
        text = not isinstance(options.get("input"), bytes)
        done = subprocess.run(
            self._entering(*argv), capture_output=True, check=False, timeout=seconds, env=_ENVIRONMENT, text=text,
            **options,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{' '.join(argv)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def sh(self, script: str, check: bool = True) -> str:
        return self.run("sh", "-ec", script, check=check)

    def start(self, *argv: str, log: str) -> None:
        """A program that stays, until the host ends."""
        self.sh(f'setsid "$@" >>{log} 2>&1 </dev/null &'.replace('"$@"', " ".join(argv)))

    def succeeds(self, *argv: str) -> bool:
        return subprocess.run(self._entering(*argv), capture_output=True, check=False, env=_ENVIRONMENT).returncode == 0

    def until(self, answer: Callable[[], Any], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not answer():
            assert time.monotonic() < deadline, f"{self.name}: {what} not within {seconds} s"
            time.sleep(0.02)

    def _entering(self, *argv: str) -> list[str]:
        member = self.lab.member(self.name)
        assert member.cgroup, "engines need a cgroup2 that root may write to, and this machine has none"
        return ["sh", "-c", _ENTER, "sh", member.cgroup, f"--target={member.pid}", *_NAMESPACES, "--", *argv]


def image() -> bytes:
    """A root file system as a tar archive: busybox without a library, under the names of its applets."""
    with open("/usr/bin/busybox", "rb") as stream:
        busybox = stream.read()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for folder in ("bin", "dev", "etc", "proc", "sys", "tmp"):
            tar.addfile(_entry(folder, type=tarfile.DIRTYPE))
        tar.addfile(_entry("bin/busybox", size=len(busybox)), io.BytesIO(busybox))
        for applet in _APPLETS:
            tar.addfile(_entry(f"bin/{applet}", type=tarfile.SYMTYPE, linkname="busybox"))
    return packed.getvalue()


def _entry(name: str, **fields: Any) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode = 0o755
    for field, value in fields.items():
        setattr(entry, field, value)
    return entry
