# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that a Compose project makes, and those of others that it uses. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.driver_options import driver_options
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import (
    DiscoveredHost,
    canonical_address,
    canonical_block,
    is_name,
    subnet,
)

FALSE = (False, "false", "no", "off", None, "")
# Docker's own, which stand for no network (``host``, ``none``), or for one with another name here.
OF_DOCKER = ("host", "none", "bridge")


def networks(
    told: Mapping[str, Any], services: Mapping[str, Any], project: str, found: DiscoveredHost
) -> dict[str, str]:
    """Our names for the file's own, of networks whose options are in ``found`` then."""
    wanted = {str(key): each or {} for key, each in told.items()}
    if any(_is_on_default(each) for each in services.values()):
        wanted.setdefault("default", {})
    names = {}
    for key, each in wanted.items():
        external = each.get("external")
        named = external.get("name") if isinstance(external, dict) else None
        name = str(each.get("name") or named or (key if external not in FALSE else f"{project}_{key}"))
        if not is_name(name):
            found.left.append(f"network `{key}`: {name!r} is no name that a network can have here")
        elif external not in FALSE:
            names[key] = name
            if name not in OF_DOCKER:
                found.elsewhere[name] = (
                    f"network `{name}` is made outside of project `{project}`: discover the host, or the project that"
                    " makes it"
                )
                found.networks.setdefault(name, {"driver": "bridge", "names": "hosts"})
        elif (options := _network(f"network `{name}`", each, found)) is not None:
            names[key] = name
            found.networks[name] = options
    return names


def _is_on_default(each: Mapping[str, Any]) -> bool:
    told = each.get("networks")
    return not each.get("network_mode") and (not told or "default" in told)


def _network(what: str, each: Mapping[str, Any], found: DiscoveredHost) -> dict[str, Any] | None:
    options = driver_options(str(each.get("driver") or "bridge"), each.get("driver_opts") or {}, what, found.left)
    if options is None:
        return None
    ipam = each.get("ipam") or {}
    if ipam.get("driver") not in (None, "", "default"):
        found.left.append(f"{what}: addresses are not given by `ipam.driver` {ipam['driver']} here, but by the plan")
    subnets = list(_subnets(what, ipam.get("config") or (), found))
    if subnets:
        options["subnets"] = subnets
    if each.get("enable_ipv6") not in FALSE and not any(":" in str(one) for one in map(_cidr, subnets)):
        found.left.append(f"{what} has IPv6 without a subnet of it: add one to `subnets`, such as fd00:42::/64")
    if each.get("enable_ipv4", True) in FALSE and not subnets:
        found.left.append(f"{what} has no IPv4 (`enable_ipv4`): give it `subnets` of IPv6 alone, or it gets IPv4")
    if each.get("internal") not in FALSE:
        options["internal"] = True
    return {**options, "names": "hosts"}


def _cidr(entry: Any) -> str:
    return str(entry["cidr"] if isinstance(entry, Mapping) else entry)


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
        gateway = canonical_address(str(config.get("gateway") or "").partition("/")[0])
        yield subnet(cidr, gateway, canonical_block(str(config.get("ip_range"))), excluded)
