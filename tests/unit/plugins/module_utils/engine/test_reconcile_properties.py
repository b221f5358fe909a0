# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for whatever is wanted, by whomever, in whatever order."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.diff import counts, diffs
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import realm
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.engine.toy import (
    BY_NAME,
    KINDS,
    World,
    foreign,
    planned,
    run,
    want,
)

NAMES = ("a", "aa", "b", "mario", "mario2")
NETWORKS = ("web", "web2", "fabric")
OWNERS = (*(f"plan/{network}" for network in NETWORKS), "task", "ops")

kinds = st.sampled_from(sorted(BY_NAME))
options = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.sampled_from(("red", "blue", "", None)),
        "fitting": st.sampled_from(("E14", "E27")),
        "socket": st.sampled_from(("s1", "s2", "s3")),
    },
)


def unique(objects):
    """One object a name and kind, and one a socket: a plan that the controller would let pass."""
    seen, sockets, some = set(), set(), []
    for object_ in objects:
        socket = object_.values.get("socket")
        if object_.key in seen or (socket and socket in sockets):
            continue
        seen.add(object_.key)
        sockets.add(socket)
        some.append(object_)
    return some


ANEW = st.booleans()


def wanted(owners, recreate=ANEW):
    one = st.builds(
        lambda name, kind, owner, values, anew: want(name, kind, owner=owner, recreate=anew, **values),
        st.sampled_from(NAMES), kinds, st.sampled_from(owners), options, recreate,
    )  # fmt: skip
    return st.lists(one, max_size=8).map(unique)


scopes = st.builds(
    leaving,
    st.lists(st.sampled_from((*NETWORKS, "*")), max_size=2),
    st.lists(st.sampled_from(NETWORKS), max_size=1),
    st.booleans(),
)
# One run: a plan's networks, or a task's owner, and what goes of what is left over.
runs = st.one_of(
    st.tuples(wanted(OWNERS[:3]), scopes),
    st.tuples(wanted(("task",)), st.just(lambda found: found.owner == "task")),
    st.tuples(wanted(("ops",)), st.just(lambda found: False)),
)
histories = st.lists(runs, min_size=1, max_size=6)
strangers = st.lists(st.tuples(st.sampled_from(NAMES), kinds), max_size=3, unique=True)


def world_of(strangers) -> World:
    world = World()
    for name, kind in strangers:
        world.rows.update(foreign(name, kind, colour="theirs"))
    return world


@settings(max_examples=300, deadline=None)
@given(strangers, histories)
def test_a_run_is_refused_whole_or_done_whole_and_then_there_is_nothing_left_to_do(strangers, history):
    world = world_of(strangers)
    for objects, leaves in history:
        before = dict(world.rows)
        try:
            todo = run(world, *objects, leaves=leaves)
        except Unready:
            assert world.rows == before
            continue
        again = planned(world, *objects, leaves=leaves)
        assert again.changes == []
        assert {change.found.key for change in again.kept} == {change.found.key for change in todo.kept}


@settings(max_examples=300, deadline=None)
@given(strangers, histories)
def test_a_run_touches_nothing_of_another_realm_and_nothing_unmarked(strangers, history):
    world = world_of(strangers)
    for objects, leaves in history:
        ours = {realm(object_.owner) for object_ in objects}
        before = dict(world.rows)
        try:
            todo = run(world, *objects, leaves=leaves)
        except Unready:
            continue
        leavers = [*todo.clear, *todo.remove]
        asked = {(change.kind, change.found.key) for change in leavers if leaves(change.found)}
        for place, row in before.items():
            if row.owner is None or (realm(row.owner) not in ours and place not in asked):
                assert world.rows[place] == row


@settings(max_examples=300, deadline=None)
@given(histories)
def test_a_diff_says_something_exactly_for_what_changes(history):
    world = World()
    for objects, leaves in history:
        try:
            todo = planned(world, *objects, leaves=leaves)
        except Unready:
            continue
        rows = diffs(KINDS, todo.changes)
        assert len(rows) == len(todo.changes) == sum(counts(todo.changes).values())
        assert all(row["before"] != row["after"] for row in rows)
        run(world, *objects, leaves=leaves)
        assert diffs(KINDS, planned(world, *objects, leaves=leaves).changes) == []


@settings(max_examples=200, deadline=None)
@given(wanted(OWNERS[:3], st.just(False)), wanted(OWNERS[:3], st.just(True)))
def test_everything_goes_and_the_world_is_as_before(first, second):
    everything = leaving([], [], True)
    world = world_of([("stranger", "lamp")])
    before = dict(world.rows)
    run(world, *first)
    with contextlib.suppress(Unready):
        run(world, *second)
    run(world, leaves=everything)
    assert world.rows == before
