# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others take away of our filter, as the kernel tells it (linux/netfilter/nf_tables.h, linux/rtnetlink.h)."""

from __future__ import annotations

import errno
import select
import socket
import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import Starts
from ansible_collections.containerhost.network.plugins.module_utils.netlink.conntrack import NETLINK_NETFILTER
from ansible_collections.containerhost.network.plugins.module_utils.netlink.messages import PROTOCOL

_GROUP = 7  # NFNLGRP_NFTABLES
_SUBSYSTEM = 10  # NFNL_SUBSYS_NFTABLES
# NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET, DELSETELEM: with the table's name as attribute 1 each.
_DELETED = {2: "table", 5: "chain", 8: "rule", 11: "set", 14: "element"}
_MESSAGE = struct.Struct("=IHHII")
_GENERIC, _ATTRIBUTE = 4, struct.Struct("=HH")  # struct nfgenmsg, struct nlattr
# NFT_MSG_NEWCHAIN, DELCHAIN, NEWRULE, DELRULE, by the number of the attribute that names the chain: NFTA_CHAIN_NAME,
# NFTA_RULE_CHAIN.
_OF_CHAINS = {3: 3, 5: 3, 6: 2, 8: 2}
_NAME = 1  # NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE, NFTA_SET_ELEM_LIST_TABLE
_ROUTING_GROUPS = (7, 8, 11, 19)  # RTNLGRP_IPV4_ROUTE, IPV4_RULE, IPV6_ROUTE, IPV6_RULE
_DELROUTE, _DELRULE = 25, 33  # RTM_*
_ROUTING_HEADER, _TABLE_OF_ROUTE = 12, 4  # struct fib_rule_hdr and struct rtmsg, and the latter's rtm_table
_FRA_PROTOCOL = 21
_RECEIVE = 1 << 16
FOREIGN = "foreign chain"


class Deletions(Starts):
    """What is taken away of our filter: of one nftables table, and of the policy routing that closes in its absence;
    and what happens to chains of others (``foreign``, by their names) in which there may be something of ours.

    ``read`` names them: ``table``, ``chain``, ``rule``, ``set``, ``element``, ``fence``, ``FOREIGN``. Raises OSError.
    """

    def __init__(self, table: str, routing_table: int, foreign: t.Iterable[str] = ()) -> None:
        self._table, self._routing_table = table.encode(), routing_table
        self._foreign = frozenset(name.encode() for name in foreign)
        self._poll = select.epoll()
        self._sockets: list[tuple[socket.socket, t.Callable[[int, bytes], str | None]]] = []
        try:
            self._join(NETLINK_NETFILTER, _mask([_GROUP]), self._of_filter)
            self._join(socket.NETLINK_ROUTE, _mask(_ROUTING_GROUPS), self._of_routing)
        except OSError:
            self.close()
            raise

    def _join(self, protocol: int, groups: int, understand: t.Callable[[int, bytes], str | None]) -> None:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._sockets.append((sock, understand))
        sock.bind((0, groups))
        sock.setblocking(False)
        self._poll.register(sock.fileno(), select.EPOLLIN)

    def fileno(self) -> int:
        return self._poll.fileno()

    def read(self) -> list[str]:
        return [what for sock, understand in self._sockets for what in _told(sock, understand)]

    def _of_filter(self, kind: int, body: bytes) -> str | None:
        if kind >> 8 != _SUBSYSTEM:
            return None
        what = _DELETED.get(kind & 0xFF)
        if what is not None and _table_of(body) == self._table:
            return what
        chain = _OF_CHAINS.get(kind & 0xFF)
        return FOREIGN if chain is not None and _named(body, chain) in self._foreign else None

    def _of_routing(self, kind: int, body: bytes) -> str | None:
        """A rule of ours is known by its protocol number, a route by its table, which is ours alone."""
        if kind == _DELRULE:
            protocol = _attribute(body, _ROUTING_HEADER, _FRA_PROTOCOL)
            return "fence" if protocol == bytes([PROTOCOL]) else None
        is_route = kind == _DELROUTE and len(body) >= _ROUTING_HEADER
        return "fence" if is_route and body[_TABLE_OF_ROUTE] == self._routing_table else None

    def close(self) -> None:
        for sock, _understand in self._sockets:
            sock.close()
        self._poll.close()


def _mask(groups: t.Iterable[int]) -> int:
    return sum(1 << (group - 1) for group in groups)


def _told(sock: socket.socket, understand: t.Callable[[int, bytes], str | None]) -> list[str]:
    found: list[str] = []
    while True:
        try:
            raw = sock.recv(_RECEIVE)
        except BlockingIOError:
            return found
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            return ["table"]  # more has happened than there was room for: whatever it was
        found += [what for what in (understand(kind, body) for kind, body in _messages(raw)) if what is not None]


def _messages(raw: bytes) -> t.Iterator[tuple[int, bytes]]:
    start = 0
    while start + _MESSAGE.size <= len(raw):
        length, kind = _MESSAGE.unpack_from(raw, start)[:2]
        yield kind, raw[start + _MESSAGE.size : start + length]
        start += max(length + 3 & ~3, _MESSAGE.size)


def _table_of(body: bytes) -> bytes | None:
    return _named(body, _NAME)


def _named(body: bytes, attribute: int) -> bytes | None:
    name = _attribute(body, _GENERIC, attribute)
    return None if name is None else name.rstrip(b"\0")


def _attribute(body: bytes, start: int, wanted: int) -> bytes | None:
    while start + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, start)
        if kind & 0x3FFF == wanted:
            return body[start + _ATTRIBUTE.size : start + length]
        start += max(length + 3 & ~3, _ATTRIBUTE.size)
    return None
