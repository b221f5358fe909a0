# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an overlay needs of its hosts' underlay, whatever its mode: addresses of one family, room for its packets."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import backends
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, listed, members, on
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Host, Network


def mtu(backend: Backend, network: Network, hosts: Mapping[str, Host]) -> int:
    if network.spec.mtu:
        return network.spec.mtu
    narrowest = min((hosts[name].underlay_mtu for name in network.members), default=1500)
    return narrowest - backend.overhead_of(network, hosts)


def largest_sent(backend: Backend, network: Network, hosts: Mapping[str, Host]) -> int:
    return (network.mtu or 0) + backend.overhead_of(network, hosts)


def own_ports(network: Network) -> dict[str, list[str]]:
    """As kind ``isolation`` has it: those of its tunnels. Where VXLAN packets are filtered, the filter's is one."""
    options = network.spec.options
    filtered = options["backend"] == "vxlan" and not options["encrypted"] and options["anti_spoofing"]
    return {} if filtered or options["port"] is None else {"own_ports": [f"{options['port']}/udp"]}


def check(backend: Backend, network: Network, fleet: Fleet, problems: Problems) -> None:
    mode = network.spec.options["mode"]
    if mode not in backend.modes:
        able = [name for name, each in backends().items() if mode in each.modes]
        problems.add(
            f"{network.spec.where}`backend: {backend.name}` carries no `mode: {mode}`",
            f"Write `backend: {' or '.join(able)}`, or another mode",
        )
    _check_underlays(network, fleet, problems)
    _check_interfaces(network, fleet, problems)
    backend.check(network, fleet, problems)
    narrow = min(network.members, key=lambda name: (fleet.hosts[name].underlay_mtu, name), default=None)
    if network.spec.mtu and narrow:
        room = fleet.hosts[narrow].underlay_mtu - backend.overhead_of(network, fleet.hosts)
        if network.spec.mtu > room:
            problems.add(
                f"{network.spec.where}`mtu` {network.spec.mtu} does not fit the underlay of {narrow},"
                f" which leaves {room}",
                f"Take {room} or less, or raise containerhost_underlay_mtu of {narrow} if its underlay carries more",
            )
    if 6 in network.versions and network.members and network.mtu < 1280:
        problems.add(
            f"{network.spec.where}its MTU is {network.mtu}, and IPv6 needs 1280 (RFC 8200)",
            f"Raise the underlay's MTU (containerhost_underlay_mtu of {narrow}) or leave IPv6 out",
        )


def _check_interfaces(network: Network, fleet: Fleet, problems: Problems) -> None:
    for name in network.members:
        interface = fleet.hosts[name].underlay_interface
        if interface in network.devices:
            problems.add(
                f"{network.spec.where}its packets are to leave {on(name)} by {interface}"
                " (containerhost_underlay_interface), which is a device of its own",
                "Name the interface that leads to the other hosts",
            )


def _check_underlays(network: Network, fleet: Fleet, problems: Problems) -> None:
    first: str | None = None
    nowhere = [name for name in network.members if fleet.hosts[name].underlay is None]
    if nowhere:
        have = members(nowhere, "has no underlay address, and its", "have no underlay address, and their")
        problems.add(
            f"{network.spec.where}{have} ansible_host is none either",
            f"Set containerhost_underlay_address for {listed(nowhere)}",
        )
    for name in network.members:
        underlay = fleet.hosts[name].underlay
        if underlay is None:
            continue
        if first is None:
            first = name
        elif underlay.version != fleet.hosts[first].underlay.version:
            problems.add(
                f"{network.spec.where}its members {first} ({fleet.hosts[first].underlay}) and {on(name)} ({underlay})"
                " have underlay addresses of different families",
                "Give all its hosts IPv4, or all IPv6, by containerhost_underlay_address",
            )
