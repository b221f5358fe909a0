# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's folder, and runs of ansible-playbook in it, by Ansible's own classes. No host is connected to.

A run is a fork of the test: Ansible is imported already, which is most of what a run takes, and what Ansible keeps
once per process (arguments, the variable files that it has found, the warnings that it has given) is the run's alone.
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys

from ansible import constants
from ansible.cli.playbook import PlaybookCLI
from ansible.plugins.loader import (
    action_loader,
    become_loader,
    callback_loader,
    connection_loader,
    filter_loader,
    inventory_loader,
    shell_loader,
    strategy_loader,
    test_loader,
)
from ansible.utils import color

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers

# Once for all forks, what each run would load for itself, down to the options in their documentation.
for loaded in (
    filter_loader, test_loader, inventory_loader, callback_loader, strategy_loader,
    become_loader, connection_loader, shell_loader,
):  # fmt: skip
    list(loaded.all(class_only=True))
ACTIONS = (
    "plan", "release", "document", "verify", "show", "report", "containerhost_facts", "plan_diff", "discover"
)  # fmt: skip
for action in ACTIONS:
    action_loader.get(f"containerhost.network.{action}", class_only=True)
COLLECTIONS = pathlib.Path(ledgers.__file__).parents[5]

HOSTS = """
all:
  hosts:
    h1: {ansible_host: 198.18.7.11}
    h2: {ansible_host: 198.18.7.12}
    h3: {ansible_host: 198.18.7.13}
  vars:
    ansible_connection: ssh
    ansible_ssh_executable: /bin/false
"""
GROUP = """
base: 10.42
containerhost_networks:
  web:
    driver: bridge
    subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]
  fabric:
    driver: overlay
    subnets: [{cidr: "{{ base }}.0.0/16", host_prefix: 24}]
    vni: "{{ 40 + 2 }}"
containerhost_containers:
  app:
    networks:
      web: {publish: ["8080:80"]}
      fabric:
"""
PLAY = """
- hosts: {hosts}
  gather_facts: false
  strategy: {strategy}
  serial: {serial}
  vars: {vars}
  tasks:
    - containerhost.network.{module}:
        {arguments}
      run_once: true
      register: planned
    - ansible.builtin.debug:
        msg: "RESULT {{{{ inventory_hostname }}}} {{{{ planned | to_json | b64encode }}}}"
"""


class Project:
    """A folder with an inventory, and another with the playbook."""

    def __init__(self, folder):
        self.folder = folder
        self.inventory = folder / "inventory"
        self.shown = ""
        for path in (self.inventory / "group_vars", folder / "plays"):
            path.mkdir(parents=True)
        (folder / "ansible.cfg").write_text("")
        (self.inventory / "hosts.yml").write_text(HOSTS)
        (self.inventory / "group_vars" / "all.yml").write_text(GROUP)

    @property
    def ledger(self):
        return self.folder / "containerhost.ledger"

    def run(
        self,
        *options,
        module="plan",
        arguments=None,
        hosts="all",
        strategy="linear",
        serial=10,
        play_vars=None,
        fails=False,
        installed=False,
    ):
        """A play with one task; ``installed`` starts the program of that name as a user does, with its exit."""
        play = PLAY.format(
            hosts=hosts,
            strategy=strategy,
            serial=serial,
            vars=json.dumps(play_vars or {}),
            module=module,
            arguments=json.dumps(arguments or {}),
        )
        return self.play(play, *options, fails=fails, installed=installed)

    def play(self, text, *options, fails=False, installed=False):
        """A playbook of that text."""
        path = self.folder / "plays" / "play.yml"
        path.write_text(text)
        sources = () if "-i" in options else ("-i", str(self.inventory))
        status, self.shown = (self._start if installed else self._fork)([*sources, str(path), *options])
        assert bool(status) is fails, self.shown
        return self.shown

    def result(self, host="h1"):
        """What the task has returned for a host."""
        (encoded,) = re.findall(rf"RESULT {host} (\S+?)\"", self.shown)
        return json.loads(base64.b64decode(encoded))

    def _start(self, arguments):
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
        }
        command = [sys.executable, "-m", "ansible", "playbook", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def _fork(self, arguments):
        shown = self.folder / "shown"
        run = multiprocessing.get_context("fork").Process(target=_play, args=(self.folder, shown, arguments))
        run.start()
        try:
            run.join()
        finally:
            run.kill()
        return run.exitcode, shown.read_text()


def _play(folder, shown, arguments):
    """All that a process of its own would have for itself."""
    os.chdir(folder)
    constants.ANSIBLE_HOME = str(folder / "home")
    constants.DEFAULT_LOCAL_TMP = str(folder / "home" / "tmp")
    os.makedirs(constants.DEFAULT_LOCAL_TMP, exist_ok=True)
    color.ANSIBLE_COLOR = False
    with open(shown, "w") as sys.stdout:
        sys.stderr = sys.stdout
        os.dup2(sys.stdout.fileno(), 1)
        os.dup2(sys.stdout.fileno(), 2)
        PlaybookCLI.cli_executor(["ansible-playbook", *arguments])
