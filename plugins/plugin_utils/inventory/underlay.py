# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's variables about the underlay, that carries what its overlays send to other hosts."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option

UNDERLAY = (
    Option(
        "containerhost_underlay_address",
        "interface_addresses",
        "The host's address on the underlay, with or without prefix length; or a list of one of each family, the first"
        " of which tunnels have.",
        default_note="C(ansible_host) if that is an address",
    ),
    Option("containerhost_underlay_interface", "ifname", "The underlay's interface.", default_note="by route"),
    Option("containerhost_underlay_mtu", "int", "The underlay's MTU.", default=1500, minimum=576, maximum=65535),
    Option(
        "containerhost_underlay_endpoint",
        "endpoint",
        "Where other hosts reach the encrypted tunnels of one that is behind NAT, or at another site: an address, with"
        " a port where that is not the network's, as in C(203.0.113.7:51820) or C([2001:db8::7]:51820).",
        default_note="its underlay address",
    ),
)
