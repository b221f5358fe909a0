# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts have answered while they were verified: one file per host, in the plan's folder on the controller."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.checks import neighbours
from ansible_collections.containerhost.network.plugins.plugin_utils.document_devices import tunnels
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address, special
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import document_file
from ansible_collections.containerhost.network.plugins.plugin_utils.run import pending, progress
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import (
    follow,
    pair,
    ports,
    probes,
    report,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Document, Heard, Try, ends

FOLDER = "verified"
MACHINE = "this machine, which the lab's hosts share"


def findings(directory: str, plan: dict[str, Any], asked: set[str]) -> report.Findings:
    """What came of it on those of the plan's hosts that were asked."""
    notes = {host: read(directory, host) for host in plan["hosts"] if host in asked}
    silent = {host: note.get("failed", "it did not answer") for host, note in notes.items() if "results" not in note}
    heard = heard_of(directory, asked, "results")
    documents = documents_of(directory)
    every = list(ends(documents))
    overflows, warned = {}, []
    for host, note in notes.items():
        before, after = note.get("neighbours", {}), note.get("neighbours_after", {})
        where = MACHINE if after.get("machine") else host
        for text in neighbours.overflows(where, before.get("tables", {}), after.get("tables", {})):
            overflows.setdefault(where, text)
        if not before.get("machine"):
            warned += neighbours.notes(host, plan["neighbours"].get(host, {}), before.get("tables", {}))
    ways = followed_of(directory, asked)
    return report.Findings(
        results={host: note["results"] for host, note in notes.items() if "results" in note},
        drift={host: note.get("drift", []) for host, note in notes.items()},
        pending=pending.of_hosts({host: note.get("pending", ()) for host, note in notes.items()}),
        firewalls={host: note.get("dropped", []) for host, note in notes.items()},
        silent=silent,
        untried=list(ports.unanswered({host: documents[host] for host in notes}, every, heard)),
        overflows=list(overflows.values()),
        notes=warned,
        followed=follow.sentences(ways, _answers(notes, silent)) if ways else {},
    )


def followed_of(directory: str, asked: set[str]) -> list[follow.Followed]:
    """What has failed on hosts that have tried it all, and is to be followed hop by hop; the same on each of them."""
    notes = {host: read(directory, host) for host in progress.read_plan(directory)["hosts"] if host in asked}
    tries = [each for each in tries_of(directory, asked, "results") if each.host in asked]
    results = {host: note["results"] for host, note in notes.items() if "results" in note}
    drift = {host: note.get("drift", []) for host, note in notes.items()}
    firewalls = {host: note.get("dropped", []) for host, note in notes.items()}
    underlay = progress.read_plan(directory).get("underlay", {})
    return follow.followed(tries, results, drift, firewalls, documents_of(directory), underlay)


def _answers(notes: Mapping[str, Mapping[str, Any]], silent: Mapping[str, str]) -> pair.Answers:
    """What hosts have said of the hops."""
    unasked = {host: "it has not followed it" for host, note in notes.items() if "followed" not in note}
    return pair.Answers(
        drift={},
        waiting={},
        firewalls={host: note.get("dropped", []) for host, note in notes.items()},
        reasons={name: reason for note in notes.values() for name, reason in note.get("followed", {}).items()},
        silent={**unasked, **silent},
    )


def heard_of(directory: str, asked: set[str], last: str = "drift") -> Heard:
    """What hosts have said. Silent is who was asked and has not come to ``last``."""
    notes = {host: read(directory, host) for host in progress.read_plan(directory)["hosts"]}
    return Heard(
        own={host: _own(note.get("own", {})) for host, note in notes.items()},
        interfaces={host: _by_interface(note.get("interfaces")) for host, note in notes.items()},
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


def _by_interface(told: Any) -> dict[str, dict[int, str]]:
    """The first address of each family of each interface."""
    found = {}
    for name, addresses in told.items() if isinstance(told, dict) else ():
        if isinstance(addresses, list):
            found[str(name)] = _own(dict(enumerate(reversed(addresses))))
    return found


def documents_of(directory: str) -> dict[str, dict[str, Any]]:
    """What is planned, without containers of which the hosts say that they are not attached."""
    whole = {host: progress.read_host(directory, host)["document"] for host in progress.read_plan(directory)["hosts"]}
    return {host: pending.attached(each, read(directory, host).get("pending", ())) for host, each in whole.items()}


def tries_of(directory: str, asked: set[str], last: str = "drift") -> list[Try]:
    """What hosts that have come to ``last`` are to try."""
    plan = progress.read_plan(directory)
    heard = heard_of(directory, asked, last)
    return probes.tries(documents_of(directory), plan["networks"], plan.get("underlay", {}), heard)


def about(documents: Mapping[str, Document], networks: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Each network in a few words, from its driver and what its documents hold."""
    words = {name: [network["driver"]] for name, network in networks.items()}
    for document in documents.values():
        for tunnel in tunnels(document):
            bridged = ["bridged"] if tunnel.get("master") else []
            number = f" {tunnel['vni']}" if "vni" in tunnel else ""
            for text in (*bridged, f"{tunnel['kind']}{number}"):
                words[tunnel["network"]] += [text] if text not in words[tunnel["network"]] else []
        for rule in document.get("nat_rule", ()):
            words[rule["network"]] += ["nat"] if "nat" not in words[rule["network"]] else []
    return {name: ", ".join(parts) for name, parts in words.items()}


def _path(directory: str, host: str) -> str:
    return os.path.join(directory, FOLDER, document_file(host))


def note(directory: str, host: str, content: dict[str, Any]) -> None:
    os.makedirs(os.path.join(directory, FOLDER), mode=0o700, exist_ok=True)
    path = _path(directory, host)
    # Other hosts' tasks read it at the same time: the whole of it, or what it was before.
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(f"{path}.new", path)


def read(directory: str, host: str) -> dict[str, Any]:
    try:
        with open(_path(directory, host), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}
