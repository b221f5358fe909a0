# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an Inventory and a Ledger to a Fleet: everything decided, and the ledger that remembers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.addresses import Placed, Segment, Wish
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.identities import (
    Identities,
    carrier_of,
    name_devices,
    tunnels_of,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.names import Salts
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.ports import allot_ports, held_port
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.slices import (
    Allocations,
    SliceAllotter,
    allot_interfaces,
    allot_subnets,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.checks.coverage import Gone
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, parse_address
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import (
    ANY_HOST,
    EndpointEntry,
    KeyEntry,
    Ledger,
    NetworkEntry,
    SliceEntry,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    EndpointSpec,
    Fleet,
    Inventory,
    Network,
    NetworkSpec,
    Slice,
    SubnetSpec,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.parents import is_on_a_lan

# network, host, container
Key = tuple[str, str, str]
Pair = tuple[ContainerSpec, EndpointSpec]
# Of one network: addresses by (host, container).
Placement = Mapping[tuple[str, str], tuple[Placed, ...]]


@dataclass(frozen=True)
class Membership:
    """Who is on which present network: members and endpoints by network, sorted by host and container."""

    members: Mapping[str, tuple[str, ...]]
    endpoints: Mapping[str, tuple[Pair, ...]]


def want(inventory: Inventory) -> Membership:
    endpoints: dict[str, list[Pair]] = {name: [] for name, spec in inventory.networks.items() if spec.present}
    for containers in inventory.containers.values():
        for container in containers.values():
            for endpoint in container.endpoints:
                if endpoint.network in endpoints:
                    endpoints[endpoint.network].append((container, endpoint))
    members = {}
    for name, found in endpoints.items():
        named = inventory.networks[name].members
        members[name] = tuple(sorted({container.host for container, endpoint in found})) if named is None else named
    return Membership(members, {name: tuple(found) for name, found in endpoints.items()})


def resolve(
    inventory: Inventory, wanted: Membership, ledger: Ledger, gone: Gone, problems: Problems
) -> tuple[Fleet, Ledger]:
    """The fleet as it shall be. Problems are collected; with any, neither result is to be used."""
    allocations, salts = Allocations(ledger), Salts(dict(ledger.salts))
    subnets = allot_subnets(inventory, allocations, problems)
    devices = name_devices(inventory, ledger, salts, problems)
    remembered = _by_network(ledger)
    identities = {name: Identities(inventory.networks[name], ledger, salts, problems) for name in wanted.members}
    slices: dict[str, Mapping[str, tuple[Slice, ...]]] = {}
    placed: dict[str, Placement] = {}
    for name, members in wanted.members.items():
        spec, own = inventory.networks[name], subnets.get(name, ())
        pinned = [(container, each.addresses) for container, each in wanted.endpoints[name] if each.addresses]
        had = _remembered_addresses(identities[name], wanted.endpoints[name], ledger)
        slices[name] = SliceAllotter(spec, own, members, inventory, allocations, problems).allot(pinned, had)
        segments = _segments(identities[name], wanted.endpoints[name], remembered.get(name, {}))
        hosts = _on_the_lan(inventory) if is_on_a_lan(spec) else {}
        placed[name] = _allot_addresses(spec, segments, slices[name], own, hosts, problems)
    interfaces = _name_interfaces(inventory, wanted, identities, ledger)
    defaults = _choose_default_routes(inventory, wanted, placed)
    past_host = _led_past_hosts(inventory, defaults)
    networks = {}
    for name, members in wanted.members.items():
        network = Network(
            inventory.networks[name],
            subnets.get(name, ()),
            devices[name],
            members,
            slices[name],
            identities[name].endpoints(wanted.endpoints[name], placed[name], interfaces, defaults, past_host),
            identities[name].vtep_macs(members),
            keys=_known_keys(inventory.networks[name], members, devices[name], ledger),
        )
        networks[name] = replace(network, mtu=driver_of(network.spec).mtu(network, inventory.hosts))
    networks, ports = allot_ports(networks, inventory, ledger, problems)
    fleet = Fleet(inventory.hosts, networks, inventory.containers)
    after = _remember(fleet, identities, allocations, salts, gone)
    _keep_absent(ports, ledger.ports, held_port, gone)
    return fleet, replace(after, ports=ports, keys=_remember_keys(fleet, ledger, gone))


def _remembered_addresses(
    identities: Identities, pairs: tuple[Pair, ...], ledger: Ledger
) -> Iterator[tuple[str, Address]]:
    """Those that containers of a network have by the ledger, each with the container's host."""
    for container, _endpoint in pairs:
        entry = ledger.endpoints.get(identities.key(container))
        for text in entry.addresses if entry else ():
            yield container.host, parse_address(text)


def _known_keys(
    spec: NetworkSpec, members: tuple[str, ...], devices: tuple[str, ...], ledger: Ledger
) -> dict[str, str]:
    """By host, the public keys of its present tunnel; those of another one are of no use to it."""
    found = ((host, ledger.keys.get((spec.name, host))) for host in members if driver_of(spec).keyed)
    return {host: entry.public_key for host, entry in found if entry is not None and entry.device == devices[0]}


def _remember_keys(fleet: Fleet, before: Ledger, gone: Gone) -> dict[tuple[str, str], KeyEntry]:
    keyed = {
        (name, host)
        for name, network in fleet.networks.items()
        if driver_of(network.spec).keyed
        for host in network.members
    }
    return {
        key: replace(entry, absent_since=None) if key in keyed else gone.entry(key, entry)
        for key, entry in before.keys.items()
    }


def _by_network(ledger: Ledger) -> dict[str, dict[Key, EndpointEntry]]:
    index: dict[str, dict[Key, EndpointEntry]] = {}
    for key, entry in ledger.endpoints.items():
        index.setdefault(key[0], {})[key] = entry
    return index


@dataclass
class _Claims:
    """All who want, or hold, addresses on one segment."""

    wishes: list[Wish]
    absent: list[tuple[str, EndpointEntry]]


def _segments(
    identities: Identities, pairs: tuple[Pair, ...], remembered: Mapping[Key, EndpointEntry]
) -> dict[str, _Claims]:
    """The segments that have endpoints, by host (or ``*``), with what the ledger says about each."""
    segments: dict[str, _Claims] = {}
    keys = set()
    for container, endpoint in pairs:
        key = identities.key(container)
        keys.add(key)
        claims = segments.setdefault(identities.segment(container.host), _Claims([], []))
        claims.wishes.append(Wish(container, endpoint, remembered.get(key)))
    for key, entry in remembered.items():
        scope = identities.segment(key[1])
        if key not in keys and scope in segments:
            place = "" if key[1] == ANY_HOST else f" on {key[1]}"
            segments[scope].absent.append((f"`{key[2]}`{place}, which has left,", entry))
    return segments


def _on_the_lan(inventory: Inventory) -> dict[Address, str]:
    """Addresses of the hosts' own, as far as the inventory tells them: a LAN may be theirs, too."""
    return {host.underlay: f"the host {host.name}" for host in inventory.hosts.values() if host.underlay}


def _allot_addresses(
    spec: NetworkSpec,
    segments: Mapping[str, _Claims],
    slices: Mapping[str, tuple[Slice, ...]],
    subnets: tuple[SubnetSpec, ...],
    hosts: Mapping[Address, str],
    problems: Problems,
) -> Placement:
    result: dict[tuple[str, str], tuple[Placed, ...]] = {}
    for _scope, claims in sorted(segments.items()):
        claims.wishes.sort(key=lambda wish: (wish.container.name, wish.container.host))
        host_slices = slices.get(claims.wishes[0].container.host, ())
        result.update(Segment(spec, host_slices, subnets, hosts, problems).allot(claims.wishes, claims.absent))
    return result


def _name_interfaces(
    inventory: Inventory, wanted: Membership, identities: Mapping[str, Identities], ledger: Ledger
) -> dict[Key, str]:
    result: dict[Key, str] = {}
    for host, containers in inventory.containers.items():
        for container in containers.values():
            wishes = {each.network: each.interface for each in container.endpoints if each.network in wanted.members}
            remembered = {
                network: entry.interface
                for network in wishes
                if (entry := ledger.endpoints.get(identities[network].key(container)))
            }
            for network, name in allot_interfaces(wishes, remembered).items():
                result[network, host, container.name] = name
    return result


def _choose_default_routes(
    inventory: Inventory, wanted: Membership, placed: Mapping[str, Placement]
) -> dict[Key, tuple[int, ...]]:
    """The families whose default route leads to an endpoint's network.

    The container's ``default_route`` has them all, as far as it has the family; else the network of the highest
    ``priority``, and of those the first by name, that is not internal and has a gateway of the family, or needs none.
    """
    result: dict[Key, tuple[int, ...]] = {}
    for host, containers in inventory.containers.items():
        for container in containers.values():
            some = [each for each in container.endpoints if each.network in wanted.members]
            some.sort(key=lambda each: (each.network != container.default_route, -each.priority, each.network))
            names = [each.network for each in some]
            chosen: set[int] = set()
            for name in names:
                spec = inventory.networks[name]
                on_link = driver_of(spec).on_link(spec)
                addresses = () if spec.internal else placed[name].get((host, container.name), ())
                families = {address.version for address, slice_ in addresses if on_link or slice_.gateway} - chosen
                if families:
                    result[name, host, container.name] = tuple(sorted(families))
                    chosen |= families
    return result


def _led_past_hosts(
    inventory: Inventory, defaults: Mapping[Key, tuple[int, ...]]
) -> dict[tuple[str, str], tuple[int, ...]]:
    """By host and container, the families whose default route leads to a router on a LAN, and not to the host."""
    result: dict[tuple[str, str], tuple[int, ...]] = {}
    drivers = {name: driver_of(inventory.networks[name]) for name in {key[0] for key in defaults}}
    for (name, host, container), versions in defaults.items():
        without = drivers[name].without_gateway if drivers[name].has_gateway else versions
        past = tuple(version for version in versions if version in without)
        if past:
            result[host, container] = (*result.get((host, container), ()), *past)
    return result


def _remember(
    fleet: Fleet, identities: Mapping[str, Identities], allocations: Allocations, salts: Salts, gone: Gone
) -> Ledger:
    """The ledger after this plan: what is wanted, and what has left with the day since when."""
    before = allocations.ledger
    networks = {
        name: NetworkEntry(
            network.spec.driver,
            allocations.subnets.get(name, ()),
            plays=gone.coverage.plays_of(name, before.networks.get(name)),
            tunnels=tunnels_of(network.spec, before) or None,
            tunnel=driver_of(network.spec).tunnel(network.spec) or getattr(before.networks.get(name), "tunnel", None),
            carrier=_other_carrier(network.spec, before),
        )
        for name, network in fleet.networks.items()
    }
    for name, entry in before.networks.items():
        networks.setdefault(name, gone.network(name, entry))
    slices = {key: SliceEntry(texts) for key, texts in allocations.slices.items()}
    _keep_absent(slices, before.slices, lambda key, entry: {(key[0], text) for text in entry.slices}, gone)
    endpoints = {}
    for network in fleet.networks.values():
        for found in network.endpoints.values():
            for each in found:
                texts = tuple(str(address) for address, slice_ in each.addresses)
                endpoints[identities[network.name].key(each.container)] = EndpointEntry(texts, each.interface)
    _keep_absent(endpoints, before.endpoints, lambda key, entry: {(*key[:2], text) for text in entry.addresses}, gone)
    return Ledger(networks, slices, endpoints, dict(salts.remembered))


def _other_carrier(spec: NetworkSpec, before: Ledger) -> int | None:
    carrier = carrier_of(spec, before)
    return None if carrier == tunnels_of(spec, before) else carrier


def _keep_absent(after: dict, before: Mapping, holds: Callable[[Any, Any], set[tuple[str, ...]]], gone: Gone) -> None:
    """Keep what has left, or is not spoken of, unless a pin has taken what it held: then there is nothing to hold."""
    left = {key: entry for key, entry in before.items() if key not in after}
    if not left:
        return
    taken = set().union(*(holds(key, entry) for key, entry in after.items()))
    for key, entry in left.items():
        if not holds(key, entry) & taken:
            after[key] = gone.entry(key, entry)
