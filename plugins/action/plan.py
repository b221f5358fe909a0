# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the whole fleet's networks, on the controller, without a connection to any host."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils import plan_dir
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import missing_library
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan, make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.run import keys, shown_diff

ARGUMENTS = {
    "drivers": {"type": "list", "elements": "str"},
    "dest": {"type": "path"},
    "ledger": {"type": "path"},
}
PLAN_DIRECTORY = "containerhost-plan"


class ActionModule(ActionBase):
    """The edge around ``make_plan``: reads variables and ledger, writes ledger and plan files."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        result = super().run(tmp, task_vars)
        missing = missing_library()
        if missing:
            return {**result, "failed": True, "msg": missing}
        return {**result, **self._once(arguments, task_vars or {})}

    def _once(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Do the work for the first host that comes; the others of this task get its result.

        Under ``strategy: free`` a task with run_once runs for every host, in processes of their own.
        """
        # Plans for other arguments have a directory of their own: one host may be at the next role already.
        base = os.path.join(C.DEFAULT_LOCAL_TMP, PLAN_DIRECTORY)
        key = _key(self._task.check_mode, sorted(arguments.items()))
        os.makedirs(base, mode=0o700, exist_ok=True)
        with _locked(os.path.join(base, f"{key}.lock")):
            # The task is the same object for all hosts of one ansible-playbook process, which is our parent.
            done = os.path.join(base, f"{key}.{_key(os.getppid(), self._task._uuid)}.result")
            if os.path.exists(done):
                with open(done, encoding="utf-8") as file:
                    return _again(json.load(file))
            result = self._work(arguments, task_vars, arguments["dest"] or os.path.join(base, key))
            told = {name: value for name, value in result.items() if name not in ("diff", "warnings")}
            with open(done, "w", encoding="utf-8") as file:
                json.dump({**told, "told": variables.host_of_task(task_vars)}, file)
            return result

    def _work(self, arguments: dict[str, Any], task_vars: dict[str, Any], directory: str) -> dict[str, Any]:
        try:
            sources = variables.read_sources(task_vars, self._task, self._loader)
            hosts = task_vars.get("ansible_play_hosts_all", ())
            return self._plan(arguments, sources, directory, hosts)
        except Refusal as refusal:
            return _failure(PlanError.of(refusal))
        except PlanError as error:
            return _failure(error)

    def _plan(
        self, arguments: dict[str, Any], sources: Sources, directory: str, hosts: Collection[str]
    ) -> dict[str, Any]:
        inventory = gather(sources)
        path = variables.ledger_path(arguments["ledger"] or inventory.ledger_path, os.getcwd())
        folder = os.path.dirname(os.path.realpath(path))
        inventory = replace(inventory, coverage=inventory.coverage.beside(folder))
        with ledgers.locked(path):
            before = ledgers.load(path)
            told, asked = keys.told(directory, os.getppid())
            believed, doubted = keys.believed(before, told)
            known = keys.with_told(before, believed)
            plan = make_plan(inventory, known, datetime.date.today().isoformat(), arguments["drivers"], before)
            keys.check_in_step(plan.documents.networks, hosts, self._task.get_play().strategy)
            texts = ledgers.render(before), ledgers.render(plan.ledger)
            changed = plan.ledger != before
            if self._task.check_mode:
                texts = (_shown_in_this_run(path, texts[1]) or texts[0], texts[1])
                changed = texts[0] != texts[1]
            elif changed:
                ledgers.save(plan.ledger, path)
        plan_dir.write(plan, directory)
        if plan.rehearsed:
            self._display.display(plan.rehearsed)
        result = self._result(plan, directory, path, changed, texts)
        warnings = [*sources.ignored, *plan.warnings, *doubted, *keys.unknown(plan.fleet, asked)]
        return {**result, "warnings": warnings} if warnings else result

    def _result(self, plan: Plan, directory: str, path: str, changed: bool, texts: tuple[str, str]) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": changed,
            "plan_dir": directory,
            "digest": plan.digest(),
            "ledger": path,
            "keyed": keys.needed(plan.documents.networks.values()),
            # Without members: a result of run_once is copied to every host.
            "networks": {
                name: {"driver": network["driver"], "shared": network["shared"]}
                for name, network in plan.networks.items()
            },
        }
        if changed and self._task.diff:
            result["diff"] = shown_diff.of_ledger(path, *texts, whole=self._display.verbosity > 0)
        return result


def _again(done: dict[str, Any]) -> dict[str, Any]:
    """The result for a further host. What is wrong has been told at the first."""
    host = done.pop("told")
    if done.get("failed"):
        done["msg"] = f"the plan of this run is refused, for what is said at {host}; nothing has been changed."
    return {**done, "changed": False}


def _shown_in_this_run(path: str, text: str) -> str | None:
    """The ledger as an earlier task of this check has shown that it would be; noted for the next one, as nothing is
    written."""
    name = f"{_key(os.getppid(), path)}.shown"
    note = os.path.join(C.DEFAULT_LOCAL_TMP, PLAN_DIRECTORY, name)
    try:
        with open(note, encoding="utf-8") as file:
            before = file.read()
    except FileNotFoundError:
        before = None
    with open(note, "w", encoding="utf-8") as file:
        file.write(text)
    return before


def _failure(error: PlanError) -> dict[str, Any]:
    return {"failed": True, "msg": str(error)}


def _key(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
