# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a network cannot be changed beside the old state of it, and addresses that containers lose. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.carried import has_its_host
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, listed, on
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address, parse_address
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import ANY_HOST, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    Endpoint,
    Fleet,
    Inventory,
    Network,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import encryption

_ENCRYPTED = "wireguard on port "  # in the words for a tunnel, which the ledger has


def check(inventory: Inventory, ledger: Ledger, problems: Problems) -> None:
    """A tunnel that encrypts has its UDP port to itself, so that the next one of a network cannot be made beside it;
    another VXLAN inside it can."""
    for name, spec in inventory.networks.items():
        entry = ledger.networks.get(name)
        before = entry.tunnel if entry is not None and entry.absent_since is None else None
        now = driver_of(spec).tunnel(spec) if spec.present else ""
        if not before or not now or before == now or encryption.has_one_carrier(before, now):
            continue
        if _encrypted(before) == _encrypted(now) != "":
            problems.add(
                f"{spec.where}`{name}` is to have another tunnel ({now} instead of {before}), and both encrypt on one"
                f" `port` ({spec.options['port']}), which two of them cannot have while hosts turn from one to the"
                " other",
                f"Give it another `port` along with it, such as {spec.options['port'] + 1}",
            )


def _encrypted(tunnel: str) -> str:
    """The part of a tunnel's words that tells of WireGuard."""
    _before, found, port = tunnel.rpartition(_ENCRYPTED)
    return f"{found}{port}"


def check_kept(fleet: Fleet, ledger: Ledger, problems: Problems) -> None:
    """Containers of an overlay that gets another mode are reached by the addresses that they have, until all hosts have
    turned. ``ledger``: that of before, in the words of this inventory."""
    for name, network in sorted(fleet.networks.items()):
        before = _mode_before(ledger, name)
        if network.spec.driver != "overlay" or before in (None, network.spec.options["mode"]):
            continue
        for host, endpoints in network.endpoints.items():
            for endpoint in endpoints:
                for address in _lost(network, host, endpoint, ledger):
                    problems.add(*_cannot_keep(network, host, endpoint, address))


def _mode_before(ledger: Ledger, name: str) -> str | None:
    """What the ledger tells of an overlay's mode: only a routed one gives its hosts slices."""
    entry = ledger.networks.get(name)
    if entry is None or entry.driver != "overlay" or entry.absent_since is not None:
        return None
    if any(key[0] == name and each.absent_since is None for key, each in ledger.slices.items()):
        return "routed"
    joined = any(key[0] == name and each.absent_since is None for key, each in ledger.endpoints.items())
    return "bridged" if joined else None


def _lost(network: Network, host: str, endpoint: Endpoint, ledger: Ledger) -> Iterator[Address]:
    """The addresses that a container has had and does not get, where nobody has asked for another one."""
    entry = ledger.endpoints.get(_key(network, host, endpoint))
    now = {address for address, _slice in endpoint.addresses}
    asked = {address.version for address in endpoint.spec.addresses}
    for text in entry.addresses if entry else ():
        address = parse_address(text)
        if address not in now and address.version not in asked and address.version in endpoint.versions:
            yield address


def _cannot_keep(network: Network, host: str, endpoint: Endpoint, address: Address) -> tuple[str, str]:
    blocks = [slice_.block for slice_ in network.slices[host] if slice_.block.version == address.version]
    where = network.spec.where.inside("mode")
    what = (
        f"{where}with `mode: {network.spec.options['mode']}`, {endpoint.container} cannot keep its address {address} of"
        f" `{network.name}`: its host has {listed(map(str, blocks)) or 'nothing'} for containers"
    )
    if network.spec.options["mode"] == "bridged":
        return what, "Change `mode` first, and `subnets` in another run"
    return what, (
        f"Pin the slice that has it in containerhost_slices of {on(host)}, or give the container an `address` of its"
        " host's slice, by which its connections end"
    )


def _key(network: Network, host: str, endpoint: Endpoint) -> tuple[str, str, str]:
    return network.name, host if has_its_host(network.spec) else ANY_HOST, endpoint.container.name


def warnings(fleet: Fleet, ledger: Ledger) -> Iterator[str]:
    """A sentence for each network whose containers get addresses of another subnet than they have had."""
    for name, network in sorted(fleet.networks.items()):
        moved = list(_moved(network, ledger))
        if moved:
            number = "1 container gets" if len(moved) == 1 else f"{len(moved)} containers get"
            yield (
                f"`{name}`: {number} other addresses, as its subnets are others, such as {moved[0]}. {_until(network)}"
            )


def _until(network: Network) -> str:
    driver_ = driver_of(network.spec)
    if not driver_.spans_hosts:
        return "Their connections end"
    if driver_.one_segment(network.spec):
        return "Connections by the old ones end when their hosts turn to the new ones"
    return "They have both until all hosts have turned to the new ones; then connections by the old ones end"


def _moved(network: Network, ledger: Ledger) -> Iterator[str]:
    for host, endpoints in network.endpoints.items():
        for endpoint in endpoints:
            entry = ledger.endpoints.get(_key(network, host, endpoint))
            for address, _slice in endpoint.addresses if entry is not None else ():
                before = [parse_address(text) for text in entry.addresses]
                before = [each for each in before if each.version == address.version]
                if before and not any(each in subnet.cidr for each in before for subnet in network.subnets):
                    yield f"{host}/{endpoint.container.name} from {before[0]} to {address}"
                    break
