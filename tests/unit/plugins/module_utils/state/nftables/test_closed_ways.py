# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink.conntrack import Flow
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.closed_ways import (
    ClosedWays,
    narrowed,
)

OURS = "containerhost:plan/web"
LOCAL = {"192.0.2.1", "10.80.0.1", "10.81.0.1", "fd00:80::1"}
WEB, DB, OUTSIDE = "10.80.0.2", "10.81.0.2", "198.51.100.7"


def table(**sets):
    """Two networks, and the elements that are theirs besides."""
    common = {
        "ours": ["ch-web", "ch-db"],
        "sources4": ["ch-web . 10.80.0.0/24", "ch-db . 10.81.0.0/24"],
        "sources6": ["ch-web . fd00:80::/64"],
    }
    return {name: dict.fromkeys(keys, (None, OURS)) for name, keys in {**common, **sets}.items()}


def flow(source, answers, port=80, **values):
    usual = {"protocol": "tcp", "address": answers, "answers_port": port, "translated": False}
    return Flow(**{**usual, "source": source, "answers": answers, "port": port, "identity": b"", "family": 2, **values})


PLAIN = table(guarded=["ch-web", "ch-db"])
LETS_IN = table(guarded=["ch-web", "ch-db"], accepted=["ch-web . ch-db"])
OPEN = table(guarded=["ch-web"])
INTERNAL = table(guarded=["ch-web", "ch-db"], internal=["ch-web"])
CLOSED = table(guarded=["ch-web", "ch-db"], closed=["ch-web"], host_ports=["ch-web . udp . 53"])
SPAN = table(closed=["ch-web"], host_ports=["ch-web . tcp . 80-90"])
SWITCHED = table(guarded=["ch-web", "ch-db"], switched4=["ch-web"], accepted=["ch-web . ch-web"])
DIRECT = table(guarded=["ch-web"], direct4=["eth0 . ch-web . 198.51.100.0/24"])


@pytest.mark.parametrize(("before", "after", "devices"), [
    (LETS_IN, PLAIN, {"ch-web", "ch-db"}),
    (PLAIN, LETS_IN, set()),
    (OPEN, PLAIN, {"ch-db"}),
    (PLAIN, INTERNAL, {"ch-web"}),
    (INTERNAL, PLAIN, set()),
    (PLAIN, CLOSED, {"ch-web"}),
    (table(closed=["ch-web"], host_ports=["ch-web . udp . 53"]), table(closed=["ch-web"]), {"ch-web"}),
    (DIRECT, OPEN, {"ch-web"}),
    (PLAIN, SWITCHED, {"ch-web"}),
    ({}, CLOSED, set()),  # there was no network to be reached by
    (CLOSED, {}, set()),
])  # fmt: skip
def test_ways_are_closed_by_what_comes_and_by_what_goes(before, after, devices):
    touched = [(name, key) for rows in (before, after) for name in rows for key in rows[name]]
    assert narrowed(before, after, touched) == devices


@pytest.mark.parametrize(("after", "one", "closed"), [
    (PLAIN, flow(WEB, DB), True),
    (SWITCHED, flow(WEB, OUTSIDE), True),
    (SWITCHED, flow(WEB, "10.80.0.1"), True),
    (SWITCHED, flow(WEB, DB, translated=True), True),
    (SWITCHED, flow(WEB, "10.80.0.3"), False),
    (SWITCHED, flow("fd00:80::2", "fd00:9::1"), False),
    (LETS_IN, flow(WEB, DB), False),
    (LETS_IN, flow(DB, WEB), True),
    (PLAIN, flow(WEB, DB, translated=True), False),  # by a published port
    (PLAIN, flow(OUTSIDE, DB), True),
    (OPEN, flow(OUTSIDE, DB), False),
    (PLAIN, flow(OUTSIDE, DB, translated=True), False),
    (PLAIN, flow(DB, OUTSIDE), False),
    (PLAIN, flow("192.0.2.1", DB), False),  # the host's own
    (table(guarded=["ch-db"], open4=[f"{DB} . tcp . 80"]), flow(OUTSIDE, DB), False),
    (table(guarded=["ch-db"], open4=[f"{DB} . tcp . 80"]), flow(OUTSIDE, DB, port=81), True),
    (table(guarded=["ch-db"], permitted_open4=[f"198.51.100.0/24 . {DB} . tcp . 80"]), flow(OUTSIDE, DB), False),
    (table(guarded=["ch-db"], permitted_open4=[f"203.0.113.0/24 . {DB} . tcp . 80"]), flow(OUTSIDE, DB), True),
    (DIRECT, flow(OUTSIDE, WEB), False),
    (DIRECT, flow("203.0.113.9", WEB), True),
    (INTERNAL, flow(WEB, OUTSIDE), True),
    (INTERNAL, flow(WEB, "10.80.0.1"), False),
    (INTERNAL, flow(WEB, DB, translated=True), True),
    (table(internal=["ch-web"], accepted=["ch-web . ch-web"]), flow(WEB, "10.80.0.3"), False),
    (CLOSED, flow(WEB, "192.0.2.1", port=22), True),
    (CLOSED, flow(WEB, "10.80.0.1", port=53, protocol="udp"), False),
    (CLOSED, flow(WEB, "10.80.0.1", port=53), True),
    (CLOSED, flow("fd00:80::2", "fd00:80::1", port=22), True),
    (CLOSED, flow(DB, "192.0.2.1", port=22), False),
    (SPAN, flow(WEB, "192.0.2.1", port=85), False),
    (SPAN, flow(WEB, "192.0.2.1", port=91), True),
    (table(guarded=["ch-db"], sources4=["ch-db . 10.81.0.9-10.81.0.11"]), flow(OUTSIDE, "10.81.0.9"), False),
])  # fmt: skip
def test_exactly_what_may_not_begin_any_more_ends(after, one, closed):
    assert ClosedWays({"ch-web", "ch-db"}, after, LOCAL).closes(one) is closed


def test_what_is_not_by_a_device_whose_ways_were_closed_goes_on():
    assert not ClosedWays({"ch-web"}, PLAIN, LOCAL).closes(flow(WEB, DB))


def test_of_two_networks_that_have_an_address_the_narrower_one_is_its_own():
    both = table(sources4=["ch-all . 10.80.0.0/16", "ch-web . 10.80.0.0/24"], guarded=["ch-web"])
    assert ClosedWays({"ch-web"}, both, LOCAL).closes(flow(OUTSIDE, WEB))
    assert not ClosedWays({"ch-web"}, both, LOCAL).closes(flow(OUTSIDE, "10.80.9.2"))
