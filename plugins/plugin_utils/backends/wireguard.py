# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backend ``wireguard``: packets encrypted in UDP, from host to host (https://www.wireguard.com/papers/wireguard.pdf).

A host has a device for each network, and a key for each device, which it makes itself and keeps. The plan knows the
public ones from the ledger. A slice's first address is its device's, as with ``vxlan``: containers keep theirs if a
network goes from one to the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import vxlan
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, listed
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import BITS
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Host, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.modes.routed import metric_of

PORT = 51820  # none is assigned by IANA; this is the one of WireGuard's own examples
# What keeps a way back open through NAT, as wg(8) advises.
_KEEPALIVE = 25


# Outer IP 20 or 40, UDP 8, header 16 and tag 16 of WireGuard's data messages (the paper's section 5.4.6).
OVERHEAD = {4: 60, 6: 80}


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    addresses = [f"{slice_.vtep}/{BITS[slice_.block.version]}" for slice_ in network.slices[host]]
    yield from devices(network, host, fleet, mtu=network.mtu, addresses=addresses)


def devices(network: Network, host: str, fleet: Fleet, **own: Any) -> Iterator[Object]:
    """A host's end of a tunnel, and its key. ``own`` are options for what goes by it."""
    options, underlay, device = network.spec.options, fleet.hosts[host], network.devices[0]
    yield new.object_of("wireguard_key", network.name, name=device)
    if underlay.underlay_endpoint is None:  # where it is behind another address, packets get that on their way
        yield new.object_of("source_address", network.name, port=options["port"], address=str(underlay.underlay))
    yield new.object_of(
        "wireguard",
        network.name,
        name=device,
        port=options["port"],
        local=str(underlay.underlay),
        link=underlay.underlay_interface,
        **own,
    )


def peer(network: Network, host: str, fleet: Fleet, sight: Hashable) -> Iterator[Object]:
    """Its key and endpoint, and routes to its slices: these also while its key is not known, as nothing may go there
    by another way."""
    blocks = [str(slice_.block) for slice_ in network.slices[host]]
    yield from peers(network, host, fleet, sight, blocks)
    for slice_ in network.slices[host]:
        yield new.object_of(
            "route", network.name, dst=str(slice_.block), device=network.devices[0], metric=metric_of(slice_)
        )


def peers(network: Network, host: str, fleet: Fleet, sight: Hashable, allowed: list[str]) -> Iterator[Object]:
    """The other end of a tunnel, where its key is known, and whose packets come from there."""
    device, public_key = network.devices[0], network.keys.get(host)
    if public_key is not None:
        behind = fleet.hosts[host].underlay_endpoint is not None
        more: dict[str, Any] = {**({"roams": True} if behind else {}), **({"keepalive": _KEEPALIVE} if sight else {})}
        yield new.object_of(
            "wireguard_peer",
            network.name,
            device=device,
            public_key=public_key,
            endpoint=_endpoint(network, fleet.hosts[host]),
            allowed_ips=allowed,
            **more,
        )


def _endpoint(network: Network, host: Host) -> str:
    address, port = host.underlay_endpoint or (host.underlay, None)
    where = f"[{address}]" if address.version == 6 else str(address)
    return f"{where}:{port or network.spec.options['port']}"


def is_behind_nat(network: Network, host: str, fleet: Fleet) -> bool:
    """Such a host keeps the ways back to itself open."""
    return fleet.hosts[host].underlay_endpoint is not None


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    _check_endpoints(network, fleet, problems)
    _check_places(network, fleet, problems)
    _check_ports(network, fleet, problems)
    holders: dict[str, str] = {}
    for host, public_key in sorted(network.keys.items()):
        other = holders.setdefault(public_key, host)
        if other != host:
            problems.add(
                f"{network.spec.where}its members {other} and {host} have the same key, as hosts do that were made of"
                " one image",
                f"Remove /etc/containerhost-keys/{network.devices[0]}.key on one of them, which then makes another",
            )


def _check_endpoints(network: Network, fleet: Fleet, problems: Problems) -> None:
    for name in network.members:
        host = fleet.hosts[name]
        if host.underlay_endpoint is None or host.underlay is None:
            continue
        address, port = host.underlay_endpoint
        if address.version != host.underlay.version:
            problems.add(
                f"{network.spec.where}of its member {name} the underlay address {host.underlay} and the endpoint"
                f" {address} (containerhost_underlay_endpoint) are of different families",
                f"Give an endpoint of IPv{host.underlay.version}",
            )
        others = [other.name for other in _keyed(fleet) if name in other.members and other.name != network.name]
        if port is not None and others and network.name < min(others):
            problems.add(
                f"{network.spec.where}its member {name} has one port in containerhost_underlay_endpoint ({port}), and"
                f" is on {', '.join(f'`{each}`' for each in others)} as well, each of which needs its own",
                "Leave the port out there: each network's own is taken",
            )


def _check_places(network: Network, fleet: Fleet, problems: Problems) -> None:
    """One address and port lead to one host."""
    there: dict[str, list[str]] = {}
    for name in network.members:
        host = fleet.hosts[name]
        if host.underlay_endpoint is not None or host.underlay is not None:
            there.setdefault(_endpoint(network, host), []).append(name)
    for place, names in there.items():
        behind = [name for name in names if fleet.hosts[name].underlay_endpoint is not None]
        if len(names) > 1 and behind:
            problems.add(
                f"{network.spec.where}its members {listed(names)} are to be reached at {place}, which leads to one of"
                " them",
                f"Give {listed(behind)} another containerhost_underlay_endpoint, with another port if they share the"
                " address",
            )


def _check_ports(network: Network, fleet: Fleet, problems: Problems) -> None:
    """Two sockets of a host have no port in common; VXLANs share one with each other alone."""
    port, own = network.spec.options["port"], vxlan.udp_ports(network.spec)
    if network.spec.options.get("encrypted") and len(own) == 1:
        problems.add(
            f"{network.spec.where}`port` {port} is that of its VXLAN, inside the tunnel, and is not free for the tunnel"
            " itself",
            "Give it another `port`, or leave it out",
        )
    for other in fleet.networks.values():
        shared = sorted(set(network.members) & set(other.members))
        told_there = _is_keyed(other) and other.name <= network.name
        theirs = other.spec.options.get("port")
        both = {port} & vxlan.udp_ports(other.spec) or ({theirs} & own if _is_keyed(other) else set())
        if shared and not told_there and both:
            problems.add(
                f"{network.spec.where}`{network.name}` and `{other.name}` both have UDP port {both.pop()} on"
                f" {shared[0]}, where a tunnel that encrypts needs one to itself",
                f"Give one of them another `port`, such as {_free_port(fleet)}",
            )


def _free_port(fleet: Fleet) -> int:
    taken = {port for network in fleet.networks.values() for port in vxlan.udp_ports(network.spec)}
    return next(port for port in itertools.count(PORT + 1) if port not in taken)


def _keyed(fleet: Fleet) -> list[Network]:
    return [each for each in fleet.networks.values() if _is_keyed(each)]


def _is_keyed(network: Network) -> bool:
    options = network.spec.options
    return options.get("backend") == "wireguard" or bool(options.get("encrypted"))


BACKENDS = (
    Backend(
        name="wireguard",
        summary="Packets encrypted in UDP packets.",
        port=PORT,
        overhead=OVERHEAD,
        device_prefixes=("ch-",),
        tunnel=lambda spec: f"wireguard on port {spec.options['port']}",
        has_vtep=True,
        keyed=True,
        objects=objects,
        sight=is_behind_nat,
        peer=peer,
        check=check,
    ),
)
