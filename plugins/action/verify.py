# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies a plan: what differs from it on a host, who reaches whom, and a table of it all."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.module_utils.state import neighbour_tables
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import LAB
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import host_of_task
from ansible_collections.containerhost.network.plugins.plugin_utils.run import pending, progress
from ansible_collections.containerhost.network.plugins.plugin_utils.run.every_kind import EveryKindAction
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import notes, ports, report
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.said import (
    asked_hosts,
    first_line,
    what_differs,
)

_SECONDS = 120  # listeners that nobody ends do so by themselves


class ActionModule(EveryKindAction):
    """Phases, so that all hosts answer while all hosts ask: ``listen``, ``probe``, ``follow``, ``report``."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = ActionBase.run(self, tmp, task_vars)
        arguments, task_vars = self._task.args, task_vars or {}
        phases = {
            "listen": self._listen,
            "probe": self._probe,
            "follow": self._follow,
            "report": self._report,
        }
        if arguments.get("phase") not in phases or not arguments.get("plan_dir"):
            msg = "verify needs plan_dir, and phase listen, probe, follow or report."
            return {**result, "failed": True, "msg": msg}
        try:
            return {**result, **phases[arguments["phase"]](arguments["plan_dir"], task_vars)}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}

    def _listen(self, directory: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Compare the host with its document, and answer for its containers on the ports that are published."""
        host = host_of_task(task_vars)
        notes.note(directory, host, {"failed": "it did not answer"})
        document = progress.read_host(directory, host)["document"]
        self._task.check_mode, self._task.diff = True, True
        arguments = {"document": document, "remove": ["*"], "recreate": True}
        compared = self.run_with_every_kind("document", arguments, task_vars)
        if compared.get("failed") or compared.get("unreachable"):
            notes.note(directory, host, {"failed": first_line(compared.get("msg"))})
            return compared
        drift = [what_differs(diff) for diff in compared.get("diff", ())]
        found = {"drift": drift, "pending": compared.get("pending", []), "dropped": compared.get("dropped", [])}
        wanted = ports.listeners(pending.attached(document, found["pending"]))
        done = self.run_with_engines("probe", {"listeners": wanted, "seconds": _SECONDS}, task_vars)
        if done.get("failed") or done.get("unreachable"):
            notes.note(directory, host, {"failed": first_line(done.get("msg"))})
            return done
        found.update({name: done[name] for name in ("listener", "answering", "answered", "own", "interfaces")})
        found["neighbours"] = _tables(done, task_vars)
        notes.note(directory, host, found)
        return {**done, "drift": drift}

    def _probe(self, directory: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        host = host_of_task(task_vars)
        probes = [dict(each.probe) for each in notes.tries_of(directory, asked_hosts(task_vars)) if each.host == host]
        done = self.run_with_engines("probe", {"probes": probes}, task_vars)
        note = notes.read(directory, host)
        if not done.get("failed") and not done.get("unreachable"):
            after = _tables(done, task_vars)
            notes.note(directory, host, {**note, "results": done["outcomes"], "neighbours_after": after})
        else:
            notes.note(directory, host, {**note, "failed": first_line(done.get("msg"))})
        return {"changed": False, **{name: done[name] for name in ("failed", "unreachable", "msg") if name in done}}

    def _follow(self, directory: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        """A host's part of the ways that something has failed by; where nothing is to be followed, it is not asked."""
        host = host_of_task(task_vars)
        hops = [each for way in notes.followed_of(directory, asked_hosts(task_vars)) for each in way.hops]
        probes = {each.name: dict(each.probe) for each in hops if each.host == host}
        note = notes.read(directory, host)
        if not hops or "results" not in note:
            return {"changed": False, "skipped": True, "skip_reason": "Nothing of it is to be followed there."}
        done = self.run_with_engines("probe", {"probes": list(probes.values())}, task_vars) if probes else {}
        if not done.get("failed") and not done.get("unreachable"):
            reasons = {name: outcome["reason"] for name, outcome in done.get("outcomes", {}).items()}
            notes.note(directory, host, {**note, "followed": reasons})
        return {"changed": False, **{name: done[name] for name in ("failed", "unreachable", "msg") if name in done}}

    def _report(self, directory: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        plan = progress.read_plan(directory)
        # Hosts outside --limit were not asked, and nobody minds.
        asked = asked_hosts(task_vars)
        tries = [each for each in notes.tries_of(directory, asked, "results") if each.host in asked]
        found = notes.findings(directory, plan, asked)
        everything = bool(self._display.verbosity)
        about = notes.about(notes.documents_of(directory), plan["networks"])
        told = report.report_of(tries, found, plan["networks"], about, everything)
        result = {"changed": False, "report": told.lines, "problems": told.problems}
        self._display.display("\n" + "\n".join(told.lines))
        if told.problems:
            del result["report"]
            count = "1 thing is" if len(told.problems) == 1 else f"{len(told.problems)} things are"
            return {**result, "failed": True, "msg": f"{count} wrong; the table above says what."}
        return {**result, "msg": "Everything that is planned works."}


def _tables(answer: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
    """The host's tables of neighbours. A lab's hosts are namespaces here, and share this machine's, which they do not
    see."""
    if task_vars.get("ansible_connection") != LAB:
        return {"tables": answer.get("neighbours", {}), "machine": False}
    return {"tables": {name: table._asdict() for name, table in neighbour_tables.read().items()}, "machine": True}
