# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What drivers have in common whose containers are on the LAN itself, by a parent of the host's."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Network, NetworkSpec

BRIDGED = "bridged"  # of a bridge's gateway modes
PARENT = (
    Option("parent", "ifname", "The host's interface that containers share, on the LAN.", required=True),
    Option(
        "vlan",
        "int",
        "A VLAN of the parent (802.1Q) that the network is on; its interface is made where it is missing.",
        minimum=1,
        maximum=4094,
        default_note="none",
    ),
)
SLAAC = Option(
    "slaac",
    "bool",
    "Whether containers take IPv6 addresses and routes from the LAN's router advertisements, beside those of the"
    " inventory. Without it they take none.",
    default=False,
)
HOST_SHIM = Option(
    "host_shim",
    "raw",
    "An interface of the host's own on the segment, so that it reaches its containers: true for an address of the"
    " range, C({address: 192.168.7.250}), or C({addresses: {h1: 192.168.7.250, h2: 192.168.7.251}}).",
    default_note="none",
)


def is_on_a_lan(spec: NetworkSpec) -> bool:
    """Whether hosts are on its subnets themselves: containers have addresses of a LAN's."""
    return bool(spec.options.get("parent")) or is_bridged(spec)


def is_bridged(spec: NetworkSpec) -> bool:
    """Whether it is a bridge that has the LAN for a port."""
    return BRIDGED in (spec.options.get("gateway_mode") or {}).values()


def lan_of(spec: NetworkSpec) -> str | None:
    """The interface of a host's that a network stands on, in words; None where there is none."""
    parent, number = spec.options.get("parent"), spec.options.get("vlan")
    lower = spec.options["uplink"] if is_bridged(spec) else parent
    return f"VLAN {number} of {lower}" if lower and number else lower


def check_unpublished(network: Network, endpoint: Endpoint, what: str, problems: Problems) -> None:
    """``what`` it is, with its article."""
    if endpoint.spec.rate:
        problems.add(
            f"{network.spec.where}{endpoint.container} has a `rate`, and {what} has no end on the host to limit it at",
            "Leave `rate` out, or take a network of driver bridge or overlay",
        )
    if endpoint.spec.publish:
        problems.add(
            f"{network.spec.where}{endpoint.container} publishes ports, and {what} is on the LAN with all of its own",
            "Leave `publish` out; the container is reached under its own address",
        )
