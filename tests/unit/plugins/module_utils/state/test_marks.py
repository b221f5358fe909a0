# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import gives_way, network_of, realm
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import label_of, mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import nftables

words = st.text(st.characters(exclude_characters=" ", exclude_categories=("C", "Z")), min_size=1, max_size=40)


def test_the_marks_are_a_format_that_other_versions_read():
    assert mark("plan/web", "netns:shop/eth0") == "containerhost:plan/web netns:shop/eth0"
    assert mark("task") == "containerhost:task"
    assert (messages.GROUP, messages.PROTOCOL, nftables.TABLE) == (25448, 143, "containerhost")


@given(words, st.text(st.characters(exclude_categories=("C",)), max_size=60))
def test_a_mark_tells_its_owner_and_its_label(owner, label):
    assert owner_of(mark(owner, label)) == owner
    assert label_of(mark(owner, label)) == label


@pytest.mark.parametrize("text", [None, "", "uplink", "Containerhost:plan/web", " containerhost:task", "containerhost"])
def test_no_other_alias_is_a_mark(text):
    assert owner_of(text) is None


@pytest.mark.parametrize(("place", "longest"), [("alias", 255), ("comment", 127)])
def test_a_mark_fits_and_ends_with_a_whole_character(place, longest):
    text = mark("plan/web", "ä" * 200, place)
    assert len(text.encode()) < longest
    assert text.endswith("ä")


def test_a_realm_is_what_owners_hand_over_in():
    assert realm("plan/web") == realm("plan/fabric") != realm("task")
    assert (network_of("plan/web"), network_of("task")) == ("web", "task")


@pytest.mark.parametrize(
    ("leftover", "wanted", "so"),
    [("plan/a", "plan/b", True), ("task", "plan/b", False), ("plan/a", "task", False), ("task", "task", False)],
)
def test_only_the_plans_own_leftovers_give_way_unasked(leftover, wanted, so):
    assert gives_way(leftover, wanted) is so
