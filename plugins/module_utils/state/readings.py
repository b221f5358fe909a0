# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this host answers when it is asked: names, whole tables, files. Nothing of it is kept here, or understood."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import (
    NETNS_FOLDER,
    Identity,
    NoNamespace,
    WireError,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state import named, sockets
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text, text_of
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.host_files import HostFiles
from ansible_collections.containerhost.network.plugins.module_utils.state.living import LivingNamespaces
from ansible_collections.containerhost.network.plugins.module_utils.state.naming.name_processes import NameProcesses
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import fence, foreign_chains
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import NftTable, read_table
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import Tunnels

_NEW = ""  # a namespace that has no path
_GROUPS = "/proc/thread-self/net/igmp6"  # index, device, group, how many want it, flags, timer


class Readings:
    """The questions that the picture of the kernel asks. A namespace is a path, None the host's own."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.files = HostFiles()
        self.processes = NameProcesses(wire)
        self.living = LivingNamespaces()
        self.tunnels = Tunnels(wire)

    def netns_names(self) -> list[str]:
        """The named namespaces of this host (those that ``ip netns`` shows)."""
        try:
            return sorted(os.listdir(NETNS_FOLDER))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def netns_made_here(self) -> t.Collection[str] | None:
        """Those of them that a run of ours has made; None where that cannot be seen."""
        return named.made_here()

    def netns(self, path: str) -> Identity | NoNamespace:
        """What tells the namespace at a path from all others, or why none can be entered there."""
        try:
            return self._wire.namespaces.identity(path)
        except NoNamespace as error:
            return error

    def dump(
        self,
        type_: int,
        header: t.Mapping[str, t.Any],
        wanted: t.AbstractSet[str],
        netns: str | None,
        attributes: t.Mapping[str, t.Any] | None = None,
    ) -> list[dict[str, t.Any]]:
        """A table (RTM_GETLINK and the like): a row for each entry, header fields and ``wanted`` attributes by name."""
        try:
            return self._wire.dump(type_, header, wanted, netns, attributes)
        except NoNamespace:  # gone since we looked
            return []

    def whole_rows(self, type_: int, netns: str | None) -> list[dict[str, t.Any]]:
        """A table with all that the kernel says of each row, as it can be told to make it again."""
        return self._wire.dump_whole_rows(type_, netns)

    def link(self, name: str, wanted: t.AbstractSet[str], netns: str | None) -> dict[str, t.Any] | None:
        """The device that has this name, be it an alternative one, without reading all of them."""
        try:
            return self._wire.link(name, wanted, netns)
        except NoNamespace:
            return None

    def groups(self, netns: str | None) -> set[tuple[int, str]]:
        """Groups of IPv6 that devices are in, each by its index.

        What the kernel has done of an address by then is done whole: it holds a lock for that (RTNL), which it needs to
        tell of a device as well.
        """
        with self._wire.inside(netns):
            try:
                rows = [line.split() for line in read_text(_GROUPS).splitlines()]
            except OSError:
                return set()
            self._wire.link("lo", frozenset(("IFLA_MTU",)), netns)
        return {(int(row[0]), str(ipaddress.IPv6Address(bytes.fromhex(row[2])))) for row in rows}

    def host_id(self, netns: str) -> int | None:
        """The number by which devices of a namespace name the host's own (IFLA_LINK_NETNSID)."""
        try:
            return self._wire.host_id(netns)
        except NoNamespace:
            return None

    def bound_ports(self, netns: str | None) -> sockets.BoundPorts:
        """The ports that somebody waits on in that namespace, and by which sockets."""
        with self._wire.inside(netns):
            return sockets.bound_ports()

    def is_free(self, protocol: str, address: str, port: int, netns: str | None) -> bool:
        with self._wire.inside(netns):
            return sockets.is_free(protocol, address, port)

    def program_of(self, inodes: t.Collection[str]) -> str | None:
        """The program that has one of these sockets, as a person would look for it."""
        return sockets.program_of(inodes)

    def are_of_children(self, inodes: t.Collection[str], parent: int) -> bool:
        """Whether one of these sockets is a program's that this process has started."""
        return sockets.are_of_children(inodes, parent)

    def sysctl(self, key: str, netns: str | None) -> str | None:
        """What a file below /proc/sys says in that namespace; None where there is none."""
        with self._wire.inside(netns):
            try:
                return " ".join(text_of(self._wire.namespaces.open_sysctl(key, os.O_RDONLY, netns)).split())
            except OSError:
                return None

    def try_sysctls(self, settings: t.Mapping[str, str]) -> dict[str, str]:
        """What the kernel makes of such settings where nobody else is: in a namespace that ends with the question.

        One that is not there, or that it takes in other company only, is left out.
        """
        made: dict[str, str] = {}
        opened = self._wire.namespaces.open_sysctl
        with contextlib.suppress(WireError), self._wire.new_netns():
            for key, value in settings.items():
                with contextlib.suppress(OSError):
                    with open(opened(key, os.O_WRONLY, _NEW), "w", encoding="ascii") as file:
                        file.write(value)
                    made[key] = " ".join(text_of(opened(key, os.O_RDONLY, _NEW)).split())
        return made

    def foreign_chain(self, place: foreign_chains.Place) -> foreign_chains.Rows | None:
        """The rules of somebody else's chain in the host's own namespace; None where there is none."""
        with self._wire.inside(None):
            return foreign_chains.rules(place)

    def table(self, netns: str | None, digest: str | None) -> NftTable:
        """Our nftables table with its fence; ``digest`` is that of its rules when we last wrote them."""
        with self._wire.inside(netns):
            table = read_table(digest)
        if not (table.exists and table.intact):
            return table
        there = fence.found(self.dump, netns)
        return table._replace(intact=there[:2] == fence.wanted(table.elements, there.families)[:2])
