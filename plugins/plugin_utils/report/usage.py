# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that containers have and could have, by slice. Pure."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.addresses import usable
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, parse_address
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Network, Slice
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan

_SCARCE = 20  # fewer than a twentieth of all are few


@dataclass(frozen=True)
class Usage:
    """A slice, or a whole subnet that is not cut. ``total``: addresses that containers can have there at all;
    ``used`` by them, ``held`` by the ledger for what has left the inventory."""

    network: str
    subnet: str
    slice: str
    hosts: tuple[str, ...]
    gateway: str
    total: int
    used: int
    held: int

    @property
    def free(self) -> int:
        return self.total - self.used - self.held


def of_plan(plan: Plan, hosts: set[str]) -> list[Usage]:
    """Of each network that these hosts have a part of, in the order of addresses."""
    return [each for name in sorted(plan.networks) for each in _of_network(plan, plan.fleet.networks[name], hosts)]


def _of_network(plan: Plan, network: Network, hosts: set[str]) -> Iterator[Usage]:
    """On a segment that hosts share, they have one row; else each has its own, though the block may be the same."""
    together = driver_of(network.spec).one_segment(network.spec)
    owners: dict[tuple[Slice, str], list[str]] = {}
    for host, slices in network.slices.items():
        for each in slices:
            owners.setdefault((each, "" if together else host), []).append(host)
    used = collections.Counter(
        (slice_, "" if together else host)
        for host, endpoints in network.endpoints.items()
        for endpoint in endpoints
        for _address, slice_ in endpoint.addresses
    )
    held = list(_held(plan, network.name))
    subnets = {subnet.cidr: subnet for subnet in network.subnets}
    for key in sorted(owners, key=lambda key: (key[0].block.version, key[0].block.first, owners[key])):
        if hosts.intersection(owners[key]):
            each = key[0]
            yield Usage(
                network=network.name,
                subnet=str(each.subnet),
                slice=str(each.block),
                hosts=tuple(owners[key]),
                gateway=str(each.gateway) if each.gateway else "",
                total=usable(subnets[each.subnet], each),
                used=used[key],
                held=sum(1 for host, address in held if address in each.block and (together or host in owners[key])),
            )


def _held(plan: Plan, network: str) -> Iterator[tuple[str, Address]]:
    for (name, host, _container), entry in plan.ledger.endpoints.items():
        if name == network and entry.absent_since is not None:
            for text in entry.addresses:
                yield host, parse_address(text)


def warnings(found: Sequence[Usage]) -> Iterator[str]:
    """A sentence on each slice that is full, or nearly so."""
    for each in found:
        if each.total > 1 and each.free * _SCARCE < each.total:
            held = f" {each.held} are held for what has left the inventory;" if each.held else ""
            yield (
                f"{each.network} on {listed(each.hosts, 3)}: {max(each.free, 0)} of {each.total} addresses of"
                f" {each.slice} are free.{held} Release what has left (containerhost.network.release), or give the"
                f" network more addresses, before you add containers."
            )
