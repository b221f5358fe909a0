# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of devices on each host, as users give them: none is that of something else there, and what a network stands
on, or leaves by, is an interface of the host's.

What is derived of names meets nothing that is derived of others (``allocate/identities.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.module_utils.kinds.vlan import default_name
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, on
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import is_shim
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import parents


def check(fleet: Fleet, problems: Problems) -> None:
    by_host: dict[str, list[Network]] = {}
    for network in fleet.networks.values():
        for host in network.members:
            by_host.setdefault(host, []).append(network)
    for host, networks in sorted(by_host.items()):
        own = {device: network for network in networks for device in network.devices}
        ends = {name: (network, what) for network in networks for name, what in _ends(network, host)}
        for name, (_network, what) in {**ends, **_vlans(networks)}.items():
            if name in own:
                problems.add(
                    f"{own[name].spec.where}its device {name} is, on {on(host)}, {what}", _another_name(own[name])
                )
        for network in networks:
            lower = _lower(network)
            other = own.get(lower or "") or ends.get(lower or "", (None,))[0]
            if other is not None and not _may_be_lower(other, network):
                _refuse_lower(network, lower, other, host, problems)
        _check_underlay(host, fleet, own, problems)


def _ends(network: Network, host: str) -> Iterator[tuple[str, str]]:
    """What a network makes on a host besides its own devices: a container's end, or the host's own interface."""
    for endpoint in network.endpoints.get(host, ()):
        if network.devices and not is_shim(endpoint.container):
            yield endpoint.host_end, f"the port of `{endpoint.container.name}` on `{network.name}`"
        elif not network.devices and is_shim(endpoint.container):
            yield endpoint.interface, f"the host's own interface on `{network.name}`"


def _vlans(networks: list[Network]) -> dict[str, tuple[Network, str]]:
    found = {}
    for network in networks:
        lower, number = _lower(network), network.spec.options.get("vlan")
        if lower is not None and number:
            what = f"VLAN {number} of {lower}, which `{network.name}` is on"
            found[default_name(lower, number, "802.1Q")] = (network, what)
    return found


def _lower(network: Network) -> str | None:
    """The interface that a network stands on, or leaves by."""
    return network.spec.options.get("parent") or network.spec.options.get("uplink")


def _may_be_lower(other: Network, network: Network) -> bool:
    """By a bridge that the host is on its LAN by, a network leaves as by an interface; it is no port of another one."""
    return parents.is_bridged(other.spec) and not parents.is_bridged(network.spec)


def _refuse_lower(network: Network, lower: str | None, other: Network, host: str, problems: Problems) -> None:
    option = "parent" if network.spec.options.get("parent") else "uplink"
    named = "" if lower not in other.devices else f", or {_another_name(other, f'`{other.name}`', 'give')}"
    problems.add(
        f"{network.spec.where}its `{option}` {lower} is, on {on(host)}, a device of `{other.name}`, and no interface of"
        " the host's own",
        f"Name one that leads to the outside{named}",
    )


def _another_name(network: Network, whom: str = "it", give: str = "Give") -> str:
    return f"{give} {whom} another `{driver_of(network.spec).device_option or 'name'}`"


def _check_underlay(host: str, fleet: Fleet, own: dict[str, Network], problems: Problems) -> None:
    """Overlays look for their own devices there themselves."""
    interface = fleet.hosts[host].underlay_interface
    other = own.get(interface or "")
    if other is None or driver_of(other.spec).on_underlay or parents.is_bridged(other.spec):
        return
    problems.add(
        f"{other.spec.where}its device {interface} is the containerhost_underlay_interface of {on(host)}, by which"
        " hosts reach each other",
        f"{_another_name(other)}, or name another interface there",
    )
