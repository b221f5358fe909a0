# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports somebody waits on, of the namespace that this thread is in, and which program that is.

The tables are those of proc(5), ``/proc/net/tcp`` and its like. They do not tell whether an IPv6 socket takes IPv4 as
well, or shares its port: the kernel itself is asked about that, by binding a socket of our own for a moment.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import typing as t

_FOLDER = "/proc/thread-self/net"
_LOCAL, _STATE, _INODE = 1, 3, 9  # columns of tcp and udp
_SCTP_PORT, _SCTP_INODE = 5, 7  # of sctp/eps (sctp_eps_seq_show() in net/sctp/proc.c)
_LISTENS, _UNCONNECTED = "0A", "07"  # TCP_LISTEN, and TCP_CLOSE of a UDP socket without a peer (net/tcp_states.h)
_FREEBIND = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}  # linux/in.h, in6.h
_SCTP = 132

# Inodes of the sockets that wait on a port, by protocol and port; "0" is one of the kernel's own, such as a VXLAN's.
BoundPorts = t.Dict[t.Tuple[str, int], t.Set[str]]


def bound_ports() -> BoundPorts:
    bound: BoundPorts = {}
    for protocol, rows in (("tcp", _rows_of_tcp()), ("udp", _rows_of_udp()), ("sctp", _rows_of_sctp())):
        for port, inode in rows:
            bound.setdefault((protocol, port), set()).add(inode)
    return bound


def is_free(protocol: str, address: str, port: int) -> bool:
    """Whether a program could have this port of this address now, be it that the host has not got the address yet."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    try:
        with socket.socket(family, kind, _SCTP if protocol == "sctp" else 0) as probe:
            probe.setsockopt(*_FREEBIND[family], 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if protocol == "tcp":
                # Connections that go on, or have ended, do not matter: only who listens.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        return error.errno != errno.EADDRINUSE
    return True


def program_of(inodes: t.Collection[str]) -> str | None:
    """``dnsmasq (process 4711)``; None where it is no program's, or one that cannot be seen from here."""
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            for descriptor in os.listdir(f"/proc/{process}/fd"):
                if os.readlink(f"/proc/{process}/fd/{descriptor}") in sockets:
                    with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file:
                        return f"{file.read().strip()} (process {process})"
    return None


def are_of_children(inodes: t.Collection[str], parent: int) -> bool:
    """Whether a process that another one has started has one of these sockets."""
    children = (each for each in os.listdir("/proc") if each.isdigit() and _parent_of(each) == parent)
    return any(_sockets_of(each) & {f"socket:[{inode}]" for inode in inodes} for each in children)


def _parent_of(process: str) -> int | None:
    """proc_pid_stat(5): the fourth field, behind a name that may have anything in it."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])
    return None


def _sockets_of(process: str) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):  # it has ended meanwhile
        for descriptor in os.listdir(f"/proc/{process}/fd"):
            with contextlib.suppress(OSError):
                found.add(os.readlink(f"/proc/{process}/fd/{descriptor}"))
    return found


def _rows_of_tcp() -> t.Iterator[tuple[int, str]]:
    """Those that listen come first: the rest, which may be long, is not read."""
    for table in ("tcp", "tcp6"):
        for columns in _table(table):
            if columns[_STATE] != _LISTENS:
                break
            yield _port(columns), columns[_INODE]


def _rows_of_udp() -> t.Iterator[tuple[int, str]]:
    for table in ("udp", "udp6"):
        yield from ((_port(row), row[_INODE]) for row in _table(table) if row[_STATE] == _UNCONNECTED)


def _rows_of_sctp() -> t.Iterator[tuple[int, str]]:
    yield from ((int(row[_SCTP_PORT]), row[_SCTP_INODE]) for row in _table("sctp/eps"))


def _port(columns: t.Sequence[str]) -> int:
    return int(columns[_LOCAL].rpartition(":")[2], 16)


def _table(name: str) -> t.Iterator[list[str]]:
    """None of a protocol that the kernel has not got."""
    with contextlib.suppress(FileNotFoundError), open(f"{_FOLDER}/{name}", encoding="ascii") as file:
        next(file, None)
        yield from map(str.split, file)
