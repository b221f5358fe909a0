# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of connection tracking (linux/netfilter/nfnetlink_conntrack.h): a table to read, entries to delete.

It is little, and read once a run at most, so that it needs no definitions of pyroute2's: those would be imported.
"""

from __future__ import annotations

import socket
import struct
import typing as t

# NFNL_SUBSYS_CTNETLINK << 8, with IPCTNL_MSG_CT_GET and IPCTNL_MSG_CT_DELETE
GET, DELETE = 0x101, 0x102
_TUPLE_ORIG, _TUPLE_REPLY, _STATUS, _ID, _ZONE = 1, 2, 3, 12, 18  # CTA_*
_TUPLE_IP, _TUPLE_PROTO = 1, 2  # CTA_TUPLE_*
_PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}
_IPS_DST_NAT = 0x20  # linux/netfilter/nf_conntrack_common.h
_NESTED = 0x8000  # NLA_F_NESTED
_ATTRIBUTE = struct.Struct("=HH")
NETLINK_NETFILTER = 12  # linux/netlink.h
_MESSAGE = struct.Struct("=IHHII")
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP


# Protocol and port of the destination.
Port = t.Tuple[str, int]
# More ports than this are one dump of the whole table.
_FILTERED = 8
_FILTER = 25  # CTA_FILTER
_BY_PORT = 1 << 3 | 1 << 5  # CTA_FILTER_F_CTA_PROTO_NUM and _DST_PORT (net/netfilter/nf_conntrack_netlink.c)
# Where an entry that begins as the kernel writes it, with the tuple of its original direction, has its protocol and its
# destination's port: nfgenmsg, CTA_TUPLE_ORIG, CTA_TUPLE_IP with two addresses, CTA_TUPLE_PROTO with both ports.
_LAYOUT = {
    socket.AF_INET: struct.Struct("!4x4x4x8x8x4x4xB3x8x4xH"),
    socket.AF_INET6: struct.Struct("!4x4x4x20x20x4x4xB3x8x4xH"),
}


class Flow(t.NamedTuple):
    """An entry: who began it and for which address and port, and who answers: another one where it is translated."""

    protocol: str
    source: str
    address: str
    port: int
    answers: str
    answers_port: int
    translated: bool
    identity: bytes  # the attributes that name it to the kernel, as they came
    family: int


def read(sock: socket.socket, ports: t.Collection[Port] | None) -> list[Flow]:
    """The entries that began with one of these ports as their destination (None: with any), by a socket of
    NETLINK_NETFILTER.

    The table may be large, and decoding is slow: the kernel picks out a few ports, from Linux 5.8 on, and what it has
    not picked out is looked at in one place.
    """
    flows: list[Flow] = []
    # The kernel looks through all of its table for each dump: 9 ms if that is empty.
    if ports is None or len(ports) > _FILTERED:
        return [*filter(None, map(flow_of, _dump(sock, socket.AF_UNSPEC, None, ports)[0]))]
    for family in (socket.AF_INET, socket.AF_INET6):
        for port in ports:
            bodies, strays = _dump(sock, family, port, ports)
            flows += filter(None, map(flow_of, bodies))
            if strays:  # it filters nothing: that was the whole table
                break
    return flows


def _dump(
    sock: socket.socket, family: int, port: Port | None, ports: t.Collection[Port] | None
) -> tuple[list[bytes], bool]:
    """Entries of one family, or of both, with these ports, and whether there were any others."""
    body = struct.pack("=BBH", family, 0, 0) + (_filter(*port) if port else b"")
    sock.send(_MESSAGE.pack(len(body) + 16, GET, _DUMP, 1, 0) + body)
    numbers = {name: number for number, name in _PROTOCOLS.items()}
    wanted = {(numbers[protocol], number) for protocol, number in ports or ()}
    found: list[bytes] = []
    strays = False
    while True:
        raw, start = sock.recv(1 << 18), 0
        while start + 16 <= len(raw):
            length, kind = _MESSAGE.unpack_from(raw, start)[:2]
            if kind in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                return found, strays
            layout = _LAYOUT.get(raw[start + 16])
            if layout is not None and (ports is None or layout.unpack_from(raw, start + 16) in wanted):
                found.append(raw[start + 16:start + length])
            else:
                strays = True
            start += (length + 3) & ~3


def _filter(protocol: str, port: int) -> bytes:
    """The original direction's protocol and destination port."""
    number = next(number for number, name in _PROTOCOLS.items() if name == protocol)
    parts = _attribute(1, bytes([number])) + _attribute(3, struct.pack("!H", port))  # CTA_PROTO_NUM, _DST_PORT
    tuple_ = _attribute(_TUPLE_ORIG | _NESTED, _attribute(_TUPLE_PROTO | _NESTED, parts))
    return tuple_ + _attribute(_FILTER | _NESTED, _attribute(1, struct.pack("=I", _BY_PORT)))  # CTA_FILTER_ORIG_FLAGS


def deletion(flow: Flow) -> bytes:
    """The body of DELETE for this very entry: its CTA_ID is among what names it."""
    return struct.pack("=BBH", flow.family, 0, 0) + flow.identity


def flow_of(body: bytes) -> Flow | None:
    """An entry of a dump; None where it has no ports, or is in a zone, which is somebody else's."""
    family = body[0]
    attributes = dict(_attributes(body, 4, len(body)))
    if _ZONE in attributes or not {_TUPLE_ORIG, _TUPLE_REPLY, _STATUS, _ID} <= attributes.keys():
        return None
    begun, answer = (_tuple(body, *attributes[name]) for name in (_TUPLE_ORIG, _TUPLE_REPLY))
    if begun is None or answer is None:
        return None
    protocol, source, address, port, _sport = begun
    _protocol, answers, _target, _dport, answers_port = answer
    status = int.from_bytes(body[slice(*attributes[_STATUS])], "big")
    identity = b"".join(_whole(body, kind, *attributes[kind]) for kind in (_TUPLE_ORIG, _ID))
    translated = bool(status & _IPS_DST_NAT)
    return Flow(protocol, source, address, port, answers, answers_port, translated, identity, family)


def _tuple(body: bytes, start: int, end: int) -> tuple[str, str, str, int, int] | None:
    """Protocol, source, destination, destination's port, source's port."""
    parts = dict(_attributes(body, start, end))
    if not {_TUPLE_IP, _TUPLE_PROTO} <= parts.keys():
        return None
    addresses = [body[first:last] for _kind, (first, last) in _attributes(body, *parts[_TUPLE_IP])]
    numbers = {kind: int.from_bytes(body[a:b], "big") for kind, (a, b) in _attributes(body, *parts[_TUPLE_PROTO])}
    protocol = _PROTOCOLS.get(numbers.get(1, 0))
    if protocol is None or len(addresses) != 2:
        return None
    source, target = (socket.inet_ntop(socket.AF_INET if len(a) == 4 else socket.AF_INET6, a) for a in addresses)
    return protocol, source, target, numbers.get(3, 0), numbers.get(2, 0)


def _attributes(body: bytes, start: int, end: int) -> t.Iterator[tuple[int, tuple[int, int]]]:
    """Each attribute's number, and where its value begins and ends."""
    while start + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(body, start)
        if length < 4:
            return
        yield kind & 0x3FFF, (start + 4, start + length)
        start += (length + 3) & ~3


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(len(value) + 4, kind) + value + b"\0" * (-len(value) % 4)


def _whole(body: bytes, kind: int, start: int, end: int) -> bytes:
    return _attribute(kind | (_NESTED if kind == _TUPLE_ORIG else 0), body[start:end])
