# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flannel without Kubernetes: ``/run/flannel/subnet.env`` and its VXLAN device, as an overlay. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.compose_text import read_environment
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import (
    DiscoveredHost,
    canonical_block,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import block_around, parse_interface

NETWORK = "flannel"
_DEVICE = re.compile(r"flannel(-v6)?\.([0-9]+)\Z")
_PORT = 8472  # the kernel's default, which Flannel leaves as it is unless somebody has given another


def with_flannel(found: DiscoveredHost, subnet_env: str, devices: Iterable[str]) -> DiscoveredHost:
    """The host with its part of Flannel's network, and with Docker's containers on that, where Docker has its slice."""
    told = read_environment(subnet_env)
    subnets, slices = [], []
    for family in ("", "IPV6_"):
        network = canonical_block(told.get(f"FLANNEL_{family}NETWORK", ""))
        slice_ = _block(told.get(f"FLANNEL_{family}SUBNET", ""))
        if network and slice_:
            subnets.append({"cidr": network, "host_prefix": int(slice_.rpartition("/")[2])})
            slices.append(slice_)
    if not subnets:
        found.left.append("Flannel's subnet.env names no network and slice that could be taken over")
        return found
    options = _backend(devices, found)
    if options is None:
        return found
    found.networks[NETWORK] = {**options, "subnets": subnets}
    found.slices[NETWORK] = slices
    if told.get("FLANNEL_IPMASQ", "true") != "true":
        found.left.append("Flannel does not masquerade, and this network does: what leaves it has the host's address")
    for name, bridge in list(found.networks.items()):
        if name != NETWORK and set(bridge.get("subnets") or ()) & set(slices):
            _move(found, name)
    return found


def _block(text: str) -> str | None:
    """The slice that the host's address in it stands for: ``10.244.1.1/24``."""
    try:
        address, prefix = parse_interface(text)
    except Refusal:
        return None
    return None if prefix is None else str(block_around(address, prefix))


def _backend(devices: Iterable[str], found: DiscoveredHost) -> dict[str, Any] | None:
    numbers = sorted({int(match[2]) for match in map(_DEVICE.match, devices) if match})
    if not numbers:
        return {"driver": "overlay", "backend": "host-gw"}
    if len(numbers) > 1:
        found.left.append(f"Flannel has VXLAN devices of several VNIs here ({numbers}): write the network yourself")
        return None
    found.left.append(
        f"Flannel's UDP port is taken to be {_PORT}, the kernel's default; while flanneld runs, it has that port and"
        " VNI itself, so that a host changes over when flanneld has stopped and its device is deleted"
    )
    return {"driver": "overlay", "vni": numbers[0], "port": _PORT}


def _move(found: DiscoveredHost, bridge: str) -> None:
    """A bridge with the host's slice, as `dockerd --bip` makes it, is Flannel's end on the host."""
    del found.networks[bridge]
    for container in found.containers.values():
        networks = container.get("networks") or {}
        if bridge in networks:
            container["networks"] = {NETWORK if name == bridge else name: each for name, each in networks.items()}
            if container.get("default_route") == bridge:
                container["default_route"] = NETWORK
