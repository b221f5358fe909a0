# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mode ``routed``: one slice per host and a route to it, as Flannel does. Containers have their host as a gateway."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.mode import Mode
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    Endpoint,
    Fleet,
    Network,
    Slice,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import (
    anti_spoofing,
    handoff,
    host_access,
    inner_ways,
    outbound,
    segments,
    underlays,
)

# One metric per route: the kernel walks all IPv6 routes of a metric when it adds one (fib6_add_rt2node()), so that
# equal ones make the cost quadratic. It stays below the kernel's limit of 2**32.
FIRST_METRIC = 1024
METRICS = 1 << 31


def metric_of(slice_: Slice) -> int:
    """The metric of a route to a slice."""
    return FIRST_METRIC + slice_.index % METRICS


def objects(backend: Backend, network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    slices, endpoints = network.slices[host], network.endpoints.get(host, ())
    yield from backend.objects(network, host, fleet)
    yield new.bridge(network, names.bridge_mac(network.name, host), network.mtu, slices)
    yield from anti_spoofing.filters(network, host, fleet)
    for endpoint in endpoints:
        routes = new.default_routes(endpoint) + _subnet_routes(network, endpoint)
        routes += inner_ways.routes(network, endpoint, fleet)
        yield new.veth(network, endpoint, network.mtu, False, routes)
        yield from new.rate(network, endpoint)
        yield from new.published(network, endpoint)
        yield from new.answered(network, endpoint)
    internal = network.spec.internal
    # Where packets of other members come by the underlay itself, that is routed from as well.
    uplink = None if internal and not _is_direct(backend, network) else "auto"
    yield from new.forwarding(network, network.devices, uplink)
    if inner_ways.masquerades(network, host, fleet):
        for slice_ in slices:
            yield outbound.masquerade(network, host, slice_, str(slice_.subnet))
    yield from _isolation(backend, network, host, fleet)
    yield from new.route_localnet(network, endpoints)
    if 6 in network.versions:
        for each in network.devices:
            yield new.sysctl(network, 6, each, "accept_ra", "0")
    yield from handoff.objects(network, host, {}, inner_ways.blocks(network, host, fleet))


def _isolation(backend: Backend, network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    """From its containers come addresses of this host's slices, from the other hosts those of the whole network."""
    *tunnels, device = network.devices
    direct = (segments.direct(network, host, fleet) if _is_direct(backend, network) else None) or {}
    common = {"accept_from": [device, *tunnels], "internal": network.spec.internal}
    common["host_access"] = host_access.of(network.spec)
    own = [str(slice_.block) for slice_ in network.slices[host]]
    everywhere = [str(subnet.cidr) for subnet in network.subnets]
    yield new.object_of("isolation", network.name, device=device, **common, sources=own, **direct)
    kept = {**({"sealed": True} if backend.keyed else {}), **underlays.own_ports(network)}
    for tunnel in tunnels:
        yield new.object_of(
            "isolation", network.name, device=tunnel, **common, sources=everywhere, way_out=False, **kept
        )


def _is_direct(backend: Backend, network: Network) -> bool:
    return backend.direct or network.spec.options["direct_routing"]


def _subnet_routes(network: Network, endpoint: Endpoint) -> list[dict[str, str]]:
    """The way to the other hosts' slices, where the container's default route is another network's. A slice that is the
    whole of a subnet leaves none to others, and is on the link. What the container says itself comes first."""
    own = {route.dst for each in endpoint.container.endpoints for route in each.routes if not route.metric}
    return [
        {"dst": str(subnet.cidr), "via": str(slice_.gateway)}
        for address, slice_ in new.first_of_each_family(endpoint)
        if address.version not in endpoint.default_route_versions
        for subnet in network.subnets
        if subnet.cidr.version == address.version and subnet.cidr != slice_.block and subnet.cidr not in own
    ]


View = tuple[segments.Segments, Hashable]


def viewpoint(backend: Backend, network: Network, host: str, fleet: Fleet) -> View:
    """Who shares a segment with a host decides which of the others it reaches without a tunnel."""
    return _segments(network, host, fleet), backend.sight(network, host, fleet)


def _segments(network: Network, host: str, fleet: Fleet) -> segments.Segments:
    return segments.segments(fleet.hosts[host]) if network.spec.options["direct_routing"] else ()


def peers(backend: Backend, network: Network, fleet: Fleet, view: View) -> Mapping[str, tuple[Object, ...]]:
    return {name: tuple(_peer(backend, network, name, fleet, view)) for name in network.members}


def _peer(backend: Backend, network: Network, host: str, fleet: Fleet, view: View) -> Iterator[Object]:
    straight = segments.direct_slices(network, host, view[0], fleet)
    yield from segments.routes(network, straight, {slice_: metric_of(slice_) for slice_ in straight})
    rest = tuple(slice_ for slice_ in network.slices[host] if slice_ not in straight)
    if rest:
        whole = network if not straight else replace(network, slices={**network.slices, host: rest})
        yield from backend.peer(whole, host, fleet, view[1])


def check(backend: Backend, network: Network, fleet: Fleet, problems: Problems) -> None:
    underlays.check(backend, network, fleet, problems)
    outbound.check(network, frozenset((4, 6)), problems)
    handoff.check(network, fleet, problems)
    if network.spec.options["encrypted"]:
        is_already = " anyway" if backend.keyed else ""
        problems.add(
            f"{network.spec.where.inside('encrypted')}`encrypted` is of bridged overlays; a routed one is encrypted by"
            f" `backend: wireguard`{is_already}",
            "Leave it out" if backend.keyed else "Write `backend: wireguard`, or `mode: bridged`",
        )
    if network.spec.options["direct_routing"] and not any(_segments(network, name, fleet) for name in network.members):
        problems.add(
            f"{network.spec.where}`direct_routing` is between hosts on one segment, and no member's underlay address"
            " says its prefix length",
            "Write them with it, as in containerhost_underlay_address: 198.18.7.11/24, or leave `direct_routing` out",
        )


def variant(overlay: Driver, backend: Backend) -> Driver:
    return replace(
        overlay,
        objects=functools.partial(objects, backend),
        shared_objects=functools.partial(peers, backend),
        viewpoint=functools.partial(viewpoint, backend),
        check=functools.partial(check, backend),
        device_prefixes=(*backend.device_prefixes, "chb-"),
        has_vtep=backend.has_vtep,
        tunnel=backend.tunnel,
        keyed=backend.keyed,
        sliced={4: 24, 6: 64},  # Flannel's SubnetLen and IPv6SubnetLen
        pool_prefix={4: 16, 6: 48},
        mtu=functools.partial(underlays.mtu, backend),
        largest_sent=functools.partial(underlays.largest_sent, backend),
        own_ports=0,
    )


_OPTIONS = (outbound.OPTION, host_access.OPTION, handoff.OPTION)
OPTIONS = tuple(replace(option, only_with=("mode", ("routed",))) for option in _OPTIONS)
MODES = (Mode("routed", "One slice per host and a route to it.", variant, OPTIONS),)
