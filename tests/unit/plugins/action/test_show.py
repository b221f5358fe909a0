# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``show`` as a user runs it: hosts cannot be connected to, and the ledger stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins import action
from ansible_collections.containerhost.network.tests.unit.plugins.action.project import Project

PLAYBOOK = Path(action.__path__[0]).parents[1] / "playbooks" / "show.yml"


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.show = lambda *options, **more: project.play(PLAYBOOK.read_text(), *options, **more)
    return project


@pytest.mark.parametrize("check", [(), ("--check", "--diff")])
def test_a_table_is_printed_and_nothing_is_written(project, check):
    shown = project.show(*check)
    assert "\nweb      h2    app        eth1" in shown
    assert "8080:80/tcp" in shown
    assert "changed=0" in shown
    assert "failed=0" in shown
    assert not project.ledger.exists()


def test_a_ledger_that_may_not_be_written_is_no_hindrance(project):
    assert "10.80.1.2/24" in project.show("-e", "containerhost_ledger_read_only=true")


def test_what_is_limited_or_named_is_all_that_is_told(project):
    shown = project.show("--limit", "h2", "-e", "containerhost_show_networks=web,fabric")
    assert "10.80.1.2/24" in shown
    assert "10.80.0.2/24" not in shown
    shown = project.show("-e", "containerhost_show_networks=web", "-e", "containerhost_show_hosts=h1,h3")
    assert ("10.42." in shown, "10.80.1." in shown, "10.80.2.2" in shown) == (False, False, True)


def test_a_file_is_written_once_and_not_in_check_mode(project):
    options = ("-e", "containerhost_show=json", "-e", "containerhost_show_dest=out.json")
    assert "changed=1" in project.show("--check", *options)
    assert not (project.folder / "out.json").exists()
    assert "changed=1" in project.show(*options)
    found = json.loads((project.folder / "out.json").read_text())
    assert {each["container"] for each in found} == {"", "app"}
    assert "changed=0" in project.show(*options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-e", "containerhost_show=yaml"), "table, json, csv, hosts"),
        (("-e", "containerhost_show_networks=wbe"), "no address is planned for a network `wbe`. Write `web`"),
        (("-e", "containerhost_show_dest=nowhere/x"), "can't be written"),
    ],
)
def test_a_mistake_is_a_sentence(project, options, said):
    assert said in " ".join(project.show(*options, fails=True).split())
