# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own inventory, variable manager and play, in this process."""

from __future__ import annotations

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables

HOSTS = """
all:
  hosts: {h1: {ansible_host: 198.18.7.11}, h2: {ansible_host: 198.18.7.12}}
"""
GROUP = """
base: "10.80"
containerhost_networks:
  web: {driver: bridge, subnets: ["{{ base }}.0.0/16"]}
containerhost_containers:
  shop: {networks: {web: {}}}
"""


class Controller:
    """What ansible-playbook has in memory when a task of a play runs for a host."""

    def __init__(self, folder):
        (folder / "group_vars").mkdir()
        self.folder = folder
        self.write("hosts.yml", HOSTS)
        self.write("group_vars/all.yml", GROUP)
        self.play_vars = {}
        self.extra = {}
        self.answers = []

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def answer(self, host, **facts):
        """The host has answered a task with ``ansible_facts``."""
        self.answers.append(lambda manager: manager.set_host_facts(host, facts))

    def set_fact(self, host, **facts):
        """A task has registered its result, or has set a fact."""
        self.answers.append(lambda manager: manager.set_nonpersistent_facts(host, facts))

    def include_vars(self, host, name, value):
        self.answers.append(lambda manager: manager.set_host_variable(host, name, value))

    def sources(self, host="h1", limit=None):
        loader = DataLoader()
        loader.set_basedir(str(self.folder))
        inventory = InventoryManager(loader, sources=[str(self.folder / "hosts.yml")])
        manager = VariableManager(loader, inventory)
        manager._extra_vars = self.extra
        content = {"name": "x", "hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {}}]}
        play = Play.load({**content, "vars": self.play_vars}, variable_manager=manager, loader=loader)
        task = next(task for block in play.compile() for task in block.block if task.action.endswith("debug"))
        for say in self.answers:
            say(manager)
        inventory.subset(limit)
        HostVars(inventory, manager, loader)
        task_vars = manager.get_vars(play=play, host=inventory.get_host(host), task=task)
        return variables.read_sources(task_vars, task, loader)
