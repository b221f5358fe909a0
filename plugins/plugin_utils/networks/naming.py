# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who finds whom by which name: a pure function of the fleet, and the objects that tell each host of it.

A container has, on each of its networks, its own name and its aliases, and each of these with the network's name after
a dot. Its name comes first: that is what its address leads back to. Two containers may have one alias; it has the
addresses of both.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import has_hosts_file
from ansible_collections.containerhost.network.plugins.module_utils.state.naming.names import name_fault
from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.joining import partner_of
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import (
    is_shim,
    shim_of,
    without_shims,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import BITS, Address, Block
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    DnsSpec,
    Endpoint,
    EndpointSpec,
    Fleet,
    Inventory,
    Network,
    NetworkSpec,
    Slice,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.public_domains import is_public

MOST_SERVERS = 3  # MAXNS, resolv.h
_BARE = "netns"  # the engine whose containers' files are ours in whole
_NAMED = 5  # containers in one sentence


class Names:
    """The names of a fleet. What hosts share is worked out once, and is the same object in each of their documents."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._tables: dict[str, Object] = {}
        self._joining: dict[str, dict[str, list[ContainerSpec]]] = {}

    def objects(self, network: Network, host: str) -> Iterator[Object]:
        """What a host has because containers on this network are known by name."""
        endpoints = without_shims(network.endpoints.get(host, ()))
        if not network.spec.names or not endpoints:
            return
        yield self._table(network, host)
        if "on_host" in network.spec.names:
            yield new.object_of("hosts_file", network.name, table=network.name)
        if "resolver" in network.spec.names:
            yield _server(network, host, self._table(network, host)[1]["entries"])
        if "hosts" in network.spec.names:
            readers = [
                one for each in endpoints for one in (each.container, *self._joined(host, each.container.name))
            ]
            for engine, ref in dict.fromkeys((one.engine, one.ref) for one in readers):
                if has_hosts_file(engine):
                    sandbox = {"engine": engine, "ref": ref}
                    yield new.object_of("hosts_file", network.name, sandbox=sandbox, table=network.name)

    def _joined(self, host: str, partner: str) -> list[ContainerSpec]:
        """Bare namespaces that have a container's under a name of their own; of an engine's, it has the files alike."""
        if host not in self._joining:
            found = self._joining[host] = {}
            own = self._fleet.containers.get(host, {})
            for container in own.values():
                last = partner_of(container, own) if container.partner and container.engine == "netns" else None
                if last is not None:
                    found.setdefault(last.name, []).append(container)
        return self._joining[host].get(partner, [])

    def resolv_confs(self, host: str, chosen: Collection[str] | None) -> Iterator[Object]:
        """Whom containers ask: one file each, whichever of its networks a document is about (None: all)."""
        seen: set[tuple[str, str]] = set()
        for spec in self._fleet.containers.get(host, {}).values():
            if chosen is not None and not any(each.network in chosen for each in spec.endpoints):
                continue
            readers = {(one.engine, one.ref) for one in (spec, *self._joined(host, spec.name))} - seen
            found = resolution(spec, self._fleet.networks, functools.partial(self._servers, host)) if readers else None
            if found is not None:
                seen |= readers
                owner, fields, needed = found
                for engine, ref in sorted(each for each in readers if has_hosts_file(each[0])):
                    more = {} if needed or engine == _BARE else {"needed": False}
                    yield new.object_of("resolv_conf", owner, sandbox={"engine": engine, "ref": ref}, **fields, **more)

    def _servers(self, host: str, network: str) -> list[str]:
        return _addresses(self._fleet.networks[network], host)

    def _table(self, network: Network, host: str) -> Object:
        """Containers of one host have a bridge to themselves; on all other networks, the fleet's find each other."""
        if not driver_of(network.spec).spans_hosts:
            return _table(network, network.endpoints[host])
        found = self._tables.get(network.name)
        if found is None:
            found = self._tables[network.name] = _table(network, itertools.chain(*network.endpoints.values()))
        return found


def _table(network: Network, endpoints: Iterable[Endpoint]) -> Object:
    return new.object_of("name_table", network.name, name=network.name, entries=entries(network.name, endpoints))


def entries(network: str, endpoints: Iterable[Endpoint]) -> list[str]:
    """Lines of a hosts file, one for each address, in the order of addresses."""
    rows: list[tuple[Address, str]] = []
    for endpoint in endpoints:
        if not is_shim(endpoint.container):
            names = " ".join(names_of(endpoint.container.name, endpoint.spec.aliases, network))
            rows += [(address, names) for address, _slice in endpoint.addresses]
    return [f"{address} {names}" for address, names in sorted(rows, key=lambda row: (row[0].version, row[0].value))]


def names_of(container: str, aliases: Iterable[str], network: str) -> list[str]:
    """All names of a container on a network: its own, its aliases, and these in the network's domain."""
    plain = dict.fromkeys([container, *aliases])
    return list(dict.fromkeys([*plain, *(f"{name}.{network}" for name in plain)]))


def _server(network: Network, host: str, names: Iterable[str]) -> Object:
    """Names of the network's domain, aliases with dots, and its addresses are nobody else's to answer."""
    own = {name for line in names for name in line.split()[1:] if "." in name and not name.endswith(f".{network.name}")}
    asked = network.spec.dns.servers
    return new.object_of(
        "name_server",
        network.name,
        name=network.name,
        device=_device(network, host),
        table=network.name,
        servers=[] if network.spec.internal else None if asked is None else [str(each) for each in asked],
        local=sorted({network.name.lower(), *(name.lower() for name in own)}),
        reverse=[block for slice_ in network.slices[host] for block in reverse_zones(_of_names(network, slice_))],
    )


def _device(network: Network, host: str) -> str | None:
    """What questions come in by: a host on a parent has an interface for that."""
    shim = shim_of(network.endpoints.get(host, ()))
    return network.container_device or (shim.interface if shim else None)


def _of_names(network: Network, slice_: Slice) -> Block:
    return slice_.subnet if driver_of(network.spec).spans_hosts else slice_.block


def reverse_zones(block: Block) -> list[str]:
    """A block as networks whose prefix is a whole number of labels of its reverse domain (RFC 1035, RFC 3596).

    None of one that is smaller than the smallest of these: its domain is that of others, too.
    """
    step, most = (8, 24) if block.version == 4 else (4, 124)
    prefix = -(-block.prefix // step) * step
    if prefix > most:
        return []
    size = 1 << (BITS[block.version] - prefix)
    starts = range(block.first, block.last + 1, size)
    return [f"{Address(block.version, start)}/{prefix}" for start in starts]


def resolution(
    container: ContainerSpec, networks: Mapping[str, Network], gateways: Callable[[str], list[str]]
) -> tuple[str, dict[str, list[str]], bool] | None:
    """Whom a container asks, the network that this is of, and whether it finds names by nothing else; None: as its host
    or its engine has it.

    It asks one network's name server, that of its way out first: another one knows names of its own network only.
    """
    there = [networks[each.network].spec for each in container.endpoints if each.network in networks]
    served = sorted((spec for spec in there if "resolver" in spec.names), key=lambda spec: _rank(container, spec))
    said = [container.dns, *(spec.dns for spec in there)]
    search, options = (_first(said, name) for name in ("search", "options"))
    servers = gateways(served[0].name)[:MOST_SERVERS] if served else _first(said, "servers")
    if not there or not (servers or search or options):
        return None
    owner = served[0].name if served else there[0].name
    fields = {"servers": servers, "search": search, "options": options}
    needed = not (served and "hosts" in served[0].names)
    return owner, {name: [str(each) for each in value] for name, value in fields.items() if value}, needed


def _rank(container: ContainerSpec, spec: NetworkSpec) -> tuple[bool, bool, str]:
    return spec.name != container.default_route, spec.internal, spec.name


def _first(said: Iterable[DnsSpec], name: str) -> Any:
    return next((found for each in said if (found := getattr(each, name)) is not None), None)


# -- checks ----------------------------------------------------------------------------------------------------


def check(inventory: Inventory, problems: Problems) -> None:
    for container, endpoint, network in _named(inventory):
        # Aliases are hostnames; those that have joined the container have added their own names to them.
        for name in (container.name, *endpoint.aliases):
            fault = name_fault(name) or name_fault(f"{name}.{network.name}")
            if fault is not None:
                problems.add(
                    f"{container.where}it is to be found on `{network.name}`, and `{name}` (as `{name}.{network.name}`,"
                    f" too) is no hostname: {fault}",
                    "Choose another name, with the container's own as `ref`, or set `names: none` for the network",
                )


def check_fleet(fleet: Fleet, problems: Problems) -> None:
    """What a name server needs, and whom a container can ask."""
    for network in fleet.networks.values():
        spec = network.spec
        if "resolver" in spec.names and not _has_addresses(network):
            problems.add(
                f"{spec.where}`names: resolver` needs an address of each host on the network that its containers reach,"
                f" and on {_kind_of(spec)} networks there is none",
                "Write names: hosts",
            )
        ports = spec.options.get("host_access")
        if "resolver" in spec.names and ports is not None and not {"53/tcp", "53/udp"} <= {*map(str, ports)}:
            problems.add(
                f"{spec.where}`names: resolver` answers on port 53 of the host, and `host_access` closes that",
                "Write host_access: dns, or add 53/udp and 53/tcp to it",
            )
        if spec.internal and spec.dns.servers and "resolver" in spec.names:
            problems.add(
                f"{spec.where}`dns` names `servers`, and from an internal network nobody outside is asked",
                "Leave `servers` out, or take a network that is not internal",
            )
    for containers in fleet.containers.values():
        for container in containers.values():
            if not is_shim(container):
                _check_dns(container, fleet.networks, problems)


def asks_a_shim(spec: NetworkSpec) -> bool:
    """Does a name server need an address of its host's on a network, which has no other one there?"""
    driver_ = driver_of(spec)
    versions = {subnet.cidr.version for subnet in spec.subnets or ()} or {4, 6}
    has_gateway = driver_.has_gateway and not versions <= driver_.without_gateway
    return "resolver" in spec.names and not has_gateway and driver_.takes_shim(spec)


def _addresses(network: Network, host: str) -> list[str]:
    """Those that containers ask for names: the host's shim, where it has one for that, or its gateways."""
    shim = shim_of(network.endpoints.get(host, ())) if asks_a_shim(network.spec) else None
    if shim is not None:
        return [str(address) for address, _slice in shim.addresses]
    if not driver_of(network.spec).has_gateway:
        return []
    return [str(slice_.gateway) for slice_ in network.slices[host] if slice_.gateway]


def _has_addresses(network: Network) -> bool:
    """Has each host with containers an address on the network that these may ask?"""
    hosts = [host for host, found in network.endpoints.items() if without_shims(found)]
    return all(_addresses(network, host) for host in hosts) if hosts else True


def _kind_of(spec: NetworkSpec) -> str:
    words = [spec.options.get("flag") or spec.options.get("mode"), spec.driver]
    return " ".join(["bridged", spec.driver] if spec.driver == "bridge" else [each for each in words if each])


def _check_dns(container: ContainerSpec, networks: Mapping[str, Network], problems: Problems) -> None:
    there = [networks[each.network].spec for each in container.endpoints if each.network in networks]
    served = sorted((spec for spec in there if "resolver" in spec.names), key=lambda spec: _rank(container, spec))
    dns = container.dns
    if dns != DnsSpec() and not has_hosts_file(container.engine):
        problems.add(
            f"{container.where}`dns` is for a resolv.conf that is known, and of engine {container.engine} none is",
            "Leave it out, and write that file by other means",
        )
    elif dns.servers is not None and served:
        problems.add(
            f"{container.where}`dns` names `servers`, and it asks the name server of `{served[0].name}`",
            "Set `servers` for that network, whose name server asks them",
        )
    elif container.engine == _BARE and not served:
        said = [dns, *(spec.dns for spec in there)]
        if (_first(said, "search") or _first(said, "options")) and not _first(said, "servers"):
            problems.add(
                f"{container.where}`dns` says how to ask, and not whom",
                "Give `servers`, too, or `names: resolver` to one of its networks",
            )
    for spec in served[1:]:
        if "hosts" not in spec.names:
            problems.add(
                f"{container.where}it asks the name server of `{served[0].name}`, which does not know the names of"
                f" `{spec.name}`",
                f"Write names: [hosts, resolver] for `{spec.name}`",
            )


def _named(inventory: Inventory) -> Iterator[tuple[ContainerSpec, EndpointSpec, NetworkSpec]]:
    """Containers on networks whose containers are known by name."""
    networks = {name: spec for name, spec in inventory.networks.items() if spec.names and spec.present}
    if not networks:
        return
    for containers in inventory.containers.values():
        for container in containers.values():
            for endpoint in container.endpoints:
                if endpoint.network in networks and not is_shim(container):
                    yield container, endpoint, networks[endpoint.network]


def warnings(inventory: Inventory) -> Iterator[str]:
    unanswered = _with_unanswered_aliases(inventory)
    if unanswered:
        yield (
            f"`aliases` of {', '.join(unanswered[:_NAMED])} are answered by nobody: set `names` for the networks that"
            " they are on"
        )
    fileless = {
        str(container): container.engine
        for container, _endpoint, network in _named(inventory)
        if "hosts" in network.names and "resolver" not in network.names and not has_hosts_file(container.engine)
    }
    if fileless:
        yield (
            f"{', '.join(list(fileless)[:_NAMED])} (of {' and '.join(sorted({*fileless.values()}))}) can be found by"
            " name, and have no hosts file that is known, which the names of others could be written to: tell them of"
            " these by other means"
        )
    untold = [
        str(container)
        for container, _endpoint, network in _named(inventory)
        if "resolver" in network.names and "hosts" not in network.names and not has_hosts_file(container.engine)
    ]
    if untold:
        yield (
            f"{', '.join(dict.fromkeys(untold[:_NAMED]))} can be found by name, and have no resolv.conf that is known:"
            " have them ask the name server of their network by other means"
        )
    hidden: dict[str, dict[str, None]] = {}
    for container, endpoint, network in _named(inventory):
        for name in (container.name, *endpoint.aliases):
            if "." in name and is_public(name):
                hidden.setdefault(name, {})[str(container)] = None
        if is_public(network.name):
            hidden.setdefault(f"*.{network.name}", {})[str(container)] = None
    for name, where in sorted(hidden.items()):
        yield _hides(name, list(where))


def _hides(name: str, containers: list[str]) -> str:
    more = f" and {len(containers) - 1} more" if len(containers) > 1 else ""
    if name.startswith("*."):
        return (
            f"the network `{name[2:]}` is called as a public domain is, so names such as `shop{name[1:]}` are those of"
            f" containers for {containers[0]}{more}. Give it another name if they need the public ones"
        )
    return (
        f"`{name}` is a name in a public domain, which is hidden by {containers[0]}{more} from all containers on its"
        " networks. Choose another if they need that one"
    )


def _with_unanswered_aliases(inventory: Inventory) -> list[str]:
    networks: Mapping[str, Any] = inventory.networks
    return sorted(
        {
            str(container)
            for containers in inventory.containers.values()
            for container in containers.values()
            for endpoint in container.endpoints
            if endpoint.aliases and endpoint.network in networks and not networks[endpoint.network].names
        }
    )
