# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: which slices and addresses are whose, remembered from run to run, so that none moves by itself.

It is JSON with one entry per line, sorted by key, made for ``git diff`` and ``git merge``::

    {
    "containerhost.ledger": 1,
    "endpoints/fabric/h1/shop": {"addresses": ["10.42.1.2", "fd00:42:0:1::2"], "interface": "eth0"},
    "keys/vault/h1": {"device": "ch-vault", "public_key": "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA="},
    "networks/fabric": {"driver": "overlay"},
    "ports/web/h1/shop/80-tcp": {"port": 61000},
    "slices/fabric/h1": {"slices": ["10.42.1.0/24", "fd00:42:0:1::/64"]},
    "~": "sorted, one entry a line; every line but this one ends in a comma"
    }

A host of ``*`` stands for a segment that hosts share. What left the inventory keeps its entry, with ``absent_since``.
"""

from __future__ import annotations

import contextlib
import datetime
import difflib
import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.canonical import is_key, is_later
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address, parse_block

VERSION = 1
# The host of what is on a segment that hosts share.
ANY_HOST = "*"
HEADER = "containerhost.ledger"
FOOTER = "~"
FOOTER_TEXT = "sorted, one entry a line; every line but this one ends in a comma"
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    """A network that has been planned. ``subnets`` are those that were taken from the pools; ``tunnel`` is in words."""

    driver: str
    subnets: tuple[str, ...] = ()
    absent_since: str | None = None
    # The plays that define it, where the inventory does not; see ``coverage.py``.
    plays: tuple[str, ...] = ()
    # How many other tunnels it has had, and what the present one is, or the last one where there is none now.
    tunnels: int | None = None
    tunnel: str | None = None
    # With which of them that has come which the present one is inside of, if with another one.
    carrier: int | None = None


@dataclass(frozen=True, slots=True)
class SliceEntry:
    slices: tuple[str, ...]
    absent_since: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointEntry:
    addresses: tuple[str, ...]
    interface: str
    absent_since: str | None = None


@dataclass(frozen=True, slots=True)
class PortEntry:
    """A host port that was chosen for a port of an endpoint."""

    port: int
    absent_since: str | None = None


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What a host is known by in a network's tunnel, whose device tells it from the network's other tunnels."""

    device: str
    public_key: str
    absent_since: str | None = None


_NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Ledger:
    """Everything remembered. Never changed: a plan makes a new one."""

    networks: Mapping[str, NetworkEntry] = field(default_factory=lambda: _NOTHING)
    slices: Mapping[tuple[str, str], SliceEntry] = field(default_factory=lambda: _NOTHING)
    endpoints: Mapping[tuple[str, str, str], EndpointEntry] = field(default_factory=lambda: _NOTHING)
    salts: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    # By network, host, container, and the container's port as ``allocate/ports`` calls it.
    ports: Mapping[tuple[str, str, str, str], PortEntry] = field(default_factory=lambda: _NOTHING)
    keys: Mapping[tuple[str, str], KeyEntry] = field(default_factory=lambda: _NOTHING)

    def hosts(self) -> set[str]:
        """The hosts that have something which is not absent."""
        found = {host for (network, host), entry in self.slices.items() if entry.absent_since is None}
        found |= {key[1] for key, entry in self.endpoints.items() if entry.absent_since is None}
        return found - {ANY_HOST}


def absent(entry: Any, today: str) -> Any:
    """The entry of what has left the inventory, since today unless it had left before."""
    return entry if entry.absent_since else replace(entry, absent_since=today)


# --- text ------------------------------------------------------------------------------------------------------------

_KINDS: dict[str, tuple[str, int, type]] = {
    # first part of the key -> the Ledger's field, number of names in the key, entry
    "endpoints": ("endpoints", 3, EndpointEntry),
    "keys": ("keys", 2, KeyEntry),
    "networks": ("networks", 1, NetworkEntry),
    "ports": ("ports", 4, PortEntry),
    "slices": ("slices", 2, SliceEntry),
}


def render(ledger: Ledger) -> str:
    lines = {
        f"{kind}/{'/'.join(key if isinstance(key, tuple) else (key,))}": _fields(entry)
        for kind, (name, names, cls) in _KINDS.items()
        for key, entry in getattr(ledger, name).items()
    }
    lines.update({f"salts/{key}": salt for key, salt in ledger.salts.items()})
    body = "".join(f"{json.dumps(key)}: {json.dumps(lines[key])},\n" for key in sorted(lines))
    return f'{{\n"{HEADER}": {VERSION},\n{body}"{FOOTER}": "{FOOTER_TEXT}"\n}}\n'


def _fields(entry: Any) -> dict[str, Any]:
    pairs = ((name, getattr(entry, name)) for name in entry.__slots__)
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in pairs if value not in (None, ())
    }


def parse(text: str, path: str) -> Ledger:
    """The ledger of a text. Raises Refusal, in words for whoever has just merged it by hand."""
    if any(line.startswith(_CONFLICT) for line in text.splitlines()):
        raise Refusal(
            f"the ledger {path} has git's conflict markers in it",
            "Keep the lines of both sides where they differ in key, one where they don't, and remove the markers",
        )
    try:
        entries = json.loads(text, object_pairs_hook=_pairs)
    except ValueError as error:
        raise Refusal(f"the ledger {path} can't be read: {error}", "Restore it from git or a backup") from None
    if not isinstance(entries, dict) or HEADER not in entries:
        raise Refusal(f"{path} is not a ledger of containerhost.network", "Name the right file in containerhost_ledger")
    if entries[HEADER] != VERSION and not is_later(entries[HEADER], VERSION):
        raise Refusal(
            f"the ledger {path} is damaged: its format is {entries[HEADER]!r}", "Restore it from git or a backup"
        )
    if entries[HEADER] != VERSION:
        raise Refusal(
            f"the ledger {path} has the format {entries[HEADER]!r}, and this collection knows {VERSION}",
            "Install the collection's version that wrote it, or a newer one",
        )
    return _from_entries(entries, path)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the entry {twice!r} is there twice")
    return result


def _from_entries(entries: Mapping[str, Any], path: str) -> Ledger:
    parts: dict[str, dict[Any, Any]] = {name: {} for name in ("salts", *(row[0] for row in _KINDS.values()))}
    for key, value in entries.items():
        if key in (HEADER, FOOTER):
            continue
        try:
            _read_entry(parts, key, value)
        except (KeyError, TypeError, ValueError, AttributeError):
            what, why = f"makes no sense, {key!r}", ""
        except Refusal as refusal:
            what, why = f"makes no sense, {key!r}", f": {refusal.what}"
        else:
            continue
        raise Refusal(f"the ledger {path} has an entry that {what}{why}", "Restore it from git or a backup")
    return Ledger(**parts)


def _read_entry(parts: dict[str, dict[Any, Any]], key: str, value: Any) -> None:
    kind, _slash, rest = key.partition("/")
    if kind == "salts":
        _check_number(value)
        parts["salts"][rest] = value
        return
    name, count, cls = _KINDS[kind]
    names = tuple(rest.split("/"))
    if len(names) != count or not all(names):
        raise ValueError(key)
    for field_, item in value.items():
        _FIELDS[field_](item)
    entry = cls(**{field_: tuple(item) if isinstance(item, list) else item for field_, item in value.items()})
    parts[name][names if count > 1 else rest] = entry


def _check_list(value: Any, check: Callable[[Any], Any]) -> None:
    if not isinstance(value, list):
        raise TypeError(value)
    for item in value:
        check(item)


def _check_text(value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(value)


def _check_key(value: Any) -> None:
    _check_text(value)
    if not is_key(value):
        raise ValueError(value)


def _check_port(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise ValueError(value)


def _check_number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)


# What an entry's fields must hold: each raises for a value that is something else.
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "absent_since": datetime.date.fromisoformat,
    "addresses": lambda value: _check_list(value, parse_address),
    "device": _check_text,
    "driver": _check_text,
    "interface": _check_text,
    "plays": lambda value: _check_list(value, _check_text),
    "port": _check_port,
    "public_key": _check_key,
    "slices": lambda value: _check_list(value, parse_block),
    "carrier": _check_number,
    "tunnel": _check_text,
    "tunnels": _check_number,
    "subnets": lambda value: _check_list(value, parse_block),
}


# --- file ------------------------------------------------------------------------------------------------------------


def load(path: str) -> Ledger:
    """The ledger of a file; an empty one if there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        return Ledger()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refusal(f"the ledger {path} can't be read: {reason}", "Make it readable, or name another") from None
    return parse(text, path)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the ledger against other runs. The lock is on its directory, so that no lock file is left lying about."""
    directory = os.path.dirname(os.path.abspath(path))
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Refusal(
            f"the ledger's directory {directory} can't be opened: {error.strerror}",
            "Make it, or name another place in containerhost_ledger",
        ) from None
    try:
        with contextlib.suppress(OSError):  # NFS locks no directory: there it is up to the user
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Closing is not enough where a child has the descriptor as well.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def save(ledger: Ledger, path: str) -> None:
    """Replace the file at once, or leave it as it was. Keeps its mode; a link to it stays a link."""
    path = os.path.realpath(path)
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".containerhost.ledger.", dir=os.path.dirname(path))
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(render(ledger))
            file.flush()
            os.fchmod(file.fileno(), _mode(path))
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise Refusal(
            f"the ledger {path} can't be written: {error.strerror}",
            "Make its directory writable, or set containerhost_ledger_read_only",
        ) from None


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


# --- release ---------------------------------------------------------------------------------------------------------


def release(
    ledger: Ledger,
    networks: tuple[str, ...] = (),
    hosts: tuple[str, ...] = (),
    containers: tuple[str, ...] = (),
    older_than: datetime.date | None = None,
) -> tuple[Ledger, list[str]]:
    """The ledger without the absent entries that match, and their keys.

    Each criterion that is given narrows the choice. Names that only present entries have raise a Refusal: what is in
    the inventory can't be released.
    """
    keep: dict[str, dict[Any, Any]] = {}
    released: list[str] = []
    present: list[str] = []
    for kind, (name, _count, _cls) in _KINDS.items():
        keep[name] = {}
        for key, entry in getattr(ledger, name).items():
            names = key if isinstance(key, tuple) else (key,)
            text = f"{kind}/{'/'.join(names)}"
            if not _matches(names, networks, hosts, containers):
                keep[name][key] = entry
            elif entry.absent_since is None:
                present.append(text)
                keep[name][key] = entry
            elif older_than and entry.absent_since > older_than.isoformat():
                keep[name][key] = entry
            else:
                released.append(text)
    if present and not released and (networks or hosts or containers):
        raise Refusal(f"{present[0]} is still in the inventory", "Remove it there and run site before it is released")
    return replace(ledger, **keep), sorted(released)


def unknown(ledger: Ledger, **names: tuple[str, ...]) -> list[str]:
    """Sentences for names (``networks``, ``hosts``, ``containers``) of which the ledger has nothing."""
    known: dict[str, set[str]] = {kind: set() for kind in ("networks", "hosts", "containers")}
    for part, _count, _cls in _KINDS.values():
        for key in getattr(ledger, part):
            for kind, name in zip(known, key if isinstance(key, tuple) else (key,), strict=False):
                known[kind].add(name)
    return [
        f"the ledger knows no {kind[:-1]} `{name}`{_near(name, known[kind])}, so there is nothing of it to release."
        for kind, wanted in names.items()
        for name in wanted
        if name not in known[kind]
    ]


def _near(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (`{near[0]}` it does)" if near else ""


def _matches(names: tuple[str, ...], networks: tuple, hosts: tuple, containers: tuple) -> bool:
    wanted = (networks, hosts, containers)
    return all(not allowed or index < len(names) and names[index] in allowed for index, allowed in enumerate(wanted))
