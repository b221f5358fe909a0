# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe sends and takes for an answer: echo requests, TCP connections, UDP datagrams, SCTP's INIT.

SCTP goes over raw sockets: kernels without the protocol forward and translate it all the same.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.announce import internet_checksum

IPPROTO_SCTP = 132
_IP_MTU_DISCOVER, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE = 10, 23, 3  # linux/in.h: DF set, the path's known MTU ignored
_IPV6_DONTFRAG = 62
_ICMP_HEADER = struct.Struct("!BBHHH")
_HEADERS = {socket.AF_INET: 28, socket.AF_INET6: 48}  # IP and ICMP
_DATAGRAM = b"containerhost"


class Probe(t.NamedTuple):
    """``kind`` ping, tcp, udp or sctp, from a sandbox (None: the host itself), with a packet of ``size`` bytes, at most
    ``tries`` times; or a look at the host, by which device it leads there (``host_lookups.py``)."""

    name: str
    kind: str
    sandbox: t.Optional[t.Mapping[str, str]]
    to: str
    port: int = 0
    size: int = 0
    by: str = ""
    tries: t.Optional[int] = None  # as many as usual

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.to else socket.AF_INET


class ProbeKind:
    """One protocol. An answer is ``""``, a reason why there is none, or None while there is something to wait for."""

    writable = False  # is it the socket's being writable that says there is news?

    def open(self, probe: Probe) -> socket.socket:
        raise NotImplementedError

    def start(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        raise NotImplementedError

    def answer(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        raise NotImplementedError


class Ping(ProbeKind):
    def open(self, probe: Probe) -> socket.socket:
        six = probe.family == socket.AF_INET6
        sock = socket.socket(probe.family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
        if probe.size:
            level, option = (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER) if six else (0, _IP_MTU_DISCOVER)
            sock.setsockopt(level, option, _PMTUDISC_PROBE)
            if six:
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, 1)
        return sock

    def start(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        sock.sendto(_echo(probe, number), (probe.to, 0))
        return None

    def answer(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        packet, reply = _received(sock), 129 if probe.family == socket.AF_INET6 else 0
        kind, _code, _sum, ident, sequence = _ICMP_HEADER.unpack_from(packet)
        return "" if (kind, ident, sequence) == (reply, os.getpid() & 0xFFFF, number & 0xFFFF) else None


def _received(sock: socket.socket) -> bytes:
    """What a raw socket has got, without IP's header."""
    packet = sock.recv(65535)
    return packet[(packet[0] & 15) * 4:] if sock.family == socket.AF_INET else packet


def _echo(probe: Probe, number: int) -> bytes:
    """An echo request (RFC 792, RFC 4443); the kernel fills in ICMPv6's checksum, not ICMP's."""
    request = 128 if probe.family == socket.AF_INET6 else 8
    body = b"\0" * max(probe.size - _HEADERS[probe.family], 8)
    ident = os.getpid() & 0xFFFF
    packet = _ICMP_HEADER.pack(request, 0, 0, ident, number & 0xFFFF) + body
    if probe.family == socket.AF_INET6:
        return packet
    return _ICMP_HEADER.pack(request, 0, internet_checksum(packet), ident, number & 0xFFFF) + body


class Tcp(ProbeKind):
    writable = True

    def open(self, probe: Probe) -> socket.socket:
        return socket.socket(probe.family, socket.SOCK_STREAM)

    def start(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        code = sock.connect_ex((probe.to, probe.port))
        if code in (0, errno.EISCONN):
            return ""
        return None if code == errno.EINPROGRESS else os.strerror(code).lower()

    def answer(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return os.strerror(code).lower() if code else ""


class Udp(ProbeKind):
    """Whoever answers is ours (``answering``), and sends back what it gets."""

    def open(self, probe: Probe) -> socket.socket:
        return socket.socket(probe.family, socket.SOCK_DGRAM)

    def start(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        sock.connect((probe.to, probe.port))
        sock.send(_DATAGRAM)
        return None

    def answer(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        return "" if sock.recv(65535) == _DATAGRAM else None


class Sctp(ProbeKind):
    """An INIT (RFC 9260, section 3.3.2), which INIT ACK answers, and ABORT where nobody listens."""

    def open(self, probe: Probe) -> socket.socket:
        return socket.socket(probe.family, socket.SOCK_RAW, IPPROTO_SCTP)

    def start(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        sock.sendto(sctp_packet(_port(number), probe.port, 0, SCTP_INIT, _tag(number)), (probe.to, 0))
        return None

    def answer(self, sock: socket.socket, probe: Probe, number: int) -> str | None:
        packet = read_sctp(_received(sock))
        if packet is None or (packet.to, packet.tag) != (_port(number), _tag(number)):
            return None
        return {SCTP_INIT_ACK: "", SCTP_ABORT: "connection refused"}.get(packet.chunk)


KINDS: t.Mapping[str, ProbeKind] = {"ping": Ping(), "tcp": Tcp(), "udp": Udp(), "sctp": Sctp()}


# -- SCTP's packets ------------------------------------------------------------------------------------------------

SCTP_INIT, SCTP_INIT_ACK, SCTP_ABORT = 1, 2, 6
_SCTP_HEADER = struct.Struct("!HHII")  # ports, verification tag, checksum
_SCTP_CHUNK = struct.Struct("!BBH")
_SCTP_INIT = struct.Struct("!IIHHI")  # initiate tag, window, streams out and in, first TSN
_COOKIE = struct.pack("!HH4s", 7, 8, b"none")  # an INIT ACK has to have one
_WINDOW = 65536


class SctpPacket(t.NamedTuple):
    origin: int  # ports
    to: int
    tag: int  # as the receiver has chosen it
    chunk: int
    initiate: int  # the sender's own tag, of INIT and INIT ACK


def _port(number: int) -> int:
    return 20000 + number % 10000


def _tag(number: int) -> int:
    return (os.getpid() & 0xFFFF) << 16 | number & 0xFFFF | 1 << 15


def sctp_packet(origin: int, to: int, tag: int, chunk: int, initiate: int) -> bytes:
    body = _SCTP_INIT.pack(initiate, _WINDOW, 1, 1, 1) + (_COOKIE if chunk == SCTP_INIT_ACK else b"")
    body = _SCTP_CHUNK.pack(chunk, 0, _SCTP_CHUNK.size + len(body)) + body
    checksum = crc32c(_SCTP_HEADER.pack(origin, to, tag, 0) + body)
    # The sum is little-endian in a packet that is not (RFC 9260, appendix A).
    return _SCTP_HEADER.pack(origin, to, tag, int.from_bytes(checksum.to_bytes(4, "little"), "big")) + body


def read_sctp(packet: bytes) -> SctpPacket | None:
    if len(packet) < _SCTP_HEADER.size + _SCTP_CHUNK.size:
        return None
    origin, to, tag, _sum = _SCTP_HEADER.unpack_from(packet)
    chunk = packet[_SCTP_HEADER.size]
    initiate = int.from_bytes(packet[_SCTP_HEADER.size + _SCTP_CHUNK.size:][:4], "big")
    return SctpPacket(origin, to, tag, chunk, initiate)


def crc32c(data: bytes) -> int:
    """Castagnoli's, reflected, as of RFC 9260, appendix A."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _bit in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF
