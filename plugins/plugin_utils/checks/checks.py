# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold before any host is touched. Each check adds its problems; none stops at the first."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.resolve import Membership
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.slices import remembered_subnets
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import vxlan
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, listed, on
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, Block, overlapping
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    Endpoint,
    Fleet,
    Inventory,
    Network,
    NetworkSpec,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import (
    container_routes,
    host_devices,
    naming,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.parents import is_on_a_lan
from ansible_collections.containerhost.network.plugins.plugin_utils.objects import is_loopback

# A Linux bridge has 1,023 ports (BR_MAX_PORTS in net/bridge/br_private.h is 1 << 10, and port 0 is none).
BRIDGE_PORTS = 1023
IPV6_MTU = 1280  # RFC 8200, section 5


# --- before anything is allotted --------------------------------------------------------------------------------------


def check_inventory(inventory: Inventory, wanted: Membership, ledger: Ledger, problems: Problems) -> None:
    _check_overlaps(inventory, ledger, problems)
    _check_subnets(inventory, problems)
    _check_underlays(inventory, wanted, problems)
    _check_vnis(inventory, problems)
    naming.check(inventory, problems)
    for containers in inventory.containers.values():
        for container in containers.values():
            _check_networks_of(container, inventory, ledger, problems)
    for host in inventory.hosts.values():
        for name in host.pins:
            if name not in inventory.networks:
                where = host.where.inside("containerhost_slices", name)
                problems.add(
                    f"{where}containerhost_slices names `{name}`, which is no network",
                    schema.suggestion(name, inventory.networks),
                )


def _check_overlaps(inventory: Inventory, ledger: Ledger, problems: Problems) -> None:
    labelled = []
    of_hosts: dict[str, list[tuple[Block, str]]] = {}
    for spec in inventory.networks.values():
        if not spec.present:
            continue
        place = spec.where.place
        own = [(subnet.cidr, f"`{spec.name}` ({subnet.cidr}, {place})") for subnet in spec.subnets or ()]
        own += [(block, f"`{spec.name}` ({block}, by the ledger)") for block in remembered_subnets(spec, ledger)]
        labelled += own
        for host in _only_on(spec):
            of_hosts.setdefault(host, []).extend(own)
    apart = {row for rows in of_hosts.values() for row in rows}
    everywhere = [row for row in labelled if row not in apart]
    pairs = dict.fromkeys(
        (one, other)
        for rows in [[], *of_hosts.values()]
        for (_outer, one), (_inner, other) in overlapping([*everywhere, *rows])
    )
    for one, other in pairs:
        problems.add(f"{schema.NETWORKS}: {one} overlaps {other}", "Give one of them another subnet")
    for (_outer, one), (_inner, other) in overlapping((pool, f"{pool}") for pool in inventory.pools or ()):
        problems.add(f"containerhost_pools: {one} overlaps {other}", "Leave one of them out")
    hosts = reversed(inventory.hosts.values())
    underlays = {address: host.name for host in hosts for address in host.underlay_addresses}
    ordered = sorted(underlays)
    lans = {subnet.cidr for spec in inventory.networks.values() for subnet in spec.subnets or () if is_on_a_lan(spec)}
    for block, label in labelled:
        for address in () if block in lans else _inside(ordered, block):
            problems.add(
                f"{schema.NETWORKS}: {label} has the underlay address of {underlays[address]} ({address}) in it",
                "Give the network another subnet",
            )


def _only_on(spec: NetworkSpec) -> tuple[str, ...]:
    """The hosts that a network is said to be on alone, each for itself: others may have its subnet for another one."""
    driver_ = driver_of(spec)
    shared = driver_.spans_hosts or driver_.one_segment(spec) or any(each.host_prefix for each in spec.subnets or ())
    return () if shared or spec.members is None else spec.members


def _inside(ordered: list[Address], block: Block) -> Iterator[Address]:
    """The first of the sorted addresses that lies in the block: one is enough to say so."""
    index = bisect.bisect_left(ordered, block.nth(0))
    if index < len(ordered) and ordered[index] in block:
        yield ordered[index]


def _check_subnets(inventory: Inventory, problems: Problems) -> None:
    for spec in inventory.networks.values():
        driver_ = driver_of(spec)
        for subnet in spec.subnets or ():
            prefix = subnet.host_prefix or driver_.sliced.get(subnet.cidr.version)
            if subnet.host_prefix and subnet.gateway:
                problems.add(
                    f"{spec.where}{subnet.cidr} has both `host_prefix` and `gateway`",
                    "Leave `gateway` out: each slice has its own, its first address",
                )
            if prefix and prefix < subnet.cidr.prefix:
                problems.add(
                    f"{spec.where}{subnet.cidr} is smaller than one host's slice of /{prefix}",
                    "Give it a `host_prefix`, or take a larger subnet",
                )
            room = 30 if subnet.cidr.version == 4 else 126
            has_gateway = driver_.has_gateway and subnet.cidr.version not in driver_.without_gateway
            if has_gateway and (prefix or subnet.cidr.prefix) > room:
                problems.add(
                    f"{spec.where}{subnet.cidr} has no room for a gateway and a container", "Take a larger subnet"
                )
            if (
                subnet.gateway
                and subnet.gateway.value in (subnet.cidr.first, subnet.cidr.last)
                and subnet.cidr.size > 2
            ):
                if subnet.cidr.version == 4 or subnet.gateway.value == subnet.cidr.first:
                    problems.add(
                        f"{spec.where}`gateway` {subnet.gateway} is the first or last address of {subnet.cidr},"
                        " which no host can have",
                        "Choose another",
                    )
        if spec.mtu and spec.mtu < IPV6_MTU and any(subnet.cidr.version == 6 for subnet in spec.subnets or ()):
            problems.add(
                f"{spec.where}`mtu` {spec.mtu} is too small for IPv6, which needs {IPV6_MTU}",
                "Raise it or leave the IPv6 subnet out",
            )


def _check_underlays(inventory: Inventory, wanted: Membership, problems: Problems) -> None:
    """Two hosts with one address: always wrong when written so, and when an overlay must tell them apart."""
    overlays = (name for name in wanted.members if driver_of(inventory.networks[name]).on_underlay)
    overlaid = {host for name in overlays for host in wanted.members[name]}
    hosts: dict[Address, list[str]] = {}
    for host in inventory.hosts.values():
        if host.underlay_named or host.name in overlaid:
            for address in host.underlay_addresses:
                hosts.setdefault(address, []).append(host.name)
    for underlay, names in hosts.items():
        if len(names) > 1:
            written = inventory.hosts[names[-1]].where.inside("containerhost_underlay_address").written
            problems.add(
                f"{listed(names)} have one underlay address, {underlay}{written}",
                "Give each its own containerhost_underlay_address",
            )


def _check_vnis(inventory: Inventory, problems: Problems) -> None:
    seen: dict = {}
    for spec in inventory.networks.values():
        if not spec.present or spec.options.get("vni") is None:
            continue
        key = (spec.options["vni"], vxlan.port_of(spec))
        other = seen.setdefault(key, spec.name)
        if other != spec.name:
            one, two = (inventory.networks[name].where.inside("vni").written for name in (other, spec.name))
            sealed = [name for name in (other, spec.name) if inventory.networks[name].options.get("encrypted")]
            inside = f", where what is `encrypted` has it inside its tunnel (`{sealed[0]}`)" if sealed else ""
            problems.add(
                f"{schema.NETWORKS}: `{other}`{one} and `{spec.name}`{two} both have the VNI {key[0]} on port {key[1]}"
                f"{inside}",
                "Give one of them another `vni`",
            )


def _check_networks_of(container: ContainerSpec, inventory: Inventory, ledger: Ledger, problems: Problems) -> None:
    for endpoint in container.endpoints:
        if endpoint.network not in inventory.networks:
            problems.add(
                f"{container.where.inside('networks', endpoint.network)}there is no network `{endpoint.network}`",
                _defined_elsewhere(endpoint.network, ledger) or schema.suggestion(endpoint.network, inventory.networks),
            )
    route, where = container.default_route, container.where.inside("default_route")
    if route is None:
        return
    if route not in {endpoint.network for endpoint in container.endpoints}:
        problems.add(
            f"{where}`default_route` is `{route}`, which must be one of its networks",
            schema.suggestion(route, [endpoint.network for endpoint in container.endpoints]),
        )
    elif route in inventory.networks and inventory.networks[route].internal:
        problems.add(
            f"{where}`default_route` is `{route}`, which is internal and leads nowhere",
            "Choose a network that is not internal, or leave it out",
        )


def check_members(inventory: Inventory, wanted: Membership, problems: Problems) -> None:
    for name, pairs in wanted.endpoints.items():
        spec = inventory.networks[name]
        members = set(wanted.members[name])
        first: dict[str, str] = {}
        for container, _endpoint in pairs:
            if container.host not in members:
                problems.add(
                    f"{container.where.inside('networks', name)}it is on `{name}`, whose `hosts` leave out"
                    f" {on(container.host)}",
                    f"Add {on(container.host)} to them, or take the container off the network",
                )
            if driver_of(spec).one_segment(spec) and not spec.per_host_names:
                other = first.setdefault(container.name, container.host)
                if other != container.host:
                    problems.add(
                        f"`{container.name}`{container.where.inside('networks', name).written} is on `{name}` on"
                        f" {other} and on {on(container.host)}, which share that segment",
                        "Rename one, or set `per_host_names: true` for the network",
                    )


def _defined_elsewhere(network: str, ledger: Ledger) -> str | None:
    """What to do about a network that another play defines, and containers of the inventory are on."""
    entry = ledger.networks.get(network)
    if entry is None or not entry.plays:
        return None
    plays = listed(entry.plays)
    return f"Move it from {plays} to group_vars, where every play sees it, or give it to this play as well"


# --- when all is allotted -------------------------------------------------------------------------------------------


def check_fleet(fleet: Fleet, problems: Problems) -> None:
    naming.check_fleet(fleet, problems)
    host_devices.check(fleet, problems)
    for network in fleet.networks.values():
        driver_ = driver_of(network.spec)
        driver_.check(network, fleet, problems)
        for host, endpoints in network.endpoints.items():
            _check_ports(network, host, endpoints, driver_.own_ports, problems)
            for endpoint in endpoints:
                _check_endpoint(network, endpoint, problems)
    by_host: dict[str, list[tuple[Network, Endpoint]]] = {}
    for network in fleet.networks.values():
        for host, endpoints in network.endpoints.items():
            by_host.setdefault(host, []).extend((network, endpoint) for endpoint in endpoints)
    for host, pairs in sorted(by_host.items()):
        _check_published(host, pairs, problems)
        container_routes.check_places(
            ((network, endpoint, _said_of(network, endpoint, "routes")) for network, endpoint in pairs), problems
        )
        _check_tunnels(host, pairs, fleet, problems)
        _check_sandboxes(host, pairs, problems)


def _check_ports(
    network: Network, host: str, endpoints: tuple[Endpoint, ...], own: int | None, problems: Problems
) -> None:
    if own is not None and len(endpoints) + own > BRIDGE_PORTS:
        problems.add(
            f"{network.spec.where}{network.container_device} on {host} would have {len(endpoints) + own} ports,"
            f" and a bridge takes {BRIDGE_PORTS}",
            "Split the network in two",
        )


def _check_endpoint(network: Network, endpoint: Endpoint, problems: Problems) -> None:
    limit = network.mtu
    said_of = functools.partial(_said_of, network, endpoint)
    if endpoint.spec.mtu and limit and endpoint.spec.mtu > limit:
        problems.add(
            f"{said_of('mtu')}`mtu` {endpoint.spec.mtu} is more than the network's {limit}", f"Take {limit} or less"
        )
    if endpoint.spec.mtu and endpoint.spec.mtu < IPV6_MTU and 6 in endpoint.versions:
        problems.add(
            f"{said_of('mtu')}`mtu` {endpoint.spec.mtu} is too small for IPv6, which needs {IPV6_MTU}", "Raise it"
        )
    container_routes.check(network, endpoint, said_of("routes"), problems)
    if endpoint.spec.publish and network.spec.internal:
        problems.add(
            f"{said_of('publish')}it publishes {endpoint.spec.publish[0]} on an internal network, which has no way in",
            "Publish on another of its networks",
        )
    for port in endpoint.publish:
        wanted = [port.host_address.version] if port.host_address else list(endpoint.versions)
        if port.sources:
            wanted = [version for version in wanted if version in {source.version for source in port.sources}]
        if network.subnets and not set(wanted) & set(endpoint.versions):
            families = " and ".join(f"IPv{version}" for version in endpoint.versions) or "no"
            problems.add(
                f"{said_of('publish')}it publishes {port}, and it has only {families} addresses"
                " there",
                "Publish on an address of that family, or give the network a subnet of the other",
            )


def _said_of(network: Network, endpoint: Endpoint, option: str) -> str:
    """The beginning of a message about an option of a container on a network."""
    written = endpoint.container.where.inside("networks", network.name, option).written
    return f"{endpoint.container} on `{network.name}`{written}: "


def _check_published(host: str, pairs: list[tuple[Network, Endpoint]], problems: Problems) -> None:
    """One port of one protocol, family and host address belongs to one container; a wildcard to all addresses."""
    seen: dict[tuple[str, int, int], dict[Address | str | None, str]] = {}
    for network, endpoint in pairs:
        translates = driver_of(network.spec).translates
        for port in endpoint.publish:
            versions = (port.host_address.version,) if port.host_address else endpoint.versions
            place = port.interface or (port.host_address if port.host_address and port.host_address.value else None)
            for version in versions:
                if not translates(network.spec, version):
                    continue
                clashes = [
                    _holder(seen.setdefault((port.protocol, number, version), {}), place) for number in port.host_ports
                ]
                clash = next(filter(None, clashes), None)
                if clash:
                    number = port.host_ports[next(index for index, each in enumerate(clashes) if each)]
                    _published_twice(host, network, endpoint, f"{number}/{port.protocol}", clash, problems)
                    break
                for number in port.host_ports:
                    seen[port.protocol, number, version][place] = f"`{endpoint.container.name}` on `{network.name}`"


def _holder(holders: dict[Address | str | None, str], place: Address | str | None) -> str | None:
    """Who has the port there already. An interface may have any address that is not a loopback one."""
    for other, holder in holders.items():
        kinds = {type(other), type(place)}
        mixed = kinds == {Address, str} and not any(is_loopback(each) for each in (other, place))
        if place is None or other in (None, place) or mixed:
            return holder
    return None


def _published_twice(
    host: str, network: Network, endpoint: Endpoint, published: str, clash: str, problems: Problems
) -> None:
    container = endpoint.container
    written = container.where.inside("networks", network.name, "publish").written
    one = f"`{container.name}` on `{network.name}`"
    twice = f" publishes {published} twice" if clash == one else f" and {clash} both publish {published}"
    problems.add(f"{on(host)}: {one}{written}{twice}", "Give one of them another host port or host address")


def _check_tunnels(host: str, pairs: list[tuple[Network, Endpoint]], fleet: Fleet, problems: Problems) -> None:
    """A published port is translated before the kernel looks for its own sockets: an overlay would hear no more."""
    tunnels = {
        port: network.name
        for network in fleet.networks.values()
        if host in network.members
        for port in vxlan.udp_ports(network.spec)
    }
    for network, endpoint in pairs:
        for port in endpoint.publish:
            taken = [number for number in tunnels if number in port.host_ports]
            if port.protocol == "udp" and taken:
                problems.add(
                    f"{host}: `{endpoint.container.name}` on `{network.name}` publishes {taken[0]}/udp, by which"
                    f" `{tunnels[taken[0]]}` reaches its hosts",
                    "Give one of them another port",
                )


def _check_sandboxes(host: str, pairs: list[tuple[Network, Endpoint]], problems: Problems) -> None:
    seen: dict[tuple[str, str, str], tuple[Network, Endpoint]] = {}
    for network, endpoint in pairs:
        key = (endpoint.container.engine, endpoint.container.ref, endpoint.interface)
        other_network, other = seen.setdefault(key, (network, endpoint))
        if other is not endpoint:
            written = endpoint.container.where.inside("networks", network.name, "interface").written
            problems.add(
                f"{on(host)}: `{other.container.name}` on `{other_network.name}` and `{endpoint.container.name}` on"
                f" `{network.name}`{written} are both {endpoint.interface} in {key[0]} {key[1]}",
                "Give one of them another `interface`, or another `ref`",
            )
