# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys of hosts: asked for once in a run, told to the plan by files in its folder, kept in the ledger."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.canonical import is_key
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal, listed
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import KeyEntry, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import document_file

KIND = "wireguard_key"  # of a document: a key that its host makes
FOLDER = "keys"

_FREE = ("free", "host_pinned")  # ends of the names of strategies by which no host waits for others

Keys = Mapping[tuple[str, str], KeyEntry]  # by network and host, as in the ledger


def of_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a document that has its host make its keys; empty where it has none."""
    rows = document.get(KIND)
    return {"version": document["version"], KIND: rows} if rows else {}


def note(directory: str, run: int, host: str, document: Mapping[str, Any], public: Mapping[str, str]) -> None:
    """What a host has told in this ``run``: its public keys by their names. What is no key, or not asked for, is not
    believed."""
    folder = os.path.join(directory, FOLDER)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    told = {row["network"]: (row["name"], public.get(row["name"])) for row in document[KIND]}
    keys = {network: each for network, each in told.items() if isinstance(each[1], str) and is_key(each[1])}
    path = os.path.join(folder, document_file(host))
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump({"run": run, "host": host, "keys": keys}, file)
    os.replace(f"{path}.new", path)


def told(directory: str, run: int) -> tuple[Keys, set[str]]:
    """What hosts have told in this run, and which have been asked: in a check, who lacks keys has none to tell."""
    found: dict[tuple[str, str], KeyEntry] = {}
    entries = [each for each in _entries(os.path.join(directory, FOLDER)) if each["run"] == run]
    for each in entries:
        found.update(((network, each["host"]), KeyEntry(*key)) for network, key in each["keys"].items())
    return found, {each["host"] for each in entries}


def _entries(folder: str) -> Iterator[dict[str, Any]]:
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    for name in names:
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                yield json.load(file)


def without_shown(result: dict[str, Any]) -> dict[str, Any]:
    """What a check says of a host that has been asked for its keys: making them has been shown by then."""
    shown = result.get("diff")
    if not shown:
        return result
    rest = [row for row in shown if not str(row.get("before_header", "")).startswith(f"{KIND} ")]
    return {**result, "diff": rest, "changed": bool(rest)}


def believed(ledger: Ledger, told: Keys) -> tuple[Keys, list[str]]:
    """Those of the keys that hosts have told which are not another host's by the ledger, and a sentence for each other.

    Whoever answers for one host would end the others' tunnels by it: of two members with one key, neither is reached.
    """
    known = {(network, entry.public_key): host for (network, host), entry in ledger.keys.items()}
    kept: dict[tuple[str, str], KeyEntry] = {}
    sentences = []
    for (network, host), entry in sorted(told.items()):
        owner = known.get((network, entry.public_key), host)
        if owner == host or _tells_another(told, network, owner, entry.public_key):
            kept[network, host] = entry
            continue
        sentences.append(
            f"`{network}`: {host} tells the key of {owner} as its own, and no host gets a way there by it. If they"
            f" were made of one image, remove /etc/containerhost-keys/{entry.device}.key on {host} and run site again;"
            f" else look who answers for {host}"
        )
    return kept, sentences


def _tells_another(told: Keys, network: str, host: str, public_key: str) -> bool:
    """Has the host got another key by now?"""
    entry = told.get((network, host))
    return entry is not None and entry.public_key != public_key


def with_told(ledger: Ledger, keys: Keys) -> Ledger:
    return replace(ledger, keys={**ledger.keys, **keys}) if keys else ledger


def needed(networks: Collection[Network]) -> bool:
    """Whether hosts are to be asked for keys."""
    return any(driver_of(network.spec).keyed and network.members for network in networks)


def check_in_step(planned: Mapping[str, Network], hosts: Collection[str], strategy: str) -> None:
    """Raises Refusal where ``hosts``, those of the play, make keys for each other and do not wait until all have."""
    if not strategy.endswith(_FREE):
        return
    networks = {name: each for name, each in sorted(planned.items()) if driver_of(each.spec).keyed}
    together = {name: sorted({*each.members}.intersection(hosts)) for name, each in networks.items()}
    lacking = {name: [host for host in some if host not in networks[name].keys] for name, some in together.items()}
    named = [f"`{name}`" for name, some in lacking.items() if some and len(together[name]) > 1]
    if named:
        who = sorted({host for some in lacking.values() for host in some})
        have = "has no key" if len(who) == 1 else "have no keys"
        raise Refusal(
            f"{listed(who)} {have} for {listed(named)} yet, and other hosts need the public ones before they make"
            f" anything, which `strategy: {strategy}` does not wait for",
            "Run this play once with `strategy: linear`, or the playbook containerhost.network.site",
        )


def unknown(fleet: Fleet, asked: Collection[str]) -> list[str]:
    """A sentence for each network of which some members' keys are not known, though hosts have been ``asked``."""
    missing = {
        name: sorted(set(network.members) - network.keys.keys() - set(asked))
        for name, network in fleet.networks.items()
        if driver_of(network.spec).keyed
    }
    return [
        f"`{name}`: the key of {listed(hosts)} is not known yet, so no other host has a way there by this tunnel."
        f" Run site for {'it' if len(hosts) == 1 else 'them'}, too"
        for name, hosts in sorted(missing.items())
        if hosts and asked
    ]
