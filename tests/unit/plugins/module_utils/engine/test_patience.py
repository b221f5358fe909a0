# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patience: between two runs, what cannot be made now waits with what stands on it, and keeps nothing else waiting."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    ChangeSet,
    Unready,
    compare,
    wanted_object,
)
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.engine import toy
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.engine.toy import (
    Lamp,
    World,
    foreign,
    said,
    stands,
)


class Moody(Lamp):
    """A lamp that may have to wait, for its room or for whatever the world says."""

    name = "moody"

    def pending(self, kernel: World, wanted: Wanted) -> str | None:
        return "its room is dark: light it" if wanted.values.get("socket") == "dark" else None

    def obstacles(self, kernel: World, wanted: Wanted):
        if wanted.values.get("colour") == "impossible":
            yield "nobody has such a colour"


class Unreadable(Lamp):
    name = "unreadable"

    def read(self, kernel: World, wanted):
        raise Problem("nobody can look at these")


class Fence(Moody):
    """What filters."""

    name = "fence"
    guards = True


class UnreadableFence(Unreadable):
    guards = True


KINDS = (*toy.KINDS, Moody(), Unreadable(), Fence())
BY_NAME = {kind.name: kind for kind in KINDS}


def want(name: str, kind: str = "lamp", **values) -> Wanted:
    return wanted_object(BY_NAME[kind], {"name": name, **values}, "plan/web")


def patient(world: World, *wanted: Wanted, leaves=lambda found: False) -> ChangeSet:
    return compare(KINDS, world, wanted, leaves, patient=True)


def left(todo: ChangeSet) -> list[tuple[str, str, bool]]:
    return [(each.wanted.values["name"], each.reason, each.blocked) for each in todo.pending]


def test_what_can_be_made_is_and_what_cannot_waits():
    world = World(foreign("desk"))
    todo = patient(world, want("desk"), want("hall"))
    assert said(todo.changes) == ["add lamp hall"]
    [(name, reason, blocked)] = left(todo)
    assert (name, blocked) == ("desk", True)
    assert reason.startswith("lamp desk (web) cannot be made: there is one already that is not ours")


def test_without_patience_nothing_is_made():
    with pytest.raises(Unready):
        compare(KINDS, World(foreign("desk")), [want("desk"), want("hall")], lambda found: False)


def test_what_stands_on_it_waits_with_it_however_far_up_and_says_nothing_of_its_own():
    world = World(foreign("desk"))
    todo = patient(
        world,
        want("desk"),
        want("s", "shade", hangs_on="lamp desk"),
        want("t", "tassel", hangs_on="shade s"),
        want("other", "shade", hangs_on="lamp hall"),
        want("hall"),
    )
    assert said(todo.changes) == ["add lamp hall", "add shade other"]
    assert [(name, blocked) for name, _reason, blocked in left(todo)] == [("desk", True)]


def test_what_does_not_run_waits_without_being_blocked():
    todo = patient(World(), want("m", "moody", socket="dark"), want("hall"))
    assert (left(todo), said(todo.changes)) == ([("m", "its room is dark: light it", False)], ["add lamp hall"])


def test_obstacles_of_what_waits_anyway_are_not_looked_for():
    todo = patient(World(), want("m", "moody", socket="dark", colour="impossible"))
    assert left(todo) == [("m", "its room is dark: light it", False)]


def test_an_obstacle_keeps_its_own_object_only():
    todo = patient(World(), want("m", "moody", colour="impossible"), want("n", "moody"))
    assert left(todo) == [("m", "moody m (web): nobody has such a colour", True)]
    assert said(todo.changes) == ["add moody n"]


def test_what_would_have_to_be_recreated_stays_as_it_is():
    world = stands(want("desk", fitting="E27"), want("hall", colour="red"))
    todo = patient(world, want("desk", fitting="E14"), want("hall", colour="blue"))
    assert said(todo.changes) == ["change lamp hall"]
    assert [(name, blocked) for name, _reason, blocked in left(todo)] == [("desk", True)]


def test_a_kind_that_cannot_be_read_waits_as_a_whole():
    todo = patient(World(), want("a", "unreadable"), want("b", "unreadable"), want("hall"))
    assert left(todo) == [("a", "nobody can look at these", True), ("b", "nobody can look at these", True)]
    assert said(todo.changes) == ["add lamp hall"]


def test_without_its_guards_nothing_is_made():
    with pytest.raises(Unready, match="^fence f \\(web\\): nobody has such a colour$"):
        patient(World(), want("f", "fence", colour="impossible"), want("hall"))


def test_guards_that_cannot_be_read_stop_everything():
    with pytest.raises(Unready, match="^nobody can look at these$"):
        compare([*toy.KINDS, UnreadableFence()], World(), [want("hall")], lambda found: False, patient=True)


def test_what_is_blocked_is_not_taken_for_left_over():
    world = stands(want("desk", fitting="E27"), want("old"))
    todo = patient(world, want("desk", fitting="E14"), leaves=leaving([], [], True))
    assert said(todo.changes) == ["remove lamp old"]


def test_two_who_want_one_place_are_no_matter_of_patience():
    with pytest.raises(Unready, match="cannot both have socket s1"):
        patient(World(), want("a", socket="s1"), want("b", socket="s1"))


def test_when_it_can_be_made_it_is_made_with_what_waited():
    world = World(foreign("desk"))
    wanted = [want("desk"), want("s", "shade", hangs_on="lamp desk")]
    assert patient(world, *wanted).changes == []
    world.rows.clear()
    todo = patient(world, *wanted)
    apply(KINDS, world, todo)
    assert (world.log, todo.pending) == (["add lamp desk", "add shade s"], [])
    assert patient(world, *wanted).changes == []
