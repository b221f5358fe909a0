# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a host says of where its tunnels are reached counts for any of them."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet


def warnings(fleet: Fleet) -> Iterator[str]:
    """What is said of a host's tunnels counts for encrypted ones: others' packets go to its underlay address."""
    overlays = [each for each in fleet.networks.values() if driver_of(each.spec).on_underlay]
    keyed = {name for each in overlays if driver_of(each.spec).keyed for name in each.members}
    behind = {name: each.name for each in overlays for name in each.members if name not in keyed}
    unheard = {name: network for name, network in behind.items() if fleet.hosts[name].underlay_endpoint is not None}
    if unheard:
        networks = listed(f"`{name}`" for name in sorted({*unheard.values()}))
        yield (
            f"{listed(sorted(unheard))}: containerhost_underlay_endpoint says where encrypted tunnels are reached"
            f" (backend: wireguard, encrypted: true), and there is none. Packets of {networks} go to the underlay"
            " address."
        )
