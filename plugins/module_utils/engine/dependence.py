# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order kinds are made."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, ANY_PARENT, Kind


class DependenceCircle(Exception):
    """Kinds that each come after another of them, in a sentence for their author."""


def by_dependence(kinds: t.Iterable[Kind]) -> list[Kind]:
    """Kinds so that each comes after those that it needs. Raises DependenceCircle."""
    known = {kind.name: kind for kind in kinds}
    devices = [kind for kind in known.values() if kind.kernel_kind]
    groups = {
        ANY_DEVICE: [kind.name for kind in devices],
        ANY_PARENT: [kind.name for kind in devices if not ("parent" in kind.options and kind.ends_in_sandbox)],
    }
    ordered: dict[str, Kind] = {}

    def visit(kind: Kind, waiting: t.Tuple[str, ...] = ()) -> None:
        if kind.name in waiting:
            circle = " after ".join((*waiting[waiting.index(kind.name) :], kind.name))
            raise DependenceCircle(f"kinds come after each other in a circle: {circle}; mend `after` of one of them")
        for name in needed(kind):
            if name in known and name not in ordered:
                visit(known[name], (*waiting, kind.name))
        ordered.setdefault(kind.name, kind)

    def needed(kind: Kind) -> t.Iterator[str]:
        for name in kind.after:
            yield from (one for one in groups.get(name, (name,)) if one != kind.name)

    for kind in known.values():
        visit(kind)
    return list(ordered.values())
