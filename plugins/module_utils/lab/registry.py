# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab remembers: one small file per host below /run, which a reboot forgets together with the hosts."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import typing as t
import urllib.parse

from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError, Leg, Member

TOP = "/run/containerhost-lab"
SWITCH = "switch"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Registry:
    """The files of one lab. Reading needs no lock: each is replaced whole."""

    def __init__(self, lab: str) -> None:
        if not _NAME.fullmatch(lab):
            raise LabError(f"containerhost_lab: `{lab}` is no name for a lab: letters, digits and _ . - only")
        self.lab = lab
        self.folder = os.path.join(TOP, lab)
        self._hosts = os.path.join(self.folder, "hosts")

    @property
    def exists(self) -> bool:
        return os.path.isdir(self.folder)

    @property
    def place(self) -> str:
        """An empty folder, where each newcomer mounts its root in a mount namespace of its own."""
        return os.path.join(self.folder, "root")

    # -- members -----------------------------------------------------------------------------------------------

    def hosts(self) -> dict[str, Member]:
        names = os.listdir(self._hosts) if os.path.isdir(self._hosts) else []
        found = (_load(os.path.join(self._hosts, name)) for name in sorted(names) if name.endswith(".json"))
        return {member.name: member for member in found if member}

    def host(self, name: str) -> Member | None:
        return _load(self._path(name))

    def switch(self) -> Member | None:
        return _load(os.path.join(self.folder, SWITCH + ".json"))

    def save(self, member: Member) -> None:
        _replace(self._path(member.name), _dump(member))

    def save_switch(self, member: Member) -> None:
        _replace(os.path.join(self.folder, SWITCH + ".json"), _dump(member))

    def forget(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(name))

    def _path(self, name: str) -> str:
        return os.path.join(self._hosts, file_name(name) + ".json")

    # -- the variables files that were written for it ----------------------------------------------------------

    def vars_files(self) -> list[str]:
        try:
            with open(os.path.join(self.folder, "vars_files.json"), encoding="utf-8") as stream:
                return json.load(stream)
        except (OSError, ValueError):
            return []

    def save_vars_files(self, paths: t.Sequence[str]) -> None:
        _replace(os.path.join(self.folder, "vars_files.json"), json.dumps(sorted(paths)))

    # -- the whole ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def locked(self, make: bool) -> t.Iterator[None]:
        """One run at a time. ``make`` says whether the lab's folder is wanted; without it, no folder, no lock."""
        if make:
            for folder in (TOP, self.folder, self._hosts, self.place):
                _make_folder(folder)
        descriptor = self._lock()
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _lock(self) -> int | None:
        path = os.path.join(self.folder, "lock")
        while self.exists:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # The run that we waited for may have removed the lab, and the file that is locked with it.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                    return descriptor
            os.close(descriptor)
        return None

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.rmdir(TOP)


def file_name(name: str) -> str:
    """An inventory name as a file's name: any character may be in it."""
    quoted = urllib.parse.quote(name, safe=":")
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted


def _make_folder(path: str) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o755)
    os.chmod(path, 0o755)


def _replace(path: str, text: str) -> None:
    draft = path + ".new"
    with open(draft, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
    os.chmod(draft, 0o644)
    os.replace(draft, path)


def _dump(member: Member) -> str:
    return json.dumps({**member._asdict(), "legs": [leg._asdict() for leg in member.legs]}, indent=1)


def _load(path: str) -> Member | None:
    """What the file says; None when there is none, or none that this version wrote."""
    try:
        with open(path, encoding="utf-8") as stream:
            stored = json.load(stream)
        legs = tuple(
            Leg(**{**leg, "addresses": tuple(leg["addresses"]), "defaults": tuple(leg["defaults"])})
            for leg in stored.pop("legs")
        )
        return Member(**stored, legs=legs)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
