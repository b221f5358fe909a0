# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One network of those that scripts have made: its options, and its endpoints with all that they have. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import subnet
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    block_around,
    parse_address,
    parse_interface,
)

Row = Mapping[str, Any]
# linux/if_link.h, MACVLAN_MODE_*, IPVLAN_MODE_*, IPVLAN_F_*
_MODES = {"macvlan": {1: "private", 2: "vepa", 4: "bridge", 8: "passthru"}, "ipvlan": {0: "l2", 1: "l3", 2: "l3s"}}
_DEFAULT_MODES = {"macvlan": "bridge", "ipvlan": "l2"}
_FLAGS = {0: "bridge", 1: "private", 2: "vepa"}
_MTU = 1500
_VXLAN_PORT = 4789


@dataclass(frozen=True)
class EndInside:
    """An interface in a container."""

    link: Row
    namespace: Row

    @property
    def addresses(self) -> list[tuple[Address, int]]:
        return _interfaces(self.link)

    def default_routes(self) -> Iterator[Row]:
        for route in self.namespace["routes"]:
            if route["dst"] in ("0.0.0.0/0", "::/0") and route["device"] == self.link["name"]:
                yield route


@dataclass
class NetworkMade:
    """``gateways``: addresses of the host's on it. ``leads_out``: whether its containers have a default route by it."""

    name: str
    options: dict[str, Any]
    blocks: list[Block]
    endpoints: list[tuple[EndInside, dict[str, Any]]] = field(default_factory=list)
    gateways: frozenset[Address] = frozenset()
    leads_out: bool = True
    underlay: str = ""
    mode: str = ""
    device: str = ""

    def called(self, name: str) -> NetworkMade:
        return replace(self, name=name)


def _interfaces(link: Row) -> list[tuple[Address, int]]:
    found = []
    for text in link["addresses"]:
        address, prefix = parse_interface(text)
        if prefix is not None:
            found.append((address, prefix))
    return found


def _blocks(ends: Sequence[EndInside]) -> list[Block]:
    """The subnets that addresses say they are in; of one in another, the wider one."""
    told = {block_around(address, prefix) for end in ends for address, prefix in end.addresses}
    return sorted(one for one in told if not any(one in other for other in told - {one}))


# -- kinds of networks -------------------------------------------------------------------------------------------------


def bridge(link: Row, ends: Sequence[EndInside], left: list[str]) -> NetworkMade:
    """With the host's address as its gateway. Without one it is isolated from the host, as here too."""
    own = _interfaces(link)
    gateways = frozenset(address for address, _prefix in own)
    blocks = list(dict.fromkeys(block_around(address, prefix) for address, prefix in own)) or _blocks(ends)
    gateway_of = {block: next((str(each) for each in gateways if each in block), None) for block in blocks}
    options: dict[str, Any] = {"driver": "bridge"}
    if blocks:
        options["subnets"] = [subnet(str(block), gateway_of[block], None, []) for block in blocks]
    if not own:
        options["gateway_mode"] = "isolated"
    if link["mtu"] != _MTU:
        options["mtu"] = link["mtu"]
    made = NetworkMade(link["name"], options, blocks, gateways=gateways, leads_out=bool(own), device=link["name"])
    made.endpoints = list(_endpoints(made, ends, link["mtu"], left))
    return made


def overlay(tunnel: Row, link: Row, ends: Sequence[EndInside], left: list[str]) -> NetworkMade:
    """One segment across hosts. Hosts have no address on it here."""
    name = f"vxlan{tunnel['vni']}"
    if link["addresses"]:
        left.append(
            f"bridge `{link['name']}`: the host's own address {' and '.join(link['addresses'])} on `{name}` is not"
            " taken over, as hosts have none on an overlay that is one segment; `mode: routed` has gateways"
        )
    blocks = _blocks(ends)
    options: dict[str, Any] = {"driver": "overlay", "mode": "bridged", "vni": tunnel["vni"]}
    if tunnel.get("port") not in (None, _VXLAN_PORT):
        options["port"] = tunnel["port"]
    if tunnel.get("group"):
        options["multicast_group"] = tunnel["group"]
    if blocks:
        options["subnets"] = [str(block) for block in blocks]
    made = NetworkMade(
        name, options, blocks, leads_out=False, underlay=str(tunnel.get("local") or ""), device=link["name"]
    )
    made.endpoints = list(_endpoints(made, ends, None, left))
    return made


def stacked(
    kind: str, numbers: tuple[int, int], parent: Row, lower: Row | None, ends: Sequence[EndInside], left: list[str]
) -> NetworkMade | None:
    """``lower``: what the parent is a VLAN of."""
    name, (mode, flag) = f"{kind}-{parent['name']}", numbers
    blocks = _blocks(ends)
    if not blocks:
        left.append(
            f"`{name}`: {' and '.join(end.namespace['ref'] for end in ends)} have no fixed address on"
            f" {parent['name']}, as DHCP gives it to them; addresses here are the plan's"
        )
        return None
    options: dict[str, Any] = {"driver": kind, "parent": lower["name"] if lower else parent["name"]}
    if lower:
        options["vlan"] = parent["vlan"]
    word = _MODES[kind].get(mode, "another")
    if word != _DEFAULT_MODES[kind]:
        options["mode"] = word
    if kind == "ipvlan" and flag:
        options["flag"] = _FLAGS.get(flag, "another")
    routers = [parse_address(route["via"]) for end in ends for route in end.default_routes() if route["via"]]
    gateway_of = {block: next((each for each in routers if each in block), None) for block in blocks}
    options["subnets"] = [
        subnet(str(block), str(router) if router else None, None, []) for block, router in gateway_of.items()
    ]
    left.append(
        f"`{name}`: nobody here knows which addresses of {' and '.join(map(str, blocks))} others on that LAN have; give"
        " its subnet a `range` that is free before you add containers"
    )
    gateways = frozenset(each for each in gateway_of.values() if each)
    made = NetworkMade(name, options, blocks, gateways=gateways, mode=word, device=parent["name"])
    made.endpoints = list(_endpoints(made, ends, parent["mtu"], left))
    return made


# -- endpoints ---------------------------------------------------------------------------------------------------------


def _endpoints(
    network: NetworkMade, ends: Sequence[EndInside], mtu: int | None, left: list[str]
) -> Iterator[tuple[EndInside, dict[str, Any]]]:
    """``mtu``: what an endpoint has that says nothing else; None where the network's is not known before the plan."""
    for end in ends:
        what = f"`{end.namespace['ref']}` on `{network.name}`"
        own = [address for address, _prefix in end.addresses]
        addresses = [str(each) for each in own if any(each in block for block in network.blocks)]
        for each in own:
            if str(each) not in addresses:
                left.append(f"{what}: its address {each} is in none of the network's subnets")
        if not addresses:
            left.append(f"{what}: it has no address there, and gets one")
        endpoint: dict[str, Any] = {}
        if addresses:
            endpoint |= {"address": addresses[0]} if len(addresses) == 1 else {"addresses": addresses}
        if end.link["kind"] != "ipvlan" and end.link["mac"]:
            endpoint["mac"] = end.link["mac"]
        endpoint["interface"] = end.link["name"]
        if mtu is not None and end.link["mtu"] != mtu:
            endpoint["mtu"] = end.link["mtu"]
        routes = list(_routes(network, end))
        yield end, {**endpoint, "routes": routes} if routes else endpoint


def _routes(network: NetworkMade, end: EndInside) -> Iterator[dict[str, str]]:
    """Those by this interface, but for the default route that the network gives by itself."""
    for route in end.namespace["routes"]:
        via = route["via"]
        own = route in end.default_routes() and (via is None or parse_address(via) in network.gateways)
        if route["device"] == end.link["name"] and not own:
            yield {"dst": route["dst"], **({"via": via} if via else {})}
