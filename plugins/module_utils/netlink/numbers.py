# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the names in messages stand for: indexes and descriptors, in the namespace that they are sent to."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import Namespaces

# Far from those that the kernel gives, which count from 1; an index is a positive int.
_CHOSEN = 1 << 30

FOR_NOW = frozenset((m.Index, m.VlanIndex, m.WithIndex, m.NewIndex, m.NetnsFd, dict))


class Numbers:
    """Each name is looked up once a send. ``vlans`` reads the devices of VLANs that are in that namespace."""

    def __init__(self, namespaces: Namespaces, vlans: t.Callable[[], t.Iterable[t.Mapping[str, t.Any]]]) -> None:
        self._namespaces = namespaces
        self._vlans = vlans
        self._indexes: dict[str, int] = {}
        self._vlan_indexes: dict[tuple[t.Any, ...], int] | None = None
        self._descriptors: dict[str | None, int] = {}
        self._open = contextlib.ExitStack()

    def of(self, value: t.Any) -> t.Any:
        """The same without names. Raises OSError for a device that is not there, and NoNamespace."""
        kind = value.__class__
        if kind not in FOR_NOW:
            return value
        if kind is m.Index:
            if value.name not in self._indexes:
                self._indexes[value.name] = _index(value.name)
            return self._indexes[value.name]
        if kind is m.VlanIndex:
            return self._index_of_vlan(value)
        if kind is m.WithIndex:
            return value.packed(self.of(m.Index(value.name)))
        if kind is m.NewIndex:
            return _index_beside(value.name)
        if kind is m.NetnsFd:
            if value.path not in self._descriptors:
                descriptor = self._namespaces.descriptor(value.path)
                self._descriptors[value.path] = self._open.enter_context(descriptor)
            return self._descriptors[value.path]
        return {name: self.of(inner) for name, inner in value.items()}

    def open_namespaces(self) -> int:
        return len(self._descriptors)

    def close(self) -> None:
        self._open.close()
        self._descriptors.clear()

    def _index_of_vlan(self, vlan: m.VlanIndex) -> int:
        if self._vlan_indexes is None:
            self._vlan_indexes = {}
            for row in self._vlans():
                data = row["IFLA_LINKINFO"].get("IFLA_INFO_DATA", {})
                if data.get("IFLA_VLAN_PROTOCOL") == m.ETH_P_8021Q and "IFLA_LINK_NETNSID" not in row:
                    self._vlan_indexes[row.get("IFLA_LINK"), data.get("IFLA_VLAN_ID")] = row["index"]
        found = self._vlan_indexes.get((_index(vlan.parent), vlan.id))
        if found is None:
            raise OSError(errno.ENODEV, f"there is no VLAN {vlan.id} of {vlan.parent}")
        return found


def _index(name: str) -> int:
    try:
        return socket.if_nametoindex(name)
    except OSError as error:
        raise OSError(errno.ENODEV, f"there is no device {name}") from error


def _index_beside(name: str) -> int:
    """Of one's own choosing where a device has the name, be it an alternative one; else the kernel's choice."""
    try:
        socket.if_nametoindex(name)
    except OSError:
        return 0
    return _CHOSEN | int.from_bytes(os.urandom(4), "big") % _CHOSEN
