# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: namespaces entered, sockets opened, messages sent in batches, tables dumped, refusals put in words.

Nothing else opens a netlink socket or enters a namespace. ``namespaces`` says how a namespace is named.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import sys
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import conntrack
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.attributes import Layouts, LinkData
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import Layout, WholeRow
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import (
    Namespaces,
    NoNamespace,
    WireError,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.numbers import FOR_NOW, Numbers

_SOL_NETLINK = 270
_NETLINK_CAP_ACK, _NETLINK_EXT_ACK, _NETLINK_GET_STRICT_CHK = 10, 11, 12
_SO_RCVBUFFORCE = 33
_NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_DUMP, _NLM_F_DUMP_INTR = 0x1, 0x4, 0x300, 0x10
_NLM_F_CAPPED, _NLM_F_ACK_TLVS = 0x100, 0x200
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLMSGERR_ATTR_MSG = 1

_NLMSG = struct.Struct("=IHHII")
# rtgenmsg with NETNSA_FD, and NETNSA_NSID as it is in the answer (linux/net_namespace.h).
_NSID_OF, _NSID = struct.Struct("=B3xHHI"), struct.Struct("=HHi")
_RECEIVE = 1 << 18

# One send of this many messages or bytes: well below the socket's send buffer (212,992 bytes by default).
_BATCH_MESSAGES, _BATCH_BYTES = 1000, 96 * 1024
# Descriptors of peers' namespaces that are open at a time: the usual limit for a process is 1,024.
_BATCH_NAMESPACES = 200
_DUMP_TRIES = 20
# In a container's namespace: as many as nobody has who does not mean to keep us busy (0.7 s to unpack).
_MOST_ROWS, _FEWER_TRIES = 100_000, 5
_VLAN = frozenset(("IFLA_LINK", "IFLA_LINK_NETNSID", "IFLA_LINKINFO"))


_Rows = t.Union[Layout, WholeRow]


class _Nameless:
    """Where a process is whose namespace has no place yet by which it could be found."""


_NAMELESS = _Nameless()


class UnreadableTable(WireError):
    """A table that cannot be read whole. In a sandbox, whoever is in it may have seen to that."""


class DumpInterrupted(UnreadableTable):
    """A table changed under every one of the tries to read it whole."""


class RefusedMessage(t.NamedTuple):
    """A message that the kernel refused: its place in the list that was sent, and why, in the kernel's words."""

    position: int
    errno: int
    text: str


class Wire:
    """Speaks to the kernel, in any namespace, one at a time and in one thread.

    Use it in a ``with``: the process is back in its own namespace at the end, whatever happened. ``link_data`` says
    which kinds of devices it can make and read in full, ``find`` where a namespace is that is not named by a path.
    """

    def __init__(self, link_data: t.Iterable[LinkData] = (), find: t.Callable[[str], str] | None = None) -> None:
        self.layouts = Layouts(link_data)
        self.namespaces = Namespaces(find)
        self._sequence = 0
        self._here: str | _Nameless | None = None
        self._socket: socket.socket | None = None

    def __enter__(self) -> Wire:
        self.namespaces.open()
        return self

    def __exit__(self, *_error: object) -> None:
        self.enter(None)
        self._hang_up()
        self.namespaces.close()

    # -- namespaces --------------------------------------------------------------------------------------------

    def enter(self, netns: str | None) -> None:
        """Be in that namespace from now on. Cheap (10 µs), so nobody needs to keep a socket for each."""
        if netns == self._here:
            return
        self._hang_up()
        self.namespaces.enter(netns)
        self._here = netns

    def _open(self) -> socket.socket:
        """The socket of the namespace that the process is in; it serves until another is entered."""
        if self._socket is None:
            self._socket = _open()
        return self._socket

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @contextlib.contextmanager
    def inside(self, netns: str | None) -> t.Iterator[None]:
        """Be in that namespace for the length of a block: for /proc/sys/net and libnftables.

        Afterwards the process is where it was, wherever the path of that one leads to by then.
        """
        before = self._here if self._here is not _NAMELESS else None
        with self.namespaces.remembered() as place:
            try:
                self.enter(netns)
                yield
            finally:
                if self._here != before:
                    self._hang_up()
                    self.namespaces.go_back(place if before is not None else None)
                    self._here = before

    @contextlib.contextmanager
    def new_netns(self) -> t.Iterator[None]:
        """Be in a namespace of its own for the length of a block. It ends there, unless it has got a place by then."""
        self.namespaces.make()
        self._hang_up()
        self._here = _NAMELESS
        try:
            yield
        finally:
            self.enter(None)

    # -- reading -----------------------------------------------------------------------------------------------

    def dump(
        self,
        type_: int,
        header: t.Mapping[str, t.Any],
        wanted: t.AbstractSet[str],
        netns: str | None = None,
        attributes: t.Mapping[str, t.Any] | None = None,
    ) -> list[dict[str, t.Any]]:
        """A whole table, unpacked as far as ``wanted``. Read again when it changed meanwhile.

        Of neighbours and forwarding entries the kernel does not say that they changed: where a dump pauses, it counts
        entries to find its place again, so that one which goes meanwhile hides another. What is told in several parts
        is therefore read twice, and what one of the two readings has is there.
        """
        layout = self.layouts.of(type_)
        request = layout.pack({"header": header, **(attributes or {})})
        self.enter(netns)
        bounds = (_DUMP_TRIES, sys.maxsize) if netns is None else (_FEWER_TRIES, _MOST_ROWS)
        rows, parts = self._dump_whole(type_, request, layout, frozenset(wanted), *bounds)
        if type_ == m.RTM_GETNEIGH and parts > 1:
            again, _parts = self._dump_whole(type_, request, layout, frozenset(wanted), *bounds)
            there = {_who(row) for row in again}
            rows = [*(row for row in rows if _who(row) not in there), *again]
        return rows

    def dump_whole_rows(self, type_: int, netns: str | None = None) -> list[dict[str, t.Any]]:
        """A whole table of the host's, with all that the kernel says of each row (``codec.WholeRow``)."""
        layout = WholeRow(self.layouts.of(type_))
        self.enter(netns)
        request = layout.pack({"header": {}})
        return self._dump_whole(type_, request, layout, frozenset(), _DUMP_TRIES, sys.maxsize)[0]

    def _dump_whole(
        self, type_: int, request: bytes, layout: _Rows, wanted: t.FrozenSet[str], tries: int, most: int
    ) -> tuple[list[dict[str, t.Any]], int]:
        """Until it is not interrupted. pyroute2 0.9 no longer reports NLM_F_DUMP_INTR, which may also stand on the
        closing message alone.
        """
        for _try in range(tries):
            rows, parts, interrupted = self._dump_once(self._open(), type_, request, layout, wanted, most)
            if not interrupted:
                return rows, parts
        raise DumpInterrupted(f"a table kept changing while it was read {tries} times; run again")

    def _dump_once(
        self, sock: socket.socket, type_: int, request: bytes, layout: _Rows, wanted: t.FrozenSet[str], most: int
    ) -> tuple[list[dict[str, t.Any]], int, bool]:
        """The rows, in how many parts they came, and whether the kernel says that they are not whole."""
        self._sequence += 1
        flags = _NLM_F_REQUEST | _NLM_F_DUMP
        sock.send(_NLMSG.pack(len(request) + 16, type_, flags, self._sequence, 0) + request)
        rows: list[dict[str, t.Any]] = []
        parts, interrupted = 0, False
        while True:
            raw = sock.recv(_RECEIVE)
            before = len(rows)
            for kind, flags, _seq, body in _split(raw):
                interrupted = interrupted or bool(flags & _NLM_F_DUMP_INTR)
                if kind == _NLMSG_DONE:
                    _check_done(body)
                    return rows, parts + (len(rows) > before), interrupted
                if kind == _NLMSG_ERROR:
                    code, text = _error(body, flags)
                    raise WireError(f"cannot read a table: {text} ({errno.errorcode.get(code, code)})")
                rows.append(layout.unpack(body, 0, wanted))
            parts += 1
            if len(rows) > most:
                self._hang_up()
                raise UnreadableTable(f"a table has more than {most} rows")

    def link(self, name: str, wanted: t.AbstractSet[str], netns: str | None = None) -> dict[str, t.Any] | None:
        """The device that has this name, also as an alternative one (``ip link property``), however many there are."""
        self.enter(netns)
        request = self.layouts.link.pack({"header": {}, "IFLA_IFNAME": name})
        sock, size = self._open(), len(request) + -len(request) % 4
        sock.send(_NLMSG.pack(size + 16, m.RTM_GETLINK, _NLM_F_REQUEST, 0, 0) + request.ljust(size, b"\0"))
        rows = [body for kind, _flags, _seq, body in _split(sock.recv(_RECEIVE)) if kind == m.RTM_NEWLINK]
        return self.layouts.link.unpack(rows[0], 0, frozenset(wanted)) if rows else None

    def route(self, to: str, wanted: t.AbstractSet[str], netns: str | None) -> dict[str, t.Any] | tuple[int, str]:
        """By which route a namespace itself leads to an address; why it does not (number, words)."""
        self.enter(netns)
        layout, family = self.layouts.of(m.RTM_GETROUTE), m.family_of(to)
        header = {"family": family, "dst_len": 128 if family == socket.AF_INET6 else 32}
        request, sock = layout.pack({"header": header, "RTA_DST": to}), self._open()
        sock.send(_NLMSG.pack(len(request) + 16, m.RTM_GETROUTE, _NLM_F_REQUEST, 0, 0) + request)
        [(kind, flags, _seq, body)] = _split(sock.recv(_RECEIVE))
        return _error(body, flags) if kind == _NLMSG_ERROR else layout.unpack(body, 0, frozenset(wanted))

    def host_id(self, netns: str) -> int | None:
        """By which number a namespace knows the host's own (rtnetlink(7), RTM_GETNSID); None where by none."""
        self.enter(netns)
        with self.namespaces.descriptor(None) as own:
            self._open().send(_NLMSG.pack(28, m.RTM_GETNSID, _NLM_F_REQUEST, 0, 0) + _NSID_OF.pack(0, 8, 3, own))
            found = [body for kind, _f, _s, body in _split(self._open().recv(_RECEIVE)) if kind == m.RTM_NEWNSID]
        id_ = _NSID.unpack_from(found[0], 4)[2] if found else -1
        return id_ if id_ >= 0 else None

    def flows(self, ports: t.Collection[conntrack.Port] | None, netns: str | None = None) -> list[conntrack.Flow]:
        """The connections to these ports (None: any) that the kernel tracks there; none where it tracks none."""
        self.enter(netns)
        with _open(conntrack.NETLINK_NETFILTER) as sock:
            return conntrack.read(sock, ports)

    # -- writing -----------------------------------------------------------------------------------------------

    def forget(self, flows: t.Sequence[conntrack.Flow], netns: str | None = None) -> list[RefusedMessage]:
        """Delete these connections; one that has ended meanwhile is no matter."""
        self.enter(netns)
        bodies = [(number, conntrack.DELETE, 0, conntrack.deletion(flow)) for number, flow in enumerate(flows)]
        with _open(conntrack.NETLINK_NETFILTER) as sock:
            refusals = [each for n in range(0, len(bodies), 500) for each in self._send_batch(sock, bodies[n:n + 500])]
        return [refusal for refusal in refusals if refusal.errno != errno.ENOENT]

    def send(self, messages: t.Sequence[m.Message]) -> list[RefusedMessage]:
        """Send messages, namespace by namespace and in order within each; the kernel goes on after a refusal."""
        by_netns: dict[str | None, list[int]] = {}
        for position, message in enumerate(messages):
            by_netns.setdefault(message.netns, []).append(position)
        refusals: list[RefusedMessage] = []
        for netns, positions in by_netns.items():
            try:
                self.enter(netns)
            except NoNamespace as error:
                refusals.extend(RefusedMessage(position, errno.ENOENT, str(error)) for position in positions)
                continue
            refusals.extend(self._send_here(self._open(), messages, positions))
        return sorted(refusals)

    def send_here(self, messages: t.Sequence[m.Message]) -> list[RefusedMessage]:
        """Send messages in the namespace that the process is in, whichever that is."""
        return sorted(self._send_here(self._open(), messages, range(len(messages))))

    def _send_here(
        self, sock: socket.socket, messages: t.Sequence[m.Message], positions: t.Sequence[int]
    ) -> t.Iterator[RefusedMessage]:
        numbers = Numbers(self.namespaces, self._vlans)
        batch: list[tuple[int, int, int, bytes]] = []
        size = 0
        with contextlib.closing(numbers):
            for position in positions:
                message = messages[position]
                try:
                    body = self._encode(message, numbers)
                except OSError as error:
                    yield RefusedMessage(position, error.errno or 0, error.strerror or str(error))
                    continue
                except NoNamespace as error:
                    yield RefusedMessage(position, errno.ENOENT, str(error))
                    continue
                batch.append((position, message.type, message.flags, body))
                size += len(body) + 16
                many = numbers.open_namespaces() >= _BATCH_NAMESPACES
                if len(batch) >= _BATCH_MESSAGES or size >= _BATCH_BYTES or many:
                    yield from self._send_batch(sock, batch)
                    batch, size = [], 0
                    numbers.close()
            if batch:
                yield from self._send_batch(sock, batch)

    def _encode(self, message: m.Message, numbers: Numbers) -> bytes:
        attributes = {
            name: numbers.of(value) if value.__class__ in FOR_NOW else value
            for name, value in message.attributes.items()
        }
        attributes["header"] = {
            name: numbers.of(value) if value.__class__ in FOR_NOW else value for name, value in message.header.items()
        }
        # The header comes first on the wire; Layout.pack writes it before it walks the attributes.
        return self.layouts.of(message.type).pack(attributes)

    def _vlans(self) -> list[dict[str, t.Any]]:
        kind = {"IFLA_LINKINFO": {"IFLA_INFO_KIND": "vlan"}}
        return self.dump(m.RTM_GETLINK, {}, _VLAN, self._here, kind)

    def _send_batch(
        self, sock: socket.socket, batch: t.Sequence[tuple[int, int, int, bytes]]
    ) -> t.Iterator[RefusedMessage]:
        """One send. Only the last message asks for an ACK: a refused one answers anyway (0.7 µs against 2.5)."""
        first = self._sequence + 1
        parts = []
        for offset, (_position, type_, flags, body) in enumerate(batch):
            flags |= _NLM_F_REQUEST | (_NLM_F_ACK if offset == len(batch) - 1 else 0)
            parts.append(_NLMSG.pack(len(body) + 16, type_, flags, first + offset, 0))
            parts.append(body)
            if len(body) & 3:
                parts.append(b"\0" * (4 - (len(body) & 3)))
        self._sequence = last = first + len(batch) - 1
        sock.send(b"".join(parts))
        while True:
            for kind, flags, sequence, body in _split(sock.recv(_RECEIVE)):
                if kind != _NLMSG_ERROR:
                    continue
                code, text = _error(body, flags)
                if code:
                    yield RefusedMessage(batch[sequence - first][0], code, text)
                if sequence == last:
                    return


def _open(protocol: int = socket.NETLINK_ROUTE) -> socket.socket:
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    try:
        sock.setsockopt(_SOL_NETLINK, _NETLINK_EXT_ACK, 1)
        sock.setsockopt(_SOL_NETLINK, _NETLINK_CAP_ACK, 1)
        sock.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)
        # Room for a refusal of each message of a batch.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 4 << 20)
        sock.bind((0, 0))
    except BaseException:
        sock.close()
        raise
    return sock


def _who(row: t.Mapping[str, t.Any]) -> tuple[t.Any, ...]:
    """What makes a neighbour or a forwarding entry the same one."""
    get = row.get
    return row["ifindex"], row["flags"], get("NDA_DST"), get("NDA_LLADDR"), get("NDA_VNI"), get("NDA_SRC_VNI")


def _split(raw: bytes) -> t.Iterator[tuple[int, int, int, bytes]]:
    start, end = 0, len(raw)
    while start + 16 <= end:
        length, kind, flags, sequence, _pid = _NLMSG.unpack_from(raw, start)
        yield kind, flags, sequence, raw[start + 16:start + length]
        start += (length + 3) & ~3


def _error(body: bytes, flags: int) -> tuple[int, str]:
    """The error number of an answer and the kernel's own words for it, where it has any (extended ACK)."""
    code = -struct.unpack_from("=i", body)[0]
    text = os.strerror(code) if code else ""
    if flags & _NLM_F_ACK_TLVS:
        start = 20 if flags & _NLM_F_CAPPED else 4 + (struct.unpack_from("=I", body, 4)[0] + 3 & ~3)
        while start + 4 <= len(body):
            length, kind = struct.unpack_from("=HH", body, start)
            if kind == _NLMSGERR_ATTR_MSG:
                text = body[start + 4:start + length].rstrip(b"\0").decode("utf-8", "replace")
            start += max((length + 3) & ~3, 4)
    return code, text


def _check_done(body: bytes) -> None:
    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
    if code > 0:
        raise WireError(f"cannot read a table: {os.strerror(code)}")
