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
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Fleet, Network

HOST = {4: 32, 6: 128}

OPTIONS = (
    Option("parent", "ifname", "The host's interface that containers share, on the LAN.", required=True),
    Option("vlan", "int", "A VLAN of the parent; its interface is made.", minimum=1, maximum=4094, built=False),
    Option(
        "mode",
        "text",
        "How containers of one parent reach each other: bridge, directly; vepa, by way of the switch outside;"
        " private, not at all; passthru, there is only one and it has the parent to itself.",
        default="bridge",
        choices=("bridge", "vepa", "private", "passthru"),
    ),
    Option(
        "host_shim",
        "raw",
        "An interface of the host's own on the segment, so that it reaches its containers: true for an address of the"
        " range, C({address: 192.168.7.250}), or C({addresses: {h1: 192.168.7.250, h2: 192.168.7.251}}).",
        default_note="none",
    ),
)


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    endpoints = network.endpoints.get(host, ())
    for endpoint in endpoints:
        if shims.is_shim(endpoint.container):
            yield _shim(network, endpoint, [each for each in endpoints if each is not endpoint])
        else:
            yield _container(network, endpoint)


def _container(network: Network, endpoint: Endpoint) -> Object:
    options = network.spec.options
    return new.object_of(
        "macvlan",
        network.name,
        parent=options["parent"],
        mode=options["mode"],
        # In mode passthru the parent's MAC is the container's: another would be written to the parent.
        mac=None if options["mode"] == "passthru" else endpoint.mac,
        mtu=endpoint.spec.mtu or network.spec.mtu,
        sandbox={"engine": endpoint.container.engine, "ref": endpoint.container.ref},
        interface=endpoint.interface,
        addresses=[slice_.address(address) for address, slice_ in endpoint.addresses],
        routes=new.default_routes(endpoint) + new.user_routes(endpoint),
        sysctls=new.container_sysctls(endpoint),
    )


def _shim(network: Network, shim: Endpoint, containers: list[Endpoint]) -> Object:
    """The host's own end: its address alone, and a way to each container of this host."""
    return new.object_of(
        "macvlan",
        network.name,
        parent=network.spec.options["parent"],
        mode="bridge",
        mac=shim.mac,
        mtu=network.spec.mtu,
        interface=shim.interface,
        addresses=[f"{address}/{HOST[address.version]}" for address, slice_ in shim.addresses],
        routes=[
            {"dst": f"{address}/{HOST[address.version]}"}
            for container in containers
            for address, slice_ in container.addresses
            if address.version in shim.versions
        ],
    )


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    options, where = network.spec.options, network.spec.where
    for endpoints in network.endpoints.values():
        for endpoint in endpoints:
            if endpoint.spec.publish:
                problems.add(
                    f"{where}{endpoint.container} publishes ports, and a macvlan is on the LAN with all of its own",
                    "Leave `publish` out; the container is reached under its own address",
                )
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
    parent = network.spec.options["parent"]
    for host in network.members:
        there = [
            f"{endpoint.container} on `{other.name}`"
            for other in fleet.networks.values()
            if other.spec.options.get("parent") == parent
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
        own_ports=None,
    ),
)
