# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the kernel's tables that it takes along with something else, though their device stays."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m

Row = t.Dict[str, t.Any]


class LostRows:
    """What was told of one run."""

    def __init__(self) -> None:
        self._without_ipv6: set[tuple[str | None, str]] = set()
        self._released: set[tuple[str | None, str]] = set()

    def with_ipv6(self, device: str, netns: str | None) -> None:
        self._without_ipv6.add((netns, device))

    def with_its_bridge(self, device: str, netns: str | None) -> None:
        """What a bridge knows of a port goes when that leaves it (br_fdb_delete_by_port())."""
        self._released.add((netns, device))

    def left(self, rows: list[Row], netns: str | None, address: str) -> list[Row]:
        """Those that stay of routes or neighbours, whose destination is in the field ``address``."""
        gone = self._without_ipv6
        if not gone:
            return rows
        return [row for row in rows if (netns, row["device"]) not in gone or ":" not in row.get(address, "")]

    def left_of_fdb(self, rows: list[Row], netns: str | None) -> list[Row]:
        gone = self._released
        if not gone:
            return rows
        return [row for row in rows if (netns, row["device"]) not in gone or row["flags"] & m.NTF_SELF]
