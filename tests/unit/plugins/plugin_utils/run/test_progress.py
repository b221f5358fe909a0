# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is noted of a run on the controller: who has made its part, and where something is left over."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.run import progress


@pytest.fixture
def noted(tmp_path):
    """Three hosts of this plan, one of which keeps something, and one that made another."""
    folder = str(tmp_path)
    progress.note(folder, "h1", "this", {})
    progress.note(folder, "h2", "this", {"web": 0, "fabric": 2})
    progress.note(folder, "h3", "this", {"web": 0})
    progress.note(folder, "h4", "another", {"web": 7})
    return folder


def test_who_made_another_plan_has_not_made_this_one(noted):
    assert progress.made(noted, "this")[0] == {"h1", "h2", "h3"}
    assert progress.made_here(noted, "this", "h4") is None
    assert progress.made_here(noted, "this", "h2") == {"web": 0, "fabric": 2}


def test_where_something_is_left_over_is_known_without_asking_the_hosts(noted):
    assert progress.left_over(noted, "this") == ["h2"]
    progress.note(noted, "h2", "this", {})
    assert progress.left_over(noted, "this") == []


def test_before_anybody_has_made_nothing_is_known(tmp_path):
    assert (progress.made(str(tmp_path), "this"), progress.left_over(str(tmp_path), "this")) == ((set(), set()), [])
