# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.diff import counts, diff
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import lines
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change, Found
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.engine.toy import Lamp, want

LAMP = Lamp()
DESK = want("desk", colour="red", socket="s1")


def change(action: str, differences=None) -> Change:
    wanted = None if action == "remove" else DESK
    found = None if action == "add" else Found("lamp", DESK.key, dict(DESK.values), "plan/web")
    return Change(action, "lamp", wanted, found, differences or {})


def test_what_is_added_was_absent():
    assert diff(LAMP, change("add")) == {
        "before_header": "lamp desk (web): absent",
        "after_header": "lamp desk (web)",
        "before": "",
        "after": "colour: red\nsocket: s1\n",
    }


def test_what_is_removed_will_be_absent():
    assert diff(LAMP, change("remove")) == {
        "before_header": "lamp desk (web)",
        "after_header": "lamp desk (web): absent",
        "before": "colour: red\nsocket: s1\n",
        "after": "",
    }


def test_a_change_shows_what_differs_and_nothing_else():
    shown = diff(LAMP, change("change", {"colour": ("blue", "red")}))
    assert (shown["before"], shown["after"]) == ("colour: blue\n", "colour: red\n")


def test_of_a_list_it_shows_the_items_that_differ():
    shown = diff(
        LAMP, change("change", {"addresses": (["10.0.0.1/24", "10.0.0.2/24"], ["10.0.0.2/24", "10.0.0.3/24"])})
    )
    assert (shown["before"], shown["after"]) == ("addresses: 10.0.0.1/24\n", "addresses: 10.0.0.3/24\n")


def test_what_is_recreated_says_so():
    assert diff(LAMP, change("recreate", {"fitting": ("E27", "E14")}))["after_header"] == "lamp desk (web) (re-created)"


def test_an_object_of_which_there_is_nothing_to_say_is_present():
    bare = want("bare")
    assert diff(LAMP, Change("add", "lamp", bare, None, {}))["after"] == "present\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, []),
        (True, ["x: yes"]),
        (False, ["x: no"]),
        (0, ["x: 0"]),
        ([], []),
        (["a", "b"], ["x: a", "x: b"]),
        ({"b": 1, "a": 2}, ["x: a=2", "x: b=1"]),
    ],
)
def test_values_as_lines(value, shown):
    assert lines("x", value) == shown


def test_counts_by_what_was_done():
    assert counts(map(change, ("add", "add", "change", "recreate", "remove"))) == {
        "added": 2, "changed": 1, "recreated": 1, "removed": 1,
    }  # fmt: skip
