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

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed

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
    elsewhere: Collection[str] = (),
) -> Scope:
    """What may go now.

    ``networks``: {name: {driver, members, shared}} of the plan; ``known``: the same names and those that have left
    the inventory, with their drivers; ``drivers``: the plan speaks of networks of these only (None: of all);
    ``made``: the hosts that have made their part of this plan; ``elsewhere``: networks that it does not speak of.
    """
    waiting = {
        name: missing
        for name, network in sorted(networks.items())
        if network["shared"] and (missing := tuple(sorted(set(network["members"]) - set(made))))
    }
    if drivers is None:
        return Scope((ANY,), (*waiting, *elsewhere), waiting)
    ours = {name for name, network in known.items() if network.get("driver") in drivers} | set(networks)
    return Scope(tuple(sorted(ours - {*waiting, *elsewhere})), tuple(waiting), waiting)


def held(
    networks: Mapping[str, Mapping[str, Any]], waiting: Collection[str], phase: str, turning: Collection[str] = ()
) -> dict[str, list[str]]:
    """Networks of which a host leaves the way to others as it is (``hold``), or turns to a new one while others may
    still come by the old one (``switch``); ``shared`` are all of which it has left something when it made.

    ``turning``: of these some member has not turned, though all have made.
    """
    shared = [name for name, network in sorted(networks.items()) if network["shared"]]
    if phase == "make":
        return {"hold": shared, "switch": [], "shared": shared}
    switching = [name for name in shared if name not in waiting and (phase == "switch" or name in turning)]
    return {"hold": list(waiting), "switch": switching, "shared": shared}


def waited_for(scope: Scope, of_made: Scope) -> dict[str, Collection[str]]:
    """By network the hosts that leftovers wait for: that they make, and only where all have, that they turn."""
    return {name: of_made.waiting.get(name, hosts) for name, hosts in scope.waiting.items()}


def postponed(kept: Mapping[str, int], waiting: Mapping[str, Collection[str]]) -> dict[str, tuple[int, list[str]]]:
    """By network: how many objects stay here, and the hosts that they wait for."""
    return {network: (kept[network], list(hosts)) for network, hosts in waiting.items() if kept.get(network)}


def stays(network: str, kept: Mapping[str, int], missing: Collection[str], run: Collection[str] = ()) -> str:
    """A sentence for what stays (``kept``: objects by host) until ``missing`` have made, and what to do about it.

    ``run`` are its members that this run has made: the next one makes them along with the others, also those where
    nothing stays, as no run knows what another one has made.
    """
    total = sum(kept.values())
    objects = "1 object stays that is" if total == 1 else f"{total} objects stay that are"
    have = "has" if len(missing) == 1 else "have"
    return (
        f"{network}: {objects} no longer planned on {listed(kept)} until {listed(missing)} {have} made the new state in"
        f" one run with {'it' if len(kept) == 1 else 'them'}. Run the same playbook with --limit"
        f" '{','.join(dict.fromkeys([*missing, *kept, *run]))}'."
    )
