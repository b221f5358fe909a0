# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's document, left there by a run: what the host is to be like until the next one.

``/etc/containerhost/document.json`` is a mapping of

* ``version``: of this format; ``collection``: the version that wrote it; ``host``, ``digest``: whose part of which plan
* ``networks``: by name, their drivers; ``waiting``: networks of which something is left over until other hosts follow
* ``date``: when its content was written (the file's own time is that of the last run)
* ``document``: the document, as module ``document`` takes it.
"""

from __future__ import annotations

import json
import os
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.canonical import is_later
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import DOCUMENT_VERSION
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import sandboxes_of
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text, what_is_at

FOLDER = "/etc/containerhost"
PATH = f"{FOLDER}/document.json"
VERSION = 1
_AGAIN = "Run containerhost.network.site for this host: it is written again"
COLLECTION = "0.1.0"  # of galaxy.yml

Document = t.Dict[str, t.Any]


class Saved(t.NamedTuple):
    """A saved document. ``date`` is in seconds since 1970, None before it is written."""

    host: str
    digest: str
    collection: str
    networks: t.Mapping[str, str]
    document: Document
    waiting: t.Sequence[str] = ()
    date: t.Optional[int] = None

    @property
    def is_empty(self) -> bool:
        """Nothing of the plan is on this host."""
        return next(self.objects(), None) is None

    def objects(self) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
        """Each object of the document, with its kind."""
        return ((kind, row) for kind, rows in _kinds(self.document) for row in rows)


def merged(
    before: Saved | None,
    new: Saved,
    drivers: t.Collection[str] | None,
    keys: t.Callable[..., t.Any],
    elsewhere: t.Collection[str] = (),
) -> Saved:
    """The whole of what a host has, after a run that was about networks of some ``drivers`` (None: of all).

    ``elsewhere``: networks that it was not about, whatever their driver.
    ``keys``: from a kind's name and an object to what makes it that one and no other.
    """
    if before is None or drivers is None and not elsewhere:
        return new
    stay = others(before, new.networks, drivers, elsewhere)
    document = {"version": DOCUMENT_VERSION, **{kind: list(rows) for kind, rows in _kinds(new.document)}}
    for kind, rows in _kinds(before.document):
        there = {keys(kind, row) for row in document.get(kind, ())}
        left = [row for row in rows if row["network"] in stay and keys(kind, row) not in there]
        if left:
            document.setdefault(kind, []).extend(left)
    waiting = sorted({*new.waiting, *(name for name in before.waiting if name in stay)})
    return new._replace(networks={**stay, **new.networks}, document=document, waiting=waiting)


def others(
    before: Saved, networks: t.Collection[str], drivers: t.Collection[str] | None, elsewhere: t.Collection[str]
) -> dict[str, str]:
    """By name, the drivers of networks that a run about these ``networks`` leaves as they are."""
    return {
        name: driver
        for name, driver in before.networks.items()
        if name not in networks and (name in elsewhere or drivers is not None and driver not in drivers)
    }


def text_of(saved: Saved) -> str:
    """The file's content: JSON with one object per line, to be read and diffed by people."""
    head = {"version": VERSION, "collection": saved.collection, "host": saved.host, "digest": saved.digest}
    head.update(date=saved.date, networks=dict(saved.networks), waiting=list(saved.waiting))
    top = "".join(f"{json.dumps(name)}: {json.dumps(value)},\n" for name, value in head.items())
    kinds = [f'"version": {json.dumps(saved.document["version"])}']
    for kind, rows in sorted(_kinds(saved.document)):
        kinds.append(f"{json.dumps(kind)}: [\n" + ",\n".join(map(json.dumps, rows)) + "\n]")
    return f'{{\n{top}"document": {{\n' + ",\n".join(kinds) + "\n}\n}\n"


def same(one: Saved | None, other: Saved | None) -> bool:
    """Do they ask for the same? A plan of another digest may have the same part for this host."""
    if one is None or other is None:
        return one is other
    heads = [each._replace(digest="", date=None, waiting=(), document={}) for each in (one, other)]
    return heads[0] == heads[1] and (
        one.document == other.document or _in_order(one.document) == _in_order(other.document)
    )


def read(path: str = PATH) -> Saved | None:
    """The saved document, or None where there is none. Raises Problem for one that cannot be understood."""
    try:
        content = json.loads(read_text(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        found = what_is_at(path)
        why = getattr(error, "strerror", None) or str(error)
        there = f" It is {found}." if found not in (None, "a file") else ""
        raise Problem(f"{path} cannot be read ({why}).{there} {_AGAIN}") from error
    wrong = _misshapen(content)
    if wrong:
        raise Problem(f"{path} {wrong}")
    return Saved(
        host=content["host"],
        digest=content["digest"],
        collection=content["collection"],
        networks=content["networks"],
        document=content["document"],
        waiting=content["waiting"],
        date=content["date"],
    )


def last_run(path: str = PATH) -> int | None:
    """When the last successful run was, in seconds since 1970."""
    try:
        return int(os.stat(path).st_mtime)
    except OSError:
        return None


def now() -> int:
    return int(time.time())


def _in_order(document: Document) -> dict[str, list[str]]:
    """A document's objects in an order of their own: roles that run one after the other give them in any."""
    return {kind: sorted(json.dumps(row, sort_keys=True) for row in rows) for kind, rows in _kinds(document) if rows}


def _kinds(document: Document) -> t.Iterator[tuple[str, list[t.Any]]]:
    return ((kind, rows) for kind, rows in document.items() if kind != "version")


def _misshapen(content: t.Any) -> str | None:
    """What makes a file no saved document that this version reads, in words; None where it is well."""
    if not isinstance(content, dict) or "version" not in content:
        return f"is no saved document. {_AGAIN}"
    if content["version"] != VERSION:
        return _of_version(content["version"], VERSION, "version")
    checks: dict[str, t.Callable[[t.Any], bool]] = {
        "host": _is_text,
        "digest": _is_text,
        "collection": _is_text,
        "date": lambda value: isinstance(value, int),
        "networks": lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
        "waiting": lambda value: isinstance(value, list) and all(map(_is_text, value)),
        "document": lambda value: isinstance(value, dict) and all(_is_rows(kind, rows) for kind, rows in value.items()),
    }
    for name, is_right in checks.items():
        if name not in content or not is_right(content[name]):
            return f"is damaged (`{name}`). {_AGAIN}"
    if content["document"].get("version") != DOCUMENT_VERSION:
        return _of_version(content["document"].get("version"), DOCUMENT_VERSION, "document")
    return None


def _of_version(found: t.Any, known: int, part: str) -> str:
    if not is_later(found, known):
        return f"is damaged (`{part}`). {_AGAIN}"
    return (
        f"is of version {found!r}, and this program reads version {known}: nothing of it is applied. Run the playbook"
        " of the collection that wrote it, or a newer one"
    )


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


def _is_rows(kind: str, value: t.Any) -> bool:
    """A kind's objects, each with its network, and some with a sandbox; or the document's version."""
    if kind == "version":
        return isinstance(value, int)
    return isinstance(value, list) and all(map(_is_row, value))


def _is_row(row: t.Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("network"), str):
        return False
    return all(
        isinstance(sandbox, dict) and all(isinstance(sandbox.get(name), str) for name in ("engine", "ref"))
        for sandbox in sandboxes_of(row)
    )
