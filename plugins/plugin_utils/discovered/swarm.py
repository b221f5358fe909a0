# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Swarm has beside its overlays: names of services, ways out of a host, ports on every node. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import (
    DiscoveredHost,
    canonical_block,
    port,
)

INGRESS = "ingress"  # the overlay by which nodes pass published ports on to each other
WAY_OUT = "docker_gwbridge"  # the bridge of each host by which containers of overlays leave it


def published(told: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """By service, its ports on every node, of what managers say; those on a task's own host are its container's."""
    found: dict[str, list[str]] = {}
    for each in told:
        for service in each.get("services") or ():
            ports = [row for row in service.get("ports") or () if row.get("PublishMode") != "host"]
            texts = (
                port("", str(row["PublishedPort"]), str(row["TargetPort"]), str(row.get("Protocol") or "tcp"))
                for row in ports
                if row.get("PublishedPort") and row.get("TargetPort")
            )
            found.setdefault(str(service.get("name")), []).extend(texts)
    return found


def lacks(told: Mapping[str, Any], has_services: bool) -> Iterator[str]:
    """What a host of a Swarm does not say."""
    if told and not told.get("manager") and not has_services:
        yield (
            "this host is a worker of a Swarm, and does not tell which ports services publish, nor of overlays that"
            " none of its containers is on: discover a manager in the same run"
        )


def task_name(container: Mapping[str, Any]) -> str:
    """``web-1`` of ``web.1.TASK``: the task's own part is another one whenever it starts, and dots are a domain's."""
    name, task = str(container.get("Name") or container.get("Id")).lstrip("/"), container.get("Task")
    return (name.rpartition(".")[0] or name).replace(".", "-") if task and name == task else name


def service_names(container: Mapping[str, Any], endpoint: Mapping[str, Any]) -> Iterator[str]:
    """What Docker's name server answers for, without being asked to by an alias of the container."""
    service = container.get("Service")
    if service:
        known = {*(endpoint.get("Aliases") or ()), *(endpoint.get("DNSNames") or ())}
        yield from (name for name in (str(service), f"tasks.{service}") if name not in known)


def give_ways_out(
    containers: Sequence[Mapping[str, Any]],
    networks: Sequence[Mapping[str, Any]],
    services: Mapping[str, Sequence[str]],
    found: DiscoveredHost,
) -> None:
    """Put containers that are on an overlay alone on a bridge as well, as Swarm does, with their service's ports."""
    bridge = next((each for each in networks if each.get("Name") == WAY_OUT), None)
    leading: set[str] = set()
    for each in containers:
        name, service = str(each["Name"]), str(each.get("Service") or "")
        options = found.containers.get(name)
        drivers = {found.networks[on]["driver"]: found.networks[on] for on in (options or {}).get("networks") or ()}
        if options is None or "overlay" not in drivers or "bridge" in drivers:
            continue
        if bridge is None or all(one.get("internal") for one in drivers.values()):
            continue
        found.networks.setdefault(WAY_OUT, _network(bridge))
        ports = [] if service in leading else list(services.get(service, ()))
        if ports:
            leading.add(service)
            found.left.append(
                f"service `{service}`: {', '.join(ports)} lead to `{name}` on this host, and on hosts without a"
                " container of it to nothing, as no node passes them on"
            )
        elif services.get(service):
            found.left.append(f"`{name}`: the ports of `{service}` lead to the first of its containers on this host")
        options["networks"][WAY_OUT] = {"publish": ports} if ports else {}
        options["default_route"] = WAY_OUT


def _network(bridge: Mapping[str, Any]) -> dict[str, Any]:
    """Its containers do not reach each other by it."""
    told = (str(each.get("Subnet")) for each in (bridge.get("IPAM") or {}).get("Config") or ())
    subnets = [block for block in map(canonical_block, told) if block]
    return {"driver": "bridge", "icc": False, **({"subnets": subnets} if subnets else {})}
