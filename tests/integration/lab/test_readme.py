# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's rehearsal, as it stands: its inventory with a container of Docker, and its commands, one by one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def block_with(text: str) -> str:
    blocks = re.findall(r"```\w+\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    [found] = [block for block in blocks if text in block]
    return found


def test_the_readme_s_commands_rehearse_the_readme_s_inventory(lab):
    inventory = block_with("# inventory/hosts.yml")
    assert "engine: docker" in inventory
    (lab.folder / "inventory").mkdir()
    (lab.folder / "inventory" / "hosts.yml").write_text(inventory)
    commands = re.findall(r"^# (ansible-playbook .*?)(?:  +#.*)?$", block_with("network.lab_up"), re.MULTILINE)
    said = {}
    for command in commands:
        # All that is added is a name, as the tests of others have a lab that is called `lab`.
        played = lab._ansible(*shlex.split(command), "-e", f"containerhost_lab={lab.name}")
        assert played.status == 0, f"{command}\n{played.output}"
        said[command.rpartition(".")[2]] = played
    assert list(said) == ["lab_up", "site", "verify", "lab_down"]
    assert said["site"].output.count("network namespaces stand in for containers of docker (db on h2)") == 1
    assert "h2/db" in said["verify"].output
    assert (lab.folder / "containerhost.ledger").exists()
    assert lab.traces() == []
