# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's networks and containers, as its API describes them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import swarm
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.driver_options import (
    driver_options,
    endpoint_options,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import (
    DiscoveredHost,
    canonical_address,
    canonical_block,
    canonical_span,
    in_family,
    is_hostname,
    is_name,
    port,
    subnet,
)

DEFAULT_NETWORK = "docker0"  # what Docker calls bridge, and has no names
OURS = "containerhost"  # a label of networks that we have handed to Docker


def from_docker(
    networks: Sequence[Mapping[str, Any]],
    containers: Sequence[Mapping[str, Any]],
    engine: str = "docker",
    services: Mapping[str, Sequence[str]] | None = None,
) -> DiscoveredHost:
    """Everything of one host. Networks that no container is on are taken as well, as somebody has made them.

    ``services``: of its Swarm, by name, with the ports that each publishes on every node.
    """
    found = DiscoveredHost()
    containers = [{**each, "Name": swarm.task_name(each)} for each in containers]
    used = {name for each in containers for name in _endpoints(each)}
    for each in sorted(networks, key=lambda each: str(each.get("Name"))):
        name = str(each.get("Name"))
        if name in ("host", "none") or name == "bridge" and name not in used:
            continue
        options = _network(name, each, found)
        if options is not None:
            found.networks[_ours(name)] = options
    by_id = {str(each.get("Id")): _name(each) for each in containers}
    for each in sorted(containers, key=_name):
        _take_container(each, by_id, found, engine)
    swarm.give_ways_out(containers, networks, services or {}, found)
    return found


def _ours(network: str) -> str:
    return DEFAULT_NETWORK if network == "bridge" else network


def _name(container: Mapping[str, Any]) -> str:
    return str(container.get("Name") or container.get("Id")).lstrip("/")


def _endpoints(container: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = (container.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: each or {} for name, each in found.items() if name not in ("host", "none")}


# -- networks ----------------------------------------------------------------------------------------------------------


def _network(name: str, each: Mapping[str, Any], found: DiscoveredHost) -> dict[str, Any] | None:
    """Options of a network; None where it cannot be taken over, which is then said."""
    what, driver = f"network `{name}`", str(each.get("Driver"))
    if name in (swarm.INGRESS, swarm.WAY_OUT):
        return None
    if OURS in (each.get("Labels") or {}):
        found.left.append(f"{what} is on a bridge of ours already")
        return None
    if not is_name(_ours(name)):
        found.left.append(f"{what} has a name that no network here can have: give it another in the inventory")
        return None
    options = driver_options(driver, each.get("Options") or {}, what, found.left)
    if options is None:
        return None
    subnets = list(_subnets(each, what, found))
    if subnets:
        options["subnets"] = subnets
    if each.get("Internal"):
        options["internal"] = True
    if each.get("Names", name != "bridge"):  # Podman says it of each network
        options["names"] = "hosts"
    return options


def _subnets(each: Mapping[str, Any], what: str, found: DiscoveredHost) -> Iterator[Any]:
    for config in (each.get("IPAM") or {}).get("Config") or ():
        cidr = canonical_block(str(config.get("Subnet")))
        if cidr is None:
            found.left.append(f"{what}: its subnet {config.get('Subnet')!r} is no CIDR")
            continue
        gateway = canonical_address(str(config.get("Gateway") or "").partition("/")[0])
        aux = config.get("AuxiliaryAddresses") or config.get("AuxAddress") or {}
        excluded = [address for address in map(canonical_address, map(str, aux.values())) if address]
        yield subnet(cidr, gateway, canonical_span(str(config.get("IPRange"))), excluded)


# -- containers --------------------------------------------------------------------------------------------------------


def _take_container(each: Mapping[str, Any], by_id: Mapping[str, str], found: DiscoveredHost, engine: str) -> None:
    name, host = _name(each), each.get("HostConfig") or {}
    if not is_name(name):
        found.left.append(f"container {name!r} has a name that none can have here: give it another with its engine")
        return
    mode = str(host.get("NetworkMode") or "default")
    options: dict[str, Any] = {"engine": engine}
    if mode in ("host", "none"):
        found.containers[name] = {**options, "network_mode": mode}
        return
    if mode.startswith("container:"):
        partner = by_id.get(mode.partition(":")[2], mode.partition(":")[2])
        found.containers[name] = {**options, "network_mode": f"container:{partner}"}
        return
    endpoints = {network: it for network, it in _endpoints(each).items() if _ours(network) in found.networks}
    for network in sorted(set(_endpoints(each)) - {*endpoints, swarm.INGRESS}):
        found.left.append(f"container `{name}` is not put on `{network}`, which could not be taken over")
    taken = {_ours(network): _endpoint(name, network, it, each, found) for network, it in endpoints.items()}
    way_out = _way_out(endpoints, found)
    ports = list(_ports(name, each, found))
    if ports and way_out is None:
        found.left.append(f"container `{name}`: it publishes {', '.join(ports)}, and is on no bridge with a way in")
    elif way_out is not None:
        ports = in_family(ports, found.networks[way_out], f"container `{name}`", found.left)
        taken[way_out] |= {"publish": ports} if ports else {}
    options["networks"] = taken
    if way_out is not None and len(taken) > 1:
        options["default_route"] = way_out
    found.containers[name] = options
    found.left.extend(_dns(name, host))
    for link in host.get("Links") or ():
        found.left.append(f"container `{name}`: its link {link} is no name here; give the other one an alias")


def _endpoint(
    name: str, network: str, it: Mapping[str, Any], each: Mapping[str, Any], found: DiscoveredHost
) -> dict[str, Any]:
    """Addresses and MAC pinned, as they are; of a container that has stopped, as far as somebody has chosen them."""
    chosen = it.get("IPAMConfig") or {}
    texts = [
        it.get("IPAddress") or chosen.get("IPv4Address"),
        it.get("GlobalIPv6Address") or chosen.get("IPv6Address"),
    ]
    addresses = [address for address in (canonical_address(str(text)) for text in texts if text) if address]
    options: dict[str, Any] = {}
    if addresses:
        options |= {"address": addresses[0]} if len(addresses) == 1 else {"addresses": addresses}
    else:
        found.left.append(
            f"container `{name}` has no address on `{network}`, as it does not run: start it and discover again, or"
            " it gets another one"
        )
    driver = found.networks[_ours(network)]["driver"]
    if it.get("MacAddress") and driver != "ipvlan":
        options["mac"] = str(it["MacAddress"]).lower()
    options |= endpoint_options(it.get("DriverOpts") or {}, f"container `{name}` on `{network}`", found.left)
    aliases = [*_aliases(name, it, str(each.get("Id"))), *swarm.service_names(each, it)]
    for alias in (alias for alias in aliases if not is_hostname(alias)):
        found.left.append(f"container `{name}`: its alias {alias!r} on `{network}` is no name here")
    kept = [alias for alias in aliases if is_hostname(alias)]
    return {**options, "aliases": kept} if kept else options


def _aliases(name: str, it: Mapping[str, Any], identity: str) -> Iterator[str]:
    """Without the name itself, and the container's id, which Docker adds."""
    known = {name, identity[:12], identity}
    for alias in [*(it.get("Aliases") or ()), *(it.get("DNSNames") or ())]:
        if alias not in known:
            known.add(alias)
            yield alias


def _way_out(endpoints: Mapping[str, Mapping[str, Any]], found: DiscoveredHost) -> str | None:
    """The network of Docker's default route: by priority, then by name, of those with a gateway."""
    able = [
        (-int(it.get("GwPriority") or 0), network)
        for network, it in endpoints.items()
        if found.networks[_ours(network)]["driver"] == "bridge" and not found.networks[_ours(network)].get("internal")
    ]
    return _ours(min(able)[1]) if able else None


def _ports(name: str, each: Mapping[str, Any], found: DiscoveredHost) -> Iterator[str]:
    """Each once, though Docker has an entry a family; those of a running container are the ones that it has."""
    told = (each.get("NetworkSettings") or {}).get("Ports") or {}
    wanted = (each.get("HostConfig") or {}).get("PortBindings") or {}
    bindings = {key: value for key, value in told.items() if value} or wanted
    seen = set()
    for key, rows in sorted(bindings.items(), key=_by_number):
        inside, _slash, protocol = str(key).partition("/")
        for row in rows or ():
            text = port(str(row.get("HostIp") or ""), str(row.get("HostPort") or ""), inside, protocol or "tcp")
            if text in seen:
                continue
            seen.add(text)
            if str(row.get("HostIp")) == "::1":
                found.left.append(f"container `{name}`: {text} is on ::1, where the kernel knows no NAT; use 127.0.0.1")
            else:
                yield text


def _by_number(item: tuple[str, Any]) -> tuple[int, str]:
    number = re.match(r"[0-9]+", item[0])
    return int(number[0]) if number else 0, item[0]


def _dns(name: str, host: Mapping[str, Any]) -> Iterator[str]:
    for theirs, option in (("Dns", "--dns"), ("DnsSearch", "--dns-search"), ("DnsOptions", "--dns-option")):
        if host.get(theirs):
            told = " ".join(f"{option} {each}" for each in host[theirs])
            yield f"container `{name}`: {told} is Docker's to write into resolv.conf; re-create it with the same"
