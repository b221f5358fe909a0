# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans are handed over as files: one JSON document per host, and ``plan.json`` for what is the fleet's."""

from __future__ import annotations

import json
import os
import urllib.parse

from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection
from ansible_collections.containerhost.network.plugins.plugin_utils.checks import neighbours
from ansible_collections.containerhost.network.plugins.plugin_utils.documents import VERSION
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan
from ansible_collections.containerhost.network.plugins.plugin_utils.run import outcomes, underlay_room

FLEET_FILE = "plan.json"


def document_file(host: str) -> str:
    """A host's file in the plan's directory: ``h1.json``. What a file can't be called is percent-encoded."""
    name = urllib.parse.quote(host, safe="")
    if name.startswith(".") or name == "plan":
        name = f"%{ord(name[0]):02X}{name[1:]}"
    return f"{name}.json"


@without_garbage_collection
def write(plan: Plan, directory: str) -> None:
    """Fill the directory, making it private if it is new; files of hosts that an earlier plan had are removed."""
    digest = plan.digest()
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        before = _hosts_before(directory)
        outcomes.forget(directory)
        for host in plan.documents:
            head = {"version": VERSION, "host": host, "digest": digest, "keep": plan.keep_of(host)}
            _write(directory, document_file(host), plan.documents.text(host, head))
        for host in before - plan.documents.keys():
            os.unlink(os.path.join(directory, document_file(host)))
        fleet = {
            "version": VERSION,
            "digest": digest,
            "hosts": list(plan.documents),
            "known_networks": plan.known_networks,
            "networks": plan.networks,
            "settled": plan.settled,
            "underlay_room": underlay_room.of_fleet(plan.fleet, plan.documents.networks),
            "neighbours": neighbours.needed(plan.fleet),
            "underlay": {name: str(host.underlay) for name, host in plan.fleet.hosts.items() if host.underlay},
            "addresses": {name: [*map(str, host.underlay_addresses)] for name, host in plan.fleet.hosts.items()},
        }
        if plan.elsewhere:
            fleet["elsewhere"] = list(plan.elsewhere)
        if plan.guards:
            fleet["guard"] = plan.guards
        _write(directory, FLEET_FILE, json.dumps(fleet, indent=1) + "\n")
    except OSError as error:
        raise Refusal(f"the plan can't be written to {directory}: {error.strerror}", "Name another `dest`") from None


def _hosts_before(directory: str) -> set[str]:
    try:
        with open(os.path.join(directory, FLEET_FILE), encoding="utf-8") as file:
            found = json.load(file)["hosts"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {host for host in found if os.path.exists(os.path.join(directory, document_file(host)))}


def _write(directory: str, name: str, text: str) -> None:
    path = os.path.join(directory, name)
    with open(f"{path}.new", "w", encoding="utf-8", opener=_private) as file:
        file.write(text)
    os.replace(f"{path}.new", path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
