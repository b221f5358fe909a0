# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order kinds are made."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, ANY_PARENT, Kind


def by_dependence(kinds: t.Iterable[Kind]) -> list[Kind]:
    """Kinds so that each comes after those that it needs."""
    known = {kind.name: kind for kind in kinds}
    devices = [kind for kind in known.values() if kind.kernel_kind]
    groups = {
        ANY_DEVICE: [kind.name for kind in devices],
        ANY_PARENT: [kind.name for kind in devices if not ("parent" in kind.options and kind.ends_in_sandbox)],
    }
    ordered: dict[str, Kind] = {}

    def visit(kind: Kind) -> None:
        for name in needed(kind):
            if name in known and name not in ordered:
                visit(known[name])
        ordered.setdefault(kind.name, kind)

    def needed(kind: Kind) -> t.Iterator[str]:
        for name in kind.after:
            yield from (one for one in groups.get(name, (name,)) if one != kind.name)

    for kind in known.values():
        visit(kind)
    return list(ordered.values())
