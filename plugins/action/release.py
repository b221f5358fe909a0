# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases what the ledger holds for hosts, networks and containers that have left the inventory."""

from __future__ import annotations

import datetime
import os
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables

CRITERIA = ("networks", "hosts", "containers", "older_than")
_MOST_DAYS = 36500
ARGUMENTS = {
    "networks": {"type": "list", "elements": "str"},
    "hosts": {"type": "list", "elements": "str"},
    "containers": {"type": "list", "elements": "str"},
    "older_than": {"type": "int"},
    "ledger": {"type": "path"},
}


class ActionModule(ActionBase):
    """The edge around ``ledger.release``: no connection, one file."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS, required_one_of=[CRITERIA])
        result = super().run(tmp, task_vars)
        try:
            return {**result, **self._release(arguments, task_vars or {})}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": str(PlanError.of(refusal))}

    def _release(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        _hosts, here = variables.variables_of_task(task_vars, self._task)
        named = arguments["ledger"] or here.get("containerhost_ledger")
        path = variables.ledger_path(named, os.getcwd())
        with ledgers.locked(path):
            before = ledgers.load(path)
            names = {kind: tuple(arguments[kind] or ()) for kind in ("networks", "hosts", "containers")}
            after, released = ledgers.release(before, **names, older_than=_day(arguments["older_than"]))
            if released and not self._task.check_mode:
                ledgers.save(after, path)
        result: dict[str, Any] = {"changed": bool(released), "released": released, "ledger": path}
        unknown = ledgers.unknown(before, **names)
        if unknown:
            result["warnings"] = unknown
        if released and self._task.diff:
            texts = ledgers.render(before), ledgers.render(after)
            result["diff"] = {"before": texts[0], "after": texts[1], "before_header": path, "after_header": path}
        return result


def _day(days: int | None) -> datetime.date | None:
    """What left on this day or before is old enough: 0 is today."""
    if days is None:
        return None
    if not 0 <= days <= _MOST_DAYS:
        raise Refusal(f"`older_than` is {days}", f"Write a number of days from 0 to {_MOST_DAYS}")
    return datetime.date.today() - datetime.timedelta(days=days)
