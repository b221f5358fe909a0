# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What joins the hosts of a lab: a pure function from the lab that is wanted to bridges, and legs of hosts on them.

All underlay addresses lie on one segment, whatever their subnets, as if a router stood between them: each host
reaches every address by an on-link default route. LANs are segments of their own.
"""

from __future__ import annotations

import hashlib
import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab.members import Leg

UNDERLAY = "underlay"
OUTSIDE_MTU_MINIMUM = 1500

# A host that lacks an address of one family gets it from here, by its number in the lab. RFC 2544's range for
# benchmarks is routed nowhere; the other is a unique local one whose 40 bits read "chlab" in ASCII (RFC 4193).
RANGE_V4 = ipaddress.ip_network("198.18.0.0/15")
RANGE_V6 = ipaddress.ip_network("fd63:686c:6162::/112")

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class LabHost(t.NamedTuple):
    """A host as the inventory has it. ``addresses`` carry prefix lengths and may be of one family, or none."""

    name: str
    addresses: tuple[str, ...]
    interface: str
    mtu: int
    outside: bool = False


class Lan(t.NamedTuple):
    """A segment that networks name as their ``parent``. ``addresses`` are the gateways', which the outside takes."""

    name: str
    mtu: int
    addresses: tuple[str, ...] = ()


class Lab(t.NamedTuple):
    name: str
    hosts: tuple[LabHost, ...]
    lans: tuple[Lan, ...]
    outside: str
    avoid: tuple[str, ...] = ()


class LabBridge(t.NamedTuple):
    name: str
    mtu: int
    alias: str


class Exhausted(Exception):
    """The lab's own range has no address left."""


def members(lab: Lab) -> list[LabHost]:
    """The outside, which comes first so that its number stays low, and the fleet."""
    mtu = max([OUTSIDE_MTU_MINIMUM, *(host.mtu for host in lab.hosts)])
    separate = {lan.name for lan in lans(lab)}
    gateways = tuple(address for lan in lab.lans if lan.name not in separate for address in lan.addresses)
    interface = "eth0" if "eth0" not in separate else UNDERLAY
    return [LabHost(lab.outside, gateways, interface, mtu, outside=True), *lab.hosts]


def lans(lab: Lab) -> list[Lan]:
    """Those that are not the underlay: where it is every host's underlay interface, a LAN is the underlay."""
    underlays = {host.interface for host in lab.hosts}
    return [lan for lan in lab.lans if underlays != {lan.name}]


def number(lab: Lab, known: t.Mapping[str, int]) -> dict[str, int]:
    """Each member's number in the lab: the one that it had, or the lowest whose addresses are free."""
    taken = {ipaddress.ip_interface(address).ip for host in lab.hosts for address in host.addresses}
    taken |= {ipaddress.ip_interface(address).ip for lan in lab.lans for address in lan.addresses}
    avoid = [network for network in map(_network, lab.avoid) if _in_range(network)]
    names = [host.name for host in members(lab)]
    numbers = {name: known[name] for name in names if name in known and _free(known[name], taken, avoid)}
    used = set(numbers.values())
    candidate = 1
    for name in names:
        if name in numbers:
            continue
        while candidate in used or not _free(candidate, taken, avoid):
            candidate = _next(candidate, avoid)
        numbers[name] = candidate
        used.add(candidate)
    return numbers


def bridges(lab: Lab) -> list[LabBridge]:
    underlay = LabBridge(UNDERLAY, max([OUTSIDE_MTU_MINIMUM, *(host.mtu for host in lab.hosts)]), "the underlay")
    return [underlay, *(LabBridge(_name("lan", lan.name), lan.mtu, f"LAN {lan.name}") for lan in lans(lab))]


def legs(lab: Lab, numbers: t.Mapping[str, int]) -> dict[str, tuple[Leg, ...]]:
    """Every member's legs, by its name."""
    return {host.name: tuple(_legs_of(host, lab, numbers[host.name])) for host in members(lab)}


def _legs_of(host: LabHost, lab: Lab, number_: int) -> t.Iterator[Leg]:
    own = _own_addresses(number_)
    # Gateways of a LAN that is the underlay stand beside the outside's own addresses.
    given = () if host.outside else tuple(ipaddress.ip_interface(address).version for address in host.addresses)
    missing = tuple(own[version] for version in (4, 6) if version not in given)
    yield Leg(
        host.interface, UNDERLAY, *_port_and_mac(host, ""), host.mtu,
        (*host.addresses, *missing), ("0.0.0.0/0", "::/0"),
    )  # fmt: skip
    for lan in lans(lab):
        if lan.name != host.interface:
            gateways = lan.addresses if host.outside else ()
            yield Leg(lan.name, _name("lan", lan.name), *_port_and_mac(host, lan.name), lan.mtu, gateways)


def _port_and_mac(host: LabHost, lan: str) -> tuple[str, str]:
    """One hash for both: 40 bits, behind 02 for a MAC that is locally administered."""
    port = _name("p", f"{lan} {host.name}")
    return port, "02:" + bytes.fromhex(port[1:]).hex(":")


def _own_addresses(number_: int) -> dict[int, str]:
    return {4: f"{RANGE_V4[number_]}/32", 6: f"{RANGE_V6[number_]}/128"}


def _name(prefix: str, text: str) -> str:
    """A device's name of at most 15 characters: 40 bits of hash, as inventory names may be longer."""
    return prefix + hashlib.sha256(text.encode()).hexdigest()[:10]


def _network(text: str) -> Network:
    return ipaddress.ip_network(text, strict=False)


def _in_range(network: Network) -> bool:
    own = RANGE_V4 if network.version == 4 else RANGE_V6
    return network.overlaps(own)


def _free(candidate: int, taken: t.AbstractSet[t.Any], avoid: t.Sequence[Network]) -> bool:
    # The last two of 2**16: a broadcast address in somebody's /16 would be a poor host.
    if candidate >= 2**16 - 1:
        raise Exhausted(f"{RANGE_V4} has no address left for the lab; give the hosts containerhost_underlay_address")
    addresses = (RANGE_V4[candidate], RANGE_V6[candidate])
    return not any(address in taken or any(address in network for network in avoid) for address in addresses)


def _next(candidate: int, avoid: t.Sequence[Network]) -> int:
    """The next number, past a network that is to be avoided."""
    following = candidate + 1
    for network in avoid:
        own = RANGE_V4 if network.version == 4 else RANGE_V6
        if following < 2**16 and own[following] in network:
            following = int(network.broadcast_address) - int(own.network_address) + 1
    return min(following, 2**16 - 1)
