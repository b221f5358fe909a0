# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: the whole fleet's desired state, a pure function of inventory and ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection
from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.carried import carried_over
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.resolve import resolve, want
from ansible_collections.containerhost.network.plugins.plugin_utils.checks import checks, neighbours, renumbered
from ansible_collections.containerhost.network.plugins.plugin_utils.checks.coverage import Gone
from ansible_collections.containerhost.network.plugins.plugin_utils.checks.vanished import check_vanished
from ansible_collections.containerhost.network.plugins.plugin_utils.documents import VERSION, Documents
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Problems, unmarked
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.joining import with_joined
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import with_shims
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.stand_ins import sentence, with_stand_ins
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    GUARD_SECONDS,
    Fleet,
    Inventory,
    Network,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import naming, tunnel_endpoints
from ansible_collections.containerhost.network.plugins.plugin_utils.run.settled import settled

# How many allocations a message names before it counts the rest.
NAMED = 5


@dataclass(frozen=True)
class Plan:
    """``documents``: one a host, made when asked for. ``networks``: {name: {driver, members, shared}}.

    ``ledger`` is what is to be remembered; the plan holds only once it has been. ``settled``: see ``settled.py``.
    """

    inventory: Inventory
    fleet: Fleet
    ledger: Ledger
    documents: Documents
    networks: Mapping[str, dict[str, Any]]
    warnings: tuple[str, ...] = ()
    settled: Mapping[str, Any] = field(default_factory=dict)
    rehearsed: str = ""  # what stands in for what, in a lab
    elsewhere: tuple[str, ...] = ()  # networks that this plan does not speak of, as other plays define them

    @property
    def known_networks(self) -> dict[str, dict[str, str]]:
        """Every network that has been planned and not released, with its driver."""
        return {name: {"driver": entry.driver} for name, entry in sorted(self.ledger.networks.items())}

    def keep_of(self, host: str) -> dict[str, Any]:
        """Whether a host keeps its networks between runs, and where it writes metrics."""
        spec = self.inventory.hosts[host]
        return {"enabled": spec.keep, "metrics_folder": spec.metrics_folder}

    @property
    def guards(self) -> dict[str, int]:
        """Hosts that wait another time than others for a run that could cut its own way to them, in seconds."""
        waits = {host: self.inventory.hosts[host].guard_timeout for host in self.documents}
        return {host: seconds for host, seconds in waits.items() if seconds != GUARD_SECONDS}

    def digest(self) -> str:
        """Names this plan: the same for the same inventory, ledger and choice of networks."""
        hash_ = hashlib.sha256(f"{VERSION}\n{sorted(self.networks)}\n".encode())
        hash_.update(ledgers.render(self.ledger).encode())
        for part in (self.inventory.hosts, self.inventory.networks, self.inventory.containers):
            hash_.update(repr(part).encode())
        return hash_.hexdigest()[:32]


@without_garbage_collection
def make_plan(
    inventory: Inventory,
    ledger: Ledger,
    today: str,
    drivers: Collection[str] | None = None,
    written: Ledger | None = None,
) -> Plan:
    """The plan for an inventory, or a PlanError with all problems. ``today`` (YYYY-MM-DD) dates what has left.

    ``drivers`` chooses the networks that documents and ``networks`` speak of; the whole fleet is checked all the same.
    ``written`` is the ledger as its file has it, where ``ledger`` knows more: keys that hosts have told of since.
    """
    elsewhere = inventory.coverage.elsewhere(ledger, inventory.networks, drivers)
    check_vanished(inventory, ledger, elsewhere)
    problems = Problems()
    inventory, stood_in = with_stand_ins(inventory)
    inventory = with_joined(inventory, problems)
    inventory = with_shims(inventory, naming.asks_a_shim, problems)
    wanted = want(inventory)
    checks.check_inventory(inventory, wanted, ledger, problems)
    renumbered.check(inventory, ledger, problems)
    checks.check_members(inventory, wanted, problems)
    problems.stop_if_any()
    before = carried_over(inventory, ledger)
    fleet, after = resolve(inventory, wanted, before, Gone(today, inventory.coverage, elsewhere), problems)
    checks.check_fleet(fleet, problems)
    renumbered.check_kept(fleet, before, problems)
    problems.stop_if_any()
    if inventory.ledger_read_only:
        known = written or ledger
        _check_read_only(known, after)
        after = known
    documents = Documents(fleet, drivers)
    networks = {name: _about(network) for name, network in sorted(documents.networks.items())}
    told = settled(inventory, documents.networks, strict=not ledger.networks)
    warnings = (*map(unmarked, naming.warnings(inventory)), *_warnings(fleet, before))
    said = sentence(stood_in) if stood_in else ""
    return Plan(inventory, fleet, after, documents, networks, warnings, told, said, tuple(sorted(elsewhere)))


def _warnings(fleet: Fleet, before: Ledger) -> Iterator[str]:
    yield from neighbours.warnings(fleet)
    yield from renumbered.warnings(fleet, before)
    yield from tunnel_endpoints.warnings(fleet)


def _about(network: Network) -> dict[str, Any]:
    shared = driver_of(network.spec).spans_hosts
    return {"driver": network.spec.driver, "members": list(network.members), "shared": shared}


def _check_read_only(before: Ledger, after: Ledger) -> None:
    """A ledger that may not be written must know all that is used already."""
    new = list(_unknown(before, after))
    if new:
        more = f" and {len(new) - NAMED} more" if len(new) > NAMED else ""
        raise PlanError(
            [
                f"the ledger is read-only and does not know {', '.join(new[:NAMED])}{more}."
                " Run the plan once where containerhost_ledger_read_only is not set, and commit the ledger"
            ]
        )


# What a ledger remembers: where, by which field, and how it is called by the parts of its key.
_REMEMBERED = (
    ("slices", "slices", "a slice of `{0}` for {1}"),
    ("endpoints", "addresses", "an address on `{0}` for `{2}` on {1}"),
    ("ports", "port", "a port of {1} for port {3} of `{2}` on `{0}`"),
    ("keys", "public_key", "the key of {1} on `{0}`"),
)


def _unknown(before: Ledger, after: Ledger) -> Iterator[str]:
    for name, entry in after.networks.items():
        known = before.networks.get(name)
        if entry.subnets and (known is None or known.subnets != entry.subnets):
            yield f"`{name}` with subnets from the pools"
        if known is not None and (known.tunnels, known.tunnel) != (entry.tunnels, entry.tunnel):
            yield f"the tunnel of `{name}`"
    for of, value, words in _REMEMBERED:
        there = getattr(before, of)
        for key, entry in getattr(after, of).items():
            if entry.absent_since is None and getattr(there.get(key), value, None) != getattr(entry, value):
                yield words.format(*key)
