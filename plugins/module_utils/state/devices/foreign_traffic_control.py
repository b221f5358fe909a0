# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else has put on a device of the host's that packets are lost by: a queueing discipline, a filter
(tc(8)), a program (XDP). It is his, and never taken away: he is told where it is.

A queue that has lost nothing is not told. Of a program nobody knows what it does. Attributes are of linux/gen_stats.h
and linux/if_link.h.
"""

from __future__ import annotations

import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import shaping
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.devconf import attributes
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_ASKED = frozenset(("TCA_KIND", "TCA_STATS2"))
_QUEUE = 3  # TCA_STATS_QUEUE
_DROPS = struct.Struct("=III")  # of struct gnet_stats_queue: what waits, its bytes, what was dropped
_ATTACHED = 2  # IFLA_XDP_ATTACHED
_ON_THE_WAY = ("ingress", "clsact")  # they hold filters, and no packets


def told(kernel: Kernel, devices: t.Collection[str]) -> list[str]:
    """In the host's own namespace, a clause for each that may be why packets of a device of these are lost."""
    indexes = {link.index: name for name in devices if (link := kernel.link(name)) is not None}
    rows = kernel.dump(shaping.RTM_GETQDISC, {}, _ASKED, None)
    by_queue = (_by_queue(indexes[row["ifindex"]], row) for row in rows if row["ifindex"] in indexes)
    by_program = (_by_program(kernel, name) for name in indexes.values())
    return [clause for clause in (*by_queue, *by_program) if clause]


def _by_queue(device: str, row: t.Mapping[str, t.Any]) -> str:
    kind, lost = row.get("TCA_KIND", ""), _dropped(row.get("TCA_STATS2", b""))
    if not lost or row["handle"] == shaping.HANDLE:
        return ""
    packets = "a packet" if lost == 1 else f"{lost} packets"
    if kind in _ON_THE_WAY:
        look = f"`tc filter show dev {device} ingress`"
        return f"filters of somebody else's on {device} ({kind}) have dropped {packets}: {look}"
    return (
        f"a queueing discipline of somebody else's on {device} ({kind}) has dropped {packets}:"
        f" `tc -s qdisc show dev {device}`"
    )


def _dropped(statistics: bytes) -> int:
    for number, body in attributes(statistics):
        if number == _QUEUE and len(body) >= _DROPS.size:
            return t.cast(int, _DROPS.unpack_from(body)[2])
    return 0


def _by_program(kernel: Kernel, device: str) -> str:
    row = kernel.wire.link(device, frozenset(("IFLA_XDP",)), None) or {}
    attached = dict(attributes(row.get("IFLA_XDP", b""))).get(_ATTACHED, b"\0")
    if not any(attached):
        return ""
    return f"a program of somebody else's (XDP) has what comes in by {device} first: `ip -d link show {device}`"
