# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory read for a lab: from the variables of its hosts to the module's options. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

NETWORKS = "containerhost_networks"
Variables = t.Mapping[str, t.Any]


class InventoryError(Exception):
    """A value that the lab cannot use: one sentence that names the host and the variable."""


def options(hosts: t.Mapping[str, Variables], inventory_names: t.Collection[str]) -> dict[str, t.Any]:
    """The module's ``hosts``, ``lans``, ``outside`` and ``avoid``."""
    networks = list(_networks(hosts))
    return {
        "hosts": [_host(name, variables) for name, variables in hosts.items()],
        "lans": _lans(networks),
        "outside": _outside(inventory_names),
        "avoid": sorted({subnet for _name, network in networks for subnet, _gateway in _subnets(network)}),
    }


def _host(name: str, variables: Variables) -> dict[str, t.Any]:
    return {
        "name": name,
        "addresses": _underlay_addresses(name, variables),
        "interface": variables.get("containerhost_underlay_interface") or "eth0",
        "mtu": variables.get("containerhost_underlay_mtu") or 1500,
    }


def _underlay_addresses(name: str, variables: Variables) -> list[str]:
    given = variables.get("containerhost_underlay_address")
    if given is not None:
        several = list(given) if isinstance(given, (list, tuple)) else [given]
        for one in several:
            if not isinstance(one, str) or _address(one) is None:
                raise InventoryError(
                    f"containerhost_underlay_address of {name}: `{one}` is no address"
                    + ("" if isinstance(one, str) else "; quote it")
                )
        return several
    host = variables.get("ansible_host")
    address = _address(host.strip("[]")) if isinstance(host, str) else None
    # 127.0.0.1 with a port, as Vagrant writes it, is how to get there from here, not where the others find it.
    if address is None or address.is_loopback or address.is_link_local or address.is_unspecified:
        return []
    return [str(address)]


def _address(text: str) -> t.Any:
    try:
        return ipaddress.ip_interface(text).ip
    except ValueError:
        return None


def _networks(hosts: t.Mapping[str, Variables]) -> t.Iterator[tuple[str, Variables]]:
    """Every definition that any host sees. What is malformed is the plan's to refuse, in its own words."""
    for variables in hosts.values():
        for key, value in variables.items():
            if (key == NETWORKS or key.startswith(NETWORKS + "_")) and isinstance(value, t.Mapping):
                yield from ((str(name), net) for name, net in value.items() if isinstance(net, t.Mapping))


def _subnets(network: Variables) -> t.Iterator[tuple[str, str | None]]:
    subnets = network.get("subnets")
    for subnet in subnets if isinstance(subnets, (list, tuple)) else ():
        cidr, gateway = (subnet.get("cidr"), subnet.get("gateway")) if isinstance(subnet, t.Mapping) else (subnet, None)
        if isinstance(cidr, str) and _address(cidr) is not None:
            yield cidr, gateway if isinstance(gateway, str) and _address(gateway) is not None else None


def _lans(networks: t.Iterable[tuple[str, Variables]]) -> list[dict[str, t.Any]]:
    """A LAN for each parent; its MTU carries the largest network on it."""
    lans: dict[str, dict[str, t.Any]] = {}
    for name, network in networks:
        parent = network.get("parent")
        if parent is None:
            continue
        if not isinstance(parent, str):
            raise InventoryError(f"network {name}: parent: `{parent}` is no name for an interface; quote it")
        lan = lans.setdefault(parent, {"name": parent, "mtu": 1500, "addresses": []})
        mtu = network.get("mtu")
        if isinstance(mtu, int):
            lan["mtu"] = max(lan["mtu"], mtu)
        # Behind a VLAN tag the gateway is not on the segment itself.
        if network.get("vlan") is None:
            gateways = (_with_prefix(gateway, cidr) for cidr, gateway in _subnets(network) if gateway)
            lan["addresses"] += [address for address in gateways if address not in lan["addresses"]]
    return [lans[parent] for parent in sorted(lans)]


def _with_prefix(gateway: str, cidr: str) -> str:
    return f"{gateway.split('/')[0]}/{ipaddress.ip_network(cidr, strict=False).prefixlen}"


def _outside(taken: t.Collection[str]) -> str:
    number, name = 1, "outside"
    while name in taken:
        number += 1
        name = f"outside-{number}"
    return name
