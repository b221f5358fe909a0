# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is wanted and what is there to what is to be done; ``apply`` does it.

One pass over all kinds: read, compare, and put in order: what is made in that of dependence, what goes in the reverse.
The loop knows a kind by its table (``kind.Kind``) only.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import (
    ANY_DEVICE,
    ANY_PARENT,
    Kind,
    Place,
)
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
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

# Says whether an object of ours that nobody wants any more is to go now.
Leaves = t.Callable[[Found], bool]


class ChangeSet(t.NamedTuple):
    """What a run does, in order: what is in the way goes, what is wanted is made or changed, what is left over goes.

    ``kept`` are leftovers that stay for now. ``pending`` are wanted objects that are left as they are for now.
    """

    clear: list[Change]
    make: list[Change]
    remove: list[Change]
    kept: list[Change]
    pending: list[Pending]

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
    plain = kind.normalise({name: value for name, value in values.items() if value is not None})
    return Wanted(kind.name, kind.key_of(plain, owner), plain, owner, present, recreate)


def describe(kind: Kind, values: Values, owner: str | None = None) -> str:
    """An object in a sentence: ``veth shop@web (web)``."""
    of = f" ({network_of(owner)})" if owner and owner != "task" else ""
    return f"{kind.name} {kind.label(values)}{of}"


def by_dependence(kinds: t.Iterable[Kind]) -> list[Kind]:
    """Kinds so that each comes after those that it needs."""
    known = {kind.name: kind for kind in kinds}
    devices = [kind for kind in known.values() if kind.kernel_kind]
    groups = {
        ANY_DEVICE: [kind.name for kind in devices],
        ANY_PARENT: [kind.name for kind in devices if not ("parent" in kind.options and kind.ends_in_sandbox)],
    }
    ordered: dict[str, Kind] = {}

    def visit(kind: Kind) -> None:
        for name in needed(kind):
            if name in known and name not in ordered:
                visit(known[name])
        ordered.setdefault(kind.name, kind)

    def needed(kind: Kind) -> t.Iterator[str]:
        for name in kind.after:
            yield from (one for one in groups.get(name, (name,)) if one != kind.name)

    for kind in known.values():
        visit(kind)
    return list(ordered.values())


def compare(kinds: t.Iterable[Kind], kernel: Kernel, wanted: t.Sequence[Wanted], leaves: Leaves) -> ChangeSet:
    """Compare everything; raises Unready with every problem there is, before anything is done."""
    by_kind: dict[str, list[Wanted]] = {}
    for object_ in wanted:
        by_kind.setdefault(object_.kind, []).append(object_)
    problems = _duplicates(kinds, by_kind)
    todo = ChangeSet([], [], [], [], [])
    lacking: set[Place] = set()
    for kind in by_dependence(kinds):
        waiting = {each.wanted.key: each for each in _waiting(kind, kernel, by_kind.get(kind.name, ()), lacking)}
        todo.pending.extend(each for each in waiting.values() if each.reason)
        ready = [object_ for object_ in by_kind.get(kind.name, ()) if object_.key not in waiting]
        some = [kind.resolve(kernel, object_) for object_ in ready]
        try:
            found = {row.key: row for row in kind.read(kernel, some) if row.key not in waiting}
        except Problem as error:
            problems.append(str(error))
            continue
        for object_ in some:
            try:
                change = _compare_one(kind, kernel, object_, found.pop(object_.key, None))
            except Problem as error:
                problems.append(str(error))
                continue
            if change is not None:
                (todo.remove if change.action == "remove" else todo.make).append(change)
                kind.note(kernel, change)
        for row in found.values():
            if row.owner is not None:
                change = Change("remove", kind.name, None, row, {})
                if leaves(row):
                    todo.remove.append(change)
                    kind.note(kernel, change)
                else:
                    todo.kept.append(change)
    if problems:
        raise Unready(list(dict.fromkeys(problems)))  # several kinds may meet one cause
    return _in_the_way(kinds, todo)


def _waiting(kind: Kind, kernel: Kernel, some: t.Sequence[Wanted], lacking: set[Place]) -> t.Iterator[Pending]:
    """Objects that have to wait, and without a reason of their own those that stand on such.

    The places that they would have are added to ``lacking``.
    """
    for object_ in some:
        if not object_.present:
            continue
        reason = kind.pending(kernel, object_)
        if reason is not None:
            yield Pending(object_, reason)
        elif not lacking.isdisjoint(kind.stands_on(object_.values)):
            yield Pending(object_, "")
        else:
            continue
        lacking.update(kind.occupies(object_.values))


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
        _refuse(kind, wanted, [*kind.obstacles(kernel, wanted), *kind.limits(kernel, wanted, wanted.values)])
        return Change("add", kind.name, wanted, None, {})
    if found.owner is None and not found.leftover:
        if kind.accepts_foreign:
            return None
        raise Problem(
            f"{describe(kind, wanted.values, wanted.owner)} cannot be made: there is one already that is not ours"
            f" ({'; '.join(kind.summary(found.values)) or 'unmarked'}); rename or remove one of the two"
        )
    change = _differs(kind, wanted, found)
    _refuse(kind, wanted, kind.limits(kernel, wanted, change.differences) if change else ())
    return change


def _refuse(kind: Kind, wanted: Wanted, problems: t.Iterable[str]) -> None:
    sentences = [f"{describe(kind, wanted.values, wanted.owner)}: {text}" for text in problems]
    if sentences:
        raise Problem("\n".join(sentences))


def _absent(kind: Kind, wanted: Wanted, found: Found | None) -> Change | None:
    if found is None or (found.owner is None and kind.accepts_foreign):
        return None
    if found.owner is None and not found.leftover:
        raise Problem(
            f"{describe(kind, wanted.values)} is not ours, so it stays; remove it with what made it"
        )
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
            f"{describe(kind, wanted.values, wanted.owner)} would have to be re-created to change {detail}: allow it"
            " with recreate: true (for site: containerhost_recreate=true)"
        )
    return Change("recreate", kind.name, wanted, found, differences)


def _in_the_way(kinds: t.Iterable[Kind], todo: ChangeSet) -> ChangeSet:
    """Leftovers that hold a place which something wanted needs go first, also where others may stay.

    And what a leftover that stays stands on stays with it.
    """
    make, remove, kept = todo.make, todo.remove, todo.kept
    by_name = {kind.name: kind for kind in kinds}
    needed = {place: change for change in make for place in by_name[change.kind].needs(change.values)}

    def blocks(change: Change) -> bool:
        return bool(needed) and any(place in needed for place in by_name[change.kind].occupies(change.values))

    problems = []
    for change in filter(blocks, kept):
        for place in by_name[change.kind].occupies(change.values):
            if place in needed and not gives_way(change.owner, needed[place].owner):
                problems.append(_taken(by_name, needed[place], change, place))
    if problems:
        raise Unready(problems)
    held = {place for change in kept if not blocks(change) for place in by_name[change.kind].holds(change.values)}
    stands = [change for change in remove if not held.isdisjoint(by_name[change.kind].occupies(change.values))]
    if stands:
        remove, kept = [change for change in remove if change not in stands], [*kept, *stands]
    order = {kind.name: place for place, kind in enumerate(by_dependence(kinds))}
    leaving = sorted(remove, key=lambda change: -order[change.kind])
    return ChangeSet(
        clear=[c for c in sorted([*remove, *kept], key=lambda c: -order[c.kind]) if blocks(c)],
        make=make,
        remove=[change for change in leaving if not blocks(change)],
        kept=[change for change in kept if not blocks(change)],
        pending=todo.pending,
    )


def _taken(by_name: t.Mapping[str, Kind], wanted: Change, other: Change, place: Place) -> str:
    needs = " ".join(str(word) for word in place if word is not None)
    return (
        f"{describe(by_name[wanted.kind], wanted.values, wanted.owner)} cannot be made:"
        f" {describe(by_name[other.kind], other.values)}, which belongs to {other.owner}, has {needs};"
        " remove that one first, or give one of the two another"
    )
