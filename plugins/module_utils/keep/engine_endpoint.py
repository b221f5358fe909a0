# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what an engine asks for, in whatever words, to addresses and to the objects of an endpoint. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical, derived
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Values
from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_errors as errors
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import EngineAttachment

EVERYWHERE = ("0.0.0.0/0", "::/0")
_PROTOCOLS = ("tcp", "udp", "sctp")
_ANY = ("", "0.0.0.0", "::")
_PREFIX, _DIGITS = "chv", 12  # as the host's end of any other pair


class EnginePlace(t.NamedTuple):
    """Where an engine wants an interface.

    ``netns`` is the path of the container's namespace, empty if it has said none; ``protocol`` the one that the engine
    has asked by, and ``name`` what it calls the container beside its id.
    """

    protocol: str
    network: str
    container: str
    interface: str
    netns: str
    name: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.protocol, self.network, self.container, self.interface


class HostPort(t.NamedTuple):
    """A port of the host that is to lead to one of the container's. ``host`` is empty for any address."""

    protocol: str
    host: str
    host_port: int
    port: int


class EngineWish(t.NamedTuple):
    """What an engine wants beside an interface.

    ``metric``: of the routes to everywhere. None: a container that has one already keeps that alone.
    """

    addresses: t.Sequence[str]
    mac: t.Optional[str]
    ports: t.Sequence[HostPort]
    metric: t.Optional[int] = None


def host_port(protocol: str, host: str, number: t.Any, inside: t.Any) -> HostPort:
    """Checked; empty words mean what an engine means by them. Raises Problem."""
    protocol = protocol.lower() or "tcp"
    if protocol not in _PROTOCOLS:
        raise Problem(f"protocol {protocol} of a port must be one of {', '.join(_PROTOCOLS)}")
    host = canonical.address(host, "hostIP") if host else ""
    return HostPort(
        protocol,
        host,
        canonical.port(number, "hostPort"),
        canonical.port(inside, "containerPort"),
    )


# -- addresses and objects -------------------------------------------------------------------------------------


def attachment(
    place: EnginePlace,
    network: Values,
    wish: EngineWish,
    there: t.Sequence[EngineAttachment],
    identity: tuple[int, int],
    defaults: t.Collection[str],
) -> EngineAttachment:
    """``there`` are those that have addresses already, ``defaults`` the container's routes to everywhere."""
    subnets = network["subnets"]
    own = _addresses(place, subnets, wish, there)
    name = place.network
    host_end = host_end_of(place)
    mac = wish.mac or derived.mac("endpoint", name, own[0])
    routes = [_route(row, dst, wish.metric) for row in subnets for dst in row["routes"] if dst not in defaults]
    objects: dict[str, list[Values]] = {
        "veth": [_veth(place, network, wish, own, host_end, mac, routes)],
        **_ports(network, wish, own),
    }
    if network["anti_spoofing"]:
        objects["sender_filter"] = [{"port": host_end, "mac": mac, "sources": _sources(place, own, mac, there)}]
    addresses = [f"{address}/{_prefix(row)}" for address, row in zip(own, subnets)]
    inside = (place.container, place.interface, place.netns, list(identity))
    return EngineAttachment(name, *inside, host_end, addresses, objects, place.protocol, place.name)


def later_ones(place: EnginePlace, there: t.Sequence[EngineAttachment]) -> list[EngineAttachment]:
    """The container's interfaces that are behind this one by their names: an engine may ask for all at the same time
    (go-cni does), and the way out is the first one's, whichever comes first."""
    own = _in_order(place.interface)
    return [each for each in there if each.container == place.container and _in_order(each.interface) > own]


def _in_order(interface: str) -> tuple[str, int, str]:
    """``eth10`` is behind ``eth9``."""
    plain = interface.rstrip("0123456789")
    return plain, int(interface[len(plain) :] or 0), interface


def without_routes_of(one: EngineAttachment, other: EngineAttachment) -> EngineAttachment:
    """The same without ways that another one has from now on."""
    taken = {route["dst"] for route in other.routes}
    veths = [
        {**row, "routes": [each for each in row["routes"] if each["dst"] not in taken]} for row in one.objects["veth"]
    ]
    return one._replace(objects={**one.objects, "veth": veths})


def _route(row: Values, dst: str, metric: int | None) -> Values:
    route = {"dst": dst, "via": row["gateway"]}
    return route if metric is None or dst not in EVERYWHERE else {**route, "metric": metric}


def host_end_of(place: EnginePlace) -> str:
    return _PREFIX + derived.base32(derived.digest(*place.key), _DIGITS)


def _veth(
    place: EnginePlace,
    network: Values,
    wish: EngineWish,
    own: t.Sequence[str],
    host_end: str,
    mac: str,
    routes: list[Values],
) -> Values:
    six = any(":" in each for each in own)
    # As every container of a plan has them: no IPv6 at all without an address of it, no autoconfiguration with one.
    settings = {"disable_ipv6": "0", "accept_ra": "0", "autoconf": "0"} if six else {"disable_ipv6": "1"}
    values: Values = {
        "name": host_end,
        "host_mac": derived.mac("host end", place.network, place.container, place.interface),
        "master": network["bridge"],
        "isolated": network["isolated"],
        "hairpin": bool(wish.ports),
        "sandbox": {"engine": "path", "ref": place.netns},
        "interface": place.interface,
        "mac": mac,
        "addresses": [f"{address}/{_prefix(row)}" for address, row in zip(own, network["subnets"])],
        "routes": routes,
        "sysctls": {f"net.ipv6.conf.IFNAME.{name}": value for name, value in settings.items()},
    }
    return {**values, "mtu": network["mtu"]} if network.get("mtu") else values


def acquainted(own: EngineAttachment, others: t.Iterable[EngineAttachment]) -> EngineAttachment:
    """With those that the same container has on other networks: their answers may leave by this one."""
    if "sender_filter" not in own.objects:
        return own
    (row,) = own.objects["sender_filter"]
    mine = [_plain(cidr) for cidr in own.addresses]
    theirs = [_plain(cidr) for each in others for cidr in each.addresses]
    local = [each for each in row["sources"] if each.startswith("fe80:")]
    filters = [{**row, "sources": [*mine, *theirs, *local]}]
    return own._replace(objects={**own.objects, "sender_filter": filters})


def _plain(cidr: str) -> str:
    return cidr.partition("/")[0]


def _sources(place: EnginePlace, own: t.Sequence[str], mac: str, there: t.Sequence[EngineAttachment]) -> list[str]:
    """Its addresses, also on networks that it was put on before: their answers may leave by this one."""
    siblings = [each for each in there if each.container == place.container]
    others = [_plain(cidr) for each in siblings for cidr in each.addresses]
    return [*own, *others, *([derived.link_local(mac)] if any(":" in each for each in own) else [])]


def _addresses(
    place: EnginePlace, subnets: t.Sequence[Values], wish: EngineWish, there: t.Sequence[EngineAttachment]
) -> list[str]:
    """One of each subnet: the one that is asked for, or the lowest that nobody has."""
    taken = {_plain(cidr): each.called for each in there for cidr in each.addresses}
    found = []
    left = list(wish.addresses)
    for row in subnets:
        pin = next((each for each in left if ipaddress.ip_address(each) in ipaddress.ip_network(row["subnet"])), None)
        if pin is not None:
            left.remove(pin)
            _check_pin(pin, row, taken)
        found.append(pin or _lowest(place.network, row, taken))
    if left:
        raise EngineError(errors.BAD_CONFIGURATION, f"{left[0]} is asked for, and {place.network} has no such subnet")
    return found


def _check_pin(pin: str, row: Values, taken: t.Mapping[str, str]) -> None:
    if pin in taken:
        raise EngineError(errors.NO_ADDRESS, f"container {taken[pin]} has {pin} already")
    if not _is_usable(ipaddress.ip_address(pin), row):
        raise EngineError(
            errors.BAD_CONFIGURATION,
            f"{pin} is asked for, and engines get addresses of {row['range']} here, without those of its ends and of"
            " the gateway",
        )


def _lowest(name: str, row: Values, taken: t.Collection[str]) -> str:
    part = ipaddress.ip_network(row["range"])
    for number in range(min(part.num_addresses, len(taken) + 4)):
        address = part[number]
        if str(address) not in taken and _is_usable(address, row):
            return str(address)
    raise EngineError(
        errors.NO_ADDRESS,
        f"all addresses of {row['range']} of {name} are in use: remove containers, or widen the subnet",
    )


def _is_usable(address: t.Any, row: Values) -> bool:
    subnet = ipaddress.ip_network(row["subnet"])
    ends = {subnet[0], *([subnet[-1]] if subnet.version == 4 else [])}
    return address in ipaddress.ip_network(row["range"]) and str(address) != row["gateway"] and address not in ends


def _prefix(row: Values) -> int:
    return ipaddress.ip_network(row["subnet"]).prefixlen


def check_mac(
    network: Values, wish: EngineWish, there: t.Sequence[EngineAttachment], planned: t.Sequence[Values]
) -> None:
    """Raises EngineError for a MAC that somebody has on the same bridge, who would lose what is sent to him.

    ``planned``: ends of the plan's containers.
    """
    if wish.mac is None:
        return
    ends = [(row, f"container {each.called}") for each in there for row in each.objects["veth"]]
    ends += [(row, f"{row['sandbox']['ref']} of {row['network']}") for row in planned]
    for row, who in ends:
        if row.get("master") == network["bridge"] and wish.mac in (row.get("mac"), row.get("host_mac")):
            raise EngineError(
                errors.REFUSED, f"{wish.mac} is asked for, and {who} has it on {network['name']}: ask for another one"
            )


# -- ports -----------------------------------------------------------------------------------------------------


def _ports(network: Values, wish: EngineWish, own: t.Sequence[str]) -> dict[str, list[Values]]:
    """As a network publishes them: by translation, or by opening the container's own."""
    published, opened = [], []
    for row, address in zip(network["subnets"], own):
        for port in wish.ports:
            if port.host and (":" in port.host) != (":" in address) and port.host not in _ANY:
                continue
            to = {"protocol": port.protocol, "address": address, "port": port.port}
            if row["ports"] == "publish":
                host = {} if port.host in _ANY else {"host_address": port.host}
                published.append({"rule": "publish", "host_port": port.host_port, **host, **to})
            elif to not in opened:
                opened.append(to)
    found = {"nat_rule": published, "open_port": opened}
    return {kind: rows for kind, rows in found.items() if rows}


def without_ports_of(place: EnginePlace, wish: EngineWish, there: t.Sequence[EngineAttachment]) -> EngineWish:
    """Without ports that lead to the container already: an engine asks for all of them on each of its networks."""
    rows = [row for each in there if each.container == place.container for row in each.objects.get("nat_rule", ())]
    led = {(row["protocol"], row.get("host_address") or "", row["host_port"], row["port"]) for row in rows}
    plain = [port._replace(host="" if port.host in _ANY else port.host) for port in wish.ports]
    return wish._replace(ports=[port for port in plain if port not in led])


def check_ports(
    network: Values,
    wish: EngineWish,
    there: t.Sequence[EngineAttachment],
    published: t.Sequence[Values],
) -> None:
    """Raises EngineError for a port that leads to another container already, of an engine's or of the plan's."""
    if not wish.ports:
        return
    gateways = [row["gateway"] for row in network["subnets"]]
    wanted = _ports(network, wish, gateways).get("nat_rule", [])
    taken = [(row, f"container {each.called}") for each in there for row in each.objects.get("nat_rule", ())]
    taken += [(row, f"{row['address']} of {row['network']}") for row in published]
    for mine in wanted:
        for row, who in taken:
            if _meet(mine, row):
                where = mine.get("host_address") or "this host"
                raise EngineError(
                    errors.PORT_TAKEN,
                    f"port {mine['host_port']}/{mine['protocol']} of {where} leads to {who} already: publish another",
                )


def _meet(one: Values, other: Values) -> bool:
    """Do two published ports have one in common? One that names no address has them all."""
    first, last = other["host_port"], other.get("host_port_end") or other["host_port"]
    hosts = {one.get("host_address"), other.get("host_address")}
    return (
        one["protocol"] == (other.get("protocol") or "tcp")
        and (":" in one["address"]) == (":" in other["address"])
        and first <= one["host_port"] <= last
        and (None in hosts or len(hosts) == 1)
    )


def check_room(name: str, network: Values, there: t.Sequence[EngineAttachment]) -> None:
    """Raises EngineError where the next container would get no address."""
    taken = {_plain(cidr) for each in there for cidr in each.addresses}
    for row in network["subnets"]:
        _lowest(name, row, taken)
