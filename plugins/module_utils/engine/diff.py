# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as Ansible's diffs: one short before and after for each object."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, lines
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import describe


def diffs(kinds: t.Iterable[Kind], changes: t.Iterable[Change]) -> list[dict[str, str]]:
    """For ``--diff``: what is before and after each change, options that do not change left out."""
    by_name = {kind.name: kind for kind in kinds}
    return [diff(by_name[change.kind], change) for change in changes]


def diff(kind: Kind, change: Change) -> dict[str, str]:
    what = describe(kind, change.values, change.owner)
    summary = _text(kind.summary(change.values) or ["present"])
    if change.action == "add":
        return {"before_header": f"{what}: absent", "after_header": what, "before": "", "after": summary}
    if change.action == "remove":
        return {"before_header": what, "after_header": f"{what}: absent", "before": summary, "after": ""}
    before: list[str] = []
    after: list[str] = []
    for name, (old, new) in change.differences.items():
        old_lines, new_lines = lines(name, old), lines(name, new)
        before += [line for line in old_lines if line not in new_lines]
        after += [line for line in new_lines if line not in old_lines]
    note = " (re-created)" if change.action == "recreate" else ""
    return {
        "before_header": what,
        "after_header": f"{what}{note}",
        "before": _text(before),
        "after": _text(after),
    }


def counts(changes: t.Iterable[Change]) -> dict[str, int]:
    """How many objects were added, changed, re-created and removed."""
    total = {"added": 0, "changed": 0, "recreated": 0, "removed": 0}
    words = {"add": "added", "change": "changed", "recreate": "recreated", "remove": "removed"}
    for change in changes:
        total[words[change.action]] += 1
    return total


def _text(rows: t.Sequence[str]) -> str:
    return "".join(f"{row}\n" for row in rows)
