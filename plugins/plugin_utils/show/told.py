# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan to tell of, for actions that change nothing: variables and ledger are read, and no host is asked."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan, make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show import show


@dataclass(frozen=True)
class Told:
    """The plan, who has addresses by it, and sentences that a user must hear of."""

    plan: Plan
    holders: list[show.Holder]
    warnings: list[str]


def plan_of_task(task_vars: Mapping[str, Any], task: Any, loader: Any, ledger: str | None) -> Told:
    """The plan as the next run makes it. ``ledger`` names its file, else the inventory does.

    Raises PlanError and Refusal.
    """
    sources = variables.read_sources(task_vars, task, loader)
    # What the ledger does not know yet may be told, as nothing of it is remembered here.
    inventory = replace(gather(sources), ledger_read_only=False)
    before = ledgers.load(variables.ledger_path(ledger or inventory.ledger_path, os.getcwd()))
    plan = make_plan(inventory, before, datetime.date.today().isoformat())
    return Told(plan, show.holders(plan, before), [*sources.ignored, *plan.warnings])
