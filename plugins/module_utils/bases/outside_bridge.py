# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containers have of a bridge that the host itself is on a LAN by, ours or not."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted, network_of, realm
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


def turned(kernel: Kernel, wanted: t.Iterable[Wanted]) -> set[str]:
    """Networks that are on a LAN by a bridge of this host, and are not to be any more, or the other way round: nothing
    is left of what they were that others could still come by."""
    links = kernel.links().values()
    masters = {link.master for link in links if link.kind == "veth"}
    strangers = {master for master in masters if master is not None and not kernel.is_ours(master)}
    now = {link.owner for link in links if link.leads_out or (link.kind == "veth" and link.master in strangers)}
    then = {each.owner for each in wanted if each.present and (each.kind == "uplink" or each.values.get("announce"))}
    return {network_of(owner) for owner in now ^ then if owner is not None}


def with_its_mtu(kernel: Kernel, port: Wanted) -> Wanted:
    """A port that is to be, with the MTU of the LAN where a document says none."""
    bridge = kernel.link_to_be(port.values.get("master"), port.netns)
    said = port.values.get("mtu") or realm(port.owner) != "plan"
    if bridge is None or said or kernel.is_ours(bridge.name, port.netns):
        return port
    return port._replace(values={**port.values, "mtu": bridge.mtu})


def hosts_own(kernel: Kernel, port: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
    """Addresses of a container's that the host has itself: on its LAN, the plan knows one of them at most. Within the
    network it gives each once: a shim of the network's that has one of them still leaves in the same run."""
    bridge = kernel.link(port.values.get("master"), port.netns)
    if "addresses" not in changed or bridge is None or kernel.is_ours(bridge.name, port.netns):
        return
    wanted = {cidr.partition("/")[0] for cidr in port.values.get("addresses") or ()}
    for device, some in sorted(kernel.given_addresses(port.netns).items()):
        link = kernel.link(device, port.netns)
        if link is not None and link.owner == port.owner and kernel.is_ours(device, port.netns):
            continue
        for address in sorted(wanted & some):
            yield (
                f"{address} is this host's own, on {device}: give the container another, or leave it out of the"
                " network's addresses (`range`, `exclude`)"
            )
