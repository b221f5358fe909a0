# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Compose file's networks and services, as Compose would make them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import compose_ports
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.driver_options import driver_options
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import (
    DiscoveredHost,
    canonical_address,
    canonical_block,
    is_name,
    subnet,
)

_FALSE = (False, "false", "no", "off", None, "")
# Keys of a service that change its network, and that nothing here has an equal of.
_WITHOUT_EQUAL = {
    "links": "the other one's alias says the same",
    "external_links": "give the other one an alias",
    "extends": "write what it extends into the file, as `docker compose config` does",
}


def project_name(content: Mapping[str, Any], folder: str) -> str:
    """As Compose names it: by ``name``, else after the folder."""
    name = str(content.get("name") or folder).lower()
    return re.sub(r"[^a-z0-9_-]", "", name).lstrip("_-") or "default"


def from_compose(content: Mapping[str, Any], folder: str) -> DiscoveredHost:
    """Networks, and the containers of services. ``folder``: the name of the one that the file lies in."""
    found, project = DiscoveredHost(), project_name(content, folder)
    services = {str(name): each or {} for name, each in content["services"].items()}
    names = _networks(content.get("networks") or {}, services, project, found)
    for include in content.get("include") or ():
        found.left.append(f"project `{project}` includes {include}: discover that file as well")
    containers = {name: list(_container_names(name, each, project)) for name, each in services.items()}
    for name, each in services.items():
        for number, container in enumerate(containers[name]):
            if not is_name(container):
                found.left.append(f"service `{name}`: {container!r} is no name that a container can have here")
                continue
            options = _container(name, each, names, containers, found, first=number == 0)
            if options is not None:
                found.containers[container] = options
    return found


def _container_names(service: str, each: Mapping[str, Any], project: str) -> Iterator[str]:
    if each.get("container_name"):
        yield str(each["container_name"])
        return
    count = each.get("scale") or (each.get("deploy") or {}).get("replicas") or 1
    for number in range(1, (int(count) if str(count).isdigit() else 1) + 1):
        yield f"{project}-{service}-{number}"


# -- networks ----------------------------------------------------------------------------------------------------------


def _networks(
    told: Mapping[str, Any], services: Mapping[str, Any], project: str, found: DiscoveredHost
) -> dict[str, str]:
    """Options of each network that the project makes or uses; our names for the file's own."""
    wanted = {key: each or {} for key, each in told.items()}
    if any(_is_on_default(each) for each in services.values()):
        wanted.setdefault("default", {})
    names = {}
    for key, each in wanted.items():
        external = each.get("external")
        named = external.get("name") if isinstance(external, dict) else None
        name = str(each.get("name") or named or (key if external not in _FALSE else f"{project}_{key}"))
        if not is_name(name):
            found.left.append(f"network `{key}`: {name!r} is no name that a network can have here")
            continue
        if external not in _FALSE:
            names[key] = name
            found.left.append(f"network `{name}` is made outside of project `{project}`: discover it from its host")
            found.networks.setdefault(name, {"driver": "bridge", "names": "hosts"})
            continue
        options = _network(f"network `{name}`", each, found)
        if options is not None:
            names[key] = name
            found.networks[name] = options
    return names


def _is_on_default(each: Mapping[str, Any]) -> bool:
    return not each.get("network_mode") and (not each.get("networks") or "default" in each["networks"])


def _network(what: str, each: Mapping[str, Any], found: DiscoveredHost) -> dict[str, Any] | None:
    options = driver_options(str(each.get("driver") or "bridge"), each.get("driver_opts") or {}, what, found.left)
    if options is None:
        return None
    subnets = list(_subnets(what, (each.get("ipam") or {}).get("config") or (), found))
    if subnets:
        options["subnets"] = subnets
    elif each.get("enable_ipv6") not in _FALSE:
        found.left.append(f"{what} has IPv6 without a subnet of it: add one to `subnets`, such as fd00:42::/64")
    if each.get("internal") not in _FALSE:
        options["internal"] = True
    return {**options, "names": "hosts"}


def _subnets(what: str, configs: Any, found: DiscoveredHost) -> Iterator[Any]:
    for config in configs:
        if config.get("subnet") is None:
            continue
        cidr = canonical_block(str(config["subnet"]))
        if cidr is None:
            found.left.append(f"{what}: its subnet {config['subnet']!r} is no CIDR without host bits")
            continue
        reserved = (config.get("aux_addresses") or {}).values()
        excluded = [each for each in map(canonical_address, map(str, reserved)) if each]
        gateway = canonical_address(str(config.get("gateway") or ""))
        yield subnet(cidr, gateway, canonical_block(str(config.get("ip_range"))), excluded)


# -- services ----------------------------------------------------------------------------------------------------------


def _container(
    service: str,
    each: Mapping[str, Any],
    names: Mapping[str, str],
    containers: Mapping[str, list[str]],
    found: DiscoveredHost,
    first: bool,
) -> dict[str, Any] | None:
    what = f"service `{service}`"
    options: dict[str, Any] = {"engine": "docker"}
    for key, advice in _WITHOUT_EQUAL.items():
        if each.get(key) and first:
            found.left.append(f"{what}: `{key}` is not taken over; {advice}")
    ports = compose_ports.ports(each.get("ports") or (), what, found.left)
    if ports and not first:
        found.left.append(f"{what}: its ports lead to the first of its containers, as a port of a host leads to one")
        ports = []
    mode = str(each.get("network_mode") or "")
    if mode and mode not in ("bridge", "default"):
        return _in_mode(what, mode, containers, ports, found)
    if mode:
        found.networks.setdefault("docker0", {"driver": "bridge"})
        endpoints: dict[str, dict[str, Any]] = {"docker0": {}}
    else:
        endpoints = dict(_endpoints(service, each, names, found, first))
    way_out = _way_out(endpoints, each, names, found)
    if ports and way_out is None:
        found.left.append(f"{what}: it publishes {', '.join(ports)}, and is on no bridge with a way in")
    elif ports and way_out is not None:
        endpoints[way_out] = {**endpoints[way_out], "publish": ports}
    options |= {"networks": endpoints}
    if way_out is not None and len(endpoints) > 1:
        options["default_route"] = way_out
    return {**options, **_dns(each)}


def _in_mode(
    what: str, mode: str, containers: Mapping[str, list[str]], ports: list[str], found: DiscoveredHost
) -> dict[str, Any] | None:
    kind, _colon, partner = mode.partition(":")
    if mode in ("host", "none"):
        if ports:
            listed = ", ".join(ports)
            found.left.append(f"{what}: it publishes {listed}, which has no meaning with `network_mode: {mode}`")
        return {"engine": "docker", "network_mode": mode}
    if kind == "service" and containers.get(partner):
        partner = containers[partner][0]
    elif kind != "container" or not partner:
        found.left.append(f"{what}: `network_mode: {mode}` has no equal here")
        return None
    joined = {"engine": "docker", "network_mode": f"container:{partner}"}
    return {**joined, "publish": ports} if ports else joined


def _endpoints(
    service: str, each: Mapping[str, Any], names: Mapping[str, str], found: DiscoveredHost, first: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    told = each.get("networks") or ["default"]
    items = told.items() if isinstance(told, Mapping) else ((name, {}) for name in told)
    for key, endpoint in items:
        if key not in names:
            found.left.append(f"service `{service}` is not put on `{key}`, which could not be taken over")
            continue
        yield names[key], _endpoint(f"service `{service}`", service, each, endpoint or {}, found, first)


def _endpoint(
    what: str, service: str, each: Mapping[str, Any], endpoint: Mapping[str, Any], found: DiscoveredHost, first: bool
) -> dict[str, Any]:
    """The service's name is one of each of its containers; addresses are the first one's."""
    options: dict[str, Any] = {}
    texts = [endpoint[key] for key in ("ipv4_address", "ipv6_address") if endpoint.get(key)]
    addresses = [address for address in map(canonical_address, map(str, texts)) if address]
    if len(addresses) < len(texts):
        found.left.append(f"{what}: of {' and '.join(map(str, texts))} not each is an address")
    if first and addresses:
        options |= {"address": addresses[0]} if len(addresses) == 1 else {"addresses": addresses}
    mac = endpoint.get("mac_address") or each.get("mac_address")
    if first and mac:
        options["mac"] = str(mac).lower()
    if endpoint.get("interface_name"):
        options["interface"] = str(endpoint["interface_name"])
    if endpoint.get("link_local_ips"):
        found.left.append(f"{what}: `link_local_ips` have no equal here")
    aliases = dict.fromkeys([service, *map(str, endpoint.get("aliases") or ())])
    aliases.pop(str(each.get("container_name")), None)
    for alias in (alias for alias in aliases if not is_name(alias)):
        found.left.append(f"{what}: its alias {alias!r} is no name here")
    kept = [alias for alias in aliases if is_name(alias)]
    return {**options, "aliases": kept} if kept else options


def _way_out(
    endpoints: Mapping[str, Any], each: Mapping[str, Any], names: Mapping[str, str], found: DiscoveredHost
) -> str | None:
    """As Docker chooses it: by priority, then by name."""
    told = each.get("networks")
    priorities = {}
    if isinstance(told, Mapping):
        for key, endpoint in told.items():
            given = (endpoint or {}).get("gw_priority")
            priorities[names.get(key)] = int(given) if str(given).lstrip("-").isdigit() else 0
    able = [
        (-priorities.get(name, 0), name)
        for name in endpoints
        if found.networks[name]["driver"] == "bridge" and not found.networks[name].get("internal")
    ]
    return min(able)[1] if able else None


def _dns(each: Mapping[str, Any]) -> dict[str, Any]:
    keys = (("servers", "dns"), ("search", "dns_search"), ("options", "dns_opt"))
    dns = {}
    for ours, theirs in keys:
        value = each.get(theirs)
        if value:
            dns[ours] = [str(value)] if isinstance(value, str) else [str(one) for one in value]
    return {"dns": dns} if dns else {}
