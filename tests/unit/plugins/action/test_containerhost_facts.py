# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts for other roles' templates, as a user's play has them: hosts cannot be connected to."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.tests.unit.plugins.action.project import Project

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - containerhost.network.containerhost_facts:
      run_once: true
    - ansible.builtin.debug:
        msg: >-
          {{ inventory_hostname }} has
          {{ containerhost.hosts[inventory_hostname].containers.app.networks.web.address }},
          {{ containerhost.networks.fabric.containers | map(attribute='address') | join('+') }}.
    - containerhost.network.show:
      run_once: true
"""


@pytest.mark.parametrize("check", [(), ("--check", "--diff")])
def test_templates_of_every_host_have_them(tmp_path, check):
    project = Project(tmp_path)
    shown = project.play(PLAY, *check)
    assert "h1 has 10.80.0.2, 10.42.0.2+10.42.1.2+10.42.2.2." in shown
    assert "h3 has 10.80.2.2, 10.42.0.2+10.42.1.2+10.42.2.2." in shown
    assert "is ignored" not in shown
    assert not project.ledger.exists()


def test_what_is_wrong_is_a_sentence(tmp_path):
    project = Project(tmp_path)
    (project.inventory / "host_vars").mkdir()
    (project.inventory / "host_vars/h1.yml").write_text(json.dumps({"containerhost_underlay_mtu": "wide"}))
    shown = project.play(PLAY, fails=True)
    assert "`containerhost_underlay_mtu` is 'wide', which is not a whole number" in " ".join(shown.split())
