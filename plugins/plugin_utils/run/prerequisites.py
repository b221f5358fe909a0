# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host lacks: a module of ours finds it out there, and Ansible's own modules install it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import host_of_task

INFO = "containerhost.network.prerequisites_info"
PACKAGE = "ansible.builtin.package"
COMMAND = "ansible.builtin.command"

Step = tuple[str, dict[str, Any]]


def steps(host: Mapping[str, Any], venv: str | None) -> list[Step]:
    """Actions and their arguments that install what ``prerequisites_info`` said of the host, in order."""
    todo: list[Step] = []
    if host["missing"]:
        todo.append((PACKAGE, {"name": host["missing"], "state": "present"}))
    if host.get("pip"):
        todo.append((COMMAND, {"argv": host["pip"]}))
    if host["venv_wanted"]:
        make = [host["python"], "-m", "venv", venv]
        pip = [f"{venv}/bin/pip", "install", "--disable-pip-version-check", host["requirement"]]
        todo.append((COMMAND, {"argv": make, "creates": f"{venv}/bin/pip"}))
        todo.append((COMMAND, {"argv": pip}))
    return todo


class InstallingAction(ActionBase):
    """An action that can install, on its task's host, what our modules need there."""

    def _install(
        self, venv: str | None, task_vars: dict[str, Any], programs: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The result of installing what is missing, with ``programs``; in check mode, of saying so."""
        arguments: dict[str, Any] = {**({"venv": venv} if venv else {}), **({"programs": programs} if programs else {})}
        host = self._execute_module(INFO, module_args=arguments, task_vars=task_vars)
        if host.get("failed") or host.get("unreachable"):
            return host
        todo = steps(host, venv)
        result: dict[str, Any] = {"changed": bool(todo), "missing": host["missing"], "plan": host["plan"]}
        if todo and self._task.diff:
            result["diff"] = [_diff(host["plan"])]
        lacks = f"{host_of_task(task_vars)} lacks {host['plan']}"
        if host.get("obstacle"):
            return {"changed": False, "failed": True, "msg": f"{lacks}: {host['obstacle']}"}
        if todo and self._task.check_mode:
            said = f"{lacks}: a run installs that first, and only then can the host be compared."
            return {**result, "msg": said, "warnings": [said]}
        for name, arguments in todo:
            done = self._run_other(name, arguments, task_vars)
            if done.get("unreachable"):
                return done
            if done.get("failed"):
                why = str(done.get("stderr") or done.get("msg") or done).strip().rstrip(".")
                fix = "Install it by other means, or see to it that the host can"
                return {"changed": False, "failed": True, "msg": f"{lacks}, and cannot install it: {why}. {fix}."}
        if host.get("advice"):
            result["advice"] = host["advice"]
        return result

    def _run_other(self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Another action on the same host, as a task of its own would run it."""
        task = self._task.copy()
        task.action, task.args = name, arguments
        other = self._shared_loader_obj.action_loader.get(
            name,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            return other.run(task_vars=task_vars)
        except AnsibleError as error:
            return {"failed": True, "msg": str(error)}


def _diff(what: str) -> dict[str, str]:
    return {"before_header": f"{what}: absent", "after_header": what, "before": "", "after": "installed\n"}
