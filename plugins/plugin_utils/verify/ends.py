# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is on which network, of a plan's documents, and what to try of them. Pure."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Attachment, Kind
from ansible_collections.containerhost.network.plugins.plugin_utils.document_devices import container_ends

Document = Mapping[str, Any]
DEFAULT = {4: "0.0.0.0/0", 6: "::/0"}


def version_of(address: str) -> int:
    return 6 if ":" in address else 4


@dataclass(frozen=True)
class End:
    """A container's attachment to a network, with where it is. ``from_host``: the host reaches it, by whatever way.

    ``own`` are the host's addresses on this network, ``isolated`` the containers' that it does not reach. ``on_lan``:
    it is switched into a LAN that the host is on itself.
    """

    host: str
    network: str
    attachment: Attachment
    from_host: bool
    own: tuple[str, ...] = ()
    isolated: frozenset[str] = frozenset()
    on_lan: bool = False

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

    @functools.cached_property
    def label(self) -> str:
        return f"{self.host}/{self.name}"

    def first_of_each_family(self) -> list[str]:
        found: dict[int, str] = {}
        for address in self.addresses:
            found.setdefault(version_of(address), address)
        return list(found.values())

    def gateway(self, version: int) -> str | None:
        """Where its default route leads to, if that is on this network."""
        vias = (route.get("via") for route in self.attachment.routes if route["dst"] == DEFAULT[version])
        return next((via for via in vias if via), None)

    def goes_out_by_host(self, version: int) -> bool:
        """Whether the host itself is its way out: what it sends to elsewhere passes the host's rules."""
        return self.gateway(version) in self.own


def ends(documents: Mapping[str, Document], kinds: Iterable[Kind] = KINDS) -> Iterator[End]:
    """Every container's attachments, of whatever kind. The host's own interface on a network is its way to them."""
    for host, document in documents.items():
        found = [
            (values["network"], attachment)
            for kind in kinds
            for values in document.get(kind.name, ())
            if (attachment := kind.attachment(values)) is not None
        ]
        shims = {network for network, attachment in found if attachment.sandbox is None}
        own, isolated, lans = _own_addresses(document), _isolated(document), _lans(document)
        for network, attachment in found:
            if attachment.sandbox is not None:
                reached = attachment.from_host and not isolated.issuperset(attachment.addresses) or network in shims
                yield End(host, network, attachment, reached, tuple(own.get(network, ())), isolated, network in lans)


def _lans(document: Document) -> set[str]:
    """Networks whose containers are on a bridge that has an uplink, or that is not ours."""
    ours = {row["name"] for row in document.get("bridge", ()) if not row.get("uplink")}
    return {row["network"] for row in container_ends(document) if row.get("master") and row["master"] not in ours}


def _isolated(document: Document) -> frozenset[str]:
    """Addresses of containers that their host does not reach: it has none of the family on their bridge."""
    own = [row for row in document.get("bridge", ()) if not row.get("uplink")]  # on a LAN it has the host's
    families = {row["name"]: {":" in cidr for cidr in row.get("addresses", ())} for row in own}
    return frozenset(
        cidr.partition("/")[0]
        for row in container_ends(document)
        for cidr in row.get("addresses", ())
        if (":" in cidr) not in families.get(row.get("master"), {True, False})
    )


def _own_addresses(document: Document) -> dict[str, list[str]]:
    """The host's addresses by network: of devices that are in nobody's sandbox."""
    found: dict[str, list[str]] = {}
    for rows in document.values():
        for row in rows if isinstance(rows, list) else ():
            if row.get("addresses") and not row.get("sandbox") and "network" in row:
                found.setdefault(row["network"], []).extend(each.partition("/")[0] for each in row["addresses"])
    return found


@dataclass(frozen=True)
class Heard:
    """What hosts have said of themselves before they try anything.

    ``own``: each one's address by IP version; ``interfaces``: the same of each of its interfaces. ``answering``:
    ``protocol address port`` that we answer for its containers; ``answered``: that somebody else does.
    ``silent``: hosts that were asked and have not answered.
    """

    own: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    interfaces: Mapping[str, Mapping[str, Mapping[int, str]]] = field(default_factory=dict)
    answering: Mapping[str, frozenset[str]] = field(default_factory=dict)
    answered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()


class Try(NamedTuple):
    """A probe, where it starts and ends, and what it is about. A fleet of 300 hosts has half a million of them."""

    host: str
    network: str
    about: str  # matrix, mtu, host, neighbour, gateway, router, outside, published
    source: str
    target: str
    probe: Mapping[str, Any]
    to_host: str

    @property
    def name(self) -> str:
        return str(self.probe["name"])

    @property
    def version(self) -> int:
        return version_of(self.probe["to"])


def attempt(
    host: str, network: str, about: str, end: End | None, target: str, to_host: str, to: str, **probe: Any
) -> Try:
    """Of a container, or of the host itself."""
    source = end.label if end else host
    name = f"{about} {source} {to}"
    for key in ("kind", "port", "size") if probe else ():
        if probe.get(key):
            name += f" {probe[key]}"
    told: dict[str, Any] = {"name": name, "kind": "ping", "to": to, **probe}
    if end:
        told["sandbox"] = end.sandbox
    return Try(host, network, about, source, target, told, to_host)
