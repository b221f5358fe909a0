# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies a plan: what differs from it on a host, who reaches whom, and a table of it all."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.module_utils.state import neighbour_tables
from ansible_collections.containerhost.network.plugins.plugin_utils import neighbours, pending, progress
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.every_kind import EveryKindAction
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import LAB
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import host_of_task
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address, special
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import document_file
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import ports, probes, report
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Heard, Try, ends

FOLDER = "verified"
MACHINE = "this machine, which the lab's hosts share"
_SECONDS = 120  # listeners that nobody ends do so by themselves


class ActionModule(EveryKindAction):
    """Three phases, so that all hosts answer while all hosts ask: ``listen``, ``probe``, ``report``."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = ActionBase.run(self, tmp, task_vars)
        arguments, task_vars = self._task.args, task_vars or {}
        phases = {"listen": self._listen, "probe": self._probe, "report": self._report}
        if arguments.get("phase") not in phases or not arguments.get("plan_dir"):
            return {**result, "failed": True, "msg": "verify needs plan_dir, and phase listen, probe or report."}
        try:
            return {**result, **phases[arguments["phase"]](arguments["plan_dir"], task_vars)}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}

    def _listen(self, directory: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Compare the host with its document, and answer for its containers on the ports that are published."""
        host = host_of_task(task_vars)
        _note(directory, host, {"failed": "it did not answer"})
        document = progress.read_host(directory, host)["document"]
        self._task.check_mode, self._task.diff = True, True
        arguments = {"document": document, "remove": ["*"], "recreate": True}
        compared = self.run_with_every_kind("document", arguments, task_vars)
        if compared.get("failed") or compared.get("unreachable"):
            _note(directory, host, {"failed": _first_line(compared.get("msg"))})
            return compared
        drift = [_what(diff) for diff in compared.get("diff", ())]
        found = {"drift": drift, "pending": compared.get("pending", [])}
        wanted = ports.listeners(pending.attached(document, found["pending"]))
        done = self.run_with_engines("probe", {"listeners": wanted, "seconds": _SECONDS}, task_vars)
        if done.get("failed") or done.get("unreachable"):
            _note(directory, host, {"failed": _first_line(done.get("msg"))})
            return done
        found.update({name: done[name] for name in ("listener", "answering", "answered", "own")})
        found["neighbours"] = _tables(done, task_vars)
        _note(directory, host, found)
        return {**done, "drift": drift}

    def _probe(self, directory: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        host = host_of_task(task_vars)
        probes = [dict(each.probe) for each in _tries(directory, _asked(task_vars)) if each.host == host]
        done = self.run_with_engines("probe", {"probes": probes}, task_vars)
        note = _read(directory, host)
        if not done.get("failed") and not done.get("unreachable"):
            after = _tables(done, task_vars)
            _note(directory, host, {**note, "results": done["outcomes"], "neighbours_after": after})
        else:
            _note(directory, host, {**note, "failed": _first_line(done.get("msg"))})
        return {"changed": False, **{name: done[name] for name in ("failed", "unreachable", "msg") if name in done}}

    def _report(self, directory: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        plan = progress.read_plan(directory)
        # Hosts outside --limit were not asked, and nobody minds.
        asked = _asked(task_vars)
        tries = [each for each in _tries(directory, asked, "results") if each.host in asked]
        found = _findings(directory, plan, asked)
        everything = bool(self._display.verbosity)
        told = report.report_of(tries, found, plan["networks"], _about(directory, plan), everything)
        result = {"changed": False, "report": told.lines, "problems": told.problems}
        self._display.display("\n" + "\n".join(told.lines))
        if told.problems:
            del result["report"]
            count = "1 thing is" if len(told.problems) == 1 else f"{len(told.problems)} things are"
            return {**result, "failed": True, "msg": f"{count} wrong; the table above says what."}
        return {**result, "msg": "Everything that is planned works."}


def _asked(task_vars: dict[str, Any]) -> set[str]:
    return set(map(str, task_vars["ansible_play_hosts_all"]))


def _first_line(text: Any) -> str:
    return str(text or "it did not answer").strip().splitlines()[0].rstrip(".")


def _tables(answer: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
    """The host's tables of neighbours. A lab's hosts are namespaces here, and share this machine's, which they do not
    see."""
    if task_vars.get("ansible_connection") != LAB:
        return {"tables": answer.get("neighbours", {}), "machine": False}
    return {"tables": {name: table._asdict() for name, table in neighbour_tables.read().items()}, "machine": True}


def _findings(directory: str, plan: dict[str, Any], asked: set[str]) -> report.Findings:
    notes = {host: _read(directory, host) for host in plan["hosts"] if host in asked}
    silent = {host: note.get("failed", "it did not answer") for host, note in notes.items() if "results" not in note}
    heard = _heard(directory, asked, "results")
    documents = _documents(directory)
    every = list(ends(documents))
    overflows, warned = {}, []
    for host, note in notes.items():
        before, after = note.get("neighbours", {}), note.get("neighbours_after", {})
        where = MACHINE if after.get("machine") else host
        for text in neighbours.overflows(where, before.get("tables", {}), after.get("tables", {})):
            overflows.setdefault(where, text)
        if not before.get("machine"):
            warned += neighbours.notes(host, plan["neighbours"].get(host, {}), before.get("tables", {}))
    return report.Findings(
        results={host: note["results"] for host, note in notes.items() if "results" in note},
        drift={host: note.get("drift", []) for host, note in notes.items()},
        pending=[text for host, note in notes.items() for text in pending.sentences(note.get("pending", ()), host)],
        silent=silent,
        untried=list(ports.unanswered({host: documents[host] for host in notes}, every, heard)),
        overflows=list(overflows.values()),
        notes=warned,
    )


def _heard(directory: str, asked: set[str], last: str = "drift") -> Heard:
    """What hosts have said. Silent is who was asked and has not come to ``last``."""
    notes = {host: _read(directory, host) for host in progress.read_plan(directory)["hosts"]}
    return Heard(
        own={host: _own(note.get("own", {})) for host, note in notes.items()},
        answering={host: frozenset(note.get("answering", ())) for host, note in notes.items()},
        answered={host: frozenset(note.get("answered", ())) for host, note in notes.items()},
        silent=frozenset(host for host, note in notes.items() if host in asked and last not in note),
    )


def _own(told: Any) -> dict[int, str]:
    """A host's word for where it is, as far as others may be sent there."""
    found = {}
    for text in told.values() if isinstance(told, dict) else ():
        try:
            address = parse_address(str(text))
        except Refusal:
            continue
        if not special(address):
            found[address.version] = str(address)
    return found


def _what(diff: dict[str, str]) -> str:
    """The object that a diff is about, and whether it is missing or too much."""
    before, after = diff["before_header"], diff["after_header"]
    if before.endswith(": absent"):
        return f"{after} is missing"
    return f"{before} is left over" if after.endswith(": absent") else f"{before} differs"


def _documents(directory: str) -> dict[str, dict[str, Any]]:
    """What is planned, without containers of which the hosts say that they are not attached."""
    whole = {host: progress.read_host(directory, host)["document"] for host in progress.read_plan(directory)["hosts"]}
    return {host: pending.attached(each, _read(directory, host).get("pending", ())) for host, each in whole.items()}


def _tries(directory: str, asked: set[str], last: str = "drift") -> list[Try]:
    plan = progress.read_plan(directory)
    heard = _heard(directory, asked, last)
    return probes.tries(_documents(directory), plan["networks"], plan.get("underlay", {}), heard)


def _about(directory: str, plan: dict[str, Any]) -> dict[str, str]:
    """Each network in a few words, from its driver and what its documents hold."""
    words = {name: [network["driver"]] for name, network in plan["networks"].items()}
    for document in _documents(directory).values():
        for vxlan in document.get("vxlan", ()):
            bridged = ["bridged"] if vxlan.get("master") else []
            for text in (*bridged, f"vxlan {vxlan['vni']}"):
                words[vxlan["network"]] += [text] if text not in words[vxlan["network"]] else []
        for rule in document.get("nat_rule", ()):
            words[rule["network"]] += ["nat"] if "nat" not in words[rule["network"]] else []
    return {name: ", ".join(parts) for name, parts in words.items()}


def _path(directory: str, host: str) -> str:
    return os.path.join(directory, FOLDER, document_file(host))


def _note(directory: str, host: str, content: dict[str, Any]) -> None:
    os.makedirs(os.path.join(directory, FOLDER), mode=0o700, exist_ok=True)
    path = _path(directory, host)
    # Other hosts' tasks read it at the same time: the whole of it, or what it was before.
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(f"{path}.new", path)


def _read(directory: str, host: str) -> dict[str, Any]:
    try:
        with open(_path(directory, host), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}
