# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names

THEIRS = "127.0.0.1 localhost\n10.0.0.9 cafe # theirs\n"
ONE = ["10.42.0.2 shop"]
TWO = ["10.80.0.2 cart", "10.80.0.3 www"]


def test_blocks_come_go_and_leave_the_rest_as_it_was():
    text = names.with_block(THEIRS, "plan/fabric", "fabric", ONE)
    text = names.with_block(text, "task", "fabric", TWO)
    text = names.with_block(text + "10.0.0.10 late\n", "plan/web", "web", [])
    assert names.blocks(text) == {("plan/fabric", "fabric"): ONE, ("task", "fabric"): TWO, ("plan/web", "web"): []}
    text = names.with_block(text, "plan/fabric", "fabric", TWO)
    assert names.blocks(text)["plan/fabric", "fabric"] == TWO
    for owner, table in names.blocks(text):
        text = names.with_block(text, owner, table, None)
    assert text == THEIRS + "10.0.0.10 late\n"


@pytest.mark.parametrize(
    "lost", ["# containerhost:plan/fabric fabric\n", "# end of containerhost:plan/fabric fabric\n"]
)
def test_a_block_without_one_of_its_ends_takes_nothing_of_others_along(lost):
    text = names.with_block(THEIRS, "plan/fabric", "fabric", ONE).replace(lost, "") + "10.0.0.10 late\n"
    text = names.with_block(text, "plan/fabric", "fabric", ONE)
    assert names.blocks(text) == {("plan/fabric", "fabric"): ONE}
    left = names.with_block(text, "plan/fabric", "fabric", None)
    assert {*THEIRS.splitlines(), "10.0.0.10 late"} <= {*left.splitlines()}


def test_a_block_that_stands_there_twice_is_one_again():
    text = names.with_block(THEIRS, "plan/web", "web", ONE)
    twice = text + text[len(THEIRS) :]
    assert names.with_block(twice, "plan/web", "web", TWO) == names.with_block(THEIRS, "plan/web", "web", TWO)


def test_a_table_tells_whose_it_is():
    assert names.read_table(names.table_text("plan/web", TWO)) == ("plan/web", TWO)
    assert names.read_table("10.0.0.9 cafe\n") == (None, ["10.0.0.9 cafe"])


@pytest.mark.parametrize("name", ["a", "a-b", "A1", "1a.b", "web_1", "x" * 63, f"{'x' * 63}." * 3 + "y" * 61])
def test_hostnames(name):
    assert names.name_fault(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-a",
        "a-",
        "a..b",
        ".a",
        "a.",
        "a b",
        "a/b",
        "ä",
        "x" * 64,
        "a." * 127 + "a",
        "7",
        "10.0.0.1",
        "LocalHost",
        "a\n",
    ],
)
def test_what_is_no_hostname(name):
    assert names.name_fault(name)


def test_an_entry_has_one_spelling():
    assert names.entry("  FD00::0:1\tdb   db.web ") == "fd00::1 db db.web"


@pytest.mark.parametrize("text", ["", "10.0.0.1", "db 10.0.0.1", "10.0.0.1 a#b", "10.0.0.1 -db", "10.0.0.256 db"])
def test_what_is_no_entry(text):
    with pytest.raises(Problem):
        names.entry(text)
