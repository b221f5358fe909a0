# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``report`` where hosts cannot be connected to: from the plan alone, and with what they do not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins import action
from ansible_collections.containerhost.network.tests.unit.plugins.action.project import GROUP, Project
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.report.reading import read

PLAYBOOK = Path(action.__path__[0]).parents[1] / "playbooks" / "report.yml"


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.play_report = lambda *options, **more: project.play(PLAYBOOK.read_text(), *options, **more)
    project.report = lambda *options, **more: project.play_report("--tags", "plan", *options, **more)
    return project


def test_a_page_is_written_once_and_not_in_check_mode(project):
    path = project.folder / "containerhost-report.html"
    assert "changed=1" in project.report("--check", "--diff")
    assert not path.exists()
    shown = project.report()
    assert "changed=1" in shown and f"{path}: as planned" in shown
    assert "10.80.1.2/24" in path.read_text() and "8080:80/tcp" in path.read_text()
    assert "changed=0" in project.report()
    assert not project.ledger.exists()


def test_what_is_limited_is_all_that_is_told(project):
    project.report("--limit", "h2", "-e", "containerhost_report_dest=out.html")
    text = (project.folder / "out.html").read_text()
    assert "10.80.1.2/24" in text and "10.80.0.2/24" not in text


def test_a_place_that_is_none_is_a_sentence(project):
    assert "can't be written" in project.report("-e", "containerhost_report_dest=nowhere/x.html", fails=True)


def test_a_fleet_that_does_not_answer_is_reported_all_the_same(project):
    """Nobody is left in the play by then, if a host that is silent is taken out of it; and the ledger is as it was,
    though a network has left the inventory since."""
    project.run()
    ledger = project.ledger.read_text()
    (project.inventory / "group_vars" / "all.yml").write_text(GROUP.replace("      fabric:\n", ""))
    options = ("-e", "containerhost_ledger_read_only=true", "-e", "containerhost_confirm_vanished=true")
    assert "3 things are wrong" in project.play_report(*options)
    page = read((project.folder / "containerhost-report.html").read_text())
    listed = [each.text for each in page.one("ul", "problems").all("li")]
    assert listed == [f"{host} has not been asked: it did not answer" for host in ("h1", "h2", "h3")]
    assert project.ledger.read_text() == ledger
