# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for the neighbours of a lab's hosts: this machine's kernel has one table a family for all of them.

Some twenty hosts that ask each other fill it, and packets are lost. Its limits are borrowed: what they were is kept
beside the labs, and given back with the last lab that needs more, unless somebody has changed them since.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab import registry
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)

ROOT = "/proc/sys"
_FAMILIES = ("ipv4", "ipv6")
_FILE = "neighbours.json"
# Containers a host, for a guess: the lab does not read them. Each has an entry, and one for its gateway.
_CONTAINERS = 20
_ROOM = 2


def wanted(hosts: int) -> int:
    """Entries for hosts that all ask each other, and their containers; a power of two."""
    return 1 << (_ROOM * hosts * (hosts + 2 * _CONTAINERS) - 1).bit_length()


class NeighbourLimits:
    """The limits of this machine, and which labs have asked for how much. ``root`` is where sysctls are."""

    def __init__(self, top: str = registry.TOP, root: str = ROOT) -> None:
        self._top, self._file, self._root = top, os.path.join(top, _FILE), root

    def borrow(self, lab: str, hosts: int, check: bool) -> list[tuple[str, int, int]]:
        """(setting, before, after) of what has to be another for a lab of so many hosts. Raises OSError."""
        if check:
            kept = self._load()
            kept["labs"][lab] = wanted(hosts)
            return self._adjust(kept)
        with self._locked():
            kept = self._load()
            kept["labs"][lab] = wanted(hosts)
            return self._apply(kept)

    def give_back(self, lab: str) -> None:
        """This lab needs nothing any more. Raises OSError."""
        if os.path.exists(self._file):
            with self._locked():
                kept = self._load()
                kept["labs"].pop(lab, None)
                self._apply(kept)

    def _adjust(self, kept: dict[str, t.Any]) -> list[tuple[str, int, int]]:
        """What is to be changed; ``kept`` is as it will be then."""
        needed = max(kept["labs"].values(), default=0)
        changes = []
        for name, share in ((f"net.{family}.neigh.default.gc_thresh{n}", n) for family in _FAMILIES for n in (3, 2)):
            now = self._read(name)
            if now is None:
                continue  # not the first network namespace, or a kernel without IPv6
            before, ours = kept["settings"].pop(name, (now, now))
            if now != ours:
                before = now  # somebody else has set it since
            after = max(before, needed if share == 3 else needed // 2)
            if after != before:
                kept["settings"][name] = (before, after)
            if after != now:
                changes.append((name, now, after))
        return changes

    def _apply(self, kept: dict[str, t.Any]) -> list[tuple[str, int, int]]:
        known = dict(kept["settings"])
        changes = self._adjust(kept)
        if changes:
            # What it was is known before it is changed, and until it has been given back: a run may be killed.
            self._save({**kept, "settings": {**known, **kept["settings"]}})
            for name, _now, after in changes:
                with open(self._path(name), "w", encoding="ascii") as stream:
                    stream.write(str(after))
        if kept["settings"]:
            self._save(kept)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._file)
        return changes

    def _path(self, name: str) -> str:
        return os.path.join(self._root, *name.split("."))

    def _read(self, name: str) -> int | None:
        try:
            return int(read_text(self._path(name)))
        except (OSError, ValueError):
            return None

    def _save(self, kept: t.Mapping[str, t.Any]) -> None:
        replace_text(self._file, json.dumps(kept, indent=1) + "\n", mode=0o644)

    @contextlib.contextmanager
    def _locked(self) -> t.Iterator[None]:
        """Labs come and go side by side."""
        folder = os.open(self._top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _load(self) -> dict[str, t.Any]:
        try:
            kept = json.loads(read_text(self._file))
            return {"labs": dict(kept["labs"]), "settings": dict(kept["settings"])}
        except (OSError, ValueError, KeyError, TypeError):
            return {"labs": {}, "settings": {}}
