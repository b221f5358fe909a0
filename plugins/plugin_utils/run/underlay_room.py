# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts are told about the size of what they send each other, so that they find an underlay that takes less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network


def of_fleet(fleet: Fleet, networks: Mapping[str, Network]) -> dict[str, Any]:
    """For ``plan.json``: ``sizes`` in bytes by network, and ``by`` which interface or address a host sends."""
    sizes = {}
    for name, network in networks.items():
        largest = driver_of(network.spec).largest_sent
        if largest is not None and network.members:
            sizes[name] = largest(network, fleet.hosts)
    hosts = {name: host.underlay_interface or host.underlay for name, host in fleet.hosts.items()}
    return {"sizes": sizes, "by": {name: str(by) for name, by in hosts.items() if by}} if sizes else {}


def of_host(told: Mapping[str, Any], networks: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The option ``underlay`` of module C(document); ``networks`` as ``plan.json`` has them."""
    if host not in told.get("by", {}):
        return {}
    mine = {name: size for name, size in told["sizes"].items() if host in networks[name]["members"]}
    return {"by": told["by"][host], "sizes": mine} if mine else {}
