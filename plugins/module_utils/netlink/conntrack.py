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


def request() -> bytes:
    """The body of GET for all entries of both families."""
    return struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)


def read(sock: socket.socket) -> list[Flow]:
    """All entries, by a socket of the protocol NETLINK_NETFILTER; none where the kernel has no such table."""
    body, flows = request(), []
    sock.send(_MESSAGE.pack(len(body) + 16, GET, _DUMP, 1, 0) + body)
    while True:
        raw, start = sock.recv(1 << 18), 0
        while start + 16 <= len(raw):
            length, kind = _MESSAGE.unpack_from(raw, start)[:2]
            if kind in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                return flows
            flow = flow_of(raw[start + 16:start + length])
            if flow is not None:
                flows.append(flow)
            start += (length + 3) & ~3


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


def _whole(body: bytes, kind: int, start: int, end: int) -> bytes:
    value = body[start:end]
    nested = _NESTED if kind == _TUPLE_ORIG else 0
    return _ATTRIBUTE.pack(len(value) + 4, kind | nested) + value + b"\0" * (-len(value) % 4)
