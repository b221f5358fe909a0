# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that would move although nothing in the inventory moves them: the ledger that gave them out is not there.

An address of ours moves by the inventory alone: by a pin, or by another subnet. A host that has others of the same
subnet was made by another ledger. What somebody has changed by hand is not that, and is repaired: an endpoint that we
made with another address has a MAC of that address, too; and what is inside of a container is believed as far as many
of them, or the host's own devices, say the same.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Values,
    Wanted,
    network_of,
)

# As the plan's guard: so many endpoints, and more than one in so many, are no accident.
_FEW, _PART = 2, 10

Settled = t.Mapping[str, t.Any]


class Move(t.NamedTuple):
    """One object whose addresses would move, from some to others; or an address that would move to another host."""

    change: Change
    before: str
    after: str

    @property
    def is_endpoint(self) -> bool:
        return bool(self.change.values.get("sandbox"))

    def __str__(self) -> str:
        values = self.change.values
        sandbox = values.get("sandbox") or {}
        if self.change.kind == "neighbour":
            name = f"the VTEP {values['address']}"
        elif sandbox:
            name = f"{sandbox['ref']} {values.get('interface')}"
        else:
            name = values.get("name") or values["interface"]
        return f"{name} ({network_of(self.change.owner)}) from {self.before} to {self.after}"


def renumbered(changes: t.Sequence[Change], wanted: t.Sequence[Wanted], settled: Settled) -> list[Move]:
    """Moves that no inventory explains, where they are too many to be an accident; else none.

    ``settled``: by network, ``within`` (the CIDRs that an address does not leave by itself), ``pinned`` (addresses that
    the inventory gives) and ``slices`` (whether no member's slices are pinned); ``strict`` where the ledger has known
    nothing before.
    """
    networks = settled.get("networks") or {}
    if not networks:
        return []
    changed = [change for change in changes if change.action in ("change", "recreate")]
    moves = [
        move
        for change in changed
        if "addresses" in change.differences
        for move in _moves(change, networks.get(network_of(change.owner)))
    ]
    ends = [move for move in moves if move.is_endpoint]
    swaps = list(_swaps(changes, wanted, networks))
    if settled.get("strict") or swaps:
        return [*moves, *swaps]
    devices = len(moves) > len(ends)
    endpoints = sum(1 for object_ in wanted if object_.values.get("sandbox"))
    return moves if ends and (devices or len(ends) > _FEW and len(ends) * _PART > endpoints) else []


def _swaps(changes: t.Sequence[Change], wanted: t.Sequence[Wanted], networks: Settled) -> t.Iterator[Move]:
    """VTEPs' addresses that would be another member's: slices have changed hands, though this host keeps its own.

    A member that is known at its own addresses as it is to be has not given any away: somebody has led one to it.
    """
    found = [change for change in changes if change.kind == "neighbour" and change.action in ("change", "recreate")]
    found = [change for change in found if "lladdr" in change.differences]
    entries = [each for each in wanted if each.kind == "vxlan_fdb"] if found else []
    members = {_vtep_of(each.owner, each.values) for each in entries}
    moving = {change.key for change in changes if change.kind == "neighbour"}
    own = (each for each in wanted if found and each.kind == "neighbour" and each.key in moving)
    moved = {_vtep_of(each.owner, each.values) for each in own}
    for change in found:
        network, (before, after) = networks.get(network_of(change.owner)), change.differences["lladdr"]
        vtep = _vtep_of(change.owner, {**change.values, "lladdr": before})
        if network is not None and network["slices"] and vtep in members and vtep in moved:
            yield Move(change, before, after)


def _vtep_of(owner: str | None, values: Values) -> tuple[t.Any, ...]:
    return owner, values["device"], values["lladdr"]


def _moves(change: Change, network: t.Mapping[str, t.Any] | None) -> t.Iterator[Move]:
    if network is None or (change.values.get("sandbox") and "mac" not in change.differences):
        return
    within = [ipaddress.ip_network(cidr) for cidr in network["within"]]
    before, after = ({each.split("/")[0] for each in part or ()} for part in change.differences["addresses"])
    for six in (False, True):
        old, new = (sorted(each for each in part if (":" in each) == six) for part in (before, after))
        if not old or not new or set(old) & set(new) or set(new) & set(network["pinned"]):
            continue
        if any(ipaddress.ip_address(each) in cidr for each in old for cidr in within):
            yield Move(change, ", ".join(old), ", ".join(new))


def sentence(moves: t.Sequence[Move]) -> str:
    number = "1 address" if len(moves) == 1 else f"{len(moves)} addresses"
    return (
        f"{number} of this host's networks would move although nothing in the inventory moves them, such as {moves[0]}:"
        " the ledger is missing, or it is another fleet's. Restore it from git or a backup, or make it again from what"
        " the hosts have with the playbook containerhost.network.recover; if they are to move, confirm it once with"
        " -e containerhost_confirm_renumbered=true"
    )
