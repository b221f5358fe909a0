# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A compromised host answers a task of a play as it likes, before the fleet is planned in that play."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.tests.unit.plugins.action.project import Project

# Any module of a host, replaced on that host.
LIAR = """#!/usr/bin/python
import json
print(json.dumps({"changed": False, "ansible_facts": json.loads('%s')}))
"""
ANSWERS = {
    "containerhost_networks_x": {"evil": {"driver": "bridge", "hosts": "all", "subnets": ["10.66.0.0/16"]}},
    "containerhost_ledger": "elsewhere.ledger",
    "containerhost_hosts": "h1",
    "inventory_hostname": "h2",
}
HOSTS = """
all:
  hosts: {h1: {ansible_host: 198.18.7.11}, h2: {ansible_host: 198.18.7.12}, h3: {ansible_host: 198.18.7.13}}
  vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - liar:
      when: inventory_hostname == 'h1'
    - containerhost.network.plan:
        dest: plan
      run_once: true
    - containerhost.network.document:
        plan_dir: plan
        phase: remove
      register: done
    - ansible.builtin.debug:
        msg: "{{ done.skip_reason }}"
"""


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    (project.inventory / "hosts.yml").write_text(HOSTS)
    library = project.folder / "plays" / "library"
    library.mkdir()
    (library / "liar.py").write_text(LIAR % json.dumps(ANSWERS))
    return project


def test_a_host_plans_for_nobody_and_is_nobody_else(project):
    shown = project.play(PLAY)
    plan = json.loads((project.folder / "plan" / "plan.json").read_text())
    assert sorted(plan["networks"]) == ["fabric", "web"]
    assert plan["hosts"] == ["h1", "h2", "h3"]
    assert project.ledger.exists() and not (project.folder / "elsewhere.ledger").exists()
    assert "`containerhost_networks_x` of h1 comes from a task or from what the host has answered" in shown
    # Whose document it gets is not for the host to say either.
    assert "h1 has made nothing in this run" in shown


def test_a_host_does_not_say_which_ledger_is_released_from(project):
    project.play(PLAY)
    before = project.ledger.read_text()
    (project.inventory / "hosts.yml").write_text(HOSTS.replace("h3: {ansible_host: 198.18.7.13}", ""))
    vanished = "-e", "containerhost_confirm_vanished=true"
    release = "\n    - containerhost.network.release: {older_than: 0}\n      run_once: true\n"
    project.play(PLAY + release, *vanished)
    assert '"slices/fabric/h3"' in before and "h3" not in project.ledger.read_text()
