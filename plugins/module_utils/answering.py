# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers for containers in whose namespaces nobody does, while their published ports are tried."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.probe_kinds import (
    IPPROTO_SCTP,
    SCTP_INIT,
    SCTP_INIT_ACK,
    read_sctp,
    sctp_packet,
)

_BACKLOG = 64
_UNSUPPORTED = (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT)


class Listener(t.NamedTuple):
    sandbox: t.Mapping[str, str]
    address: str
    port: int
    protocol: str = "tcp"

    @property
    def name(self) -> str:
        return f"{self.protocol} {self.address} {self.port}"


class Listening(t.NamedTuple):
    """The process that answers, if there is one; what it answers; and what somebody else answers already."""

    pid: t.Optional[int]
    ours: list[str]
    others: list[str]


Answer = t.Callable[[socket.socket], None]


def listen(wire: Wire, listeners: t.Sequence[Listener], seconds: float) -> Listening:
    """Answer where nobody does, from a process of its own that ends by itself."""
    sockets: dict[int, tuple[socket.socket, Answer]] = {}
    ours: list[str] = []
    others: list[str] = []
    for listener in listeners:
        try:
            with wire.inside(sandboxes.netns_of(listener.sandbox)):
                sock, answer = _OPEN[listener.protocol](listener)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                others.append(listener.name)
        except (WireError, Problem):
            continue
        else:
            sock.setblocking(False)
            sockets[sock.fileno()] = sock, answer
            ours.append(listener.name)
    pid = _serve(sockets, seconds) if sockets else None
    for sock, _answer in sockets.values():
        sock.close()
    return Listening(pid, ours, others)


def _bound(listener: Listener, kind: int, protocol: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in listener.address else socket.AF_INET, kind, protocol)
    try:
        if kind == socket.SOCK_STREAM:
            # Connections of a verification a moment ago may still be closing.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((listener.address, 0 if kind == socket.SOCK_RAW else listener.port))
        if kind == socket.SOCK_STREAM:
            sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _accept(sock: socket.socket) -> None:
    sock.accept()[0].close()


def _send_back(sock: socket.socket) -> None:
    datagram, sender = sock.recvfrom(65535)
    sock.sendto(datagram, sender)


def _open_tcp(listener: Listener) -> tuple[socket.socket, Answer]:
    return _bound(listener, socket.SOCK_STREAM), _accept


def _open_udp(listener: Listener) -> tuple[socket.socket, Answer]:
    return _bound(listener, socket.SOCK_DGRAM), _send_back


def _open_sctp(listener: Listener) -> tuple[socket.socket, Answer]:
    """A kernel without SCTP leaves its packets to whoever has a raw socket; one with it would refuse them itself."""
    try:
        return _bound(listener, socket.SOCK_STREAM, IPPROTO_SCTP), _accept
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    return _bound(listener, socket.SOCK_RAW, IPPROTO_SCTP), lambda sock: _acknowledge(sock, listener.port)


def _acknowledge(sock: socket.socket, port: int) -> None:
    packet, sender = sock.recvfrom(65535)
    if sock.family == socket.AF_INET:
        packet = packet[(packet[0] & 15) * 4:]
    read = read_sctp(packet)
    if read and read.chunk == SCTP_INIT and read.to == port:
        reply = sctp_packet(port, read.origin, read.initiate, SCTP_INIT_ACK, read.initiate)
        sock.sendto(reply, (sender[0], 0))


_OPEN = {"tcp": _open_tcp, "udp": _open_udp, "sctp": _open_sctp}


def _serve(sockets: t.Mapping[int, tuple[socket.socket, Answer]], seconds: float) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        # Ansible waits until nobody holds the module's output any more.
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        for fd in map(int, os.listdir("/proc/self/fd")):
            if fd > 2 and fd not in sockets:
                with contextlib.suppress(OSError):
                    os.close(fd)
        _answer_until(time.monotonic() + seconds, sockets)
    finally:
        os._exit(0)


def _answer_until(deadline: float, sockets: t.Mapping[int, tuple[socket.socket, Answer]]) -> None:
    poll = select.poll()  # select() is for the first 1,024 files only
    for fd in sockets:
        poll.register(fd, select.POLLIN)
    while time.monotonic() < deadline:
        for fd, _event in poll.poll(1000):
            sock, answer = sockets[fd]
            with contextlib.suppress(OSError):
                answer(sock)
