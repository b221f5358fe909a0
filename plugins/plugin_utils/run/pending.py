# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that a host could not attach for now: what module ``document`` answers of them, told and left out.

An entry of ``pending`` is {network, object, sandbox: {engine, ref} or None, interface, reason}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed

Pending = Sequence[Mapping[str, Any]]

_MOST = 10  # reasons, and containers of one: what a person reads
_MOST_OF_ALL = 20  # sentences of all hosts


def sentences(pending: Pending, host: str) -> list[str]:
    """One for each reason, with the containers that wait because of it."""
    by_reason: dict[str, dict[str, list[str]]] = {}
    for each in pending:
        name = each["sandbox"]["ref"] if each["sandbox"] else each["object"]
        by_reason.setdefault(each["reason"], {}).setdefault(name, []).append(each["network"])
    told = [
        f"{host}: {reason}. Pending until then: {_names(containers)}."
        for reason, containers in by_reason.items()
    ]
    return [*told[:_MOST], *([f"{host}: {len(told) - _MOST} more like these."] if len(told) > _MOST else [])]


def of_hosts(found: Mapping[str, Pending]) -> list[str]:
    """The same of all hosts: those that have one sentence are named, or counted, before it."""
    hosts: dict[str, list[str]] = {}
    for host, waiting in found.items():
        for text in sentences(waiting, host):
            hosts.setdefault(text.removeprefix(f"{host}: "), []).append(host)
    told = [f"{listed(those)}: {text}" for text, those in hosts.items()]
    more = len(told) - _MOST_OF_ALL
    return [*told[:_MOST_OF_ALL], f"and {more} more like these (-v of a run tells them)"] if more > 0 else told


def _names(containers: Mapping[str, Sequence[str]]) -> str:
    words = [f"{ref} ({', '.join(dict.fromkeys(networks))})" for ref, networks in containers.items()]
    return ", ".join(words[:_MOST]) + (f" and {len(words) - _MOST} more" if len(words) > _MOST else "")


def attached(document: Mapping[str, Any], pending: Pending) -> dict[str, Any]:
    """A document without the objects that are pending."""
    waiting = {_key(each) for each in pending if each["sandbox"]}
    return {
        kind: list(_without(rows, waiting)) if isinstance(rows, list) else rows for kind, rows in document.items()
    }


def _without(rows: Sequence[Mapping[str, Any]], waiting: set[tuple[Any, ...]]) -> Iterator[Mapping[str, Any]]:
    return (row for row in rows if not row.get("sandbox") or _key(row) not in waiting)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    sandbox = row["sandbox"]
    return row["network"], sandbox["engine"], sandbox["ref"], row.get("interface")
