# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: lab
version_added: 0.1.0
short_description: Run in a lab host on this machine
description:
  - Enters the namespaces and the control group of a host that C(containerhost.network.lab_up) made.
  - Finds it by its name in the inventory; C(ansible_host) and C(ansible_user) are for the real one.
  - What runs on localhost still does. It is redirected here when C(-e) sets the connection of all hosts.
  - Needs root on this machine.
author:
  - containerhost.network contributors (@containerhost)
options:
  host:
    description: Name of the host in the inventory.
    type: string
    default: inventory_hostname
    vars:
      - name: inventory_hostname
  delegate_to:
    description: The host that a task is delegated to. Ansible leaves C(inventory_hostname) as it was then.
    type: string
    keyword:
      - name: delegate_to
  lab:
    description: Name of the lab.
    type: string
    default: lab
    vars:
      - name: containerhost_lab
  executable:
    description: The shell in the host.
    type: string
    default: /bin/sh
    vars:
      - name: ansible_executable
  remote_user:
    description: Everything runs as root. There is nothing to set.
    type: string
    default: root
  pipelining:
    description: A module is sent to its interpreter's standard input and starts in one process.
    type: boolean
    default: true
    env:
      - name: ANSIBLE_PIPELINING
    vars:
      - name: ansible_pipelining
"""

import os
import shlex
import subprocess
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.plugins.connection import ConnectionBase
from ansible.plugins.loader import connection_loader
from ansible.utils.display import Display

from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError, Member, is_local
from ansible_collections.containerhost.network.plugins.module_utils.lab.registry import Registry

display = Display()

# A login's, not the controller's: its HOME, TMPDIR or virtual environment need not exist in a host.
_ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LOGNAME": "root",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SHELL": "/bin/sh",
    "USER": "root",
}
# Into the host's control group before its namespaces: from inside, that group is the root.
_ENTER = 'if [ -n "$1" ]; then echo 0 > "$1/cgroup.procs" || exit 255; fi; shift; exec nsenter "$@"'
_RUN_LAB_UP = "run containerhost.network.lab_up"


class Connection(ConnectionBase):
    """A host of a lab."""

    transport = "containerhost.network.lab"
    has_pipelining = True
    default_user = "root"

    def _connect(self) -> Connection:
        self._connected = True
        return self

    @property
    def _host(self) -> str:
        return self.get_option("delegate_to") or self.get_option("host")

    def _local(self) -> ConnectionBase | None:
        """This machine, when the host is not one of the lab's but a name of the controller itself."""
        if not is_local(self._host) or self._registry().host(self._host) is not None:
            return None
        local = connection_loader.get("ansible.builtin.local", self._play_context, shell=self._shell)
        local.set_become_plugin(self.become)
        return local

    def _registry(self) -> Registry:
        try:
            return Registry(self.get_option("lab"))
        except LabError as error:
            raise AnsibleError(str(error)) from error

    def _member(self) -> Member:
        """Looked up each time: a task that loops over hosts goes through one connection."""
        registry = self._registry()
        member = registry.host(self._host)
        if not registry.exists:
            raise AnsibleConnectionFailure(f"the lab `{registry.lab}` is not up: {_RUN_LAB_UP}")
        if member is None:
            raise AnsibleConnectionFailure(f"{self._host} is not in the lab `{registry.lab}`: {_RUN_LAB_UP}")
        if not member.alive:
            raise AnsibleConnectionFailure(f"{self._host} of the lab `{registry.lab}` has died: {_RUN_LAB_UP}")
        if os.geteuid() != 0:
            raise AnsibleConnectionFailure("a lab host is entered as root: run ansible as root")
        return member

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        local = self._local()
        if local is not None:
            return local.exec_command(cmd, in_data=in_data, sudoable=sudoable)
        display.vvv(f"EXEC {cmd}", host=self._host)
        with self._enter(cmd, subprocess.PIPE, subprocess.PIPE) as process:
            out, err = process.communicate(in_data)
        return process.returncode, out, err

    def put_file(self, in_path: str, out_path: str) -> None:
        super().put_file(in_path, out_path)
        local = self._local()
        if local is not None:
            local.put_file(in_path, out_path)
            return
        if not os.path.exists(in_path):
            raise AnsibleFileNotFound(f"there is no file {in_path}")
        # Written from inside: a symbolic link of the host's means a place in the host.
        with open(in_path, "rb") as source, self._enter(f"cat > {shlex.quote(out_path)}", source, None) as process:
            _out, err = process.communicate()
        self._check_transfer(process, f"write {out_path}", err)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        super().fetch_file(in_path, out_path)
        local = self._local()
        if local is not None:
            local.fetch_file(in_path, out_path)
            return
        with open(out_path, "wb") as target, self._enter(f"cat {shlex.quote(in_path)}", None, target) as process:
            _out, err = process.communicate()
        self._check_transfer(process, f"read {in_path}", err)

    def close(self) -> None:
        self._connected = False

    def reset(self) -> None:
        """There is nothing that stays open."""

    def _enter(self, command: str, stdin: t.Any, stdout: t.Any) -> subprocess.Popen[bytes]:
        member = self._member()
        arguments = ["--target", str(member.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"]
        return subprocess.Popen(
            ["/bin/sh", "-c", _ENTER, "sh", member.cgroup or "", *arguments,
             self.get_option("executable"), "-c", command],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.DEVNULL if stdout is None else stdout,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
        )  # fmt: skip

    def _check_transfer(self, process: subprocess.Popen[bytes], what: str, err: bytes) -> None:
        if process.returncode != 0:
            text = err.decode("utf-8", "replace").strip()
            raise AnsibleError(f"cannot {what} in {self._host}: {text}")
