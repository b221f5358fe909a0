# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that the plan is made of.

``*Spec`` values are what the inventory says, normalised. The others are what the plan has decided: with addresses,
names and MACs filled in. All are frozen; a Host, a Network and the whole Fleet are what drivers are functions of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.checks.coverage import WHOLE, Coverage
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import NOWHERE, Where, on
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, Block, Span, block_around


def empty() -> Mapping[Any, Any]:
    return MappingProxyType({})


# Above the ports that Linux gives to programs by itself (ip_local_port_range is 32768 to 60999), and within those that
# are nobody's (RFC 6335, section 6).
PUBLISH_RANGE = (61000, 65535)
# Seconds that a host waits for a run to come back that could have cut its own way to it.
GUARD_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Publish:
    """One published port: ``host_address`` None stands for every address of the host, unless there is an ``interface``.

    ``length`` ports in a row are one where they are the same ones in the container.

    ``host_port`` is None, and ``sources`` are names of networks too, until the plan has decided (``allocate/ports``).
    """

    protocol: str
    host_address: Address | None
    host_port: int | None
    port: int
    sources: tuple[Block | str, ...] = ()
    interface: str | None = None
    length: int = 1

    @property
    def where(self) -> str:
        """The address or interface that it names, if any."""
        return self.interface or ("" if self.host_address is None else str(self.host_address))

    @property
    def host_ports(self) -> range:
        return range(self.host_port or 0, (self.host_port or 0) + self.length)

    def __str__(self) -> str:
        address = f"{self.where}:" if self.where else ""
        end = f"-{self.port + self.length - 1}" if self.length > 1 else ""
        host_port = f"{self.host_port}{end}:" if self.host_port else ":" if address else ""
        return f"{address}{host_port}{self.port}{end}/{self.protocol}"


@dataclass(frozen=True, slots=True)
class ContainerRoute:
    """A route in a container: ``via`` None is on-link, or leads nowhere by its ``type``."""

    dst: Block
    via: Address | None = None
    metric: int | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class SubnetSpec:
    """A subnet as the inventory (or a pool) gives it."""

    cidr: Block
    host_prefix: int | None = None
    gateway: Address | None = None
    range: Span | None = None
    exclude: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsSpec:
    """Whom a container asks for names, and how (resolv.conf(5)); None says nothing of it."""

    servers: tuple[Address, ...] | None = None
    search: tuple[str, ...] | None = None
    options: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network as the inventory gives it. ``subnets`` None: to be taken from the pools."""

    name: str
    driver: str
    subnets: tuple[SubnetSpec, ...] | None
    mtu: int | None = None
    internal: bool = False
    members: tuple[str, ...] | None = None
    per_host_names: bool = False
    names: tuple[str, ...] = ()  # the ways in which containers find each other by name
    dns: DnsSpec = DnsSpec()
    present: bool = True
    options: Mapping[str, Any] = field(default_factory=empty)
    where: Where = field(default=NOWHERE, repr=False, compare=False)  # the beginning of a message about it


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """A container's wish to be on a network."""

    network: str
    addresses: tuple[Address, ...] = ()
    mac: str | None = None
    interface: str | None = None
    publish: tuple[Publish, ...] = ()
    aliases: tuple[str, ...] = ()
    mtu: int | None = None
    rate: tuple[tuple[str, str], ...] = ()  # in, out, burst, as far as they are given
    priority: int = 0  # of its network's gateway for the default route
    routes: tuple[ContainerRoute, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container on a host. ``endpoints`` are sorted by network."""

    host: str
    name: str
    engine: str = "netns"
    ref: str = ""
    network_mode: str | None = None
    default_route: str | None = None
    endpoints: tuple[EndpointSpec, ...] = ()
    publish: tuple[Publish, ...] = ()  # of one that joins another; those of all others are of an endpoint
    aliases: tuple[str, ...] = ()
    where: Where = field(default=NOWHERE, repr=False, compare=False)  # the beginning of a message about it
    dns: DnsSpec = DnsSpec()

    @property
    def partner(self) -> str | None:
        """The container whose network namespace this one joins, by its name."""
        mode, _colon, name = (self.network_mode or "").partition(":")
        return name if mode == "container" else None

    def __str__(self) -> str:
        return f"`{self.name}` on {on(self.host)}"

    def asks(self, address: Address, network: str) -> str:
        """The beginning of a problem about an address that is pinned."""
        written = self.where.inside("networks", network, "address").written
        return f"{self}{written} asks for {address} of `{network}`"


@dataclass(frozen=True, slots=True)
class Host:
    """A host of the fleet, as far as networks care. ``pins`` are its slices by network, from the inventory."""

    name: str
    underlay: Address | None = None
    known: tuple[Block, ...] = ()  # networks that it is on, as far as the inventory says so
    underlay_named: bool = False  # by containerhost_underlay_address, not guessed from ansible_host
    underlays: tuple[tuple[Address, int | None], ...] = ()  # all that are named, with their prefix lengths
    underlay_interface: str | None = None
    underlay_mtu: int = 1500
    underlay_endpoint: tuple[Address, int | None] | None = None  # where others reach its tunnels, if it is elsewhere
    keep: bool = True  # between two runs
    adapts_firewalls: bool = False  # other ones of the host, where they drop what networks need
    metrics_folder: str | None = None
    guard_timeout: int = GUARD_SECONDS
    stand_ins: bool = False  # of a lab, where namespaces stand in for containers of engines
    publish_addresses: tuple[Address | str, ...] = ()  # or interfaces, of published ports that name none
    publish_range: tuple[int, int] = PUBLISH_RANGE  # where host ports are chosen from
    pins: Mapping[str, tuple[Block, ...]] = field(default_factory=empty)
    where: Where = field(default=NOWHERE, repr=False, compare=False)  # what is said of its variables

    @property
    def underlay_addresses(self) -> tuple[Address, ...]:
        return tuple(address for address, _prefix in self.underlays) or ((self.underlay,) if self.underlay else ())

    def on_segment(self, version: int) -> tuple[Address, Block | None] | None:
        """Its underlay address of a family, and the segment that this is on where its prefix length is known."""
        for address, prefix in self.underlays or ((self.underlay, None),):
            if address is not None and address.version == version:
                return address, None if prefix is None else block_around(address, prefix)
        return None


@dataclass(frozen=True)
class Inventory:
    """The whole fleet's wish, merged and normalised. Where it names no ``pools``, ``DEFAULT_POOLS`` of
    allocate/slices.py hold."""

    hosts: Mapping[str, Host]
    networks: Mapping[str, NetworkSpec]
    containers: Mapping[str, Mapping[str, ContainerSpec]]
    pools: tuple[Block, ...] | None = None
    ledger_path: str | None = None
    ledger_read_only: bool = False
    confirm_renumbered: bool = False
    confirm_vanished: bool = False
    recreate: bool = False
    coverage: Coverage = WHOLE


@dataclass(frozen=True, slots=True)
class Slice:
    """A host's part of a subnet; the whole subnet where that is not cut into slices.

    ``vtep`` and ``gateway`` are addresses in it that the host itself has; ``low`` to ``high`` is what containers get,
    but for ``handed``: parts that engines hand out themselves, each with the engine's name.
    """

    block: Block
    subnet: Block
    index: int
    gateway: Address | None
    vtep: Address | None
    low: int
    high: int
    handed: tuple[tuple[str, Block], ...] = ()

    def address(self, address: Address) -> str:
        """The address as a container or bridge carries it: with the slice's prefix length."""
        return f"{address}/{self.block.prefix}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A container's attachment to a network, decided. ``addresses`` go with the slice that each lies in.

    ``default_route_versions`` are the families in which the container goes out by it, ``past_host_versions`` those in
    which it goes out by any of its networks to a router on a LAN.
    """

    spec: EndpointSpec
    container: ContainerSpec
    addresses: tuple[tuple[Address, Slice], ...]
    interface: str
    mac: str
    host_end: str
    default_route_versions: tuple[int, ...] = ()
    past_host_versions: tuple[int, ...] = ()
    publish: tuple[Publish, ...] = ()  # what ``spec.publish`` has become on its host

    @property
    def versions(self) -> tuple[int, ...]:
        return tuple(sorted({address.version for address, slice_ in self.addresses}))

    def address_of(self, version: int) -> Address | None:
        """Its first address of a family."""
        return next((address for address, slice_ in self.addresses if address.version == version), None)


@dataclass(frozen=True)
class Network:
    """A network, decided. ``devices`` are its devices' names on each host, in the order of its driver's prefixes."""

    spec: NetworkSpec
    subnets: tuple[SubnetSpec, ...]
    devices: tuple[str, ...]
    members: tuple[str, ...]
    slices: Mapping[str, tuple[Slice, ...]] = field(default_factory=empty)
    endpoints: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=empty)
    vtep_macs: Mapping[str, str] = field(default_factory=empty)
    mtu: int | None = None  # None is the kernel's default
    keys: Mapping[str, str] = field(default_factory=empty)  # public ones of members, as far as they are known

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def container_device(self) -> str | None:
        """The device that containers are attached to."""
        return self.devices[-1] if self.devices else None

    @property
    def versions(self) -> tuple[int, ...]:
        return tuple(sorted({subnet.cidr.version for subnet in self.subnets}))


@dataclass(frozen=True)
class Fleet:
    """Everything that a driver may look at."""

    hosts: Mapping[str, Host]
    networks: Mapping[str, Network]
    containers: Mapping[str, Mapping[str, ContainerSpec]]
