# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is wanted and what is there to what is to be done; ``apply`` does it.

One pass over all kinds: read, compare, and put in order: what is made in that of dependence, what goes in the reverse.
The loop knows a kind by its table (``kind.Kind``) only.
"""

from __future__ import annotations

import typing as t
from functools import partial

from ansible_collections.containerhost.network.plugins.module_utils.engine.dependence import by_dependence
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.leftovers import in_use
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Key,
    Pending,
    Problem,
    Values,
    Wanted,
    gives_way,
    network_of,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.waiting import (
    Held,
    Holds,
    in_parts,
    pending,
    stages,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, netns_path

# Says whether an object of ours that nobody wants any more is to go now.
Leaves = t.Callable[[Found], bool]


class ChangeSet(t.NamedTuple):
    """What a run does, in order: what is in the way goes, what is wanted is made or changed, what is left over goes.

    ``leave`` are those to be made that have a place which another one needs: they leave it before anything is made; so
    do those that what is in the way carries.
    ``kept`` are leftovers that stay for now. ``pending`` are wanted objects that are left as they are for now. ``held``
    are changes that wait for other hosts; what may be done of them meanwhile is in ``make``, and the whole of each in
    ``in_parts``.
    """

    clear: list[Change]
    leave: list[Change]
    make: list[Change]
    remove: list[Change]
    kept: list[Change]
    pending: list[Pending]
    held: t.Sequence[Held] = ()
    in_parts: t.Sequence[Change] = ()

    @property
    def changes(self) -> list[Change]:
        return [*self.clear, *self.make, *self.remove]


class Unready(Exception):
    """Nothing was done: the problems, a sentence each."""

    def __init__(self, problems: t.Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def wanted_object(kind: Kind, values: Values, owner: str, present: bool = True, recreate: bool = False) -> Wanted:
    """An object from the values of its options, checked and in the kernel's spelling."""
    given = {name: value for name, value in values.items() if value is not None}
    if "netns" in given:
        given["netns"] = netns_path(given["netns"])
    plain = kind.normalise(given)
    return Wanted(kind.name, kind.key_of(plain, owner), plain, owner, present, recreate)


def describe(kind: Kind, values: Values, owner: str | None = None) -> str:
    """An object in a sentence: ``veth shop@web (web)``."""
    of = f" ({network_of(owner)})" if owner and owner != "task" else ""
    return f"{kind.name} {kind.label(values)}{of}"


def compare(
    kinds: t.Iterable[Kind],
    kernel: Kernel,
    wanted: t.Sequence[Wanted],
    leaves: Leaves,
    patient: bool = False,
    holds: Holds | None = None,
    late: t.Callable[[Held], bool] | None = None,
) -> ChangeSet:
    """Compare everything; raises Unready with every problem there is, before anything is done; ``patient``: has what
    cannot be made now, and what stands on it, pending, and keeps nothing else from being made. ``late`` says
    of what waits whether it has been done by the time that is looked at."""
    by_kind: dict[str, list[Wanted]] = {}
    for object_ in wanted:
        by_kind.setdefault(object_.kind, []).append(object_)
    ordered = by_dependence(kinds)
    kernel.needed = _needed(ordered, by_kind)
    comparison = _Comparison(ordered, kernel, leaves, patient, holds, late)
    comparison.problems += _duplicates(ordered, by_kind)
    for kind in ordered:
        try:
            comparison.of_kind(kind, by_kind.get(kind.name, []))
        except Problem as error:
            comparison.refuse(kind, by_kind.get(kind.name, []), str(error))
    if comparison.problems:
        raise Unready(list(dict.fromkeys(comparison.problems)))  # several kinds may meet one cause
    todo = comparison.in_order()
    # With what cannot go, what it stands on and what serves it stays as well.
    used = [] if patient else in_use({kind.name: kind for kind in ordered}, kernel, todo.changes)
    if used:
        raise Unready([f"{describe(kind, c.values, c.owner)}: cannot remove it: {why}" for kind, c, why in used])
    return todo


def _needed(kinds: t.Iterable[Kind], by_kind: t.Mapping[str, t.Sequence[Wanted]]) -> dict[Place, list[Wanted]]:
    """Who needs a place: what is there and has it has to go first, or to leave it."""
    needed: dict[Place, list[Wanted]] = {}
    for kind in filter(_has_places, kinds):
        for object_ in by_kind.get(kind.name, ()):
            if object_.present:
                for place in kind.needs(object_.values):
                    needed.setdefault(place, []).append(object_)
    return needed


def _has_places(kind: Kind) -> bool:
    """Most objects have none, and a document may have 100,000 of them."""
    return (type(kind).occupies, type(kind).needs) != (Kind.occupies, Kind.needs)


class _Comparison:
    """What has been found out so far, kind by kind, each compared with the state that those before it leave behind."""

    def __init__(
        self,
        kinds: t.Sequence[Kind],
        kernel: Kernel,
        leaves: Leaves,
        patient: bool,
        holds: Holds | None,
        late: t.Callable[[Held], bool] | None,
    ) -> None:
        self._patient = patient
        self._holds = holds
        self._held: list[Held] = []
        self._in_parts: list[Change] = []
        self._late = late
        self._kinds = {kind.name: kind for kind in kinds}
        self._order = {kind.name: place for place, kind in enumerate(kinds)}
        self._kernel = kernel
        self._leaves = leaves
        self._clear: list[Change] = []
        self._leave: list[Change] = []
        self._make: list[Change] = []
        self._remove: list[Change] = []
        self._kept: list[Change] = []
        self._pending: list[Pending] = []
        self._lacking: set[Place] = set()
        self._rivals: set[t.FrozenSet[t.Any]] = set()
        self.problems: list[str] = []

    def of_kind(self, kind: Kind, wanted: t.Sequence[Wanted]) -> None:
        waiting = {each.wanted.key: each for each in pending(kind, self._kernel, wanted, self._lacking)}
        self._pending += [each for each in waiting.values() if each.reason]
        for object_ in () if self._patient else [each.wanted for each in waiting.values()]:
            # What is wrong on the host is so whether the container runs or not.
            problems = [*kind.obstacles(self._kernel, object_), *kind.limits(self._kernel, object_, object_.values)]
            self.problems += _sentences(kind, object_, problems)
        wanted = [kind.resolve(self._kernel, object_) for object_ in wanted if object_.key not in waiting]
        found = {row.key: row for row in kind.read(self._kernel, wanted) if row.key not in waiting}
        mine = [(object_, found.pop(object_.key, None)) for object_ in wanted]
        left_over = [row for row in found.values() if row.owner is not None]
        others: list[Found] = []
        for row in left_over:
            if self._is_in_the_way(kind, row) or self._goes_along(kind, row):
                self._goes_first(kind, row)
            else:
                others.append(row)
        for object_, row in mine:
            try:
                self._compare(kind, object_, row)
            except Problem as error:
                self.refuse(kind, [object_], str(error))
                if not self._patient and object_.present and (row is None or row.owner is None):
                    # One cause is one problem: what stands on it is compared as if it could be made.
                    kind.note(self._kernel, Change("add", kind.name, object_, None, {}))
        for row in others:
            change = Change("remove", kind.name, None, row, {})
            if self._leaves(row):
                self._remove.append(change)
                kind.note(self._kernel, change)
            else:
                self._kept.append(change)

    def refuse(self, kind: Kind, some: t.Sequence[Wanted], reason: str) -> None:
        """These cannot be as they are wanted, for one reason. Without its guards nothing is made."""
        guards = kind.guards and not (some and all(kind.may_wait(object_.values) for object_ in some))
        if not self._patient or guards:
            self.problems.append(reason)
            return
        for object_ in some:
            self._pending.append(Pending(object_, reason, blocked=True))
            self._lacking.update(kind.occupies(object_.values))

    def _compare(self, kind: Kind, wanted: Wanted, found: Found | None) -> None:
        held: list[Held] = []
        waits_for = stages(kind, self._holds(wanted)) if kind.waits and self._holds else ()
        if waits_for and found is None and wanted.present and kind.displaces(self._kernel, wanted):
            self._held.append(Held(waits_for[-1], Change("add", kind.name, wanted, None, {})))
            return
        about = waits_for and (waits_for, partial(_compare_one, kind, self._kernel), partial(self._is_needed, wanted))
        if waits_for and found is None and wanted.present and (made := kind.made_first(wanted)):
            self._held += in_parts(kind, wanted, made, *about)[1]
        if waits_for and found is not None:
            whole, (wanted, held) = wanted, in_parts(kind, wanted, found, *about)
            self._held += held
            if held:
                self._in_parts.append(Change("change", kind.name, whole, found, kind.differences(whole, found)))
        self._compare_now(kind, wanted, found)
        for each in held:
            if self._late and self._late(each):
                kind.note(self._kernel, each.change)

    def _compare_now(self, kind: Kind, wanted: Wanted, found: Found | None) -> None:
        change = _compare_one(kind, self._kernel, wanted, found)
        in_the_way = found is not None and self._is_in_the_way(kind, found, wanted)
        if found is not None and kind.leaves_first:
            in_the_way = in_the_way or self._goes_along(kind, found)
        if wanted.present and _has_places(kind):
            self._check_places(kind, wanted, found)
        if change is None:
            return
        if change.action == "remove":
            (self._clear if in_the_way else self._remove).append(change)
        else:
            self._make.append(change)
            if in_the_way:
                self._leave.append(change)
            if in_the_way or change.action == "recreate":
                self._kernel.will_free(kind.occupies(t.cast(Found, found).values))
        kind.note(self._kernel, change)

    def _is_in_the_way(self, kind: Kind, found: Found, but_of: Wanted | None = None) -> bool:
        """Does it have a place that something wanted needs, something else than itself?"""
        if not self._kernel.needed or not _has_places(kind):
            return False
        return any(self._is_needed(but_of, place) for place in kind.occupies(found.values))

    def _is_needed(self, but_of: Wanted | None, place: Place) -> bool:
        others = self._kernel.needed.get(place, ())
        return any(but_of is None or (other.kind, other.key) != (but_of.kind, but_of.key) for other in others)

    def _goes_along(self, kind: Kind, row: Found) -> bool:
        """Does what it stands on go first? A setting of a device goes with it, whoever gets the device's name next."""
        return any(self._kernel.will_be_free(place) for place in kind.stands_on(row.values))

    def _check_places(self, kind: Kind, wanted: Wanted, found: Found | None) -> None:
        """What it has in the end, be it that nobody asked for it, no other wanted one needs."""
        given = {name: value for name, value in wanted.values.items() if value is not None}
        values = {**found.values, **given} if found is not None else wanted.values
        for place in kind.occupies(values):
            for other in self._kernel.needed.get(place, ()):
                pair = frozenset(((kind.name, wanted.key), (other.kind, other.key)))
                if len(pair) == 2 and place[-1] is not None and pair not in self._rivals:
                    self._rivals.add(pair)
                    self.problems.append(_both(kind, wanted, self._kinds[other.kind], other, place))

    def _goes_first(self, kind: Kind, row: Found) -> None:
        """Leftovers that hold a place which something wanted needs go first, also where others may stay."""
        change = Change("remove", kind.name, None, row, {})
        if not self._leaves(row):
            for place in kind.occupies(row.values):
                for wanted in self._kernel.needed.get(place, ()):
                    if not gives_way(change.owner, wanted.owner):
                        self.problems.append(_taken(self._kinds[wanted.kind], wanted, kind, row, place))
        self._clear.append(change)
        self._kernel.will_free(kind.occupies(row.values))
        kind.note(self._kernel, change)

    def in_order(self) -> ChangeSet:
        """What goes in the reverse order of what is made; what a leftover that stays stands on stays with it."""
        held = {place for change in self._kept for place in self._kinds[change.kind].holds(change.values)}
        remove: list[Change] = []
        kept = list(self._kept)
        for change in self._remove:
            stays = held and not held.isdisjoint(self._kinds[change.kind].occupies(change.values))
            (kept if stays else remove).append(change)

        def backwards(change: Change) -> int:
            return -self._order[change.kind]

        return ChangeSet(
            clear=sorted(self._clear, key=backwards),
            leave=sorted(self._leave, key=backwards),
            make=self._make,
            remove=sorted(remove, key=backwards),
            kept=kept,
            pending=self._pending,
            held=self._held,
            in_parts=self._in_parts,
        )


def _duplicates(kinds: t.Iterable[Kind], by_kind: t.Mapping[str, t.Sequence[Wanted]]) -> list[str]:
    problems = []
    for kind in kinds:
        seen: dict[Key, Wanted] = {}
        for object_ in by_kind.get(kind.name, ()):
            if object_.key in seen:
                what = describe(kind, object_.values, object_.owner)
                problems.append(f"{what} is listed twice; list it once")
            seen[object_.key] = object_
    return problems


def _compare_one(kind: Kind, kernel: Kernel, wanted: Wanted, found: Found | None) -> Change | None:
    """What is to be done about one wanted object, if anything."""
    if found is not None and found.owner is not None and realm(found.owner) != realm(wanted.owner):
        raise Problem(
            f"{describe(kind, wanted.values)} belongs to {found.owner}, not to {wanted.owner}: change it there, or"
            " give this one another name"
        )
    if not wanted.present:
        return _absent(kind, wanted, found)
    if found is None:
        return _if_possible(kind, kernel, wanted, Change("add", kind.name, wanted, None, {}))
    if found.owner is None and not found.leftover:
        if kind.accepts_foreign:
            return None
        raise Problem(
            f"{describe(kind, wanted.values, wanted.owner)} cannot be made: there is one already that is not ours"
            f" ({'; '.join(kind.seen(found.values)) or 'unmarked'}); rename or remove one of the two"
        )
    change = _differs(kind, wanted, found)
    return _if_possible(kind, kernel, wanted, change) if change else None


def _if_possible(kind: Kind, kernel: Kernel, wanted: Wanted, change: Change) -> Change:
    """What is re-created needs all that a new one does: the old one has gone by then."""
    anew = change.action != "change"
    problems = [*kind.obstacles(kernel, wanted)] if anew else []
    problems += kind.limits(kernel, wanted, wanted.values if anew else change.differences)
    if problems:
        raise Problem("\n".join(_sentences(kind, wanted, problems)))
    return change


def _sentences(kind: Kind, wanted: Wanted, problems: t.Iterable[str]) -> list[str]:
    return [f"{describe(kind, wanted.values, wanted.owner)}: {text}" for text in problems]


def _absent(kind: Kind, wanted: Wanted, found: Found | None) -> Change | None:
    if found is None or (found.owner is None and kind.accepts_foreign):
        return None
    if found.owner is None and not found.leftover:
        raise Problem(f"{describe(kind, wanted.values)} is not ours, so it stays; remove it with what made it")
    return Change("remove", kind.name, None, found, {})


def _differs(kind: Kind, wanted: Wanted, found: Found) -> Change | None:
    differences = kind.differences(wanted, found)
    if kind.marked and found.owner != wanted.owner:
        differences["owner"] = (found.owner, wanted.owner)
    if not differences:
        return None
    fixed = sorted(kind.fixed_of(differences))
    if not fixed:
        return Change("change", kind.name, wanted, found, differences)
    if not wanted.recreate and not kind.is_lost(differences):
        detail = ", ".join(f"{name} ({differences[name][0]} → {differences[name][1]})" for name in fixed)
        raise Problem(
            f"{describe(kind, wanted.values, wanted.owner)} would have to be re-created to change {detail}:"
            f" {kind.to_recreate(wanted, fixed)}"
        )
    return Change("recreate", kind.name, wanted, found, differences)


def _both(kind: Kind, wanted: Wanted, other: Kind, beside: Wanted, place: Place) -> str:
    needs = " ".join(str(word) for word in place if word is not None)
    return (
        f"{describe(kind, wanted.values, wanted.owner)} and {describe(other, beside.values, beside.owner)} cannot both"
        f" have {needs}; give one of them another"
    )


def _taken(kind: Kind, wanted: Wanted, other: Kind, row: Found, place: Place) -> str:
    needs = " ".join(str(word) for word in place if word is not None)
    return (
        f"{describe(kind, wanted.values, wanted.owner)} cannot be made: {describe(other, row.values)}, which belongs to"
        f" {row.owner}, has {needs}; remove that one first, or give one of the two another"
    )
