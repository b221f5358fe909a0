# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bridges and legs as messages. The switch is a namespace of its own; the wire does the sending."""

from __future__ import annotations

import errno
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError, Leg, Member
from ansible_collections.containerhost.network.plugins.module_utils.lab.underlay import LabBridge
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

_RTPROT_STATIC = 4
_ALIAS_LENGTH = 60  # characters; the kernel takes 255 bytes (IFALIASZ)


def read_devices(wire: Wire, switch: Member) -> dict[str, int]:
    """The switch's devices, and their MTU."""
    rows = wire.dump(m.RTM_GETLINK, {}, {"IFLA_IFNAME", "IFLA_MTU"}, switch.netns)
    return {row["IFLA_IFNAME"]: row["IFLA_MTU"] for row in rows}


def make_bridge(bridge: LabBridge, netns: str) -> m.Message:
    # A switch without a querier that snoops forgets who listens; this one floods, as the cheapest ones do.
    return m.new_link(bridge.name, "bridge", {"IFLA_BR_MCAST_SNOOPING": 0}, netns, group=0)


def name_bridge(bridge: LabBridge, netns: str) -> m.Message:
    """For a person who looks at the switch. The kernel ignores an alias in the message that makes a device."""
    return m.set_link(bridge.name, netns, operation="name", ifalias=bridge.alias)


def set_bridge_mtu(bridge: LabBridge, netns: str) -> m.Message:
    """When its ports are on it: it takes the least MTU of theirs until it is told otherwise (br_mtu_auto_adjust())."""
    return m.set_link(bridge.name, netns, mtu=bridge.mtu)


def delete_devices(names: t.Sequence[str], netns: str) -> list[m.Message]:
    """A device costs 20 ms to delete; all of a group together cost the same."""
    leaving = [m.set_link(name, netns, operation="group", group=m.GROUP_LEAVING) for name in names]
    return [*leaving, m.delete_group(m.GROUP_LEAVING, netns)] if leaving else []


def make_pair(member: Member, leg: Leg, netns: str) -> m.Message:
    peer = {
        "IFLA_IFNAME": leg.interface,
        "IFLA_ADDRESS": leg.mac,
        "IFLA_MTU": leg.mtu,
        "IFLA_NET_NS_FD": m.NetnsFd(member.netns),
    }
    bridge = m.Index(leg.bridge)
    return m.new_link(leg.port, "veth", {"VETH_INFO_PEER": peer}, netns, group=0, mtu=leg.mtu, master=bridge)


def name_port(member: Member, leg: Leg, netns: str) -> m.Message:
    return m.set_link(leg.port, netns, operation="name", ifalias=f"{member.name} {leg.interface}"[:_ALIAS_LENGTH])


def set_up_inside(member: Member, leg: Leg) -> list[m.Message]:
    """The host's end: addresses, up, and only then the routes that need it to be."""
    addresses = [m.new_address(leg.interface, address, member.netns) for address in leg.addresses]
    up = m.set_link(leg.interface, member.netns, up=True)
    return [*addresses, up, *(_default(leg, dst, member.netns) for dst in leg.defaults)]


def start_loopback(member: Member) -> m.Message:
    return m.set_link("lo", member.netns, up=True)


def unplug_inside(member: Member, leg: Leg) -> m.Message:
    """The host's end of a leg whose switch has died: the kernel may not have come to delete it yet."""
    return m.delete_link(leg.interface, member.netns)


def send(wire: Wire, messages: t.Sequence[m.Message], gone_is_fine: bool = False) -> None:
    for refusal in wire.send(messages):
        if gone_is_fine and refusal.errno in (errno.ENODEV, errno.ENOENT):
            continue
        message = messages[refusal.position]
        raise LabError(f"{message.operation}: {refusal.text}")


def _default(leg: Leg, dst: str, netns: str) -> m.Message:
    """Theirs, not ours: a lab host's own route must not carry the mark by which the collection knows its routes."""
    message = m.route({"dst": dst, "device": leg.interface}, netns)
    return message._replace(header={**message.header, "proto": _RTPROT_STATIC})
