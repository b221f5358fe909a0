# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make, then remove: which networks' leftovers may go on a host, by who has made its part already.

What hosts share is switched before it is taken away: an overlay's old paths go when every member has made the new
ones. A network that hosts do not share waits for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

ANY = "*"


@dataclass(frozen=True)
class Scope:
    """What ``document`` is told: leftovers of ``remove`` go (ANY: all but ``keep``); ``waiting`` says for whom."""

    remove: tuple[str, ...]
    keep: tuple[str, ...]
    waiting: Mapping[str, tuple[str, ...]]


NOTHING = Scope((), (), {})


def scope(
    networks: Mapping[str, Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
    drivers: Collection[str] | None,
    made: Collection[str],
) -> Scope:
    """What may go now.

    ``networks``: {name: {driver, members, shared}} of the plan; ``known``: the same names and those that have left
    the inventory, with their drivers; ``drivers``: the plan speaks of networks of these only (None: of all);
    ``made``: the hosts that have made their part of this plan.
    """
    waiting = {
        name: missing
        for name, network in sorted(networks.items())
        if network["shared"] and (missing := tuple(sorted(set(network["members"]) - set(made))))
    }
    if drivers is None:
        return Scope((ANY,), tuple(waiting), waiting)
    ours = {name for name, network in known.items() if network.get("driver") in drivers} | set(networks)
    return Scope(tuple(sorted(ours - set(waiting))), tuple(waiting), waiting)


def postponed(kept: Mapping[str, int], waiting: Mapping[str, Collection[str]], here: str) -> list[str]:
    """Sentences for what stays, and what to do about it."""
    return [
        f"{network}: {_objects(kept[network])} no longer planned on {here} until {_hosts(hosts)} made the new state."
        f" Run the same playbook with --limit '{','.join([*hosts, here])}'."
        for network, hosts in waiting.items()
        if kept.get(network)
    ]


def _objects(number: int) -> str:
    return "1 object stays that is" if number == 1 else f"{number} objects stay that are"


def _hosts(hosts: Collection[str]) -> str:
    names = list(hosts)
    if len(names) > 5:
        return f"{', '.join(names[:5])} and {len(names) - 5} more have"
    return f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'}"
