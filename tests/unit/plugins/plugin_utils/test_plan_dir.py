# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import stat

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import plan_dir
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal


def read(directory, name):
    return json.loads((directory / name).read_text())


def test_one_file_a_host_and_one_for_the_fleet(fleet, tmp_path):
    plan, directory = fleet.plan(), tmp_path / "plan"
    plan_dir.write(plan, str(directory))
    assert sorted(os.listdir(directory)) == ["h1.json", "h2.json", "h3.json", "plan.json"]
    host = read(directory, "h1.json")
    assert list(host) == ["version", "host", "digest", "keep", "document"]
    assert host["keep"] == {"enabled": True, "metrics_folder": None}
    assert host["document"] == plan.documents["h1"]
    found = read(directory, "plan.json")
    assert found == {
        "version": 1,
        "digest": plan.digest(),
        "hosts": ["h1", "h2", "h3"],
        "known_networks": {"fabric": {"driver": "overlay"}, "web": {"driver": "bridge"}},
        "networks": plan.networks,
        "settled": {
            "strict": True,
            "networks": {
                "fabric": {"within": ["10.42.0.0/16", "fd00:42::/48"], "pinned": [], "moving": []},
                "web": {"within": ["10.80.0.0/16"], "pinned": [], "moving": []},
            },
        },
        "underlay_room": {
            "sizes": {"fabric": 1500},
            "by": {"h1": "198.18.7.11", "h2": "198.18.7.12", "h3": "198.18.7.13"},
        },
        "neighbours": {"h1": {"4": 6, "6": 2}, "h2": {"4": 4, "6": 2}, "h3": {"4": 4, "6": 2}},
        "underlay": {"h1": "198.18.7.11", "h2": "198.18.7.12", "h3": "198.18.7.13"},
        "addresses": {"h1": ["198.18.7.11"], "h2": ["198.18.7.12"], "h3": ["198.18.7.13"]},
    }


def test_it_is_private(fleet, tmp_path):
    plan_dir.write(fleet.plan(), str(tmp_path / "plan"))
    assert stat.S_IMODE((tmp_path / "plan").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "plan" / "h1.json").stat().st_mode) == 0o600


def test_hosts_that_have_left_have_no_file_and_other_files_are_left_alone(fleet, tmp_path):
    plan_dir.write(fleet.plan(), str(tmp_path))
    (tmp_path / "h3.txt").write_text("mine")
    (tmp_path / "other.json").write_text("{}")
    plan_dir.write(fleet.without("h3").plan(), str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["h1.json", "h2.json", "h3.txt", "other.json", "plan.json"]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("h1.example.org", "h1.example.org.json"),
        ("plan", "%70lan.json"),
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd.json"),
        (".hidden", "%2Ehidden.json"),
        ("::1", "%3A%3A1.json"),
        ("a b", "a%20b.json"),
    ],
)
def test_every_host_s_name_makes_a_file_s_name(host, name):
    assert plan_dir.document_file(host) == name


def test_a_place_that_can_t_be_written_is_named(fleet, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="can't be written to"):
        plan_dir.write(fleet.plan(), str(tmp_path / "file" / "plan"))
