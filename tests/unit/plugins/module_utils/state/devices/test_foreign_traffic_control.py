# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else has put on our devices is told where packets are lost by it, and only there."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink.shaping import ENTERING, HANDLE
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.foreign_traffic_control import told

INDEXES = {"ch-web": 3, "chvdb": 4, "eth0": 9}


def nla(number: int, body: bytes) -> bytes:
    return struct.pack("=HH", len(body) + 4, number) + body


def queue(device: str, kind: str, dropped: int, handle: int = 0x80010000) -> dict:
    statistics = nla(1, struct.pack("=QQ", 7, 7)) + nla(3, struct.pack("=IIIII", 0, 0, dropped, 0, 0))
    return {"ifindex": INDEXES[device], "handle": handle, "TCA_KIND": kind, "TCA_STATS2": statistics}


def said(*queues: dict, programs: dict[str, bytes] | None = None) -> list[str]:
    """Of ch-web and chvdb."""
    kernel = SimpleNamespace(
        link=lambda name: SimpleNamespace(index=INDEXES[name]) if name in INDEXES else None,
        dump=lambda *_asked: list(queues),
        wire=SimpleNamespace(link=lambda name, *_asked: {"IFLA_XDP": (programs or {}).get(name, b"")}),
    )
    return told(kernel, ["ch-web", "chvdb", "gone"])


def test_a_queue_that_has_lost_packets_is_told():
    (clause,) = said(queue("ch-web", "pfifo", 17))
    assert clause == (
        "a queueing discipline of somebody else's on ch-web (pfifo) has dropped 17 packets:"
        " `tc -s qdisc show dev ch-web`"
    )
    assert "has dropped a packet:" in said(queue("chvdb", "netem", 1))[0]


@pytest.mark.parametrize("kind", ["clsact", "ingress"])
def test_so_are_filters_of_what_comes_in(kind):
    (clause,) = said(queue("chvdb", kind, 2, ENTERING))
    assert clause.startswith(f"filters of somebody else's on chvdb ({kind}) have dropped 2 packets")


@pytest.mark.parametrize("one", [
    queue("ch-web", "fq_codel", 0),  # it loses nothing
    queue("ch-web", "tbf", 400, HANDLE),  # ours (kind rate), which is there to drop
    queue("eth0", "pfifo", 17),  # of a device that nobody has asked about
    {"ifindex": 3, "handle": 0, "TCA_KIND": "mq"},  # without statistics
])  # fmt: skip
def test_nothing_else_is(one):
    assert said(one) == []


def test_a_program_is_told():
    attached = nla(2, b"\x02") + b"\0" * 3
    (clause,) = said(programs={"chvdb": attached})
    assert clause.startswith("a program of somebody else's (XDP) has what comes in by chvdb first")
    assert said(programs={"chvdb": nla(2, b"\0") + b"\0" * 3}) == []
