# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to try and how to tell of it: probes from a plan's documents, and a table from their results.

Pure: documents and results in, probes and text out. One container a host stands for its host where hosts share a
network, so that the probes of a host are as many as there are hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Attachment, Kind

Document = Mapping[str, Any]
Results = Mapping[str, Mapping[str, Mapping[str, Any]]]  # by host and probe: ms, reason


@dataclass(frozen=True)
class End:
    """A container's attachment to a network, with where it is. ``from_host``: the host reaches it, by whatever way."""

    host: str
    network: str
    attachment: Attachment
    from_host: bool
    isolated: frozenset[str] = frozenset()

    @property
    def sandbox(self) -> Mapping[str, str]:
        return self.attachment.sandbox or {}

    @property
    def name(self) -> str:
        return self.sandbox["ref"]

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.attachment.addresses

    @property
    def mtu(self) -> int:
        """Bytes; a device that is not told has Ethernet's."""
        return self.attachment.mtu or 1500

    @property
    def label(self) -> str:
        return f"{self.host}/{self.name}"


@dataclass(frozen=True)
class Try:
    """A probe, where it starts, and what it is about."""

    host: str
    network: str
    about: str  # matrix, gateway, neighbour, outside, published, mtu
    source: str
    target: str
    probe: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.probe["name"])


def ends(documents: Mapping[str, Document], kinds: Iterable[Kind] = KINDS) -> Iterator[End]:
    """Every container's attachments, of whatever kind. The host's own interface on a network is its way to them."""
    for host, document in documents.items():
        found = [
            (values["network"], attachment)
            for kind in kinds
            for values in document.get(kind.name, ())
            if (attachment := kind.attachment(values)) is not None
        ]
        own = {network for network, attachment in found if attachment.sandbox is None}
        isolated = _isolated(document)
        for network, attachment in found:
            if attachment.sandbox is not None:
                from_host = attachment.from_host and not isolated.issuperset(attachment.addresses)
                yield End(host, network, attachment, from_host or network in own, isolated)


def _isolated(document: Document) -> frozenset[str]:
    """Addresses of containers that their host does not reach: it has none of the family on their bridge."""
    families = {row["name"]: {":" in cidr for cidr in row.get("addresses", ())} for row in document.get("bridge", ())}
    return frozenset(
        cidr.partition("/")[0]
        for row in document.get("veth", ())
        for cidr in row.get("addresses", ())
        if (":" in cidr) not in families.get(row.get("master"), {True, False})
    )


def tries(
    documents: Mapping[str, Document],
    networks: Mapping[str, Mapping[str, Any]],
    underlay: Mapping[str, str],
    kinds: Iterable[Kind] = KINDS,
) -> list[Try]:
    """Everything worth trying. ``underlay`` is each host's own address, which is the outside to the others."""
    by_network: dict[str, list[End]] = {}
    for end in ends(documents, kinds):
        by_network.setdefault(end.network, []).append(end)
    found: list[Try] = []
    for name, network in sorted(networks.items()):
        some = by_network.get(name, [])
        found += _across(name, _one_a_host(some)) if network["shared"] else []
        found += _within(name, some)
        found += _outside(name, some, documents, underlay)
    return found + list(_published(documents, by_network, underlay))


def _one_a_host(some: Sequence[End]) -> list[End]:
    first: dict[str, End] = {}
    for end in some:
        if end.addresses:
            first.setdefault(end.host, end)
    return list(first.values())


def _ping(host: str, network: str, about: str, end: End | None, target: str, to: str, size: int = 0) -> Try:
    source = end.label if end else host
    probe = {"name": f"{about} {source} {to} {size or ''}".strip(), "kind": "ping", "to": to, "size": size}
    if end:
        probe["sandbox"] = dict(end.sandbox)
    return Try(host, network, about, source, target, probe)


def _across(network: str, some: Sequence[End]) -> Iterator[Try]:
    """Each host's container to each other's, small and as large as the network takes."""
    for source in some:
        for target in some:
            if source.host != target.host:
                for to in target.addresses:
                    yield _ping(source.host, network, "matrix", source, target.label, to)
                yield _ping(source.host, network, "mtu", source, target.label, target.addresses[0], source.mtu)


def _within(network: str, some: Sequence[End]) -> Iterator[Try]:
    """The host to each of its containers, and each of them to the first."""
    first: dict[str, End] = {}
    for end in some:
        peer = first.setdefault(end.host, end)
        for to in end.addresses:
            if end.from_host and to not in end.isolated:
                yield _ping(end.host, network, "host", None, end.label, to)
        if peer is not end and end.attachment.to_neighbours:
            for to in peer.addresses:
                yield _ping(end.host, network, "neighbour", end, peer.label, to)


def _outside(
    network: str, some: Sequence[End], documents: Mapping[str, Document], underlay: Mapping[str, str]
) -> Iterator[Try]:
    """A container of each host to another host's own address: the way out, and back through NAT."""
    for end in _one_a_host(some):
        way_out = any(
            rule["rule"] == "masquerade" and rule["network"] == network for rule in _rules(documents, end.host)
        )
        others = [host for host in underlay if host != end.host]
        if way_out and others and _default_here(end, underlay[others[0]]):
            yield _ping(end.host, network, "outside", end, others[0], underlay[others[0]])


def _rules(documents: Mapping[str, Document], host: str) -> Sequence[Mapping[str, Any]]:
    return documents[host].get("nat_rule", ())


def _default_here(end: End, to: str) -> bool:
    default = "::/0" if ":" in to else "0.0.0.0/0"
    return any(route["dst"] == default for route in end.attachment.routes)


def _published(
    documents: Mapping[str, Document], by_network: Mapping[str, Sequence[End]], underlay: Mapping[str, str]
) -> Iterator[Try]:
    """TCP ports: from the host's loopback, from another host, and from a container of the host."""
    owner = {(end.host, to): end for some in by_network.values() for end in some for to in end.addresses}
    for host in documents:
        for rule in _rules(documents, host):
            end = owner.get((host, rule.get("address", "")))
            if rule["rule"] != "publish" or rule["protocol"] != "tcp" or end is None:
                continue
            yield from _one_port(host, rule, end, by_network, underlay)


def _one_port(
    host: str, rule: Mapping[str, Any], end: End, by_network: Mapping[str, Sequence[End]], underlay: Mapping[str, str]
) -> Iterator[Try]:
    at, six = rule.get("host_address"), ":" in rule["address"]
    anywhere = at in (None, "0.0.0.0", "::")
    own = underlay.get(host, "")
    reachable = own if anywhere and own and (":" in own) == six else (None if anywhere else at)
    target = f"{rule['host_port']}/tcp on {host} → {end.name}:{rule['port']}"
    sources: list[tuple[str, str, End | None, str]] = []
    if not six and (anywhere or str(at).startswith("127.")):
        sources.append((host, host, None, "127.0.0.1" if anywhere else str(at)))
    # A port that is limited to sources is tried from the host only: others may be meant to get no answer.
    if reachable and not reachable.startswith("127.") and not rule.get("sources"):
        sources += [(other, other, None, reachable) for other in underlay if other != host][:1]
        neighbours = [e for some in by_network.values() for e in some if e.host == host and e is not end]
        neighbours.sort(key=lambda each: each.sandbox == end.sandbox)  # the container itself, if there is no other
        sources += [(host, neighbour.label, neighbour, reachable) for neighbour in neighbours[:1]]
    for where, source, from_, to in sources:
        probe = {
            "name": f"published {source} {to} {rule['host_port']}",
            "kind": "tcp",
            "to": to,
            "port": rule["host_port"],
        }
        if from_:
            probe["sandbox"] = dict(from_.sandbox)
        yield Try(where, rule["network"], "published", source, target, probe)


def listeners(document: Document, kinds: Iterable[Kind] = KINDS) -> list[dict[str, Any]]:
    """Where a host answers for its containers while ports are tried: in namespaces of our own making only."""
    sandbox_of = {address: end.sandbox for end in ends({"": document}, kinds) for address in end.addresses}
    return [
        {"sandbox": dict(sandbox_of[rule["address"]]), "address": rule["address"], "port": rule["port"]}
        for rule in document.get("nat_rule", ())
        if rule["rule"] == "publish"
        and rule["protocol"] == "tcp"
        and sandbox_of.get(rule["address"], {}).get("engine") == "netns"
    ]
