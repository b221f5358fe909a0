# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands a host its document: read from the plan's folder on the controller, applied by the module on the host."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils import phases, progress
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.every_kind import EveryKindAction
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import host_of_task

_OURS = ("plan_dir", "phase", "drivers")


class ActionModule(EveryKindAction):
    """With ``plan_dir``, finds the document and says which leftovers may go; without, passes everything on."""

    MODULE = "document"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        arguments = dict(self._task.args)
        if not arguments.get("plan_dir"):
            return super().run(tmp, task_vars)
        result = ActionBase.run(self, tmp, task_vars)
        phase = arguments.get("phase", "all")
        if phase not in ("make", "remove", "all"):
            return {**result, "failed": True, "msg": f"phase {phase!r} is none of make, remove, all."}
        try:
            return {**result, **self._of_the_plan(arguments, phase, task_vars or {})}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}

    def _of_the_plan(self, arguments: dict[str, Any], phase: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        directory, host = arguments["plan_dir"], host_of_task(task_vars)
        plan = progress.read_plan(directory)
        who = {host}
        if phase == "remove":
            kept = progress.made_here(directory, plan["digest"], host)
            if kept is None:
                # A check that ended early, for want of a library.
                return {"changed": False, "skipped": True, "skip_reason": f"{host} has made nothing in this run"}
            if not any(kept.values()):
                # Making has looked already: nothing of ours is left over here.
                return {"changed": False, "kept": {}, "counts": {}}
            who = progress.made(directory, plan["digest"])
        scope = phases.NOTHING
        if phase != "make":
            scope = phases.scope(plan["networks"], plan["known_networks"], arguments.get("drivers"), who)
        own = progress.read_host(directory, host)
        passed = {name: value for name, value in arguments.items() if name not in _OURS}
        # As text: Ansible copies and looks through what is structured, option by option.
        passed.update(document=json.dumps(own["document"]), remove=list(scope.remove), keep=list(scope.keep))
        result = self.run_with_every_kind(self.MODULE, passed, task_vars)
        if not result.get("failed") and not result.get("unreachable"):
            progress.note(directory, host, plan["digest"], result.get("kept", {}))
            waiting = phases.postponed(result.get("kept", {}), scope.waiting, host)
            if waiting:
                result["warnings"] = [*result.get("warnings", []), *waiting]
        return result
