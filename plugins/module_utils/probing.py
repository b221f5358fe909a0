# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes from inside sandboxes: echo requests of a given size, TCP connections; many at a time, bounded in time.

A socket stays in the namespace that it was opened in, so all are opened first, and then waited for together: a
thousand containers that do not answer cost as long as one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

TIMEOUT = 1.0  # seconds for an answer
TRIES = 3  # the first packet may have to wait for a neighbour to be resolved
_AT_A_TIME = 400  # sockets: the usual limit for a process is 1,024
_IP_MTU_DISCOVER, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE = 10, 23, 3  # linux/in.h: DF set, the path's known MTU ignored
_IPV6_DONTFRAG = 62
_ICMP_HEADER = struct.Struct("!BBHHH")
_HEADERS = {socket.AF_INET: 28, socket.AF_INET6: 48}  # IP and ICMP


class Probe(t.NamedTuple):
    """``kind`` ping or tcp, from a sandbox (None: the host itself) to an address, with a packet of ``size`` bytes."""

    name: str
    kind: str
    sandbox: t.Optional[t.Mapping[str, str]]
    to: str
    port: int = 0
    size: int = 0


class ProbeResult(t.NamedTuple):
    """``reason`` is empty when an answer came; ``ms`` is how long it took."""

    name: str
    ms: t.Optional[float]
    reason: str


def run(wire: Wire, probes: t.Sequence[Probe]) -> list[ProbeResult]:
    outcomes: list[ProbeResult] = []
    for start in range(0, len(probes), _AT_A_TIME):
        left = list(probes[start:start + _AT_A_TIME])
        last: dict[str, ProbeResult] = {}
        for _try in range(TRIES):
            last.update((outcome.name, outcome) for outcome in _together(wire, left))
            left = [probe for probe in left if last[probe.name].reason]
            if not left:
                break
        some = probes[start:start + _AT_A_TIME]
        # Once more where there was an answer: the first packet has paid for everybody's neighbours.
        for again in _together(wire, [probe for probe in some if not last[probe.name].reason]):
            if not again.reason:
                last[again.name] = min(last[again.name], again, key=lambda outcome: outcome.ms or 0.0)
        outcomes += [last[probe.name] for probe in some]
    return outcomes


def _together(wire: Wire, probes: t.Sequence[Probe]) -> t.Iterator[ProbeResult]:
    waiting: dict[int, tuple[Probe, socket.socket, float]] = {}
    try:
        for number, probe in enumerate(probes):
            try:
                with wire.inside(netns_of(probe.sandbox)):
                    sock = _open(probe)
                began = time.monotonic()
                reason = _start(sock, probe, number)
            except (OSError, WireError, Problem) as error:
                yield ProbeResult(probe.name, None, getattr(error, "strerror", None) or str(error))
                continue
            waiting[sock.fileno()] = (probe, sock, began)
            if reason is not None:
                yield _finish(waiting, sock.fileno(), reason)
        yield from _collect(waiting, list(probes))
    finally:
        for _probe, sock, _began in waiting.values():
            sock.close()


def _collect(
    waiting: dict[int, tuple[Probe, socket.socket, float]], probes: t.Sequence[Probe]
) -> t.Iterator[ProbeResult]:
    deadline = time.monotonic() + TIMEOUT
    poll = select.poll()
    for fd, (probe, _sock, _began) in waiting.items():
        poll.register(fd, select.POLLIN if probe.kind == "ping" else select.POLLOUT)
    while waiting:
        left = deadline - time.monotonic()
        ready = poll.poll(max(left, 0) * 1000) if left > 0 else []
        if not ready:
            break
        for fd, _event in ready:
            if fd not in waiting:
                continue
            probe, sock, _began = waiting[fd]
            reason = _answer(sock, probe, probes.index(probe))
            if reason is not None:
                poll.unregister(fd)
                yield _finish(waiting, fd, reason)
    for fd in list(waiting):
        yield _finish(waiting, fd, "no reply")


def _finish(waiting: dict[int, tuple[Probe, socket.socket, float]], fd: int, reason: str) -> ProbeResult:
    probe, sock, began = waiting.pop(fd)
    sock.close()
    ms = round((time.monotonic() - began) * 1000, 2)
    return ProbeResult(probe.name, None if reason else ms, reason)


def netns_of(sandbox: t.Mapping[str, str] | None) -> str | None:
    return None if sandbox is None else sandboxes.netns_of(sandbox)


def _open(probe: Probe) -> socket.socket:
    family = socket.AF_INET6 if ":" in probe.to else socket.AF_INET
    if probe.kind == "tcp":
        sock = socket.socket(family, socket.SOCK_STREAM)
    else:
        protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
        sock = socket.socket(family, socket.SOCK_RAW, protocol)
        if probe.size:
            level, option = (
                (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER) if family == socket.AF_INET6 else (0, _IP_MTU_DISCOVER)
            )
            sock.setsockopt(level, option, _PMTUDISC_PROBE)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, 1)
    sock.setblocking(False)
    return sock


def _start(sock: socket.socket, probe: Probe, number: int) -> str | None:
    """Send. None while there is an answer to wait for, else what came of it at once."""
    if probe.kind == "ping":
        sock.sendto(_echo(probe, number, sock.family), (probe.to, 0))
        return None
    code = sock.connect_ex((probe.to, probe.port))
    if code in (0, errno.EISCONN):
        return ""
    return None if code == errno.EINPROGRESS else os.strerror(code)


def _echo(probe: Probe, number: int, family: int) -> bytes:
    """An echo request (RFC 792, RFC 4443); the kernel fills in ICMPv6's checksum, not ICMP's."""
    request = 128 if family == socket.AF_INET6 else 8
    body = b"\0" * max(probe.size - _HEADERS[family], 8)
    ident = os.getpid() & 0xFFFF
    packet = _ICMP_HEADER.pack(request, 0, 0, ident, number & 0xFFFF) + body
    if family == socket.AF_INET6:
        return packet
    return _ICMP_HEADER.pack(request, 0, _checksum(packet), ident, number & 0xFFFF) + body


def _checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = packet + b"\0" * (len(packet) & 1)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _answer(sock: socket.socket, probe: Probe, number: int) -> str | None:
    """Empty for the answer, a reason for a refusal, None for something else that came in."""
    if probe.kind == "tcp":
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return os.strerror(code).lower() if code else ""
    try:
        packet, _sender = sock.recvfrom(65535)
    except BlockingIOError:
        return None
    except OSError as error:
        return (error.strerror or str(error)).lower()
    reply = 129
    if sock.family == socket.AF_INET:
        packet, reply = packet[(packet[0] & 15) * 4:], 0
    kind, _code, _sum, ident, sequence = _ICMP_HEADER.unpack_from(packet)
    return "" if (kind, ident, sequence) == (reply, os.getpid() & 0xFFFF, number & 0xFFFF) else None


# -- listeners -------------------------------------------------------------------------------------------------


class Listener(t.NamedTuple):
    sandbox: t.Mapping[str, str]
    address: str
    port: int


def listen(wire: Wire, listeners: t.Sequence[Listener], seconds: float) -> int | None:
    """Answer TCP connections where nobody does, from a process of its own that ends by itself. Its pid, if any."""
    sockets = []
    for listener in listeners:
        try:
            with wire.inside(netns_of(listener.sandbox)):
                family = socket.AF_INET6 if ":" in listener.address else socket.AF_INET
                sock = socket.socket(family, socket.SOCK_STREAM)
            # Connections of a verification a moment ago may still be closing.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((listener.address, listener.port))
                sock.listen(64)
                sock.setblocking(False)
                sockets.append(sock)
            except OSError:  # somebody serves there: all the better
                sock.close()
        except (OSError, WireError, Problem):
            continue
    pid = _serve(sockets, seconds) if sockets else None
    for sock in sockets:
        sock.close()
    return pid


def _serve(sockets: t.Sequence[socket.socket], seconds: float) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        # Ansible waits until nobody holds the module's output any more.
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        kept = {sock.fileno() for sock in sockets}
        for fd in map(int, os.listdir("/proc/self/fd")):
            if fd > 2 and fd not in kept:
                with contextlib.suppress(OSError):
                    os.close(fd)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ready, _writable, _broken = select.select(sockets, [], [], 1)
            for sock in ready:
                try:
                    sock.accept()[0].close()
                except OSError:
                    continue
    finally:
        os._exit(0)
