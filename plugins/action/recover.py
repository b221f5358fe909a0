# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a ledger that was lost again of what hosts have: each is read, then it is written once."""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import replace
from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import missing_library
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Inventory
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import document_file
from ansible_collections.containerhost.network.plugins.plugin_utils.recovery import recovered
from ansible_collections.containerhost.network.plugins.plugin_utils.run.every_kind import EveryKindAction

ARGUMENTS = {
    "phase": {"type": "str", "choices": ["read", "write"], "required": True},
    "ledger": {"type": "path"},
}
FOLDER = "containerhost-recovered"
NAMED = 5


class ActionModule(EveryKindAction):
    """The edge around ``recovered``: modules' answers in, a file out."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        _validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        result = ActionBase.run(self, tmp, task_vars)
        if missing := missing_library():
            return {**result, "failed": True, "msg": missing}
        if arguments["phase"] == "read":
            return {**result, **self._read(task_vars or {})}
        try:
            return {**result, **self._write(arguments["ledger"], task_vars or {})}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": str(PlanError.of(refusal))}
        except PlanError as error:
            return {**result, "failed": True, "msg": str(error)}

    def _read(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        answer = self.run_with_every_kind("network_info", {}, task_vars)
        if answer.get("failed") or answer.get("unreachable"):
            return answer
        os.makedirs(_folder(), mode=0o700, exist_ok=True)
        with open(_path(variables.host_of_task(task_vars)), "w", encoding="utf-8") as file:
            json.dump(answer.get("document", {}), file)
        return {"changed": False}

    def _write(self, named: str | None, task_vars: dict[str, Any]) -> dict[str, Any]:
        inventory = gather(variables.read_sources(task_vars, self._task, self._loader))
        path = variables.ledger_path(named or inventory.ledger_path, os.getcwd())
        found = recovered(inventory, _documents(inventory))
        # What does not fit together is found as in any plan. What the old ledger knew is no concern of this one.
        make_plan(replace(inventory, ledger_read_only=False), found, datetime.date.today().isoformat())
        with ledgers.locked(path):
            texts = _text(path), ledgers.render(found)
            changed = texts[0] != texts[1]
            if changed and not self._task.check_mode:
                ledgers.save(found, path)
        result: dict[str, Any] = {"changed": changed, "ledger": path}
        if changed and self._task.diff:
            result["diff"] = {"before": texts[0], "after": texts[1], "before_header": path, "after_header": path}
        return result


def _documents(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """What each host of the fleet has said in this run."""
    silent = sorted(host for host in inventory.hosts if not os.path.exists(_path(host)))
    if silent:
        more = f" and {len(silent) - NAMED} more" if len(silent) > NAMED else ""
        raise Refusal(
            f"what is on {', '.join(silent[:NAMED])}{more} is not known, and a ledger without it would move it",
            "Run for all hosts of the fleet, or leave out those that are gone by containerhost_hosts",
        )
    documents = {}
    for host in inventory.hosts:
        with open(_path(host), encoding="utf-8") as file:
            documents[host] = json.load(file)
    return documents


def _text(path: str) -> str:
    """The ledger as it lies there, be it one or not."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _folder() -> str:
    return os.path.join(C.DEFAULT_LOCAL_TMP, FOLDER)


def _path(host: str) -> str:
    return os.path.join(_folder(), document_file(host))
