# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of a network's containers, as far as the host routes by the address under which they were asked."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.nft import Element, cidr, plain_network
from ansible_collections.containerhost.network.plugins.module_utils.state import source_routing
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import fence
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

# Marks, as ``ip rule`` writes them, by the host's addresses: ``{"192.0.2.41/32": "0x10100000"}``.
Marks = t.Dict[str, str]


def marks_of(kernel: Kernel, family: str, netns: str | None) -> Marks:
    """What the host's rules ask for, but for addresses that are on devices of ours alone: no uplink has those."""
    ways = source_routing.ways(_rules(kernel, netns), family)
    by_way = source_routing.marks(ways)
    return {
        str(source): f"{by_way[way]:#x}"
        for source, way in ways.items()
        if way in by_way and _devices(kernel, source, netns) != [True]
    }


def _devices(kernel: Kernel, source: source_routing.Network, netns: str | None) -> list[bool]:
    """Of the devices that have an address there: are they ours?"""
    given = kernel.given_addresses(netns)
    having = (device for device, some in given.items() if any(ipaddress.ip_address(each) in source for each in some))
    return sorted({kernel.is_ours(device, netns) for device in having})


def lead_there(kernel: Kernel, netns: str | None) -> bool:
    """Do our rules lead each mark where the host's rules lead the addresses?"""
    return source_routing.is_whole(kernel.table(netns).elements, _rules(kernel, netns))


def _rules(kernel: Kernel, netns: str | None) -> t.Sequence[source_routing.Row]:
    """Read once."""
    notes = kernel.notes("routing rules")
    known = next((rows for where, rows in notes if where == netns), None)
    if known is None:
        known = fence.rules(kernel.dump, netns)
        notes.append((netns, known))
    return known


def is_by_source(kernel: Kernel, device: str, netns: str | None) -> bool:
    """Has this interface an IPv4 address whose way is another than that of all others?"""
    given = kernel.given_addresses(netns).get(device, ())
    sources = [ipaddress.ip_network(each) for each in marks_of(kernel, "4", netns)]
    return any(ipaddress.ip_address(each) in source for each in given for source in sources)


# -- elements --------------------------------------------------------------------------------------------------


def elements_of(source: str, marks: Marks) -> list[Element]:
    """Of the network ``source``, as nft writes it."""
    family = "6" if ":" in source else "4"
    return [
        Element(f"answers{family}", f"{source} . {plain_network(each)}", str(int(mark, 16)))
        for each, mark in marks.items()
    ]


def by_source(elements: Elements, family: str) -> dict[str, list[Element]]:
    """The same the other way round."""
    found: dict[str, list[Element]] = {}
    for key, (value, _comment) in elements.get(f"answers{family}", {}).items():
        found.setdefault(key.split(" . ")[0], []).append(Element(f"answers{family}", key, value))
    return found


def marks_in(elements: t.Iterable[Element]) -> Marks:
    return {cidr(each.key.split(" . ")[1]): f"{int(each.value or 0):#x}" for each in elements}
