# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""testinfra on lab hosts: ``hosts["h1"].run("ping -c 1 %s", address)``.

It enters the namespaces of a host's first process, as the connection plugin does, without a start of Ansible for
each call.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest
from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from ansible_collections.containerhost.network.plugins.module_utils.lab.registry import Member, Registry


class LabBackend(BaseBackend):
    """Runs commands in a lab host."""

    NAME = "lab"

    def __init__(self, member: Member) -> None:
        super().__init__(member.name)
        self.pid = member.pid

    def run(self, command: str, *args: str, **_options: object) -> CommandResult:
        inside = self.get_command(command, *args)
        return self.run_local("nsenter --target %s --all -- sh -c %s", str(self.pid), inside)


class LabHosts(Mapping[str, Host]):
    """The lab's hosts by name: the inventory's, and the one outside."""

    def __init__(self, lab: str) -> None:
        members = Registry(lab).hosts()
        assert members, f"the lab `{lab}` is not up: molecule create makes it"
        self._hosts = {name: Host(LabBackend(member)) for name, member in members.items()}

    def __getitem__(self, name: str) -> Host:
        return self._hosts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)


@pytest.fixture(scope="session")
def hosts() -> LabHosts:
    return LabHosts("molecule-" + os.environ["MOLECULE_SCENARIO_NAME"])
