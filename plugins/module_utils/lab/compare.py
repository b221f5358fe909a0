# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does: the lab that is there compared with the one that is wanted. Values in, values out."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab.members import Leg, Member
from ansible_collections.containerhost.network.plugins.module_utils.lab.underlay import (
    UNDERLAY,
    LabBridge,
    LabHost,
)

# A LAN's bridge and a port of a host are known by how underlay.py names them.
_OURS = ("lan", "p")


class There(t.NamedTuple):
    """A lab as it is: its records, who of them lives, and the devices of its switch with their MTU."""

    hosts: t.Mapping[str, Member]
    alive: t.AbstractSet[str]
    switch: Member | None  # None: none that lives
    devices: t.Mapping[str, int]


class LabChange(t.NamedTuple):
    """One line of the diff; None is "absent"."""

    subject: str
    before: str | None
    after: str | None


class Todo(t.NamedTuple):
    start_switch: bool
    stop: tuple[str, ...]  # hosts that leave, or are dead, or were somebody else
    start: tuple[LabHost, ...]
    make_bridges: tuple[LabBridge, ...]
    bridges: tuple[LabBridge, ...]
    delete_devices: tuple[str, ...]
    unplug: tuple[tuple[str, Leg], ...]  # legs of hosts that stay, where the switch has died
    plug: tuple[tuple[str, Leg], ...]
    changes: tuple[LabChange, ...]


def compare(
    there: There,
    members: t.Sequence[LabHost],
    bridges: t.Sequence[LabBridge],
    legs: t.Mapping[str, tuple[Leg, ...]],
) -> Todo:
    stays = {host.name for host in members if _stays(host, there)}
    kept = {name: _kept_legs(there.hosts[name], legs[name], there.devices) for name in stays}
    plug = [(host.name, leg) for host in members for leg in legs[host.name] if leg not in kept.get(host.name, ())]
    wanted_devices = {bridge.name for bridge in bridges} | {leg.port for name in stays for leg in kept[name]}
    surplus = [name for name in there.devices if name.startswith((*_OURS, UNDERLAY)) and name not in wanted_devices]
    unplug = [
        (name, leg) for name in sorted(stays) for leg in there.hosts[name].legs if leg.port not in there.devices
    ]
    return Todo(
        start_switch=there.switch is None,
        stop=tuple(name for name in there.hosts if name not in stays),
        start=tuple(host for host in members if host.name not in stays),
        make_bridges=tuple(bridge for bridge in bridges if bridge.name not in there.devices),
        bridges=tuple(bridges),
        delete_devices=tuple(surplus),
        unplug=tuple(unplug),
        plug=tuple(plug),
        changes=(*_bridge_changes(there, bridges), *_host_changes(there, stays, kept, legs)),
    )


def _stays(host: LabHost, there: There) -> bool:
    known = there.hosts.get(host.name)
    return known is not None and host.name in there.alive and known.outside == host.outside


def _kept_legs(known: Member, wanted: t.Sequence[Leg], devices: t.Mapping[str, int]) -> tuple[Leg, ...]:
    return tuple(leg for leg in known.legs if leg in wanted and leg.port in devices)


def _bridge_changes(there: There, bridges: t.Sequence[LabBridge]) -> t.Iterator[LabChange]:
    for bridge in bridges:
        before = there.devices.get(bridge.name)
        if before != bridge.mtu:
            yield LabChange(bridge.alias, None if before is None else f"mtu {before}", f"mtu {bridge.mtu}")
    names = {bridge.name for bridge in bridges}
    for name, mtu in there.devices.items():
        if name.startswith("lan") and name not in names:
            yield LabChange(f"a LAN that no network names any more ({name})", f"mtu {mtu}", None)


def _host_changes(
    there: There,
    stays: t.AbstractSet[str],
    kept: t.Mapping[str, tuple[Leg, ...]],
    legs: t.Mapping[str, tuple[Leg, ...]],
) -> t.Iterator[LabChange]:
    for name, wanted in legs.items():
        before = None
        if name in stays:
            # As it is: a leg whose port is gone is not there, whatever the record says.
            before = describe(leg for leg in there.hosts[name].legs if leg.port in there.devices)
        after = describe(wanted)
        if name not in stays or set(kept[name]) != set(wanted) or before != after:
            yield LabChange(f"host {name}", before, after)
    for name in there.hosts:
        if name not in legs:
            yield LabChange(f"host {name}", describe(there.hosts[name].legs) if name in there.alive else "dead", None)


def describe(legs: t.Iterable[Leg]) -> str:
    parts = []
    for leg in legs:
        addresses = ", ".join(leg.addresses)
        where = leg.interface if leg.bridge == UNDERLAY else f"LAN {leg.interface}"
        parts.append(f"{addresses + ' ' if addresses else ''}on {where}, mtu {leg.mtu}")
    return "; ".join(parts)
