# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several plays over one inventory and one ledger, each of which defines some of the networks."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.tests.unit.plugins.action.project import Project


@pytest.fixture
def project(tmp_path):
    found = Project(tmp_path)
    (found.inventory / "group_vars" / "all.yml").write_text("containerhost_networks: {}\n")
    return found


def network(number, driver="bridge"):
    vni = {"vni": number} if driver == "overlay" else {}
    subnet = {"cidr": f"10.{number}.0.0/16", "host_prefix": 24}
    return {"driver": driver, "hosts": "all", "subnets": [subnet], **vni}


def play(name, networks=None, drivers=None, variable="containerhost_networks", **more):
    """A play of that name with one plan, as roles and ``site`` have it."""
    task = {"containerhost.network.plan": {"drivers": drivers} if drivers else {}, "run_once": True}
    own = {} if networks is None else {variable: networks}
    return {"name": name, "hosts": "all", "gather_facts": False, "vars": {**own, **more}, "tasks": [task]}


def known(project):
    """The networks of the ledger, and whether they have left."""
    return {name: entry.absent_since is None for name, entry in ledgers.load(str(project.ledger)).networks.items()}


TWO = [
    pytest.param([play("A", {"x": network(5)}), play("B", {"y": network(6)})], id="each its own"),
    pytest.param([play("A", {"x": network(5), "y": network(6)}), play("B", {"y": network(6)})], id="one has less"),
    pytest.param([play("A", {f"x{n}": network(n) for n in range(20, 25)}), play("B")], id="one has none"),
    pytest.param(
        [
            play("A", {"x": network(5)}, ["bridge"], "containerhost_networks_x"),
            play("A", {"y": network(6, "overlay")}, ["overlay"], "containerhost_networks_y"),
        ],
        id="a role each, and one name",
    ),
    pytest.param(
        [
            play("A", {"x": network(5)}, containerhost_hosts="h1"),
            play("B", {"x": network(5)}, containerhost_hosts="h2:h3"),
        ],
        id="each its hosts",
    ),
]


@pytest.mark.parametrize("plays", TWO)
def test_plays_that_define_other_networks_leave_each_others_alone(project, plays):
    project.play(json.dumps(plays))
    assert all(known(project).values())
    before = project.ledger.read_text()
    assert "absent_since" not in before
    assert "changed=1" not in project.play(json.dumps(plays))
    assert project.ledger.read_text() == before
    assert "changed=1" not in project.play(json.dumps(plays[1:]), "--check")


def test_a_play_s_network_has_left_when_that_play_defines_it_no_more(project):
    a, b = play("A", {"x": network(5), "y": network(6)}), play("B", {"y": network(6), "z": network(7)})
    project.play(json.dumps([a, b]))
    a["vars"]["containerhost_networks"] = {"x": network(5)}
    project.play(json.dumps([a, b]))
    assert known(project) == {"x": True, "y": True, "z": True}
    del b["vars"]["containerhost_networks"]
    project.play(json.dumps([a, b]))
    assert known(project) == {"x": True, "y": False, "z": False}


def test_a_network_of_the_inventory_has_left_with_any_play(project):
    (project.inventory / "group_vars" / "all.yml").write_text(
        json.dumps({"containerhost_networks": {"old": network(8), "new": network(9)}})
    )
    plays = [play("A", {"x": network(5)}, variable="containerhost_networks_x"), play("B")]
    project.play(json.dumps(plays))
    (project.inventory / "group_vars" / "all.yml").write_text(
        json.dumps({"containerhost_networks": {"new": network(9)}})
    )
    project.play(json.dumps(plays[1:]))
    assert known(project) == {"new": True, "old": False, "x": True}


def test_a_variable_that_the_play_puts_in_another_s_place_does_not_end_that_one_s_networks(project):
    (project.inventory / "group_vars" / "all.yml").write_text(
        json.dumps({"containerhost_networks": {"base": network(8), "new": network(9)}})
    )
    plays = [play("A", {"new": network(9)}), play("B")]
    project.play(json.dumps(plays))
    before = project.ledger.read_text()
    assert "changed=1" not in project.play(json.dumps(plays))
    assert project.ledger.read_text() == before


def test_imported_playbooks_are_told_apart_by_who_imports_them(project):
    imported = project.folder / "plays" / "shared.yml"
    imported.write_text(json.dumps([play("Make")]))
    imports = [
        {"import_playbook": "shared.yml", "vars": {"containerhost_networks_x": {"x": network(5)}}},
        {"import_playbook": "shared.yml", "vars": {"containerhost_networks_y": {"y": network(6)}}},
    ]
    project.play(json.dumps(imports))
    before = project.ledger.read_text()
    assert '"plays": ["plays/play.yml: containerhost_networks_x"]' in before
    project.play(json.dumps(imports))
    project.play(imported.read_text())
    assert project.ledger.read_text() == before
    imports[0]["vars"]["containerhost_networks_x"] = {}
    project.play(json.dumps(imports))
    assert known(project) == {"x": False, "y": True}


def test_a_ledger_that_does_not_say_who_defines_networks_learns_it_without_noise(project):
    plays = [play("A", {"x": network(5)})]
    project.play(json.dumps(plays))
    old = project.ledger.read_text().replace(', "plays": ["plays/play.yml: A"]', "")
    assert "plays" not in old
    project.ledger.write_text(old)
    assert "changed=1" not in project.play(json.dumps(plays))
    assert project.ledger.read_text() == old


def test_a_container_on_a_network_of_another_play_is_told_where_that_is(project):
    project.play(json.dumps([play("A", {"x": network(5)})]))
    (project.inventory / "group_vars" / "all.yml").write_text(
        json.dumps({"containerhost_containers": {"app": {"networks": {"x": None}}}})
    )
    shown = project.play(json.dumps([play("B")]), fails=True)
    assert "there is no network `x`. Move it from plays/play.yml: A to group_vars, where every play sees it" in shown
