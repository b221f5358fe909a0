# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's tables of neighbours: one a family, for all network namespaces together, and of a limited size.

A neighbour that no entry is left for gets no packets. The limits (``gc_thresh1`` to 3, arp(7)) and the counters are
seen by the first network namespace only.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text

_FAMILIES = (("IPv4", "ipv4", "arp_cache"), ("IPv6", "ipv6", "ndisc_cache"))


class Table(t.NamedTuple):
    """``overflows`` counts since the boot what found no room, and never falls."""

    setting: str
    entries: int
    limit: int
    overflows: int


def read(root: str = "/proc") -> dict[str, Table]:
    """By family; empty where this is not the first network namespace."""
    found = {}
    for name, family, file in _FAMILIES:
        setting = f"net.{family}.neigh.default.gc_thresh3"
        try:
            limit = int(read_text(os.path.join(root, "sys", *setting.split("."))))
            entries, overflows = _counters(read_text(os.path.join(root, "net", "stat", file)))
        except (OSError, ValueError, IndexError):
            continue
        found[name] = Table(setting, entries, limit, overflows)
    return found


def _counters(text: str) -> tuple[int, int]:
    """A line of hexadecimal numbers a processor below their names; the number of entries is all processors'."""
    names, *lines = (line.split() for line in text.splitlines())
    rows = [dict(zip(names, (int(number, 16) for number in line))) for line in lines]
    return rows[0]["entries"], sum(row.get("table_fulls", 0) for row in rows)
