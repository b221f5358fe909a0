# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver ``bridge``: a switch on each host, its containers on veth, NAT to the outside."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Fleet, Network

OPTIONS = (
    Option("bridge", "ifname", "The bridge's device name.", default_note="C(ch-NAME), hashed when longer than 15"),
    Option(
        "gateway_mode",
        "text",
        "How the network meets the outside: nat, behind its host's address, with published ports; unprotected, the"
        " same without protection from packets that are routed to it; routed, under its own addresses, with `publish`"
        " to open ports; isolated, not at all.",
        default="nat",
        choices=("nat", "routed", "unprotected", "isolated"),
        built_choices=("nat", "routed", "unprotected"),
    ),
    Option("icc", "bool", "Whether containers of this network reach each other.", default=True),
    Option(
        "allow_networks",
        "names",
        "Networks whose containers may reach this network's; on one with NAT they come from its bridge's address.",
        default=(),
    ),
    Option(
        "uplink",
        "ifname",
        "The host's interface to the outside, the only one that routing is turned on for.",
        default_note="every interface with an address of the family",
    ),
)


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    options, internal = network.spec.options, network.spec.internal
    device, slices = network.container_device, network.slices[host]
    endpoints = network.endpoints.get(host, ())
    routed = options["gateway_mode"] == "routed"
    yield new.bridge(network, names.bridge_mac(network.name, host), network.spec.mtu, slices)
    for endpoint in endpoints:
        yield new.veth(network, endpoint, network.spec.mtu, not options["icc"], new.default_routes(endpoint))
        yield from new.opened(network, endpoint) if routed else new.published(network, endpoint)
    if not internal:
        yield from new.forwarding(network, (device,), options["uplink"] or "auto")
        if not routed:
            for slice_ in slices:
                own = str(slice_.block)
                yield new.object_of("nat_rule", network.name, rule="masquerade", source=own, unless=own)
    yield new.object_of(
        "isolation",
        network.name,
        device=device,
        accept_from=([device] if options["icc"] else []) + _allowed(network, host, fleet),
        internal=internal,
        protect=False if options["gateway_mode"] == "unprotected" else None,
        sources=[str(slice_.block) for slice_ in slices],
    )
    if not routed:
        yield from new.route_localnet(network, endpoints)
    if 6 in network.versions:
        yield new.sysctl(network, 6, device, "accept_ra", "0")


def _allowed(network: Network, host: str, fleet: Fleet) -> list[str]:
    """The devices, on this host, of the networks that are let in."""
    others = (fleet.networks.get(name) for name in network.spec.options["allow_networks"])
    return sorted({other.container_device for other in others if other and host in other.slices})


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    for name in network.spec.options["allow_networks"]:
        if name not in fleet.networks or not fleet.networks[name].devices:
            others = [other for other in sorted(fleet.networks) if other != network.name]
            problems.add(
                f"{network.spec.where}`allow_networks` names `{name}`, which is no network with a device on the host",
                f"Name one of {', '.join(others) or 'your networks'}",
            )

    if network.spec.options["gateway_mode"] == "routed":
        for host, endpoints in sorted(network.endpoints.items()):
            for endpoint in endpoints:
                _check_opened(f"{network.spec.where}{host}: `{endpoint.container.name}`", endpoint, problems)


def _check_opened(what: str, endpoint: Endpoint, problems: Problems) -> None:
    """In a routed network a published port is the container's own: one port has one limit, and no host address."""
    limits: dict[tuple[str, int], frozenset[Block]] = {}
    for port in endpoint.publish:
        if port.host_address is not None and port.host_address.value:
            if not new.is_loopback(port.host_address):
                problems.add(
                    f"{what} publishes {port}, and in a routed network it is reached under its own address, by"
                    " whichever interface",
                    "Leave the host address out, and limit who reaches it by `sources`",
                )
            continue
        sources = frozenset(port.sources)
        if limits.setdefault((port.protocol, port.port), sources) != sources:
            problems.add(
                f"{what} publishes its port {port.port}/{port.protocol} twice, with different `sources`, and in a"
                " routed network both are that one port",
                "Publish it once, for everybody who may reach it",
            )


DRIVERS = (
    Driver(
        name="bridge",
        summary="A bridge of its own on each of its hosts, NAT to the outside.",
        options=OPTIONS,
        objects=objects,
        check=check,
        device_prefixes=("ch-",),
        device_option="bridge",
        translates=lambda spec, version: spec.options["gateway_mode"] != "routed",
        own_ports=0,
    ),
)
