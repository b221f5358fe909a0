# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells a fleet's addresses, names and ports as facts. No host is connected to, and the ledger is only read."""

from __future__ import annotations

from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.show import fleet_facts
from ansible_collections.containerhost.network.plugins.plugin_utils.show.planning_action import PlanningAction
from ansible_collections.containerhost.network.plugins.plugin_utils.show.told import plan_of_task

ARGUMENTS = {"ledger": {"type": "path"}}


class ActionModule(PlanningAction):
    """The edge around ``fleet_facts``: variables and ledger in, facts out."""

    OPTIONS = ARGUMENTS

    def answer(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        told = plan_of_task(task_vars, self._task, self._loader, arguments["ledger"])
        networks = {name: network["driver"] for name, network in told.plan.networks.items()}
        facts = fleet_facts.fleet_facts(told.holders, told.plan.documents, networks)
        warnings = {"warnings": told.warnings} if told.warnings else {}
        return {"changed": False, "ansible_facts": {fleet_facts.NAME: facts}, **warnings}
