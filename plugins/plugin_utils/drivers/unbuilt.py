# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers that the design names and nothing builds yet: they are refused by name."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option

PARENT = Option("parent", "ifname", "The host's interface that containers share, on the LAN.", required=True)
VLAN = Option(
    "vlan", "int", "A VLAN of the parent; its interface is made.", default_note="none", minimum=1, maximum=4094
)
HOST_SHIM = Option(
    "host_shim", "raw", "An interface of the host's own on the segment, to reach its containers.", default_note="none"
)

DRIVERS = (
    Driver(
        name="ipvlan",
        summary="Containers on the LAN, all with the parent's MAC.",
        options=(
            PARENT,
            VLAN,
            Option("mode", "text", "The layer that is shared.", default="l2", choices=("l2", "l3", "l3s")),
            HOST_SHIM,
        ),
        one_segment=lambda spec: True,
        built=False,
    ),
)
