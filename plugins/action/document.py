# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands a host its document: read from the plan's folder on the controller, applied by the module on the host."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import host_of_task
from ansible_collections.containerhost.network.plugins.plugin_utils.model import GUARD_SECONDS
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import document_file
from ansible_collections.containerhost.network.plugins.plugin_utils.run import (
    guard,
    keeping,
    keys,
    outcomes,
    pending,
    phases,
    progress,
    settled,
    shown_diff,
    summary,
    underlay_room,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.run.every_kind import EveryKindAction
from ansible_collections.containerhost.network.plugins.plugin_utils.run.prerequisites import InstallingAction
from ansible_collections.containerhost.network.plugins.plugin_utils.show.published import FACT, published

PHASES = ("keys", "make", "left_over", "switch", "remove", "all")
_OURS = ("plan_dir", "drivers", "install", "venv")


class ActionModule(EveryKindAction, InstallingAction):
    """With ``plan_dir``, finds the document and says which leftovers may go; without, passes everything on.

    A host that lacks a library says so itself; where it may, it is given that, and the document is applied again.
    """

    MODULE = "document"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = ActionBase.run(self, tmp, task_vars)
        arguments = dict(self._task.args)
        if not arguments.get("plan_dir"):
            applied = self._apply(arguments, task_vars or {})
            return {**result, **_warned(applied, host_of_task(task_vars or {}))}
        phase = arguments.get("phase", "all")
        if phase not in PHASES:
            return {**result, "failed": True, "msg": f"phase {phase!r} must be one of {', '.join(PHASES)}."}
        try:
            if phase == "keys":
                return {**result, **self._ask_for_keys(arguments, task_vars or {})}
            done = self._of_the_plan(arguments, phase, task_vars or {})
            if phase != "left_over":
                done = _warned(done, host_of_task(task_vars or {}))
                self._tell(arguments["plan_dir"], phase, done, task_vars or {})
            elif not done["hosts"]:
                self._summarize(arguments["plan_dir"])
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}
        except AnsibleError as error:
            lost = "unreachable" if isinstance(error, AnsibleConnectionFailure) else "failed"
            self._tell(arguments["plan_dir"], phase, {lost: True}, task_vars or {})
            raise
        return {**result, **done}

    def _ask_for_keys(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """A host of a network whose members have keys makes those that it lacks, and tells the public ones."""
        directory, host = arguments["plan_dir"], host_of_task(task_vars)
        document = keys.of_document(progress.read_host(directory, host)["document"])
        if not document:
            return {"changed": False, "skipped": True, "skip_reason": f"{host} needs no keys"}
        result = self._apply({"document": json.dumps(document)}, task_vars)
        if isinstance(result.get("public_keys"), dict):
            keys.note(directory, os.getppid(), host, document, result.pop("public_keys"))
        return result

    def _tell(self, directory: str, phase: str, done: dict[str, Any], task_vars: dict[str, Any]) -> None:
        """Note what became of the host, and tell all of the run if this was the last one.

        Of its warnings, those are left in ``done`` that the host tells itself.
        """
        host = host_of_task(task_vars)
        few = len(task_vars.get("ansible_play_hosts_all", ())) <= summary.ALONE
        everyone = few or self._display.verbosity > 0
        warnings, warned = outcomes.told(directory, done.pop("warnings", ()), host, everyone)
        if warnings:
            done["warnings"] = warnings
        plan = progress.read_plan(directory)
        about = {
            "host": host,
            "networks": [name for name, network in plan["networks"].items() if host in network["members"]],
            "postponed": done.get("postponed", {}),
            "warnings": warned,
        }
        if phase not in ("switch", "remove"):
            about["containers"] = outcomes.containers(progress.read_host(directory, host)["document"])
        ended = phase not in ("make", "switch")
        outcomes.record(directory, document_file(host), {**about, **outcomes.of_result(done)}, ended)
        hosts = (task_vars.get(name, ()) for name in ("ansible_play_hosts", "ansible_play_batch"))
        active, batch = ([document_file(each) for each in names] for names in hosts)
        if outcomes.is_end(directory, active, batch):
            self._summarize(directory)

    def _summarize(self, directory: str) -> None:
        """The summary, once in a run: under ``strategy: free`` each host comes by here."""
        if outcomes.claim(directory, outcomes.CLAIMED, "summary"):
            told = summary.lines(outcomes.entries(directory), self._task.check_mode, self._display.verbosity > 0)
            self._display.display("\n" + "\n".join(told))

    def _of_the_plan(self, arguments: dict[str, Any], phase: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        directory, host = arguments["plan_dir"], host_of_task(task_vars)
        plan = progress.read_plan(directory)
        if phase == "left_over":
            about = (directory, plan["digest"])
            hosts = progress.left_over(*about)
            return {"changed": False, "hosts": hosts, "switching": progress.switching(*about) if hosts else []}
        who = turned = {host}
        if phase in ("switch", "remove"):
            if (nothing := _nothing_to_do(directory, plan["digest"], host, phase)) is not None:
                return nothing
            who, turned = progress.made(directory, plan["digest"])
        elsewhere = plan.get("elsewhere", ())
        about = (plan["networks"], plan["known_networks"], arguments.get("drivers"))
        now, of_turned = (phases.scope(*about, hosts, elsewhere) for hosts in (who, turned))
        # By the old way still comes who has made, and was lost before it has turned.
        scope = of_turned if phase == "remove" else phases.NOTHING if phase in ("make", "switch") else now
        own = progress.read_host(directory, host)
        held = phases.held(plan["networks"], now.waiting, phase, scope.waiting)
        passed = {**_passed(arguments, own, plan, host), **held}
        result = self._apply({**passed, "remove": list(scope.remove), "keep": list(scope.keep)}, task_vars)
        if phase == "make" and result.get("partly"):
            # A host that has failed gets no further: leftovers that have nothing to do with the failure go now.
            scope, refused = now, result.get("problems", ())
            passed.update(phase="all", remove=list(scope.remove), keep=list(scope.keep))
            result = _second(self._apply(passed, task_vars), refused, host)
        if phase == "make" and self._task.check_mode and host in keys.told(directory, os.getppid())[1]:
            result = keys.without_shown(result)
        if not result.get("failed") and not result.get("unreachable") and not result.get("lacks"):
            # A check of a later phase tells of the kernel as it is, and a run will have turned it by then.
            switches = bool(result.pop("switches", False)) and (phase == "make" or not self._task.check_mode)
            kept = {name: number for name, number in result.get("kept", {}).items() if name not in elsewhere}
            progress.note(directory, host, plan["digest"], kept, switches)
            result.update(kept=kept, postponed=phases.postponed(kept, phases.waited_for(scope, now)))
            if result.get("diff") and not self._display.verbosity:
                result["diff"] = self._shown(directory, result["diff"], task_vars)
            if phase != "remove":
                result["ansible_facts"] = {FACT: published(own["document"])}
        return result

    def _shown(self, directory: str, diffs: list[dict[str, Any]], task_vars: dict[str, Any]) -> list[Any]:
        """Of many objects, an example of each sort is shown by the first host in this run that has it."""
        hosts, host = len(task_vars.get("ansible_play_hosts_all", ())), host_of_task(task_vars)

        def is_first(group: str) -> bool:
            return outcomes.claim(directory, outcomes.CLAIMED, urllib.parse.quote(group, safe=""))

        def alike(counts: str) -> str | None:
            first = outcomes.first_with(directory, counts, host)
            return None if first == host else first

        return shown_diff.shown(diffs, hosts, is_first, alike)

    def _apply(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module; once more if it lacked a library that has been installed. A check ends where it lacks one."""
        applied = self._applied(arguments, task_vars)
        if not applied.get("lacks") or not boolean(self._task.args.get("install", False)):
            return applied
        installed = self._install(self._task.args.get("venv"), task_vars, _programs(applied["lacks"]))
        if installed.get("failed") or installed.get("unreachable"):
            return installed
        if not installed["changed"]:
            return applied  # what it lacks is no package's, such as for a Python that does not see the distribution's
        if self._task.check_mode:
            return {**installed, "lacks": applied["lacks"]}
        again = self._applied(arguments, task_vars)
        if again.get("lacks"):
            # The advice that has been followed is not given again.
            here = f"{host_of_task(task_vars)} has been given {installed['plan']}, and modules still find none of it"
            advice = installed.get("advice") or (
                "Reinstall it, where its files are not what the package manager takes them for, or set"
                " ansible_python_interpreter to a Python that finds them."
            )
            told = {name: value for name, value in again.items() if name != "exception"}
            return {**told, "msg": f"{here}: {advice}"}
        if self._task.diff:
            again["diff"] = [*installed["diff"], *again.get("diff", [])]
        return {**again, "changed": True, "installed": installed["plan"]}

    def _applied(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run the module; where that could have cut the way to the host, come back to it by a new connection."""
        about = guard.about(arguments.get("guarded_for", 0), self._connection)
        passed = {name: value for name, value in arguments.items() if name != "guarded_for"}
        if about is None:
            return self.run_with_every_kind(self.MODULE, passed, task_vars)

        def run(told: Mapping[str, Any]) -> dict[str, Any]:
            return self.run_with_every_kind(self.MODULE, {**passed, "guard": json.dumps(told)}, task_vars)

        return guard.confirmed(run(about), about, self._connection, run)


def _nothing_to_do(directory: str, digest: str, host: str, phase: str) -> dict[str, Any] | None:
    """The answer of a host that has nothing to do in a later phase; None where it has."""
    kept = progress.made_here(directory, digest, host)
    if kept is None:
        # A check that ended early, for want of a library.
        return {"changed": False, "skipped": True, "skip_reason": f"{host} has made nothing in this run"}
    if not any(kept.values()):
        # Making has looked already: nothing of ours is left over here.
        return {"changed": False, "kept": {}, "counts": {}}
    if phase == "switch" and not progress.switches_here(directory, digest, host):
        return {"changed": False, "kept": kept, "counts": {}}
    return None


def _passed(arguments: dict[str, Any], own: dict[str, Any], plan: dict[str, Any], host: str) -> dict[str, Any]:
    """What the module is given, but for the leftovers that may go.

    As text: Ansible copies and looks through what is structured, option by option.
    """
    return {
        **{name: value for name, value in arguments.items() if name not in _OURS},
        "document": json.dumps(own["document"]),
        "save": json.dumps(keeping.of_host(own, plan, host, arguments.get("drivers"))),
        "settled": json.dumps(settled.of_host(plan.get("settled", {}), host)),
        "underlay": json.dumps(underlay_room.of_host(plan.get("underlay_room", {}), plan["networks"], host)),
        "guarded_for": plan.get("guard", {}).get(host, GUARD_SECONDS),
    }


def _second(result: dict[str, Any], refused: Sequence[str], host: str) -> dict[str, Any]:
    """The answer to a second try. Where that was refused nothing, the first one's changes are nowhere told."""
    if result.get("failed") or result.get("unreachable"):
        return result
    why = "; ".join(refused)
    told = f"{host}: a first try was refused in part ({why}). A second one has made the rest, which alone is shown."
    return {**result, "changed": True, "warnings": [*result.get("warnings", []), told]}


def _programs(lacks: Sequence[str]) -> list[str]:
    """Those of what a host lacks that it is asked for by name; libraries it looks for anyway."""
    return [name for name in lacks if name not in ("pyroute2", "libnftables")]


def _warned(result: dict[str, Any], host: str) -> dict[str, Any]:
    """The answer of a host, with warnings of containers that it could not attach, and of what its firewall drops."""
    told = [
        *pending.sentences(result.get("pending", ()), host),
        *(f"{host}: {sentence}" for sentence in result.get("dropped", ())),
    ]
    return {**result, "warnings": [*result.get("warnings", []), *told]} if told else result
