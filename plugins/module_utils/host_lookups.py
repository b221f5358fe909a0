# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes that send nothing: by which device the host, or a container, leads to an address, whether a tunnel's other
end is there, and what somebody else has put on a device."""

from __future__ import annotations

import errno
import ipaddress
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.towards import is_address, lower_device
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.probe_kinds import Probe
from ansible_collections.containerhost.network.plugins.module_utils.probing import ProbeResult, netns_of
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import foreign_traffic_control
from ansible_collections.containerhost.network.plugins.module_utils.state.handshakes import ALIVE
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.rows import ROUTE

_STRICT = "1"  # rp_filter, networking/ip-sysctl
# What the kernel says of a route that leads nowhere (fib_props, net/ipv4/fib_semantics.c).
_NOWHERE = {errno.EINVAL: "a route drops it (blackhole)", errno.EACCES: "a route or rule forbids it (prohibit)"}


def look(kernel: Kernel, probes: t.Sequence[Probe]) -> list[ProbeResult]:
    return [ProbeResult(each.name, None, _found(kernel, each)) for each in probes]


def _found(kernel: Kernel, probe: Probe) -> str:
    try:
        return LOOKUPS[probe.kind](kernel, probe)
    except (WireError, Problem) as error:  # a container that does not run
        return str(error)


def _route(kernel: Kernel, probe: Probe) -> str:
    """``by``: the device that it should go by, or an address of the sender's own that is on that device."""
    netns = netns_of(probe.sandbox)
    answer = kernel.wire.route(probe.to, ROUTE, netns)
    if not isinstance(answer, dict):
        return _NOWHERE.get(answer[0], answer[1].lower()) + _lost(kernel, probe.by, netns)
    link, via = kernel.link_of_index(answer.get("RTA_OIF"), netns), answer.get("RTA_GATEWAY")
    by = probe.by
    if is_address(by):
        lower = lower_device(kernel, None, by, netns)
        # An address that is on no wire is reached by whichever of them.
        by = lower.name if lower is not None and lower.name != "lo" and lower.kind != "dummy" else ""
    if link is None or not by or link.name == by:
        return ""
    where = f"{link.name}{f' by way of {via}' if via else ''}"
    return f"it goes by {where}, and not by {by}{'' if netns else _dropped_there(kernel, by)}"


def _lost(kernel: Kernel, by: str, netns: str | None) -> str:
    """What of the device that it should go by is not as it has to be."""
    lower = lower_device(kernel, None, by, netns) if is_address(by) else kernel.link(by, netns)
    if lower is None:
        return f": no interface has {by}" if is_address(by) else f": there is no {by}"
    return "" if lower.up else f": {lower.name} is down"


def _dropped_there(kernel: Kernel, device: str) -> str:
    """Whether the host takes what comes by a device whose other end it does not lead to by that."""
    settings = [kernel.sysctl(f"net/ipv4/conf/{name}/rp_filter") or "" for name in ("all", device)]
    strict = max(settings) == _STRICT  # the kernel takes the larger one
    return f", so that it drops what comes from there by {device} (rp_filter is 1)" if strict else ""


def _handshake(kernel: Kernel, probe: Probe) -> str:
    """``by``: the tunnel's device; ``to``: an address that is behind its other end."""
    device = kernel.tunnels.device(probe.by, None)
    if device is None:
        return f"there is no tunnel {probe.by}"
    there = ipaddress.ip_address(probe.to)
    for peer in device.peers.values():
        if any(there in ipaddress.ip_network(each) for each in peer.allowed_ips):
            if not peer.handshake:
                return "there never was a handshake"
            seconds = int(time.time() - peer.handshake)
            return f"the last handshake was {seconds} seconds ago" if seconds > ALIVE else ""
    return "its key is not known there"


def _devices(kernel: Kernel, probe: Probe) -> str:
    """``by``: devices of the host's, separated by spaces."""
    return "; ".join(foreign_traffic_control.told(kernel, probe.by.split()))


LOOKUPS: t.Mapping[str, t.Callable[[Kernel, Probe], str]] = {
    "route": _route,
    "handshake": _handshake,
    "devices": _devices,
}
