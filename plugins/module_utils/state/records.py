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
import json
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.canonical import is_later
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import FOLDER
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.flows import Changed

PATH = f"{FOLDER}/records.json"
_VERSION = 1


class CannotNote(Exception):
    """The records cannot be written, so what they would have to tell must not be done."""


class Records:
    """The records of this host. ``save`` writes them if they changed; its caller holds the lock, and so the folder."""

    def __init__(self, path: str = PATH) -> None:
        self._path = path
        self._content = self._load()
        self._saved = _text(self._content)

    def _load(self) -> dict[str, t.Any]:
        empty: dict[str, t.Any] = {"version": _VERSION, "borrowed": {}, "owners": {}, "digests": {}, "folders": []}
        empty.update(ports={}, namespaces={}, begun={})
        try:
            content = json.loads(read_text(self._path))
        except FileNotFoundError:
            return empty
        except (OSError, ValueError, RecursionError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Problem(f"{self._path} cannot be read ({why}); remove it to go on without its records") from error
        if isinstance(content, dict) and is_later(content.get("version"), _VERSION):
            raise Problem(f"{self._path} was written by a newer version of this collection; upgrade this one")
        wrong = _misshapen(content)
        if wrong:
            raise Problem(f"{self._path} is damaged ({wrong}); remove it to go on without its records")
        return {**empty, **content}

    def save(self) -> None:
        """Raises CannotNote."""
        text = _text(self._content)
        try:
            if not any(self._content[name] for name in ("borrowed", "owners", "digests", "folders", "ports", "begun")):
                for path in (self._path, f"{self._path}.new"):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(path)
            elif text != self._saved:
                replace_text(self._path, text)
        except OSError as error:
            raise CannotNote(
                f"{self._path} cannot be written ({error.strerror}), and nothing is done that it could not tell of:"
                " make room on its file system, or make it writable"
            ) from error
        self._saved = text

    @property
    def size(self) -> int:
        """Bytes, as they have been saved."""
        return len(self._saved)

    # -- borrowed settings -------------------------------------------------------------------------------------

    def borrowed(self) -> dict[tuple[str | None, str], dict[str, t.Any]]:
        """Namespace and key, to ``before``, ``value``, ``owners``, ``kind``, ``guard`` and perhaps ``others``."""
        return {_split(name): entry for name, entry in self._content["borrowed"].items()}

    def loan(self, netns: str | None, key: str) -> dict[str, t.Any] | None:
        return self._content["borrowed"].get(_join(netns, key))

    def borrow(self, step: Borrow, before: str) -> None:
        """Note who holds a setting from now on; what it was before anybody did is noted once."""
        new = {"before": before, "owners": [], **({"others": list(step.others)} if step.others else {})}
        entry = self._content["borrowed"].setdefault(_join(step.netns, step.key), new)
        entry.update(value=step.value, kind=step.kind, guard=list(step.guard) if step.guard else None)
        entry["owners"] = sorted({*entry["owners"], step.owner})

    def became(self, step: Borrow, now: str | None) -> None:
        """What the kernel has made of the value: by that it is known to be as we have set it when it is given back."""
        entry = self.loan(step.netns, step.key)
        if entry is not None and now is not None:
            entry["value"] = now

    def returns_to(self, netns: str | None, key: str, value: str) -> bool:
        """A setting that is on loan is to have this value once it is given back; False where it is not."""
        entry = self.loan(netns, key)
        if entry is not None:
            entry["before"] = value
        return entry is not None

    def give_back(self, netns: str | None, key: str, owner: str, whole: bool = False) -> dict[str, t.Any] | None:
        """Give up one owner's hold, or that of all (``whole``); the loan itself if nobody holds it any more."""
        entry = self._content["borrowed"].get(_join(netns, key))
        if entry is None:
            return None
        entry["owners"] = [other for other in entry["owners"] if other != owner and not whole]
        return None if entry["owners"] else self._content["borrowed"].pop(_join(netns, key))

    # -- owners and digests ------------------------------------------------------------------------------------

    def owner(self, kind: str, key: t.Sequence[t.Any]) -> str | None:
        owners = self._content["owners"].get(kind)
        return owners.get(json.dumps(list(key))) if owners else None

    def owners_of(self, kind: str) -> list[tuple[tuple[t.Any, ...], str]]:
        """Keys and owners of a kind."""
        return [(tuple(json.loads(key)), owner) for key, owner in self._content["owners"].get(kind, {}).items()]

    def joined_names(self) -> dict[str, str]:
        """Names of namespaces that are second names of a container's, and whose they are."""
        return {key[2]: owner for key, owner in self.owners_of("joined") if key[1] == "netns"}

    def set_owner(self, kind: str, key: t.Sequence[t.Any], owner: str | None) -> None:
        owners = self._content["owners"].get(kind, {})
        if owner is not None:
            self._content["owners"].setdefault(kind, owners)[json.dumps(list(key))] = owner
            return
        self._content["namespaces"].pop(json.dumps([kind, *key]), None)
        if owners:
            owners.pop(json.dumps(list(key)), None)
            if not owners:
                del self._content["owners"][kind]

    def begun(self, kind: str, key: t.Sequence[t.Any]) -> str | None:
        """For whom a device was about to be made by a run that did not come to its end."""
        return self._content["begun"].get(json.dumps([kind, *key])) if self._content["begun"] else None

    def note_begun(self, kind: str, key: t.Sequence[t.Any], owner: str) -> None:
        self._content["begun"][json.dumps([kind, *key])] = owner

    def all_begun(self) -> list[tuple[str, tuple[t.Any, ...]]]:
        """Kinds and keys."""
        return [(kind, tuple(key)) for kind, *key in map(json.loads, self._content["begun"])]

    def forget_begun(self, kind: str, key: t.Sequence[t.Any]) -> None:
        self._content["begun"].pop(json.dumps([kind, *key]), None)

    def namespace(self, kind: str, key: t.Sequence[t.Any]) -> tuple[int, int] | None:
        """Device and inode of the namespace that an object was made in."""
        found = self._content["namespaces"].get(json.dumps([kind, *key]))
        return (found[0], found[1]) if found else None

    def set_namespace(self, kind: str, key: t.Sequence[t.Any], identity: tuple[int, int]) -> None:
        self._content["namespaces"][json.dumps([kind, *key])] = list(identity)

    def forget_inside(self, gone: t.Collection[str]) -> None:
        """What was in these namespaces went with them."""
        for kind in list(self._content["owners"]):
            for key, _owner in self.owners_of(kind):
                if key[0] in gone:
                    self.set_owner(kind, key, None)
        for place, key in self.borrowed():
            if place in gone:
                del self._content["borrowed"][_join(place, key)]
        for netns in gone:
            self.set_digest(netns, None)

    def places(self) -> list[str]:
        """Folders that we made, to go when they are empty, and files that we are about to make or take away."""
        return list(self._content["folders"])

    def note_places(self, paths: t.Iterable[str]) -> None:
        self._content["folders"] = sorted({*self._content["folders"], *paths})

    def forget_places(self, paths: t.Iterable[str]) -> None:
        self._content["folders"] = sorted({*self._content["folders"]} - {*paths})

    def note_ports(self, netns: str | None, changed: Changed) -> None:
        """Published ports that are about to be changed, and where they led to before the first change."""
        noted = self._content["ports"].setdefault(netns or "", {})
        for name, ports in changed.items():
            noted[name] = {**ports, **noted.get(name, {})}

    def changed_ports(self) -> list[tuple[str | None, Changed]]:
        return [(netns or None, changed) for netns, changed in self._content["ports"].items()]

    def forget_ports(self, netns: str | None) -> None:
        self._content["ports"].pop(netns or "", None)

    def digest(self, netns: str | None) -> str | None:
        return self._content["digests"].get(netns or "")

    def set_digest(self, netns: str | None, digest: str | None) -> None:
        if digest is None:
            self._content["digests"].pop(netns or "", None)
        else:
            self._content["digests"][netns or ""] = digest


def _text(content: t.Mapping[str, t.Any]) -> str:
    """A line for each entry. What `json` indents, it encodes without its C encoder: ten times slower."""
    encoded = json.JSONEncoder(sort_keys=True).encode
    sections = []
    for name, part in sorted(content.items()):
        if isinstance(part, dict) and part:
            entries = ",\n".join(f"  {encoded(key)}: {encoded(entry)}" for key, entry in sorted(part.items()))
            sections.append(f" {encoded(name)}: {{\n{entries}\n }}")
        else:
            sections.append(f" {encoded(name)}: {encoded(part)}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _join(netns: str | None, key: str) -> str:
    return f"{netns or ''} {key}"


def _split(name: str) -> tuple[str | None, str]:
    netns, _space, key = name.rpartition(" ")  # a namespace may have spaces in its name, a device has none
    return netns or None, key


def _misshapen(content: t.Any) -> str | None:
    """What makes a file no records of ours, in words; None where it is well."""
    if not isinstance(content, dict):
        return "no mapping"
    if content.get("version") != _VERSION:
        return f"`version` is {content['version']!r}" if "version" in content else "`version` is missing"
    checks = {"borrowed": _is_loan, "owners": _is_owners, "digests": _is_text, "ports": _is_ports, "folders": None}
    checks.update(namespaces=_is_identity, begun=_is_text)
    for name, is_right in checks.items():
        part = content.get(name, [] if is_right is None else {})
        if is_right is None:
            if not (isinstance(part, list) and all(map(_is_text, part))):
                return f"`{name}` is no list of paths"
        elif not isinstance(part, dict):
            return f"`{name}` is no mapping"
        else:
            for key, value in part.items():
                if not is_right(value) or (name == "borrowed" and not _split(key)[1].startswith("net/")):
                    return f"`{name}` has {key!r}"
    return None


def _is_identity(value: t.Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


def _is_loan(value: t.Any) -> bool:
    if not isinstance(value, dict) or not all(_is_text(value.get(name)) for name in ("before", "value", "kind")):
        return False
    owners, guard, others = value.get("owners"), value.get("guard"), value.get("others", [])
    return (
        isinstance(others, list)
        and all(map(_is_text, others))
        and isinstance(owners, list)
        and all(map(_is_text, owners))
        and (guard is None or (isinstance(guard, list) and len(guard) == 2 and all(map(_is_text, guard))))
    )


def _is_ports(value: t.Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(ports, dict) and all(map(_is_text, ports.values())) for ports in value.values()
    )


def _is_owners(value: t.Any) -> bool:
    return isinstance(value, dict) and all(_is_text(owner) and _is_key(key) for key, owner in value.items())


def _is_key(text: str) -> bool:
    """A list of plain values: they are compared with objects' keys, of which the first is a namespace."""
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(words, list) and bool(words) and not any(isinstance(word, (list, dict)) for word in words)
