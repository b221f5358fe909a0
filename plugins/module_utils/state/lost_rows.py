# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the kernel's tables that it takes along with something else: with their device, or though that stays."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m

Row = t.Dict[str, t.Any]


def former(device: str) -> str:
    """What no device is called: the one that goes, as another is to have its name."""
    return f"gone {device}"


class LostRows:
    """What was told of one run."""

    def __init__(self) -> None:
        self._gone: set[tuple[str | None, str]] = set()
        self._without_ipv6: set[tuple[str | None, str]] = set()
        self._without_ipv4: set[tuple[str | None, str]] = set()
        self._without_neighbours: set[tuple[str | None, str]] = set()
        self._released: set[tuple[str | None, str]] = set()
        self._taken: dict[tuple[str | None, str], set[str]] = {}

    def with_device(self, device: str, netns: str | None) -> None:
        self._gone.add((netns, device))

    def has_gone(self, device: str, netns: str | None) -> bool:
        return (netns, device) in self._gone

    def of_what_stays(self, by_device: dict[str, t.Any], netns: str | None) -> dict[str, t.Any]:
        return {name: has for name, has in by_device.items() if (netns, name) not in self._gone}

    def from_device(self, addresses: t.Iterable[str], device: str, netns: str | None) -> None:
        """Addresses, as CIDR or without prefix length, that are taken from a device before it is another network's."""
        self._taken.setdefault((netns, device), set()).update(address.partition("/")[0] for address in addresses)

    def of_addresses(self, by_device: dict[str, set[str]], netns: str | None) -> dict[str, set[str]]:
        """What stays of addresses without prefix lengths."""
        there = self.of_what_stays(by_device, netns)
        for (where, device), taken in self._taken.items():
            if where == netns and device in there:
                there[device] = there[device] - taken
        return there

    def with_ipv6(self, device: str, netns: str | None, settings: bool = False) -> None:
        """``settings``: they go as well."""
        self._without_ipv6.add((netns, device))
        if settings:
            self._gone.add((netns, f"ipv6 {device}"))

    def with_ipv4(self, device: str, netns: str | None, neighbours: bool) -> None:
        """Its routes, with the last of its addresses. Its ``neighbours`` go as well; a bridge's change tells it them
        again."""
        self._without_ipv4.add((netns, device))
        if neighbours:
            self._without_neighbours.add((netns, device))

    def has_no_settings(self, family: str, device: str, netns: str | None) -> bool:
        """Of that device, or of the one that has its name for now."""
        return any((netns, each) in self._gone for each in (device, former(device), f"{family} {device}"))

    def with_its_bridge(self, device: str, netns: str | None) -> None:
        """What a bridge knows of a port goes when that leaves it (br_fdb_delete_by_port())."""
        self._released.add((netns, device))

    def left(self, rows: list[Row], netns: str | None, address: str) -> list[Row]:
        """Those that stay of routes or neighbours, whose destination is in the field ``address``."""
        gone = self._without_ipv6
        if gone:
            rows = [row for row in rows if (netns, row["device"]) not in gone or ":" not in row.get(address, "")]
        gone = self._without_ipv4 if address == "dst" else self._without_neighbours
        if gone:
            rows = [row for row in rows if (netns, row["device"]) not in gone or ":" in row.get(address, "")]
        return self._without_gone(rows, netns)

    def left_of_fdb(self, rows: list[Row], netns: str | None) -> list[Row]:
        gone = self._released
        if gone:
            rows = [row for row in rows if (netns, row["device"]) not in gone or row["flags"] & m.NTF_SELF]
        return self._without_gone(rows, netns)

    def _without_gone(self, rows: list[Row], netns: str | None) -> list[Row]:
        return [row for row in rows if (netns, row["device"]) not in self._gone] if self._gone else rows
