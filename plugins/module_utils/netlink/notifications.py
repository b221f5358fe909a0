# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others do to our nftables table, as the kernel tells it (linux/netfilter/nf_tables.h)."""

from __future__ import annotations

import errno
import socket
import struct

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import Starts
from ansible_collections.containerhost.network.plugins.module_utils.netlink.conntrack import NETLINK_NETFILTER

_GROUP = 7  # NFNLGRP_NFTABLES
_SUBSYSTEM = 10  # NFNL_SUBSYS_NFTABLES
# NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET, DELSETELEM: with the table's name as attribute 1 each.
_DELETED = {2: "table", 5: "chain", 8: "rule", 11: "set", 14: "element"}
_MESSAGE = struct.Struct("=IHHII")
_GENERIC, _ATTRIBUTE = 4, struct.Struct("=HH")  # struct nfgenmsg, struct nlattr
_NAME = 1  # NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE, NFTA_SET_ELEM_LIST_TABLE
_RECEIVE = 1 << 16


class Deletions(Starts):
    """What is taken away of one table: ``table``, ``chain``, ``rule``, ``set``, ``element``. Raises OSError."""

    def __init__(self, table: str) -> None:
        self._table = table.encode()
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER)
        try:
            self._socket.bind((0, 1 << (_GROUP - 1)))
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> list[str]:
        found: list[str] = []
        while True:
            try:
                raw = self._socket.recv(_RECEIVE)
            except BlockingIOError:
                return found
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                return ["table"]  # more has happened than there was room for: whatever it was
            found += self._of(raw)

    def _of(self, raw: bytes) -> list[str]:
        found, start = [], 0
        while start + _MESSAGE.size <= len(raw):
            length, kind = _MESSAGE.unpack_from(raw, start)[:2]
            body = raw[start + _MESSAGE.size : start + length]
            what = _DELETED.get(kind & 0xFF) if kind >> 8 == _SUBSYSTEM else None
            if what is not None and _table_of(body) == self._table:
                found.append(what)
            start += max(length + 3 & ~3, _MESSAGE.size)
        return found

    def close(self) -> None:
        self._socket.close()


def _table_of(body: bytes) -> bytes | None:
    start = _GENERIC
    while start + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, start)
        if kind & 0x3FFF == _NAME:
            return body[start + _ATTRIBUTE.size : start + length].rstrip(b"\0")
        start += max(length + 3 & ~3, _ATTRIBUTE.size)
    return None
