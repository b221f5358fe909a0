# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import conntrack
from ansible_collections.containerhost.network.plugins.module_utils.netlink.conntrack import Flow
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.flows import changed_ports, is_stale

OURS = "containerhost:plan/web"
LOCAL = {"192.0.2.1", "10.80.0.1"}


def table(**sets):
    """Elements by set; those of a map have the container's address and port."""

    def element(rows, key):
        return (rows[key] if isinstance(rows, dict) else None), OURS

    return {name: {key: element(rows, key) for key in rows} for name, rows in sets.items()}


def all_changes(before, after):
    touched = [(name, key) for rows in (before, after) for name in rows for key in rows[name]]
    return changed_ports(before, after, touched)


def flow(answers="10.80.0.2", answers_port=80, **values):
    usual = {"protocol": "tcp", "source": "198.51.100.7", "address": "192.0.2.1", "port": 8080, "translated": True}
    return Flow(**{**usual, "answers": answers, "answers_port": answers_port, "identity": b"", "family": 2, **values})


PORT = table(publish4={"tcp . 8080": "10.80.0.2 . 80"})
MOVED = table(publish4={"tcp . 8080": "10.80.0.3 . 80"})
LIMITED = {**PORT, **table(limited4=["tcp . 8080"], admitted4=["203.0.113.0/24 . tcp . 8080"])}
AT = table(publish4_at={"tcp . 192.0.2.1 . 8080": "10.80.0.9 . 80"})
UDP = table(publish4={"udp . 53": "10.80.0.2 . 53"})
OPEN = table(open4=["10.80.0.2 . tcp . 80"])
RANGE = table(ranges4={"tcp . 8000-8090": "10.80.0.2"})
BY = table(publish4_by={"eth1 . tcp . 8080": "10.80.0.2 . 80"})
UNTRANSLATED = flow(answers="192.0.2.1", answers_port=8080, translated=False)


@pytest.mark.parametrize(("before", "after", "changed"), [
    ({}, PORT, {"publish4": {"tcp . 8080": ""}}),
    (PORT, {}, {"publish4": {"tcp . 8080": "10.80.0.2 . 80"}}),
    (PORT, MOVED, {"publish4": {"tcp . 8080": "10.80.0.2 . 80"}}),
    (PORT, LIMITED, {"publish4": {"tcp . 8080": "10.80.0.2 . 80"}}),
    (AT, {}, {"publish4_at": {"tcp . 192.0.2.1 . 8080": "10.80.0.9 . 80"}}),
    (OPEN, {}, {"open4": {"10.80.0.2 . tcp . 80": ""}}),
    (PORT, {**PORT, **table(ours=["ch-web"])}, {}),
])  # fmt: skip
def test_ports_change_with_where_they_lead_and_who_is_admitted(before, after, changed):
    assert all_changes(before, after) == changed


@pytest.mark.parametrize(("before", "after", "one", "stale"), [
    (PORT, {}, flow(), True),
    (PORT, MOVED, flow(), True),
    (PORT, MOVED, flow(answers="10.80.0.3"), False),
    (PORT, {}, flow(answers="172.17.0.2"), False),  # somebody else's translation
    (PORT, {}, flow(port=8081), False),
    (PORT, {}, flow(protocol="udp"), False),
    (PORT, LIMITED, flow(), True),
    (PORT, LIMITED, flow(source="203.0.113.9"), False),
    (PORT, LIMITED, flow(source="192.0.2.1"), False),
    (PORT, LIMITED, flow(source="127.0.0.1", address="127.0.0.1"), False),
    (LIMITED, PORT, flow(), False),
    ({**PORT, **AT}, AT, flow(answers="10.80.0.9"), False),
    ({**PORT, **AT}, PORT, flow(answers="10.80.0.9"), True),
    (AT, {}, flow(answers="10.80.0.9", address="192.0.2.2"), False),
    ({}, PORT, UNTRANSLATED, False),
    ({}, UDP, UNTRANSLATED._replace(protocol="udp", port=53), True),
    ({}, UDP, UNTRANSLATED._replace(protocol="udp", port=53, address="8.8.8.8"), False),
    (RANGE, {}, flow(answers_port=8080), True),
    (RANGE, {}, flow(answers_port=8080, port=8100), False),
    (table(publish4={"tcp . 8080": "10.80.0.2 . 8080"}), RANGE, flow(answers_port=8080), False),
    (RANGE, PORT, flow(answers_port=8080), True),
    ({}, table(ranges4={"udp . 50-60": "10.80.0.2"}), UNTRANSLATED._replace(protocol="udp", port=53), True),
    (BY, {}, flow(), True),
    (BY, table(publish4_by={"eth1 . tcp . 8080": "10.80.0.3 . 80"}), flow(), True),
    (BY, {**BY, **table(limited4_by=["eth1 . tcp . 8080"], admitted4_by=["eth1 . 203.0.113.0/24 . tcp . 8080"])},
     flow(), True),
    (BY, {**BY, **table(limited4_by=["eth1 . tcp . 8080"], admitted4_by=["eth1 . 198.51.100.0/24 . tcp . 8080"])},
     flow(), False),
    (OPEN, {}, flow(address="10.80.0.2", port=80, translated=False), True),
    (OPEN, {}, flow(address="10.80.0.3", port=80, translated=False), False),
    (OPEN, table(permitted_open4=["198.51.100.0/24 . 10.80.0.2 . tcp . 80"]),
     flow(address="10.80.0.2", port=80, translated=False), False),
])  # fmt: skip
def test_exactly_what_is_led_astray_is_stale(before, after, one, stale):
    assert is_stale(one, all_changes(before, after), after, LOCAL) is stale


def attribute(kind, value):
    return struct.pack("=HH", len(value) + 4, kind) + value + b"\0" * (-len(value) % 4)


def entry(*more, protocol=6):
    """As the kernel tells it: 198.51.100.7 port 4000 to 192.0.2.1 port 8080, answered by 10.80.0.2 port 80."""

    def one_way(source, target, sport, dport):
        addresses = attribute(1, bytes(source)) + attribute(2, bytes(target))
        ports = attribute(2, struct.pack("!H", sport)) + attribute(3, struct.pack("!H", dport))
        return attribute(1, addresses) + attribute(2, attribute(1, bytes([protocol])) + ports)

    begun = attribute(1 | 0x8000, one_way((198, 51, 100, 7), (192, 0, 2, 1), 4000, 8080))
    answer = attribute(2 | 0x8000, one_way((10, 80, 0, 2), (198, 51, 100, 7), 80, 4000))
    status, identity = attribute(3, struct.pack("!I", 0x1AE)), attribute(12, struct.pack("!I", 77))
    return struct.pack("=BBH", 2, 0, 0) + begun + answer + status + identity + b"".join(more)


def test_an_entry_tells_who_began_it_and_who_answers():
    found = conntrack.flow_of(entry())
    assert found is not None
    assert found[:7] == ("tcp", "198.51.100.7", "192.0.2.1", 8080, "10.80.0.2", 80, True)


def test_an_entry_is_deleted_by_what_it_began_with_and_its_number():
    body = entry()
    found = conntrack.flow_of(body)
    assert found is not None
    begun = body[4:4 + struct.unpack_from("=H", body, 4)[0]]
    assert conntrack.deletion(found) == body[:4] + begun + attribute(12, struct.pack("!I", 77))


@pytest.mark.parametrize("body", [entry(protocol=1), entry(attribute(18, b"\0\7")), entry()[:40], b"\2\0\0\0"])
def test_what_has_no_ports_is_in_a_zone_or_cut_short_is_nobodys(body):
    assert conntrack.flow_of(body) is None
