# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way through the networks, hop by hop: what to try of it, at which hop it ends, why, and what mends it. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import (
    Document,
    End,
    Try,
    attempt,
    ends,
    version_of,
)

CLOSED = "connection refused"
PROTOCOLS = ("icmp", "tcp", "udp", "sctp")


@dataclass(frozen=True)
class Asked:
    """From a container to another one, or to an address: ``target`` is its end, None where it is no container's."""

    source: End
    target: End | None
    to: str
    protocol: str = "icmp"
    port: int = 0

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.source.host, *([self.target.host] if self.target else []))))

    @property
    def label(self) -> str:
        return self.target.label if self.target else self.to

    def __str__(self) -> str:
        port = f", {self.port}/{self.protocol}" if self.port else ""
        return f"{self.source.label} to {self.label}{port}, by IPv{version_of(self.to)} on {self.source.network}"


@dataclass(frozen=True)
class Answers:
    """What hosts have said: by host what differs from its plan, which of its containers wait and why, what its own
    firewalls drop; by hop why it failed ("" for an answer). ``silent``: why a host has not been asked."""

    drift: Mapping[str, Sequence[str]]
    waiting: Mapping[str, Sequence[str]]
    firewalls: Mapping[str, Sequence[str]]
    reasons: Mapping[str, str]
    silent: Mapping[str, str]


def asked(documents: Mapping[str, Document], source: str, target: str, protocol: str, port: int) -> list[Asked]:
    """Each way that there is, one for each family. Raises Refusal."""
    if protocol != "icmp" and not port:
        raise Refusal(f"`protocol` is {protocol}, and there is no `port`", "Say which one, or leave `protocol` out")
    if protocol == "icmp" and port:
        raise Refusal("`port` is of no protocol", "Say which one: `protocol` is tcp, udp or sctp")
    every = list(ends(documents))
    sources, address = _named(every, "from", source), _address(target)
    if address is not None:
        found = [Asked(each, None, address, protocol, port) for each in sources if each.gateway(version_of(address))]
        if not found:
            raise Refusal(
                f"{source} has no way out by IPv{version_of(address)}",
                "Put it on a network with a gateway of that family, or ask for another address",
            )
        return found[:1]
    targets = _named(every, "to", target)
    pairs = [(one, other) for one in sources for other in targets if one.network == other.network and one != other]
    if not pairs:
        of = {name: sorted({each.network for each in some}) for name, some in ((source, sources), (target, targets))}
        raise Refusal(
            f"{source} ({', '.join(of[source])}) and {target} ({', '.join(of[target])}) are on no network together, and"
            " none is planned to lead from one to the other",
            "Put both on one, or publish the port and ask for the host's address",
        )
    one, other = pairs[0]
    families = {version_of(each) for each in one.addresses}
    return [Asked(one, other, to, protocol, port) for to in other.first_of_each_family() if version_of(to) in families]


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _named(every: Sequence[End], option: str, name: str) -> list[End]:
    found = [each for each in every if name in (each.label, each.name)]
    labels = sorted({each.label for each in found})
    if not found:
        raise Refusal(
            f"`{option}` is `{name}`, and no container with an address is called so",
            schema.suggestion(name, {each.label for each in every}),
        )
    if len(labels) > 1:
        raise Refusal(f"`{option}` is `{name}`, which is {' and '.join(labels)}", "Say which one, with its host")
    return found


# -- what to try -------------------------------------------------------------------------------------------------------


def hops(way: Asked, underlay: Mapping[str, str]) -> list[Try]:
    """In the order in which a packet passes them. ``underlay`` is each host's own address."""
    return [*_leaving(way), *_arriving(way, underlay), *_through(way)]


def _leaving(way: Asked) -> Iterator[Try]:
    source, version = way.source, version_of(way.to)
    where = (source.host, source.network)
    own = [each for each in source.addresses if version_of(each) == version][0]
    if source.from_host and own not in source.isolated:
        yield attempt(*where, "own host", None, source.label, source.host, own)
    # By a route of its own where another network is its way out.
    vias = [str(route["via"]) for route in source.attachment.routes if route.get("via")]
    gateway = next((via for via in vias if via in source.own and version_of(via) == version), None)
    if gateway:
        yield attempt(*where, "gateway", source, f"its gateway {gateway}", source.host, gateway)


def _arriving(way: Asked, underlay: Mapping[str, str]) -> Iterator[Try]:
    source, target = way.source, way.target
    if target is None:
        return
    if target.host != source.host and underlay.get(target.host):
        address = underlay[target.host]
        yield attempt(
            source.host, source.network, "underlay", None, f"{target.host} ({address})", target.host, address
        )
    if target.from_host and way.to not in target.isolated:
        yield attempt(target.host, target.network, "its host", None, target.label, target.host, way.to)
    if way.port:
        probe = {"kind": way.protocol, "port": way.port}
        yield attempt(target.host, target.network, "listening", target, "itself", target.host, way.to, **probe)


def _through(way: Asked) -> Iterator[Try]:
    source, target = way.source, way.target
    to_host = target.host if target else way.label
    where = (source.host, source.network)
    yield attempt(*where, "whole", source, way.label, to_host, way.to)
    if target is not None and target.host != source.host:
        yield attempt(*where, "size", source, way.label, to_host, way.to, size=min(source.mtu, target.mtu))
    if way.port:
        yield attempt(*where, "port", source, way.label, to_host, way.to, kind=way.protocol, port=way.port)


# -- what came of it ---------------------------------------------------------------------------------------------------


def told(way: Asked, tried: Sequence[Try], answers: Answers) -> tuple[list[str], str]:
    """Lines for people, and what is wrong with it in a sentence; empty where it arrives."""
    lines = [str(way)]
    reasons = {each.name: _reason(each, answers) for each in tried}
    for each in tried:
        lines.append(f"  {_words(each)}: {reasons[each.name] or 'answers'}")
    arrives = not reasons[tried[-1].name] and all(not reasons[e.name] for e in tried if e.about == "size")
    first = next((each for each in tried if reasons[each.name]), None)
    if arrives or first is None:
        return lines, ""
    return lines, f"{way}: it ends at {_words(first)} ({reasons[first.name]}). {_why(way, first, tried, answers)}"


def _ends(way: Asked, host: str) -> list[End]:
    return [end for end in (way.source, way.target) if end is not None and end.host == host]


def _reason(each: Try, answers: Answers) -> str:
    """Datagrams are answered by whom they are for, or not at all: only a closed port says something."""
    if each.host in answers.silent:
        return "not tried"
    reason = answers.reasons.get(each.name, "not tried")
    return "" if each.probe["kind"] == "udp" and reason != CLOSED else reason


def _words(each: Try) -> str:
    size = f" with {each.probe['size']} bytes" if each.probe.get("size") else ""
    port = f", {each.probe['port']}/{each.probe['kind']}" if each.probe.get("port") else ""
    return f"{each.source} to {each.target}{port}{size}"


def _why(way: Asked, first: Try, tried: Sequence[Try], answers: Answers) -> str:
    """What hosts say themselves goes before what follows from the hop."""
    for host in way.hosts:
        if host in answers.silent:
            return f"{host} has not been asked: {answers.silent[host]}"
        waiting = [text for text in answers.waiting.get(host, ()) if any(end.name in text for end in _ends(way, host))]
        if waiting:
            return waiting[0].rstrip(".")
        objects = answers.drift.get(host, ())
        if objects:
            return (
                f"{host} is not as planned: {', '.join(objects)}. `ansible-playbook … containerhost.network.site"
                f" --limit {host}` mends it"
            )
    if first.about != "listening":
        # A firewall's sentence begins with the network that it drops packets of.
        drops = [
            f"On {host}, {text.partition(': ')[2]}"
            for host in way.hosts
            for text in answers.firewalls.get(host, ())
            if text.startswith(f"{way.source.network}: ")
        ]
        if drops:
            return drops[0]
    return _FOLLOWS[first.about].format(way=way, port=f"{way.port}/{way.protocol}", host=first.to_host)


_FOLLOWS = {
    "own host": "Its host does not reach it: look at what filters in the container (`nft list ruleset` in its"
    " namespace)",
    "gateway": "It does not reach its own host: look at what filters in the container, and at `host_access`",
    "underlay": "The hosts do not reach each other: look at the way between them, at what keeps {host} from answering"
    " echo requests, and at containerhost_underlay_address",
    "its host": "Its host does not reach {way.label}: look at what filters in the container",
    "listening": "Nothing listens there: start what serves {port} in {way.label}, on all addresses or on {way.to}",
    "whole": "All hops before it answer. Look at what filters in {way.label}, and between the hosts",
    "size": "Smaller ones pass: the way between the hosts takes less than planned. Set containerhost_underlay_mtu to"
    " what it takes, and run site",
    "port": "Echo requests arrive, and {port} is dropped on the way: look at what filters in {way.label}, and at"
    " firewalls between the hosts",
}
