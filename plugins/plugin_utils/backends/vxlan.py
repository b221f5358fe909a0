# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backend ``vxlan``: frames in UDP (RFC 7348), in Flannel's shape: nothing is learned and nothing is flooded.

A slice's first address is its host's VTEP; one FDB entry, one neighbour and one route lead to each other host.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import BITS
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network, NetworkSpec
from ansible_collections.containerhost.network.plugins.plugin_utils.modes.routed import metric_of

# Outer Ethernet 14, IP 20 or 40, UDP 8, VXLAN 8 (RFC 7348).
OVERHEAD = {4: 50, 6: 70}
PORT = 4789  # IANA
# Linux' own before IANA gave VXLAN that one; a VXLAN's which is heard inside a tunnel only.
_INSIDE_PORT = 8472
_WITH = ("backend", ("vxlan",))
OPTIONS = (
    Option(
        "vni",
        "int",
        "The VXLAN network identifier, unique in the fleet.",
        minimum=1,
        maximum=(1 << 24) - 1,
        required=True,
        only_with=_WITH,
    ),
)


def port_of(spec: NetworkSpec) -> int | None:
    """The UDP port of an overlay's VXLAN, wherever that is heard."""
    return _INSIDE_PORT if spec.options.get("encrypted") else spec.options.get("port")


def udp_ports(spec: NetworkSpec) -> set[int]:
    """Those that a network has of its hosts."""
    return {port for port in (spec.options.get("port"), port_of(spec)) if port is not None}


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    # A prefix of its full length: no broadcast route appears (Flannel does the same).
    addresses = [f"{slice_.vtep}/{BITS[slice_.block.version]}" for slice_ in network.slices[host]]
    yield from devices(network, host, fleet, addresses=addresses)


@dataclass(frozen=True)
class Carrier:
    """What a host's VXLAN packets go by: the members' addresses there, its interface if that is known, the UDP port."""

    addresses: Mapping[str, str]
    link: str | None
    port: int


def underlay(network: Network, host: str, fleet: Fleet) -> Carrier:
    addresses = {name: str(fleet.hosts[name].underlay) for name in network.members}
    return Carrier(addresses, fleet.hosts[host].underlay_interface, network.spec.options["port"])


def devices(network: Network, host: str, fleet: Fleet, carrier: Carrier | None = None, **own: Any) -> Iterator[Object]:
    """A host's end of it, and what guards that; ``carrier``: inside another tunnel. ``own`` are options that the mode
    gives it."""
    options, by = network.spec.options, carrier or underlay(network, host, fleet)
    if options["anti_spoofing"] or carrier:
        yield _filter(network, by)
    yield new.object_of(
        "vxlan",
        network.name,
        name=network.devices[-2],
        vni=options["vni"],
        port=by.port,
        local=by.addresses[host],
        link=by.link,
        mac=network.vtep_macs[host],
        mtu=network.mtu,
        **own,
    )


def _filter(network: Network, by: Carrier) -> Object:
    """The same on every member, itself included, so that documents differ by less."""
    accept_from = [by.addresses[name] for name in network.members]
    return new.object_of(
        "vtep_filter", network.name, vni=network.spec.options["vni"], port=by.port, accept_from=accept_from
    )


def peer(network: Network, host: str, fleet: Fleet, sight: Hashable) -> Iterator[Object]:
    """What each other host needs to reach this one: its VTEP's FDB entry, neighbours, and routes to its slices."""
    device, lladdr = network.devices[0], network.vtep_macs[host]
    underlay = str(fleet.hosts[host].underlay)
    yield new.object_of("vxlan_fdb", network.name, device=device, lladdr=lladdr, dst=underlay)
    for slice_ in network.slices[host]:
        yield new.object_of("neighbour", network.name, device=device, address=str(slice_.vtep), lladdr=lladdr)
        yield new.object_of(
            "route",
            network.name,
            dst=str(slice_.block),
            via=str(slice_.vtep),
            onlink=True,
            device=device,
            metric=metric_of(slice_),
        )


BACKENDS = (
    Backend(
        name="vxlan",
        summary="Frames in UDP packets.",
        options=OPTIONS,
        port=PORT,
        modes=("routed", "bridged"),
        overhead=OVERHEAD,
        device_prefixes=("ch-",),
        tunnel=lambda spec: f"vxlan {spec.options['vni']} on port {spec.options['port']}",
        has_vtep=True,
        objects=objects,
        peer=peer,
    ),
)
