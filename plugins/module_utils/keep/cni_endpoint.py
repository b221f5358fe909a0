# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what CNI's words ask for to what an endpoint is made of, and from that to what an engine is told. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Values
from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_errors as errors
from ansible_collections.containerhost.network.plugins.module_utils.keep.cni import CniRequest, Json
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_endpoint import (
    EnginePlace,
    EngineWish,
    HostPort,
    host_port,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import (
    CNI,
    EngineAttachment,
)

_BEFORE_INTERFACES = ("0.1.0", "0.2.0")


def place_of(request: CniRequest) -> EnginePlace:
    return EnginePlace(CNI, request.network, request.container, request.interface, request.netns)


def asked(request: CniRequest) -> EngineWish:
    """Raises EngineError for what cannot be, a result of the plugins before that nothing can be added to as well."""
    before = request.configuration.get("prevResult") or {}
    if not isinstance(before, dict) or not isinstance(before.get("dns") or {}, dict):
        raise EngineError(errors.BAD_CONFIGURATION, "prevResult is no result of another plugin")
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
        raise EngineError(errors.BAD_CONFIGURATION, f"runtimeConfig: {error}") from error
    return EngineWish(list(dict.fromkeys(plain)), mac, list(dict.fromkeys(ports)))


def _folded(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Engines and plugins in Go know a key however it is written: by go-cni, which containerd, nerdctl and Nomad have,
    ``hostPort`` is ``HostPort`` (1.1.13)."""
    return {name.lower(): value for name, value in row.items()}


def _port(row: t.Mapping[str, t.Any]) -> HostPort:
    """Of a mapping whose keys are folded."""
    host = str(row.get("hostip") or "")
    return host_port(str(row.get("protocol") or ""), host, row["hostport"], row.get("containerport") or 0)


# -- results ---------------------------------------------------------------------------------------------------


def result(request: CniRequest, network: Values, made: EngineAttachment) -> Json:
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


def _first_result(request: CniRequest, network: Values, made: EngineAttachment, routes: t.Sequence[Json]) -> Json:
    """Of versions that had one address a family, and no chains."""
    found: Json = {"cniVersion": request.version, "dns": network["dns"]}
    for cidr, row in zip(made.addresses, network["subnets"]):
        own = [route for route in routes if (":" in route["dst"]) == (":" in cidr)]
        found["ip6" if ":" in cidr else "ip4"] = {"ip": cidr, "gateway": row["gateway"], "routes": own}
    return found


def _version(request: CniRequest, cidr: str) -> Json:
    """Until 1.0.0 an address said of which family it is."""
    return {"version": "6" if ":" in cidr else "4"} if request.version < "1" else {}


def check_result(request: CniRequest, made: EngineAttachment) -> None:
    """An engine asks whether what it was told is still so."""
    told = request.configuration.get("prevResult")
    if not isinstance(told, dict):
        raise EngineError(errors.BAD_CONFIGURATION, "CHECK needs the result of the ADD before it, as prevResult")
    inside = (each for each in _told(told, "interfaces") if each.get("sandbox"))
    own = next((each for each in inside if each.get("name") == made.interface), None)
    if own is None:
        raise EngineError(errors.DIFFERS, f"prevResult has no interface {made.interface} of the container")
    for word, is_so in (("sandbox", request.netns), ("mac", made.objects["veth"][0]["mac"])):
        said = own.get(word)
        if said and str(said).lower() != is_so.lower():
            raise EngineError(
                errors.DIFFERS, f"prevResult tells of {made.interface} with {word} {said}, and it has {is_so}"
            )
    missing = {*made.addresses} - {each.get("address") for each in _told(told, "ips")}
    if missing:
        raise EngineError(errors.DIFFERS, f"prevResult lacks {sorted(missing)[0]}, which {made.interface} has")


def _told(result_: Json, what: str) -> list[Json]:
    rows = result_.get(what) or []
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise EngineError(errors.BAD_CONFIGURATION, f"`{what}` of prevResult is no list of mappings")
    return rows
