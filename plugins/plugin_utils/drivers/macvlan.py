# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver ``macvlan``: containers on the LAN itself, each with a MAC and an address of its own.

The parent is the host's, and stays as it is. Its LAN is one segment that hosts share: a container keeps its address
when it moves, and announces it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import shims
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import parents

OPTIONS = (
    *parents.PARENT,
    Option(
        "mode",
        "text",
        "How containers of one parent reach each other: bridge, directly; vepa, by way of the switch outside;"
        " private, not at all; passthru, there is only one and it has the parent to itself.",
        default="bridge",
        choices=("bridge", "vepa", "private", "passthru"),
    ),
    parents.HOST_SHIM,
    parents.SLAAC,
)


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    mode = network.spec.options["mode"]
    endpoints = network.endpoints.get(host, ())
    if endpoints:
        yield from new.vlan(network)
    for endpoint in endpoints:
        if shims.is_shim(endpoint.container):
            containers = [each for each in endpoints if each is not endpoint]
            yield new.shim_on_parent("macvlan", network, endpoint, containers, mode="bridge", mac=endpoint.mac)
            if not network.spec.options["host_shim"]:
                yield new.closed_to_all_but_names(network, endpoint, containers)
        else:
            # In mode passthru the parent's MAC is the container's: another would be written to the parent.
            mac = None if mode == "passthru" else endpoint.mac
            yield new.on_parent("macvlan", network, endpoint, new.default_routes(endpoint), mode=mode, mac=mac)


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    options, where = network.spec.options, network.spec.where
    for endpoints in network.endpoints.values():
        for endpoint in endpoints:
            parents.check_unpublished(network, endpoint, "a macvlan", problems)
            if endpoint.spec.mac and options["mode"] == "passthru":
                problems.add(
                    f"{where}{endpoint.container} asks for the MAC {endpoint.spec.mac}, and in mode passthru it has the"
                    " parent's",
                    "Leave `mac` out, or take another mode",
                )
    if options["mode"] == "passthru":
        _check_alone(network, fleet, problems)
    elif options["mode"] == "private" and options["host_shim"]:
        problems.add(
            f"{where}in mode private no macvlan reaches another, nor does `host_shim`", "Take mode bridge, or no shim"
        )


def _check_alone(network: Network, fleet: Fleet, problems: Problems) -> None:
    """In mode passthru the parent is one container's: no other on it, of this network or of another."""
    parent = parents.lan_of(network.spec)
    for host in network.members:
        there = [
            f"{endpoint.container} on `{other.name}`"
            for other in fleet.networks.values()
            if parents.lan_of(other.spec) == parent
            for endpoint in other.endpoints.get(host, ())
        ]
        if len(there) > 1:
            problems.add(
                f"{network.spec.where}mode passthru gives {parent} of {host} to one container, and"
                f" {' and '.join(there)} want it",
                "Take another mode, or another parent for all but one",
            )


DRIVERS = (
    Driver(
        name="macvlan",
        summary="Containers on the LAN, each with a MAC of its own.",
        options=OPTIONS,
        objects=objects,
        check=check,
        spans_hosts=True,
        one_segment=lambda spec: True,
        has_gateway=False,
        takes_shim=lambda spec: spec.options["mode"] in ("bridge", "vepa"),
        own_ports=None,
    ),
)
