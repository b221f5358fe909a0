# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device's addresses: which it has, and how they become others."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import device_settings
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.rows import (
    DEPRECATED,
    FOR_A_TIME,
    broadcast_of,
)

_ROUTE_GONE = "its route is gone"
_TAKEN_NO_MORE = "its local route is gone"
_NO_BROADCASTS = "its route for broadcasts is gone"
_CHANGED_IN_PLACE = (FOR_A_TIME, DEPRECATED)
_MADE = "link.link_local"  # of devices' settings


def change_addresses(
    device: str, netns: str | None, before: t.Iterable[str], after: t.Iterable[str]
) -> list[m.Message]:
    """New ones first, so that the device is never without.

    With the first IPv4 address of a network that a device has, the kernel takes the others of that network
    (promote_secondaries): those come after, again if need be. An IPv6 address is there once, whatever the length of its
    prefix: with another one it comes right after it has gone.
    """
    words = dict(map(_told, before))
    made_by_us, routeless, lasting, gone = _sorted_out(words, set(after))
    old, new = set(words), set(after) - routeless
    again_after = sorted((routeless & set(after)) | lasting)
    shaken = {_network(cidr) for cidr in gone if ":" not in cidr}
    once = {cidr.split("/")[0] for cidr in gone if ":" in cidr}
    later = {cidr for cidr in new if _network(cidr) in shaken or (cidr not in old and cidr.split("/")[0] in once)}
    again = m.NLM_F_CREATE | m.NLM_F_REPLACE
    return [
        *(m.new_address(device, cidr, netns) for cidr in sorted(new - old - later)),
        *(m.delete_address(device, cidr, netns) for cidr in sorted(gone)),
        *(m.new_address(device, cidr, netns)._replace(flags=again) for cidr in [*sorted(later), *again_after]),
        *(row for cidr in sorted(made_by_us & new) for row in m.routes_of_address(device, cidr, netns)),
    ]


class _SortedOut(t.NamedTuple):
    """Addresses that a device has: whose routes we make again, which are made again with theirs or changed as they are
    there, and which are deleted, be it for a moment."""

    made_by_us: set[str]
    routeless: set[str]
    lasting: set[str]
    gone: set[str]


def _sorted_out(words: t.Mapping[str, str | None], after: set[str]) -> _SortedOut:
    """The kernel makes an address's routes with the address, and not again. Some we can make as it does."""
    made_by_us = {cidr for cidr, word in words.items() if word in (_TAKEN_NO_MORE, _NO_BROADCASTS) and ":" not in cidr}
    routeless = {cidr for cidr, word in words.items() if word in (_ROUTE_GONE, _TAKEN_NO_MORE)} - made_by_us
    otherwise = {cidr for cidr, word in words.items() if word is not None} - made_by_us - routeless
    new = after - routeless
    lasting = {cidr for cidr in otherwise & new if words[cidr] in _CHANGED_IN_PLACE}
    return _SortedOut(made_by_us, routeless, lasting, (set(words) - new) | (otherwise - lasting))


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
    there = kernel.addresses_of(link.name, netns)
    altered = kernel.address_rows(netns).altered.get(link.name, {})
    lacking = _lacking(kernel, netns, link, there)
    without = [*_routeless(kernel, netns, link.name, there), *(cidr for cidr in lacking if cidr in altered)]
    words = {**lacking, **altered, **dict.fromkeys(without, _ROUTE_GONE)}
    there = [*there, *(cidr for cidr in words if words[cidr] == FOR_A_TIME and cidr in wanted)]
    told = [f"{cidr} ({words[cidr]})" if cidr in words else cidr for cidr in there]
    if not device_settings.has_link_local(settings):
        return told
    return [*told, *(f"{stale}/64" for stale in device_settings.stale_link_local(kernel, netns, link, mac))]


def _routeless(kernel: Kernel, netns: str | None, device: str, cidrs: t.Iterable[str]) -> list[str]:
    """Addresses of a device whose network has no route over it, as the kernel makes one with each address."""
    asked = {cidr: canonical.connected_network(cidr) for cidr in cidrs}
    routeless = kernel.address_rows(netns).without_route
    asked = {cidr: dst for cidr, dst in asked.items() if dst and cidr not in routeless}
    if not asked:
        return []
    there = {row["dst"] for row in kernel.routes(netns, m.RT_TABLE_MAIN) if row["device"] == device}
    if not there.issuperset(asked.values()):  # it may be in the table of a VRF
        there = {row["dst"] for row in kernel.routes(netns) if row["device"] == device}
    return [cidr for cidr, dst in asked.items() if dst not in there]


def _lacking(kernel: Kernel, netns: str | None, link: Link, cidrs: t.Iterable[str]) -> dict[str, str]:
    """Addresses of which the routing table ``local`` has a route no more, in a word: see ``state/local_tables.py``.

    Routes of a VRF's ports are in a table of that.
    """
    if link.master is not None:
        return {}
    lacking, table = {}, kernel.local.of(netns)
    for cidr in cidrs:
        address, _slash, length = cidr.partition("/")
        if not table.has(address):
            if kernel.local.lacks(address, link.index, netns):
                lacking[cidr] = _TAKEN_NO_MORE
        elif ":" not in cidr and int(length) < 31 and not table.has(broadcast_of(cidr)):
            if cidr not in kernel.address_rows(netns).without_broadcast:
                lacking[cidr] = _NO_BROADCASTS
    return lacking


def _network(cidr: str) -> str:
    return str(ipaddress.ip_interface(cidr).network)


def without_ipv4(before: t.Iterable[str], after: t.Iterable[str]) -> bool:
    """Has a device whose addresses change no IPv4 address for a moment, or from then on? The kernel takes all of its
    IPv4 routes along (fib_disable_ip())."""
    words = dict(map(_told, before))
    gone = {cidr for cidr in _sorted_out(words, set(after)).gone if ":" not in cidr}
    shaken, lasting = set(map(_network, gone)), set(words) - gone
    new = [cidr for cidr in after if ":" not in cidr]
    return bool(gone) and not any(cidr in lasting or _network(cidr) not in shaken for cidr in new)


def below_ipv6(differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> bool:
    """Does the device get an MTU by which the kernel takes IPv6 off it?"""
    return "mtu" in differences and int(differences["mtu"][1] or 0) < device_settings.IPV6_MIN_MTU


def former_link_local(before: t.Iterable[str], after: t.Collection[str]) -> list[str]:
    """Those that the kernel has made of a MAC that a device is not to have any more."""
    return [cidr for cidr in before if cidr.startswith("fe80:") and _told(cidr) == (cidr, None) and cidr not in after]


def unused_first(
    device: str,
    netns: str | None,
    differences: t.Mapping[str, t.Any],
    before: t.Mapping[str, t.Any],
    after: t.Mapping[str, t.Any],
) -> tuple[list[m.Message], t.Mapping[str, t.Any]]:
    """How a link-local address goes that the kernel is to make again by these settings, and what differs then."""
    old, new = differences.get("addresses", ((), ()))
    former = former_link_local(old, new) if before.get(_MADE) != after.get(_MADE) else []
    if not former:
        return [], differences
    left = [cidr for cidr in old if cidr not in former]
    return [m.delete_address(device, cidr, netns) for cidr in former], {**differences, "addresses": (left, new)}


def without_ipv6(cidrs: t.Iterable[str]) -> list[str]:
    """What a device still has once it was set down: the kernel takes its IPv6 addresses (keep_addr_on_down)."""
    return [cidr for cidr in cidrs if ":" not in cidr]
