# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and MACs of what is planned: pins as they are, the rest derived, clashes resolved for good.

Who is in the ledger chooses first, so that a newcomer never changes what somebody has.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.addresses import Placed
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.carried import has_its_host
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, on
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import ANY_HOST, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    Endpoint,
    EndpointSpec,
    Inventory,
    NetworkSpec,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import encryption

# Of one network, in a ledger that has been lost.
_MOST_TUNNELS = 1000


def name_devices(
    inventory: Inventory, ledger: Ledger, salts: names.Salts, problems: Problems
) -> dict[str, tuple[str, ...]]:
    """The devices of each present network, one for each prefix of its driver; the last may be named by the user."""
    present = [spec for spec in inventory.networks.values() if spec.present]
    own = _own_devices(present, salts, problems)
    result = {}
    for spec in sorted(present, key=lambda each: (each.name not in ledger.networks, each.name)):
        prefixes = driver_of(spec).device_prefixes
        derived = prefixes[:-1] if spec.name in own else prefixes
        # Containers stay on their bridge, whichever tunnel leads there.
        labels = [_label_of(prefix, prefix is prefixes[-1], spec, ledger) for prefix in derived]
        names = [
            _derive_device(prefix, label, own, salts, problems) for prefix, label in zip(derived, labels, strict=True)
        ]
        result[spec.name] = (*names, own[spec.name]) if spec.name in own else tuple(names)
    return result


def _label_of(prefix: str, is_bridge: bool, spec: NetworkSpec, ledger: Ledger) -> str:
    if is_bridge:
        return spec.name
    return _label(spec, carrier_of(spec, ledger)) if prefix == encryption.CARRIER else tunnel_label(spec, ledger)


def tunnels_of(spec: NetworkSpec, ledger: Ledger) -> int:
    """How many other tunnels a network has had, as far as the ledger knows."""
    entry, now = ledger.networks.get(spec.name), driver_of(spec).tunnel(spec)
    if entry is None:
        return 0
    return (entry.tunnels or 0) + bool(now and entry.tunnel and entry.tunnel != now)


def carrier_of(spec: NetworkSpec, ledger: Ledger) -> int:
    """The number of the tunnel with which what the present one is inside of has come: that stays when another VXLAN is
    made in it."""
    entry, now = ledger.networks.get(spec.name), driver_of(spec).tunnel(spec)
    if entry is None or (entry.tunnel and entry.tunnel != now and not encryption.has_one_carrier(entry.tunnel, now)):
        return tunnels_of(spec, ledger)
    return entry.tunnels or 0 if entry.carrier is None else entry.carrier


def tunnel_label(spec: NetworkSpec, ledger: Ledger) -> str:
    """What a tunnel's devices are named after: the network, and the tunnel's number once there was another one."""
    return _label(spec, tunnels_of(spec, ledger))


def tunnel_number(spec: NetworkSpec, prefix: str, device: str) -> int | None:
    """Which of a network's tunnels a device is named after; None where it is not known."""
    numbers = range(_MOST_TUNNELS)
    return next((each for each in numbers if names.device_name(prefix, _label(spec, each)) == device), None)


def _label(spec: NetworkSpec, number: int) -> str:
    return f"{spec.name}.{number}" if number else spec.name


def _own_devices(present: list[NetworkSpec], salts: names.Salts, problems: Problems) -> dict[str, str]:
    """Devices that users have named themselves, by network."""
    own: dict[str, str] = {}
    for spec in present:
        option = driver_of(spec).device_option
        if option and spec.options.get(option):
            own[spec.name] = spec.options[option]
            if other := salts.reserve("device", None, own[spec.name], spec.name):
                problems.add(
                    f"the networks `{other}` and `{spec.name}` both have the device {own[spec.name]}",
                    f"Give one of them another `{option}`",
                )
    return own


def _derive_device(prefix: str, name: str, own: Mapping[str, str], salts: names.Salts, problems: Problems) -> str:
    owner = f"{prefix}{name}"
    natural = names.device_name(prefix, name, salts.remembered.get(f"device/{owner}", 0))
    other = next((network for network, device in own.items() if device == natural), None)
    if other:
        problems.add(
            f"the network `{other}` names the device {natural}, which is that of the network `{name}`",
            f"Give `{other}` another device",
        )
    return salts.unique("device", None, owner, lambda salt: names.device_name(prefix, name, salt))


class Identities:
    """What the endpoints and members of one network are known as."""

    def __init__(self, spec: NetworkSpec, ledger: Ledger, salts: names.Salts, problems: Problems) -> None:
        self.spec, self.ledger, self.salts, self.problems = spec, ledger, salts, problems
        self.one_segment = driver_of(spec).one_segment(spec)
        self.host_counts = has_its_host(spec)

    def key(self, container: ContainerSpec) -> tuple[str, str, str]:
        """What an endpoint is remembered as: without its host where hosts share the segment."""
        return self.spec.name, container.host if self.host_counts else ANY_HOST, container.name

    def segment(self, host: str) -> str:
        return ANY_HOST if self.one_segment else host

    def endpoints(
        self,
        pairs: tuple[tuple[ContainerSpec, EndpointSpec], ...],
        placed: Mapping[tuple[str, str], tuple[Placed, ...]],
        interfaces: Mapping[tuple[str, str, str], str],
        defaults: Mapping[tuple[str, str, str], tuple[int, ...]],
        past_host: Mapping[tuple[str, str], tuple[int, ...]],
    ) -> dict[str, tuple[Endpoint, ...]]:
        """By host, sorted by container."""
        name = self.spec.name
        for container, endpoint in pairs:
            if endpoint.mac:
                self._reserve_mac(container, endpoint.mac)
        result: dict[str, list[Endpoint]] = {}
        for container, endpoint in sorted(pairs, key=lambda pair: self.key(pair[0]) not in self.ledger.endpoints):
            place = (container.host, container.name)
            addresses = placed.get(place, ())
            each = Endpoint(
                endpoint,
                container,
                addresses,
                interfaces[name, *place],
                endpoint.mac or self._derive_mac(container, addresses),
                self._derive_host_end(container),
                defaults.get((name, *place), ()),
                past_host.get(place, ()),
            )
            result.setdefault(container.host, []).append(each)
        for found in result.values():
            found.sort(key=lambda each: each.container.name)
        return {host: tuple(found) for host, found in sorted(result.items())}

    def _owner(self, container: ContainerSpec) -> str:
        return f"{self.spec.name}/{container.host}/{container.name}"

    def _reserve_mac(self, container: ContainerSpec, mac: str) -> None:
        scope = (self.spec.name, self.segment(container.host))
        other = self.salts.reserve("mac", scope, mac, self._owner(container))
        if other:
            network, host, name = other.split("/")
            self.problems.add(
                f"`{name}` on {on(host)} and {container}{container.where.inside('networks', network, 'mac').written}"
                f" both have the MAC {mac} on `{network}`",
                "Give one of them another `mac`, or none",
            )

    def _derive_mac(self, container: ContainerSpec, addresses: tuple[Placed, ...]) -> str:
        first = str(addresses[0][0]) if addresses else container.name
        scope = (self.spec.name, self.segment(container.host))
        name = self.spec.name
        return self.salts.unique(
            "mac", scope, self._owner(container), lambda salt: names.endpoint_mac(name, first, salt)
        )

    def _derive_host_end(self, container: ContainerSpec) -> str:
        network, name = self.spec.name, container.name
        return self.salts.unique(
            "host end", container.host, self._owner(container), lambda salt: names.host_end_name(network, name, salt)
        )

    def vtep_macs(self, members: tuple[str, ...]) -> dict[str, str]:
        """The MAC of each host's VTEP, where hosts carry its packets to each other."""
        name = self.spec.name
        if not driver_of(self.spec).on_underlay:
            return {}
        ordered = sorted(members, key=lambda host: ((name, host) not in self.ledger.slices, host))
        return {
            host: self.salts.unique("vtep", name, f"{name}/{host}", lambda salt, h=host: names.vtep_mac(name, h, salt))
            for host in ordered
        }
