# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that the host is on, or routes to, by devices that are not ours: ours must not be the same ones."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

# RFC 1918, RFC 4193: a route to the whole of one is a way out, as a default route is.
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fd00::/8")
_WHOLE = [ipaddress.ip_network(cidr) for cidr in _PRIVATE]


def overlaps(kernel: Kernel, netns: str | None, cidr: str) -> t.Iterator[str]:
    """Why an address with this network cannot be given to a device of ours; the first reason will do."""
    ours = ipaddress.ip_interface(cidr).network
    for what, device, theirs in _networks(kernel, netns):
        if theirs.version == ours.version and theirs.overlaps(ours):
            yield (
                f"{ours} overlaps {theirs}, which this host {what} by {device}: give the network another subnet, or"
                f" take {theirs} away from {device}"
            )
            return


def _networks(kernel: Kernel, netns: str | None) -> t.Iterator[tuple[str, str, Network]]:
    foreign = {
        link.name
        for link in kernel.links(netns).values()
        if link.owner is None and link.group != m.GROUP and link.name != "lo"
    }
    for device in foreign:
        for cidr in kernel.addresses_of(device, netns):
            yield "is on", device, ipaddress.ip_interface(cidr).network
    for row in kernel.routes(netns):
        if row["protocol"] == m.PROTOCOL:
            continue  # a way to another member that needs no device of ours (host-gw): it goes with its network
        theirs = ipaddress.ip_network(row["dst"])
        is_way_out = not theirs.prefixlen or any(
            whole.version == theirs.version and whole.subnet_of(theirs) for whole in _WHOLE  # type: ignore[arg-type]
        )
        if row["device"] in foreign and row["table"] == m.RT_TABLE_MAIN and not is_way_out:
            yield "routes to", row["device"], theirs
