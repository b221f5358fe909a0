# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shims: a host's own address on a segment that it shares with its containers, as an endpoint like theirs.

A host does not reach its macvlans through their parent. With ``host_shim``, each member takes part in the network as
if it ran one container more, so its address is pinned, remembered and checked like any other. So does a host whose
containers ask a name server on a network that has no gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.names import device_name
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, parse_address
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    Endpoint,
    EndpointSpec,
    Inventory,
    NetworkSpec,
)

ENGINE = "host"  # the engine of the container that stands for the host itself
PREFIX = "chs-"


def is_shim(container: ContainerSpec) -> bool:
    return container.engine == ENGINE


def without_shims(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    return [each for each in endpoints if not is_shim(each.container)]


def shim_of(endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """The host's own endpoint on a network, of all those that it has there."""
    return next((each for each in endpoints if is_shim(each.container)), None)


def with_shims(inventory: Inventory, asked: Callable[[NetworkSpec], bool], problems: Problems) -> Inventory:
    """The inventory with one container more on each member of a network that has ``host_shim``, and on each host whose
    containers ask it on a network (``asked``)."""
    containers = {host: dict(own) for host, own in inventory.containers.items()}
    for name, spec in inventory.networks.items():
        is_wished = bool(spec.options.get("host_shim"))
        if not spec.present or not (is_wished or asked(spec)):
            continue
        try:
            addresses = wished(spec) if is_wished else {}
        except Refusal as refusal:
            problems.refuse(spec.where, refusal)
            continue
        for host in sorted(addresses.keys() - {"", *inventory.hosts}):
            problems.add(
                f"{spec.where}`host_shim` names {host}, which is no host of the fleet",
                "Write the host's name as the inventory has it, or leave it out there",
            )
        for host in _members(inventory, spec) if is_wished else _with_containers(inventory, spec):
            shim = f"({host})"
            endpoint = EndpointSpec(
                name, addresses.get(host, addresses.get("", ())), interface=device_name(PREFIX, name)
            )
            before = containers.setdefault(host, {}).get(shim)
            endpoints = (*(before.endpoints if before else ()), endpoint)
            containers[host][shim] = ContainerSpec(host, shim, ENGINE, "", None, None, endpoints, spec.where)
    return replace(inventory, containers=containers)


def _members(inventory: Inventory, spec: NetworkSpec) -> list[str]:
    return list(spec.members) if spec.members is not None else _with_containers(inventory, spec)


def _with_containers(inventory: Inventory, spec: NetworkSpec) -> list[str]:
    return sorted(
        host
        for host, own in inventory.containers.items()
        if any(endpoint.network == spec.name for container in own.values() for endpoint in container.endpoints)
    )


def wished(spec: NetworkSpec) -> Mapping[str, tuple[Address, ...]]:
    """Addresses that ``host_shim`` pins, by host; under "" those for whichever host. Raises Refusal."""
    value = spec.options["host_shim"]
    if value is True:
        return {}
    if isinstance(value, dict) and set(value) == {"address"}:
        return {"": _addresses(value["address"])}
    if isinstance(value, dict) and set(value) == {"addresses"} and isinstance(value["addresses"], dict):
        return {str(host): _addresses(wanted) for host, wanted in value["addresses"].items()}
    raise Refusal(
        f"`host_shim` is {value!r}",
        "Write true for an address of the range, {address: 192.168.7.250}, or {addresses: {h1: …, h2: …}}",
    )


def _addresses(value: Any) -> tuple[Address, ...]:
    """One address, or one a family."""
    return tuple(parse_address(str(each)) for each in (value if isinstance(value, list) else [value]))
