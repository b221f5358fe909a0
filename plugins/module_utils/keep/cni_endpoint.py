# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what an engine asks for to an address, to the objects of an endpoint, and to what it is told. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical, derived
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Values
from ansible_collections.containerhost.network.plugins.module_utils.keep import cni
from ansible_collections.containerhost.network.plugins.module_utils.keep.cni import CniError, CniRequest, Json
from ansible_collections.containerhost.network.plugins.module_utils.state.attachments import CniAttachment

EVERYWHERE = ("0.0.0.0/0", "::/0")
_PROTOCOLS = ("tcp", "udp", "sctp")
_ANY = ("", "0.0.0.0", "::")
_BEFORE_INTERFACES = ("0.1.0", "0.2.0")
_PREFIX, _DIGITS = "chv", 12  # as the host's end of any other pair


class CniPort(t.NamedTuple):
    """A port of the host that is to lead to one of the container's. ``host`` is empty for any address."""

    protocol: str
    host: str
    host_port: int
    port: int


class CniWish(t.NamedTuple):
    """What an engine wants beside an interface: by the plugin's capabilities, by ``args`` or by CNI_ARGS."""

    addresses: t.Sequence[str]
    mac: t.Optional[str]
    ports: t.Sequence[CniPort]


def asked(request: CniRequest) -> CniWish:
    """Raises CniError for what cannot be, a result of the plugins before that nothing can be added to as well."""
    before = request.configuration.get("prevResult") or {}
    if not isinstance(before, dict) or not isinstance(before.get("dns") or {}, dict):
        raise CniError(cni.BAD_CONFIGURATION, "prevResult is no result of another plugin")
    for what in ("interfaces", "ips", "routes"):
        _told(before, what)
    given = request.configuration.get("runtimeConfig") or {}
    try:
        # The conventions: who gives them in ``args``, and in CNI_ARGS as well, means the former.
        own = (request.configuration.get("args") or {}).get("cni") or {}
        by_arguments = own.get("ips") or filter(None, [request.arguments.get("IP")])
        addresses = [*(given.get("ips") or ()), *by_arguments]
        plain = [canonical.address(str(each).partition("/")[0], "ips") for each in addresses]
        mac = given.get("mac") or own.get("mac") or request.arguments.get("MAC")
        mac = canonical.unicast_mac(mac, "mac") if mac else None
        rows = map(_folded, given.get("portMappings") or ())
        ports = [_port(row) for row in rows if row.get("hostport")]
    except (Problem, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CniError(cni.BAD_CONFIGURATION, f"runtimeConfig: {error}") from error
    return CniWish(list(dict.fromkeys(plain)), mac, list(dict.fromkeys(ports)))


def _folded(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Engines and plugins in Go know a key however it is written: by go-cni, which containerd, nerdctl and Nomad have,
    ``hostPort`` is ``HostPort`` (1.1.13)."""
    return {name.lower(): value for name, value in row.items()}


def _port(row: t.Mapping[str, t.Any]) -> CniPort:
    """Of a mapping whose keys are folded."""
    protocol, host = str(row.get("protocol") or "tcp").lower(), str(row.get("hostip") or "")
    if protocol not in _PROTOCOLS:
        raise Problem(f"protocol {protocol} of a port must be one of {', '.join(_PROTOCOLS)}")
    host = canonical.address(host, "hostIP") if host else ""
    return CniPort(
        protocol,
        host,
        canonical.port(row["hostport"], "hostPort"),
        canonical.port(row.get("containerport") or 0, "containerPort"),
    )


# -- addresses and objects -------------------------------------------------------------------------------------


def attachment(
    request: CniRequest,
    network: Values,
    asked_: CniWish,
    there: t.Sequence[CniAttachment],
    identity: tuple[int, int],
    defaults: t.Collection[str],
) -> CniAttachment:
    """``there`` are those that have addresses already, ``defaults`` the container's routes to everywhere."""
    subnets = network["subnets"]
    own = _addresses(request, subnets, asked_, there)
    name = request.network
    host_end = host_end_of(request)
    mac = asked_.mac or derived.mac("endpoint", name, own[0])
    routes = [
        {"dst": dst, "via": row["gateway"]} for row in subnets for dst in row["routes"] if dst not in defaults
    ]
    objects: dict[str, list[Values]] = {
        "veth": [_veth(request, network, asked_, own, host_end, mac, routes)],
        **_ports(network, asked_, own),
    }
    if network["anti_spoofing"]:
        objects["sender_filter"] = [{"port": host_end, "mac": mac, "sources": _sources(request, own, mac, there)}]
    addresses = [f"{address}/{_prefix(row)}" for address, row in zip(own, subnets)]
    return CniAttachment(
        name, request.container, request.interface, request.netns, list(identity), host_end, addresses, objects
    )


def later_ones(request: CniRequest, there: t.Sequence[CniAttachment]) -> list[CniAttachment]:
    """The container's interfaces that are behind this one by their names: an engine may ask for all at the same time
    (go-cni does), and the way out is the first one's, whichever comes first."""
    own = _in_order(request.interface)
    return [each for each in there if each.container == request.container and _in_order(each.interface) > own]


def _in_order(interface: str) -> tuple[str, int, str]:
    """``eth10`` is behind ``eth9``."""
    plain = interface.rstrip("0123456789")
    return plain, int(interface[len(plain) :] or 0), interface


def without_routes_of(one: CniAttachment, other: CniAttachment) -> CniAttachment:
    """The same without ways that another one has from now on."""
    taken = {route["dst"] for route in other.routes}
    veths = [
        {**row, "routes": [each for each in row["routes"] if each["dst"] not in taken]} for row in one.objects["veth"]
    ]
    return one._replace(objects={**one.objects, "veth": veths})


def host_end_of(request: CniRequest) -> str:
    return _PREFIX + derived.base32(
        derived.digest("cni", request.network, request.container, request.interface), _DIGITS
    )


def _veth(
    request: CniRequest,
    network: Values,
    asked_: CniWish,
    own: t.Sequence[str],
    host_end: str,
    mac: str,
    routes: list[dict[str, str]],
) -> Values:
    six = any(":" in each for each in own)
    # As every container of a plan has them: no IPv6 at all without an address of it, no autoconfiguration with one.
    settings = {"disable_ipv6": "0", "accept_ra": "0", "autoconf": "0"} if six else {"disable_ipv6": "1"}
    values: Values = {
        "name": host_end,
        "host_mac": derived.mac("host end", request.network, request.container, request.interface),
        "master": network["bridge"],
        "isolated": network["isolated"],
        "hairpin": bool(asked_.ports),
        "sandbox": {"engine": "path", "ref": request.netns},
        "interface": request.interface,
        "mac": mac,
        "addresses": [f"{address}/{_prefix(row)}" for address, row in zip(own, network["subnets"])],
        "routes": routes,
        "sysctls": {f"net.ipv6.conf.IFNAME.{name}": value for name, value in settings.items()},
    }
    return {**values, "mtu": network["mtu"]} if network.get("mtu") else values


def _sources(request: CniRequest, own: t.Sequence[str], mac: str, there: t.Sequence[CniAttachment]) -> list[str]:
    """Its addresses, also on networks that it was put on before: their answers may leave by this one."""
    siblings = [each for each in there if each.container == request.container]
    others = [cidr.partition("/")[0] for each in siblings for cidr in each.addresses]
    return [*own, *others, *([derived.link_local(mac)] if any(":" in each for each in own) else [])]


def _addresses(
    request: CniRequest, subnets: t.Sequence[Values], asked_: CniWish, there: t.Sequence[CniAttachment]
) -> list[str]:
    """One of each subnet: the one that is asked for, or the lowest that nobody has."""
    taken = {cidr.partition("/")[0]: each.container for each in there for cidr in each.addresses}
    found = []
    left = list(asked_.addresses)
    for row in subnets:
        pin = next((each for each in left if ipaddress.ip_address(each) in ipaddress.ip_network(row["subnet"])), None)
        if pin is not None:
            left.remove(pin)
            _check_pin(pin, row, taken)
        found.append(pin or _lowest(request.network, row, taken))
    if left:
        raise CniError(cni.BAD_CONFIGURATION, f"{left[0]} is asked for, and {request.network} has no such subnet")
    return found


def _check_pin(pin: str, row: Values, taken: t.Mapping[str, str]) -> None:
    if pin in taken:
        raise CniError(cni.NO_ADDRESS, f"container {taken[pin]} has {pin} already")
    if not _is_usable(ipaddress.ip_address(pin), row):
        raise CniError(
            cni.BAD_CONFIGURATION,
            f"{pin} is asked for, and engines get addresses of {row['range']} here, without those of its ends and of"
            " the gateway",
        )


def _lowest(name: str, row: Values, taken: t.Collection[str]) -> str:
    part = ipaddress.ip_network(row["range"])
    for number in range(min(part.num_addresses, len(taken) + 4)):
        address = part[number]
        if str(address) not in taken and _is_usable(address, row):
            return str(address)
    raise CniError(
        cni.NO_ADDRESS, f"all addresses of {row['range']} of {name} are in use: remove containers, or widen the subnet"
    )


def _is_usable(address: t.Any, row: Values) -> bool:
    subnet = ipaddress.ip_network(row["subnet"])
    ends = {subnet[0], *([subnet[-1]] if subnet.version == 4 else [])}
    return address in ipaddress.ip_network(row["range"]) and str(address) != row["gateway"] and address not in ends


def _prefix(row: Values) -> int:
    return ipaddress.ip_network(row["subnet"]).prefixlen


def check_mac(
    request: CniRequest, network: Values, asked_: CniWish, there: t.Sequence[CniAttachment], planned: t.Sequence[Values]
) -> None:
    """Raises CniError for a MAC that somebody has on the same bridge, who would lose what is sent to him.

    ``planned``: ends of the plan's containers.
    """
    if asked_.mac is None:
        return
    ends = [(row, f"container {each.container}") for each in there for row in each.objects["veth"]]
    ends += [(row, f"{row['sandbox']['ref']} of {row['network']}") for row in planned]
    for row, who in ends:
        if row.get("master") == network["bridge"] and asked_.mac in (row.get("mac"), row.get("host_mac")):
            raise CniError(
                cni.REFUSED, f"{asked_.mac} is asked for, and {who} has it on {request.network}: ask for another one"
            )


# -- ports -----------------------------------------------------------------------------------------------------


def _ports(network: Values, asked_: CniWish, own: t.Sequence[str]) -> dict[str, list[Values]]:
    """As a network publishes them: by translation, or by opening the container's own."""
    published, opened = [], []
    for row, address in zip(network["subnets"], own):
        for port in asked_.ports:
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


def check_ports(
    request: CniRequest,
    network: Values,
    asked_: CniWish,
    there: t.Sequence[CniAttachment],
    published: t.Sequence[Values],
) -> None:
    """Raises CniError for a port that leads to another container already, of an engine's or of the plan's."""
    if not asked_.ports:
        return
    gateways = [row["gateway"] for row in network["subnets"]]
    wanted = _ports(network, asked_, gateways).get("nat_rule", [])
    taken = [(row, f"container {each.container}") for each in there for row in each.objects.get("nat_rule", ())]
    taken += [(row, f"{row['address']} of {row['network']}") for row in published]
    for mine in wanted:
        for row, who in taken:
            if _meet(mine, row):
                where = mine.get("host_address") or "this host"
                raise CniError(
                    cni.PORT_TAKEN,
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


# -- results ---------------------------------------------------------------------------------------------------


def result(request: CniRequest, network: Values, made: CniAttachment) -> Json:
    """In the words of the version that was asked for, behind what plugins before this one have done."""
    veth = made.objects["veth"][0]
    routes = [{"dst": route["dst"], "gw": route["via"]} for route in veth["routes"]]
    if request.version in _BEFORE_INTERFACES:
        return _first_result(request, network, made, routes)
    before = request.configuration.get("prevResult") or {}
    interfaces = list(before.get("interfaces") or ())
    number = len(interfaces) + 1
    host = {"name": made.host_end, "mac": veth["host_mac"]}
    own = {"name": made.interface, "mac": veth["mac"], "sandbox": made.netns}
    if request.version == "1.1.0" and veth.get("mtu"):
        host["mtu"] = own["mtu"] = veth["mtu"]
    ips = [
        {**_version(request, cidr), "address": cidr, "gateway": row["gateway"], "interface": number}
        for cidr, row in zip(made.addresses, network["subnets"])
    ]
    return {
        **before,
        "cniVersion": request.version,
        "interfaces": [*interfaces, host, own],
        "ips": [*(before.get("ips") or ()), *ips],
        "routes": [*(before.get("routes") or ()), *routes],
        "dns": {**(before.get("dns") or {}), **network["dns"]},
    }


def _first_result(request: CniRequest, network: Values, made: CniAttachment, routes: t.Sequence[Json]) -> Json:
    """Of versions that had one address a family, and no chains."""
    found: Json = {"cniVersion": request.version, "dns": network["dns"]}
    for cidr, row in zip(made.addresses, network["subnets"]):
        own = [route for route in routes if (":" in route["dst"]) == (":" in cidr)]
        found["ip6" if ":" in cidr else "ip4"] = {"ip": cidr, "gateway": row["gateway"], "routes": own}
    return found


def _version(request: CniRequest, cidr: str) -> Json:
    """Until 1.0.0 an address said of which family it is."""
    return {"version": "6" if ":" in cidr else "4"} if request.version < "1" else {}


def check_result(request: CniRequest, made: CniAttachment) -> None:
    """An engine asks whether what it was told is still so."""
    told = request.configuration.get("prevResult")
    if not isinstance(told, dict):
        raise CniError(cni.BAD_CONFIGURATION, "CHECK needs the result of the ADD before it, as prevResult")
    inside = (each for each in _told(told, "interfaces") if each.get("sandbox"))
    own = next((each for each in inside if each.get("name") == made.interface), None)
    if own is None:
        raise CniError(cni.DIFFERS, f"prevResult has no interface {made.interface} of the container")
    for word, is_so in (("sandbox", request.netns), ("mac", made.objects["veth"][0]["mac"])):
        said = own.get(word)
        if said and str(said).lower() != is_so.lower():
            raise CniError(cni.DIFFERS, f"prevResult tells of {made.interface} with {word} {said}, and it has {is_so}")
    missing = {*made.addresses} - {each.get("address") for each in _told(told, "ips")}
    if missing:
        raise CniError(cni.DIFFERS, f"prevResult lacks {sorted(missing)[0]}, which {made.interface} has")


def _told(result_: Json, what: str) -> list[Json]:
    rows = result_.get(what) or []
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise CniError(cni.BAD_CONFIGURATION, f"`{what}` of prevResult is no list of mappings")
    return rows


def check_room(name: str, network: Values, there: t.Sequence[CniAttachment]) -> None:
    """Raises CniError where the next container would get no address."""
    taken = {cidr.partition("/")[0] for each in there for cidr in each.addresses}
    for row in network["subnets"]:
        _lowest(name, row, taken)
