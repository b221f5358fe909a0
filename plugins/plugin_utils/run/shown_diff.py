# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A diff of many objects, so that people can read it: counts by network and kind, and a first example of each.

Few objects are shown as they are. How many are few depends on how many hosts show theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

# What all hosts together may show in full, and what each of them always may.
OBJECTS = 200
FEW = 2
# So many entries of the ledger are shown each.
LEDGER_LINES = 40

Diff = Mapping[str, str]
Group = tuple[str, str, str]  # network, what was done, kind

_NETWORK = re.compile(r"\(([^()]*)\)(?:: absent| \(re-created\))?\Z")


def shown(
    diffs: Sequence[Diff],
    hosts: int,
    is_first: Callable[[str], bool],
    alike: Callable[[str], str | None] = lambda counts: None,
) -> list[Diff]:
    """``is_first``: whether nobody has shown an example of a group (its name as text) in this run yet. ``alike``: the
    host that has said the same counts before."""
    if len(diffs) <= max(FEW, OBJECTS // max(1, hosts)):
        return list(diffs)
    groups: dict[Group, list[Diff]] = {}
    for diff in diffs:
        groups.setdefault(_group(diff), []).append(diff)
    examples = [found[0] for group, found in groups.items() if is_first(" ".join(group))]
    counts = _counts(groups, len(diffs))
    other = alike(counts)
    return [{"prepared": f"{len(diffs)} objects, as on {other}\n" if other else f"{counts}\n"}, *examples]


def of_ledger(path: str, before: str, after: str, whole: bool) -> Diff:
    """The ledger's diff; of many entries, counts by sort and the first of each. ``whole``: all of them in any case."""
    parts = {"added": _Entries(before, after), "removed": _Entries(after, before)}
    if whole or max(len(part.lines) for part in parts.values()) <= LEDGER_LINES:
        return {"before": before, "after": after, "before_header": path, "after_header": path}
    told = [f"{path} (-v shows each):"]
    for word, part in parts.items():
        sign = "+" if word == "added" else "-"
        for sort, lines in part.by_sort().items():
            told.append(f"{sign}{lines[0]}" + (f"  and {len(lines) - 1} more {sort}" if len(lines) > 1 else ""))
    return {"prepared": "\n".join(told) + "\n"}


class _Entries:
    """The lines of a ledger that another one has not got."""

    def __init__(self, without: str, text: str) -> None:
        known = set(without.splitlines())
        self.lines = [line for line in text.splitlines() if line not in known]

    def by_sort(self) -> dict[str, list[str]]:
        """By the first part of their keys: ``endpoints``, ``networks``, ``slices``…"""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            found.setdefault(line.strip('"{').partition("/")[0], []).append(line.rstrip(","))
        return found


def _group(diff: Diff) -> Group:
    if "before_header" not in diff:
        return "", "changed", "other"
    before, after = diff["before_header"], diff["after_header"]
    done = "changed"
    if before.endswith(": absent"):
        done = "added"
    elif after.endswith(": absent"):
        done = "removed"
    elif after.endswith(" (re-created)"):
        done = "re-created"
    network = _NETWORK.search(after)
    return network[1] if network else "", done, after.partition(" ")[0].rstrip(":")


def _counts(groups: Mapping[Group, Sequence[Diff]], total: int) -> str:
    """``214 objects (-v shows each): fabric: added 49 vxlan_fdb, 49 neighbour; web: added 12 nat_rule``."""
    networks: dict[str, dict[str, list[str]]] = {}
    for (network, done, kind), found in groups.items():
        networks.setdefault(network, {}).setdefault(done, []).append(f"{len(found)} {kind}")
    parts = [
        f"{network or 'the host'}: {_words(by_action.items())}" for network, by_action in sorted(networks.items())
    ]
    return f"{total} objects (-v shows each), of {'; '.join(parts)}"


def _words(by_action: Iterable[tuple[str, Sequence[str]]]) -> str:
    return ", ".join(f"{done} {', '.join(kinds)}" for done, kinds in by_action)
