# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to try: probes from a plan's documents, and from what hosts have said of themselves.

Pure. One container a host stands for its host where hosts share a network, so that the probes of a host are as many as
there are hosts. What only an unasked or silent host could answer is not tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import (
    Document,
    End,
    Heard,
    Try,
    attempt,
    ends,
    version_of,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ports import published

Networks = Mapping[str, Mapping[str, Any]]

# Two hosts that ask each other at once begin two handshakes at once, of which neither ends: they try again after five
# seconds (module_utils/state/handshakes.py). A try takes one.
PATIENT = {"tries": 7}


class AskedFleet:
    """What is planned, and what hosts have said: where each can be reached from outside."""

    def __init__(self, documents: Mapping[str, Document], underlay: Mapping[str, str], heard: Heard) -> None:
        self.documents, self.heard = documents, heard
        self._underlay = underlay

    def address(self, host: str, version: int) -> str | None:
        """As planned, else as the host itself says."""
        planned = self._underlay.get(host)
        if planned and version_of(planned) == version:
            return planned
        return self.heard.own.get(host, {}).get(version)

    def others(self, host: str, version: int) -> Iterator[tuple[str, str]]:
        """Hosts that are not this one and not silent, with where they are."""
        for other in self.documents:
            address = self.address(other, version)
            if other != host and other not in self.heard.silent and address:
                yield other, address


@without_garbage_collection
def tries(
    documents: Mapping[str, Document],
    networks: Networks,
    underlay: Mapping[str, str],
    heard: Heard,
    kinds: Iterable[Kind] = KINDS,
) -> list[Try]:
    """Everything worth trying. ``underlay`` is each host's own address, which is the outside to the others."""
    fleet = AskedFleet(documents, underlay, heard)
    by_network: dict[str, list[End]] = {}
    for end in ends(documents, kinds):
        if end.host not in heard.silent:
            by_network.setdefault(end.network, []).append(end)
    encrypted = {row["network"] for document in documents.values() for row in document.get("wireguard", ())}
    found: list[Try] = []
    for name, network in sorted(networks.items()):
        some = by_network.get(name, [])
        patience = PATIENT if name in encrypted else {}
        found += _across(name, _one_a_host(some), patience) if network["shared"] else []
        found += _within(name, some)
        found += _ways_out(name, some, fleet)
    every = [end for some in by_network.values() for end in some]
    return found + list(published(documents, every, fleet))


def _one_a_host(some: Sequence[End]) -> list[End]:
    first: dict[str, End] = {}
    for end in some:
        if end.addresses:
            first.setdefault(end.host, end)
    return list(first.values())


def _across(network: str, some: Sequence[End], patience: Mapping[str, int]) -> Iterator[Try]:
    """Each host's container to each other's, small and as large as the network takes, in each family."""
    targets = [(each.host, each.label, each.addresses, each.first_of_each_family()) for each in some]
    for source in some:
        where, mtu = (source.host, network), source.mtu
        for host, label, addresses, firsts in targets:
            if source.host != host:
                for to in addresses:
                    yield attempt(*where, "matrix", source, label, host, to, **patience)
                for to in firsts:
                    yield attempt(*where, "mtu", source, label, host, to, size=mtu, **patience)


def _within(network: str, some: Sequence[End]) -> Iterator[Try]:
    """The host to each of its containers, and each of them to the first."""
    first: dict[str, End] = {}
    for end in some:
        peer = first.setdefault(end.host, end)
        for to in end.addresses:
            if end.from_host and to not in end.isolated:
                yield attempt(end.host, network, "host", None, end.label, end.host, to)
        if peer is not end and end.attachment.to_neighbours:
            for to in peer.addresses:
                yield attempt(end.host, network, "neighbour", end, peer.label, end.host, to)


def _ways_out(network: str, some: Sequence[End], fleet: AskedFleet) -> Iterator[Try]:
    """One container of each host to its gateway, and through NAT to another host's own address and back."""
    seen: set[tuple[str, int]] = set()
    for end in some:
        for version in sorted({version_of(address) for address in end.addresses}):
            gateway = end.gateway(version)
            if not gateway or (end.host, version) in seen:
                continue
            seen.add((end.host, version))
            own = gateway in end.own
            about, target = ("gateway", f"its gateway {gateway}") if own else ("router", f"the router {gateway}")
            # What it may not reach there is not tried; nothing is amiss where that is silent.
            if not (own and _is_shut(fleet.documents[end.host], network)):
                yield attempt(end.host, network, about, end, target, end.host, gateway)
            other = next(fleet.others(end.host, version), None)
            if other and _masqueraded(fleet.documents[end.host], network, version):
                yield attempt(end.host, network, "outside", end, other[0], other[0], other[1])


def _is_shut(document: Document, network: str) -> bool:
    """Whether the containers of a network reach a part of their host only."""
    rows = (row for row in document.get("isolation", ()) if row["network"] == network)
    return any(row.get("host_access") is not None for row in rows)


def _masqueraded(document: Document, network: str, version: int) -> bool:
    return any(
        rule["rule"] == "masquerade" and rule["network"] == network and version_of(rule["source"]) == version
        for rule in document.get("nat_rule", ())
    )
