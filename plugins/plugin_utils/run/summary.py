# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run, as people read it: a line a host, what waits for other hosts, and one line of all.

Of a large fleet, hosts that have fared alike share a line, so that it fits a screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed
from ansible_collections.containerhost.network.plugins.plugin_utils.run import phases

# So many hosts have a line each; of more, those that have fared alike share one.
LINES = 20
# Of hosts that have fared alike, a line names so many.
NAMED = 3
# So many letters of a warning that has been told recall it.
WARNING = 100
# So few of them have a line each all the same.
ALONE = 5

Entry = Mapping[str, Any]
_WORDS = {"added": "added", "changed": "changed", "recreated": "re-created", "removed": "removed"}


def lines(entries: Sequence[Entry], check: bool, verbose: bool = False) -> list[str]:
    """``entries``: as ``outcomes.py`` has them, with ``host``, ``networks`` (names), ``containers``, ``postponed``."""
    rows = [[entry] for entry in sorted(entries, key=lambda entry: entry["host"])]
    if len(rows) > LINES and not verbose:
        rows = list(_alike(entries))
    title = ["HOST", "NETWORKS", "CONTAINERS", "WOULD CHANGE" if check else "CHANGED", "PENDING", "POSTPONED"]
    table = [title, *(_row(each) for each in rows)]
    return [*_aligned(_without_empty(table)), *_warned(entries), *_waiting(entries), _total(entries, check)]


def _alike(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Those of one state and with the same columns filled, in the order of their first hosts; troubles come last."""
    groups: dict[Any, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry["host"]):
        key = (entry["state"], entry["changed"], entry["pending"] > 0, bool(entry["postponed"]))
        groups.setdefault(key, []).append(entry)
    for group in sorted(groups.values(), key=lambda group: (_is_lost(group[0]), -len(group))):
        yield from [group] if len(group) > ALONE else [[entry] for entry in group]


def _row(group: Sequence[Entry]) -> list[str]:
    return [
        listed([entry["host"] for entry in group], NAMED),
        _span([len(entry["networks"]) for entry in group]),
        _span([entry.get("containers", 0) for entry in group]),
        _changed(group),
        _some([entry["pending"] for entry in group]),
        _some([_objects(entry) for entry in group]),
    ]


def _objects(entry: Entry) -> int:
    return sum(number for number, _hosts in entry["postponed"].values())


def _some(numbers: Sequence[int]) -> str:
    return _span(numbers) if any(numbers) else ""


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}-{high}"


def _changed(group: Sequence[Entry]) -> str:
    entry = group[0]
    if entry["state"] == "lacking":
        return f"not compared yet: lacks {listed(dict.fromkeys(each['lacks'] for each in group), 2)}"
    if entry["state"] != "made":
        return entry["state"]
    parts = [
        f"{_span([each['counts'][name] for each in group])} {word}"
        for name, word in _WORDS.items()
        if any(each["counts"][name] for each in group)
    ]
    if any(each["installed"] for each in group):
        parts.append(f"{listed(dict.fromkeys(filter(None, (each['installed'] for each in group))), 2)} installed")
    return ", ".join(parts) or ("what it keeps" if entry["changed"] else "nothing")


def _warned(entries: Sequence[Entry]) -> Iterator[str]:
    """Which hosts have a warning that another one has told."""
    silent: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: entry["host"]):
        for key, warning in entry.get("warnings", {}).items():
            if warning["told"]:
                texts[key] = warning["text"]
            else:
                silent.setdefault(key, []).append(entry["host"])
    for key, hosts in silent.items():
        text = texts.get(key, "")
        short = text if len(text) <= WARNING else f"{text[:WARNING].rpartition(' ')[0]} …"
        yield f"Likewise on {listed(hosts, NAMED)} (-v tells each): {short}"


def _waiting(entries: Sequence[Entry]) -> Iterator[str]:
    """What stays until other hosts have been run: a sentence for each network."""
    kept: dict[str, dict[str, int]] = {}
    missing: dict[str, dict[str, None]] = {}
    for entry in entries:
        for network, (number, hosts) in entry["postponed"].items():
            kept.setdefault(network, {})[entry["host"]] = number
            missing.setdefault(network, {}).update(dict.fromkeys(hosts))
    for network, numbers in sorted(kept.items()):
        run = [entry["host"] for entry in entries if network in entry["networks"]]
        yield phases.stays(network, numbers, list(missing[network]), run)


def _total(entries: Sequence[Entry], check: bool) -> str:
    networks = {name for entry in entries for name in entry["networks"]}
    containers = sum(entry.get("containers", 0) for entry in entries)
    sizes = {"host": len(entries), "network": len(networks), "container": containers}
    made = [entry for entry in entries if entry["state"] == "made"]
    changed = sum(1 for entry in made if entry["changed"])
    parts = [f"{changed} would change" if check else f"{changed} changed"] if changed else []
    parts += [f"{len(made) - changed} as planned already"] if len(made) > changed else []
    for state, word in (("lacking", "lacking a library"), ("failed", "failed"), ("unreachable", "unreachable")):
        names = [entry["host"] for entry in entries if entry["state"] == state]
        parts += [f"{len(names)} {word} ({listed(names)})"] if names else []
    size = ", ".join(_counted(number, what) for what, number in sizes.items())
    return f"{size}: {', '.join(parts) or 'nothing to do'}."


def _is_lost(entry: Entry) -> bool:
    return entry["state"] in ("failed", "unreachable")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _without_empty(table: Sequence[Sequence[str]]) -> list[list[str]]:
    """Without columns that only have a title."""
    kept = [column for column in range(len(table[0])) if any(row[column] for row in table[1:])]
    return [[row[column] for column in kept] for row in table]


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
