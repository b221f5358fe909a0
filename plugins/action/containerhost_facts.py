# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells a fleet's addresses, names and ports as facts. No host is connected to, and the ledger is only read."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils import fleet_facts
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import missing_library
from ansible_collections.containerhost.network.plugins.plugin_utils.told import plan_of_task

ARGUMENTS = {"ledger": {"type": "path"}}


class ActionModule(ActionBase):
    """The edge around ``fleet_facts``: variables and ledger in, facts out."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        _validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        result = super().run(tmp, task_vars)
        missing = missing_library()
        if missing:
            return {**result, "failed": True, "msg": missing}
        try:
            told = plan_of_task(task_vars or {}, self._task, self._loader, arguments["ledger"])
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}
        except PlanError as error:
            return {**result, "failed": True, "msg": str(error)}
        networks = {name: network["driver"] for name, network in told.plan.networks.items()}
        facts = fleet_facts.fleet_facts(told.holders, told.plan.documents, networks)
        warnings = {"warnings": told.warnings} if told.warnings else {}
        return {**result, "changed": False, "ansible_facts": {fleet_facts.NAME: facts}, **warnings}
