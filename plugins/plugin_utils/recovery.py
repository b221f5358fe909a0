# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what hosts have back to the ledger that gave it to them.

A host speaks for itself alone: of its document only its own slices and endpoints count, on networks of the inventory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.identities import tunnel_number
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.ports import PortKey, name_of
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import vxlan, wireguard
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    BITS,
    Address,
    Block,
    block_around,
    parse_interface,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import (
    ANY_HOST,
    EndpointEntry,
    Ledger,
    NetworkEntry,
    PortEntry,
    SliceEntry,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    Inventory,
    NetworkSpec,
    Publish,
)

Row = Mapping[str, Any]
# Defaults, which network_info leaves out: of option `interface` of veth and macvlan, and of `port`, by kind.
_INTERFACE = "eth0"
_PORTS = {"vxlan": vxlan.PORT, "wireguard": wireguard.PORT}


def recovered(inventory: Inventory, documents: Mapping[str, Mapping[str, Any]]) -> Ledger:
    """``documents``: by host, what M(containerhost.network.network_info) tells of the plan's networks."""
    networks: dict[str, NetworkEntry] = {}
    slices: dict[tuple[str, str], SliceEntry] = {}
    endpoints: dict[tuple[str, str, str], EndpointEntry] = {}
    ports: dict[PortKey, PortEntry] = {}
    for name, spec in sorted(inventory.networks.items()):
        rows = {host: list(_rows(document, name)) for host, document in sorted(documents.items())}
        rows = {host: found for host, found in rows.items() if found}
        if not spec.present or not rows:
            continue
        networks[name] = NetworkEntry(spec.driver, _pool_subnets(spec, rows), **_tunnel(spec, documents))
        for host, found in rows.items():
            blocks = _slices(spec, found)
            if blocks:
                slices[name, host] = SliceEntry(tuple(map(str, blocks)))
            for container, row in _endpoints(inventory, host, found):
                scope = ANY_HOST if driver_of(spec).one_segment(spec) and not spec.per_host_names else host
                addresses = tuple(str(address) for address, _prefix in _addresses(row))
                endpoints[name, scope, container] = EndpointEntry(addresses, row.get("interface", _INTERFACE))
                rules = [rule for rule in documents[host].get("nat_rule", ()) if rule.get("address") in addresses]
                ports.update(_ports((name, host, container), inventory, rules))
    return Ledger(networks, slices, endpoints, {}, ports)


def _ports(key: tuple[str, str, str], inventory: Inventory, rules: list[Row]) -> Iterator[tuple[PortKey, PortEntry]]:
    """The host ports that the plan has chosen for a container on a network."""
    network, host, name = key
    container = inventory.containers.get(host, {}).get(name)
    for endpoint in container.endpoints if container else ():
        for port in endpoint.publish if endpoint.network == network else ():
            if number := _chosen(port, rules, endpoint.publish):
                yield (*key, name_of(port)), PortEntry(number)


def _chosen(port: Publish, rules: list[Row], wished: tuple[Publish, ...]) -> int | None:
    """The host port that the plan has chosen for one that names none."""
    named = {(each.protocol, number) for each in wished if each.host_port for number in each.host_ports}
    for rule in rules if port.host_port is None else ():
        there = (rule.get("protocol", port.protocol), rule["host_port"])
        at = not port.where or port.where in (rule.get("host_address"), rule.get("host_interface"))
        if rule["port"] == port.port and there[0] == port.protocol and at and there not in named:
            return int(rule["host_port"])
    return None


def _rows(document: Mapping[str, Any], network: str) -> Iterator[Row]:
    """The devices of a network with their addresses."""
    for rows in document.values():
        if isinstance(rows, list):
            yield from (row for row in rows if row.get("network") == network and row.get("addresses"))


def _addresses(row: Row) -> list[tuple[Address, int]]:
    """Addresses and prefix lengths, IPv4 first."""
    found = (parse_interface(text) for text in row["addresses"])
    return sorted((address, BITS[address.version] if prefix is None else prefix) for address, prefix in found)


def _pool_subnets(spec: NetworkSpec, rows: Mapping[str, list[Row]]) -> tuple[str, ...]:
    """What a network without `subnets` got from the pools: a block of the driver's size, or the devices' own."""
    if spec.subnets is not None:
        return ()
    driver_ = driver_of(spec)
    blocks = {
        block_around(address, driver_.pool_prefix[address.version] if driver_.sliced else prefix)
        for found in rows.values()
        for row in found
        for address, prefix in _addresses(row)
        if driver_.sliced or prefix < BITS[address.version]
    }
    return tuple(map(str, sorted(blocks)))


def _tunnel(spec: NetworkSpec, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the ledger has of a network's tunnel: in words as hosts have it, as the inventory may want another now."""
    pairs = [(kind, row) for document in documents.values() for kind in _PORTS for row in document.get(kind, ())]
    devices = {row["name"]: {"port": _PORTS[kind], **row} for kind, row in pairs if row.get("network") == spec.name}
    *outer, inner = [_latest(spec, prefix, devices) for prefix in driver_of(spec).device_prefixes[:-1]] or [None]
    if inner is None:
        return {}
    number, row = inner
    carrier, carried_by = next(filter(None, outer), inner)
    there = {"vni": row.get("vni"), "port": carried_by["port"]}
    words = driver_of(spec).tunnel(replace(spec, options={**spec.options, **there}))
    return {"tunnels": number or None, "tunnel": words, "carrier": None if carrier == number else carrier}


def _latest(spec: NetworkSpec, prefix: str, devices: Mapping[str, Row]) -> tuple[int, Row] | None:
    """Of a network's tunnels, by name, the latest one of those whose names begin so, after its number."""
    numbers = {name: tunnel_number(spec, prefix, name) for name in devices}
    numbered = [(number, name) for name, number in numbers.items() if number is not None]
    if not numbered:
        return None
    number, name = max(numbered)
    return number, devices[name]


def _slices(spec: NetworkSpec, rows: list[Row]) -> list[Block]:
    """The blocks around the addresses of the host's own devices, where the network is cut into slices."""
    if not driver_of(spec).sliced and not any(subnet.host_prefix for subnet in spec.subnets or ()):
        return []
    own = (row for row in rows if not row.get("sandbox"))
    blocks = {block_around(*each) for row in own for each in _addresses(row) if each[1] < BITS[each[0].version]}
    whole = {subnet.cidr for subnet in spec.subnets or () if not subnet.host_prefix and not driver_of(spec).sliced}
    return sorted(blocks - whole)


def _endpoints(inventory: Inventory, host: str, rows: list[Row]) -> Iterator[tuple[str, Row]]:
    """The containers of the inventory that a host's rows are about, and its own end on a LAN ("(h1)")."""
    names = {(each.engine, each.ref): name for name, each in inventory.containers.get(host, {}).items()}
    for row in rows:
        sandbox = row.get("sandbox")
        if sandbox:
            name = names.get((sandbox.get("engine"), str(sandbox.get("ref"))))
            if name is not None:
                yield name, row
        elif row.get("interface"):
            yield f"({host})", row
