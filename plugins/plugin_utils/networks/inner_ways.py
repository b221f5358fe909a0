# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways between an internal network and others of its host: those that `allow_networks` names, and no other.

Its containers have no default route, so they need one to each network that they may reach, and to each that reaches
them under its containers' own addresses. What is masqueraded comes from the gateway, which is on their link.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    Endpoint,
    Fleet,
    Network,
    Slice,
)

OPTION = "allow_networks"
# Modes in which containers leave under an address of their host's, and ports are published on it.
TRANSLATED = ("nat", "unprotected")


def let_in(network: Network, host: str, fleet: Fleet) -> list[Network]:
    """The networks, on this host, whose containers may reach this one's."""
    others = (fleet.networks.get(name) for name in sorted({*network.spec.options.get(OPTION, ())}))
    return [other for other in others if other and host in other.slices and other.container_device]


def open_to(network: Network, host: str, fleet: Fleet) -> list[Network]:
    """The networks, on this host, whose containers this one's may reach."""
    others = (fleet.networks[name] for name in sorted(fleet.networks))
    return [each for each in others if network.name in each.spec.options.get(OPTION, ()) and host in each.slices]


def blocks(network: Network, host: str, fleet: Fleet) -> list[Block]:
    """Where an internal network's containers need a route to, sorted as text."""
    return sorted({slice_.block for slice_ in _beyond(network, host, fleet)}, key=str)


def routes(network: Network, endpoint: Endpoint, fleet: Fleet) -> list[dict[str, str]]:
    """An endpoint's routes to these; a destination is one network's in a container, and what it says itself comes
    first."""
    container = endpoint.container
    given = _given(container, fleet) if network.spec.internal else {}
    gateways = {slice_.block.version: slice_.gateway for _address, slice_ in reversed(endpoint.addresses)}
    return [
        {"dst": str(slice_.block), "via": str(gateways[slice_.block.version])}
        for slice_, name in given.items()
        if name == network.name and gateways.get(slice_.block.version)
    ]


def _given(container: ContainerSpec, fleet: Fleet) -> dict[Slice, str]:
    """Which of a container's networks brings which route."""
    own = {route.dst for endpoint in container.endpoints for route in endpoint.routes}
    names = [endpoint.network for endpoint in container.endpoints if endpoint.network in fleet.networks]
    own.update(slice_.block for name in names for slice_ in fleet.networks[name].slices.get(container.host, ()))
    given: dict[Slice, str] = {}
    for name in names:
        for slice_ in _beyond(fleet.networks[name], container.host, fleet):
            if slice_.block not in own:
                given.setdefault(slice_, name)
    return given


def _beyond(network: Network, host: str, fleet: Fleet) -> Iterator[Slice]:
    """The slices of other networks that containers of an internal one send to."""
    if not network.spec.internal:
        return
    for other in open_to(network, host, fleet):
        yield from (slice_ for slice_ in other.slices[host] if slice_.gateway)
    for other in let_in(network, host, fleet):
        mode = other.spec.options.get("gateway_mode")
        for slice_ in other.slices[host]:
            if slice_.gateway and mode and mode[slice_.block.version] not in TRANSLATED:
                yield slice_


def masquerades(network: Network, host: str, fleet: Fleet) -> bool:
    """Do its containers leave it under an address of the host's, as far as they may leave it?"""
    return not network.spec.internal or bool(open_to(network, host, fleet))


def is_routed(network: Network, host: str, fleet: Fleet) -> bool:
    """Is anything routed from it at all?"""
    return masquerades(network, host, fleet) or bool(let_in(network, host, fleet))
