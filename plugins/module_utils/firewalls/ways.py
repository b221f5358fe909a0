# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packets that a document's networks live by: what leaves, what comes in, what carries an overlay.

Each begins a connection. The other end is an address that nobody has (RFC 5737, RFC 3849): anywhere.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.towards import is_address
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values, Wanted, network_of
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import Packet

ANYWHERE = {4: "198.51.100.1", 6: "2001:db8::1"}
_BY_NAME = {kind.name: kind for kind in KINDS}
_ENDS = [kind.name for kind in KINDS if kind.kernel_kind and kind.ends_in_sandbox]
_TUNNELS = {kind.name: kind.tunnel for kind in KINDS if kind.tunnel}
# Ports of one network that are looked at, as a host may publish thousands: the first of each protocol and family.
_PORTS = 16
_PEERS = 16  # other hosts of one tunnel that are, as a filter may be about one of them


class Way(t.NamedTuple):
    """One packet, by the network that it is for, with what it is in words."""

    network: str
    what: str
    hook: str
    packet: Packet


class Devices(t.NamedTuple):
    """What is not in a document: by IP version the devices of its default routes, and the devices of its addresses.

    ``filtered``: the versions of which filters see what bridges switch (br_netfilter).
    """

    uplinks: t.Mapping[int, t.Sequence[str]]
    device_of: t.Mapping[str, str]
    filtered: t.Collection[int] = ()


def ways(wanted: t.Sequence[Wanted], host: Devices) -> list[Way]:
    """All of a document's, for this host. What goes by a device that cannot be known here is left out."""
    by_kind: dict[str, list[Wanted]] = {}
    for each in wanted:
        if each.netns is None:
            by_kind.setdefault(each.kind, []).append(each)
    ends = {
        cidr.partition("/")[0]: each.values["master"]
        for each in _ports(by_kind)
        for cidr in each.values.get("addresses") or ()
    }
    return [
        *_out(by_kind, ends, host),
        *_in(by_kind, ends, host),
        *_carried(by_kind, ends, host),
        *_straight(by_kind, ends, host),
        *_switched(by_kind, ends, host),
        *_handed_on(by_kind, ends),
    ]


def _ports(by_kind: t.Mapping[str, t.Sequence[Wanted]]) -> list[Wanted]:
    """Containers' interfaces whose ends on the host are ports of bridges, whatever kind they are."""
    return [each for kind in _ENDS for each in by_kind.get(kind, ()) if each.values.get("master")]


def _out(by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str], host: Devices) -> t.Iterator[Way]:
    """A container of each network that has a way out, by each device of a default route."""
    inner = {each.owner for each in by_kind.get("isolation", ()) if each.values.get("internal")}
    for rule in by_kind.get("nat_rule", ()):
        if rule.values["rule"] != "masquerade" or rule.owner in inner:
            continue
        source = ipaddress.ip_network(rule.values["source"])
        address = next((each for each in ends if ipaddress.ip_address(each) in source), None)
        for uplink in host.uplinks.get(source.version, ()) if address else ():
            packet = _packet(ends[address], uplink, address, ANYWHERE[source.version], ("tcp", 443))
            yield Way(network_of(rule.owner), f"what its containers send out by {uplink}", "forward", packet)


def _in(by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str], host: Devices) -> t.Iterator[Way]:
    """Ports that are published, and ports that are open under the container's own address."""
    seen: dict[tuple[str, str, int], int] = {}
    for kind, status in (("nat_rule", "dnat"), ("open_port", "")):
        for each in by_kind.get(kind, ()):
            values = each.values
            if values.get("rule", "publish") != "publish" or values.get("address") not in ends or _is_local(values):
                continue
            version = 6 if ":" in values["address"] else 4
            series = (network_of(each.owner), values["protocol"], version)
            seen[series] = seen.get(series, 0) + 1
            for uplink in host.uplinks.get(version, ()) if seen[series] <= _PORTS else ():
                source = _first_source(values, version)
                port = (values["protocol"], values["port"])
                packet = _packet(uplink, ends[values["address"]], source, values["address"], port)
                where = f"port {values['port']}/{values['protocol']} of {values['address']}"
                packet["ct_status"] = status
                yield Way(series[0], f"what comes in by {uplink} for {where}", "forward", packet)


def _is_local(values: Values) -> bool:
    """Published for the host alone."""
    return bool(values.get("host_address")) and ipaddress.ip_address(values["host_address"]).is_loopback


def _first_source(values: Values, version: int) -> str:
    for text in values.get("sources") or ():
        if "/" in text and ipaddress.ip_network(text).prefixlen:
            return str(ipaddress.ip_network(text).network_address)
    return ANYWHERE[version]


def _switched(by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str], host: Devices) -> t.Iterator[Way]:
    """Between a container of each network and the LAN that it is bridged into, or another container, where filters see
    that."""
    ours = {each.values["name"] for each in by_kind.get("bridge", ()) if not each.values.get("uplink")}
    seen: set[tuple[str, int]] = set()
    for end in _ports(by_kind) if host.filtered else ():
        bridge = end.values.get("master")
        for address in (cidr.partition("/")[0] for cidr in end.values.get("addresses") or ()):
            version = ipaddress.ip_address(address).version
            if version not in host.filtered or (bridge, version) in seen or address not in ends:
                continue
            other = _beside(end, address, by_kind, ends) if bridge in ours else ANYWHERE[version]
            if other is None:
                continue
            seen.add((bridge, version))
            what = f"what {bridge} switches between its containers{'' if bridge in ours else ' and the LAN'}"
            for pair in ((address, other), (other, address)):
                yield Way(network_of(end.owner), what, "forward", _packet(bridge, bridge, *pair, ("tcp", 443)))


def _handed_on(by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str]) -> t.Iterator[Way]:
    """The frames of each bridge of ours between a container's port and the next one, or that of a tunnel."""
    carrying = (each for kind in _TUNNELS for each in by_kind.get(kind, ()) if _is_port(each))
    tunnels = {each.values["master"]: each.values["name"] for each in carrying}
    ports: dict[str, list[str]] = {}
    for end in _ports(by_kind):
        if _is_port(end):
            ports.setdefault(end.values["master"], []).append(end.values["name"])
    seen: set[tuple[str, int]] = set()
    for end in _ports(by_kind):
        bridge, own = end.values.get("master"), end.values["name"]
        to = tunnels.get(bridge) or next((each for each in ports.get(bridge, ()) if each != own), None)
        for address in (cidr.partition("/")[0] for cidr in end.values.get("addresses") or ()):
            place = (bridge, ipaddress.ip_address(address).version)
            other = None if place in seen or to is None else _beside(end, address, by_kind, ends)
            if other is not None:
                seen.add(place)
                what = f"what {bridge} switches between its containers"
                for way in ((own, to, address, other), (to, own, other, address)):
                    yield Way(network_of(end.owner), what, "forward", {**_packet(*way, ("tcp", 443)), "switched": True})


def _is_port(each: Wanted) -> bool:
    return bool(each.values.get("master"))


def _beside(
    end: Wanted, address: str, by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str]
) -> str | None:
    """Another container that this one talks to by their bridge, on this host or behind it."""
    if end.values.get("isolated"):
        return None
    bridge, version = end.values.get("master"), ipaddress.ip_address(address).version
    behind = (e.values["address"] for e in by_kind.get("neighbour", ()) if e.values.get("device") == bridge)
    others = [*(each for each in ends if ends[each] == bridge), *behind]
    return next((e for e in others if e != address and ipaddress.ip_address(e).version == version), None)


def _carried(by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str], host: Devices) -> t.Iterator[Way]:
    """An overlay's own packets, between this host and its peers, and what they carry."""
    for tunnel in (each for kind in _TUNNELS for each in by_kind.get(kind, ())):
        values, network = tunnel.values, network_of(tunnel.owner)
        local, port = values.get("local"), ("udp", values.get("port"))
        device = values.get("link") or host.device_of.get(local)
        for remote in () if None in (local, device, port[1]) else _remotes(by_kind, tunnel):
            arriving = _packet(device, None, remote, local, port)
            what = f"its {_TUNNELS[tunnel.kind]} packets ({port[1]}/udp) by {device}"
            yield Way(network, what, "input", {**arriving, "fib_daddr": "local"})
            yield Way(network, what, "output", _packet(None, device, local, remote, port))
        if device is not None:
            routes = [each for each in by_kind.get("route", ()) if _is_of(each, tunnel)]
            yield from _between(tunnel, values["name"], routes, by_kind, ends)


def _straight(by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str], host: Devices) -> t.Iterator[Way]:
    """What hosts of one segment send each other as it is, by the underlay's own device."""
    tunnels = {each.values["name"] for kind in _TUNNELS for each in by_kind.get(kind, ())}
    for guard in by_kind.get("isolation", ()):
        by = guard.values.get("direct_by")
        device = host.device_of.get(by) if by and is_address(by) else by
        routes = [each for each in by_kind.get("route", ()) if each.owner == guard.owner and each.values.get("via")]
        routes = [each for each in routes if each.values.get("device") not in tunnels]
        if device is not None:
            yield from _between(guard, device, routes, by_kind, ends)


def _between(
    of: Wanted,
    device: str,
    routes: t.Iterable[Wanted],
    by_kind: t.Mapping[str, t.Sequence[Wanted]],
    ends: t.Mapping[str, str],
) -> t.Iterator[Way]:
    """What its containers send those of other hosts by a device, and get: one packet for each family."""
    bridges = {each.values["name"] for each in by_kind.get("bridge", ()) if each.owner == of.owner}
    own = {ipaddress.ip_address(each).version: each for each in reversed(list(ends)) if ends[each] in bridges}
    for route in routes:
        block = ipaddress.ip_network(route.values["dst"])
        address = own.pop(block.version, None)
        if address is not None:
            there, bridge, port = str(block[2]), ends[address], ("tcp", 443)
            packet = _packet(device, bridge, there, address, port)
            yield Way(network_of(of.owner), f"what comes from its other hosts by {device}", "forward", packet)
            packet = _packet(bridge, device, address, there, port)
            yield Way(network_of(of.owner), f"what goes to its other hosts by {device}", "forward", packet)


def _remotes(by_kind: t.Mapping[str, t.Sequence[Wanted]], tunnel: Wanted) -> list[str]:
    """The addresses of its peers."""
    led = [each for some in by_kind.values() for each in some if _is_of(each, tunnel)]
    found = [_BY_NAME[each.kind].other_end(each.values) for each in led]
    return list(dict.fromkeys(each for each in found if each))[:_PEERS]


def _is_of(each: Wanted, tunnel: Wanted) -> bool:
    return each.values.get("device") == tunnel.values["name"]


def _packet(
    iifname: str | None, oifname: str | None, saddr: str, daddr: str, port: tuple[str, t.Any]
) -> dict[str, t.Any]:
    return {
        "nfproto": ipaddress.ip_address(saddr).version,
        "iifname": iifname,
        "oifname": oifname,
        "saddr": saddr,
        "daddr": daddr,
        "l4proto": port[0],
        "dport": port[1],
        "ct_state": "new",
        "ct_status": "",
        "fib_daddr": "unicast",
    }
