# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipe of docs/lab.md for Docker in a lab: its script and its commands, as they stand."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.lab.conftest import BIN, Lab, remove

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path, f"test-recipe-{os.getpid()}")
    yield lab
    remove(lab)


def test_docker_runs_in_a_lab_and_its_container_is_attached(lab):
    text = (ROOT / "docs" / "lab.md").read_text().partition("### Docker in a lab")[2]
    [script] = re.findall(r"```sh start-docker\n(.*?)```", text, re.DOTALL)
    inventory = re.findall(r"```yaml\n(# inventory/hosts.yml\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (lab.folder / "start-docker").write_text(script)
    lab.inventory(inventory[0])
    commands = re.findall(r"^# (ansible.*)$", text.partition("Images come in")[0], re.MULTILINE)
    for command in commands:
        program, *arguments = shlex.split(command)
        played = lab._ansible(str(BIN / program), *arguments, "-e", f"containerhost_lab={lab.name}")
        assert played.status == 0, f"{command}\n{played.output}"
    assert len(commands) == 4
    assert "stand in" not in played.output
    assert re.search(r"inet 10\.42\.\d+\.2/24", played.output)
