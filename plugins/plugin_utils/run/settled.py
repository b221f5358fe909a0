# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts are told about addresses that they have already: where none moves by itself, and which are pinned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.slices import DEFAULT_POOLS
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Inventory, Network


def settled(inventory: Inventory, networks: Mapping[str, Network], strict: bool) -> dict[str, Any]:
    """For ``plan.json``: by network ``within`` and ``pinned`` for hosts; ``moving`` are those whose slices are pinned.

    Empty where addresses may move. ``strict``: whether the ledger has known nothing before.
    """
    if inventory.confirm_renumbered:
        return {}
    parts = {
        name: {
            "within": _within(network, inventory),
            "pinned": sorted(set(_pinned(network))),
            "moving": [host for host in network.members if name in inventory.hosts[host].pins],
        }
        for name, network in networks.items()
    }
    return {"strict": strict, "networks": parts}


def of_host(told: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The option ``settled`` of module C(document)."""
    if not told:
        return {}
    mine = {
        name: {"within": part["within"], "pinned": part["pinned"], "slices": not part["moving"]}
        for name, part in told["networks"].items()
        if host not in part["moving"]
    }
    return {"strict": told["strict"], "networks": mine}


def _within(network: Network, inventory: Inventory) -> list[str]:
    """The subnets that the inventory gives, or the pools where it gives none: what is elsewhere was moved by it."""
    if network.spec.subnets is not None:
        return [str(subnet.cidr) for subnet in network.spec.subnets]
    return [str(pool) for pool in (DEFAULT_POOLS if inventory.pools is None else inventory.pools)]


def _pinned(network: Network) -> Iterator[str]:
    yield from (str(subnet.gateway) for subnet in network.subnets if subnet.gateway)
    for endpoints in network.endpoints.values():
        for endpoint in endpoints:
            yield from map(str, endpoint.spec.addresses)
