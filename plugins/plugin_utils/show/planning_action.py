# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of actions that answer from the plan alone: no host is connected to."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import missing_library


class PlanningAction(ActionBase):
    """What is wrong with the inventory, or with the task, is the task's failure in a sentence."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True
    OPTIONS: ClassVar[dict[str, Any]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        _validation, arguments = self.validate_argument_spec(argument_spec=self.OPTIONS)
        result = super().run(tmp, task_vars)
        missing = missing_library()
        if missing:
            return {**result, "failed": True, "msg": missing}
        try:
            return {**result, **self.answer(arguments, task_vars or {})}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}
        except PlanError as error:
            return {**result, "failed": True, "msg": str(error)}

    def answer(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """The result, without what every action's has. Raises Refusal or PlanError."""
        raise NotImplementedError
