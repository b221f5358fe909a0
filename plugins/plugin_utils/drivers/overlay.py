# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver ``overlay``: containers reach each other across hosts, on addresses of their own.

Routed over VXLAN, in Flannel's shape: one slice per host, whose first address is the host's VTEP; one FDB entry, one
neighbour and one route for each other host; nothing is learned and nothing is flooded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import BITS
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    Endpoint,
    Fleet,
    Host,
    Network,
    Slice,
)

# Outer Ethernet 14 + IP 20 or 40 + UDP 8 + VXLAN 8 (RFC 7348).
OVERHEAD = {4: 50, 6: 70}
# One metric per route: the kernel walks all IPv6 routes of a metric when it adds one (fib6_add_rt2node()), so that
# equal ones make the cost quadratic. It stays below the kernel's limit of 2**32.
FIRST_METRIC = 1024
METRICS = 1 << 31

OPTIONS = (
    Option(
        "mode",
        "text",
        "Routed: one slice per host and a route to it; bridged: one layer-2 segment without a gateway.",
        default="routed",
        choices=("routed", "bridged"),
        built_choices=("routed",),
    ),
    Option(
        "backend",
        "text",
        "What carries packets between hosts.",
        default="vxlan",
        choices=("vxlan", "host-gw", "wireguard"),
        built_choices=("vxlan",),
    ),
    Option(
        "vni",
        "int",
        "The VXLAN network identifier, unique in the fleet.",
        minimum=1,
        maximum=(1 << 24) - 1,
        required=True,
    ),
    Option("port", "int", "The UDP port that VXLAN packets go to.", default=4789, minimum=1, maximum=65535),
    Option("multicast_group", "address", "An underlay multicast group to flood to.", built=False),
    Option(
        "direct_routing",
        "bool",
        "Route without encapsulation to hosts on the same segment.",
        default=False,
        built=False,
    ),
    Option("anti_spoofing", "bool", "Drop this network's VXLAN packets that come from no member.", default=True),
)


def overhead(network: Network, hosts: Mapping[str, Host]) -> int:
    """By the underlay's family: that of any member, as ``check`` holds them to one."""
    return OVERHEAD[next((host.underlay.version for name in network.members if (host := hosts[name]).underlay), 4)]


def mtu(network: Network, hosts: Mapping[str, Host]) -> int:
    if network.spec.mtu:
        return network.spec.mtu
    narrowest = min((hosts[name].underlay_mtu for name in network.members), default=1500)
    return narrowest - overhead(network, hosts)


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    vtep_device, device = network.devices
    slices, endpoints = network.slices[host], network.endpoints.get(host, ())
    size = network.mtu
    if network.spec.options["anti_spoofing"]:
        yield _filter(network, fleet)
    yield _vxlan(network, host, fleet, size)
    yield new.bridge(network, names.bridge_mac(network.name, host), size, slices)
    for endpoint in endpoints:
        yield new.veth(
            network, endpoint, size, False, new.default_routes(endpoint) + _subnet_routes(network, endpoint)
        )
        yield from new.published(network, endpoint)
    internal = network.spec.internal
    yield from new.forwarding(network, (vtep_device, device), None if internal else "auto")
    if not internal:
        for slice_ in slices:
            yield new.object_of(
                "nat_rule", network.name, rule="masquerade", source=str(slice_.block), unless=str(slice_.subnet)
            )
    yield from _isolation(network, slices)
    yield from new.route_localnet(network, endpoints)
    if 6 in network.versions:
        for each in (vtep_device, device):
            yield new.sysctl(network, 6, each, "accept_ra", "0")


def _isolation(network: Network, slices: tuple[Slice, ...]) -> Iterator[Object]:
    """From its containers come addresses of this host's slices, from the other hosts those of the whole network."""
    vtep_device, device = network.devices
    common = {"accept_from": [device, vtep_device], "internal": network.spec.internal}
    own = [str(slice_.block) for slice_ in slices]
    everywhere = [str(subnet.cidr) for subnet in network.subnets]
    yield new.object_of("isolation", network.name, device=device, **common, sources=own)
    yield new.object_of("isolation", network.name, device=vtep_device, **common, sources=everywhere, way_out=False)


def _filter(network: Network, fleet: Fleet) -> Object:
    """The same on every member, itself included, so that documents differ by less."""
    options = network.spec.options
    accept_from = [str(fleet.hosts[name].underlay) for name in network.members]
    return new.object_of("vtep_filter", network.name, vni=options["vni"], port=options["port"], accept_from=accept_from)


def _vxlan(network: Network, host: str, fleet: Fleet, size: int) -> Object:
    options, underlay = network.spec.options, fleet.hosts[host]
    return new.object_of(
        "vxlan",
        network.name,
        name=network.devices[0],
        vni=options["vni"],
        port=options["port"],
        local=str(underlay.underlay),
        link=underlay.underlay_interface,
        mac=network.vtep_macs[host],
        mtu=size,
        # A prefix of its full length: no broadcast route appears (Flannel does the same).
        addresses=[f"{slice_.vtep}/{BITS[slice_.block.version]}" for slice_ in network.slices[host]],
    )


def _subnet_routes(network: Network, endpoint: Endpoint) -> list[dict[str, str]]:
    """The way to the other hosts' slices, where the container's default route is another network's."""
    return [
        {"dst": str(subnet.cidr), "via": str(slice_.gateway)}
        for address, slice_ in new.first_of_each_family(endpoint)
        if address.version not in endpoint.default_route_versions
        for subnet in network.subnets
        if subnet.cidr.version == address.version
    ]


def peers(network: Network, fleet: Fleet) -> Mapping[str, tuple[Object, ...]]:
    """What each other host needs to reach this one: its VTEP's FDB entry, neighbours, and routes to its slices."""
    return {name: tuple(_peer(network, name, str(fleet.hosts[name].underlay))) for name in network.members}


def _peer(network: Network, host: str, underlay: str) -> Iterator[Object]:
    device, lladdr = network.devices[0], network.vtep_macs[host]
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
            metric=FIRST_METRIC + slice_.index % METRICS,
        )


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    _check_underlays(network, fleet, problems)
    narrow = min(network.members, key=lambda name: (fleet.hosts[name].underlay_mtu, name), default=None)
    if network.spec.mtu and narrow:
        room = fleet.hosts[narrow].underlay_mtu - overhead(network, fleet.hosts)
        if network.spec.mtu > room:
            problems.add(
                f"{network.spec.where}`mtu` {network.spec.mtu} does not fit the underlay of {narrow},"
                f" which leaves {room}",
                f"Take {room} or less, or raise containerhost_underlay_mtu of {narrow} if its underlay carries more",
            )
    if 6 in network.versions and network.members and network.mtu < 1280:
        problems.add(
            f"{network.spec.where}its MTU is {network.mtu}, and IPv6 needs 1280 (RFC 8200)",
            f"Raise the underlay's MTU (containerhost_underlay_mtu of {narrow}) or leave IPv6 out",
        )


def _check_underlays(network: Network, fleet: Fleet, problems: Problems) -> None:
    first: str | None = None
    for name in network.members:
        underlay = fleet.hosts[name].underlay
        if underlay is None:
            problems.add(
                f"{network.spec.where}its member {name} has no underlay address, and its ansible_host is none either",
                f"Set containerhost_underlay_address for {name}",
            )
        elif first is None:
            first = name
        elif underlay.version != fleet.hosts[first].underlay.version:
            problems.add(
                f"{network.spec.where}its members {first} ({fleet.hosts[first].underlay}) and {name} ({underlay})"
                " have underlay addresses of different families",
                "Give all its hosts IPv4, or all IPv6, by containerhost_underlay_address",
            )


DRIVERS = (
    Driver(
        name="overlay",
        summary="One network across hosts, over their underlay.",
        options=OPTIONS,
        objects=objects,
        shared_objects=peers,
        check=check,
        device_prefixes=("ch-", "chb-"),
        spans_hosts=True,
        has_vtep=True,
        sliced={4: 24, 6: 64},  # Flannel's SubnetLen and IPv6SubnetLen
        pool_prefix={4: 16, 6: 48},
        mtu=mtu,
        own_ports=0,
    ),
)
