# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``systemd``: services with a network namespace of their own, asked by one command for all of them.

That is one that the unit names (``NetworkNamespacePath=``), or that systemd makes for it (``PrivateNetwork=``).
"""

from __future__ import annotations

import contextlib
import os
import re
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    HOSTS,
    RESOLV,
    Answers,
    ContainerEngine,
    NoContainer,
    Running,
    Starts,
    ask,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.folder_events import FolderEvents

_NAME = re.compile(r"[A-Za-z0-9:_.\\@-]{1,255}")  # VALID_CHARS and UNIT_NAME_MAX, systemd's unit-name.c
_SUFFIX = ".service"
_OTHERS = (".socket", ".target", ".device", ".mount", ".automount", ".swap", ".timer", ".path", ".slice", ".scope")
_ASKED = ("LoadState", "MainPID", "ControlPID", "NetworkNamespacePath")
_UNITS = "/run/systemd/units"
_INVOCATION = "invocation:"
_MOST = 2.0  # seconds that a process may take from its fork to its program


class Systemd(ContainerEngine):
    name: t.ClassVar[str] = "systemd"
    has_hosts_file: t.ClassVar[bool] = True
    keeps: t.ClassVar[t.FrozenSet[str]] = frozenset((HOSTS, RESOLV))
    own_file: t.ClassVar[str] = "BindPaths=FILE:/etc/{} in its unit"
    plain_names: t.ClassVar[bool] = False

    def mistake(self, ref: str) -> tuple[str, str] | None:
        if not _NAME.fullmatch(ref) or ref.startswith("-") or ref.endswith((".", "@", f"@{_SUFFIX}")):
            return f"{ref!r} is no name of a service", "write the unit's name, such as db, db.service or db@1"
        if ref.endswith(_OTHERS):
            return f"{ref!r} is a unit without processes of its own", "write the name of a service"
        return None

    def find(self, refs: t.Sequence[str]) -> Answers:
        """``systemctl show``: a paragraph for each unit, in their order."""
        units = [_unit(ref) for ref in refs]
        try:
            done = ask(["systemctl", "show", f"--property={','.join(_ASKED)}", "--", *units])
        except OSError as error:
            return self.silent(refs, "systemd does not answer", error)
        rows = [dict(line.partition("=")[::2] for line in part.split("\n")) for part in done.output.split("\n\n")]
        if len(rows) != len(refs):
            return self.silent(refs, "systemd does not answer", f"systemctl show ended with {done.status}")
        return {ref: self._understand(ref, row) for ref, row in zip(refs, rows)}

    def _understand(self, ref: str, row: t.Mapping[str, str]) -> str | Running | NoContainer:
        path = row.get("NetworkNamespacePath")
        if path:
            main = row.get("MainPID", "0")
            return Running(path, root=f"/proc/{main}/root") if main not in ("", "0") else path
        if row.get("LoadState") == "not-found":
            return self.unknown(ref)
        pid = next((pid for pid in (row.get("MainPID"), row.get("ControlPID")) if pid not in (None, "", "0")), "0")
        _wait_for_program(pid)
        return self.of_pid(ref, pid)

    def unknown(self, ref: str) -> NoContainer:
        reason = f"there is no service {_unit(ref)} on this host: make and start it, then run again"
        return NoContainer(reason, gone=True)

    def starts(self) -> Starts:
        return _Services()


def _unit(ref: str) -> str:
    return ref if ref.endswith(_SUFFIX) else ref + _SUFFIX


def _wait_for_program(pid: str) -> None:
    """A process that systemd has just forked is in its own namespace by the time that it runs the unit's program."""
    deadline = time.monotonic() + _MOST
    with contextlib.suppress(OSError):
        systemd = {os.readlink("/proc/1/exe"), "/usr/lib/systemd/systemd-executor"}
        while os.readlink(f"/proc/{pid}/exe") in systemd and time.monotonic() < deadline:
            time.sleep(0.005)


class _Services(Starts):
    """systemd notes each start of a unit as a link ``invocation:UNIT``, before it forks the unit's first process."""

    def __init__(self) -> None:
        self._events = FolderEvents(_UNITS)

    def fileno(self) -> int:
        return self._events.fileno()

    def read(self) -> list[str]:
        units = [name[len(_INVOCATION):] for name in self._events.read() if name.startswith(_INVOCATION)]
        return [name for unit in units if unit.endswith(_SUFFIX) for name in (unit, unit[: -len(_SUFFIX)])]

    def close(self) -> None:
        self._events.close()
