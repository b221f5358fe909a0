# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How what a host has on its LAN moves from an interface to the bridge that this becomes a port of, and back."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import WriteSysctl
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import device_settings, interface_rows
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.interface_rows import InterfaceRows

IPV6_OFF = "ipv6.disable_ipv6"
# A bridge gives itself no address before it has its uplink's: it would have to make sure of it first, which takes a
# second.
UNTIL_UPLINKED = {"ipv6.addr_gen_mode": 1}
# As long as addresses move, these are others (``copied``) on the device that they move to, and which that is is noted.
FOR_THE_MOVE = ("ipv6.accept_dad", *UNTIL_UPLINKED)


class Side(t.NamedTuple):
    """What a device has that the host is on the LAN by. ``closes``: settings that are 1 while it is a port."""

    rows: InterfaceRows
    settings: t.Tuple[t.Tuple[str, str], ...] = ()
    closes: t.Tuple[str, ...] = ()


def copied(device: str, settings: t.Iterable[tuple[str, str]], netns: str | None) -> list[WriteSysctl]:
    """Without duplicate address detection, as long as addresses move: the plan has nothing to do with them, and they
    are the host's already."""
    given = dict(settings)
    if not given:
        return []
    if IPV6_OFF in given:
        given["ipv6.accept_dad"] = "0"
    return [written(device, name, value, netns) for name, value in given.items()]


def written(device: str, name: str, value: str, netns: str | None) -> WriteSysctl:
    return WriteSysctl(netns, device_settings.path(device, name), value, may_miss=True, when_returned=True)


def _freed(port: str, netns: str | None) -> m.Message:
    return m.set_link(port, netns, operation="end the bridge's port", master=0)


def _enslaved(port: t.Any, master: t.Any, bridge: str, netns: str | None) -> m.Message:
    index = port if isinstance(port, m.VlanIndex) else m.Index(port)
    header = {"index": index, "flags": m.IFF_UP, "change": m.IFF_UP}
    return m.Message(m.RTM_NEWLINK, 0, header, {"IFLA_MASTER": master}, f"make it a port of {bridge}", netns)


def moved(side: Side, port: str | m.VlanIndex, bridge: str, netns: str | None) -> Rounds:
    enslaved = _enslaved(port, m.Index(bridge), bridge, netns)
    if isinstance(port, m.VlanIndex):
        return [[enslaved]]
    settings = dict(side.settings)
    closed = [written(port, name, "1", netns) for name in side.closes]
    return [
        [*interface_rows.added(side.rows, bridge, netns)],
        [enslaved, *interface_rows.deleted(side.rows, port, netns)],
        [*closed, *_verified(bridge, settings, netns)],
    ]


def given_back(side: Side, port: str, bridge: str, netns: str | None) -> Rounds:
    return [
        [*copied(port, side.settings, netns)],
        [*interface_rows.added(side.rows, port, netns)],
        [_freed(port, netns), *interface_rows.deleted(side.rows, bridge, netns)],
        [*_verified(port, dict(side.settings), netns)],
    ]


def _verified(device: str, settings: t.Mapping[str, str], netns: str | None) -> list[WriteSysctl]:
    """Addresses that come later are made sure of, and made, as before."""
    return [written(device, name, settings[name], netns) for name in FOR_THE_MOVE if name in settings]
