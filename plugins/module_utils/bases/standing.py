# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parents of interfaces: what stands on one already, or will."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.elsewhere import all_netns
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

_ON_PARENTS = ("macvlan", "macvtap", "ipvlan", "ipvtap")
# Instead of a path: an interface whose parent is in another namespace says of the host's alone that it is that one.
_ELSEWHERE = ""

# How an interface stands on its parent, in words of the kind that asks: a mode, a MAC.
Way = t.Hashable
# Where an interface is: its namespace, and its name there.
Place = t.Tuple[t.Optional[str], str]


class Standing:
    """The ways in which interfaces stand on devices of the host, as far as they can be seen, from one look at all."""

    def __init__(self, kernel: Kernel, ways_of: t.Callable[[Link], t.Iterable[Way]]) -> None:
        self._kernel = kernel
        self._ways_of = ways_of
        self._coming: dict[tuple[str | None, str], dict[Way, None]] = {}

    @functools.cached_property
    def _found(self) -> dict[tuple[str | None, int], dict[Way, list[Place]]]:
        found: dict[tuple[str | None, int], dict[Way, list[Place]]] = {}
        for path in (None, *all_netns(self._kernel)):
            for link in self._kernel.links_that_can_be_read(path):
                for way in self._ways_of(link) if link.kind in _ON_PARENTS else ():
                    parent = (self._place_of_parent(path, link), link.lower or 0)
                    found.setdefault(parent, {}).setdefault(way, []).append((path, link.name))
        return found

    def _place_of_parent(self, path: str | None, link: Link) -> str | None:
        if link.lower_netnsid is None:
            return path
        of_the_host = path is not None and self._kernel.host_id(path) == link.lower_netnsid
        return None if of_the_host else _ELSEWHERE

    def ways(self, netns: str | None, lower: Link | None, called: str, but: Place) -> list[Way]:
        """Each way once: of those on the device ``lower``, and of those that will be on what is so ``called``."""
        there = [
            way
            for found in self._found_on(netns, lower)
            for way, places in found.items()
            if self._has_another(places, but)
        ]
        return [*self._coming.get((netns, called), ()), *there]

    def has(self, way: Way, netns: str | None, lower: Link | None, called: str, but: Place) -> bool:
        """Does another one stand there in this way, or will one?"""
        return way in self._coming.get((netns, called), ()) or any(
            self._has_another(found.get(way, []), but) for found in self._found_on(netns, lower)
        )

    def _found_on(self, netns: str | None, lower: Link | None) -> t.Iterator[dict[Way, list[Place]]]:
        for place in (netns, _ELSEWHERE)[: 1 if netns is None else 2] if lower is not None else ():
            yield self._found.get((place, t.cast(Link, lower).index), {})

    def will_stand(self, netns: str | None, called: str, way: Way) -> None:
        self._coming.setdefault((netns, called), {})[way] = None

    def _has_another(self, places: list[Place], but: Place) -> bool:
        """One that will have gone by then is looked at once."""
        itself = []
        while places and (self._is(places[-1], but) or self._kernel.link(places[-1][1], places[-1][0]) is None):
            place = places.pop()
            itself += [place] if self._is(place, but) else []
        found = bool(places)
        places += itself
        return found

    def _is(self, place: Place, other: Place) -> bool:
        """One namespace may be found by several paths."""
        (path, name), (netns, called) = place, other
        if name != called or path is None or netns is None:
            return place == other
        return path == netns or self._kernel.is_one(path, netns)


def standing(kernel: Kernel, kind: str, ways_of: t.Callable[[Link], t.Iterable[Way]]) -> Standing:
    """For a kind, one look for the whole of a run."""
    notes = kernel.notes(f"{kind} on parents")
    if not notes:
        notes.append(Standing(kernel, ways_of))
    return notes[0]


def is_port_of_another(kernel: Kernel, lower: Link, netns: str | None) -> bool:
    """Of a bridge that something can stand on. A network that is on the LAN by it has it alone (kind ``uplink``): that
    goes first, or is its rival."""
    master = kernel.link(lower.master, netns)
    return lower.master is not None and not (master is not None and master.leads_out)
