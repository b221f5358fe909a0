# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who finds whom by which name: a pure function of the fleet, and the objects that tell each host of it.

A container has, on each of its networks, its own name and its aliases, and each of these with the network's name after
a dot. Its name comes first: that is what its address leads back to. Two containers may have one alias; it has the
addresses of both.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import has_hosts_file
from ansible_collections.containerhost.network.plugins.module_utils.state.names import name_fault
from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import is_shim
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    Endpoint,
    EndpointSpec,
    Fleet,
    Inventory,
    Network,
    NetworkSpec,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.public_domains import is_public

_NAMED = 5  # containers in one sentence


class Names:
    """The names of a fleet. What hosts share is worked out once, and is the same object in each of their documents."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._tables: dict[str, Object] = {}

    def objects(self, network: Network, host: str) -> Iterator[Object]:
        """What a host has because containers on this network are known by name."""
        endpoints = [each for each in network.endpoints.get(host, ()) if not is_shim(each.container)]
        if not network.spec.names or not endpoints:
            return
        yield self._table(network, host)
        if "hosts" in network.spec.names:
            for engine, ref in dict.fromkeys((each.container.engine, each.container.ref) for each in endpoints):
                if has_hosts_file(engine):
                    sandbox = {"engine": engine, "ref": ref}
                    yield new.object_of("hosts_file", network.name, sandbox=sandbox, table=network.name)

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


# -- checks ----------------------------------------------------------------------------------------------------


def check(inventory: Inventory, problems: Problems) -> None:
    for container, _endpoint, network in _named(inventory):
        whole = f"{container.name}.{network.name}"
        fault = name_fault(container.name) or name_fault(whole)
        if fault is not None:
            problems.add(
                f"{container.where}it is to be found by its name on `{network.name}`, and `{container.name}` (as"
                f" `{whole}`, too) is no hostname: {fault}",
                "Give it another name, with its own as `ref`, or set `names: none` for the network",
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
        if network.names == ("hosts",) and not has_hosts_file(container.engine)
    }
    if fileless:
        yield (
            f"{', '.join(list(fileless)[:_NAMED])} (of {' and '.join(sorted({*fileless.values()}))}) can be found by"
            " name, and have no hosts file on the host that the names of others could be written to: tell them of these"
            " by other means"
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
