# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which routes of its own a container can have on a network, beside those that the network brings it."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.model import ContainerRoute, Endpoint, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.objects import ANYWHERE

# What a route has that names no metric (IP6_RT_PRIO_USER, linux/ipv6_route.h).
_METRICS = {4: 0, 6: 1024}
# What the kernel's own routes have, to what is on the link (IP6_RT_PRIO_ADDRCONF).
_ON_LINK = {4: 0, 6: 256}


def check(network: Network, endpoint: Endpoint, where: str, problems: Problems) -> None:
    """``where`` begins a message about the container's ``routes`` there."""
    for route in endpoint.spec.routes:
        what = f"{where}its route to {route.dst}"
        if route.via and not any(route.via in slice_.block for address, slice_ in endpoint.addresses):
            blocks = " and ".join(str(slice_.block) for address, slice_ in endpoint.addresses)
            problems.add(
                f"{what} goes via {route.via}, which is outside of {blocks}",
                "Choose a gateway that the container reaches on this network",
            )
        if route.type is None:
            continue
        if route.dst.version not in endpoint.versions:
            problems.add(
                f"{what} is of type {route.type}, and it has no IPv{route.dst.version} address there",
                f"Write it under a network that gives it one; without any, it sends no IPv{route.dst.version}",
            )
        if any(route.dst in (slice_.block, slice_.subnet) for address, slice_ in endpoint.addresses):
            problems.add(
                f"{what} is of type {route.type}, and that is `{network.name}` itself",
                "Name what is to be out of reach, or take the container off the network",
            )


def check_places(endpoints: Iterable[tuple[Network, Endpoint, str]], problems: Problems) -> None:
    """A destination and a metric are one route's in a container, by whichever of its networks that comes.

    Of one host's endpoints, with the words that a message about the ``routes`` of each begins with.
    """
    endpoints = list(endpoints)
    seen: dict[tuple[str, str, int], tuple[str, ContainerRoute | None]] = {}
    on_link: dict[tuple[str, str, int], str] = {}
    for network, endpoint, _where in endpoints:
        for version in endpoint.default_route_versions:
            place = (endpoint.container.name, ANYWHERE[version], _METRICS[version])
            seen[place] = (network.name, None)
        for address, slice_ in endpoint.addresses:
            on_link[endpoint.container.name, str(slice_.block), _ON_LINK[address.version]] = network.name
    for network, endpoint, where in endpoints:
        for route in endpoint.spec.routes:
            place = (endpoint.container.name, str(route.dst), route.metric or _METRICS[route.dst.version])
            if on_link.get(place) not in (None, network.name if route.type else None):
                problems.add(
                    f"{where}its route to {route.dst} has the place of the kernel's own, to what it reaches on"
                    f" `{on_link[place]}` without a gateway",
                    "Leave it out, or give it a `metric` of its own",
                )
                continue
            name, other = seen.setdefault(place, (network.name, route))
            if name == network.name and (other == route or _is_its_default(route, endpoint, other)):
                continue
            what = "its default route" if other is None else "another route of its"
            problems.add(
                f"{where}its route to {route.dst} has the place of {what} by `{name}`",
                "Give it a `metric` of its own: the route of the lowest is taken, and the next where that is gone; or"
                " leave one of them out",
            )


def _is_its_default(route: ContainerRoute, endpoint: Endpoint, other: ContainerRoute | None) -> bool:
    """The very route that the network brings, written once more."""
    gateways = {slice_.gateway for _address, slice_ in endpoint.addresses}
    return other is None and route.type is None and (route.via is None or route.via in gateways)
