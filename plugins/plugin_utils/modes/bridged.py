# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mode ``bridged``: one layer-2 segment across hosts, as Docker's overlays are. It has no gateway.

The plan knows each container's MAC and host, so nothing is learned: FDB entries say behind which VTEP a MAC is, and the
bridge itself answers who asks for a neighbour. Frames for everybody go to each other member's VTEP, or to a multicast
group. The host has no address on the segment, and routes nothing into it or out of it.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import vxlan
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, listed, on
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import shim_of, without_shims
from ansible_collections.containerhost.network.plugins.plugin_utils.mode import Mode
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Fleet, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import (
    anti_spoofing,
    encryption,
    host_access,
    underlays,
)

_AT_HOME = tuple(map(ipaddress.ip_network, ("ff00::/16", "ff01::/16")))  # RFC 4291, section 2.7
# What neighbours, routers and the kernel's own IP listen to: RFC 5771, section 4; RFC 4291, section 2.7.1; RFC 4620.
_OF_PROTOCOLS = ("224.0.0.0/24", "ff02::/112", "ff02::1:ff00:0/104", "ff02::2:ff00:0/104")
# Frames for MACs that are nobody's, broadcast and multicast: one entry for each VTEP that gets a copy.
EVERYBODY = "00:00:00:00:00:00"

OPTIONS = (
    Option(
        "multicast_group",
        "address",
        "A multicast group of the underlay that frames for everybody are sent to.",
        default_note="each other member gets a copy",
        only_with=("mode", ("bridged",)),
    ),
)


def objects(backend: Backend, network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    device, group = network.container_device, network.spec.options["multicast_group"]
    if backend.keyed:
        yield from encryption.objects(network, host, fleet)
    yield from vxlan.devices(
        network,
        host,
        fleet,
        encryption.carrier(network) if backend.keyed else None,
        master=device,
        group=None if group is None else str(group),
        port_learning=False,
        unicast_flood=False,
        neigh_suppress=True,
    )
    # With IPv6 the bridge can have neighbours of it; without an address of its own it is nobody to be talked to.
    six = {"ipv6": True, "link_local": False} if 6 in network.versions else {}
    shim, endpoints = shim_of(network.endpoints.get(host, ())), without_shims(network.endpoints.get(host, ()))
    yield new.bridge(network, names.bridge_mac(network.name, host), network.mtu, (), shim, **six)
    yield from new.shim_on_bridge(network, shim, endpoints)
    yield from anti_spoofing.filters(network, host, fleet)
    if network.spec.options["anti_spoofing"]:
        yield new.object_of("sender_filter", network.name, port=network.devices[-2], elsewhere=True)
    for endpoint in endpoints:
        yield new.veth(network, endpoint, network.mtu, False, [], fixed_mac=True)
        yield from new.rate(network, endpoint)
        # Of those here as well: whoever asks for one is answered, and no other host is asked for it.
        yield from _neighbours(network, endpoint)
    # What switches frames may meet these rules too, where somebody has loaded br_netfilter.
    sources = [str(subnet.cidr) for subnet in network.subnets]
    closed = {"internal": True, "sources": sources, "host_access": list(host_access.DNS) if shim else []}
    closed.update(underlays.own_ports(network))
    yield new.object_of("isolation", network.name, device=device, accept_from=[device], **closed)


def peers(backend: Backend, network: Network, fleet: Fleet, view: Hashable) -> Mapping[str, tuple[Object, ...]]:
    if not backend.keyed:
        return {name: tuple(_peer(network, name, str(fleet.hosts[name].underlay))) for name in network.members}
    by = encryption.carrier(network)
    return {
        name: (*encryption.peer(network, name, fleet, bool(view)), *_peer(network, name, by.addresses[name], by.link))
        for name in network.members
    }


def _peer(network: Network, host: str, address: str, via: str | None = None) -> Iterator[Object]:
    """What each other host needs of this one, whose VTEP has this address: where frames for everybody go, and for each
    of its containers."""
    entry = functools.partial(new.object_of, "vxlan_fdb", network.name, device=network.devices[-2])
    if network.spec.options["multicast_group"] is None:
        yield entry(lladdr=EVERYBODY, dst=address, via=via)
    for endpoint in without_shims(network.endpoints.get(host, ())):
        yield entry(lladdr=endpoint.mac, dst=address, via=via)
        # The bridge answers for neighbours that it knows behind a port only (br_do_proxy_suppress_arp()).
        yield entry(lladdr=endpoint.mac, table="master", fdb_state="static")
        yield from _neighbours(network, endpoint)


def _neighbours(network: Network, endpoint: Endpoint) -> Iterator[Object]:
    for address, _slice in endpoint.addresses:
        yield new.object_of(
            "neighbour",
            network.name,
            device=network.container_device,
            address=str(address),
            lladdr=endpoint.mac,
        )


def check(backend: Backend, network: Network, fleet: Fleet, problems: Problems) -> None:
    underlays.check(backend, network, fleet, problems)
    _check_subnets(network, problems)
    _check_ways_out(network, fleet, problems)
    if network.spec.options["direct_routing"]:
        problems.add(
            f"{network.spec.where}`direct_routing` routes, and on a bridged overlay nothing is routed", "Leave it out"
        )
    group = network.spec.options["multicast_group"]
    if group is not None:
        _check_group(network, str(group), fleet, problems)


def _check_subnets(network: Network, problems: Problems) -> None:
    for subnet in network.spec.subnets or ():
        for key in ("host_prefix", "gateway"):
            if getattr(subnet, key):
                problems.add(
                    f"{network.spec.where}{subnet.cidr} has `{key}`, and a bridged overlay is one segment without a"
                    " gateway",
                    f"Leave `{key}` out, or take `mode: routed`",
                )


def _check_ways_out(network: Network, fleet: Fleet, problems: Problems) -> None:
    """A gateway on each host would have to be the same one everywhere, and no host would reach another's containers."""
    name, where = network.name, network.spec.where
    for endpoint in (each for found in network.endpoints.values() for each in found):
        if endpoint.spec.publish:
            problems.add(
                f"{where}{endpoint.container} publishes {endpoint.spec.publish[0]}, and no host is on a bridged"
                " overlay to lead there",
                "Publish on another of its networks",
            )
        if endpoint.container.default_route == name:
            problems.add(
                f"{where}it is the `default_route` of {endpoint.container}, and a bridged overlay has no gateway",
                "Name another of its networks, or leave it out",
            )
    for other in fleet.networks.values():
        if name in other.spec.options.get("allow_networks", ()):
            problems.add(
                f"{other.spec.where}`allow_networks` names `{name}`, and from a bridged overlay nobody routes",
                f"Leave it out, and give containers that are to be reached from `{name}` an interface there",
            )


def _check_group(network: Network, group: str, fleet: Fleet, problems: Problems) -> None:
    where = f"{network.spec.where}`multicast_group` {group}"
    if not ipaddress.ip_address(group).is_multicast:
        problems.add(f"{where} is no multicast address", "Take one of 239.0.0.0/8 or ff05::/16, or leave it out")
        return
    if any(ipaddress.ip_address(group) in block for block in _AT_HOME):
        problems.add(f"{where} is of those whose packets leave no host", "Take one of ff05::/16, or leave it out")
    if any(ipaddress.ip_address(group) in ipaddress.ip_network(block) for block in _OF_PROTOCOLS):
        problems.add(
            f"{where} is of those that the segment's own protocols have, such as routing and neighbour discovery:"
            " no router passes it on, and switches send it to everybody",
            f"Take one of {'ff05::/16' if ':' in group else '239.0.0.0/8'}, or leave it out",
        )
    for name in network.members:
        host = fleet.hosts[name]
        if host.underlay and (host.underlay.version == 6) != (":" in group):
            problems.add(
                f"{where} and the underlay address of {on(name)} ({host.underlay}) are of different families",
                f"Take a group of IPv{host.underlay.version}",
            )
    silent = [name for name in network.members if not fleet.hosts[name].underlay_interface]
    if silent:
        more = f", nor {'does' if len(silent) == 2 else 'do'} {listed(silent[1:])}" if silent[1:] else ""
        problems.add(
            f"{where} is joined by an interface, and {silent[0]} names none{more}",
            f"Set containerhost_underlay_interface for {listed(silent)}",
        )


def variant(overlay: Driver, backend: Backend) -> Driver:
    return replace(
        overlay,
        objects=functools.partial(objects, backend),
        shared_objects=functools.partial(peers, backend),
        viewpoint=backend.sight,
        check=functools.partial(check, backend),
        device_prefixes=(*(backend.device_prefixes or ("ch-",)), "chb-"),
        tunnel=backend.tunnel,
        keyed=backend.keyed,
        one_segment=lambda spec: True,
        has_gateway=False,
        mtu=functools.partial(underlays.mtu, backend),
        largest_sent=functools.partial(underlays.largest_sent, backend),
        own_ports=1,
    )


MODES = (Mode("bridged", "One layer-2 segment without a gateway.", variant, OPTIONS),)
