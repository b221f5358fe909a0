# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits: for a container that does not run, or for other hosts, and then in parts, one for each phase of a run."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Pending,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

# In their order: every host has made and all turn to the new way; every host has turned and the old way goes.
LATER = ("switch", "remove")
# Says of a wanted object that leads to other hosts which of these phases is to come; None: nobody is waited for.
Holds = t.Callable[[Wanted], t.Optional[str]]
# Compares what is wanted with what is there.
Compare = t.Callable[[Wanted, Found], t.Optional[Change]]


class Held(t.NamedTuple):
    """A change that is for a later phase."""

    until: str
    change: Change


def stages(kind: Kind, until: str | None) -> tuple[str, ...]:
    """The phases to come that an object of this kind waits for."""
    return () if until is None else tuple(each for each in LATER[LATER.index(until):] if each in kind.waits)


def in_parts(
    kind: Kind,
    wanted: Wanted,
    found: Found,
    stages_: t.Sequence[str],
    compare: Compare,
    is_needed: t.Callable[[Place], bool],
) -> tuple[Wanted, list[Held]]:
    """What an object is to be now, and what becomes of it in each of the phases to come. ``is_needed`` tells of a place
    whether another wanted object is to have it."""
    steps = [*(kind.meanwhile(wanted, found, stage) for stage in stages_), wanted]
    needed = {place for place in kind.occupies(steps[0].values) if is_needed(place)} if steps[0] != wanted else ()
    steps = [*(kind.without(step, wanted, needed) if needed else step for step in steps[:-1]), wanted]
    held = []
    for stage, now, then in zip(stages_, steps, steps[1:]):
        by_then = found._replace(values={**found.values, **now.values})
        change = compare(then, by_then) if now != then else None
        held += [Held(stage, change)] if change else []
    return steps[0], held


def pending(kind: Kind, kernel: Kernel, some: t.Sequence[Wanted], lacking: set[Place]) -> t.Iterator[Pending]:
    """Objects that have to wait, and without a reason of their own those that stand on such.

    The places that they would have are added to ``lacking``.
    """
    for object_ in some:
        if not object_.present:
            continue
        reason = kind.pending(kernel, object_)
        if reason is not None:
            yield Pending(object_, reason)
        elif lacking and not lacking.isdisjoint(_bases(kind, object_)):
            yield Pending(object_, "")
        else:
            continue
        lacking.update(kind.occupies(object_.values))


def _bases(kind: Kind, object_: Wanted) -> t.Iterator[Place]:
    """What it stands on; a setting or a guard of a device waits with the device."""
    yield from kind.stands_on(object_.values)
    if object_.values.get("device") is not None:
        yield ("link", object_.netns, object_.values["device"])
