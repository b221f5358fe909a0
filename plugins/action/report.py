# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a fleet's networks as one HTML file: from the plan alone, or with what hosts have answered to ``verify``."""

from __future__ import annotations

import datetime
import os
from dataclasses import asdict, replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.report import page, problems, values
from ansible_collections.containerhost.network.plugins.plugin_utils.run import progress
from ansible_collections.containerhost.network.plugins.plugin_utils.show.planning_action import PlanningAction
from ansible_collections.containerhost.network.plugins.plugin_utils.show.written import write
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import notes

ARGUMENTS = {
    "dest": {"type": "path", "required": True},
    "plan_dir": {"type": "path"},
    "ledger": {"type": "path"},
}


class ActionModule(PlanningAction):
    """The edge around ``report``: variables, ledger and hosts' answers in, a file out."""

    OPTIONS = ARGUMENTS

    def answer(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        sources = variables.read_sources(task_vars, self._task, self._loader)
        inventory = gather(sources)
        if not arguments["plan_dir"]:
            # What the ledger does not know yet may be told, as nothing of it is remembered here.
            inventory = replace(inventory, ledger_read_only=False)
        before = ledgers.load(variables.ledger_path(arguments["ledger"] or inventory.ledger_path, os.getcwd()))
        plan = make_plan(inventory, before, datetime.date.today().isoformat())
        # What --limit leaves out is left out here as well.
        in_play = set(map(str, task_vars["ansible_play_hosts_all"]))
        hosts = [host for host in plan.documents if host in in_play] or list(plan.documents)
        fleet = values.of_plan(plan, before, hosts, sources.ignored, asked=bool(arguments["plan_dir"]))
        if arguments["plan_dir"]:
            fleet = _verified(fleet, arguments["plan_dir"], in_play)
        result = write(arguments["dest"], page.page(fleet), self._task.check_mode, diff=False)
        said = f"{result['dest']}: {problems.headline(fleet)}"
        self._display.display(f"\n{said}")
        return {
            **result,
            "msg": f"{said}.",
            "verified": fleet.found is not None,
            "problems": list(fleet.problems),
            "report_warnings": list(fleet.warnings),
            "endpoints": [asdict(each) for each in fleet.holders],
        }


def _verified(fleet: values.ShownFleet, directory: str, asked: set[str]) -> values.ShownFleet:
    """With what the hosts of this run have noted in the plan's folder."""
    plan = progress.read_plan(directory)
    if plan["digest"] != fleet.digest:
        raise Refusal(
            f"the plan in {directory} is another one than the inventory and the ledger make now",
            "Plan and verify again, and nothing in between",
        )
    tries = notes.tries_of(directory, asked, "results")
    now = datetime.datetime.now(datetime.UTC)
    return values.verified(
        fleet, tries, notes.findings(directory, plan, asked), sorted(asked), now.strftime("%Y-%m-%d %H:%M UTC")
    )
