# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver ``bridge``: a switch on each host, its containers on veth, NAT to the outside."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import shim_of, without_shims
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    Endpoint,
    Fleet,
    Network,
    NetworkSpec,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import (
    anti_spoofing,
    handoff,
    host_access,
    inner_ways,
    lan_bridges,
    outbound,
    parents,
)

OPTIONS = (
    Option("bridge", "ifname", "The bridge's device name.", default_note="C(ch-NAME), hashed when longer than 15"),
    Option(
        "gateway_mode",
        "gateway_modes",
        "How the network meets the outside: nat, behind its host's address, with published ports; unprotected, the"
        " same without protection from packets that are routed to it; routed, under its own addresses, with `publish`"
        " to open ports; isolated, not at all, and without an address of the host's; bridged, switched into the LAN of"
        " `uplink`, or of a `bridge` that the host has already. One for both families, or, but for bridged, one each.",
        default={4: "nat", 6: "nat"},
        default_note="C(nat)",
        choices=("nat", "routed", "unprotected", "isolated", parents.BRIDGED),
    ),
    outbound.OPTION,
    host_access.OPTION,
    Option("icc", "bool", "Whether containers of this network reach each other.", default=True),
    anti_spoofing.OPTION,
    Option(
        inner_ways.OPTION,
        "names",
        "Networks whose containers may reach this network's; on one with NAT they come from its bridge's address.",
        default=(),
    ),
    Option(
        "uplink",
        "ifname",
        "The host's interface to the outside, the only one that routing is turned on for; of a network that is bridged,"
        " its interface on the LAN, which becomes a port of the bridge.",
        default_note="every interface with an address of the family",
    ),
    Option(
        "vlan",
        "int",
        "Of a network that is bridged, a VLAN of the uplink (802.1Q) that it is on; its interface is made where it is"
        " missing.",
        minimum=1,
        maximum=4094,
        default_note="none",
    ),
    handoff.OPTION,
)


def families(spec: NetworkSpec, *modes: str) -> frozenset[int]:
    """The families that have one of these gateway modes."""
    return frozenset(version for version, mode in spec.options["gateway_mode"].items() if mode in modes)


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    options = network.spec.options
    device, slices = network.container_device, network.slices[host]
    shim, endpoints = shim_of(network.endpoints.get(host, ())), without_shims(network.endpoints.get(host, ()))
    translated, routed = families(network.spec, *inner_ways.TRANSLATED), families(network.spec, "routed")
    outward = [version for version in network.versions if version in translated | routed]
    internal = network.spec.internal or not outward
    yield new.bridge(network, names.bridge_mac(network.name, host), network.spec.mtu, slices, shim)
    yield from new.shim_on_bridge(network, shim, endpoints)
    yield from anti_spoofing.filters(network, host, fleet)
    for endpoint in endpoints:
        routes = new.default_routes(endpoint) + inner_ways.routes(network, endpoint, fleet)
        yield new.veth(network, endpoint, network.spec.mtu, not options["icc"], routes)
        yield from new.rate(network, endpoint)
        yield from new.opened(network, endpoint, routed)
        yield from new.published(network, endpoint, translated)
        yield from new.answered(network, endpoint, translated)
    yield from _routing(network, host, fleet, outward, None if internal else options["uplink"] or "auto")
    let_in = sorted({str(other.container_device) for other in inner_ways.let_in(network, host, fleet)})
    yield new.object_of(
        "isolation",
        network.name,
        device=device,
        accept_from=[*([device] if options["icc"] else []), *let_in],
        internal=internal,
        protect=False if "unprotected" in options["gateway_mode"].values() and not network.spec.internal else None,
        sources=[str(slice_.block) for slice_ in slices],
        # Beside a family with a way out, one that is isolated is not routed by whoever else routes on the host. Where
        # all are, `internal` and `host_access` see to that.
        only_switched=[new.FAMILY[each] for each in network.versions if outward and each not in outward] or None,
        host_access=host_access.of(network.spec) if outward else list(host_access.DNS) if shim else [],
    )
    if 4 in translated:
        yield from new.route_localnet(network, endpoints)
    if 6 in outward:
        yield new.sysctl(network, 6, device, "accept_ra", "0")
    yield from handoff.objects(network, host, dict.fromkeys(routed, "open"), inner_ways.blocks(network, host, fleet))


def _routing(network: Network, host: str, fleet: Fleet, outward: list[int], uplink: str | None) -> Iterator[Object]:
    """Of an internal network (no uplink), what goes to and from the others that `allow_networks` names."""
    if inner_ways.is_routed(network, host, fleet):
        yield from new.forwarding(network, (str(network.container_device),), uplink, outward)
    if inner_ways.masquerades(network, host, fleet):
        for slice_ in network.slices[host]:
            if slice_.block.version in families(network.spec, *inner_ways.TRANSLATED):
                yield outbound.masquerade(network, host, slice_, str(slice_.block))


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    handoff.check(network, fleet, problems)
    _check_allowed(network, fleet, problems)
    routed = families(network.spec, "routed")
    outbound.check(network, families(network.spec, *inner_ways.TRANSLATED), problems)
    _check_modes(network, problems)
    if routed:
        for host, endpoints in sorted(network.endpoints.items()):
            for endpoint in endpoints:
                _check_opened(f"{network.spec.where}{host}: `{endpoint.container.name}`", endpoint, routed, problems)


def _check_allowed(network: Network, fleet: Fleet, problems: Problems) -> None:
    for name in network.spec.options[inner_ways.OPTION]:
        other = fleet.networks.get(name)
        what = f"{network.spec.where}`{inner_ways.OPTION}` names `{name}`, which is"
        if other is None or not other.devices:
            others = [each for each in sorted(fleet.networks) if each != network.name]
            problems.add(
                f"{what} no network with a device on the host", f"Name one of {', '.join(others) or 'your networks'}"
            )
        elif _is_isolated(other):
            problems.add(f"{what} isolated, and its containers have no way to their host", "Leave it out")
        elif network.spec.internal and parents.is_bridged(other.spec):
            problems.add(
                f"{what} on the LAN, and from an internal network nothing is routed to there",
                "Leave one of them out: `internal`, or that network",
            )


def _is_isolated(network: Network) -> bool:
    """In every family that it has."""
    mode = network.spec.options.get("gateway_mode") or {}
    return {mode.get(version) for version in network.versions} == {"isolated"}


def _check_modes(network: Network, problems: Problems) -> None:
    if network.spec.options["vlan"]:
        problems.add(
            f"{network.spec.where}`vlan` is one of the uplink of a bridged network, and this one is routed, if at all",
            "Leave it out, or write gateway_mode: bridged",
        )
    isolated = families(network.spec, "isolated")
    for subnet in network.subnets:
        if subnet.gateway and subnet.cidr.version in isolated:
            problems.add(
                f"{network.spec.where}{subnet.cidr} has a `gateway`, and the network is isolated from its hosts",
                "Leave `gateway` out; a container that routes is named in `routes` of the others",
            )
    used = {network.spec.options["gateway_mode"][version] for version in network.versions}
    if "unprotected" in used and not used <= {"unprotected", "isolated"}:
        problems.add(
            f"{network.spec.where}`gateway_mode` is unprotected in one family alone, and the bridge is protected in"
            " both or in none",
            "Make both unprotected, or neither",
        )
    if _is_isolated(network):
        _check_isolated(network, problems)


def _check_isolated(network: Network, problems: Problems) -> None:
    for option in ("uplink", "host_access", inner_ways.OPTION):
        if network.spec.options[option]:
            problems.add(f"{network.spec.where}it is isolated, and has `{option}`", "Leave one of them out")
    for endpoints in network.endpoints.values():
        for endpoint in endpoints:
            if endpoint.publish:
                problems.add(
                    f"{endpoint.container} on `{network.name}`: it publishes {endpoint.publish[0]} on an isolated"
                    " network, which has no way in",
                    "Publish on another of its networks",
                )
            if endpoint.container.default_route == network.name:
                problems.add(
                    f"{endpoint.container.where}`default_route` is `{network.name}`, which is isolated and leads"
                    " nowhere",
                    "Choose a network that is not isolated, or leave it out",
                )


def _check_opened(what: str, endpoint: Endpoint, routed: frozenset[int], problems: Problems) -> None:
    """In a routed network a published port is the container's own: one port has one limit, and no host address."""
    limits: dict[tuple[str, int], frozenset[Block]] = {}
    for port in endpoint.publish:
        if port.host_address is not None and port.host_address.version not in routed:
            continue
        if port.interface or (port.host_address is not None and port.host_address.value):
            if port.interface or not new.is_loopback(port.host_address):
                problems.add(
                    f"{what} publishes {port}, and in a routed network it is reached under its own address, by"
                    " whichever interface",
                    "Leave the host address out, and limit who reaches it by `sources`",
                )
            continue
        sources = frozenset(port.sources)
        ports = range(port.port, port.port + port.length)
        twice = [each for each in ports if limits.setdefault((port.protocol, each), sources) != sources]
        if twice:
            problems.add(
                f"{what} publishes its port {twice[0]}/{port.protocol} twice, with different `sources`, and in a"
                " routed network both are that one port",
                "Publish it once, for everybody who may reach it",
            )


def _variant(spec: NetworkSpec) -> Driver:
    if parents.is_bridged(spec):
        return _bridged()
    isolated = families(spec, "isolated")
    return _isolated(isolated) if isolated else BRIDGE


@functools.cache
def _bridged() -> Driver:
    return lan_bridges.variant(BRIDGE)


@functools.cache
def _isolated(versions: frozenset[int]) -> Driver:
    return replace(BRIDGE, without_gateway=versions)


BRIDGE = Driver(
    name="bridge",
    summary="A bridge of its own on each of its hosts, NAT to the outside.",
    options=OPTIONS,
    objects=objects,
    check=check,
    device_prefixes=("ch-",),
    device_option="bridge",
    translates=lambda spec, version: spec.options["gateway_mode"][version] in inner_ways.TRANSLATED,
    own_ports=0,
    variant=_variant,
)
DRIVERS = (BRIDGE,)
