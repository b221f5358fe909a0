# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does what comparing has found: in order, in batches, and without what depends on something that failed.

An object that fails takes along what stands on it, and nothing else: what is made on its device, what needs the place
that it did not leave. If this run has begun to make it, that is taken back, so that the next run starts from nothing.
"""

from __future__ import annotations

import errno
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor, Failure
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.leftovers import independent
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Pending,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.read_back import altered
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet, describe

# What the kernel says where somebody has changed a device, its addresses or routes since they were looked at.
_CHANGED = frozenset(
    (
        errno.ENODEV,
        errno.ENOENT,
        errno.ESRCH,
        errno.EEXIST,
        errno.EBUSY,
        errno.EADDRNOTAVAIL,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENOMEM,
        errno.ENOBUFS,
        errno.ENOSPC,
    )
)

_TAKEN_ALONG = (errno.ENODEV, errno.ENOENT, errno.EEXIST)


class Failed(Exception):
    """Something was refused on the way.

    ``failures`` are sentences, one for each cause; ``left_out`` names the objects that were not tried because of them.
    """

    def __init__(self, failures: t.Sequence[str], left_out: t.Sequence[str] = ()) -> None:
        super().__init__("\n".join(failures))
        self.failures = list(failures)
        self.left_out = list(left_out)


def apply(kinds: t.Iterable[Kind], executor: Executor, todo: ChangeSet) -> list[Pending]:
    """Do it. Raises Failed with what was refused; what did not depend on it is done.

    Whoever is in a sandbox may have changed it since it was compared: what was refused for that is pending, and keeps
    nothing else from being done.

    What filters comes before all devices, and goes after them: there is no moment in which one of them is without. What
    is left over goes when everything that is wanted has been made: it may be the old way to the same end. Where
    something could not be made, what has nothing to do with it goes all the same.
    """
    by_name = {kind.name: kind for kind in kinds}
    run = _Run(by_name, executor)
    try:
        first, then = _part(todo.leave, lambda change: by_name[change.kind].leaves_first)
        make = run.leave(first, todo.make)
        run.remove(_guards_last(by_name, todo.clear))
        guarding, making = _part(run.leave(then, make), lambda change: by_name[change.kind].guards)
        run.guard(guarding)
        run.make(making)
        if not run.failures:
            run.refuse(altered(by_name, executor.picture, todo.make))
        leftovers = independent(by_name, todo.remove, run.unmade) if run.failures else todo.remove
        run.remove(_guards_last(by_name, leftovers))
    finally:
        executor.finish()
    if run.failures:
        raise Failed(run.failures, run.left_out)
    return run.pending


def _guards_last(by_name: t.Mapping[str, Kind], changes: t.Sequence[Change]) -> list[Change]:
    guards, others = _part(changes, lambda change: by_name[change.kind].guards)
    return [*others, *guards]


class _Run:
    """What has failed so far, and which places are therefore not as they were planned to be."""

    def __init__(self, by_name: t.Mapping[str, Kind], executor: Executor) -> None:
        self._by_name = by_name
        self._executor = executor
        self._missing: set[Place] = set()  # what failed to be made would have had them
        self._taken: set[Place] = set()  # what failed to go has them still
        self._used: set[Place] = set()  # what failed to go stands on them
        self.unmade: list[Change] = []  # what failed to be made or to go, or is not as it should be
        self.failures: list[str] = []
        self.pending: list[Pending] = []
        self.left_out: list[str] = []

    def remove(self, changes: t.Sequence[Change]) -> None:
        for kind, some in _groups(self._by_name, changes):
            able, unable = _part(some, lambda change, kind=kind: self._used.isdisjoint(kind.occupies(change.values)))
            for change in [*unable, *self._do(kind, able)]:
                self._taken.update(kind.occupies(change.values))
                self._used.update(kind.stands_on(change.values))
            self._leave_out(kind, unable)

    def refuse(self, altered: t.Iterable[tuple[Change, str]]) -> None:
        for change, sentence in altered:
            self.unmade.append(change)
            self.failures.append(sentence)

    def leave(self, changes: t.Sequence[Change], make: t.Sequence[Change]) -> list[Change]:
        """Have the places left that others need, of what is to ``make``; returns what is to be made after that."""
        after: dict[int, Change | None] = {}
        for kind, some in _groups(self._by_name, changes):
            left = [_leaving(kind, change) for change in some]
            failed = self._do_rounds(kind, some, [rounds for rounds, _after in left])
            after.update((id(change), rest) for change, (_rounds, rest) in zip(some, left))
            after.update((id(change), None) for change in failed)
            for there in (change.found.values for change in failed if change.found):
                self._taken.update(kind.occupies(there))
                self._used.update(kind.stands_on(there))
        rest = [after.get(id(change), change) for change in make]
        return [change for change in rest if change is not None]

    def guard(self, changes: t.Sequence[Change]) -> None:
        """What filters, all at once: half a table would let through what neither all of it does nor its absence.

        Of what is refused as a whole, each kind is tried by itself.
        """
        able, unable = _part(changes, lambda change: self._can_be_made(self._by_name[change.kind], change))
        rounds = [rounds_of(self._by_name[change.kind], change) for change in able]
        if self._executor.do([step for some in rounds for steps in some for step in steps]):
            self.make(able)
        self.make(unable)

    def make(self, changes: t.Sequence[Change]) -> None:
        for kind, some in _groups(self._by_name, changes):
            able, unable = _part(some, lambda change, kind=kind: self._can_be_made(kind, change))
            for change in [*unable, *self._do(kind, able)]:
                self._missing.update(kind.occupies(change.values))
            self._leave_out(kind, unable)

    def _can_be_made(self, kind: Kind, change: Change) -> bool:
        if not self._missing and not self._taken:
            return True
        return self._missing.isdisjoint(kind.stands_on(change.values)) and self._taken.isdisjoint(
            kind.needs(change.values)
        )

    def _leave_out(self, kind: Kind, changes: t.Sequence[Change]) -> None:
        self.unmade += changes
        self.left_out += [describe(kind, change.values, change.owner) for change in changes]

    def _do(self, kind: Kind, changes: t.Sequence[Change]) -> list[Change]:
        """Do the changes of a kind, all of them round by round; returns those that failed."""
        return self._do_rounds(kind, changes, [rounds_of(kind, change) for change in changes])

    def _do_rounds(self, kind: Kind, changes: t.Sequence[Change], rounds: t.Sequence[Rounds]) -> list[Change]:
        made = [t.cast(Wanted, change.wanted) for change in changes if change.action in ("add", "recreate")]
        if kind.kernel_kind and made:
            self._executor.begun.note(made)
        broken: dict[int, Failure] = {}
        for number in range(max((len(some) for some in rounds), default=0)):
            batch = [
                (index, some[number])
                for index, some in enumerate(rounds)
                if number < len(some) and some[number] and index not in broken
            ]
            failed = _do_batch(self._executor, batch)
            broken.update(failed)
            for index in failed:
                self._take_back(kind, changes[index], number)
        for index, failure in sorted(broken.items()):
            wanted = changes[index].wanted
            reason = self._why_it_waits(kind, wanted, failure) if wanted else None
            if wanted is not None and reason is not None:
                self.pending.append(Pending(wanted, reason))
                continue
            self.unmade.append(changes[index])
            what = describe(kind, changes[index].values, changes[index].owner)
            self.failures.append(f"{what}: cannot {failure.operation}: {failure.reason}")
        self._executor.begun.adopted(
            t.cast(Wanted, change.wanted)
            for index, change in enumerate(changes)
            if index not in broken and change.action == "change" and "owner" in change.differences
        )
        return [changes[index] for index in broken]

    def _why_it_waits(self, kind: Kind, wanted: Wanted, failure: Failure) -> str | None:
        """What was refused because of what is in a sandbox is its own business, and keeps nobody else waiting."""
        if not wanted.values.get("sandbox"):
            return None
        reason = kind.pending(self._executor.kernel_now(), wanted)
        code = getattr(failure.reason, "errno", 0)
        # Of a pair, the end outside goes along with the one inside.
        if reason is None and code in (_CHANGED if failure.inside else _TAKEN_ALONG):
            return f"its end cannot be set up: cannot {failure.operation}: {failure.reason}"
        return reason

    def _take_back(self, kind: Kind, change: Change, number: int) -> None:
        """Its first round was done, and a later one refused: what was made of it goes again."""
        first = {"add": 0, "recreate": len(kind.remove(change.found)) if change.found else 0}.get(change.action, number)
        if number <= first:
            return
        for steps in kind.undo(t.cast(Wanted, change.wanted)):
            for failure in self._executor.do(steps):
                what = describe(kind, change.values, change.owner)
                self.failures.append(f"{what}: cannot {failure.operation} again: {failure.reason}")


def _do_batch(executor: Executor, batch: t.Sequence[tuple[int, t.Sequence[t.Any]]]) -> dict[int, Failure]:
    """The first failure of each object that has one.

    A transaction is refused as a whole for one of its elements: it is tried again in halves, until that one is found.
    """
    steps, whose = [], []
    for index, some in batch:
        steps.extend(some)
        whose.extend([index] * len(some))
    failed: dict[int, Failure] = {}
    for failure in executor.do(steps):
        failed.setdefault(whose[failure.position], failure)
    together = [index for index, failure in failed.items() if failure.together]
    if len(together) < 2:
        return failed
    by_index = dict(batch)
    half = len(together) // 2
    for part in (together[:half], together[half:]):
        for index in part:
            del failed[index]
        failed.update(_do_batch(executor, [(index, by_index[index]) for index in part]))
    return failed


def _part(
    changes: t.Sequence[Change], able: t.Callable[[Change], bool]
) -> tuple[t.Sequence[Change], t.Sequence[Change]]:
    """Those that can be done, and those that cannot."""
    sides: tuple[list[Change], list[Change]] = ([], [])
    for change in changes:
        sides[not able(change)].append(change)
    return sides


def _groups(by_name: t.Mapping[str, Kind], changes: t.Sequence[Change]) -> t.Iterator[tuple[Kind, list[Change]]]:
    """Neighbouring changes of one kind together, in their order; without those that stand on one of them."""
    current: list[Change] = []
    places: set[Place] = set()
    for change in changes:
        kind = by_name[change.kind]
        has_parent = "parent" in kind.options
        if current and (
            current[0].kind != change.kind or has_parent and not places.isdisjoint(kind.stands_on(change.values))
        ):
            yield by_name[current[0].kind], current
            current, places = [], set()
        current.append(change)
        if has_parent:
            places.update(kind.occupies(change.values))
    if current:
        yield by_name[current[0].kind], current


def _leaving(kind: Kind, change: Change) -> tuple[Rounds, Change | None]:
    """How it leaves its places, and what is left to be done then."""
    wanted, found = t.cast(Wanted, change.wanted), t.cast(Found, change.found)
    if change.action == "recreate":
        return kind.remove(found), Change("add", kind.name, wanted, None, {})
    rounds, after = kind.leave(wanted, found)
    differences = kind.differences(wanted, after)
    if "owner" in change.differences:
        differences["owner"] = change.differences["owner"]
    return rounds, Change("change", kind.name, wanted, after, differences) if differences else None


def rounds_of(kind: Kind, change: Change) -> Rounds:
    """What does a change, round by round."""
    if change.action == "add":
        return kind.add(t.cast(Wanted, change.wanted))
    found = t.cast(Found, change.found)
    if change.action == "change":
        return kind.change(t.cast(Wanted, change.wanted), found, change.differences)
    if change.action == "recreate":
        return [*kind.remove(found), *kind.add(t.cast(Wanted, change.wanted))]
    return kind.remove(found)
