# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packets that a document's networks live by: what leaves, what comes in, what carries an overlay.

Each begins a connection. The other end is an address that nobody has (RFC 5737, RFC 3849): anywhere.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values, Wanted, network_of
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import Packet

ANYWHERE = {4: "198.51.100.1", 6: "2001:db8::1"}
_TUNNELS = {"vxlan": "VXLAN", "wireguard": "WireGuard"}  # by kind, as people call them
# Ports of one network that are looked at, as a host may publish thousands: the first of each protocol and family.
_PORTS = 16


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
        str(ipaddress.ip_interface(cidr).ip): each.values["master"]
        for each in by_kind.get("veth", ())
        if each.values.get("master")
        for cidr in each.values.get("addresses") or ()
    }
    return [
        *_out(by_kind.get("nat_rule", ()), ends, host),
        *_in(by_kind, ends, host),
        *_carried(by_kind, ends, host),
        *_switched(by_kind, ends, host),
    ]


def _out(rules: t.Sequence[Wanted], ends: t.Mapping[str, str], host: Devices) -> t.Iterator[Way]:
    """A container of each network that has a way out, by each device of a default route."""
    for rule in rules:
        if rule.values["rule"] != "masquerade":
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
            version = ipaddress.ip_address(values["address"]).version
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
    """Between the LAN and a container of each network that is bridged into it, where filters see that."""
    ours = {each.values["name"] for each in by_kind.get("bridge", ()) if not each.values.get("uplink")}
    seen: set[tuple[str, int]] = set()
    for end in by_kind.get("veth", ()) if host.filtered else ():
        bridge = end.values.get("master")
        for address in (cidr.partition("/")[0] for cidr in end.values.get("addresses") or ()):
            version = ipaddress.ip_address(address).version
            if bridge in ours or version not in host.filtered or (bridge, version) in seen or address not in ends:
                continue
            seen.add((bridge, version))
            what = f"what {bridge} switches between its containers and the LAN"
            for pair in ((address, ANYWHERE[version]), (ANYWHERE[version], address)):
                yield Way(network_of(end.owner), what, "forward", _packet(bridge, bridge, *pair, ("tcp", 443)))


def _carried(by_kind: t.Mapping[str, t.Sequence[Wanted]], ends: t.Mapping[str, str], host: Devices) -> t.Iterator[Way]:
    """An overlay's own packets, between this host and the first of its peers, and what they carry."""
    for tunnel in (each for kind in _TUNNELS for each in by_kind.get(kind, ())):
        values, network = tunnel.values, network_of(tunnel.owner)
        remote = _remote(by_kind, tunnel)
        local, port = values.get("local"), ("udp", values.get("port"))
        device = values.get("link") or host.device_of.get(local)
        if local is None or remote is None or device is None:
            continue
        arriving = _packet(device, None, remote, local, port)
        what = f"its {_TUNNELS[tunnel.kind]} packets ({port[1]}/udp) by {device}"
        yield Way(network, what, "input", {**arriving, "fib_daddr": "local"})
        yield Way(network, what, "output", _packet(None, device, local, remote, port))
        for route in (e for e in by_kind.get("route", ()) if _is_of(e, tunnel)):
            block = ipaddress.ip_network(route.values["dst"])
            own = next((each for each in ends if _in_network(each, block.version, by_kind, ends, tunnel)), None)
            if own is not None:
                packet = _packet(values["name"], ends[own], str(block[2]), own, ("tcp", 443))
                yield Way(network, f"what comes from its other hosts by {values['name']}", "forward", packet)
                packet = _packet(ends[own], values["name"], own, str(block[2]), ("tcp", 443))
                yield Way(network, f"what goes to its other hosts by {values['name']}", "forward", packet)
                break


def _remote(by_kind: t.Mapping[str, t.Sequence[Wanted]], tunnel: Wanted) -> str | None:
    """The address of the first of its peers."""
    if tunnel.kind == "vxlan":
        return next((each.values["dst"] for each in by_kind.get("vxlan_fdb", ()) if _is_of(each, tunnel)), None)
    peers = (each.values.get("endpoint") for each in by_kind.get("wireguard_peer", ()) if _is_of(each, tunnel))
    return next((where.rpartition(":")[0].strip("[]") for where in peers if where), None)


def _is_of(each: Wanted, tunnel: Wanted) -> bool:
    return each.values.get("device") == tunnel.values["name"]


def _in_network(
    address: str,
    version: int,
    by_kind: t.Mapping[str, t.Sequence[Wanted]],
    ends: t.Mapping[str, str],
    tunnel: Wanted,
) -> bool:
    bridges = {each.values["name"] for each in by_kind.get("bridge", ()) if each.owner == tunnel.owner}
    return ends[address] in bridges and ipaddress.ip_address(address).version == version


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
