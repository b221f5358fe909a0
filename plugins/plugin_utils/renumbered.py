# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a network cannot be changed beside the old state of it: an overlay's mode, and addresses of containers. Pure.

Which mode a network has had is seen by what the ledger remembers of it: only a routed one gives its hosts slices.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import ANY_HOST, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    Fleet,
    Inventory,
    Network,
)

_INSIDE = " in wireguard "  # of an encrypted overlay's tunnel, in the ledger's words


def check(inventory: Inventory, ledger: Ledger, problems: Problems) -> None:
    _check_modes(inventory, ledger, problems)
    _check_tunnels(inventory, ledger, problems)


def _check_modes(inventory: Inventory, ledger: Ledger, problems: Problems) -> None:
    """Containers would lose or get a gateway, and other addresses: while hosts differ, none would reach another."""
    sliced = {network for (network, _host), entry in ledger.slices.items() if entry.absent_since is None}
    joined = {network for (network, *_of), entry in ledger.endpoints.items() if entry.absent_since is None}
    for name, spec in inventory.networks.items():
        entry = ledger.networks.get(name)
        if entry is None or entry.driver != "overlay" or spec.driver != "overlay" or not spec.present:
            continue
        before = "routed" if name in sliced else "bridged" if name in joined else None
        if before not in (None, spec.options["mode"]):
            problems.add(
                f"{spec.where}`{name}` is {before} on its hosts, and `mode` is {spec.options['mode']}, which gives its"
                " containers other addresses and another way to each other",
                "Define another network with that mode, put the containers on both, and take this one away when nobody"
                " uses it; or have an outage: set `state: absent`, run site, and then change `mode`",
            )


def _check_tunnels(inventory: Inventory, ledger: Ledger, problems: Problems) -> None:
    """A tunnel that encrypts has its UDP port to itself, so that the next one of a network cannot be made beside it."""
    for name, spec in inventory.networks.items():
        entry = ledger.networks.get(name)
        before = entry.tunnel if entry is not None and entry.absent_since is None else None
        now = driver_of(spec).tunnel(spec) if spec.present else ""
        if before and now and before != now and before.partition(_INSIDE)[1:] == now.partition(_INSIDE)[1:] != ("", ""):
            problems.add(
                f"{spec.where}`{name}` is to have another `vni`, and its encrypted tunnel the same `port`"
                f" ({spec.options['port']}), which two of them cannot have while hosts turn from one to the other",
                f"Give it another `port` along with it, such as {spec.options['port'] + 1}",
            )


def warnings(fleet: Fleet, ledger: Ledger) -> Iterator[str]:
    """A sentence for each network whose containers get addresses of another subnet than they have had."""
    for name, network in sorted(fleet.networks.items()):
        moved = list(_moved(network, ledger))
        if moved:
            number = "1 container gets" if len(moved) == 1 else f"{len(moved)} containers get"
            yield (
                f"`{name}`: {number} other addresses, as its subnets are others, such as {moved[0]}. Their connections"
                " end, and hosts that have been run do not reach those that have not. Without an outage it goes by a"
                " second network: see Change it while it is in use, in the page on overlays"
            )


def _moved(network: Network, ledger: Ledger) -> Iterator[str]:
    one_segment = driver_of(network.spec).one_segment(network.spec) and not network.spec.per_host_names
    for host, endpoints in network.endpoints.items():
        for endpoint in endpoints:
            entry = ledger.endpoints.get((network.name, ANY_HOST if one_segment else host, endpoint.container.name))
            for address, _slice in endpoint.addresses if entry is not None else ():
                before = [parse_address(text) for text in entry.addresses]
                before = [each for each in before if each.version == address.version]
                if before and not any(each in subnet.cidr for each in before for subnet in network.subnets):
                    yield f"{host}/{endpoint.container.name} from {before[0]} to {address}"
                    break
