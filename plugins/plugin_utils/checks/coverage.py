# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play's plan speaks of, where the plays of a repository each say a part: only that can be gone.

A network may be defined by a play. Another play that does not define it says nothing about it, and what the ledger and
the hosts have of it stays as it is. So the ledger remembers which plays define a network that the inventory does not.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import (
    ANY_HOST,
    Ledger,
    NetworkEntry,
    absent,
)

_COLLECTIONS = f"{os.sep}ansible_collections{os.sep}"


@dataclass(frozen=True)
class Definer:
    """Who defines networks: a play, or a variable of a file that plays read. ``file``: an absolute path, or nothing."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}: {self.name}" if self.file else self.name

    def beside(self, folder: str) -> Definer:
        """With the path as it is from the ledger's folder, wherever the repository has been checked out."""
        if not os.path.isabs(self.file):
            return self
        _before, collection, rest = self.file.rpartition(_COLLECTIONS)
        return replace(self, file=rest if collection else os.path.relpath(self.file, folder))


@dataclass(frozen=True)
class Coverage:
    """``definers``: all that this play is known by. ``defined_by``: networks that only the play defines, by definer.

    ``inventory``: networks that the inventory defines, also where a variable of the play takes its variable's place.
    ``other_hosts``: hosts of the inventory that the play's ``containerhost_hosts`` leaves out.
    """

    definers: frozenset[Definer] = frozenset()
    defined_by: Mapping[str, Definer] = field(default_factory=lambda: MappingProxyType({}))
    inventory: frozenset[str] = frozenset()
    other_hosts: frozenset[str] = frozenset()

    def beside(self, folder: str) -> Coverage:
        return replace(
            self,
            definers=frozenset(each.beside(folder) for each in self.definers),
            defined_by={name: each.beside(folder) for name, each in self.defined_by.items()},
        )

    def elsewhere(
        self, ledger: Ledger, here: Collection[str], drivers: Collection[str] | None
    ) -> dict[str, NetworkEntry]:
        """Networks that are neither ``here`` nor gone, with what the ledger is to say of each.

        ``drivers``: the plan is about networks of these only (None: of all).
        """
        found = {}
        for name, entry in ledger.networks.items():
            if name in here or entry.absent_since:
                continue
            others = self._others(entry)
            if name in self.inventory or entry.plays and drivers is not None and entry.driver not in drivers:
                found[name] = entry
            elif others:
                found[name] = replace(entry, plays=others)
        return found

    def _others(self, entry: NetworkEntry) -> tuple[str, ...]:
        mine = set(map(str, self.definers))
        return tuple(each for each in entry.plays if each not in mine)

    def plays_of(self, name: str, before: NetworkEntry | None) -> tuple[str, ...]:
        """Who defines a network that is here. A ledger that does not say so yet is as good while nothing changes."""
        definer = self.defined_by.get(name)
        known = before.plays if before and not before.absent_since else None
        if definer is None or known == ():
            return ()
        return tuple(sorted({*(known or ()), str(definer)}))

    def is_elsewhere(self, host: str) -> bool:
        """Whether a host of the ledger's is none that this plan speaks of. On a shared segment nobody knows whose."""
        return host in self.other_hosts or host == ANY_HOST and bool(self.other_hosts)


WHOLE = Coverage()


@dataclass(frozen=True)
class Gone:
    """What becomes of entries of the ledger that a plan has nothing for. ``elsewhere``: as ``Coverage`` has it."""

    today: str
    coverage: Coverage = WHOLE
    elsewhere: Mapping[str, NetworkEntry] = field(default_factory=lambda: MappingProxyType({}))

    def network(self, name: str, entry: NetworkEntry) -> NetworkEntry:
        return self.elsewhere.get(name) or replace(absent(entry, self.today), plays=())

    def entry(self, key: tuple[str, ...], entry: Any) -> Any:
        """``key`` begins with a network and a host."""
        if key[0] in self.elsewhere or self.coverage.is_elsewhere(key[1]):
            return entry
        return absent(entry, self.today)


def coverage_of(
    play: Mapping[str, Any],
    variables: Iterable[Mapping[str, Any]],
    definers: Mapping[str, Definer],
    other_hosts: Collection[str],
) -> Coverage:
    """``play``: its variables of networks; ``variables``: those of each host; ``definers``: who defines the play's, by
    variable, and by "" the play itself; ``other_hosts``: those that its ``containerhost_hosts`` leaves out."""
    both = (found.get(name) for found in variables for name in play)
    inventory = {str(name) for entries in both if isinstance(entries, Mapping) for name in entries}
    defined_by = {
        str(name): definers[variable]
        for variable, entries in play.items()
        if isinstance(entries, Mapping) and variable in definers
        for name in entries
        if name not in inventory
    }
    return Coverage(frozenset(definers.values()), defined_by, frozenset(inventory), frozenset(other_hosts))
