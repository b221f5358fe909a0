# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps an interface of the host's from being a port of a bridge that the host is on its LAN by."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.standing import standing
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import interface_rows
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.interface_holders import holders
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link


def stood_on(kernel: Kernel, port: Link, netns: str | None) -> t.Iterator[str]:
    """Interfaces of others, wherever they are, that get its frames. Those of ours go first, or say so themselves."""

    def theirs(link: Link) -> t.Iterator[tuple[str, str]]:
        if link.owner is None and link.group != m.GROUP:
            yield link.name, str(link.kind)

    others = standing(kernel, "uplink", theirs).ways(netns, port, port.name, but=(netns, port.name))
    for name, kind in t.cast("list[tuple[str, str]]", others)[:1]:
        yield f"{name} ({kind}) stands on {port.name}, whose frames it gets: remove it first"


def unfit(kernel: Kernel, port: Link, bridge: str, netns: str | None) -> t.Iterator[str]:
    """Why an interface cannot be a port, or what is moved from it would not stay away."""
    name = port.name
    if port.kind == "bridge":
        yield f"{name} is a bridge itself: name it as `bridge`, and no `uplink`"
    elif port.mac is None or len(port.mac) != len("00:00:00:00:00:00"):
        yield f"{name} is no Ethernet interface, and a bridge takes no other: name another as `uplink`"
    elif port.master not in (None, bridge):
        yield f"{name} is a port of {port.master} already: name another as `uplink`, or take it out of {port.master}"
    elif port.kind in ("ipvlan", "ipvtap") or _is_wireless(name):
        yield f"{name} sends under one MAC only, and containers have their own: take an ipvlan network on it"
    routes = interface_rows.read(kernel, port, netns).by_objects
    if routes:
        yield f"its route {routes[0]} is by a nexthop object, which stays where it is: write it with its gateway"
    for holder in holders(kernel, port) if netns is None else ():
        yield (
            f"{name} is held by {holder}, which would give it its addresses back: give it addresses that stay by other"
            f" means, or have its manager make a bridge with {name} as a port and name that as `bridge`, without"
            " `uplink`"
        )
        break


def _is_wireless(name: str) -> bool:
    return os.path.exists(f"/sys/class/net/{name}/phy80211")
