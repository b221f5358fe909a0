# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program has a UDP port (proc(5), ``/proc/net/udp``). The kernel's own sockets, a VXLAN's, are no program's."""

from __future__ import annotations

import contextlib
import os
import typing as t

_TABLES = ("/proc/thread-self/net/udp", "/proc/thread-self/net/udp6")
_LOCAL, _INODE = 1, 9  # columns


def udp_program(port: int) -> str | None:
    """``dnsmasq (process 4711)``, of the namespace that this thread is in; None where no program has it."""
    inodes = {inode for table in _TABLES for inode in _inodes(table, port)}
    return _holder({f"socket:[{inode}]" for inode in inodes}) if inodes else None


def _inodes(table: str, port: int) -> t.Iterator[str]:
    with contextlib.suppress(OSError), open(table, encoding="ascii") as file:
        for line in list(file)[1:]:
            columns = line.split()
            if int(columns[_LOCAL].rpartition(":")[2], 16) == port:
                yield columns[_INODE]


def _holder(sockets: t.Collection[str]) -> str | None:
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            for descriptor in os.listdir(f"/proc/{process}/fd"):
                if os.readlink(f"/proc/{process}/fd/{descriptor}") in sockets:
                    with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file:
                        return f"{file.read().strip()} (process {process})"
    return None
