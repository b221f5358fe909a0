# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an overlay's objects keep of its other mode while hosts turn from one to the other: routed, bridged.

Until every host has removed the old one, each takes packets by either. So the VXLAN is a port of the containers' bridge
and has its addresses as well: what other hosts route to its MAC, its bridge hands to the host, as that MAC is the
port's own (``br_pass_frame_up()``); and what is routed out by it leaves by the device itself, whatever its bridge.
Containers keep their addresses; how long the prefix is, and whether there is a gateway, changes when all hosts turn.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import derived
from ansible_collections.containerhost.network.plugins.module_utils.bases import sandbox_routes
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import has_link_local

# How the names of settings begin that a family has on a device.
_OF_IPV4, _OF_IPV6 = ("ipv4.",), ("ipv6.", "link.link_local")
_ALONE = ("/32", "/128")
_EVERYWHERE = ("0.0.0.0/0", "::/0")


def with_addresses(wanted: Wanted, found: Found) -> Wanted:
    """A device with the addresses that it is to have no more, and its IP as it was: what routes, keeps its way."""
    if found.owner != wanted.owner:
        return wanted
    before, after = (each.values.get("addresses") or [] for each in (found, wanted))
    old = [cidr for cidr in before if cidr not in after and _is_given(cidr)]
    if not old:
        return wanted
    there, settings = found.values.get("settings", {}), wanted.values.get("settings", {})
    kept = tuple({_OF_IPV6 if ":" in cidr else _OF_IPV4 for cidr in old})
    as_it_was = {name: there.get(name) if _is_one_of(kept, name) else number for name, number in settings.items()}
    return wanted._replace(values={**wanted.values, "addresses": sorted([*after, *old]), "settings": as_it_was})


def _is_given(cidr: str) -> bool:
    """And not one that says what is wrong with it, or that the kernel has made of another MAC."""
    return " " not in cidr and not cidr.startswith("fe80:")


def _is_one_of(kept: t.Iterable[tuple[str, ...]], name: str) -> bool:
    return any(name.startswith(of_family) for of_family in kept)


def gateway(wanted: Wanted, found: Found) -> Wanted:
    """The containers' bridge, as long as some may ask it for the way; the host's own address there is none of these."""
    plain = [cidr for cidr in found.values.get("addresses") or () if not cidr.endswith(_ALONE)]
    return with_addresses(wanted, found._replace(values={**found.values, "addresses": plain}))


def end(wanted: Wanted, found: Found, until: str) -> Wanted:
    """A container's end, whose addresses are on a network of another size, or of other subnets: until all hosts turn it
    goes the way that it went, and by those of its new routes that lead anywhere yet. What it has of another subnet it
    keeps beside the new one, until nobody goes by that any more."""
    there = {cidr.split("/")[0]: cidr for cidr in found.values.get("addresses") or () if _is_given(cidr)}
    after = wanted.values["addresses"]
    own = [ipaddress.ip_interface(cidr).network for cidr in after]
    old = [cidr for cidr in there.values() if _is_elsewhere(ipaddress.ip_interface(cidr).ip, own)]
    if until == "remove":
        return wanted._replace(values={**wanted.values, "addresses": sorted([*after, *old])}) if old else wanted
    kept = sorted([*(there.get(cidr.split("/")[0], cidr) for cidr in after), *old])
    if kept == after:
        return wanted
    on_link = [ipaddress.ip_interface(cidr).network for cidr in kept]
    before = [text for text in found.values.get("routes") or () if " proto " not in text and " src " not in text]
    before = [text for text in before if _has_family(sandbox_routes.fields_of(text)["dst"], on_link)]
    taken = {sandbox_routes.place(text) for text in before}
    more = [
        text
        for text in wanted.values["routes"]
        if sandbox_routes.place(text) not in taken and _leads_from(sandbox_routes.fields_of(text), on_link)
    ]
    values = {**wanted.values, "addresses": kept, "routes": sorted([*before, *more])}
    return wanted._replace(values=_with_its_mac(values, found.values) if old else values)


def _with_its_mac(values: Values, there: Values) -> Values:
    """Others know the old addresses by the old MAC, which is derived from them, as is the link-local address: one that
    the kernel gives with the first address of IPv6 (``given``) is not to be kept, and is there when all turn."""
    own = [cidr for cidr in there["addresses"] if cidr.startswith("fe80:")]
    before, after = there.get("end_settings", {}), values.get("end_settings", {})
    mac = there.get("mac") or values.get("mac")
    later = mac != values.get("mac")
    kept = [name for name in after if later and name.startswith("link.link_local")]
    settings = {**after, **{name: before.get(name) for name in kept}}
    now = {**values, "mac": mac, "addresses": [*values["addresses"], *own], "end_settings": settings}
    comes = not own and has_link_local(after) and any(":" in cidr for cidr in values["addresses"])
    comes = comes and later and mac is not None
    return {**now, "given": [f"{derived.link_local(mac)}/64"]} if comes else now


def with_given(wanted: Wanted, found: Found) -> Found:
    """An end with what the kernel will have ``given`` it by then."""
    values, given = {**found.values, "given": wanted.values.get("given")}, found.values.get("given")
    if given and wanted.values.get("mac") != found.values["mac"]:
        values["addresses"] = [*found.values["addresses"], *given]
    return found._replace(values=values)


def _has_family(dst: str, on_link: t.Sequence[t.Any]) -> bool:
    """A family that is lost takes its routes along."""
    return any((network.version == 6) == (":" in dst) for network in on_link)


def _is_elsewhere(address: t.Any, networks: t.Sequence[t.Any]) -> bool:
    """Has it other networks of its family now? One that it has lost is gone at once."""
    some = [network for network in networks if network.version == address.version]
    return bool(some) and not any(address in network for network in some)


def _leads_from(route: t.Mapping[str, t.Any], on_link: t.Sequence[t.Any]) -> bool:
    """Its gateway is on the link by these, and its destination is none of them itself."""
    is_there = not route.get("via") or any(ipaddress.ip_address(route["via"]) in network for network in on_link)
    return is_there and ipaddress.ip_network(route["dst"]) not in on_link


def end_without(now: Wanted, wanted: Wanted, needed: t.Collection[Place]) -> Wanted:
    """The same where another of its networks becomes the way to everywhere: this one's gateway leads to its own network
    from then on."""
    lost = {place[-2:] for place in needed}
    own = [ipaddress.ip_interface(cidr).network for cidr in wanted.values["addresses"]]
    routes = [text for text in now.values["routes"] if sandbox_routes.place(text) not in lost]
    for text in now.values["routes"]:
        route = sandbox_routes.fields_of(text)
        if text not in routes and route["dst"] in _EVERYWHERE and route.get("via"):
            within = (str(network) for network in own if ipaddress.ip_address(route["via"]) in network)
            routes += [f"{dst} via {route['via']}" for dst in within]
    return now._replace(values={**now.values, "routes": sorted(routes)})


def as_port(values: Values, found: Found) -> Values:
    """A VXLAN that is a port of its network's bridge for as long as others send to containers by their MACs."""
    settings = values.get("settings", {})
    if values.get("master") or not found.values.get("is_its_port") or "link.master" not in settings:
        return values
    return {**values, "settings": {**settings, "link.master": 1}}
