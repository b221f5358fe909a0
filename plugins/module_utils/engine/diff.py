# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as Ansible's diffs: one short before and after for each object."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, lines
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import describe


def diffs(kinds: t.Iterable[Kind], changes: t.Iterable[Change]) -> list[dict[str, str]]:
    """For ``--diff``: what is before and after each change, options that do not change left out."""
    by_name = {kind.name: kind for kind in kinds}
    some = list(changes)
    called = _told_apart([describe(by_name[change.kind], change.values, change.owner) for change in some], some)
    return [diff(by_name[change.kind], change, what) for change, what in zip(some, called)]


def _told_apart(called: list[str], changes: t.Sequence[Change]) -> list[str]:
    """Two objects of one name are told by what their keys differ in: a route's metric, the engine of a container."""
    alike: dict[str, list[int]] = {}
    for number, what in enumerate(called):
        alike.setdefault(what, []).append(number)
    for what, numbers in alike.items():
        keys = {number: changes[number].key for number in numbers}
        if len({*keys.values()}) < 2:
            continue
        columns = list(itertools.zip_longest(*keys.values()))
        for number, own in zip(numbers, zip(*(column for column in columns if len({*column}) > 1))):
            name, bracket, network = what.rpartition(" (") if what.endswith(")") else (what, "", "")
            apart = " ".join(str(part) for part in own if part is not None)
            called[number] = f"{name}{', ' if apart else ''}{apart}{bracket}{network}"
    return called


def diff(kind: Kind, change: Change, what: str) -> dict[str, str]:
    """One change of an object that is called ``what``."""
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
