# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contracts of the loop, on kinds that exist in this folder only."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import Failed
from ansible_collections.containerhost.network.plugins.module_utils.engine.dependence import by_dependence
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    Unready,
)
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.engine.toy import (
    KINDS,
    Tassel,
    World,
    foreign,
    planned,
    run,
    said,
    stands,
    want,
)

ANYTHING = leaving([], [], True)


def problems(world: World, *wanted, leaves=lambda found: False) -> list[str]:
    with pytest.raises(Unready) as refused:
        planned(world, *wanted, leaves=leaves)
    assert world.log == []
    return refused.value.problems


# -- adding, changing, leaving alone --------------------------------------------------------------------------------


def test_makes_what_is_not_there():
    world = World()
    run(world, want("desk", colour="red"))
    assert world.log == ["add lamp desk"]


def test_leaves_alone_what_is_as_wanted():
    world = stands(want("desk", colour="red"))
    assert planned(world, want("desk", colour="red")).changes == []


def test_an_option_that_is_not_given_is_not_managed():
    world = stands(want("desk", colour="red"))
    assert planned(world, want("desk")).changes == []


def test_changes_in_place_what_differs_and_nothing_else():
    world = stands(want("desk", colour="red", socket="s1"))
    todo = run(world, want("desk", colour="blue", socket="s1"))
    assert [change.differences for change in todo.make] == [{"colour": ("red", "blue")}]
    assert world.log == ["change lamp desk"]


def test_compares_in_the_kinds_own_spelling():
    world = stands(want("desk"))
    assert planned(world, want("DESK")).changes == []


def test_names_that_contain_each_other_are_two_objects():
    world = stands(want("mario"), want("mario2"))
    run(world, want("mario2"), leaves=ANYTHING)
    assert world.log == ["remove lamp mario"]


def test_the_same_object_listed_twice_is_an_error():
    assert problems(World(), want("desk"), want("Desk")) == ["lamp desk (web) is listed twice; list it once"]


def test_every_problem_is_told_at_once():
    world = World(foreign("desk"))
    assert len(problems(world, want("desk"), want("hall"), want("hall"))) == 2


# -- the order of dependence ----------------------------------------------------------------------------------------


def test_kinds_come_after_what_they_need_wherever_they_are_listed():
    assert [kind.name for kind in by_dependence(KINDS)] == ["lamp", "shade", "tassel", "room", "subscription"]


def test_makes_in_the_order_of_dependence():
    world = World()
    run(world, want("t", "tassel"), want("s", "shade"), want("l"))
    assert world.log == ["add lamp l", "add shade s", "add tassel t"]


def test_removes_in_the_reverse_order():
    world = stands(want("l"), want("s", "shade"), want("t", "tassel"))
    run(world, leaves=ANYTHING)
    assert world.log == ["remove tassel t", "remove shade s", "remove lamp l"]


def test_removes_after_it_has_made():
    world = stands(want("old"), want("old", "shade"))
    run(world, want("new", "shade"), leaves=ANYTHING)
    assert world.log == ["add shade new", "remove shade old", "remove lamp old"]


def test_a_kind_hears_of_every_change_before_the_next_kind_is_compared():
    world = stands(want("old"))
    planned(world, want("new"), want("s", "shade"), leaves=ANYTHING)
    assert world.notes == ["add lamp new", "remove lamp old", "add shade s"]


def test_planning_changes_nothing():
    world = stands(want("old", colour="red"))
    before = dict(world.rows)
    planned(world, want("old", colour="blue"), want("new"), leaves=ANYTHING)
    assert (world.rows, world.log) == (before, [])


# -- owners ---------------------------------------------------------------------------------------------------------


def test_a_network_takes_over_what_another_network_of_the_plan_made():
    world = stands(want("desk", owner="plan/web"))
    todo = run(world, want("desk", owner="plan/fabric"))
    assert todo.make[0].differences == {"owner": ("plan/web", "plan/fabric")}
    assert planned(world, want("desk", owner="plan/fabric")).changes == []


@pytest.mark.parametrize(("theirs", "ours"), [("task", "plan/web"), ("plan/web", "task"), ("ops", "task")])
def test_nobody_takes_what_belongs_to_another_realm(theirs, ours):
    (text,) = problems(stands(want("desk", owner=theirs)), want("desk", owner=ours))
    assert text.startswith(f"lamp desk belongs to {theirs}, not to {ours}")


def test_nobody_removes_by_name_what_belongs_to_another_realm():
    (text,) = problems(stands(want("desk", owner="plan/web")), want("desk", owner="task", present=False))
    assert "belongs to plan/web" in text


def test_owners_hold_a_shared_thing_each_for_itself():
    web, fabric = (want("news", "subscription", owner=f"plan/{name}") for name in ("web", "fabric"))
    world = stands(web, fabric)
    run(world, fabric, leaves=leaving(["web"], [], False))
    assert [row.owner for row in world.rows.values()] == ["plan/fabric"]


# -- what is removed ------------------------------------------------------------------------------------------------


OWNERS = ("plan/web", "plan/web2", "plan/fabric", "task", "ops")


@pytest.mark.parametrize(
    ("scope", "gone"),
    [
        (leaving([], [], False), []),
        (leaving(["web"], [], False), ["plan/web"]),
        (leaving(["web", "fabric"], [], False), ["plan/web", "plan/fabric"]),
        (leaving(["*"], [], False), ["plan/web", "plan/web2", "plan/fabric"]),
        (leaving(["*"], ["fabric"], False), ["plan/web", "plan/web2"]),
        (leaving(["task"], [], False), []),
        (leaving(["nothing"], [], False), []),
        (leaving([], ["web"], True), list(OWNERS)),
    ],
    ids=["none", "one", "two", "star", "star-but-keep", "no-other-realm", "unknown", "everything"],
)
def test_leftovers_go_by_the_scope_and_the_others_are_kept(scope, gone):
    world = stands(*(want(f"of {owner}", owner=owner) for owner in OWNERS))
    world.rows.update(foreign("of nobody"))
    todo = run(world, leaves=scope)
    assert [change.owner for change in todo.remove] == gone
    assert [change.owner for change in todo.kept] == [owner for owner in OWNERS if owner not in gone]
    assert [row.owner for row in world.rows.values()] == [*(o for o in OWNERS if o not in gone), None]


def test_what_is_wanted_stays_in_whatever_scope():
    world = stands(want("desk"))
    assert planned(world, want("desk"), leaves=ANYTHING).changes == []


def test_removes_by_name_what_is_ours():
    world = stands(want("desk"))
    run(world, want("desk", present=False))
    assert world.rows == {}


@pytest.mark.parametrize(
    ("wanted", "leaves"),
    [
        ((), ANYTHING),
        ((want("desk", present=False), want("hall", colour="blue")), lambda found: False),
        ((want("desk", fitting="E14", recreate=True),), lambda found: False),
    ],
    ids=["left over", "by name", "re-created"],
)
def test_what_somebody_uses_is_told_of_before_anything_goes(wanted, leaves):
    world = stands(want("desk", fitting="E27"), want("hall"), want("hall", "shade", hangs_on="lamp desk"))
    world.used["desk"] = "a cat sleeps under it: wake it"
    assert problems(world, *wanted, leaves=leaves) == [
        "lamp desk (web): cannot remove it: a cat sleeps under it: wake it"
    ]
    assert planned(world, want("desk"), want("hall"), want("hall", "shade")).changes == []


def test_removing_what_is_not_there_is_no_change():
    assert planned(World(), want("desk", present=False)).changes == []


# -- theirs ---------------------------------------------------------------------------------------------------------


def test_an_unmarked_object_in_the_way_is_an_error_that_names_it():
    (text,) = problems(World(foreign("desk", colour="green")), want("desk", colour="red"))
    assert text.startswith("lamp desk (web) cannot be made: there is one already that is not ours (colour: green)")


def test_an_unmarked_object_that_is_just_as_wanted_is_no_less_theirs():
    assert problems(World(foreign("desk", colour="red")), want("desk", colour="red"))


def test_an_unmarked_object_is_not_removed_by_name():
    (text,) = problems(World(foreign("desk")), want("desk", present=False))
    assert text == "lamp desk is not ours, so it stays; remove it with what made it"


def test_a_killed_runs_leftover_is_adopted():
    world = World(foreign("desk", leftover=True, colour="red"))
    todo = run(world, want("desk", colour="red"))
    assert todo.make[0].differences == {"owner": (None, "plan/web")}
    assert planned(world, want("desk", colour="red")).changes == []


def test_a_killed_runs_leftover_that_nobody_wants_is_left_alone():
    world = World(foreign("desk", leftover=True))
    assert planned(world, leaves=ANYTHING).changes == []


def test_where_anybodys_will_do_theirs_serves_and_stays_theirs():
    world = World(foreign("attic", "room"))
    assert planned(world, want("attic", "room")).changes == []
    assert planned(world, want("attic", "room", present=False)).changes == []
    assert planned(world, leaves=ANYTHING).changes == []


# -- in the way -----------------------------------------------------------------------------------------------------


def test_a_leftover_that_holds_a_place_goes_first():
    world = stands(want("old", socket="s1"), want("other"))
    todo = run(world, want("new", socket="s1"), leaves=ANYTHING)
    assert said(todo.clear) == ["remove lamp old"]
    assert world.log == ["remove lamp old", "add lamp new", "remove lamp other"]


def test_a_leftover_of_another_kind_that_holds_a_place_goes_first():
    world = stands(want("old", "tassel", socket="s1"))
    run(world, want("new", socket="s1"), leaves=ANYTHING)
    assert world.log == ["remove tassel old", "add lamp new"]


def test_a_kept_leftover_of_the_plan_gives_way_too():
    world = stands(want("old", owner="plan/fabric", socket="s1"))
    todo = run(world, want("new", socket="s1"))
    assert said(todo.clear) == ["remove lamp old"]
    assert todo.kept == []


def test_a_leftover_gives_way_to_what_moves_to_its_place():
    world = stands(want("old", socket="s1"), want("desk", socket="s2"))
    run(world, want("desk", socket="s1"), leaves=ANYTHING)
    assert world.log == ["remove lamp old", "change lamp desk"]


@pytest.mark.parametrize(("theirs", "ours"), [("task", "plan/web"), ("plan/web", "task"), ("task", "task")])
def test_what_was_not_asked_to_go_does_not_give_way_to_another_realm_or_task(theirs, ours):
    (text,) = problems(stands(want("old", owner=theirs, socket="s1")), want("new", owner=ours, socket="s1"))
    assert f"lamp old, which belongs to {theirs}, has socket s1" in text


def test_what_a_task_purges_gives_way_to_what_it_makes():
    world = stands(want("old", owner="task", socket="s1"))
    run(world, want("new", owner="task", socket="s1"), leaves=lambda found: found.owner == "task")
    assert world.log == ["remove lamp old", "add lamp new"]


def test_what_changes_away_from_a_place_leaves_it_before_anything_is_made():
    world = stands(want("desk", "tassel", socket="s1", colour="red"))
    todo = run(world, want("new", socket="s1"), want("desk", "tassel", socket="s2", colour="red"))
    assert said(todo.changes) == ["add lamp new", "change tassel desk"]
    assert world.log == ["leave tassel desk", "add lamp new", "change tassel desk"]


def test_what_is_re_created_goes_before_another_takes_its_place():
    world = stands(want("old", "shade", socket="s1", fitting="E27"))
    wanted = want("new", socket="s1"), want("old", "shade", socket="s2", fitting="E14", recreate=True)
    todo = run(world, *wanted)
    assert said(todo.changes) == ["add lamp new", "recreate shade old"]
    assert world.log == ["remove shade old", "add lamp new", "add shade old"]
    assert planned(world, *wanted).changes == []


def test_a_ring_of_them_changes_places():
    world = stands(want("a", socket="s1"), want("b", socket="s2"), want("c", "shade", socket="s3"))
    wanted = want("a", socket="s2"), want("b", socket="s3"), want("c", "shade", socket="s1")
    run(world, *wanted)
    assert world.log[:3] == ["leave shade c", "leave lamp a", "leave lamp b"]
    assert planned(world, *wanted).changes == []


@pytest.mark.parametrize("refused", [False, True])
def test_what_leaves_first_is_gone_from_what_goes_as_it_is_in_the_way(monkeypatch, refused):
    monkeypatch.setattr(Tassel, "leaves_first", True)
    world = stands(want("old", socket="s1"), want("desk", "tassel", hangs_on="lamp old"))
    wanted = want("new", socket="s1"), want("desk", "tassel", hangs_on="lamp new")
    if not refused:
        run(world, *wanted, leaves=ANYTHING)
        assert world.log == ["leave tassel desk", "remove lamp old", "add lamp new", "change tassel desk"]
        return
    world.refused["leave tassel desk"] = "no"
    with pytest.raises(Failed):
        run(world, *wanted, leaves=ANYTHING)
    assert ("lamp", want("old").key) in world.rows


def test_what_does_not_leave_its_place_keeps_out_what_needs_it():
    world = stands(want("a", socket="s1"))
    world.refused["leave lamp a"] = "no"
    error = failed(world, want("a", socket="s2"), want("b", socket="s1"), want("c"))
    assert (error.failures, error.left_out) == (["lamp a (web): cannot leave lamp a: no"], ["lamp b (web)"])
    assert world.log == ["add lamp c"]


# -- re-created ------------------------------------------------------------------------------------------------------


def test_what_cannot_be_changed_in_place_is_an_error_that_lists_the_options():
    world = stands(want("desk", colour="red", fitting="E27"))
    (text,) = problems(world, want("desk", colour="blue", fitting="E14"))
    assert "would have to be re-created to change fitting (E27 → E14)" in text
    assert "colour" not in text
    assert "recreate: true" in text


def test_is_recreated_when_asked():
    world = stands(want("desk", fitting="E27"))
    todo = run(world, want("desk", fitting="E14", recreate=True))
    assert said(todo.make) == ["recreate lamp desk"]
    assert world.log == ["remove lamp desk", "add lamp desk"]
    assert planned(world, want("desk", fitting="E14", recreate=True)).changes == []


def test_is_not_recreated_for_what_changes_in_place_even_when_allowed():
    world = stands(want("desk", colour="red", fitting="E27"))
    run(world, want("desk", colour="blue", fitting="E27", recreate=True))
    assert world.log == ["change lamp desk"]


# -- refusals -------------------------------------------------------------------------------------------------------


def test_a_refusal_says_which_object_which_operation_and_why_and_stops_none_of_its_kind():
    world = World(refused={"add lamp b": "the fuse has blown"})
    with pytest.raises(Failed) as failed:
        run(world, want("a"), want("b"), want("c"))
    assert failed.value.failures == ["lamp b (web): cannot add lamp b: the fuse has blown"]
    assert world.log == ["add lamp a", "add lamp c"]


def test_nothing_is_removed_when_something_could_not_be_made():
    world = stands(want("old"))
    world.refused["add lamp new"] = "no"
    with pytest.raises(Failed):
        run(world, want("new"), leaves=ANYTHING)
    assert world.log == []


def test_records_are_written_after_a_refusal_too():
    world = World(refused={"add lamp a": "no"})
    with pytest.raises(Failed):
        run(world, want("a"))
    assert world.finished == 1


def test_the_next_run_carries_on_after_a_refusal():
    world = World(refused={"add lamp b": "no"})
    wanted = (want("a"), want("b"), want("s", "shade"))
    with pytest.raises(Failed):
        run(world, *wanted)
    world.refused.clear()
    run(world, *wanted)
    assert world.log == ["add lamp a", "add shade s", "add lamp b"]


def failed(world: World, *wanted, leaves=lambda found: False) -> Failed:
    with pytest.raises(Failed) as refused:
        run(world, *wanted, leaves=leaves)
    return refused.value


def test_what_fails_takes_along_what_stands_on_it_and_nothing_else():
    world = World(refused={"add lamp b": "no"})
    error = failed(
        world,
        want("a"), want("b"),
        want("first", "shade", hangs_on="lamp a"), want("second", "shade", hangs_on="lamp b"),
        want("far", "tassel", hangs_on="shade second"), want("by itself", "tassel"),
    )  # fmt: skip
    assert error.failures == ["lamp b (web): cannot add lamp b: no"]
    assert error.left_out == ["shade second (web)", "tassel far (web)"]
    assert world.log == ["add lamp a", "add shade first", "add tassel by itself"]


def test_what_does_not_go_keeps_its_place_and_what_it_stands_on():
    world = stands(want("a"), want("s", "shade", hangs_on="lamp a"), want("t", "tassel", socket="s1"), want("b"))
    world.refused.update({"remove tassel t": "no"})
    error = failed(world, want("new", socket="s1"), want("other"))
    assert (error.left_out, world.log) == (["lamp new (web)"], ["add lamp other"])
    world.refused = {"remove shade s": "no"}
    error = failed(world, leaves=ANYTHING)
    assert error.left_out == ["lamp a (web)"]
    assert [name for _kind, (_netns, name) in world.rows] == ["a", "s"]


def test_what_cannot_be_finished_is_taken_back():
    world = stands(want("desk", fitting="E27"))
    before = dict(world.rows)
    world.refused.update({"screw lamp new": "no", "screw lamp desk": "no"})
    error = failed(world, want("new", bulb="b"), want("s", "shade", hangs_on="lamp new"))
    assert (error.failures, error.left_out) == (["lamp new (web): cannot screw lamp new: no"], ["shade s (web)"])
    assert world.rows == before
    failed(world, want("desk", fitting="E14", bulb="b", recreate=True))
    assert world.rows == {}


def test_what_is_not_begun_is_not_taken_back():
    world = World(refused={"add lamp new": "File exists"})
    failed(world, want("new", bulb="b"))
    assert world.log == []


def test_a_transaction_that_is_refused_for_one_object_is_done_for_the_others():
    world = World(transactions={"add lamp 3": "no"})
    error = failed(world, *(want(f"{number}") for number in range(8)))
    assert error.failures == ["lamp 3 (web): cannot add lamp 3: no"]
    assert len(world.rows) == 7
    assert [line for line in world.log if "at once" in line] == ["8 at once", "4 at once", "2 at once", "1 at once"]


def test_a_value_that_became_another_on_the_way_is_a_failure_and_nothing_is_removed():
    world = stands(want("desk", colour="red"), want("old"))
    world.fitted = {"green": "blue"}
    green = [want(name, colour="green") for name in ("desk", "new")]
    error = failed(world, *green, want("s", "shade"), leaves=ANYTHING)
    assert error.failures == [
        f"lamp {name} (web): colour was set to green, and the kernel has made it blue: ask for what it can be there, or"
        " change what keeps it from that"
        for name in ("desk", "new")
    ]
    assert ("lamp", (None, "old")) in world.rows
    assert world.finished == 1


def test_what_has_nothing_to_do_with_a_failure_goes_all_the_same():
    world = stands(want("old", owner="plan/lan"), want("old shade", "shade", owner="plan/lan", hangs_on="lamp old"))
    world.rows.update(stands(want("former"), want("room", "room", owner="plan/lan")).rows)
    world.refused["add lamp new"] = "no"
    failed(world, want("new"), leaves=ANYTHING)
    assert set(world.rows) == {("lamp", (None, "former"))}


def test_so_does_not_what_one_of_the_containers_concerned_is_on_nor_what_stays_stands_on():
    shop, db = {"engine": "netns", "ref": "shop"}, {"engine": "netns", "ref": "db"}
    former = want("cord", "shade", owner="plan/lan", sandbox=shop, hangs_on="lamp bulb")
    world = stands(former, want("bulb", owner="plan/other"), want("net", owner="plan/lan"))
    world.rows.update(stands(want("away", owner="plan/away", sandbox=db)).rows)
    before = dict(world.rows)
    world.refused["add lamp new"] = "no"
    failed(world, want("new"), want("end", "shade", hangs_on="lamp new", sandbox=shop), leaves=ANYTHING)
    assert set(before) - set(world.rows) == {("lamp", (None, "away"))}


def test_what_is_not_read_back_and_what_was_not_touched_is_no_failure():
    world = stands(want("desk", colour="green"))
    world.fitted = {"green": "blue"}
    run(world, want("desk", colour="green"), want("new", fitting="E27", colour="red"))
    assert world.finished == 1
