# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that more than one driver makes: plain dictionaries, with only the keys that are set."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    Endpoint,
    Fleet,
    Network,
    Slice,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import host_access

FAMILY = {4: "ipv4", 6: "ipv6"}
ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
ALONE = {4: 32, 6: 128}


def object_of(kind: str, network: str, **fields: Any) -> Object:
    """An object without the fields that are None."""
    return kind, {"network": network, **{key: value for key, value in fields.items() if value is not None}}


def netns(container: ContainerSpec, fleet: Fleet) -> Object:
    """The namespace of a container that has no engine. Its owner is the container's first network that is there."""
    owner = next((each.network for each in container.endpoints if each.network in fleet.networks), "none")
    return object_of("netns", owner, name=container.ref)


def joined(container: ContainerSpec, partner: ContainerSpec, fleet: Fleet) -> Object:
    """A container in another's network namespace. Its owner is that of the partner's namespace."""
    owner = netns(partner, fleet)[1]["network"]
    sandboxes = [{"engine": each.engine, "ref": each.ref} for each in (container, partner)]
    return object_of("joined", owner, container=sandboxes[0], joins=sandboxes[1])


def bridge(
    network: Network, mac: str, mtu: int | None, slices: tuple[Slice, ...], shim: Endpoint | None = None, **own: Any
) -> Object:
    """``own`` are options of the kind that only one driver says anything about."""
    addresses = [slice_.address(slice_.gateway) for slice_ in slices if slice_.gateway]
    addresses += _alone(shim) if shim else []
    device, guarded = network.container_device, network.spec.options.get("anti_spoofing")
    return object_of(
        "bridge", network.name, name=device, mac=mac, mtu=mtu, no_linklocal_learn=guarded, **own, addresses=addresses
    )


def veth(
    network: Network, endpoint: Endpoint, mtu: int | None, isolated: bool, routes: list[dict[str, Any]], **own: Any
) -> Object:
    """``own`` are options of the kind that only one driver says anything about."""
    return object_of(
        "veth",
        network.name,
        name=endpoint.host_end,
        host_mac=names.host_end_mac(network.name, endpoint.container.host, endpoint.container.name),
        master=network.container_device,
        mtu=endpoint.spec.mtu or mtu,
        isolated=True if isolated else None,
        # A container that reaches its own published port: where somebody has loaded br_netfilter, the packet leaves
        # the bridge by the port that it came in by.
        hairpin=True if endpoint.spec.publish else None,
        **own,
        sandbox={"engine": endpoint.container.engine, "ref": endpoint.container.ref},
        interface=endpoint.interface,
        mac=endpoint.mac,
        addresses=[slice_.address(address) for address, slice_ in endpoint.addresses],
        routes=routes + user_routes(endpoint),
        sysctls=container_sysctls(endpoint),
    )


def rate(network: Network, endpoint: Endpoint) -> Iterator[Object]:
    """The limits of a container's end, which are on the host's."""
    if endpoint.spec.rate:
        sandbox = {"engine": endpoint.container.engine, "ref": endpoint.container.ref}
        limits = dict(endpoint.spec.rate)
        yield object_of("rate", network.name, device=endpoint.host_end, **limits, container=sandbox)


def on_parent(
    kind: str, network: Network, endpoint: Endpoint, routes: list[dict[str, Any]], **own: Any
) -> Object:
    """A container's interface on the parent that the network names. ``own`` are options that only its kind has."""
    return object_of(
        kind,
        network.name,
        parent=network.spec.options["parent"],
        vlan=network.spec.options["vlan"],
        **own,
        mtu=endpoint.spec.mtu or network.spec.mtu,
        sandbox={"engine": endpoint.container.engine, "ref": endpoint.container.ref},
        interface=endpoint.interface,
        addresses=[slice_.address(address) for address, slice_ in endpoint.addresses],
        routes=routes + user_routes(endpoint),
        sysctls=container_sysctls(endpoint, network.spec.options["slaac"]),
    )


def shim_on_parent(kind: str, network: Network, shim: Endpoint, containers: Iterable[Endpoint], **own: Any) -> Object:
    """The host's own interface there: its address alone, and a way to each container of this host."""
    return object_of(
        kind,
        network.name,
        parent=network.spec.options["parent"],
        vlan=network.spec.options["vlan"],
        **own,
        mtu=network.spec.mtu,
        interface=shim.interface,
        addresses=_alone(shim),
        routes=[{"dst": each} for each in _reached(shim, containers)],
    )


def shim_on_bridge(network: Network, shim: Endpoint | None, containers: Iterable[Endpoint]) -> Iterator[Object]:
    """The host's ways to its containers, where it has an address of its own on their bridge."""
    for each in _reached(shim, containers) if shim else ():
        yield object_of("route", network.name, dst=each, device=network.container_device)


def _alone(shim: Endpoint) -> list[str]:
    return [f"{address}/{ALONE[address.version]}" for address, _slice in shim.addresses]


def _reached(shim: Endpoint, containers: Iterable[Endpoint]) -> list[str]:
    addresses = [address for container in containers for address, _slice in container.addresses]
    return [f"{address}/{ALONE[address.version]}" for address in addresses if address.version in shim.versions]


def closed_to_all_but_names(network: Network, shim: Endpoint, containers: Iterable[Endpoint]) -> Object:
    """A host's own interface on a parent that its containers reach for names alone, and nobody else on the LAN does."""
    closed = {"internal": True, "sources": _reached(shim, containers), "host_access": list(host_access.DNS)}
    return object_of("isolation", network.name, device=shim.interface, accept_from=[], **closed)


def vlan(network: Network) -> Iterator[Object]:
    """The VLAN that a network is on, if it is on one: made where it is missing."""
    parent, number = network.spec.options["parent"], network.spec.options["vlan"]
    if number is not None:
        yield object_of("vlan", network.name, parent=parent, id=number)


def default_routes(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Routes to everywhere, for the families whose way out is this network."""
    return [
        {"dst": ANYWHERE[address.version], "via": str(slice_.gateway)}
        for address, slice_ in first_of_each_family(endpoint)
        if address.version in endpoint.default_route_versions
    ]


def first_of_each_family(endpoint: Endpoint) -> list[tuple[Address, Slice]]:
    seen: dict[int, tuple[Address, Slice]] = {}
    for address, slice_ in endpoint.addresses:
        seen.setdefault(address.version, (address, slice_))
    return list(seen.values())


def user_routes(endpoint: Endpoint) -> list[dict[str, Any]]:
    routes = []
    for route in endpoint.spec.routes:
        via = str(route.via) if route.via else None
        fields = {"dst": str(route.dst), "via": via, "metric": route.metric, "type": route.type}
        routes.append({key: value for key, value in fields.items() if value is not None})
    return routes


def container_sysctls(endpoint: Endpoint, slaac: bool = False) -> dict[str, str]:
    """As Docker: no IPv6 at all on an interface without an IPv6 address, no autoconfiguration on one with."""
    if slaac:
        sysctls = {"disable_ipv6": "0", "accept_ra": "1", "autoconf": "1"}
    elif 6 in endpoint.versions:
        # The first: of an interface that was made when its network had no IPv6 yet, or by Docker.
        sysctls = {"disable_ipv6": "0", "accept_ra": "0", "autoconf": "0"}
    else:
        sysctls = {"disable_ipv6": "1"}
    ours = {f"net.ipv6.conf.IFNAME.{name}": value for name, value in sysctls.items()}
    return {**ours, **dict(endpoint.spec.sysctls)}


def sysctl(network: Network, family: int, device: str, name: str, value: str) -> Object:
    """``net.ipv4.conf.DEVICE.NAME``; with slashes (sysctl(8)) where the device has a dot in its own name."""
    parts = ("net", FAMILY[family], "conf", device, name)
    return object_of("sysctl", network.name, key=("/" if "." in device else ".").join(parts), value=value)


def forwarding(
    network: Network, devices: tuple[str, ...], uplink: str | None, versions: Iterable[int] | None = None
) -> Iterator[Object]:
    """Routing between our devices and, when there is one, the uplink, in the network's families, or in some of them."""
    for version in network.versions if versions is None else versions:
        for device in devices:
            yield object_of("forwarding", network.name, device=device, family=FAMILY[version])
        if uplink:
            yield object_of("forwarding", network.name, uplink=uplink, family=FAMILY[version])


def published(network: Network, endpoint: Endpoint, versions: Container[int] = (4, 6)) -> Iterator[Object]:
    """One rule per port and family: a port for all the host's addresses is published in each family there is."""
    for port in endpoint.publish:
        for version in endpoint.versions:
            if version not in versions:
                continue
            if port.host_address and port.host_address.version != version:
                continue
            sources = [str(source) for source in port.sources if source.version == version]
            if port.sources and not sources:
                continue
            yield object_of(
                "nat_rule",
                network.name,
                rule="publish",
                protocol=port.protocol,
                host_address=None
                if port.host_address is None or port.host_address.value == 0
                else str(port.host_address),
                host_interface=port.interface,
                host_port=port.host_port,
                host_port_end=port.host_ports[-1] if port.length > 1 else None,
                address=str(endpoint.address_of(version)),
                port=port.port,
                sources=sources or None,
            )


def answered(network: Network, endpoint: Endpoint, versions: Container[int] = (4, 6)) -> Iterator[Object]:
    """How what comes to a published port finds back from a network that is not the container's way out.

    Its kernel gives an answer to a datagram the address that the way out has, unless the server is bound to one. A
    stream keeps to its own, but goes to where the way out leads: that is the host, which knows whose answer it is, or a
    router on a LAN, which does not. So packets come from the gateway there, to which the way is on link.
    """
    found = {
        (rule["protocol"], rule["address"])
        for _kind, rule in published(network, endpoint, versions)
        if _is_answered_elsewhere(endpoint, rule["protocol"], 6 if ":" in rule["address"] else 4)
    }
    for protocol, address in sorted(found):
        yield object_of("nat_rule", network.name, rule="via_gateway", address=address, protocol=protocol)


def _is_answered_elsewhere(endpoint: Endpoint, protocol: str, version: int) -> bool:
    is_way_out = version in endpoint.default_route_versions
    return not is_way_out and (protocol != "tcp" or version in endpoint.past_host_versions)


def opened(network: Network, endpoint: Endpoint, versions: Container[int] = (4, 6)) -> Iterator[Object]:
    """What `publish` means where nothing is translated: the container's own port may be reached.

    On 127.0.0.1 that is by the host alone, which reaches its containers anyway.
    """
    seen: list[dict[str, Any]] = []
    for _kind, rule in published(network, endpoint, versions):
        fields = {key: rule[key] for key in ("protocol", "address", "port", "sources") if key in rule}
        if is_loopback(rule.get("host_address")):
            continue
        more = rule.get("host_port_end", rule["host_port"]) - rule["host_port"]
        for number in range(rule["port"], rule["port"] + more + 1):
            if {**fields, "port": number} not in seen:
                seen.append({**fields, "port": number})
                yield object_of("open_port", network.name, **seen[-1])


def is_loopback(host_address: Address | str | None) -> bool:
    return str(host_address).startswith("127.")


def route_localnet(network: Network, endpoints: tuple[Endpoint, ...]) -> Iterator[Object]:
    """Lets the host's own 127.0.0.1 reach a published port: only then may 127/8 be routed to the bridge.

    Which ports engines publish by a plugin of ours, nobody knows before.
    """
    ports = (port for endpoint in endpoints if 4 in endpoint.versions for port in endpoint.publish)
    addresses = {
        None if port.host_address is None else str(port.host_address) for port in ports if port.interface is None
    }
    by_engines = 4 in network.versions and not {"cni", "podman"}.isdisjoint(network.spec.options.get("handoff") or ())
    if by_engines or not addresses.isdisjoint((None, "0.0.0.0")) or any(map(is_loopback, addresses)):
        yield sysctl(network, 4, network.container_device, "route_localnet", "1")
