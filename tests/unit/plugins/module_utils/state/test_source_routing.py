# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress
import socket

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.source_routing import (
    Lookup,
    changes,
    is_whole,
    marks,
    wanted,
    ways,
)

FIRST, SECOND = 0x10100000, 0x10200000
ANSWERS = {"answers4": {"10.5.0.0/24 . 192.0.2.41": (str(FIRST), "containerhost:plan/web")}}


def rule(source: str | None = None, table: int = 200, priority: int = 100, **more) -> dict:
    """A row of RTM_GETRULE as the kernel gives it."""
    address, _slash, length = (source or "").partition("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    row = {"family": family, "src_len": int(length or (128 if ":" in address else 32)) if source else 0, "dst_len": 0,
           "tos": 0, "action": 1, "flags": 0, "table": table if table < 256 else 252, "FRA_TABLE": table,
           "FRA_PRIORITY": priority, "FRA_SUPPRESS_PREFIXLEN": 0xFFFFFFFF}  # fmt: skip
    return {**row, **({"FRA_SRC": address} if source else {}), **more}


USUAL = [rule(table=255, priority=0), rule(table=254, priority=32766), rule(table=253, priority=32767)]


def seen(rows, family: str = "4") -> dict[str, list[int]]:
    return {str(source): [lookup.table for lookup in way] for source, way in ways(rows, family).items()}


def test_a_host_without_such_rules_has_no_ways():
    assert ways(USUAL, "4") == ways(USUAL, "6") == {}


def test_each_family_has_its_own():
    rows = [*USUAL, rule("192.0.2.41"), rule("2001:db8:2::/64", 300)]
    assert seen(rows) == {"192.0.2.41/32": [200]}
    assert seen(rows, "6") == {"2001:db8:2::/64": [300]}


@pytest.mark.parametrize(
    "more",
    [
        {"FRA_FWMARK": 7}, {"FRA_IIFNAME": "eth1"}, {"FRA_OIFNAME": "eth1"}, {"FRA_L3MDEV": 1}, {"FRA_IP_PROTO": 6},
        {"FRA_UID_RANGE": "00"}, {"FRA_DPORT_RANGE": "00"}, {"tos": 16}, {"flags": 2}, {"action": 7},
        {"FRA_PROTOCOL": m.PROTOCOL}, {"table": 254, "FRA_TABLE": 254},
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_that_is_about_something_else_is_none_of_them(more):
    assert seen([rule("192.0.2.41", **more)]) == {}


def test_the_hosts_own_packets_are_what_a_port_of_the_host_answers_as():
    assert seen([rule("192.0.2.41", FRA_IIFNAME="lo")]) == {"192.0.2.41/32": [200]}


def test_an_address_within_a_network_meets_the_rules_of_both_in_their_order():
    rows = [rule("198.51.100.0/30", 300, 90), rule("198.51.100.1", 200, 100), rule("198.51.100.1", 254, 110)]
    assert seen(rows) == {
        "198.51.100.0/32": [300], "198.51.100.1/32": [300, 200, 254], "198.51.100.2/31": [300],
    }  # fmt: skip


def test_ways_that_are_one_have_one_mark():
    rows = [rule("192.0.2.41"), rule("192.0.2.42"), rule("192.0.2.43", 300)]
    by_way = marks(ways(rows, "4"))
    assert sorted(by_way.values()) == [FIRST, SECOND]
    assert by_way[ways(rows, "4")[ipaddress.ip_network("192.0.2.43/32")]] == SECOND


def test_beside_each_rule_is_one_for_its_mark_after_what_the_main_table_knows():
    more = {"FRA_DST": "203.0.113.0", "dst_len": 24, "FRA_SUPPRESS_PREFIXLEN": 0}
    rows = [rule("192.0.2.41", 200, 100, **more), rule("192.0.2.41", 300, 120)]
    of_mark = [each for each in wanted(ANSWERS, rows) if each.mark == FIRST]
    assert [each.lookup for each in of_mark] == [
        Lookup(100, 254, None, 0), Lookup(100, 200, "203.0.113.0/24", 0), Lookup(120, 300),
    ]  # fmt: skip
    before = {(each.lookup.priority, each.lookup.destination) for each in wanted(ANSWERS, rows)} - {
        (each.lookup.priority, each.lookup.destination) for each in of_mark
    }
    assert before == {(99, "10.5.0.0/24")}


def as_found(messages) -> list[dict]:
    """What the kernel has after these messages, none of which deletes."""
    assert {message.type for message in messages} <= {m.RTM_NEWRULE}
    rows = [{"src_len": 0, "tos": 0, "table": 0, **message.header, **{name: value for name, value in
             message.attributes.items() if value is not None}} for message in messages]  # fmt: skip
    return sorted(rows, key=lambda row: (row["family"], row["FRA_PRIORITY"]))


@pytest.mark.parametrize("lost", range(6))
def test_a_rule_that_is_lost_is_mended_in_its_order(lost):
    theirs = [rule("192.0.2.41")]
    ours = as_found(changes(ANSWERS, theirs, None))
    assert len(ours) == 6
    assert is_whole(ANSWERS, theirs + ours)
    assert changes(ANSWERS, theirs + ours, None) == []
    left = theirs + ours[:lost] + ours[lost + 1 :]
    assert not is_whole(ANSWERS, left)
    added = [each for each in changes(ANSWERS, left, None) if each.type == m.RTM_NEWRULE]
    deleted = [each for each in changes(ANSWERS, left, None) if each.type == m.RTM_DELRULE]
    # Of a mark all come again; what leads to a network has no order.
    assert (len(added), len(deleted)) == ((1, 0) if ours[lost].get("FRA_DST") else (3, 2))


def test_all_goes_with_the_elements_or_with_the_hosts_rules():
    theirs = [rule("192.0.2.41")]
    ours = as_found(changes(ANSWERS, theirs, None))
    for elements, rows in (({}, theirs + ours), (ANSWERS, ours)):
        assert [message.type for message in changes(elements, rows, None)] == [m.RTM_DELRULE] * 6
