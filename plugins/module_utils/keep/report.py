# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``containerhost`` says: from a document and what differs to text, or to values for ``--json``."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine import diff
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Pending,
    Values,
    network_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet, describe
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import Outcome
from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import Saved
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import netns_of, sandboxes_of

_BY_NAME = {kind.name: kind for kind in KINDS}
_SIGNS = {"add": "missing", "change": "differs", "recreate": "differs", "remove": "not in the document"}
_DONE = {"add": "made", "change": "changed", "recreate": "re-created", "remove": "removed"}
_ATTACHED = "attached"
_ROWS = 20  # of one part of a screenful


def differs(todo: ChangeSet) -> bool:
    """A container that does not run is no difference."""
    return bool(todo.changes) or any(each.blocked for each in todo.pending)


# -- lines -----------------------------------------------------------------------------------------------------


def lines(outcome: Outcome) -> list[str]:
    """What was done, a line for each object, and who waits."""
    return [*(f"{_DONE[each.action]}: {_what(each)}" for each in outcome.changes), *waiting(outcome.pending)]


def differing(todo: ChangeSet) -> list[str]:
    """What differs, a line for each object, and who waits."""
    return [*(_difference(each) for each in todo.changes), *waiting(todo.pending)]


def waiting(pending: t.Sequence[Pending]) -> list[str]:
    told = (each for each in pending if each.reason)
    return [f"{'blocked' if each.blocked else 'pending'}: {_name_of(each)}: {each.reason}" for each in told]


def _difference(change: Change) -> str:
    options = f" ({', '.join(change.differences)})" if change.differences else ""
    return f"{_SIGNS[change.action]}: {_what(change)}{options}"


def _what(change: Change) -> str:
    return describe(_BY_NAME[change.kind], change.values, change.owner)


def _name_of(pending: Pending) -> str:
    return describe(_BY_NAME[pending.wanted.kind], pending.wanted.values, pending.wanted.owner)


def unified(diffs: t.Iterable[t.Mapping[str, str]]) -> str:
    """The modules' diffs as ``ansible-playbook --diff`` shows them: short, whole, with signs."""
    parts = []
    for each in diffs:
        rows = [f"--- before: {each['before_header']}", f"+++ after: {each['after_header']}"]
        rows += [f"-{row}" for row in each["before"].splitlines()] + [f"+{row}" for row in each["after"].splitlines()]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


# -- values ----------------------------------------------------------------------------------------------------


def outcome(done: Outcome, reasons: t.Sequence[str]) -> dict[str, t.Any]:
    return {
        "changed": bool(done.changes),
        "counts": diff.counts(done.changes),
        "diff": diff.diffs(KINDS, done.changes),
        "pending": [_plain(each) for each in done.pending if each.reason],
        "problems": list(reasons),
    }


def comparison(saved: Saved, todo: ChangeSet) -> dict[str, t.Any]:
    return {
        "host": saved.host,
        "date": saved.date,
        "digest": saved.digest,
        "differs": differs(todo),
        "counts": diff.counts(todo.changes),
        "diff": diff.diffs(KINDS, todo.changes),
        "pending": [_plain(each) for each in todo.pending if each.reason],
        "networks": by_network(saved, todo),
        "containers": [
            {name: row[name] for name in ("container", "engine", "network", "interface", "addresses", "mac", "state")}
            for row in _endpoints(saved, todo)
        ],
        "ports": [{"host": host, "container": to, "network": network} for host, to, network in _ports(saved)],
    }


def by_network(saved: Saved, todo: ChangeSet) -> dict[str, dict[str, t.Any]]:
    """For each network its driver, and how many objects it has, how many of them differ and wait."""
    names = {**{row["network"]: "" for _kind, row in saved.objects()}, **saved.networks}
    counters = {"objects": 0, "differences": 0, "pending": 0}
    networks: dict[str, dict[str, t.Any]] = {
        name: {"driver": driver, **counters} for name, driver in sorted(names.items())
    }
    for _kind, row in saved.objects():
        networks[row["network"]]["objects"] += 1
    for change in todo.changes:
        if network_of(change.owner) in networks:
            networks[network_of(change.owner)]["differences"] += 1
    for each in todo.pending:
        if each.reason and network_of(each.wanted.owner) in networks:
            networks[network_of(each.wanted.owner)]["pending"] += 1
    return networks


def _plain(each: Pending) -> dict[str, t.Any]:
    return {
        "object": _name_of(each),
        "network": network_of(each.wanted.owner),
        "sandbox": next(iter(sandboxes_of(each.wanted.values)), None),
        "reason": each.reason,
        "blocked": each.blocked,
    }


# -- a screenful -----------------------------------------------------------------------------------------------


def page(saved: Saved, todo: ChangeSet, last_run: int | None, now: int, whole: bool = False) -> str:
    """What an operator wants to see at night: networks, containers, addresses, ports, and what differs.

    Of many containers and ports, those that something is the matter with come first, and some of the others;
    ``whole``: all of them.
    """
    head = f"{saved.host}, saved by containerhost.network {saved.collection}"
    if last_run is not None:
        head += f"; last run {_ago(now - last_run)} ago ({time.strftime('%Y-%m-%d %H:%M', time.localtime(last_run))})"
    devices = _devices(saved)
    networks = [
        (name, part["driver"], *devices.get(name, ("", "")), _state_of(part))
        for name, part in by_network(saved, todo).items()
    ]
    containers = [
        (row["container"], row["network"], row["interface"], " ".join(row["addresses"]), row["state"])
        for row in sorted(_endpoints(saved, todo), key=lambda row: row["state"] == _ATTACHED)
    ]
    parts = [head, _table(("NETWORK", "DRIVER", "DEVICE", "ADDRESSES", "STATE"), networks)]
    most, more = (None, "") if whole else (_ROWS, "containerhost show --all")
    parts.append(_table(("CONTAINER", "NETWORK", "INTERFACE", "ADDRESSES", "STATE"), containers, most, more))
    ports = list(_ports(saved))
    if ports:
        parts.append(_table(("PORT", "LEADS TO", "NETWORK"), ports, most, more))
    found = differing(todo)
    if found:
        parts.append("\n".join(["WHAT DIFFERS", *(f"  {line}" for line in _some(found, most, "containerhost check"))]))
    else:
        parts.append("Everything is as saved.")
    return "\n\n".join(parts)


def _state_of(part: t.Mapping[str, t.Any]) -> str:
    words = ((part["differences"], "differ"), (part["pending"], "pending"))
    return ", ".join(f"{number} {word}" for number, word in words if number) or "as saved"


def _devices(saved: Saved) -> dict[str, tuple[str, str]]:
    """For each network the host's own device with addresses, or the one that its containers' traffic passes."""
    found: dict[str, tuple[str, str]] = {}
    for kind, row in saved.objects():
        device = _BY_NAME[kind].device_of(row) if kind in _BY_NAME and not row.get("sandbox") else None
        addresses = " ".join(row.get("addresses") or ())
        if device and (row["network"] not in found or (addresses and not found[row["network"]][1])):
            found[row["network"]] = (device, addresses)
    for _kind, row in saved.objects():
        if row.get("parent") and row["network"] not in found:
            found[row["network"]] = (f"{row['parent']} (parent)", "")
    return found


def _endpoints(saved: Saved, todo: ChangeSet) -> list[dict[str, t.Any]]:
    """A row for each interface in a container, with what is the matter with it."""
    states: dict[tuple[t.Any, ...], str] = {}
    for change in todo.changes:
        if _is_end(change.kind, change.values):
            states[_end(change.values)] = _SIGNS[change.action]
    for each in todo.pending:
        if _is_end(each.wanted.kind, each.wanted.values):
            states[_end(each.wanted.values)] = "blocked" if each.blocked else "pending"
    return [
        {
            **row,
            "container": row["sandbox"]["ref"],
            "engine": row["sandbox"]["engine"],
            "interface": row.get("interface") or "eth0",
            "addresses": row.get("addresses") or [],
            "mac": row.get("mac"),
            "state": states.get(_end(row), _ATTACHED),
        }
        for kind, row in sorted(saved.objects(), key=lambda each: str(each[1].get("sandbox")))
        if _is_end(kind, row)
    ]


def _is_end(kind: str, values: Values) -> bool:
    """A container's interface, and not a file of it."""
    return bool(values.get("sandbox")) and kind in _BY_NAME and _BY_NAME[kind].kernel_kind is not None


def _end(values: Values) -> tuple[t.Any, ...]:
    return netns_of(values["sandbox"]), values.get("interface") or "eth0"


def _ports(saved: Saved) -> t.Iterator[tuple[str, str, str]]:
    """Published ports: where the host takes them, where they lead to, and by which network."""
    names = {
        address.split("/")[0]: row["sandbox"]["ref"]
        for _kind, row in saved.objects()
        if row.get("sandbox")
        for address in row.get("addresses") or ()
    }
    for _kind, row in saved.objects():
        if row.get("rule") == "publish":
            host, address = row.get("host_interface") or row.get("host_address") or "*", row["address"]
            last = row.get("host_port_end")
            ports, to = row["host_port"], row["port"]
            if last and last != ports:
                ports, to = f"{ports}-{last}", f"{to}-{to + last - ports}"
            there = names.get(address)
            yield (
                f"{f'[{host}]' if ':' in host else host}:{ports}/{row.get('protocol') or 'tcp'}",
                f"{f'[{address}]' if ':' in address else address}:{to}" + (f" ({there})" if there else ""),
                row["network"],
            )


def _table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]], most: int | None = None, more: str = "") -> str:
    whole = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(len(row[column]) for row in whole) for column in range(len(head))]
    lines_ = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in whole]
    return "\n".join([lines_[0], *_some(lines_[1:], most, more)])


def _some(rows: t.Sequence[str], most: int | None, more: str) -> list[str]:
    """The first of them, and where the others are to be seen."""
    if most is None or len(rows) <= most:
        return list(rows)
    return [*rows[:most], f"… and {len(rows) - most} more: {more}"]


def _ago(seconds: int) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{max(0, seconds)} seconds"
