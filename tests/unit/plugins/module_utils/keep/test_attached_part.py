# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a saved document, what belongs to a container that starts."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.keep import layout, restore
from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import Saved

DB, SIDE = {"engine": "docker", "ref": "db"}, {"engine": "netns", "ref": "side"}
SAVED = Saved(
    host="h1",
    digest="",
    collection="",
    networks={"web": "bridge"},
    waiting=[],
    document={
        "version": 1,
        "veth": [
            {"network": "web", "name": "v1", "sandbox": DB},
            {"network": "web", "name": "v2", "sandbox": {"engine": "netns", "ref": "shop"}},
        ],
        "joined": [{"network": "web", "container": SIDE, "joins": DB}],
    },
)


def test_names_that_lead_to_it_are_made_again_with_its_interfaces():
    part = restore._part(SAVED, {"docker:db"})
    assert [row["name"] for row in part["veth"]] == ["v1"]
    assert part["joined"] == SAVED.document["joined"]


def test_one_that_is_only_joined_is_known_and_listened_for():
    only = SAVED._replace(document={"version": 1, "joined": SAVED.document["joined"]})
    assert set(restore.sandbox_names(only)) == {"docker:db", "/run/netns/side"}
    assert layout.engines_of(only) == {"docker", "netns"}
