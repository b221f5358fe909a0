# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel keeps in the routing table ``local``: which addresses are a namespace's own or for all on a segment,
and by which devices it sends to groups of IPv6.

It makes these routes with an address or a device, and never again: without them, packets for an address are routed on
or dropped, and nobody is asked for by IPv6. Of a sandbox, they come with its other routes in one dump. There is one of
them for each of a thousand containers: rows are not unpacked, but searched for what a route would have.
"""

from __future__ import annotations

import functools
import socket
import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import derived
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import OF_ADDRESSES

Row = t.Dict[str, t.Any]
_DUMP = t.Callable[[int, t.Mapping[str, t.Any], t.AbstractSet[str], t.Optional[str]], t.List[Row]]

_HEADER, _NUMBER = struct.Struct("=HH"), struct.Struct("=HHI")
_RTA_DST, _RTA_OIF = 1, 4  # linux/rtnetlink.h
_ALL_GROUPS = 8  # the prefix length of ff00::/8
_ONLY_OF_ADDRESSES = frozenset((OF_ADDRESSES,))


class LocalTable:
    """Of one namespace."""

    def __init__(self, rows: t.Sequence[Row]) -> None:
        """Rows as ``codec.RouteLayout`` leaves them."""
        self._hosts = b"".join([row["raw"] for row in rows if row["type"] in (m.RTN_LOCAL, m.RTN_BROADCAST)])
        self._groups = [row["raw"] for row in rows if row["type"] == m.RTN_MULTICAST and row["raw"][1] == _ALL_GROUPS]

    def has(self, address: str) -> bool:
        """Is what comes for this address taken, by whatever device?"""
        return _to(address) in self._hosts

    def sends_to_groups(self, index: int) -> bool:
        """Is there a route for groups of IPv6 by the device with this index?"""
        by_it = _NUMBER.pack(8, _RTA_OIF, index)
        return any(by_it in raw for raw in self._groups)


@functools.cache
def _to(address: str) -> bytes:
    raw = socket.inet_pton(m.family_of(address), address)
    return _HEADER.pack(len(raw) + 4, _RTA_DST) + raw


class LocalTables:
    """Those of all namespaces, each read once. ``groups`` says which groups of IPv6 devices are in by now."""

    def __init__(self, dump: _DUMP, groups: t.Callable[[t.Optional[str]], t.Collection[tuple[int, str]]]) -> None:
        self._dump, self._groups = dump, groups
        self._known: dict[str | None, LocalTable] = {}

    def routes(self, table: int, wanted: t.AbstractSet[str], netns: str | None) -> list[Row]:
        """Rows of a table, or of all (0). With a sandbox's main one comes its local one, and is kept."""
        if netns is None or table != m.RT_TABLE_MAIN:
            return self._dump(m.RTM_GETROUTE, {"table": table}, wanted, netns)
        rows = self._dump(m.RTM_GETROUTE, {}, wanted | _ONLY_OF_ADDRESSES, netns)
        self._known[netns] = LocalTable([row for row in rows if "raw" in row])
        return [row for row in rows if "raw" not in row and row["table"] == table]

    def of(self, netns: str | None) -> LocalTable:
        if netns not in self._known:
            self._known[netns] = self._read(netns)
        return self._known[netns]

    def lacks(self, address: str, index: int, netns: str | None) -> bool:
        """Has an address's route gone, which the device with this index has?

        That of IPv6 comes when the kernel has made sure of the address, in work that it puts off. It has begun with
        that once the device is in the address's group (addrconf_dad_begin()), in one go.
        """
        if self.of(netns).has(address):
            return False
        if ":" not in address:
            return True
        if (index, derived.solicited(address)) not in self._groups(netns):
            return False
        self._known[netns] = self._read(netns)
        return not self._known[netns].has(address)

    def _read(self, netns: str | None) -> LocalTable:
        rows = self._dump(m.RTM_GETROUTE, {"table": m.RT_TABLE_LOCAL}, _ONLY_OF_ADDRESSES, netns)
        return LocalTable([row for row in rows if "raw" in row])
