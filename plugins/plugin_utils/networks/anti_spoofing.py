# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containers may send on a bridge: under their own MACs and addresses, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.containerhost.network.plugins.module_utils.derived import link_local
from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import without_shims
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Fleet, Network

OPTION = Option(
    "anti_spoofing",
    "bool",
    "Drop what a container sends under another's MAC or address, in ARP and neighbour discovery as well, and router"
    " advertisements; of an overlay with C(backend: vxlan), also packets that come from no member.",
    default=True,
)
_HAS_IPV6 = "net.ipv6.conf.IFNAME.disable_ipv6"


def filters(network: Network, host: str, fleet: Fleet) -> Iterator[Object]:
    """Of each of a host's containers, what it sends with."""
    if not network.spec.options[OPTION.name]:
        return
    relayed = _relayed(network)
    elsewhere = _elsewhere(network, host, fleet)
    for endpoint in without_shims(network.endpoints.get(host, ())):
        addresses = [str(address) for address, _slice in endpoint.addresses]
        # The kernel's own, unless a container is told to make another one.
        own = [link_local(endpoint.mac)] if new.container_sysctls(endpoint)[_HAS_IPV6] == "0" else []
        yield new.object_of(
            "sender_filter",
            network.name,
            port=endpoint.host_end,
            mac=endpoint.mac,
            sources=[*addresses, *elsewhere.get(endpoint.container.name, ()), *own],
            relays=sorted({net for address in addresses for net in relayed.get(address, ())}) or None,
        )


def _elsewhere(network: Network, host: str, fleet: Fleet) -> Mapping[str, list[str]]:
    """The addresses that a host's containers have on other networks, by container.

    What comes by another of its networks is answered under that one's address, by the container's way out.
    """
    found: dict[str, list[str]] = {}
    containers = [endpoint.container for endpoint in network.endpoints.get(host, ())]
    names = {each.network for container in containers for each in container.endpoints} - {network.name}
    for other in sorted(names & fleet.networks.keys()):
        for endpoint in fleet.networks[other].endpoints.get(host, ()):
            plain = [str(address) for address, _slice in endpoint.addresses]
            found.setdefault(endpoint.container.name, []).extend(plain)
    return found


def _relayed(network: Network) -> Mapping[str, set[str]]:
    """The networks that a container routes for, by its address: those that others on the segment reach by it."""
    found: dict[str, set[str]] = {}
    for endpoint in _all(network):
        for route in endpoint.spec.routes:
            if route.via is not None:
                found.setdefault(str(route.via), set()).add(str(route.dst))
    return found


def _all(network: Network) -> Iterator[Endpoint]:
    return (endpoint for endpoints in network.endpoints.values() for endpoint in endpoints)
