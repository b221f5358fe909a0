# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Compose project's services, as the containers that Compose would make of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import compose_names, compose_ports
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.compose_networks import (
    OF_DOCKER,
    networks,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.driver_options import endpoint_options
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import (
    DiscoveredHost,
    canonical_address,
    in_family,
    is_name,
)

_DEFAULT_BRIDGE = "docker0"  # what Docker calls bridge, and has no names


def project_name(content: Mapping[str, Any], folder: str) -> str:
    """As Compose names it: by ``name``, else after the folder."""
    name = str(content.get("name") or folder).lower()
    return re.sub(r"[^a-z0-9_-]", "", name).lstrip("_-") or "default"


def from_compose(content: Mapping[str, Any], folder: str) -> DiscoveredHost:
    """Networks, and the containers of services. ``folder``: the name of the one that the file lies in."""
    found, project = DiscoveredHost(), project_name(content, folder)
    services = dict(_services(content["services"], found))
    names = networks(content.get("networks") or {}, services, project, found)
    containers = {name: list(_container_names(name, each, project, found)) for name, each in services.items()}
    whole = _Project(services, names, containers, compose_names.link_aliases(services, found), found)
    for name in services:
        for number, container in enumerate(containers[name]):
            if not is_name(container):
                found.left.append(f"service `{name}`: {container!r} is no name that a container can have here")
                continue
            options = whole.container(name, first=number == 0)
            if options is not None:
                found.containers[container] = options
    return found


def _services(told: Mapping[str, Any], found: DiscoveredHost) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, each in told.items():
        if each is not None and not isinstance(each, Mapping):
            found.left.append(f"service `{name}` is {each!r}, which is no mapping")
        elif (each or {}).get("provider"):
            found.left.append(f"service `{name}`: `provider` makes something else than a container of it")
        else:
            yield str(name), each or {}


def _container_names(
    service: str, each: Mapping[str, Any], project: str, found: DiscoveredHost
) -> Iterator[str]:
    told = each.get("scale", (each.get("deploy") or {}).get("replicas"))
    count = int(told) if str(told).isdigit() else 1
    if count == 0:
        found.left.append(f"service `{service}` has no container, as its `scale` or `deploy.replicas` is 0")
    elif each.get("container_name"):
        yield str(each["container_name"])
        return
    for number in range(1, count + 1):
        yield f"{project}-{service}-{number}"


@dataclass(frozen=True)
class _Project:
    """``names``: of networks by the file's own. ``containers`` by service. ``linked``: aliases by service."""

    services: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]
    containers: Mapping[str, list[str]]
    linked: Mapping[str, list[str]]
    found: DiscoveredHost

    def container(self, service: str, first: bool) -> dict[str, Any] | None:
        each, what, left = self.services[service], f"service `{service}`", self.found.left
        if first:
            left.extend(compose_names.left_to_docker(what, each))
        ports = compose_ports.ports(each.get("ports") or (), what, left)
        if ports and not first:
            left.append(f"{what}: its `ports` lead to the first of its containers, as a port of a host leads to one")
            ports = []
        mode = self._mode(each)
        if mode and mode not in ("bridge", "default"):
            return self._in_mode(what, mode, ports)
        if mode:
            self.found.networks.setdefault(_DEFAULT_BRIDGE, {"driver": "bridge"})
            endpoints: dict[str, dict[str, Any]] = {_DEFAULT_BRIDGE: {}}
        else:
            endpoints = self._endpoints(service, first)
        return {"engine": "docker", "networks": endpoints, **self._way_out(what, each, endpoints, ports)}

    def _mode(self, each: Mapping[str, Any]) -> str:
        """Docker's own networks may be named as external ones, too."""
        alone = [self.names.get(str(key)) for key in each.get("networks") or ()]
        own = alone[0] if len(alone) == 1 and alone[0] in OF_DOCKER else None
        return str(each.get("network_mode") or own or "")

    def _in_mode(self, what: str, mode: str, ports: list[str]) -> dict[str, Any] | None:
        kind, _colon, partner = mode.partition(":")
        if mode in ("host", "none"):
            if ports:
                listed = ", ".join(ports)
                self.found.left.append(
                    f"{what}: its `ports` {listed} have no meaning with `network_mode: {mode}`"
                )
            return {"engine": "docker", "network_mode": mode}
        if kind == "service" and self.containers.get(partner):
            partner = self.containers[partner][0]
        elif kind != "container" or not partner:
            why = "names no service of the project" if kind == "service" else "has no equal here"
            self.found.left.append(f"{what}: `network_mode: {mode}` {why}")
            return None
        joined = {"engine": "docker", "network_mode": f"container:{partner}"}
        return {**joined, "publish": ports} if ports else joined

    # -- endpoints ---------------------------------------------------------------------------------------------

    def _told(self, service: str) -> dict[str, Mapping[str, Any]]:
        """By the file's names, in the order in which Compose connects a container: the first one is eth0."""
        told = self.services[service].get("networks") or ["default"]
        by_key = {str(key): (told[key] or {}) if isinstance(told, Mapping) else {} for key in told}
        return dict(sorted(by_key.items(), key=lambda item: (-_number(item[1].get("priority")), item[0])))

    def _endpoints(self, service: str, first: bool) -> dict[str, dict[str, Any]]:
        endpoints = {}
        for key, told in self._told(service).items():
            name = self.names.get(key)
            if name is None or name in OF_DOCKER:
                why = "which could not be taken over" if name is None else "beside others, which Docker does not allow"
                self.found.left.append(f"service `{service}`: `networks` has `{key}`, {why}")
            else:
                endpoints[name] = self._endpoint(service, told, first)
        # Here interfaces are numbered by networks' names.
        if list(endpoints) != sorted(endpoints) and not any("interface" in each for each in endpoints.values()):
            for number, endpoint in enumerate(endpoints.values()):
                endpoint["interface"] = f"eth{number}"
        return endpoints

    def _endpoint(self, service: str, told: Mapping[str, Any], first: bool) -> dict[str, Any]:
        """Addresses and the MAC are those of the service's first container."""
        each, what, left = self.services[service], f"service `{service}`", self.found.left
        options: dict[str, Any] = {}
        texts = [told[key] for key in ("ipv4_address", "ipv6_address") if told.get(key)]
        addresses = [address for address in map(canonical_address, map(str, texts)) if address]
        if len(addresses) < len(texts):
            left.append(f"{what}: of {' and '.join(map(str, texts))} not each is an address")
        if first and addresses:
            options |= {"address": addresses[0]} if len(addresses) == 1 else {"addresses": addresses}
        mac = told.get("mac_address") or each.get("mac_address")
        if first and mac:
            options["mac"] = str(mac).lower().replace("-", ":")
        if told.get("link_local_ips"):
            left.append(f"{what}: `link_local_ips` have no equal here")
        options |= endpoint_options(told.get("driver_opts") or {}, what, left)
        if told.get("interface_name"):
            options["interface"] = str(told["interface_name"])
        linked = self.linked.get(service, ())
        aliases = compose_names.aliases_of(what, service, each, told.get("aliases") or (), linked, left)
        return {**options, "aliases": aliases} if aliases else options

    def _way_out(
        self, what: str, each: Mapping[str, Any], endpoints: dict[str, dict[str, Any]], ports: list[str]
    ) -> dict[str, str]:
        """The default route, as Docker chooses it (by priority, then by name), and ports on its network."""
        told = each.get("networks")
        priorities = {
            self.names.get(str(key)): _number((endpoint or {}).get("gw_priority"))
            for key, endpoint in (told.items() if isinstance(told, Mapping) else ())
        }
        known = self.found.networks
        able = [
            (-priorities.get(name, 0), name)
            for name in endpoints
            if known[name]["driver"] == "bridge" and not known[name].get("internal")
        ]
        if not able:
            if ports:
                self.found.left.append(
                    f"{what}: its `ports` {', '.join(ports)} are not published, as it is on no bridge with a way in"
                )
            return {}
        way_out = min(able)[1]
        if ports := in_family(ports, known[way_out], what, self.found.left):
            endpoints[way_out]["publish"] = ports
        return {"default_route": way_out} if len(endpoints) > 1 else {}


def _number(told: Any) -> int:
    return int(told) if re.fullmatch(r"-?[0-9]+", str(told)) else 0
