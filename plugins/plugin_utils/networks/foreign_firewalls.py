# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other firewalls of a host have to let pass for a network, of the objects that its driver makes there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.document_devices import TUNNELS
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Network

_RESOLVER = ("53/tcp", "53/udp")


def _is_only_switched(guard: Mapping[str, Any], block: str) -> bool:
    return new.FAMILY[6 if ":" in block else 4] in guard.get("only_switched", ())


def objects(network: Network, host: str, found: Sequence[Object]) -> Iterator[Object]:
    """One for the device that its containers are on; a network on a parent's LAN passes through no other firewall."""
    device = network.container_device
    guard = next((row for kind, row in found if kind == "isolation" and row["device"] == device), None)
    if device is None or guard is None:
        return
    tunnel, carried = [*(row for kind, row in found if kind in TUNNELS and row.get("port")), {}, {}][:2]
    blocks = [str(slice_.block) for slice_ in network.slices[host]]
    led_out = [] if guard["internal"] else [each for each in guard["sources"] if not _is_only_switched(guard, each)]
    wider = [str(subnet.cidr) for subnet in network.subnets] if driver_of(network.spec).on_underlay else []
    ports = {*(guard.get("host_access") or ()), *(_RESOLVER if "resolver" in network.spec.names else ())}
    yield new.object_of(
        "foreign_firewall",
        network.name,
        device=device,
        subnets=blocks,
        outward=[each for each in blocks if each in led_out] or None,
        peers=[each for each in wider if each not in blocks] or None,
        host_access=sorted(ports) or None,
        tunnel_address=tunnel.get("local"),
        tunnel_port=tunnel.get("port"),
        carried_address=carried.get("local"),
        carried_port=carried.get("port"),
    )
