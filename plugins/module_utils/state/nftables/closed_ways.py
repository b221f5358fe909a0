# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections go on by a way that a change of ``isolation`` has closed. All of it is pure.

Connection tracking keeps to what was decided when a connection began. What may not begin any more ends as well:
between networks, from outside to one that is protected by now, out of one that is internal, to the host. What is
translated to a published port is the port's (``flows``).
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.netlink.conntrack import Flow

# Sets in which more elements let less through, and those in which fewer do, each with the words of its keys that are
# devices of ours.
_CLOSING = dict.fromkeys(("guarded", "internal", "closed", "switched4", "switched6"), (0,))
_OPENING = {"accepted": (0, 1), "host_ports": (0,), "direct4": (1,), "direct6": (1,)}
_Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def narrowed(before: Elements, after: Elements, touched: t.Iterable[tuple[str, str]]) -> set[str]:
    """Devices, there before and after, by which less passes after a change of these elements (set and key)."""
    found: set[str] = set()
    for name, key in touched:
        was, is_ = key in before.get(name, ()), key in after.get(name, ())
        places = _CLOSING.get(name, ()) if is_ and not was else _OPENING.get(name, ()) if was and not is_ else ()
        if places:
            words = key.split(" . ")
            found.update(words[place] for place in places)
    return {device for device in found if device in before.get("ours", ()) and device in after.get("ours", ())}


class ClosedWays:
    """Of these devices, by what our table has now. ``local``: the host's own addresses, other than 127.0.0.0/8."""

    def __init__(self, devices: t.Collection[str], elements: Elements, local: t.Collection[str]) -> None:
        self._devices, self._elements, self._local = devices, elements, local
        found = [
            (network, device)
            for name in ("sources4", "sources6")
            for key in elements.get(name, ())
            for device, network in [_at(key)]
            if network is not None
        ]
        # The narrowest first: that of a host's own containers lies in that of all hosts'.
        self._sources = sorted(found, key=lambda each: -each[0].prefixlen)
        self._devices_of: dict[str, str | None] = {}

    def closes(self, flow: Flow) -> bool:
        """May it not begin any more, as far as isolation says so?"""
        begins, ends = self._device_of(flow.source), self._device_of(flow.answers)
        if self._is_local(flow.source):
            return False
        is_routed = begins != ends or self._is_local(flow.answers)
        if is_routed and self._concerns(begins, f"switched{'6' if ':' in flow.source else '4'}"):
            return True
        if self._is_local(flow.answers):
            return self._concerns(begins, "closed") and not flow.translated and not self._is_host_port(begins, flow)
        if begins is not None and self._has("accepted", f"{begins} . {ends}"):
            return False
        if self._concerns(begins, "internal"):
            return True
        return self._concerns(ends, "guarded") and not flow.translated and not self._is_let_in(ends, flow)

    def _concerns(self, device: str | None, name: str) -> bool:
        return device in self._devices and self._has(name, str(device))

    def _has(self, name: str, key: str) -> bool:
        return key in self._elements.get(name, ())

    def _is_local(self, address: str) -> bool:
        return address in self._local or address.startswith("127.")

    def _device_of(self, address: str) -> str | None:
        if address not in self._devices_of:
            plain = ipaddress.ip_address(address)
            self._devices_of[address] = next((device for network, device in self._sources if plain in network), None)
        return self._devices_of[address]

    def _is_host_port(self, device: str | None, flow: Flow) -> bool:
        start = f"{device} . {flow.protocol} . "
        there = [key[len(start) :] for key in self._elements.get("host_ports", ()) if key.startswith(start)]
        return any(int(first) <= flow.port <= int(last or first) for first, _dash, last in map(_span, there))

    def _is_let_in(self, device: str | None, flow: Flow) -> bool:
        """By a port of the container's own, or from elsewhere on a network without a tunnel."""
        family, source = "6" if ":" in flow.answers else "4", ipaddress.ip_address(flow.source)
        place = f"{flow.answers} . {flow.protocol} . {flow.port}"
        permitted = (key.split(" . ", 1) for key in self._elements.get(f"permitted_open{family}", ()))
        direct = (key.split(" . ") for key in self._elements.get(f"direct{family}", ()))
        return (
            self._has(f"open{family}", place)
            or any(rest == place and source in ipaddress.ip_network(each) for each, rest in permitted)
            or any(words[1] == device and source in ipaddress.ip_network(words[2]) for words in direct)
        )


def _at(key: str) -> tuple[str, _Network | None]:
    device, _dot, network = key.partition(" . ")
    try:
        return device, ipaddress.ip_network(network)
    except ValueError:  # somebody has put a range there
        return device, None


def _span(ports: str) -> tuple[str, str, str]:
    return ports.partition("-")
