# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explains one way: from a container to another one or to an address, which hop it ends at and why."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import host_of_task
from ansible_collections.containerhost.network.plugins.plugin_utils.run import pending, progress
from ansible_collections.containerhost.network.plugins.plugin_utils.run.every_kind import EveryKindAction
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import notes, pair, ways
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.said import (
    asked_hosts,
    first_line,
    what_differs,
)

ARGUMENTS = {
    "plan_dir": {"type": "str", "required": True},
    "phase": {"type": "str", "choices": ["look", "tell"], "required": True},
    "from": {"type": "str", "required": True},
    "to": {"type": "str", "required": True},
    "protocol": {"type": "str", "choices": list(ways.PROTOCOLS), "default": "icmp"},
    "port": {"type": "int", "default": 0},
}

_LACKING = (
    "A way has two ends, `from` and `to`, and this one lacks {}. Name both: to the playbook, as"
    " `-e containerhost_from=h1/shop -e containerhost_to=h2/db`."
)


class ActionModule(EveryKindAction):
    """Two phases: each host that is concerned looks at its part, and then all of it is told."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = ActionBase.run(self, tmp, task_vars)
        lacking = [name for name in ("from", "to") if not self._task.args.get(name)]
        if lacking:
            return {**result, "failed": True, "msg": _LACKING.format(" and ".join(lacking))}
        _validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        directory, task_vars = arguments["plan_dir"], task_vars or {}
        phase = self._look if arguments["phase"] == "look" else self._tell
        try:
            documents = notes.documents_of(directory)
            words = [arguments[name] for name in ("from", "to", "protocol", "port")]
            plan = progress.read_plan(directory)
            underlay = plan.get("underlay", {})
            some = ways.asked(documents, underlay, *words, addresses=plan.get("addresses", {}))
            tried = [(way, [*pair.looks(way, documents), *pair.hops(way, underlay, documents)]) for way in some]
            return {**result, **phase(directory, task_vars, tried)}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}

    def _look(self, directory: str, task_vars: dict[str, Any], tried: list[Any]) -> dict[str, Any]:
        """Compare the host with its plan, ask what its firewalls drop, and try its hops."""
        host = host_of_task(task_vars)
        probes = [dict(each.probe) for _way, hops in tried for each in hops if each.host == host]
        if not probes and not any(host in way.hosts for way, _hops in tried):
            return {"changed": False, "skipped": True, "skip_reason": "It is not on the way."}
        self._task.check_mode, self._task.diff = True, True
        document = progress.read_host(directory, host)["document"]
        wanted = {"document": document, "remove": ["*"], "recreate": True}
        compared = self.run_with_every_kind("document", wanted, task_vars)
        done = {} if compared.get("failed") else self.run_with_engines("probe", {"probes": probes}, task_vars)
        for answer in (compared, done):
            if answer.get("failed") or answer.get("unreachable"):
                notes.note(directory, host, {"failed": first_line(answer.get("msg"))})
                return answer
        found = {
            "drift": [what_differs(diff) for diff in compared.get("diff", ())],
            # What waits for its container, under another name than `verify` has: that leaves it out of the documents.
            "waiting": pending.sentences(compared.get("pending", ()), host),
            "firewalls": compared.get("dropped", []),
            "reasons": {name: outcome["reason"] for name, outcome in done["outcomes"].items()},
        }
        notes.note(directory, host, found)
        return {"changed": False}

    def _tell(self, directory: str, task_vars: dict[str, Any], tried: list[Any]) -> dict[str, Any]:
        hosts = dict.fromkeys(host for way, _hops in tried for host in way.hosts)
        said = {host: notes.read(directory, host) for host in hosts}
        left_out = {host for host in hosts if host not in asked_hosts(task_vars)}
        answers = pair.Answers(
            drift={host: each.get("drift", ()) for host, each in said.items()},
            waiting={host: each.get("waiting", ()) for host, each in said.items()},
            firewalls={host: each.get("firewalls", ()) for host, each in said.items()},
            reasons={name: why for each in said.values() for name, why in each.get("reasons", {}).items()},
            silent={
                host: "it is outside of --limit" if host in left_out else each.get("failed", "it did not answer")
                for host, each in said.items()
                if "reasons" not in each
            },
        )
        lines, problems = [], []
        for way, hops in tried:
            told, problem = pair.told(way, hops, answers)
            lines += told
            problems += [problem] if problem else []
        self._display.display("\n" + "\n".join([*lines, *(f"\n{each}." for each in problems)]))
        if problems:
            return {"failed": True, "msg": " ".join(f"{each}." for each in problems), "problems": problems}
        return {"changed": False, "hops": lines, "problems": [], "msg": "It arrives."}
