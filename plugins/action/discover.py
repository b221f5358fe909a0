# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an inventory of the networks that hosts have: each is read, then all is written. Hosts stay as they are."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import (
    compose,
    compose_project,
    fleet,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.answers import PLACES, understood
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import missing_library
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import document_file

ARGUMENTS = {
    "phase": {"type": "str", "choices": ["read", "write"], "required": True},
    "dest": {"type": "path", "default": "containerhost-discovered"},
    "compose": {"type": "raw"},
}
FOLDER = "containerhost-engines"
LEDGER = variables.LEDGER_NAME


class ActionModule(ActionBase):
    """The edge around ``discovered``: hosts' answers and Compose files in, a folder out."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        _validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        result = super().run(tmp, task_vars)
        if missing := missing_library():
            return {**result, "failed": True, "msg": missing}
        try:
            if arguments["phase"] == "read":
                return {**result, **self._read(task_vars or {})}
            return {**result, **self._write(arguments, task_vars or {})}
        except Refusal as refusal:
            return {**result, "failed": True, "msg": f"{refusal.what}. {refusal.fix}."}

    def _read(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        answer = self._execute_module("containerhost.network.engine_info", module_args={}, task_vars=task_vars)
        if answer.get("failed") or answer.get("unreachable"):
            return answer
        os.makedirs(_folder(), mode=0o700, exist_ok=True)
        with open(_path(variables.host_of_task(task_vars)), "w", encoding="utf-8") as file:
            json.dump({name: answer.get(name) for name in PLACES}, file)
        return {"changed": False}

    def _write(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        hosts = sorted(map(str, task_vars["ansible_play_hosts_all"]))
        answers = {host: _told(host) for host in hosts}
        found = understood(answers)
        for host, projects in _compose_projects(arguments["compose"], hosts).items():
            for project in projects:
                found[host] = fleet.joined(found[host], _of_compose(project))
        known = {host: each for host, each in found.items() if each.networks or each.containers or each.left}
        if not any(each.networks or each.containers for each in known.values()):
            raise Refusal(
                f"nothing was found on {', '.join(hosts)} that an inventory could be made of",
                "Run it with -b, while its engines run, or name Compose files in containerhost_discover_compose",
            )
        hostvars = variables.without_answers(task_vars["hostvars"])
        connection = {host: _connection(hostvars[host]) for host in known}
        networks, known = fleet.of_fleet({host: fleet.cleaned(each) for host, each in known.items()})
        ledger, problems = _planned(networks, known, connection)
        texts = fleet.files(networks, known, connection, problems)
        if ledger is not None:
            texts[LEDGER] = ledger
        result = self._write_files(arguments["dest"], texts)
        left = {host: list(dict.fromkeys(each.left)) for host, each in known.items() if each.left}
        self._display.display(f"\n{_said(result['dest'], networks, known, left, problems)}")
        return {**result, "networks": sorted(networks), "left": left, "problems": problems}

    def _write_files(self, dest: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """A folder of its own, so that nobody's work is overwritten."""
        dest = os.path.abspath(dest)
        before = {name: _text(os.path.join(dest, name)) for name in texts}
        for name, text in before.items():
            if text is not None and text != texts[name]:
                raise Refusal(
                    f"{os.path.join(dest, name)} is there already, and is another one",
                    "Name another folder in containerhost_discover_dest, or remove this one",
                )
        changed = any(text is None for text in before.values())
        if changed and not self._task.check_mode:
            try:
                for name, text in texts.items():
                    os.makedirs(os.path.dirname(os.path.join(dest, name)), exist_ok=True)
                    with open(os.path.join(dest, name), "w", encoding="utf-8") as file:
                        file.write(text)
            except OSError as error:
                raise Refusal(f"{dest} can't be written: {error.strerror}", "Name another folder") from None
        result: dict[str, Any] = {"changed": changed, "dest": dest}
        if changed and self._task.diff:
            result["diff"] = [
                {"before": "", "after": text, "before_header": name, "after_header": name}
                for name, text in texts.items()
                if before[name] is None
            ]
        return result


def _said(
    dest: str,
    networks: Mapping[str, Any],
    hosts: Mapping[str, DiscoveredHost],
    left: Mapping[str, Any],
    problems: list[str],
) -> str:
    count = sum(len(each.containers) for each in hosts.values())
    lines = [f"{dest}: {len(networks)} networks, {count} containers on {len(hosts)} hosts."]
    rest = sum(map(len, left.values()))
    if rest:
        lines.append(f"{rest} things could not be taken over as they are: LEFT.md says which, and why.")
    if problems:
        lines.append("The plan refuses the inventory as it is, so there is no ledger: LEFT.md begins with why.")
    return "\n".join(lines)


def _told(host: str) -> dict[str, Any]:
    """What a host has said in this run."""
    try:
        with open(_path(host), encoding="utf-8") as file:
            told: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        return {}
    return told


def _compose_projects(told: Any, hosts: list[str]) -> dict[str, list[compose_project.ProjectFiles]]:
    """Projects by host: of a mapping, or of a list where there is one host."""
    if not told:
        return {}
    if not isinstance(told, Mapping) or "files" in told:
        if len(hosts) != 1:
            raise Refusal(
                f"`compose` names files, and not on which of {', '.join(hosts)} their services run",
                f"Write it as {{{hosts[0]}: [compose.yml]}}, or choose one host by --limit",
            )
        told = {hosts[0]: told}
    for host in told:
        if host not in hosts:
            raise Refusal(f"`compose` names {host}, which is no host of this run", f"Choose from {', '.join(hosts)}")
    several = {str(host): each if isinstance(each, (list, tuple)) else [each] for host, each in told.items()}
    return {host: [compose_project.requested(each) for each in projects] for host, projects in several.items()}


def _of_compose(request: compose_project.ProjectFiles) -> DiscoveredHost:
    project = compose_project.load(request, os.environ, _text)
    found = compose.from_compose(project.content, project.folder)
    found.left[:0] = project.left
    return found


def _connection(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: variables.plain(values[name]) for name in fleet.CONNECTION if name in values}


def _planned(
    networks: Mapping[str, Any], hosts: Mapping[str, DiscoveredHost], connection: Mapping[str, Mapping[str, Any]]
) -> tuple[str | None, list[str]]:
    """The ledger of the new inventory, or the plan's reasons why there is none."""
    try:
        inventory = gather(fleet.sources(networks, hosts, connection))
        plan = make_plan(inventory, ledgers.Ledger(), datetime.date.today().isoformat())
    except PlanError as error:
        return None, error.problems
    return ledgers.render(plan.ledger), []


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise Refusal(f"{path} can't be read: {error.strerror}", "Name another one") from None


def _folder() -> str:
    return os.path.join(C.DEFAULT_LOCAL_TMP, FOLDER)


def _path(host: str) -> str:
    return os.path.join(_folder(), document_file(host))
