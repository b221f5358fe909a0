# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' documented examples, run by Ansible as they are written, in their order, on a fresh host.

What a module makes of them a second time, and by another pyroute2, ``test_objects.py`` tries without Ansible.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.containerhost.network.plugins.module_utils.engine import kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.tests.integration.modules.lives import OF_ENGINES
from ansible_collections.containerhost.network.tests.vm.cases import CASES as ELSEWHERE

# It takes Ansible longer to start modules than them to run.
pytestmark = pytest.mark.long

COLLECTIONS = Path(kind.__file__).parents[6]
MODULES = "ansible_collections.containerhost.network.plugins.modules"


def playbook(tasks: list[dict], answers: Path) -> list[dict]:
    """A play of the tasks that keeps what they answer."""
    registered = [{**task, "register": f"answer_{number}"} for number, task in enumerate(tasks)]
    content = "{{ [" + ", ".join(task["register"] for task in registered) + "] | to_json }}"
    kept = {"ansible.builtin.copy": {"content": content, "dest": str(answers), "mode": "0600"}, "diff": False}
    return [{"hosts": "localhost", "gather_facts": False, "tasks": [*registered, kept]}]


def run(host, folder: Path, tasks: list[dict]) -> list[dict]:
    """What each task answered."""
    (folder / "examples.yml").write_text(yaml.safe_dump(playbook(tasks, folder / "answers.json"), sort_keys=False))
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_PIPELINING": "true",
    }
    done = host.start(
        str(Path(sys.executable).with_name("ansible-playbook")), "--inventory=localhost,", "--connection=local",
        "--diff", f"--extra-vars=ansible_python_interpreter={sys.executable}", str(folder / "examples.yml"),
        check=False, env={**os.environ, **settings},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr, done.stdout + done.stderr
    return json.loads((folder / "answers.json").read_text())


NAMES = {kind.name for kind in KINDS} - {case.kind for case in ELSEWHERE} - {*OF_ENGINES}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_examples_run_as_written(host, tmp_path, name):
    tasks = yaml.safe_load(importlib.import_module(f"{MODULES}.{name}").EXAMPLES)
    before = host.snapshot()

    answers = run(host, tmp_path, tasks)

    assert [answer["changed"] for answer in answers] == [True] * len(tasks)
    for answer in answers:
        assert bool(answer["diff"]) == answer["changed"]
        assert sum(answer["counts"].values()) == len(answer["diff"])
    for task in reversed(tasks):
        module = next(key for key in task if key != "name").rpartition(".")[2]
        host.module(module, config=[], purge=True)
    assert host.snapshot() == before
