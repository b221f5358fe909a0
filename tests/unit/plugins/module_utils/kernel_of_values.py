# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel made of values: what a kind reads, compares and refuses, without root and without a namespace.

A test says what each namespace holds, in the kernel's words where it has some (attributes of a kind of device), and
gets the picture that a run would have of it. Only the picture's questions (``Readings``) are answered from here; how it
understands the answers, the kinds and the comparison are the collection's own.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.diff import diffs
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    ChangeSet,
    Unready,
    compare,
    wanted_object,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import OF_ADDRESSES
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import Identity, NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import UnreadableTable
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import FilePlace
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, netns_path
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import NftTable
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import Device

KIND = {kind.name: kind for kind in KINDS}
OWNER = "plan/web"
KERNEL, BOOT, STATIC = 2, 3, 4  # RTPROT_KERNEL, RTPROT_BOOT, RTPROT_STATIC, linux/rtnetlink.h


@dataclass
class Link:
    """A device. ``lower`` is its parent's name here, ``peer`` a veth's other end (namespace, name); both give indexes.

    ``owner`` writes the mark that a run would; ``alias`` is for any other. ``flags`` (IFF_…) and ``more`` (IFLA_…) are
    added to what the rest says.
    """

    name: str
    kind: str | None = None
    mac: str | None = None
    mtu: int = 1500
    up: bool = True
    master: str | None = None
    lower: str | None = None
    peer: tuple[str | None, str] | None = None
    owner: str | None = None
    label: str = ""
    alias: str | None = None
    group: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    port: Mapping[str, Any] = field(default_factory=dict)
    flags: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Route:
    dst: str
    device: str
    via: str | None = None
    metric: int = 0
    src: str | None = None
    table: int = m.RT_TABLE_MAIN
    onlink: bool = False
    protocol: int = m.PROTOCOL


@dataclass
class Neighbour:
    """One of a device; ``dst`` and ``lladdr`` as ``ip neighbour`` or ``bridge fdb`` shows them, ``more`` as NDA_…"""

    device: str
    dst: str | None = None
    lladdr: str | None = None
    state: int = m.NUD_PERMANENT
    flags: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Namespace:
    """What is in one. ``addresses`` are CIDRs by device; ``elements`` of our nftables table are as nft writes them:
    set, then key, to (value or None, comment), and None says that there is no table; sysctls are by path below
    /proc/sys; ``connected`` adds the routes that the kernel makes with addresses; ``flooded`` are tables (RTM_GET…)
    that have too many rows to be read; ``programs`` have a UDP port, or a protocol's port, to themselves; ``foreign``
    are the rules of somebody else's chains (family, table, chain), as libnftables lists them; ``whole`` are rows of
    tables (RTM_GET…) with all that the kernel says of them; ``lost`` are addresses without their route in the table
    ``local``, and ``groups`` of IPv6 those that devices are in."""

    links: Sequence[Link] = ()
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    routes: Sequence[Route] = ()
    neighbours: Sequence[Neighbour] = ()
    fdb: Sequence[Neighbour] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Mapping[str, tuple[str | None, str]]] | None = None
    intact: bool = True
    connected: bool = True
    programs: Mapping[int | tuple[str, int], str] = field(default_factory=dict)
    flooded: Collection[int] = ()
    foreign: Mapping[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    whole: Mapping[int, Sequence[dict[str, Any]]] = field(default_factory=dict)
    lost: Collection[str] = ()
    groups: Collection[tuple[str, str]] = ()


class FilesOfValues:
    """Texts by path, or by place in a container; ``faults`` keep one from being written."""

    def __init__(self, texts: Mapping[FilePlace, str]) -> None:
        self._texts = texts
        self.faults: dict[FilePlace, str] = {}
        self.open_to_others: set[str] = set()

    def text(self, path: FilePlace) -> str | None:
        return self._texts.get(path)

    text_of_container = text

    def fault(self, path: FilePlace, hosts_own: str) -> str | None:
        return self.faults.get(path)

    def others_may_write(self, path: str) -> bool:
        return path in self.open_to_others

    def folder(self, path: str) -> list[str]:
        paths = [each for each in self._texts if isinstance(each, str)]
        inside = (each[len(path) + 1 :] for each in paths if each.startswith(f"{path}/"))
        return sorted({each.partition("/")[0] for each in inside})


class LivingOfValues:
    """All namespaces have a name here."""

    def way_into(self, identity: Identity) -> str | None:
        return None

    def of_processes(self) -> dict[Identity, str]:
        return {}


class ServersOfValues:
    """Name servers: by ``running``, what ``runs_as_written`` says of each; those that are in it run at all."""

    def __init__(self) -> None:
        self.running: dict[str, bool] = {}
        self.installed = "/usr/sbin/dnsmasq"

    def program(self) -> str | None:
        return self.installed

    def is_running(self, name: str) -> bool:
        return name in self.running

    def runs_as_written(self, name: str) -> bool:
        return self.running.get(name, False)


class TunnelsOfValues:
    """WireGuard: ``devices`` by name, ``public`` keys by the names of keys; ``installed`` are programs."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.public: dict[str, str] = {}
        self.damaged: set[str] = set()
        self.installed = {"wg", "wireguard-go"}
        self.by_kernel = True

    def program(self, name: str = "wg") -> str | None:
        return f"/usr/bin/{name}" if name in self.installed else None

    def kernel_makes_them(self) -> bool:
        return self.by_kernel

    def device(self, name: str, netns: str | None) -> Device | None:
        return self.devices.get(name) if "wg" in self.installed else None

    def key_names(self) -> list[str]:
        return sorted(self.public)

    def key(self, name: str) -> tuple[str | None, bool]:
        return OWNER, name not in self.damaged

    def public_key(self, name: str) -> str | None:
        return self.public.get(name)


class Values:
    """Answers as ``Readings`` does, from namespaces by their path."""

    def __init__(self, namespaces: Mapping[str | None, Namespace], files: Mapping[str, str]) -> None:
        self._namespaces = namespaces
        self.files = FilesOfValues(files)
        self.processes = ServersOfValues()
        self.living = LivingOfValues()
        self.tunnels = TunnelsOfValues()
        self._indexes: dict[tuple[str | None, str], int] = {}
        for path, namespace in namespaces.items():
            for link in [Link("lo"), *namespace.links]:
                self._indexes[path, link.name] = len(self._indexes) + 1  # of one namespace they would start again

    def netns_names(self) -> list[str]:
        return sorted(path.rpartition("/")[2] for path in self._namespaces if path is not None)

    def netns_made_here(self) -> Collection[str]:
        return self.netns_names()

    def link(self, name: str, wanted: AbstractSet[str], netns: str | None) -> dict[str, Any] | None:
        rows = self._dumped(m.RTM_GETLINK, {}, wanted, netns)
        return next((row for row in rows if row["IFLA_IFNAME"] == name), None)

    def netns(self, path: str) -> Identity | NoNamespace:
        if path not in self._namespaces:
            return NoNamespace(f"there is no network namespace at {path}")
        return 4, sorted(filter(None, self._namespaces)).index(path)

    def groups(self, netns: str | None) -> set[tuple[int, str]]:
        return {(self._indexes[netns, device], group) for device, group in self._namespaces[netns].groups}

    def host_id(self, netns: str) -> int:
        return 0

    def bound_ports(self, netns: str | None) -> dict[tuple[str, int], set[str]]:
        return {place: {program} for place, program in self._programs(netns).items()}

    def is_free(self, protocol: str, address: str, port: int, netns: str | None) -> bool:
        return (protocol, port) not in self._programs(netns)

    def are_of_children(self, inodes: Collection[str], parent: int) -> bool:
        return False

    def program_of(self, inodes: Collection[str]) -> str | None:
        return next(iter(inodes))

    def _programs(self, netns: str | None) -> dict[tuple[str, int], str]:
        programs = self._namespaces[netns].programs.items()
        return {place if isinstance(place, tuple) else ("udp", place): program for place, program in programs}

    def sysctl(self, key: str, netns: str | None) -> str | None:
        return self._namespaces[netns].sysctls.get(key)

    def try_sysctls(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The kernel takes the first of several numbers."""
        return {key: value.split()[0] for key, value in settings.items()}

    def table(self, netns: str | None, digest: str | None) -> NftTable:
        found = self._namespaces[netns]
        if found.elements is None:
            return NftTable(False, False, {})
        return NftTable(True, found.intact, {name: dict(rows) for name, rows in found.elements.items()})

    def foreign_chain(self, place: tuple[str, str, str]) -> list[dict[str, Any]] | None:
        return self._namespaces[None].foreign.get(place)

    def whole_rows(self, type_: int, netns: str | None) -> list[dict[str, Any]]:
        return [*self._namespaces[netns].whole.get(type_, ())]

    def dump(self, type_, header, wanted, netns, attributes=None) -> list[dict[str, Any]]:
        if type_ in self._namespaces[netns].flooded:
            raise UnreadableTable("a table has more than 25 rows")
        rows = self._dumped(type_, header, wanted, netns)
        kind = (attributes or {}).get("IFLA_LINKINFO", {}).get("IFLA_INFO_KIND")
        return [row for row in rows if kind in (None, row.get("IFLA_LINKINFO", {}).get("IFLA_INFO_KIND"))]

    def _dumped(self, type_, header, wanted, netns) -> list[dict[str, Any]]:
        rows = {
            m.RTM_GETLINK: self._links,
            m.RTM_GETADDR: self._addresses,
            m.RTM_GETROUTE: self._routes,
            m.RTM_GETNEIGH: self._fdb if header.get("family") == m.AF_BRIDGE else self._neighbours,
        }.get(type_, lambda netns, namespace: [])(netns, self._namespaces[netns])
        rows += self._of_addresses(netns) if OF_ADDRESSES in wanted else []
        asked = {name for row in rows for name in row if not name.isupper()} | set(wanted)
        return [{name: value for name, value in row.items() if name in asked and value is not None} for row in rows]

    def _links(self, netns: str | None, found: Namespace) -> list[dict[str, Any]]:
        return [self._link(netns, link) for link in [Link("lo", mac="00:00:00:00:00:00", mtu=65536), *found.links]]

    def _link(self, netns: str | None, link: Link) -> dict[str, Any]:
        info = {"IFLA_INFO_KIND": link.kind, "IFLA_INFO_DATA": link.data, "IFLA_INFO_SLAVE_DATA": link.port}
        lower = link.peer or (netns, link.lower)
        return {
            "index": self._indexes[netns, link.name],
            "flags": link.flags | (m.IFF_UP if link.up else 0) | m.IFF_BROADCAST | m.IFF_MULTICAST,
            "IFLA_IFNAME": link.name,
            "IFLA_ADDRESS": link.mac,
            "IFLA_MTU": link.mtu,
            "IFLA_MASTER": self._indexes[netns, link.master] if link.master else None,
            "IFLA_LINK": self._indexes[lower] if lower[1] else None,
            "IFLA_LINK_NETNSID": None if lower[0] == netns else 0,
            "IFLA_GROUP": link.group or (m.GROUP if link.owner else 0),
            "IFLA_IFALIAS": mark(link.owner, link.label) if link.owner else link.alias,
            "IFLA_LINKINFO": {name: value for name, value in info.items() if value} or None,
            **link.more,
        }

    def _addresses(self, netns: str | None, found: Namespace) -> list[dict[str, Any]]:
        return [
            {
                "index": self._indexes[netns, device],
                "prefixlen": int(cidr.partition("/")[2]),
                "flags": m.IFA_F_PERMANENT,
                "IFA_ADDRESS": cidr.partition("/")[0],
            }
            for device, cidrs in found.addresses.items()
            for cidr in cidrs
        ]

    def _of_addresses(self, netns: str | None) -> list[dict[str, Any]]:
        found = self._namespaces[netns]
        addresses = [cidr.partition("/")[0] for cidrs in found.addresses.values() for cidr in cidrs]
        packed = [ipaddress.ip_address(address).packed for address in addresses if address not in found.lost]
        rows = [bytes(12) + struct.pack("=HH", len(raw) + 4, 1) + raw for raw in packed]  # RTA_DST
        return [{"type": m.RTN_LOCAL, "raw": row} for row in rows]

    def _routes(self, netns: str | None, found: Namespace) -> list[dict[str, Any]]:
        return [
            {
                "family": m.family_of(route.dst),
                "dst_len": ipaddress.ip_network(route.dst).prefixlen,
                "table": min(route.table, 255),
                "proto": route.protocol,
                "type": m.RTN_UNICAST,
                "flags": m.RTNH_F_ONLINK if route.onlink else 0,
                "RTA_DST": None if route.dst in ("0.0.0.0/0", "::/0") else route.dst.partition("/")[0],
                "RTA_GATEWAY": route.via,
                "RTA_OIF": self._indexes[netns, route.device],
                "RTA_PRIORITY": route.metric or None,
                "RTA_PREFSRC": route.src,
                "RTA_TABLE": route.table,
            }
            for route in [*found.routes, *self._connected(found)]
        ]

    @staticmethod
    def _connected(found: Namespace) -> list[Route]:
        """What the kernel makes with an address."""
        up = {link.name for link in found.links if link.up and found.connected}
        return [
            Route(str(interface.network), device, protocol=KERNEL, metric=256 if interface.version == 6 else 0)
            for device, cidrs in found.addresses.items()
            for interface in map(ipaddress.ip_interface, cidrs)
            if device in up and interface.network.prefixlen < interface.max_prefixlen
        ]

    def _neighbours(self, netns: str | None, found: Namespace) -> list[dict[str, Any]]:
        return [self._neighbour(netns, each, m.family_of(each.dst or "")) for each in found.neighbours]

    def _fdb(self, netns: str | None, found: Namespace) -> list[dict[str, Any]]:
        """With what a bridge has of itself, unless its MAC is elsewhere."""
        elsewhere = {None, *(each.lladdr for each in found.fdb)}
        bridges = [link for link in found.links if link.kind == "bridge" and link.mac not in elsewhere]
        own = [Neighbour(link.name, lladdr=link.mac) for link in bridges]
        return [self._neighbour(netns, each, m.AF_BRIDGE) for each in (*found.fdb, *own)]

    def _neighbour(self, netns: str | None, each: Neighbour, family: int) -> dict[str, Any]:
        return {
            "family": family,
            "ifindex": self._indexes[netns, each.device],
            "state": each.state,
            "flags": each.flags,
            "NDA_DST": each.dst,
            "NDA_LLADDR": each.lladdr,
            **each.more,
        }


def kernel_of(
    host: Namespace | None = None, files: Mapping[str, str] | None = None, **named: Namespace
) -> Kernel:
    """The picture of a host with these named namespaces and files. Its records are empty: fill them by their own."""
    namespaces = {None: host or Namespace(), **{netns_path(name): namespace for name, namespace in named.items()}}
    return Kernel(None, Records("/nonexistent/records.json"), readings=Values(namespaces, files or {}))


def want(kind: str, owner: str = OWNER, present: bool = True, recreate: bool = False, **values: Any) -> Wanted:
    return wanted_object(KIND[kind], values, owner, present, recreate)


def nothing_leaves(found: Found) -> bool:
    return False


def everything_leaves(found: Found) -> bool:
    return True


def planned(kernel: Kernel, *wanted: Wanted, leaves: Any = nothing_leaves) -> ChangeSet:
    """What a run would do, of all kinds, as a document's does."""
    return compare(KINDS, kernel, wanted, leaves)


def changed(kernel: Kernel, *wanted: Wanted, leaves: Any = nothing_leaves) -> list[str]:
    """The run's diff, a line for each object: ``bridge ch-web (web): mtu: 1500 → mtu: 1400``."""
    shown = diffs(KINDS, planned(kernel, *wanted, leaves=leaves).changes)
    return [_line(diff) for diff in shown]


def refused(kernel: Kernel, *wanted: Wanted, leaves: Any = nothing_leaves) -> list[str]:
    """The sentences with which a run ends before it has done anything."""
    with pytest.raises(Unready) as error:
        planned(kernel, *wanted, leaves=leaves)
    return error.value.problems


def waiting(kernel: Kernel, *wanted: Wanted) -> list[str]:
    """Why containers are not attached by a run, which does all the rest."""
    return [each.reason for each in planned(kernel, *wanted).pending]


def _line(diff: Mapping[str, str]) -> str:
    before, after = (", ".join(diff[side].splitlines()) for side in ("before", "after"))
    if diff["before_header"].endswith(": absent"):
        return f"{diff['before_header']} → {after}"
    if diff["after_header"].endswith(": absent"):
        return f"{diff['after_header']} ← {before}"
    return f"{diff['after_header']}: {before} → {after}"
