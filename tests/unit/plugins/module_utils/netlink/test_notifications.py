# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others do to our table, as the kernel tells it."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
from collections.abc import Callable, Sequence

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink.notifications import Deletions

# As Linux 6.18 sends them to the group (NFNLGRP_NFTABLES), a datagram each, followed by one of the new generation:
# `nft delete element inet containerhost m { 10.0.0.1 }`, `nft delete table inet other`, and `nft flush ruleset`, which
# takes a set and its table.
ELEMENT = bytes.fromhex(
    "440000000e0a0000000000000d5100000100000312000100636f6e7461696e6572686f7374000000060002006d000000"
    "14000300100001000c000100080001000a000001"
)
OTHERS = bytes.fromhex(
    "34000000020a00000100000013510000010000040a0001006f7468657200000008000300000000000c0004000000000000000002"
)
FLUSH = bytes.fromhex(
    "3c0000000b0a000001000000705100000100000512000100636f6e7461696e6572686f7374000000060002006d000000"
    "0c0010000000000000000001"
    "3c000000020a000001000000705100000100000512000100636f6e7461696e6572686f737400000008000300000000000c000400"
    "0000000000000001"
)
GENERATION = bytes.fromhex(
    "2c0000000f0a000001000000705100000000000508000100000000050800020000005170080003006e667400"
)
NEW = {"table": 0, "chain": 3, "rule": 6, "set": 9, "element": 12}
DELETED = {"table": 2, "chain": 5, "rule": 8, "set": 11, "element": 14}


def message(type_: int, *attributes: tuple[int, bytes], subsystem: int = 10) -> bytes:
    body = struct.pack("=BBH", 1, 0, 0)
    for kind, content in attributes:
        body += struct.pack("=HH", 4 + len(content), kind) + content + b"\0" * (-len(content) % 4)
    return struct.pack("=IHHII", 16 + len(body), subsystem << 8 | type_, 0, 0, 0) + body


def of_table(type_: int, name: str, **options: int) -> bytes:
    return message(type_, (1, name.encode() + b"\0"), (2, b"more\0"), **options)


class Netlink:
    """What the kernel sends, one datagram after the other; then there is nothing more for now."""

    def __init__(self, *rows: bytes | int) -> None:
        self.rows = list(rows)

    def recv(self, size: int) -> bytes:
        if not self.rows:
            raise BlockingIOError
        row = self.rows.pop(0)
        if isinstance(row, int):
            raise OSError(row, os.strerror(row))
        return row

    def bind(self, address: tuple[int, int]) -> None:
        self.address = address

    def setblocking(self, flag: bool) -> None:
        self.blocking = flag

    def fileno(self) -> int:
        return 3

    def close(self) -> None:
        self.closed = True


class Poll:
    def register(self, fd: int, events: int) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def sockets(monkeypatch) -> Callable:
    """By protocol, those that are to be opened."""

    def of(filtering: Netlink, routing: Netlink) -> None:
        by_protocol = {12: filtering, 0: routing}  # NETLINK_NETFILTER, NETLINK_ROUTE
        monkeypatch.setattr(socket, "socket", lambda _family, _type, protocol: by_protocol[protocol])
        monkeypatch.setattr(select, "epoll", Poll)

    return of


@pytest.fixture
def told(sockets) -> Callable:
    def of(*rows: bytes | int, routing: Sequence[bytes | int] = ()) -> list[str]:
        sockets(Netlink(*rows), Netlink(*routing))
        return Deletions("containerhost", 143).read()

    return of


def test_what_is_taken_of_our_table_is_told(told):
    assert told(ELEMENT) == ["element"]
    assert told(FLUSH) == ["set", "table"]


def test_anothers_is_not(told):
    assert told(OTHERS) == told(GENERATION) == told(of_table(2, "containerhost2")) == told(of_table(2, "c")) == []


@pytest.mark.parametrize("what", list(DELETED))
def test_what_is_taken_of_it_is_told_and_what_is_added_is_not(told, what):
    assert told(of_table(DELETED[what], "containerhost")) == [what]
    assert told(of_table(NEW[what], "containerhost")) == []
    assert told(of_table(DELETED[what], "containerhost", subsystem=1)) == []


def test_what_happens_to_chains_of_others_is_told(sockets):
    """In which something of ours may be; a rule names its chain by another attribute than a chain itself."""

    def told(type_: int, number: int, name: str) -> list[str]:
        sockets(Netlink(message(type_, (1, b"filter\0"), (number, name.encode() + b"\0"))), Netlink())
        return Deletions("containerhost", 143, ["DOCKER-USER"]).read()

    for type_, number in ((3, 3), (5, 3), (6, 2), (8, 2)):
        assert told(type_, number, "DOCKER-USER") == ["foreign chain"]
        assert told(type_, number, "DOCKER-USER2") == told(type_, number, "FORWARD") == []
    assert told(6, 3, "DOCKER-USER") == told(9, 3, "DOCKER-USER") == []


def test_a_flush_of_everything_is_a_batch_of_many(told):
    assert told(ELEMENT + OTHERS + FLUSH + GENERATION) == ["element", "set", "table"]
    assert told(OTHERS + GENERATION, FLUSH, GENERATION) == ["set", "table"]
    assert told(OTHERS + GENERATION) == []


def test_a_name_may_come_after_other_attributes(told):
    assert told(message(14, (2, b"publish4\0"), (3, b"x" * 300), (1, b"containerhost\0"))) == ["element"]
    assert told(message(2, (0x8001, b"containerhost\0"))) == ["table"]  # NLA_F_NESTED is no part of a type


def test_more_than_there_was_room_for_is_told_as_if_it_were_the_table(told):
    assert told(errno.ENOBUFS) == ["table"]


def test_any_other_error_is_the_end(told):
    with pytest.raises(OSError, match="Bad file descriptor"):
        told(errno.EBADF)


@pytest.mark.parametrize("size", range(len(ELEMENT)))
def test_a_message_that_is_cut_off_is_read_to_its_end(told, size):
    assert told(ELEMENT[:size]) in ([], ["element"])
    assert told(ELEMENT + OTHERS[:size]) == ["element"]


@pytest.mark.parametrize("length", [0, 1, 3, 16, 0xFFFFFFFF])
def test_lengths_that_are_none_end_it(told, length):
    assert told(struct.pack("=I", length) + ELEMENT[4:]) in ([], ["element"])
    assert told(message(2) + struct.pack("=HH", length & 0xFFFF, 1)) == []


def routing(type_: int, table: int, protocol: int) -> bytes:
    """A route, or a rule, with its protocol as attribute 21, or as the header's sixth byte."""
    body = struct.pack("=8BI", 2, 24, 0, 0, table, protocol, 0, 6, 0) + struct.pack("=HHB3x", 5, 21, protocol)
    return struct.pack("=IHHII", 16 + len(body), type_, 0, 0, 0) + body


def test_what_is_taken_of_the_fence_is_told_and_what_is_added_is_not(told):
    assert told(routing=[routing(33, 0, 143)]) == told(routing=[routing(25, 143, 4)]) == ["fence"]
    assert told(routing=[routing(32, 0, 143), routing(24, 143, 143)]) == []


def test_anothers_routes_and_rules_are_not(told):
    assert told(routing=[routing(33, 143, 4), routing(25, 254, 143), routing(25, 255, 2)]) == []


def test_both_are_told_at_once(told):
    assert told(ELEMENT, routing=[routing(33, 0, 143) + routing(25, 254, 3)]) == ["element", "fence"]


@pytest.mark.parametrize("size", range(44))
def test_a_route_that_is_cut_off_is_read_to_its_end(told, size):
    assert told(routing=[routing(25, 143, 4)[:size]]) in ([], ["fence"])
    assert told(routing=[routing(33, 0, 143)[:size]]) in ([], ["fence"])


def test_it_listens_to_its_groups_and_to_nothing_else(sockets):
    made = [Netlink(), Netlink()]
    sockets(*made)
    deletions = Deletions("containerhost", 143)
    assert [(each.address, each.blocking) for each in made] == [
        ((0, 1 << 6), False),
        ((0, 1 << 6 | 1 << 7 | 1 << 10 | 1 << 18), False),
    ]
    deletions.close()
    assert [each.closed for each in made] == [True, True]


def test_a_group_that_cannot_be_had_leaves_no_socket(sockets):
    class Refused(Netlink):
        def bind(self, address: tuple[int, int]) -> None:
            raise PermissionError(1, "Operation not permitted")

    for made in ([Refused(), Netlink()], [Netlink(), Refused()]):
        sockets(*made)
        with pytest.raises(PermissionError):
            Deletions("containerhost", 143)
        assert [each for each in made if isinstance(each, Refused) and not each.closed] == []
