# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device's addresses: which it has, and how they become others."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state import device_settings
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.rows import DEPRECATED, FOR_A_TIME

_ROUTE_GONE = "its route is gone"
_CHANGED_IN_PLACE = (FOR_A_TIME, DEPRECATED)


def change_addresses(
    device: str, netns: str | None, before: t.Iterable[str], after: t.Iterable[str]
) -> list[m.Message]:
    """New ones first, so that the device is never without.

    With the first IPv4 address of a network that a device has, the kernel takes the others of that network
    (promote_secondaries): those come after, again if need be. An IPv6 address is there once, whatever the length of its
    prefix: with another one it comes right after it has gone.
    """
    words = dict(map(_told, before))
    # The kernel makes an address's route with the address, and not again.
    routeless = {cidr for cidr, word in words.items() if word == _ROUTE_GONE}
    otherwise = {cidr for cidr, word in words.items() if word not in (None, _ROUTE_GONE)}
    old, new = set(words), set(after) - routeless
    lasting = {cidr for cidr in otherwise & new if words[cidr] in _CHANGED_IN_PLACE}
    gone = (old - new) | (otherwise - lasting)
    again_after = sorted((routeless & set(after)) | lasting)
    shaken = {_network(cidr) for cidr in gone if ":" not in cidr}
    once = {cidr.split("/")[0] for cidr in gone if ":" in cidr}
    later = {cidr for cidr in new if _network(cidr) in shaken or (cidr not in old and cidr.split("/")[0] in once)}
    again = m.NLM_F_CREATE | m.NLM_F_REPLACE
    return [
        *(m.new_address(device, cidr, netns) for cidr in sorted(new - old - later)),
        *(m.delete_address(device, cidr, netns) for cidr in sorted(gone)),
        *(m.new_address(device, cidr, netns)._replace(flags=again) for cidr in [*sorted(later), *again_after]),
    ]


def _told(text: str) -> tuple[str, str | None]:
    """An address, and what is to be seen to of it."""
    cidr, _space, word = text.partition(" (")
    return cidr, word[:-1] if word else None


def addresses_of(
    kernel: Kernel,
    netns: str | None,
    link: Link,
    mac: str | None,
    settings: device_settings.Settings,
    wanted: t.Collection[str] = (),
) -> list[str]:
    """Those of a device that is up and is to have a MAC, with what is to be seen to.

    Those whose own network has no route any more say so, and get it again; so do those that somebody has given
    otherwise than we do, and those for a time where they are ``wanted`` for good. A link-local address that the kernel
    has made of another MAC stays when the MAC changes: nobody expects it, and filters drop it.
    """
    words = dict(kernel.address_rows(netns).altered.get(link.name, {}))
    words.update(dict.fromkeys(_routeless(kernel, link.name, netns), _ROUTE_GONE))
    there = kernel.addresses_of(link.name, netns)
    there = [*there, *(cidr for cidr in words if words[cidr] == FOR_A_TIME and cidr in wanted)]
    told = [f"{cidr} ({words[cidr]})" if cidr in words else cidr for cidr in there]
    if not device_settings.has_link_local(settings):
        return told
    return [*told, *(f"{stale}/64" for stale in device_settings.stale_link_local(kernel, netns, link, mac))]


def _routeless(kernel: Kernel, device: str, netns: str | None) -> list[str]:
    """Addresses of a device whose network has no route over it, as the kernel makes one with each address."""
    asked = {cidr: canonical.connected_network(cidr) for cidr in kernel.addresses_of(device, netns)}
    routeless = kernel.address_rows(netns).without_route
    asked = {cidr: dst for cidr, dst in asked.items() if dst and cidr not in routeless}
    if not asked:
        return []
    there = {row["dst"] for row in kernel.routes(netns, m.RT_TABLE_MAIN) if row["device"] == device}
    if not there.issuperset(asked.values()):  # it may be in the table of a VRF
        there = {row["dst"] for row in kernel.routes(netns) if row["device"] == device}
    return [cidr for cidr, dst in asked.items() if dst not in there]


def _network(cidr: str) -> str:
    return str(ipaddress.ip_interface(cidr).network)


def below_ipv6(differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> bool:
    """Does the device get an MTU by which the kernel takes IPv6 off it?"""
    return "mtu" in differences and int(differences["mtu"][1] or 0) < device_settings.IPV6_MIN_MTU


def without_ipv6(cidrs: t.Iterable[str]) -> list[str]:
    """What a device still has once it was set down: the kernel takes its IPv6 addresses (keep_addr_on_down)."""
    return [cidr for cidr in cidrs if ":" not in cidr]
