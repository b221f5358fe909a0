# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.diff import counts, diffs
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import lines
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change, Found
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import wanted_object
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.engine.toy import Lamp, want

LAMP = Lamp()
DESK = want("desk", colour="red", socket="s1")


def change(action: str, differences=None) -> Change:
    wanted = None if action == "remove" else DESK
    found = None if action == "add" else Found("lamp", DESK.key, dict(DESK.values), "plan/web")
    return Change(action, "lamp", wanted, found, differences or {})


def shown(change_: Change) -> dict[str, str]:
    return diffs([LAMP], [change_])[0]


def test_what_is_added_was_absent():
    assert shown(change("add")) == {
        "before_header": "lamp desk (web): absent",
        "after_header": "lamp desk (web)",
        "before": "",
        "after": "colour: red\nsocket: s1\n",
    }


def test_what_is_removed_will_be_absent():
    assert shown(change("remove")) == {
        "before_header": "lamp desk (web)",
        "after_header": "lamp desk (web): absent",
        "before": "colour: red\nsocket: s1\n",
        "after": "",
    }


def test_a_change_shows_what_differs_and_nothing_else():
    said = shown(change("change", {"colour": ("blue", "red")}))
    assert (said["before"], said["after"]) == ("colour: blue\n", "colour: red\n")


def test_of_a_list_it_shows_the_items_that_differ():
    said = shown(change("change", {"addresses": (["10.0.0.1/24", "10.0.0.2/24"], ["10.0.0.2/24", "10.0.0.3/24"])}))
    assert (said["before"], said["after"]) == ("addresses: 10.0.0.1/24\n", "addresses: 10.0.0.3/24\n")


def test_what_is_recreated_says_so():
    assert shown(change("recreate", {"fitting": ("E27", "E14")}))["after_header"] == "lamp desk (web) (re-created)"


def test_an_object_of_which_there_is_nothing_to_say_is_present():
    bare = want("bare")
    assert shown(Change("add", "lamp", bare, None, {}))["after"] == "present\n"


def _added(kind: str, owner: str = "plan/web", **values: Any) -> Change:
    return Change("add", kind, wanted_object({each.name: each for each in KINDS}[kind], values, owner), None, {})


@pytest.mark.parametrize(
    ("some", "called"),
    [
        (
            [
                _added("nat_rule", rule="publish", host_interface="eth0", host_port=80, port=80, address=each)
                for each in ("10.80.0.2", "fd00:80::2")
            ],
            ["nat_rule publish eth0:80/tcp, 0.0.0.0 (web)", "nat_rule publish eth0:80/tcp, :: (web)"],
        ),
        (
            [_added("macvlan", parent="e0", sandbox={"engine": each, "ref": "shop"}) for each in ("docker", "podman")],
            ["macvlan shop eth0, docker (web)", "macvlan shop eth0, podman (web)"],
        ),
        (
            [_added("route", owner="task", dst="10.9.0.0/16", device="eth0", metric=each) for each in (7, 8)],
            ["route 10.9.0.0/16, 7", "route 10.9.0.0/16, 8"],
        ),
        (
            [_added("bridge", owner="task", name="br0", netns=each) for each in (None, "lab")],
            ["bridge br0", "bridge br0, /run/netns/lab"],
        ),
        ([_added("hosts_file", sandbox={"ref": "a"}, table=each) for each in "xy"],
         ["hosts_file a x (web)", "hosts_file a y (web)"]),
    ],
    ids=["by family", "by engine", "by metric", "by namespace", "by name"],
)  # fmt: skip
def test_two_objects_are_never_called_the_same(some, called):
    assert [each["after_header"] for each in diffs(KINDS, some)] == called


@pytest.mark.parametrize(
    ("value", "as_lines"),
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
def test_values_as_lines(value, as_lines):
    assert lines("x", value) == as_lines


def test_counts_by_what_was_done():
    assert counts(map(change, ("add", "add", "change", "recreate", "remove"))) == {
        "added": 2, "changed": 1, "recreated": 1, "removed": 1,
    }  # fmt: skip
