# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs what a host lacks for container networks."""

from __future__ import annotations

from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import host_of_task
from ansible_collections.containerhost.network.plugins.plugin_utils.run.prerequisites import InstallingAction


class ActionModule(InstallingAction):
    """A module on the host says what is missing; Ansible's own modules install it."""

    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        _validation, arguments = self.validate_argument_spec(argument_spec={"venv": {"type": "path"}})
        result = {**super().run(tmp, task_vars), **self._install(arguments["venv"], task_vars or {})}
        if result.get("advice"):
            result["warnings"] = [f"{host_of_task(task_vars or {})}: {result['advice']}"]
        return result
