# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``gateway_mode: bridged``: containers are switched into the LAN that their hosts are on.

The bridge is one of ours, and an interface of the host's is a port of it (`uplink`); or it is one that the host's own
configuration has made (`bridge` alone), which is used and left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver, Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, on
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Fleet, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import anti_spoofing, parents

# What is about a bridge with a gateway on it: what it is to be without, by option.
_NO_MEANING = {
    "handoff": "an engine would hand out addresses of the LAN",
    "allow_networks": "nothing that is routed is kept out of it",
    "host_access": "its containers reach the host as all others on the LAN do",
    "outbound_address": "its containers leave under their own addresses",
}
# That it is closed to its containers is said of a host by an empty list.
_NOT_SAID = {**dict.fromkeys(_NO_MEANING, (None, (), {})), "host_access": (None,)}
_MULTICAST_AND_LOCAL = 0xFE  # first byte: no MAC of an interface is larger, and a bridge without one takes the smallest


def objects(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    options, device = network.spec.options, network.container_device
    uplink = {"uplink": options["uplink"], "vlan": options["vlan"]}
    if options["uplink"]:
        if options["vlan"]:
            yield new.object_of("vlan", network.name, parent=options["uplink"], id=options["vlan"])
        guarded = options["anti_spoofing"]
        yield new.object_of("bridge", network.name, name=device, **uplink, no_linklocal_learn=guarded)
        mtus = [mtu for each in network.endpoints.get(host, ()) if (mtu := each.spec.mtu or network.spec.mtu)]
        fields = {"device": options["uplink"], "vlan": options["vlan"], "bridge": device}
        yield new.object_of("uplink", network.name, **fields, mtu=max(mtus, default=None))
    yield from anti_spoofing.filters(network, host, fleet)
    for endpoint in network.endpoints.get(host, ()):
        routes = new.default_routes(endpoint)
        # A bridge of somebody else's learns from frames that it does not switch (01:80:c2:00:00:0e): past all filters,
        # a container would have what is for the LAN's router.
        fixed = True if options["anti_spoofing"] and not options["uplink"] else None
        known = {"fixed_mac": fixed, "announce": True}
        yield _end(new.veth(network, endpoint, network.spec.mtu, not options["icc"], routes, **known))
        yield from new.rate(network, endpoint)


def _end(made: Object) -> Object:
    """The host's end has a MAC that changes none of the bridge's."""
    kind, fields = made
    return kind, {**fields, "host_mac": f"{_MULTICAST_AND_LOCAL:02x}{fields['host_mac'][2:]}"}


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    options, where = network.spec.options, network.spec.where
    if not options["uplink"] and not options["bridge"]:
        problems.add(
            f"{where}it is bridged, and says not where to: it has neither `uplink` nor `bridge`",
            "Name the host's interface on the LAN as `uplink`, or a bridge that its own configuration has made as"
            " `bridge`",
        )
    for option, why in _NO_MEANING.items():
        if options[option] not in _NOT_SAID[option]:
            problems.add(f"{where}it is bridged, and has `{option}`: {why}", "Leave it out")
    if network.spec.internal:
        problems.add(f"{where}it is bridged into a LAN, and internal", "Leave one of them out")
    if not options["uplink"]:
        _check_foreign(network, problems)
    _check_subnets(network, problems)
    for endpoint in (each for found in network.endpoints.values() for each in found):
        _check_endpoint(network, endpoint, problems)
    _check_uplinks(network, fleet, problems)


def _check_foreign(network: Network, problems: Problems) -> None:
    """A bridge that has been given no MTU follows the smallest of its ports'."""
    where = network.spec.where
    if network.spec.options["vlan"]:
        problems.add(
            f"{where}it has `vlan` without `uplink`", "Name the interface that the VLAN is of, or a bridge on the VLAN"
        )
    every = [each for some in network.endpoints.values() for each in some]
    told = [f"it has `mtu` {network.spec.mtu}"] if network.spec.mtu else []
    told += [f"{each.container} has `mtu` {each.spec.mtu}" for each in every if each.spec.mtu]
    if told:
        problems.add(
            f"{where}{told[0]}, and the MTU of {network.spec.options['bridge']}, which is its host's, would follow",
            "Leave `mtu` out: its containers have the bridge's",
        )


def _check_subnets(network: Network, problems: Problems) -> None:
    where = network.spec.where
    if network.spec.subnets is None:
        problems.add(f"{where}it is bridged, and its subnets are those of the LAN", "Write them as `subnets`")
    for subnet in network.spec.subnets or ():
        if subnet.host_prefix:
            problems.add(
                f"{where}{subnet.cidr} has `host_prefix`, and the LAN is one segment for all its hosts",
                "Leave `host_prefix` out, and say by `range` which addresses are for containers",
            )


def _check_endpoint(network: Network, endpoint: Endpoint, problems: Problems) -> None:
    if endpoint.spec.publish:
        problems.add(
            f"{network.spec.where}{endpoint.container} publishes {endpoint.spec.publish[0]}, and is on the LAN with all"
            " of its ports",
            "Leave `publish` out; the container is reached under its own address",
        )


def _check_uplinks(network: Network, fleet: Fleet, problems: Problems) -> None:
    """An interface is a port of one bridge, and nothing else stands on it or leaves by it then."""
    spec, where = network.spec, network.spec.where
    if not spec.options["uplink"]:
        return
    here = parents.lan_of(spec)
    for other in fleet.networks.values():
        shared = sorted({*network.members} & {*other.members})
        if other.name == network.name or not shared or parents.lan_of(other.spec) != here:
            continue
        if other.spec.driver != spec.driver:
            problems.add(
                f"{where}{here} of {on(shared[0])} is its uplink, and the parent of `{other.name}`, whose containers"
                " would get nothing by it any more",
                f"Name {network.container_device} as `parent` of `{other.name}`",
            )
        elif network.name < other.name:
            problems.add(
                f"{where}{here} of {on(shared[0])} is its uplink, and that of `{other.name}` as well",
                "Make them one network with the subnets of both",
            )
    for name in network.members if not spec.options["vlan"] else ():
        _check_published(network, name, fleet, problems)
        host = fleet.hosts[name]
        carried = any(name in each.members and _is_tunnelled(each) for each in fleet.networks.values())
        if carried and host.underlay_interface == spec.options["uplink"]:
            problems.add(
                f"{where}{here} is its uplink, and the containerhost_underlay_interface of {on(name)}, by which nothing"
                " leaves any more",
                f"Write {network.container_device} there, or leave it out: the underlay's address moves along",
            )


def _check_published(network: Network, host: str, fleet: Fleet, problems: Problems) -> None:
    """By an interface without an address, nothing is published."""
    uplink = network.spec.options["uplink"]
    for other in fleet.networks.values():
        for endpoint in other.endpoints.get(host, ()):
            for port in (each for each in endpoint.publish if each.interface == uplink):
                problems.add(
                    f"{endpoint.container} on `{other.name}` publishes {port}, and {uplink} is the uplink of"
                    f" `{network.name}`, whose bridge has its addresses then",
                    f"Publish by {network.container_device}",
                )


def _is_tunnelled(network: Network) -> bool:
    return network.spec.options.get("backend") is not None


def variant(bridge: Driver) -> Driver:
    """The driver of such a network, from that of a bridge of each host's own."""
    return replace(
        bridge,
        objects=objects,
        check=check,
        spans_hosts=True,
        one_segment=lambda spec: True,
        has_gateway=False,
        takes_shim=lambda spec: False,
        own_ports=1,
        variant=None,
    )
