# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver ``ipvlan``: containers on the LAN itself, each with an address of its own, all under the host's MAC.

The parent is the host's, and stays as it is. In mode l2 its LAN is a segment like any other. In the layer-3 modes there
is no ARP: a container sends everything on the link, and the LAN needs a route to the host for its containers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import shims
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Fleet, Network, NetworkSpec
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import parents

OPTIONS = (
    *parents.PARENT,
    Option(
        "mode",
        "text",
        "The layer that containers of one parent share: l2, a switch with ARP and broadcasts; l3 and l3s, routing by"
        " the host without them, the latter with the host's netfilter. Networks of one parent have the same.",
        default="l2",
        choices=("l2", "l3", "l3s"),
    ),
    Option(
        "flag",
        "text",
        "How containers of one parent reach each other: bridge, directly; vepa, by way of the switch outside; private,"
        " not at all. Networks of one parent have the same.",
        default="bridge",
        choices=("bridge", "private", "vepa"),
    ),
    parents.HOST_SHIM,
    parents.SLAAC,
)


def is_routed(spec: NetworkSpec) -> bool:
    return spec.options["mode"] != "l2"


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    how = {"mode": network.spec.options["mode"], "flag": network.spec.options["flag"]}
    endpoints = network.endpoints.get(host, ())
    if endpoints:
        yield from new.vlan(network)
    for endpoint in endpoints:
        if shims.is_shim(endpoint.container):
            containers = [each for each in endpoints if each is not endpoint]
            yield new.shim_on_parent("ipvlan", network, endpoint, containers, **how)
            if not network.spec.options["host_shim"]:
                yield new.closed_to_all_but_names(network, endpoint, containers)
        else:
            yield new.on_parent("ipvlan", network, endpoint, _default_routes(network, endpoint), **how)


def _default_routes(network: Network, endpoint: Endpoint) -> list[dict[str, Any]]:
    if not is_routed(network.spec):
        return new.default_routes(endpoint)
    return [{"dst": new.ANYWHERE[version]} for version in endpoint.default_route_versions]


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    options, where = network.spec.options, network.spec.where
    for endpoints in network.endpoints.values():
        for endpoint in endpoints:
            _check_endpoint(network, endpoint, problems)
    if options["flag"] == "private" and options["host_shim"]:
        problems.add(
            f"{where}with the flag private no ipvlan reaches another, nor does `host_shim`",
            "Take the flag bridge, or no shim",
        )
    subnets = (network.spec.subnets or ()) if is_routed(network.spec) else ()
    for subnet in (each for each in subnets if each.gateway):
        problems.add(
            f"{where}{subnet.cidr} has the gateway {subnet.gateway}, and in mode {options['mode']} there is no ARP to"
            " find it by",
            "Leave `gateway` out; containers send on the link, and the host routes",
        )
    if is_routed(network.spec) and options["slaac"]:
        problems.add(
            f"{where}in mode {options['mode']} containers hear no router advertisements, so `slaac` has no meaning",
            "Leave it out, or take mode l2",
        )
    _check_parent(network, fleet, problems)


def _check_endpoint(network: Network, endpoint: Endpoint, problems: Problems) -> None:
    where, container, mode = network.spec.where, endpoint.container, network.spec.options["mode"]
    parents.check_unpublished(network, endpoint, "an ipvlan", problems)
    if endpoint.spec.mac:
        problems.add(
            f"{where}{container} asks for the MAC {endpoint.spec.mac}, and an ipvlan has its parent's",
            "Leave `mac` out, or take the driver macvlan",
        )
    if is_routed(network.spec) and (route := next((each for each in endpoint.spec.routes if each.via), None)):
        problems.add(
            f"{where}{container} has a route to {route.dst} via {route.via}, and in mode {mode} there is no ARP to find"
            " it by",
            "Leave `via` out; the host routes",
        )


def _check_parent(network: Network, fleet: Fleet, problems: Problems) -> None:
    """The kernel keeps one mode and flag for all ipvlans of a parent, and no macvlan beside them."""
    mine = network.spec
    for other in fleet.networks.values():
        theirs = other.spec
        if other.name == network.name or parents.lan_of(theirs) != parents.lan_of(mine):
            continue
        together = sorted(host for host in network.members if other.endpoints.get(host) and network.endpoints.get(host))
        if not together:
            continue
        parent = f"{parents.lan_of(mine)} of {together[0]}"
        if theirs.driver != mine.driver:
            problems.add(
                f"{mine.where}{parent} has {theirs.driver}s of `{other.name}`, and takes no ipvlan beside them",
                "Take one driver for both, or another parent for one",
            )
        elif other.name > network.name and any(theirs.options[name] != mine.options[name] for name in ("mode", "flag")):
            problems.add(
                f"{mine.where}`{other.name}` is on {parent}, too, and the ipvlans of a parent have one mode and flag",
                f"Give both the same, now {_how(mine)} and {_how(theirs)}, or one another parent",
            )


def _how(spec: NetworkSpec) -> str:
    return f"{spec.options['mode']} {spec.options['flag']}"


DRIVERS = (
    Driver(
        name="ipvlan",
        summary="Containers on the LAN, all with the parent's MAC.",
        options=OPTIONS,
        objects=objects,
        check=check,
        spans_hosts=True,
        one_segment=lambda spec: True,
        has_gateway=False,
        takes_shim=lambda spec: spec.options["flag"] != "private",
        on_link=is_routed,
        own_ports=None,
    ),
)
