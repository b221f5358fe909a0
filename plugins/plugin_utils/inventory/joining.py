# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that join another's network namespace: one stack, with the ports and names of all of them.

What they publish, and how they are called, becomes their partner's, before anything is planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, on
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    EndpointSpec,
    Inventory,
    Publish,
)

Containers = Mapping[str, ContainerSpec]


def partner_of(container: ContainerSpec, others: Containers) -> ContainerSpec | None:
    """The container at the end, which has a network namespace of its own; None where there is none."""
    seen = {container.name}
    found: ContainerSpec | None = container
    while found is not None and found.partner is not None:
        found = others.get(found.partner)
        if found is not None and found.name in seen:
            return None
        seen.add(found.name if found else "")
    return found


def with_joined(inventory: Inventory, problems: Problems) -> Inventory:
    """The inventory in which partners have the ports and names of all that join them."""
    if not any(each.partner for own in inventory.containers.values() for each in own.values()):
        return inventory
    containers = {}
    for host, own in inventory.containers.items():
        for container in own.values():
            _check(container, own, inventory, problems)
        containers[host] = {name: _with_its_joined(each, own, inventory, problems) for name, each in own.items()}
    return replace(inventory, containers=containers)


def _check(container: ContainerSpec, own: Containers, inventory: Inventory, problems: Problems) -> None:
    name = container.partner
    if name is None:
        return
    where = container.where.inside("network_mode")
    what = f"{where}`network_mode` names the container `{name}`, which"
    if name == container.name:
        problems.add(f"{what} is itself", "Name another one")
    elif name not in own:
        elsewhere = sorted(host for host, others in inventory.containers.items() if name in others)
        there = f" but on {on(elsewhere[0])}: a network namespace is one host's" if elsewhere else ""
        fix = "Move one of the two" if elsewhere else schema.suggestion(name, own.keys() - {container.name})
        problems.add(f"{what} is not on {on(container.host)}{there}", fix)
    else:
        partner = partner_of(container, own)
        circle = _circle(container, own)
        if circle and container.name == min(circle):
            problems.add(
                f"{where}it joins {' which joins '.join(f'`{each}`' for each in [*circle[1:], circle[0]])}:"
                " none of them has a network namespace of its own",
                "Give one of them `networks`, or `network_mode: none`",
            )
        elif partner is not None and partner.network_mode == "host" and container.engine == "netns":
            problems.add(
                f"{what} is in the host's own network namespace, for which there is no name below /run/netns",
                "Write `network_mode: host`, or name another",
            )


def _circle(container: ContainerSpec, own: Containers) -> list[str]:
    """The names of a circle that this one is in, beginning with it."""
    names = [container.name]
    following = own.get(container.partner or "")
    while following is not None and following.name not in names:
        names.append(following.name)
        following = own.get(following.partner or "")
    return names if following is not None and following.name == container.name else []


def _with_its_joined(
    partner: ContainerSpec, own: Containers, inventory: Inventory, problems: Problems
) -> ContainerSpec:
    joined = [each for each in own.values() if each.partner and partner_of(each, own) is partner]
    if not joined:
        return partner
    ports = list(_ports(partner, joined, problems))
    place = _publishing(partner, inventory)
    if ports and place is None:
        problems.add(
            f"{ports[0][0].where.inside('publish')}it publishes {ports[0][1]}, and `{partner.name}`, which it joins,"
            " has no network with a way in",
            f"Put `{partner.name}` on a network that has a gateway and is not internal",
        )
    extended = []
    for endpoint in partner.endpoints:
        aliases = dict.fromkeys((*endpoint.aliases, *_names(joined, endpoint, inventory)))
        more = tuple(port for _container, port in ports) if endpoint is place else ()
        extended.append(replace(endpoint, aliases=tuple(aliases), publish=(*endpoint.publish, *more)))
    return replace(partner, endpoints=tuple(extended))


def _names(joined: list[ContainerSpec], endpoint: EndpointSpec, inventory: Inventory) -> Iterator[str]:
    """What those that have joined are called on a network: by their aliases, and by name where it has names."""
    network = inventory.networks.get(endpoint.network)
    for container in joined:
        yield from [container.name] if network is not None and network.names else []
        yield from container.aliases


def _ports(
    partner: ContainerSpec, joined: list[ContainerSpec], problems: Problems
) -> Iterator[tuple[ContainerSpec, Publish]]:
    """What those that have joined publish. In one stack a port is one program's."""
    taken = {(port.protocol, port.port): partner for each in partner.endpoints for port in each.publish}
    hosts = {_outside(port): partner for each in partner.endpoints for port in each.publish}
    for container in joined:
        for port in container.publish:
            inside = taken.setdefault((port.protocol, port.port), container)
            outside = hosts.setdefault(_outside(port), container)
            for other, number, what in ((inside, port.port, "port"), (outside, port.host_port, "host port")):
                if other is not container:
                    problems.add(
                        f"{container.where.inside('publish')}`{container.name}` and `{other.name}` are one network"
                        f" stack, and both publish {what} {number}/{port.protocol}",
                        "Give one of them another",
                    )
                    break
            else:
                yield container, port


def _outside(port: Publish) -> tuple[str, object, int]:
    return port.protocol, port.host_address, port.host_port


def _publishing(partner: ContainerSpec, inventory: Inventory) -> EndpointSpec | None:
    """The endpoint that ports of the stack are published on: that of the default route, or the first that can."""
    able = []
    for endpoint in partner.endpoints:
        network = inventory.networks.get(endpoint.network)
        if network is not None and not network.internal and driver_of(network).has_gateway:
            able.append(endpoint)
    able.sort(key=lambda each: (each.network != partner.default_route, -each.priority))
    return next(iter(able), None)
