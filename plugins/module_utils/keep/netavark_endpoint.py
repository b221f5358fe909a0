# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what netavark tells of a container to what an endpoint is made of, and from that to what it is told. Pure.

Its types are netavark's ``NetworkPluginExec`` and ``StatusBlock``. Versions differ in what is left out, what is null,
and what is told that older ones did not know of.
"""

from __future__ import annotations

import re
import typing as t
import zlib

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Values
from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_errors as errors
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_endpoint import (
    EnginePlace,
    EngineWish,
    HostPort,
    host_port,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.keep.netavark import Json
from ansible_collections.containerhost.network.plugins.module_utils.kinds.podman_network import PodmanNetwork
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import podman_networks
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import (
    PODMAN,
    EngineAttachment,
)

# Routes to everywhere of netavark's own have 100. Where a container is on a network of Podman's as well, that is its
# way out: netavark publishes a port there, too, and the answers are to leave by the address that they come from. Of
# ours, that of the first interface is, as Podman numbers them; names that somebody has chosen come last.
_METRIC, _OTHERS = 101, 1_000_000
_NUMBERED = re.compile(r"eth(\d{1,4})")
_PORTS = 65535


def place_of(netns: str, told: Json) -> EnginePlace:
    try:
        network, container = str(told["network"]["name"]), str(told["container_id"])
        interface = str(told["network_options"]["interface_name"])
    except (KeyError, TypeError) as error:
        raise EngineError(errors.BAD_CONFIGURATION, f"the input lacks {error}") from error
    if not container or not interface:
        raise EngineError(errors.BAD_CONFIGURATION, "the input names no container, or no interface of it")
    name = told.get("container_name")
    return EnginePlace(PODMAN, network, container, interface, netns, name if isinstance(name, str) else "")


def network_of(told: Json) -> Values:
    """What Podman's file says of the network, checked as the kind does."""
    name = told["network"]["name"]
    try:
        return PodmanNetwork().normalise({"name": name, **podman_networks.fields_of(told["network"])})
    except (Problem, KeyError, TypeError, AttributeError, ValueError) as error:
        raise EngineError(
            errors.BAD_CONFIGURATION,
            f"the network {name} is not as a run has made it ({error}): run containerhost.network.site for this host",
        ) from error


def asked(told: Json) -> EngineWish:
    own = told["network_options"]
    try:
        options = sorted(own.get("options") or ())
        if options:
            raise Problem(f"the network takes no option {options[0]} of a container's")
        addresses = [canonical.address(str(each), "static_ips") for each in own.get("static_ips") or ()]
        mac = canonical.unicast_mac(own["static_mac"], "static_mac") if own.get("static_mac") else None
        ports = [port for row in told.get("port_mappings") or () for port in _ports_of(row)]
    except (Problem, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(errors.BAD_CONFIGURATION, str(error)) from error
    metric = _metric(str(own["interface_name"]))
    return EngineWish(list(dict.fromkeys(addresses)), mac, list(dict.fromkeys(ports)), metric)


def _metric(interface: str) -> int:
    """Of its own for each interface of a container: two routes of one metric cannot be."""
    found = _NUMBERED.fullmatch(interface)
    if found is None:
        return _OTHERS + zlib.crc32(interface.encode()) % _OTHERS
    return _METRIC + int(found.group(1))


def _ports_of(row: t.Mapping[str, t.Any]) -> t.Iterator[HostPort]:
    """A row has as many ports as its range says, of each protocol that is named."""
    host, inside = int(row["host_port"]), int(row["container_port"])
    many = int(row.get("range") or 1)
    if many > _PORTS:
        raise Problem(f"port_mappings has a range of {many} ports")
    for protocol in str(row.get("protocol") or "tcp").split(","):
        for number in range(many):
            yield host_port(protocol.strip(), str(row.get("host_ip") or ""), host + number, inside + number)


def result(network: Values, made: EngineAttachment) -> Json:
    subnets = [{"gateway": row["gateway"], "ipnet": cidr} for cidr, row in zip(made.addresses, network["subnets"])]
    inside = {"mac_address": made.objects["veth"][0]["mac"], "subnets": subnets}
    return {
        "dns_search_domains": network["dns"].get("search", []),
        "dns_server_ips": network["dns"].get("nameservers", []),
        "interfaces": {made.interface: inside},
    }
