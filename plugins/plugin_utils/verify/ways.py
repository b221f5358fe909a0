# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way that somebody asks for: where it begins and ends, its network, and whether the plan lets it arrive. Pure.

It begins in a container, on a host, or elsewhere; it leads to a container, to a host, to a port that a host publishes
for a container, or elsewhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.document_devices import container_ends, tunnels
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import (
    Document,
    End,
    ends,
    version_of,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ports import rules
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.whom import Known, WayEnd, address_of

PROTOCOLS = ("icmp", "tcp", "udp", "sctp")
_ANYWHERE = (None, "0.0.0.0", "::")


@dataclass(frozen=True)
class Asked:
    """``to``: the address that is sent to. ``network``: by which it goes. ``rule``: what leads a host's port there.
    ``refusal``: why the plan does not let it arrive, and what to do, in sentences. ``tunnel``: what carries it from
    host to host; ``by``: the device, or the address of the underlay, by which each of the two leads to the other;
    ``behind``: where that tunnel has keys, an address that is behind its other end; ``apart``: one of the two hosts is
    reached elsewhere than at its own address, as behind NAT."""

    begins: WayEnd
    ends: WayEnd
    to: str
    network: str
    protocol: str = "icmp"
    port: int = 0
    rule: Mapping[str, Any] | None = None
    refusal: str = ""
    tunnel: Mapping[str, Any] | None = None
    by: Mapping[str, str] = field(default_factory=dict)
    behind: str = ""
    apart: bool = False

    @property
    def source(self) -> End | None:
        return self.begins.end

    @property
    def target(self) -> End | None:
        return self.ends.end

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those that it passes."""
        return tuple(dict.fromkeys(host for host in (self.begins.host, self.ends.host) if host))

    @property
    def at(self) -> tuple[str, int]:
        """Where its target listens: address and port."""
        if self.rule is None:
            return self.to, self.port
        return str(self.rule["address"]), int(self.rule["port"]) + self.port - int(self.rule["host_port"])

    def __str__(self) -> str:
        port = f", {self.port}/{self.protocol}" if self.port else ""
        at = f"{self.ends.host}'s {self.to}" if self.rule is not None else self.ends.label
        for_ = f" for {self.ends.label}" if self.rule is not None else ""
        by = f" on {self.network}" if self.network else ""
        return f"{self.begins.label} to {at}{port}{for_}, by IPv{version_of(self.to)}{by}"


def asked(
    documents: Mapping[str, Document],
    underlay: Mapping[str, str],
    source: str,
    target: str,
    protocol: str = "icmp",
    port: int = 0,
    addresses: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Asked]:
    """Each way that there is, one for each family. ``underlay``: each host's own address; ``addresses``: others that it
    has. Raises Refusal."""
    if protocol != "icmp" and not port:
        raise Refusal(f"`protocol` is {protocol}, and there is no `port`", "Say which one, or leave `protocol` out")
    if protocol == "icmp" and port:
        raise Refusal("`port` is of no protocol", "Say which one: `protocol` is tcp, udp or sctp")
    known = _Ways(documents, underlay, addresses)
    begins = known.whom.places("from", source, None)
    found = known.ways(begins, known.whom.places("to", target, begins[0]))
    return [known.judged(replace(way, protocol=protocol, port=port)) for way in found]


class _Ways:
    def __init__(
        self, documents: Mapping[str, Document], underlay: Mapping[str, str], addresses: Mapping[str, Sequence[str]]
    ) -> None:
        self.documents, self.underlay = documents, underlay
        self.every = list(ends(documents))
        self.whom = Known(documents, underlay, addresses, self.every)

    # -- by which way --------------------------------------------------------------------------------------------------

    def ways(self, begins: Sequence[WayEnd], to: Sequence[WayEnd]) -> list[Asked]:
        pairs = [(one, other) for one in begins for other in to]
        if not to[0].end:
            return self._to_address(begins, to[0])
        if not begins[0].end:
            return self._into(begins[0], to)
        together = [pair for pair in pairs if pair[0].end.network == pair[1].end.network and pair[0] != pair[1]]
        if together:
            return list(self._each_family(*together[0], together[0][1].end.network))
        routed = [
            replace(way, begins=one)
            for one, other in pairs
            for way in self._each_family(one, other, other.end.network)
            if self._goes_out(one.end, way.to)
        ]
        led = [way for way in routed if not self._into_other(way)] or routed
        if led:
            return [way for way in led if (way.begins, way.ends) == (led[0].begins, led[0].ends)]
        one, other = pairs[0]
        return [
            replace(way, refusal=_no_way(one.end, way))
            for way in self._each_family(one, other, other.end.network, False)
        ]

    def _each_family(self, one: WayEnd, other: WayEnd, network: str, both: bool = True) -> Iterator[Asked]:
        families = {version_of(each) for each in one.end.addresses} if one.end and both else {4, 6}
        to = [other.address] if other.address else other.end.first_of_each_family()
        for address in to:
            if version_of(address) in families:
                yield Asked(one, other, address, network)

    def _goes_out(self, end: End, to: str) -> bool:
        """Whether it sends what is for an address to its host."""
        there = ipaddress.ip_address(to)
        return any(
            there in ipaddress.ip_network(route["dst"], strict=False) and route.get("via") in end.own
            for route in end.attachment.routes
        )

    def _to_address(self, begins: Sequence[WayEnd], place: WayEnd) -> list[Asked]:
        """To a host, where a port may lead to a container; or to elsewhere."""
        to = [place.address] if place.address else [self.underlay[place.host]] if place.host in self.underlay else []
        if not to:
            raise Refusal(f"`to` is the host {place.host}, whose address is not planned", "Give its address instead")
        first = begins[0]
        if first.end is None:
            return [Asked(first, place, address, "") for address in to]
        way_out = [each for each in begins if each.end and any(self._goes_out(each.end, address) for address in to)]
        way_out = way_out or [each for each in begins if each.end and each.end.gateway(version_of(to[0]))]
        if not way_out:
            raise Refusal(
                f"{first.label} has no way out by IPv{version_of(to[0])}",
                "Put it on a network with a gateway of that family that is not `internal`, or ask for another address",
            )
        return [Asked(way_out[0], place, address, way_out[0].end.network) for address in to]

    def _into(self, begins: WayEnd, to: Sequence[WayEnd]) -> list[Asked]:
        """From a host, or from elsewhere, to a container under its own address."""
        found = [way for each in to for way in self._each_family(begins, each, each.end.network)]
        if begins.address and not begins.host:
            found = [way for way in found if version_of(way.to) == version_of(begins.address)] or found
        able = [way for way in found if not self._from_host(way)] or found
        return [way for way in able if way.network == able[0].network]

    # -- does the plan let it ------------------------------------------------------------------------------------------

    def judged(self, way: Asked) -> Asked:
        """The same with what leads it to a container, or why it is not to arrive."""
        if way.refusal:
            return way
        if way.target is None:
            return self._at_host(way) if way.ends.host else way
        if way.source is None:
            return replace(way, refusal=self._from_host(way))
        if way.source.network == way.target.network:
            return replace(self._carried(way), refusal=_of_neighbours(way))
        return replace(way, refusal=self._into_other(way))

    def _carried(self, way: Asked) -> Asked:
        """The same with what carries it to another host: a tunnel's device, or the underlay itself."""
        one, other = way.begins.host, way.ends.host
        if one == other:
            return way
        back = next((each for each in way.source.addresses if version_of(each) == version_of(way.to)), "")
        by = {host: self._route(host, to) or "" for host, to in ((one, way.to), (other, back)) if to}
        # A gateway is on the underlay's device, which the plan need not know.
        by = {host: self.underlay.get(host, "") if address_of(device) else device for host, device in by.items()}
        found = [row for row in tunnels(self.documents[one]) if row["network"] == way.network]
        led = next((row for row in found if by.get(one) in ("", row["name"])), None)
        behind = "" if led is None or led["kind"] != "wireguard" else way.to if by[one] else self._vtep(other, way)
        here = back if by[one] else self._vtep(one, way)
        apart = bool(behind) and (self._roams(one, led["name"], behind) or self._roams(other, led["name"], here))
        by = {host: each for host, each in by.items() if each}
        return replace(way, tunnel=led, by=by, behind=behind, apart=apart)

    def _roams(self, host: str, device: str, behind: str) -> bool:
        """Whether the other end of its tunnel, with this address behind it, is where it has last been heard from."""
        rows = self.documents[host].get("wireguard_peer", ()) if behind else ()
        some = (row for row in rows if row["device"] == device and row.get("roams"))
        blocks = (ipaddress.ip_network(each) for row in some for each in row["allowed_ips"])
        return any(ipaddress.ip_address(behind) in block for block in blocks)

    def _vtep(self, host: str, way: Asked) -> str:
        """Where the VXLAN of a bridged overlay is inside its tunnel."""
        rows = (row for row in self.documents[host].get("vxlan", ()) if row["network"] == way.network)
        return next((str(row["local"]) for row in rows), "")

    def _from_host(self, way: Asked) -> str:
        host, target = way.begins.host, way.target
        if host == target.host:
            if target.from_host and way.to not in target.isolated:
                return ""
            return f"{host} has no address on `{way.network}`, and so no way to it. Ask from a container on it"
        if host and self._route(host, way.to):
            return ""
        opened = [row for row in self.documents[target.host].get("open_port", ()) if row["address"] == way.to]
        if any((row["protocol"], row["port"]) == (way.protocol, way.port) for row in opened):
            return ""
        return (
            f"{way.begins.label} is not on `{way.network}`, which lets nobody in from elsewhere under its own"
            f" addresses. {self._published_instead(way)}"
        )

    def _published_instead(self, way: Asked) -> str:
        for rule in rules(self.documents[way.target.host]):
            if rule["rule"] == "publish" and rule["address"] in way.target.addresses:
                return (
                    f"Ask for {way.target.host} and port {rule['host_port']}/{rule['protocol']}, which is published for"
                    " it"
                )
        return f"Publish what it serves (`publish`), and ask for {way.target.host}"

    def _into_other(self, way: Asked) -> str:
        """From another network of the same host, by its routing."""
        source, target = way.source, way.target
        document = self.documents[source.host]
        device = self._bridge(target) if target.host == source.host else self._route(source.host, way.to)
        if device is None:
            return _no_way(source, way)
        let_in = [row for row in document.get("isolation", ()) if row["device"] == device]
        if all(self._bridge(source) in row["accept_from"] for row in let_in):
            return ""
        spans = any(row["network"] == target.network for row in document.get("route", ()))
        fix = f"put {source.label} on `{target.network}` as well"
        if not spans:
            fix = f"name `{source.network}` in `allow_networks` of `{target.network}`, or {fix}"
        is_internal = any(row.get("internal") for row in let_in)
        return (
            f"`{target.network}` does not let in what comes from `{source.network}`: {source.host} drops it on the way"
            f" to {device}. To have it pass, {fix}{'' if is_internal else ', or publish the port and ask for the host'}"
        )

    def _bridge(self, end: End) -> str | None:
        for row in container_ends(self.documents[end.host]):
            if row["network"] == end.network and dict(row["sandbox"]) == dict(end.sandbox):
                return row.get("master")
        return None

    def _route(self, host: str, to: str) -> str | None:
        """The device by which a host of an overlay leads to another one's containers."""
        there = ipaddress.ip_address(to)
        for row in self.documents[host].get("route", ()):
            if there in ipaddress.ip_network(row["dst"]):
                return str(row.get("device") or row.get("via"))
        return None

    def _at_host(self, way: Asked) -> Asked:
        """A port that is published there, or the host's own."""
        host, document = way.ends.host, self.documents[way.ends.host]
        version = version_of(way.to)
        there = [rule for rule in rules(document) if rule["rule"] == "publish" and _is_of(rule, way)]
        there = [rule for rule in there if version_of(rule["address"]) == version]
        rule = next((each for each in there if _is_at(each, way, host)), None)
        if rule is None and there:
            at = there[0].get("host_interface") or there[0].get("host_address")
            where = f"at {at} alone, and not at {way.to}"
            said = f"{host} publishes {way.port}/{way.protocol} {where}. Ask for that one, from there"
            return replace(way, refusal=said)
        if rule is not None:
            end = next((each for each in self.every if each.host == host and rule["address"] in each.addresses), None)
            way = replace(way, ends=WayEnd(end, host, way.to), rule=rule, network=way.network or rule["network"])
            return replace(way, refusal=self._of_sources(way, rule))
        if way.source is not None and way.source.host == host:
            return replace(way, refusal=_of_host_access(way, document))
        return way

    def _of_sources(self, way: Asked, rule: Mapping[str, Any]) -> str:
        sources = rule.get("sources")
        if not sources or (way.begins.host == way.ends.host and way.source is None):
            return ""
        # What a container of another host sends out comes under that host's address.
        comes = way.begins.address or self.underlay.get(way.begins.host, "")
        if way.source is not None and way.source.host == way.ends.host:
            comes = next((each for each in way.source.addresses if version_of(each) == version_of(way.to)), "")
        if not comes or any(ipaddress.ip_address(comes) in ipaddress.ip_network(each) for each in sources):
            return ""
        return (
            f"The port is published to {', '.join(sources)} alone (`sources`), and this comes from {comes}. Add that"
            " to its `sources` if it is to be let in"
        )


def _is_of(rule: Mapping[str, Any], way: Asked) -> bool:
    last = rule.get("host_port_end") or rule["host_port"]
    return rule["protocol"] == way.protocol and rule["host_port"] <= way.port <= last


def _is_at(rule: Mapping[str, Any], way: Asked, host: str) -> bool:
    at = rule.get("host_address")
    return bool(rule.get("host_interface")) or at in _ANYWHERE or at == way.to


def _of_neighbours(way: Asked) -> str:
    if way.source.host != way.target.host or way.source.attachment.to_neighbours:
        return ""
    return (
        f"Containers of `{way.network}` do not reach each other (`icc`). Set `icc: true`, or put both on another"
        " network"
    )


def _no_way(source: End, way: Asked) -> str:
    target = way.target
    return (
        f"They are on no network together, and {source.host} has no way from `{source.network}` to"
        f" `{target.network}` on {target.host}. Put both on one network, or publish the port and ask for {target.host}"
    )


def _of_host_access(way: Asked, document: Document) -> str:
    given = host_access(document, way.network)
    if given is None or any(_has(each, way) for each in given):
        return ""
    what = f"{way.port}/{way.protocol}" if way.port else "what is asked for, which is no port"
    return (
        f"`host_access` of `{way.network}` lets its containers reach {', '.join(given) or 'nothing'} of their host, and"
        f" not {what}. Add it there if it is to be reached"
    )


def host_access(document: Document, network: str) -> list[str] | None:
    """The ports of their host that a network's containers reach; None for whatever there is."""
    rows = (row for row in document.get("isolation", ()) if row["network"] == network)
    return next((row["host_access"] for row in rows if row.get("host_access") is not None), None)


def _has(ports: str, way: Asked) -> bool:
    numbers, _slash, protocol = ports.partition("/")
    first, _dash, last = numbers.partition("-")
    return protocol == way.protocol and int(first) <= way.port <= int(last or first)
