# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel has no room to remember, kept in one file on the host for as long as the kernel lives.

Settings that were borrowed (what they were before, and who holds them), owners of objects on devices that are not
ours, a digest of our nftables table, and folders that we made. It lies in /run, as none of it outlives a reboot. It is
written before the kernel is, so a killed run leaves a record too many, never one too few; it goes with its last entry.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow

FOLDER = "/run/containerhost"
PATH = f"{FOLDER}/records.json"
_VERSION = 1
_LOCK_SECONDS = 120


class Records:
    """The records of this host. ``save`` writes them if they changed."""

    def __init__(self, path: str = PATH) -> None:
        self._path = path
        self._content = self._load()
        self._saved = _text(self._content)

    def _load(self) -> dict[str, t.Any]:
        empty: dict[str, t.Any] = {"version": _VERSION, "borrowed": {}, "owners": {}, "digests": {}, "folders": []}
        try:
            with open(self._path, encoding="utf-8") as file:
                content = json.load(file)
        except FileNotFoundError:
            return empty
        except ValueError as error:
            raise Problem(f"{self._path} cannot be read ({error}); remove it to go on without its records") from error
        if content.get("version") != _VERSION:
            raise Problem(f"{self._path} was written by another version of this collection; upgrade this one")
        return {**empty, **content}

    def save(self) -> None:
        text = _text(self._content)
        if not any(self._content[name] for name in ("borrowed", "owners", "digests", "folders")):
            self._delete()
        elif text != self._saved:
            os.makedirs(os.path.dirname(self._path), mode=0o755, exist_ok=True)
            temporary = f"{self._path}.new"
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, self._path)
        self._saved = text

    def _delete(self) -> None:
        for path in (self._path, f"{self._path}.new"):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(path)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(self._path))

    # -- borrowed settings -------------------------------------------------------------------------------------

    def borrowed(self) -> dict[tuple[str | None, str], dict[str, t.Any]]:
        """Namespace and key, to ``before``, ``value``, ``owners``, ``kind`` and ``guard``."""
        return {_split(name): entry for name, entry in self._content["borrowed"].items()}

    def loan(self, netns: str | None, key: str) -> dict[str, t.Any] | None:
        return self._content["borrowed"].get(_join(netns, key))

    def borrow(self, step: Borrow, before: str) -> None:
        """Note who holds a setting from now on; what it was before anybody did is noted once."""
        entry = self._content["borrowed"].setdefault(_join(step.netns, step.key), {"before": before, "owners": []})
        entry.update(value=step.value, kind=step.kind, guard=list(step.guard) if step.guard else None)
        entry["owners"] = sorted({*entry["owners"], step.owner})

    def give_back(self, netns: str | None, key: str, owner: str) -> dict[str, t.Any] | None:
        """Give up one owner's hold; the loan itself if nobody else holds it any more."""
        entry = self._content["borrowed"].get(_join(netns, key))
        if entry is None:
            return None
        entry["owners"] = [other for other in entry["owners"] if other != owner]
        return None if entry["owners"] else self._content["borrowed"].pop(_join(netns, key))

    # -- owners and digests ------------------------------------------------------------------------------------

    def owner(self, kind: str, key: t.Sequence[t.Any]) -> str | None:
        owners = self._content["owners"].get(kind)
        return owners.get(json.dumps(list(key))) if owners else None

    def owners_of(self, kind: str) -> list[tuple[tuple[t.Any, ...], str]]:
        """Keys and owners of a kind."""
        return [(tuple(json.loads(key)), owner) for key, owner in self._content["owners"].get(kind, {}).items()]

    def set_owner(self, kind: str, key: t.Sequence[t.Any], owner: str | None) -> None:
        owners = self._content["owners"].get(kind, {})
        if owner is not None:
            self._content["owners"].setdefault(kind, owners)[json.dumps(list(key))] = owner
        elif owners:
            owners.pop(json.dumps(list(key)), None)
            if not owners:
                del self._content["owners"][kind]

    def forget_netns(self, netns: str) -> None:
        """What was in a namespace went with it."""
        for kind in list(self._content["owners"]):
            for key, _owner in self.owners_of(kind):
                if key[0] == netns:
                    self.set_owner(kind, key, None)
        for place, key in self.borrowed():
            if place == netns:
                del self._content["borrowed"][_join(place, key)]
        self.set_digest(netns, None)

    def places(self) -> list[str]:
        """Folders that we made, to go when they are empty, and files that we are about to make or take away."""
        return list(self._content["folders"])

    def note_places(self, paths: t.Iterable[str]) -> None:
        self._content["folders"] = sorted({*self._content["folders"], *paths})

    def forget_places(self, paths: t.Iterable[str]) -> None:
        self._content["folders"] = sorted({*self._content["folders"]} - {*paths})

    def digest(self, netns: str | None) -> str | None:
        return self._content["digests"].get(netns or "")

    def set_digest(self, netns: str | None, digest: str | None) -> None:
        if digest is None:
            self._content["digests"].pop(netns or "", None)
        else:
            self._content["digests"][netns or ""] = digest


def _text(content: t.Mapping[str, t.Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _join(netns: str | None, key: str) -> str:
    return f"{netns or ''} {key}"


def _split(name: str) -> tuple[str | None, str]:
    netns, _space, key = name.rpartition(" ")  # a namespace may have spaces in its name, a device has none
    return netns or None, key


@contextlib.contextmanager
def lock(folder: str = "/run") -> t.Iterator[None]:
    """One run at a time on a host. The lock is on the folder itself, so it leaves no file behind."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Problem(
                        f"another run has been at work on this host for {_LOCK_SECONDS} s; wait for it"
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(fd)
