# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``verify`` of a fleet of members, in this process."""

from __future__ import annotations

from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.verify import (
    causes,
    follow,
    pair,
    ports,
    probes,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Heard
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.said import what_differs
from ansible_collections.containerhost.network.tests.integration.document.members import Members


class Verification:
    """What ``verify`` does, without Ansible."""

    def __init__(self, fleet: Members) -> None:
        self._fleet, plan = fleet, fleet.plan()
        self._networks = plan.networks
        self._documents = {host: plan.documents[host] for host in fleet.hosts}
        self._underlay = {host: f"198.18.9.{number}" for number, host in enumerate(fleet.hosts, start=1)}

    def _ask(self, host: str, some: Any, **more: Any) -> dict[str, Any]:
        told = {each.name: dict(each.probe) for each in some if each.host == host}
        return self._fleet.hosts[host].module("probe", probes=list(told.values()), **more)

    def problems(self) -> list[str]:
        drift, dropped, listening = {}, {}, {}
        for host, document in self._documents.items():
            given = {"document": document, "remove": ["*"], "recreate": True}
            compared = self._fleet.hosts[host].module("document", check=True, **given)
            drift[host] = [what_differs(diff) for diff in compared["diff"]]
            dropped[host] = compared["dropped"]
            listeners = ports.listeners(document)
            if listeners:
                listening[host] = self._ask(host, (), listeners=listeners, seconds=20)
        try:
            heard = Heard(answering={host: frozenset(told["answering"]) for host, told in listening.items()})
            tries = probes.tries(self._documents, self._networks, self._underlay, heard)
            results = {host: self._ask(host, tries)["outcomes"] for host in self._documents}
            some = follow.followed(tries, results, drift, dropped, self._documents, self._underlay)
            hops = [each for way in some for each in way.hops]
            reasons = {}
            for host in self._documents if hops else ():
                outcomes = self._ask(host, hops)["outcomes"]
                reasons.update((name, outcome["reason"]) for name, outcome in outcomes.items())
        finally:
            for host, told in listening.items():
                self._ask(host, (), stop=told["listener"])
        followed = follow.sentences(some, pair.Answers({}, {}, dropped, reasons, {}))
        return causes.causes(tries, results, drift, dropped, {}, (), False, followed)
