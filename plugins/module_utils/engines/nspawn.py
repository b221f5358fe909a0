# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``nspawn``: machines of systemd-nspawn, as systemd-machined registers them."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    HOSTS,
    RESOLV,
    Answers,
    ContainerEngine,
    Starts,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.folder_events import FolderEvents

_MACHINES = "/run/systemd/machines"
_IMAGES = "/var/lib/machines"


class Nspawn(ContainerEngine):
    name: t.ClassVar[str] = "nspawn"
    has_hosts_file: t.ClassVar[bool] = True
    keeps: t.ClassVar[t.FrozenSet[str]] = frozenset((HOSTS, RESOLV))

    def find(self, refs: t.Sequence[str]) -> Answers:
        return {ref: self.of_pid(ref, _leader(ref)) for ref in refs}

    def root_of(self, ref: str) -> str | None:
        """Where machines are looked for by their names (machinectl(1)); of one on an image, there is nothing."""
        path = f"{_IMAGES}/{ref}"
        return path if os.path.isdir(path) else None

    def starts(self) -> Starts:
        return _Machines()


class _Machines(Starts):
    """machined moves a file of a machine's name to its folder, and others of a name with a colon."""

    def __init__(self) -> None:
        os.makedirs(_MACHINES, mode=0o755, exist_ok=True)  # as machined does at its own start
        self._events = FolderEvents(_MACHINES)

    def fileno(self) -> int:
        return self._events.fileno()

    def read(self) -> list[str]:
        return [name for name in self._events.read() if ":" not in name and not name.startswith(".")]

    def close(self) -> None:
        self._events.close()


def _leader(ref: str) -> str | None:
    """machined keeps the first process of a machine in a file of variables."""
    try:
        found = re.search(r"^LEADER=([0-9]+)$", read_text(f"{_MACHINES}/{ref}"), re.MULTILINE)
    except OSError:
        return None
    return found.group(1) if found else None
