# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of endpoints on one segment (a host's part of a network, or all of a network that hosts share)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    Span,
    merged,
    parse_address,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import EndpointEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    EndpointSpec,
    NetworkSpec,
    Slice,
    SubnetSpec,
)

Placed = tuple[Address, Slice]


@dataclass(frozen=True, slots=True)
class Wish:
    """An endpoint that wants addresses, and what it had."""

    container: ContainerSpec
    endpoint: EndpointSpec
    remembered: EndpointEntry | None

    @property
    def key(self) -> tuple[str, str]:
        return self.container.host, self.container.name

    def asks(self, address: Address) -> str:
        return self.container.asks(address, self.endpoint.network)


class Segment:
    """Hands out the addresses of one segment: first pins, then what is remembered, then the lowest free."""

    def __init__(
        self,
        spec: NetworkSpec,
        slices: tuple[Slice, ...],
        subnets: tuple[SubnetSpec, ...],
        hosts: Mapping[Address, str],
        problems: Problems,
    ) -> None:
        """``hosts``: addresses that hosts have on the segment, and whose they are."""
        self.spec, self.slices, self.hosts, self.problems = spec, slices, hosts, problems
        self.subnets: Mapping[Block, SubnetSpec] = {subnet.cidr: subnet for subnet in subnets}
        self.holder: dict[Address, str] = {}
        self.given: dict[tuple[str, str], list[Placed]] = {}
        self.unplaced: dict[int, list[Wish]] = {}
        self.free = {version: self._free(version) for version in {slice_.block.version for slice_ in slices}}

    def allot(
        self, wishes: list[Wish], absent: list[tuple[str, EndpointEntry]]
    ) -> dict[tuple[str, str], tuple[Placed, ...]]:
        """Addresses by (host, container), IPv4 first. ``wishes`` are sorted; ``absent`` are entries to keep free."""
        for wish in wishes:
            self._take_pins(wish)
        for wish in wishes:
            if wish.remembered:
                self._take_remembered(wish)
        for name, entry in absent:
            for text in entry.addresses:
                self.holder.setdefault(parse_address(text), name)
        for wish in wishes:
            self._take_lowest_free(wish)
        for version, left in self.unplaced.items():
            self._full(version, left, wishes)
        return {key: tuple(sorted(placed, key=lambda each: each[0].version)) for key, placed in self.given.items()}

    def _slice_of(self, address: Address) -> Slice | None:
        return next((slice_ for slice_ in self.slices if address in slice_.block), None)

    def _is_cut(self, address: Address) -> bool:
        return any(subnet.host_prefix and address in cidr for cidr, subnet in self.subnets.items())

    def _give(self, wish: Wish, address: Address, slice_: Slice) -> None:
        self.holder[address] = str(wish.container)
        self.given.setdefault(wish.key, []).append((address, slice_))

    def _has(self, wish: Wish) -> set[int]:
        return {address.version for address, slice_ in self.given.get(wish.key, ())}

    def _take_pins(self, wish: Wish) -> None:
        for address in wish.endpoint.addresses:
            slice_ = self._slice_of(address)
            if slice_ is None and self._is_cut(address):
                continue  # an address fixes its host's slice; why it has not has been said there
            if slice_ is None:
                blocks = " and ".join(str(each.block) for each in self.slices) or "nothing"
                self.problems.add(
                    f"{wish.asks(address)}, which is outside of {blocks}",
                    "Choose an address inside, or change the subnet",
                )
            elif reason := reserved(address, slice_):
                self.problems.add(
                    f"{wish.asks(address)}, which is {reason} of {slice_.block}", "Choose another address"
                )
            elif address in self.hosts:
                self.problems.add(
                    f"{wish.asks(address)}, which {self.hosts[address]} has itself", "Choose another address"
                )
            elif address in self.holder:
                self.problems.add(
                    f"{wish.asks(address)}, which {self.holder[address]} asks for as well",
                    "Give one of them another address",
                )
            else:
                self._give(wish, address, slice_)

    def _take_remembered(self, wish: Wish) -> None:
        for text in wish.remembered.addresses:
            address = parse_address(text)
            slice_ = self._slice_of(address)
            if slice_ is not None and (engine := handed_to(address, slice_)):
                self.problems.add(
                    f"{wish.container} has {address} of `{self.spec.name}` by the ledger, and `handoff` gives that to"
                    f" {engine}",
                    "Give the container an address below by `address`, or leave `handoff` out",
                )
            # An address that has become the gateway's, or lies outside since the subnet was changed, can't be kept.
            if slice_ is None or reserved(address, slice_) or address.version in self._has(wish):
                continue
            other = self.holder.get(address) or self.hosts.get(address)
            if other is None:
                self._give(wish, address, slice_)
            else:
                self.problems.add(
                    f"{other} and {wish.container} are both on {address} of `{self.spec.name}`,"
                    " the latter by the ledger",
                    "Choose another address for the first, or pin one for the second as well",
                )

    def _take_lowest_free(self, wish: Wish) -> None:
        for version in sorted(self.free.keys() - self._has(wish)):
            if any(address.version == version for address in wish.endpoint.addresses):
                continue  # its pin was refused
            found = next(self.free[version], None)
            if found is None:
                self.unplaced.setdefault(version, []).append(wish)
            else:
                self._give(wish, *found)

    def _free(self, version: int) -> Iterator[Placed]:
        """Free addresses, lowest first: a pointer that only moves up, as nothing is given back while planning."""
        for slice_ in self.slices:
            if slice_.block.version != version:
                continue
            subnet = self.subnets[slice_.subnet]
            low, high = limits(subnet, slice_)
            holes = iter(merged(subnet.exclude))
            hole = next(holes, None)
            value = low
            while value <= high:
                while hole and hole.last < value:
                    hole = next(holes, None)
                if hole and hole.first <= value:
                    value = hole.last + 1
                    continue
                address = Address(version, value)
                if address not in self.holder and address not in self.hosts and not reserved(address, slice_):
                    yield address, slice_
                value += 1

    def _full(self, version: int, unplaced: list[Wish], wishes: list[Wish]) -> None:
        slices = [slice_ for slice_ in self.slices if slice_.block.version == version]
        present = {str(each.container) for each in wishes}
        held = [name for address, name in self.holder.items() if address.version == version]
        left = sum(1 for name in held if name not in present)
        total = sum(usable(self.subnets[slice_.subnet], slice_) for slice_ in slices)
        names = " and ".join(_range_name(self.subnets[slice_.subnet], slice_) for slice_ in slices)
        more = f" and {len(unplaced) - 1} more" if len(unplaced) > 1 else ""
        self.problems.add(
            f"{self.spec.where}no address is left for {unplaced[0].container}{more} in {names}: {total} in all,"
            f" {len(held)} used ({left} held for what left the inventory), 0 free",
            "Make the range larger, give the host another slice, or release what has left",
        )


def _range_name(subnet: SubnetSpec, slice_: Slice) -> str:
    return str(subnet.range) if subnet.range and subnet.host_prefix is None else str(slice_.block)


def limits(subnet: SubnetSpec, slice_: Slice) -> tuple[int, int]:
    """First and last address for containers. A range of a subnet that is cut is about slices, not addresses."""
    high = min((part.first - 1 for _engine, part in slice_.handed), default=slice_.high)
    if subnet.range is None or subnet.host_prefix is not None:
        return slice_.low, high
    return max(slice_.low, subnet.range.first), min(high, subnet.range.last)


def usable(subnet: SubnetSpec, slice_: Slice) -> int:
    """How many addresses containers can have there at all."""
    low, high = limits(subnet, slice_)
    spans = [Span(slice_.block.version, low, high)]
    holes = list(subnet.exclude) + [
        Span(each.version, each.value, each.value) for each in (slice_.gateway, slice_.vtep) if each
    ]
    inside = merged(
        hole._replace(first=max(hole.first, low), last=min(hole.last, high))
        for hole in holes
        if hole.last >= low and hole.first <= high
    )
    return sum(span.last - span.first + 1 for span in spans) - sum(span.last - span.first + 1 for span in inside)


def reserved(address: Address, slice_: Slice) -> str:
    """What an address of a slice is for, if not for containers; else nothing."""
    if address == slice_.gateway:
        return "the gateway"
    if address == slice_.vtep:
        return "the VTEP's address"
    if address.value < slice_.low:
        return "the network's own address" if address.version == 4 else "the subnet router's anycast address"
    if address.value > slice_.high:
        return "the broadcast address"
    engine = handed_to(address, slice_)
    return f"in the part that {engine} hands out" if engine else ""


def handed_to(address: Address, slice_: Slice) -> str:
    """The engine that hands out the part with this address; nothing where none does."""
    return next((engine for engine, part in slice_.handed if address in part), "")
