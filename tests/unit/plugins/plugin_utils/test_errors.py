# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Problems, Refusal


def test_one_problem_is_a_sentence_that_ends_with_what_was_done():
    assert str(PlanError(["`a` overlaps `b`. Give one of them another subnet"])) == (
        "`a` overlaps `b`. Give one of them another subnet; nothing has been changed."
    )


def test_several_are_a_list():
    assert str(PlanError(["A. Do x", "B. Do y"])) == (
        "The inventory has 2 problems; nothing has been changed:\n- A. Do x.\n- B. Do y."
    )


def test_a_long_list_is_cut_and_counted():
    text = str(PlanError([f"{number}. Do it" for number in range(100)]))
    assert text.endswith("\n- 24. Do it.\n- and 75 more.")


def test_a_problem_is_told_once():
    problems = Problems()
    problems.add("A", "Do x")
    problems.refuse("", Refusal("A", "Do x"))
    assert problems.texts == ["A. Do x"]
