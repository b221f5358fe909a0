# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the kernel back to documents: everything that is marked as ours, in the words of the kinds' options."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.document import DOCUMENT_VERSION
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

Document = t.Dict[str, t.Any]


def documents(kinds: t.Iterable[Kind], kernel: Kernel) -> dict[str, Document]:
    """A document for each owner, ``plan/web`` or ``task``; the plan's objects carry their ``network``."""
    by_owner: dict[str, Document] = {}
    for kind in kinds:
        for found in read_whole(kind, kernel):
            owner = found.owner or ""
            row = kind.export(found.values)
            if owner.startswith("plan/"):
                row = {"network": owner[len("plan/"):], **row}
            document = by_owner.setdefault(owner, {"version": DOCUMENT_VERSION})
            document.setdefault(kind.name, []).append(row)
    return by_owner


def read_whole(kind: Kind, kernel: Kernel) -> list[Found]:
    """Every object of ours of a kind, also the ends in sandboxes, where those can be looked into."""
    rows = [found for found in kind.read(kernel, []) if found.owner is not None]
    asked = [
        Wanted(kind.name, row.key, {"routes": [], "sysctls": {}, "settings": {}, **row.values}, row.owner or "")
        for row in rows
        if isinstance(row.values.get("sandbox"), dict)
    ]
    asked = [object_ for object_ in asked if kind.pending(kernel, object_) is None]
    if not asked:
        return rows
    whole = {found.key: found for found in kind.read(kernel, asked)}
    return [whole.get(row.key, row) for row in rows]


def merged(by_owner: t.Mapping[str, Document], networks: t.Collection[str] | None) -> Document:
    """The plan's objects as one document, of these networks or of all."""
    whole: Document = {"version": DOCUMENT_VERSION}
    for owner, document in sorted(by_owner.items()):
        realm, _slash, network = owner.partition("/")
        if realm == "plan" and (networks is None or network in networks):
            for kind, rows in document.items():
                if kind != "version":
                    whole.setdefault(kind, []).extend(rows)
    return whole
