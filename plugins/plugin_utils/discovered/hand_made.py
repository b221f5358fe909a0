# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bridges, macvlan and ipvlan interfaces and VXLANs that scripts have made, as networks of the inventory. Pure.

What counts is what a host's kernel has (``module_utils/state/hand_made.py``). What engines have made is told by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost, is_name
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.hand_made_nat import with_translations
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.hand_made_networks import (
    EndInside,
    NetworkMade,
    bridge,
    overlay,
    stacked,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.translations import translations
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed

Row = Mapping[str, Any]
_STACKED = ("macvlan", "ipvlan")
# Whose bridges are made and kept by somebody else, who is asked for none of them.
_OTHERS = ("virbr", "lxcbr", "lxdbr", "incusbr", "cni", "kube", "flannel")


def with_hand_made(found: DiscoveredHost, told: Mapping[str, Any], engines: set[str]) -> DiscoveredHost:
    """The host with what nobody's engine has made. ``engines``: devices of networks that engines have told of."""
    if told.get("lack"):
        found.left.append(f"networks that were made by hand are not read: {told['lack']}")
    if not told.get("namespaces"):
        return found
    host = _Devices(told["namespaces"], engines)
    made = [*_bridges(host, found), *_on_parents(host, found)]
    with_translations(made, translations(told.get("nat") or {}), found.left)
    for each in made:
        found.networks[each.name] = each.options
        if each.underlay:
            found.variables["containerhost_underlay_address"] = each.underlay
    _put_on(made, found)
    found.left.extend(_alone(host))
    return found


def devices(engine: Mapping[str, Any]) -> Iterator[str]:
    """The bridges of networks that an engine tells of, with those that it makes for itself."""
    yield from ("docker0", "docker_gwbridge")
    for each in engine.get("networks") or ():
        yield f"br-{str(each.get('Id'))[:12]}"
        yield str((each.get("Options") or {}).get("com.docker.network.bridge.name"))
        yield str(each.get("network_interface"))


@dataclass
class _Devices:
    """The host's own devices, and the ends in containers that they lead to."""

    namespaces: Sequence[Row]
    engines: set[str]

    def __post_init__(self) -> None:
        self.host, self.others = self.namespaces[0], self.namespaces[1:]
        self.links = {link["name"]: link for link in self.host["links"]}
        self.by_index = {link["index"]: link for link in self.host["links"]}
        self.peers = {
            peer["name"]: EndInside(link, each)
            for each in self.others
            for link in each["links"]
            if link["kind"] == "veth" and (peer := self._peer(link)) is not None
        }

    def _peer(self, link: Row) -> Row | None:
        """The host's end of a veth: each has the other's index."""
        peer = self.by_index.get(link["lower"]) if link["elsewhere"] else None
        both = peer is not None and peer["kind"] == "veth" and peer["elsewhere"] and peer["lower"] == link["index"]
        return peer if both else None

    def is_made_by_hand(self, link: Row) -> bool:
        return not link["ours"] and link["name"] not in self.engines and not link["name"].startswith(_OTHERS)

    def ports(self, name: str) -> list[Row]:
        return [link for link in self.links.values() if link["master"] == name]


# -- bridges -----------------------------------------------------------------------------------------------------------


def _bridges(host: _Devices, found: DiscoveredHost) -> Iterator[NetworkMade]:
    for link in host.links.values():
        if link["kind"] != "bridge" or not host.is_made_by_hand(link):
            continue
        ports = host.ports(link["name"])
        ends = [host.peers[port["name"]] for port in ports if port["name"] in host.peers]
        unknown = [port["name"] for port in ports if port["kind"] == "veth" and port["name"] not in host.peers]
        if unknown:
            found.left.append(
                f"bridge `{link['name']}`: its ports {listed(unknown)} lead to no container that has a name; give its"
                " namespace one by `ip netns attach`, and discover again"
            )
        if not ends:
            continue
        others = [port["name"] for port in ports if port["kind"] not in ("veth", "vxlan")]
        tunnels = [port for port in ports if port["kind"] == "vxlan" and not port["ours"]]
        reason = _why_not(link, others, tunnels)
        if reason:
            names = listed(f"`{end.namespace['ref']}`" for end in ends)
            found.left.append(f"bridge `{link['name']}` {reason}; {names} stay on it")
        elif tunnels:
            yield overlay(tunnels[0], link, ends, found.left)
        else:
            yield bridge(link, ends, found.left)


def _why_not(link: Row, others: list[str], tunnels: list[Row]) -> str:
    if not is_name(link["name"]):
        return "has a name that no network here can have"
    if link.get("vlan_filtering"):
        return "tells VLANs apart on its ports, which a bridge here does not: give each VLAN a network of its own"
    if others:
        return (
            f"has {listed(others)} as a port, so its containers are on that LAN themselves: a macvlan network with"
            " `parent` is that"
        )
    if len(tunnels) > 1:
        return f"joins several VXLANs ({listed(each['name'] for each in tunnels)}), and a network here is one"
    return ""


# -- on an interface of the host's -------------------------------------------------------------------------------------


def _on_parents(host: _Devices, found: DiscoveredHost) -> Iterator[NetworkMade]:
    groups: dict[tuple[Any, ...], list[EndInside]] = {}
    for each in host.others:
        for link in each["links"]:
            if link["kind"] in _STACKED and not link["ours"] and not _is_engine_s(each, link, found):
                parent = host.by_index.get(link["lower"]) if link["elsewhere"] else None
                if parent is None:
                    found.left.append(f"`{each['ref']}`: {link['name']} stands on no interface of the host's")
                    continue
                key = (link["kind"], parent["name"], link.get("mode", 0), link.get("flag", 0))
                groups.setdefault(key, []).append(EndInside(link, each))
    for (kind, name, mode, flag), ends in groups.items():
        several = sum(1 for other in groups if other[:2] == (kind, name)) > 1
        parent = host.links[name]
        lower = host.by_index.get(parent["lower"]) if parent["kind"] == "vlan" else None
        made = stacked(kind, (mode, flag), parent, lower, ends, found.left)
        if made is not None:
            yield made.called(f"{made.name}-{made.mode}") if several else made


def _is_engine_s(namespace: Row, link: Row, found: DiscoveredHost) -> bool:
    """Of a container that its engine has put on a network of that kind."""
    options = found.containers.get(namespace["ref"], {})
    drivers = {found.networks[name]["driver"] for name in options.get("networks") or () if name in found.networks}
    return namespace["engine"] != "netns" and link["kind"] in drivers


# -- containers --------------------------------------------------------------------------------------------------------


def _put_on(made: Sequence[NetworkMade], found: DiscoveredHost) -> None:
    touched: dict[str, dict[str, Any]] = {}
    for network in made:
        for end, endpoint in network.endpoints:
            name = _container(end.namespace, found)
            if name is None:
                continue
            options = touched[name] = found.containers[name]
            if network.name in options["networks"]:
                by = endpoint["interface"]
                found.left.append(f"container `{name}` is on `{network.name}` twice, and here by {by} alone")
            options["networks"][network.name] = endpoint
            if network.leads_out and any(end.default_routes()):
                options["default_route"] = network.name
    for options in touched.values():
        if len(options["networks"]) == 1:
            options.pop("default_route", None)


def _container(namespace: Row, found: DiscoveredHost) -> str | None:
    """Its name in the inventory, where it may be known from its engine already."""
    engine, ref = namespace["engine"], namespace["ref"]
    for name in (ref, f"{ref}-{engine}"):
        options = found.containers.get(name)
        if options is not None and options.get("engine", "netns") == engine:
            if options.get("network_mode") == "none":
                del options["network_mode"]
            options.setdefault("networks", {})
            return name
    if not is_name(ref):
        found.left.append(f"namespace {ref!r} has a name that no container can have here")
        return None
    name = ref if ref not in found.containers else f"{ref}-{engine}"
    found.containers[name] = {**({"ref": ref} if name != ref else {}), "networks": {}}
    return name


# -- what is no network of ours ----------------------------------------------------------------------------------------


def _alone(host: _Devices) -> Iterator[str]:
    """VXLANs on no bridge, and interfaces of the host's own on a parent that containers are on."""
    parents = {link["lower"] for each in host.others for link in each["links"] if link["kind"] in _STACKED}
    for link in host.links.values():
        if not host.is_made_by_hand(link):
            continue
        if link["kind"] == "vxlan" and link["master"] is None:
            routes = [route["dst"] for route in host.host["routes"] if route["device"] == link["name"]]
            way = f", by routes to {listed(routes)}" if routes else ""
            yield (
                f"device `{link['name']}` leads to other hosts with the VNI {link.get('vni')}{way}: write it as an"
                " overlay with `mode: routed`, and what each host has of it in containerhost_slices"
            )
        if link["kind"] in _STACKED and not link["elsewhere"] and link["lower"] in parents:
            yield (
                f"device `{link['name']}` lets the host reach containers on its parent: that is `host_shim` of the"
                " network here"
            )
