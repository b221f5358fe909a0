# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports, decided: host ports that are left to the plan, default addresses, networks named as sources.

A host port that was chosen is remembered and held like an address. One that the inventory names comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import PROTOCOLS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.schema import suggestion
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, Block
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger, PortEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    Endpoint,
    Host,
    Inventory,
    Network,
    Publish,
)

# network, host, container, and the port's name
PortKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Wish:
    """A port of a container that wants some port of its host."""

    key: PortKey
    port: Publish

    def __str__(self) -> str:
        network, host, container, _name = self.key
        return f"port {self.port.port}/{self.port.protocol} of `{container}` on `{network}`"


def name_of(port: Publish) -> str:
    """What a container's port is called in the ledger: ``80-tcp``, and with an address ``127.0.0.1-80-tcp``."""
    address = f"{port.where}-" if port.where else ""
    return f"{address}{port.port}-{port.protocol}"


def held_port(key: PortKey, entry: PortEntry) -> set[tuple[str, ...]]:
    """What an entry of the ledger holds: a port of a host, of a protocol."""
    return {(key[1], _protocol(key), str(entry.port))}


def allot_ports(
    networks: Mapping[str, Network], inventory: Inventory, ledger: Ledger, problems: Problems
) -> tuple[dict[str, Network], dict[PortKey, PortEntry]]:
    """The networks with their endpoints' ``publish`` decided, and the ports that were chosen."""
    by_host: dict[str, list[tuple[str, Endpoint]]] = {}
    for name, network in networks.items():
        for host, endpoints in network.endpoints.items():
            by_host.setdefault(host, []).extend((name, each) for each in endpoints if each.spec.publish)
    remembered: dict[str, dict[PortKey, PortEntry]] = {}
    for key, entry in ledger.ports.items():
        remembered.setdefault(key[1], {})[key] = entry
    chosen: dict[PortKey, PortEntry] = {}
    decided: dict[tuple[str, str, str], tuple[Publish, ...]] = {}
    for host, pairs in sorted(by_host.items()):
        if not pairs:
            continue
        spec = inventory.hosts[host]
        ports = _HostPorts(spec, problems).choose(pairs, networks, remembered.get(host, {}))
        chosen.update((key, PortEntry(port)) for key, port in ports.items())
        for name, endpoint in pairs:
            key = (name, host, endpoint.container.name)
            decided[key] = tuple(_decide(endpoint, key, ports, spec, networks, problems))
    return {name: _with_ports(network, decided) for name, network in networks.items()}, chosen


def _with_ports(network: Network, decided: Mapping[tuple[str, str, str], tuple[Publish, ...]]) -> Network:
    if not any(each.spec.publish for endpoints in network.endpoints.values() for each in endpoints):
        return network
    endpoints = {
        host: tuple(
            replace(each, publish=decided[network.name, host, each.container.name]) if each.spec.publish else each
            for each in found
        )
        for host, found in network.endpoints.items()
    }
    return replace(network, endpoints=endpoints)


# --- host ports ------------------------------------------------------------------------------------------------------


class _HostPorts:
    """Hands out one host's ports: first those that are named, then what is remembered, then the lowest free."""

    def __init__(self, host: Host, problems: Problems) -> None:
        self.host, self.problems = host, problems
        self.held: dict[tuple[str, int], str] = {}  # protocol and port
        self.wishes: dict[PortKey, _Wish] = {}
        self.chosen: dict[PortKey, int] = {}

    def choose(
        self,
        pairs: list[tuple[str, Endpoint]],
        networks: Mapping[str, Network],
        remembered: Mapping[PortKey, PortEntry],
    ) -> dict[PortKey, int]:
        """The host's ports for those of its endpoints that name none."""
        for name, endpoint in pairs:
            self._take_named(name, endpoint, networks[name])
        for key, wish in sorted(self.wishes.items()):
            if key in remembered:
                self._take_remembered(wish, remembered[key].port)
        for key, entry in remembered.items():
            self.held.setdefault((_protocol(key), entry.port), f"`{key[2]}` on `{key[0]}`, which has left")
        self._take_lowest_free()
        return self.chosen

    def _take_named(self, name: str, endpoint: Endpoint, network: Network) -> None:
        for port in endpoint.spec.publish:
            if port.host_port is not None:
                for number in port.host_ports:
                    self.held[port.protocol, number] = f"`{endpoint.container.name}` on `{name}`"
            elif any(_is_translated(network, version) for version in endpoint.versions):
                key = (name, self.host.name, endpoint.container.name, name_of(port))
                self.wishes[key] = _Wish(key, port)

    def _take_remembered(self, wish: _Wish, port: int) -> None:
        self.chosen[wish.key] = port
        other = self.held.setdefault((wish.port.protocol, port), str(wish))
        if other != str(wish):
            self.problems.add(
                f"{self.host.name}: {other} and {wish} are both on host port {port}/{wish.port.protocol}, the latter by"
                " the ledger",
                "Choose another host port for the first, or name one for the second as well",
            )

    def _take_lowest_free(self) -> None:
        first, last = self.host.publish_range
        free = {protocol: iter(range(first, last + 1)) for protocol in PROTOCOLS}
        for key, wish in sorted(self.wishes.items()):
            if key in self.chosen:
                continue
            protocol = wish.port.protocol
            found = next((port for port in free[protocol] if (protocol, port) not in self.held), None)
            if found is None:
                self.problems.add(
                    f"{self.host.name}: no host port is left for {wish} in {first}-{last}",
                    "Make containerhost_publish_range larger, name a host port, or release what has left",
                )
                return
            self.chosen[key] = found
            self.held[protocol, found] = str(wish)


def _protocol(key: PortKey) -> str:
    return key[3].rpartition("-")[2]


def _is_translated(network: Network, version: int) -> bool:
    return driver_of(network.spec).translates(network.spec, version)


# --- addresses and sources -------------------------------------------------------------------------------------------


def _decide(
    endpoint: Endpoint,
    key: tuple[str, str, str],
    chosen: Mapping[PortKey, int],
    host: Host,
    networks: Mapping[str, Network],
    problems: Problems,
) -> Iterator[Publish]:
    """An endpoint's ports with all that was left open, in their order, each once."""
    network, seen = networks[key[0]], set()
    for port in endpoint.spec.publish:
        number = port.host_port or chosen.get((*key, name_of(port))) or port.port
        whole = replace(port, host_port=number, sources=tuple(_sources(endpoint, port, networks, problems)))
        for each in _placed(whole, endpoint, network, host, problems):
            if each not in seen:
                seen.add(each)
                yield each


def _sources(
    endpoint: Endpoint, port: Publish, networks: Mapping[str, Network], problems: Problems
) -> Iterator[Block]:
    for source in port.sources:
        if isinstance(source, Block):
            yield source
        elif source in networks:
            yield from (subnet.cidr for subnet in networks[source].subnets)
        else:
            problems.add(
                f"{endpoint.container.where}`sources` of {port} name `{source}`, which is no network",
                suggestion(source, networks),
            )


def _placed(
    port: Publish, endpoint: Endpoint, network: Network, host: Host, problems: Problems
) -> Iterator[Publish]:
    """A port that names no address is published on the host's default ones. What is not translated has none."""
    if port.where or not host.publish_addresses:
        yield port
        return
    wanted = {source.version for source in port.sources} or {4, 6}
    translated = {version for version in endpoint.versions if _is_translated(network, version)}
    defaults = [
        each for each in host.publish_addresses if isinstance(each, str) or each.version in translated & wanted
    ]
    for place in defaults if translated else ():
        if not isinstance(place, str):
            yield replace(port, host_address=place)
            continue
        for offset in range(port.length):  # by an interface, each is one
            yield replace(
                port, interface=place, length=1, port=port.port + offset, host_port=(port.host_port or 0) + offset
            )
    for version in sorted({*endpoint.versions} - translated):
        yield replace(port, host_address=Address(version, 0))
    if translated & wanted and not defaults and translated == {*endpoint.versions}:
        names = ", ".join(map(str, host.publish_addresses))
        problems.add(
            f"{endpoint.container} on `{network.name}`: it publishes {port}, and containerhost_publish_address has no"
            f" address of a family that it has there ({names})",
            "Add one, or name the address in `publish`",
        )
