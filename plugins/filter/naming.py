# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: names and MACs as the plan derives them, for firewalls, DHCP reservations and dashboards."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names


def mac(network: str, name: str, of: str = "endpoint", container: str = "") -> str:
    """The MAC of what a network has: of an endpoint by its first address, of the rest by its host."""
    if of == "endpoint":
        return names.endpoint_mac(str(network), str(name))
    if of == "bridge":
        return names.bridge_mac(str(network), str(name))
    if of == "vtep":
        return names.vtep_mac(str(network), str(name))
    if of == "host end":
        return names.host_end_mac(str(network), str(name), str(container))
    raise AnsibleFilterError(f"mac: of is {of!r}, not one of endpoint, bridge, vtep, host end.")


def device_name(network: str, prefix: str = "ch-") -> str:
    """The device of a network on its hosts."""
    return names.device_name(str(prefix), str(network))


def host_end(container: str, network: str) -> str:
    """The host's end of the veth of a container on a network."""
    return names.host_end_name(str(network), str(container))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"mac": mac, "device_name": device_name, "host_end": host_end}
