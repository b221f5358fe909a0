# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells who has which address where, from the plan alone: no host is connected to, and the ledger is only read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.show import drawing, show
from ansible_collections.containerhost.network.plugins.plugin_utils.show.planning_action import PlanningAction
from ansible_collections.containerhost.network.plugins.plugin_utils.show.shown_ports import prometheus
from ansible_collections.containerhost.network.plugins.plugin_utils.show.told import plan_of_task
from ansible_collections.containerhost.network.plugins.plugin_utils.show.written import write

FORMATS = {**show.FORMATS, "mermaid": drawing.mermaid, "dot": drawing.dot, "prometheus": prometheus}
ARGUMENTS = {
    "format": {"type": "str", "choices": list(FORMATS), "default": "table"},
    "networks": {"type": "list", "elements": "str", "default": []},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "containers": {"type": "list", "elements": "str", "default": []},
    "dest": {"type": "path"},
    "ledger": {"type": "path"},
}


class ActionModule(PlanningAction):
    """The edge around ``show``: variables and ledger in, a text to the screen or to a file."""

    OPTIONS = ARGUMENTS

    def answer(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        told = plan_of_task(task_vars, self._task, self._loader, arguments["ledger"])
        chosen = show.choose(told.holders, arguments["networks"], arguments["hosts"], arguments["containers"])
        # What --limit leaves out is left out here as well.
        in_play = set(map(str, task_vars["ansible_play_hosts_all"]))
        if in_play & set(told.plan.documents):
            chosen = [each for each in chosen if each.host in in_play]
        text = FORMATS[arguments["format"]](chosen)
        result: dict[str, Any] = {"changed": False, "endpoints": [asdict(each) for each in chosen]}
        if told.warnings:
            result["warnings"] = told.warnings
        if arguments["dest"]:
            return {**result, **write(arguments["dest"], text, self._task.check_mode, self._task.diff)}
        self._display.display("\n" + text.rstrip("\n"))
        return result
