# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which device a host reaches its neighbours on a segment."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link


def device_towards(kernel: Kernel, address: str, netns: str | None) -> str | None:
    """The device of the longest on-link route to an address, the host's own or a neighbour's; None without any."""
    wanted = ipaddress.ip_address(address)
    return next((device for network, device in _on_link(kernel, netns) if wanted in network), None)


def lower_device(kernel: Kernel, link: str | None, local: str | None, netns: str | None) -> Link | None:
    """The device that a tunnel's packets leave by: the one that is named, or the one that has the address they come
    from."""
    if link or not local:
        return kernel.link(link, netns)
    having = (
        device
        for device in kernel.links(netns)
        if any(cidr.partition("/")[0] == local for cidr in kernel.addresses_of(device, netns))
    )
    return kernel.link(next(having, None), netns)


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _on_link(kernel: Kernel, netns: str | None) -> t.List[t.Tuple[t.Any, str]]:
    """Networks that are on a device's own segment; the best to one address comes first."""
    notes = kernel.notes("on link")
    for place, found in notes:
        if place == netns:
            return found
    rows = [row for row in kernel.routes(netns, m.RT_TABLE_MAIN) if row["via"] is None and row["type"] is None]
    rows = [row for row in rows if row["device"] and not kernel.is_ours(row["device"], netns)]
    networks = [(ipaddress.ip_network(row["dst"]), row["metric"], row["device"]) for row in rows]
    networks.sort(key=lambda each: (-each[0].prefixlen, each[1], each[2]))
    found = [(network, device) for network, _metric, device in networks]
    notes.append((netns, found))
    return found
