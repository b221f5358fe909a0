# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger in the words of today's inventory, where what an endpoint is known by has changed. Pure.

Where hosts share a segment it is known without its host. An overlay of another mode is the same network, and its
containers keep what they have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import ANY_HOST, EndpointEntry, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Inventory, NetworkSpec

Key = tuple[str, str, str]


def has_its_host(spec: NetworkSpec) -> bool:
    """Whether an endpoint of the network is known by its host as well as by its name."""
    return not driver_of(spec).one_segment(spec) or spec.per_host_names


def carried_over(inventory: Inventory, ledger: Ledger) -> Ledger:
    """Entries of containers that are on the network, each on one host, under the keys that they have by now."""
    by_host = {name: has_its_host(spec) for name, spec in inventory.networks.items() if spec.present}
    other = {key for key in ledger.endpoints if key[0] in by_host and (key[1] == ANY_HOST) == by_host[key[0]]}
    if not other:
        return ledger
    homes = _homes(inventory)
    moved: dict[Key, Key] = {}
    for key in other:
        entry, (network, host, name) = ledger.endpoints[key], key
        there = homes.get((network, name), [])
        if entry.absent_since is None and len(there) == 1 and host in (ANY_HOST, there[0]):
            moved[key] = (network, there[0] if by_host[network] else ANY_HOST, name)
    endpoints: Mapping[Key, EndpointEntry] = {
        **{key: entry for key, entry in ledger.endpoints.items() if key not in moved},
        **{after: ledger.endpoints[key] for key, after in moved.items()},
    }
    return replace(ledger, endpoints=endpoints)


def _homes(inventory: Inventory) -> dict[tuple[str, str], list[str]]:
    """By network and container the hosts that have such a one."""
    found: dict[tuple[str, str], list[str]] = {}
    for host, containers in inventory.containers.items():
        for name, container in containers.items():
            for endpoint in container.endpoints:
                found.setdefault((endpoint.network, name), []).append(host)
    return found
