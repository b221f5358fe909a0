# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``explain`` as a user runs it who has not said what about."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins import action
from ansible_collections.containerhost.network.tests.unit.plugins.action.project import Project

PLAYBOOK = Path(action.__path__[0]).parents[1] / "playbooks" / "explain.yml"


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        ((), "from and to"),
        (("-e", "containerhost_from=h1/app"), "to"),
        (("-e", "containerhost_from= containerhost_to=h2/app"), "from"),
    ],
)
def test_a_way_that_lacks_an_end_is_a_sentence(tmp_path, said, lacking):
    told = Project(tmp_path).play(PLAYBOOK.read_text(), *said, fails=True)
    assert f"A way has two ends, `from` and `to`, and this one lacks {lacking}. Name both: to the playbook, as" in told
    assert "undefined" not in told
