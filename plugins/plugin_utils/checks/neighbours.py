# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host's kernel has room for the neighbours of its containers: one table a family for all namespaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet

LIMIT = 1024  # gc_thresh3, Linux' default (arp(7))
_SETTING = {4: "net.ipv4.neigh.default.gc_thresh3", 6: "net.ipv6.neigh.default.gc_thresh3"}
_NAMED = 3
# Bytes of one entry are about 400: what is too large costs nothing while it is not used.
_ROOM = 2


def needed(fleet: Fleet) -> dict[str, dict[int, int]]:
    """By host and IP version, the entries of a host that is busy: its own for each container, each container's for its
    gateway, and one for each other VTEP. Permanent ones do not count against the limit."""
    found = {host: {4: 0, 6: 0} for host in fleet.hosts}
    peers: dict[str, set[str]] = {host: set() for host in fleet.hosts}
    for network in fleet.networks.values():
        for host, endpoints in network.endpoints.items():
            for endpoint in endpoints:
                for address, _slice in endpoint.addresses:
                    found[host][address.version] += 2
        if driver_of(network.spec).spans_hosts:
            for host in network.members:
                peers[host].update(network.members)
    for host, others in peers.items():
        for other in others - {host}:
            underlay = fleet.hosts[other].underlay
            if underlay:
                found[host][underlay.version] += 1
    return found


def recommended(entries: int) -> int:
    """The power of two that has room for twice as many."""
    return 1 << (_ROOM * entries - 1).bit_length()


def warnings(fleet: Fleet) -> list[str]:
    """Of a plan, which does not know what the hosts have: a sentence a family on those that outgrow Linux' default."""
    over: dict[int, dict[str, int]] = {}
    for host, by_version in needed(fleet).items():
        for version, entries in by_version.items():
            if entries > LIMIT:
                over.setdefault(version, {})[host] = entries
    return [_warning(version, hosts) for version, hosts in sorted(over.items())]


def _warning(version: int, hosts: Mapping[str, int]) -> str:
    names = list(hosts)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    most = max(hosts.values())
    return (
        f"{', '.join(names[:_NAMED])}{more}: containers may need {most:,} entries of the kernel's table of IPv{version}"
        f" neighbours, and Linux has room for {LIMIT:,} where nothing else is set. Set {_SETTING[version]} to"
        f" {recommended(most)} there, if it is not; verify says which hosts have too little room."
    )


def notes(host: str, wanted: Mapping[str, int], tables: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Of a host, which has said what room it has: a sentence for each table that would overflow.

    ``wanted`` is what ``needed`` says of it, from the plan's file.
    """
    for version, entries in ((int(version), entries) for version, entries in wanted.items()):
        limit = tables.get(f"IPv{version}", {}).get("limit", entries)
        if entries > limit:
            yield (
                f"{host}: containers may need {entries:,} entries of the kernel's table of IPv{version} neighbours,"
                f" which has room for {limit:,}. Set {_SETTING[version]} to {recommended(entries)} there"
            )


def overflows(
    host: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Sequence[str]:
    """A sentence for each table that has had no room in the meantime."""
    found = []
    for family, table in after.items():
        lost = table["overflows"] - before.get(family, table)["overflows"]
        if lost > 0:
            found.append(
                f"{host}: the kernel's table of {family} neighbours was full {lost:,} times while this ran; attempts"
                f" without a reply may be due to that. It has room for {table['limit']:,}, of all network namespaces"
                f" together: set {table['setting']} to {recommended(table['limit'])} there"
            )
    return found
