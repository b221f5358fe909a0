# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.run import progress
from ansible_collections.containerhost.network.plugins.plugin_utils.run.phases import (
    ANY,
    held,
    postponed,
    scope,
    stays,
    waited_for,
)

NETWORKS = {
    "web": {"driver": "bridge", "members": ["h1", "h2"], "shared": False},
    "fabric": {"driver": "overlay", "members": ["h1", "h2", "h3"], "shared": True},
}
KNOWN = {"web": {"driver": "bridge"}, "fabric": {"driver": "overlay"}, "old": {"driver": "bridge"}}


def test_when_every_member_has_made_everything_may_go():
    found = scope(NETWORKS, KNOWN, None, ["h1", "h2", "h3"])
    assert (found.remove, found.keep, found.waiting) == ((ANY,), (), {})


def test_a_network_that_hosts_share_waits_for_its_last_member():
    found = scope(NETWORKS, KNOWN, None, ["h1", "h2"])
    assert (found.remove, found.keep, found.waiting) == ((ANY,), ("fabric",), {"fabric": ("h3",)})


def test_a_network_that_hosts_do_not_share_waits_for_nobody():
    assert "web" not in scope(NETWORKS, KNOWN, None, ["h1"]).keep


def test_a_role_touches_networks_of_its_driver_only_also_those_that_have_left():
    found = scope({"web": NETWORKS["web"]}, KNOWN, ["bridge"], ["h1"])
    assert found.remove == ("old", "web")


def test_networks_that_another_play_defines_stay():
    assert scope(NETWORKS, KNOWN, None, ["h1", "h2"], ["old"]).keep == ("fabric", "old")
    assert scope({"web": NETWORKS["web"]}, KNOWN, ["bridge"], ["h1"], ["old"]).remove == ("web",)


def test_what_stays_is_said_with_the_hosts_to_run():
    assert postponed({"fabric": 2, "web": 0}, {"fabric": ("h3",)}) == {"fabric": (2, ["h3"])}
    assert stays("fabric", {"h1": 2}, ["h3"]) == (
        "fabric: 2 objects stay that are no longer planned on h1 until h3 has made the new state in one run"
        " with it. Run the same playbook with --limit 'h3,h1'."
    )
    assert postponed({}, {"fabric": ("h3",)}) == {}


def test_what_stays_on_many_hosts_is_one_sentence():
    assert stays("fabric", {"h1": 2, "h2": 1}, ["h3", "h4"]) == (
        "fabric: 3 objects stay that are no longer planned on h1 and h2 until h3 and h4 have made the new state in"
        " one run with them. Run the same playbook with --limit 'h3,h4,h1,h2'."
    )


def test_who_has_nothing_left_over_is_named_along_with_the_others():
    """Else the run that the sentence asks for would wait for a member that has just joined."""
    assert stays("fabric", {"h2": 1}, ["h1"], ["h2", "h4"]).endswith(" --limit 'h1,h2,h4'.")


def test_who_has_made_is_remembered_for_that_very_plan(tmp_path):
    folder = str(tmp_path)
    progress.note(folder, "h1", "abc", {"fabric": 1})
    progress.note(folder, "h2", "older", {})
    progress.note(folder, "h4", "abc", {"fabric": 2}, switches=True)
    assert progress.made(folder, "abc") == ({"h1", "h4"}, {"h1"})
    progress.note(folder, "h4", "abc", {"fabric": 2})
    assert progress.made(folder, "abc") == ({"h1", "h4"}, {"h1", "h4"})
    assert progress.made_here(folder, "abc", "h1") == {"fabric": 1}
    assert progress.made_here(folder, "abc", "h2") is progress.made_here(folder, "abc", "h3") is None


def test_a_plan_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Refusal, match="the document of h1 is not in"):
        progress.read_host(str(tmp_path), "h1")


def test_the_way_to_others_is_held_until_they_have_made_theirs():
    networks = {"fabric": {"shared": True}, "lan": {"shared": True}, "web": {"shared": False}}
    shared = ["fabric", "lan"]
    assert held(networks, (), "make") == {"hold": shared, "switch": [], "shared": shared}
    assert held(networks, ("fabric",), "switch") == {"hold": ["fabric"], "switch": ["lan"], "shared": shared}
    assert held(networks, ("fabric",), "remove") == {"hold": ["fabric"], "switch": [], "shared": shared}


def test_what_waits_for_some_to_make_is_not_said_to_wait_for_those_that_have():
    networks = {name: {"driver": "overlay", "members": ["h1", "h2", "h3"], "shared": True} for name in ("lan", "sea")}
    networks["lan"]["members"] = ["h1", "h2"]
    made, turned = scope(networks, networks, None, ["h1", "h2"]), scope(networks, networks, None, ["h1"])
    assert waited_for(turned, made) == {"lan": ("h2",), "sea": ("h3",)}


def test_who_has_turned_keeps_the_old_way_for_one_that_was_lost_before_it_did():
    networks = {"fabric": {"shared": True}, "lan": {"shared": True}}
    assert held(networks, ("lan",), "remove", ("fabric", "lan"))["switch"] == ["fabric"]
