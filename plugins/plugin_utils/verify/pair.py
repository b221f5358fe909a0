# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way through the networks, hop by hop: what to try of it, at which hop it ends, why, and what mends it. Pure."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.document_devices import (
    TUNNELS,
    container_ends,
    shims,
    tunnels,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import (
    Document,
    End,
    Try,
    attempt,
    version_of,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.said import on_the_way
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ways import Asked, host_access

CLOSED = "connection refused"


@dataclass(frozen=True)
class Answers:
    """What hosts have said: by host what differs from its plan, which of its containers wait and why, what its own
    firewalls drop; by hop why it failed ("" for an answer). ``silent``: why a host has not been asked."""

    drift: Mapping[str, Sequence[str]]
    waiting: Mapping[str, Sequence[str]]
    firewalls: Mapping[str, Sequence[str]]
    reasons: Mapping[str, str]
    silent: Mapping[str, str]


# -- what to try -------------------------------------------------------------------------------------------------------


def hops(way: Asked, underlay: Mapping[str, str], documents: Mapping[str, Document]) -> list[Try]:
    """In the order in which a packet passes them; none of what the plan refuses. ``underlay`` is each host's own
    address."""
    return [] if way.refusal else [*_leaving(way, documents), *_arriving(way, underlay), *_through(way, underlay)]


def looks(way: Asked, documents: Mapping[str, Document]) -> list[Try]:
    """What to look at on each host that it passes, where something fails: what others have put on our devices, and in
    the way to its containers."""
    found = []
    for host in () if way.refusal else way.hosts:
        document = documents.get(host, {})
        devices = " ".join(_devices(way, host, document))
        if devices:
            probe = {"kind": "devices", "by": devices}
            found.append(attempt(host, way.network, _LOOK, None, "its devices", host, way.to, **probe))
        found += [each for end in _ends(way, host) for each in _inward(way, end, document)]
    return found


def _inward(way: Asked, end: End, document: Document) -> Iterator[Try]:
    """Does a host lead to its container by the container's own bridge?"""
    of_it = (row for row in container_ends(document) if row["network"] == end.network and row["sandbox"] == end.sandbox)
    bridge = next((row.get("master") for row in of_it), None)
    for to in end.addresses if bridge and end.from_host and not end.on_lan else ():
        if version_of(to) == version_of(way.to) and to not in end.isolated:
            yield attempt(end.host, end.network, _LOOK, None, end.label, end.host, to, kind="route", by=bridge)


def _devices(way: Asked, host: str, document: Document) -> list[str]:
    """Those that are ours on a host: ends of containers', their bridges, what carries a network, a shim."""
    places = [(end.network, dict(end.sandbox)) for end in _ends(way, host)]
    ends = [row for row in container_ends(document) if (row["network"], dict(row["sandbox"])) in places]
    names = [row.get(option) for row in ends if row.get("master") for option in ("name", "master")]
    names += [row["name"] for row in tunnels(document) if row["network"] in _networks(way)]
    names += [row["interface"] for row in shims(document) if row["network"] in _networks(way)]
    return list(dict.fromkeys(str(name) for name in names if name))


def _leaving(way: Asked, documents: Mapping[str, Document]) -> Iterator[Try]:
    source, version = way.source, version_of(way.to)
    if source is None:
        return
    where = (source.host, source.network)
    own = next((each for each in source.addresses if version_of(each) == version), None)
    if own and source.from_host and own not in source.isolated:
        yield attempt(*where, "own host", None, source.label, source.host, own)
    yield from _own_routes(way)
    # By a route of its own where another network is its way out.
    vias = [str(route["via"]) for route in source.attachment.routes if route.get("via")]
    gateway = next((via for via in vias if via in source.own and version_of(via) == version), None)
    if gateway and host_access(documents[source.host], source.network) is None:
        yield attempt(*where, "gateway", source, f"its gateway {gateway}", source.host, gateway)


def _own_routes(way: Asked) -> Iterator[Try]:
    """By which of its interfaces a container leads there, and the other one back, if they are on one network."""
    ends = [(way.source, way.ends, way.to)]
    if way.target is not None and way.rule is None and way.source.network == way.target.network:
        ends.append((way.target, way.begins, _own(way)))
    for end, there, to in ends:
        by = next((each for each in end.addresses if to and version_of(each) == version_of(to)), "")
        if by:
            label = there.label if there.end is not None else to
            probe = {"kind": "route", "by": by}
            yield attempt(end.host, end.network, "own route", end, label, there.host or label, to, **probe)


def _arriving(way: Asked, underlay: Mapping[str, str]) -> Iterator[Try]:
    """Up to what listens in the container that it is for."""
    target, host = way.target, way.ends.host
    address = way.to if way.rule is not None or target is None else underlay.get(host)
    begins = way.begins.host
    if begins and host and host != begins and address and not (way.source and target is None):
        yield from _between(way, underlay, address)
    if target is None:
        return
    to, port = way.at
    if target.from_host and to not in target.isolated:
        yield attempt(host, target.network, "its host", None, target.label, host, to)
    if way.port:
        probe = {"kind": way.protocol, "port": port}
        yield attempt(host, target.network, "listening", target, "itself", host, to, **probe)


def _between(way: Asked, underlay: Mapping[str, str], address: str) -> Iterator[Try]:
    """From host to host: by the underlay's device, there and back, then by the tunnel. Nobody is asked for the own
    address of a host that is behind NAT."""
    if not way.apart:
        yield from _by_underlay(way, underlay, address)
    yield from _by_tunnel(way)


def _by_underlay(way: Asked, underlay: Mapping[str, str], address: str) -> Iterator[Try]:
    one, other = way.begins.host, way.ends.host
    ends = ((one, other, address), (other, one, underlay.get(one, "")))
    ends = [each for each in ends if underlay.get(each[0]) and version_of(underlay[each[0]]) == version_of(address)]
    for host, to_host, to in ends if len(ends) == 2 else ():
        probe = {"kind": "route", "by": underlay[host]}
        yield attempt(host, way.network, "underlay route", None, f"{to_host} ({to})", to_host, to, **probe)
    yield attempt(one, way.network, "underlay", None, f"{other} ({address})", other, address)


def _by_tunnel(way: Asked) -> Iterator[Try]:
    one, other = way.begins.host, way.ends.host
    for host, end, to in ((one, way.ends, way.to), (other, way.begins, _own(way))):
        if to and way.by.get(host):
            probe = {"kind": "route", "by": way.by[host]}
            yield attempt(host, way.network, "route", None, end.label, end.host, to, **probe)
    if way.tunnel is not None and way.behind:
        probe = {"kind": "handshake", "by": way.tunnel["name"]}
        yield attempt(one, way.network, "handshake", None, other, other, way.behind, **probe)


def _own(way: Asked) -> str:
    found = (each for each in (way.source.addresses if way.source else ()) if version_of(each) == version_of(way.to))
    return next(found, "")


def _through(way: Asked, underlay: Mapping[str, str]) -> Iterator[Try]:
    """From where it begins; what begins elsewhere is tried from the host that it comes to, and told from there."""
    source, target = way.source, way.target
    to_host = way.ends.host or way.ends.label
    where = (way.begins.host or way.ends.host, way.network)
    probe = {"kind": way.protocol, "port": way.port}
    label = f"{way.ends.host} ({way.to})" if way.rule is not None or target is None else way.ends.label
    if way.rule is not None and way.ends.host != way.begins.host:
        yield attempt(way.ends.host, way.network, "at its host", None, label, way.ends.host, way.to, **probe)
    if not way.begins.host:
        return
    if way.rule is None:
        yield attempt(*where, "whole", source, label, to_host, way.to)
    if source is not None and target is not None and way.rule is None and target.host != source.host:
        size = min(source.mtu, target.mtu)
        yield attempt(*where, "size", source, label, to_host, way.to, size=size)
    if way.port:
        yield attempt(*where, "port", source, label, to_host, way.to, **probe)


# -- what came of it ---------------------------------------------------------------------------------------------------


def told(way: Asked, tried: Sequence[Try], answers: Answers) -> tuple[list[str], str]:
    """Lines for people, and what is wrong with it in a sentence; empty where it arrives."""
    lines = [str(way)]
    if way.refusal:
        lines.append("  not tried: it is not planned to arrive")
        return lines, f"{way}: it is not planned to arrive. {way.refusal}"
    seen = [(each, answers.reasons.get(each.name, "")) for each in tried if each.about == _LOOK]
    tried = [each for each in tried if each.about != _LOOK]
    reasons = {each.name: _reason(each, answers) for each in tried}
    for each in tried:
        lines.append(f"  {_words(each)}: {reasons[each.name] or _GOOD.get(each.about, 'answers')}")
    if not tried:
        return lines, ""
    arrives = not reasons[tried[-1].name] and all(not reasons[e.name] for e in tried if e.about == "size")
    first = next((each for each in tried if reasons[each.name]), None)
    if arrives or first is None:
        if not way.begins.host:
            lines.append(f"  the way from {way.begins.label} to {way.ends.host}: not tried, as it is no host of these")
        return lines, ""
    lost = [
        _INWARD.format(each=each, text=text) if each.probe["kind"] == "route" else f"On {each.host}, {text}"
        for each, text in seen
        if text
    ]
    why = _why(way, first, lost, reasons, answers)
    return lines, f"{way}: it ends at {_words(first)} ({reasons[first.name]}). {why}"


def _ends(way: Asked, host: str) -> list[End]:
    return [end for end in (way.source, way.target) if end is not None and end.host == host]


def _networks(way: Asked) -> list[str]:
    return [way.network, *(end.network for end in (way.source, way.target) if end is not None)]


def _reason(each: Try, answers: Answers) -> str:
    """Datagrams are answered by whom they are for, or not at all: only a closed port says something."""
    if each.host in answers.silent:
        return "not tried"
    reason = answers.reasons.get(each.name, "not tried")
    return "" if each.probe["kind"] == "udp" and reason != CLOSED else reason


def _words(each: Try) -> str:
    if each.about in _LOOKED_AT:
        return f"{each.source}'s way to {each.target}"
    if each.about == "handshake":
        return f"{each.host}'s handshake with {each.target}"
    size = f" with {each.probe['size']} bytes" if each.probe.get("size") else ""
    port = f", {each.probe['port']}/{each.probe['kind']}" if each.probe.get("port") else ""
    return f"{each.source} to {each.target}{port}{size}"


def _why(way: Asked, first: Try, lost: Sequence[str], reasons: Mapping[str, str], answers: Answers) -> str:
    """What hosts say themselves goes before what follows from the hop. ``lost``: by what others have put on devices."""
    for host in way.hosts:
        if host in answers.silent:
            return f"{host} has not been asked: {answers.silent[host]}"
        waiting = [text for text in answers.waiting.get(host, ()) if any(end.name in text for end in _ends(way, host))]
        if waiting:
            return waiting[0].rstrip(".")
        objects = on_the_way(answers.drift.get(host, ()), _networks(way))
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
            if text.startswith(tuple(f"{each}: " for each in _networks(way)))
        ]
        if drops or lost:
            return [*drops, *lost][0].rstrip(".")
    address, number = way.at
    words = {"label": way.ends.label, "address": address, "inner": f"{number}/{way.protocol}"}
    words.update(at=first.source, to=first.probe["to"], carried=_carried(way))
    about = first.about
    if about == "whole" and way.tunnel is not None:
        about = "carried" if way.target is None or way.target.from_host else "switched"
    if way.apart and about in ("handshake", "carried", "switched"):
        about = "apart"
    if about == "underlay route" and not reasons[first.name].startswith(_ELSEWHERE):
        about = "no underlay"
    if reasons[first.name].startswith(os.strerror(errno.EPERM)):
        about = "own filter"
        words["there"] = f"on {first.host}" if first.source == first.host else f"in the namespace of {first.source}"
    return _FOLLOWS[about].format(port=f"{way.port}/{way.protocol}", host=first.to_host, **words)


def _carried(way: Asked) -> str:
    if way.tunnel is None:
        return ""
    port = f" ({way.tunnel['port']}/udp)" if way.tunnel.get("port") else ""
    return f"{TUNNELS[way.tunnel['kind']]} packets{port}"


_LED = (
    "On {at}, a route or rule of somebody else's comes first: look at `ip route get {to}` and `ip rule`, and take it"
    " away"
)
_LOOK = "devices"
_INWARD = (
    "{each.host}'s way to {each.target} ({each.probe[to]}) is another one: {text}. A route, rule or address of somebody"
    " else's comes first: look at `ip route get {each.probe[to]}` and `ip rule`, and take it away"
)
# Hops that are looked at, and answer nothing.
_LOOKED_AT = ("own route", "underlay route", "route")
_GOOD = {**dict.fromkeys(_LOOKED_AT, "leads there"), "handshake": "has been"}
_ELSEWHERE = ("it goes by", "a route")  # where something leads, and it is the wrong way
_FOLLOWS = {
    "own filter": "A filter drops it where it is sent, as its kernel says: look at `nft list ruleset` {there}, and at"
    " `iptables-save`",
    "underlay route": _LED,
    "route": _LED,
    "own route": "It is a route of the container's own, or one that it lacks: look at `ip route get {to}` in its"
    " namespace",
    "no underlay": "Nothing leads to the other host: see that the interface of {at}'s underlay is up, and has its"
    " address and a route there (`ip address`, `ip route get {to}`)",
    "handshake": "The hosts reach each other, and their {carried} do not arrive: look at what drops them between the"
    " hosts, and at containerhost_underlay_endpoint of a host behind NAT",
    "apart": "Their {carried} do not arrive, and one of the two hosts is behind NAT: look at its"
    " containerhost_underlay_endpoint, at whether that address and port lead to it, and at what drops them on the way",
    "carried": "The hosts reach each other, and their {carried} do not arrive: look at what drops them between the"
    " hosts, such as a firewall there, or a security group of a cloud, and at what filters in the containers, which"
    " their hosts cannot ask",
    "switched": "The hosts reach each other, and their {carried} do not arrive, or {label} does not answer: look at"
    " what drops them between the hosts, such as a firewall there, and at what filters in the containers, which their"
    " hosts cannot ask",
    "own host": "Its host does not reach it: look at what filters in the container (`nft list ruleset` in its"
    " namespace), at neighbours that somebody has set there (`ip neigh`), and at rules of somebody else's on {at}"
    " (`ip rule`)",
    "gateway": "It does not reach its own host: look at what filters in the container, at neighbours that somebody has"
    " set there (`ip neigh`), and at `host_access`",
    "underlay": "The hosts do not reach each other: look at the way between them, at what keeps {host} from answering"
    " echo requests, and at containerhost_underlay_address",
    "its host": "Its host does not reach {label}: look at what filters in the container, at neighbours that somebody"
    " has set there (`ip neigh`), and at rules of somebody else's on {at} (`ip rule`)",
    "listening": "Nothing listens there: start what serves {inner} in {label}, on all addresses or on {address}",
    "at its host": "It listens, and the host does not lead there: look at other programs that have {port} on {host}"
    " (`ss -lntup`), and at `nft list ruleset` there",
    "whole": "All hops before it answer. Look at what filters in {label}, and between the hosts",
    "size": "Smaller ones pass: the way between the hosts takes less than planned. Set containerhost_underlay_mtu to"
    " what it takes, and run site",
    "port": "Echo requests arrive, and {port} is dropped on the way: look at what filters in {label}, and at"
    " firewalls between the hosts",
}
