# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first of each module's documented examples, run by Ansible as it is written, on a host of its own.

What the modules make of them all, a second time and by another pyroute2, ``test_objects.py`` tries without Ansible.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.containerhost.network.plugins.module_utils.engine import kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.tests.integration.conftest import MODULES, Host
from ansible_collections.containerhost.network.tests.integration.modules.lives import OF_ENGINES, ok
from ansible_collections.containerhost.network.tests.vm.cases import CASES as ELSEWHERE

# It takes Ansible longer to start modules than them to run.
pytestmark = pytest.mark.long

COLLECTIONS = Path(kind.__file__).parents[6]
NAMES = sorted({kind.name for kind in KINDS} - {case.kind for case in ELSEWHERE} - {*OF_ENGINES})
# Its modules' Python is on the host. All that a module's process needs is seen from there.
PYTHON = '#!/bin/sh\nexec nsenter --target={pid} --net --mount {python} "$@"\n'


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[dict[str, Host]]:
    """One for each module."""
    hosts = {}
    try:
        for name in NAMES:
            hosts[name] = Host(tmp_path)
            (tmp_path / name).write_text(PYTHON.format(pid=hosts[name].pid, python=sys.executable))
            (tmp_path / name).chmod(0o700)
        yield hosts
    finally:
        for host in hosts.values():
            host.end()


def prepared(host: Host, name: str) -> dict:
    """The first task of the module's own in its examples; the host has what those before it make."""
    for task in yaml.safe_load(importlib.import_module(f"{MODULES}.{name}").EXAMPLES):
        ((key, options),) = [(key, options) for key, options in task.items() if key != "name"]
        module = key.rpartition(".")[2]
        if module == name:
            return task
        ok(host.module(module, arguments=options))
    raise AssertionError(f"{name} has no example of its own")


def run(folder: Path, tasks: dict[str, dict]) -> dict[str, dict]:
    """What each host's task answered."""
    registered = {name: [{**task, "register": "answer"}] for name, task in tasks.items()}
    plays = [{"hosts": name, "gather_facts": False, "tasks": only} for name, only in registered.items()]
    content = "{{ dict(groups.all | zip(groups.all | map('extract', hostvars, 'answer'))) | to_json }}"
    kept = {"ansible.builtin.copy": {"content": content, "dest": str(folder / "answers.json"), "mode": "0600"}}
    last = {"hosts": NAMES[0], "gather_facts": False, "tasks": [{**kept, "diff": False}]}
    (folder / "examples.yml").write_text(yaml.safe_dump([*plays, last], sort_keys=False))
    rows = [f"{name} ansible_connection=local ansible_python_interpreter={folder / name}\n" for name in tasks]
    (folder / "inventory").write_text("".join(rows))
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_PIPELINING": "true",
    }
    program = Path(sys.executable).with_name("ansible-playbook")
    argv = [str(program), f"--inventory={folder / 'inventory'}", "--diff", str(folder / "examples.yml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, **settings})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr, done.stdout + done.stderr
    return json.loads((folder / "answers.json").read_text())


def test_examples_run_as_written(hosts, tmp_path):
    answers = run(tmp_path, {name: prepared(host, name) for name, host in hosts.items()})
    assert sorted(answers) == NAMES
    for name, answer in answers.items():
        assert answer["changed"], name
        assert sum(answer["counts"].values()) == len(answer["diff"]) > 0, name
