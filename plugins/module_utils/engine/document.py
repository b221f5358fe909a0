# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a document to the objects that are wanted, and which leftovers go with it."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    Leaves,
    Unready,
    wanted_object,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import (
    is_of_engines,
    network_of_owner,
)
from ansible_collections.containerhost.network.plugins.module_utils.validate import Plain, mistakes, near

DOCUMENT_VERSION = 1
_OF_ANY_OBJECT = {"network": {"type": "str", "required": True}, "netns": {"type": "str"}}


def read_document(kinds: t.Sequence[Kind], document: t.Mapping[str, t.Any], recreate: bool) -> list[Wanted]:
    """The objects of a document, each owned by its network. Raises Unready for what is not one."""
    if document.get("version") != DOCUMENT_VERSION:
        found = document.get("version")
        raise Problem(f"the document is of version {found}, not {DOCUMENT_VERSION}: plan it with this collection")
    by_name = {kind.name: kind for kind in kinds}
    objects: list[Wanted] = []
    problems: list[str] = []
    for name, rows in document.items():
        if name == "version":
            continue
        kind = by_name.get(name)
        if kind is None:
            problems.append(f"the document has objects of kind {name}; this collection knows {near(name, by_name)}")
            continue
        if not isinstance(rows, list):
            problems.append(f"{name}: {rows!r} is no list of objects")
            continue
        options = {**kind.options, **_OF_ANY_OBJECT}
        plain = Plain(options)
        for row in rows:
            wrong = [] if plain.takes(row) else list(mistakes(name, options, row))
            problems += wrong
            if wrong:
                continue
            try:
                values = {option: value for option, value in row.items() if option != "network"}
                objects.append(wanted_object(kind, values, f"plan/{row['network']}", True, recreate))
            except Problem as error:
                problems.append(f"{name}: {error}")
    if problems:
        raise Unready(problems)
    return objects


def leaving(
    remove: t.Collection[str], keep: t.Collection[str], everything: bool, in_use: t.Collection[str] | None = None
) -> Leaves:
    """Which leftovers go: of the networks in ``remove`` (``*``: any that is not in ``keep``), or whatever is marked.

    ``in_use``: networks that engines have containers on by CNI; what these have is theirs to give back. None: whatever
    engines' containers have had stays.
    """

    def leaves(found: Found) -> bool:
        realm, _slash, network = (found.owner or "").partition("/")
        if is_of_engines(found.owner):
            network = network_of_owner(found.owner)
            if in_use is None or network in in_use:
                return False
        elif realm != "plan" and not everything:
            return False
        return everything or network in remove or ("*" in remove and network not in keep)

    return leaves
