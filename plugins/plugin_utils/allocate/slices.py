# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets which subnet, slice, address and interface name: a pin wins, then the ledger, then the lowest free.

Nothing that is remembered is given to anybody else, so adding or removing one thing moves no other. What is new is
handed out in sorted order.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    Span,
    block_around,
    lowest_free_block,
    merged,
    nth_slice,
    parse_block,
    slice_count,
    slice_index,
    span_of,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger, SliceEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.model import (
    ContainerSpec,
    Host,
    Inventory,
    NetworkSpec,
    Slice,
    SubnetSpec,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import handoff

# Where subnets come from when nothing else is said. It must stay clear of what is found on container hosts:
#   10.0.0.0/8 by /24 from the bottom  Docker Swarm's overlays (moby, libnetwork/ipamutils)
#   10.42.0.0/16, 10.43.0.0/16         k3s and RKE2, pods and services
#   10.88.0.0/16, 10.89.0.0/16 and up  Podman's default network and pools (containers.conf(5))
#   10.96.0.0/12                       Kubernetes' services (kubeadm)
#   10.128.0.0/14, 172.30.0.0/16       OpenShift, pods and services
#   10.244.0.0/16                      Flannel, kubeadm's usual pods
#   100.64.0.0/10                      carriers' NAT (RFC 6598), Tailscale
#   172.17.0.0 - 172.31.255.255, 192.168.0.0/16  Docker's local pools; containerlab's 172.20.20.0/24 lies in them
# 10.64.0.0/12 ends at 10.79.255.255; Swarm would reach it with its 16,385th network.
DEFAULT_POOLS = (Block(4, 10 << 24 | 64 << 16, 12),)


@dataclass
class Allocations:
    """The ledger while a plan is being made: what was remembered, and what this plan uses of it and adds."""

    ledger: Ledger
    subnets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slices: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @functools.cached_property
    def remembered_slices(self) -> Mapping[str, list[tuple[str, SliceEntry]]]:
        """By network: hosts, sorted, and what each has."""
        index: dict[str, list[tuple[str, SliceEntry]]] = {}
        for (network, host), entry in sorted(self.ledger.slices.items()):
            index.setdefault(network, []).append((host, entry))
        return index


def bounds(spec: SubnetSpec, block: Block, driver_: Driver) -> Slice:
    """What a slice is made of: the host's own addresses at its start, the containers' after them.

    IPv4 keeps the network's and the broadcast address free, IPv6 the subnet router's anycast (RFC 4291, 2.6.1); a
    VTEP takes that first address for itself, as nobody sends to it by broadcast.
    """
    tiny = block.size <= 2
    low = block.first if tiny else block.first + 1
    high = block.last if tiny or block.version == 6 else block.last - 1
    gateway = spec.gateway
    if gateway is None and driver_.has_gateway and block.version not in driver_.without_gateway:
        gateway = block.nth(1)
    vtep = block.nth(0) if driver_.has_vtep else None
    index = slice_index(spec.cidr, block)
    return Slice(block, spec.cidr, index, gateway, vtep, low, high)


# --- subnets ---------------------------------------------------------------------------------------------------------


def allot_subnets(
    inventory: Inventory, allocations: Allocations, problems: Problems
) -> dict[str, tuple[SubnetSpec, ...]]:
    """Each present network's subnets; those that name none get them from the pools, and keep them."""
    pools = DEFAULT_POOLS if inventory.pools is None else inventory.pools
    result: dict[str, tuple[SubnetSpec, ...]] = {}
    without_subnets: list[NetworkSpec] = []
    taken = [
        Span(host.underlay.version, host.underlay.value, host.underlay.value)
        for host in inventory.hosts.values()
        if host.underlay
    ]
    taken += [span_of(block) for host in inventory.hosts.values() for block in host.known]
    for spec in inventory.networks.values():
        if blocks := remembered_subnets(spec, allocations.ledger):
            result[spec.name] = _cut(tuple(SubnetSpec(block) for block in blocks), driver_of(spec))
            taken += [span_of(block) for block in blocks]
        elif spec.subnets is not None:
            result[spec.name] = _cut(spec.subnets, driver_of(spec))
            taken += [span_of(subnet.cidr) for subnet in spec.subnets]
        elif spec.present:
            without_subnets.append(spec)
    taken += [
        span_of(parse_block(text))
        for name, entry in allocations.ledger.networks.items()
        if name not in inventory.networks
        for text in entry.subnets
    ]
    for spec in without_subnets:
        blocks = _from_pools(spec, pools, merged(taken), problems)
        taken += [span_of(block) for block in blocks]
        result[spec.name] = _cut(tuple(SubnetSpec(block) for block in blocks), driver_of(spec))
    for spec in inventory.networks.values():
        if spec.subnets is None and spec.name in result:
            allocations.subnets[spec.name] = tuple(str(subnet.cidr) for subnet in result[spec.name])
    return result


def remembered_subnets(spec: NetworkSpec, ledger: Ledger) -> tuple[Block, ...]:
    """What a network without `subnets` got from the pools; with another driver it needs others."""
    entry = ledger.networks.get(spec.name)
    if spec.subnets is not None or entry is None or entry.driver != spec.driver:
        return ()
    return tuple(parse_block(text) for text in entry.subnets)


def _cut(subnets: tuple[SubnetSpec, ...], driver_: Driver) -> tuple[SubnetSpec, ...]:
    """The subnets with the driver's own prefix length for slices, where it cuts them and nothing else is said."""
    return tuple(
        replace(subnet, host_prefix=driver_.sliced[subnet.cidr.version])
        if subnet.host_prefix is None and subnet.cidr.version in driver_.sliced
        else subnet
        for subnet in subnets
    )


def _from_pools(spec: NetworkSpec, pools: tuple[Block, ...], taken: list[Span], problems: Problems) -> list[Block]:
    found = []
    prefixes = driver_of(spec).pool_prefix
    for version in sorted({pool.version for pool in pools}):
        candidates = (lowest_free_block(pool, prefixes[version], taken) for pool in pools if pool.version == version)
        block = next((candidate for candidate in candidates if candidate), None)
        if block:
            found.append(block)
            continue
        names = ", ".join(str(pool) for pool in pools if pool.version == version)
        problems.add(
            f"{spec.where}no /{prefixes[version]} is free in containerhost_pools ({names})",
            "Add a block to containerhost_pools, give the network `subnets`, or release what left the inventory",
        )
    return found


# --- slices ----------------------------------------------------------------------------------------------------------


class SliceAllotter:
    """The slices of one network's hosts."""

    def __init__(
        self,
        spec: NetworkSpec,
        subnets: tuple[SubnetSpec, ...],
        members: tuple[str, ...],
        inventory: Inventory,
        allocations: Allocations,
        problems: Problems,
    ) -> None:
        self.spec, self.inventory, self.allocations, self.problems = spec, inventory, allocations, problems
        self.members = members
        self.whole = [subnet for subnet in subnets if subnet.host_prefix is None]
        self.cut = [subnet for subnet in subnets if subnet.host_prefix is not None]
        self.holder: dict[Block, str] = {}  # who has a slice: by a pin, or by the ledger
        self.blocks: dict[str, list[Block]] = {}
        self.remembered: dict[str, tuple[Block, ...]] = {}

    def allot(
        self,
        pinned: Iterable[tuple[ContainerSpec, tuple[Address, ...]]],
        remembered: Iterable[tuple[str, Address]] = (),
    ) -> dict[str, tuple[Slice, ...]]:
        """Slices by host. ``pinned`` are containers with their pinned addresses; ``remembered`` those that containers
        have, each with its host."""
        if not self.cut:
            self._refuse_pins()
        else:
            self._take_pins()
            self._take_remembered()
            for container, addresses in pinned:
                for address in addresses:
                    self._fix_slice(container, address)
            self._follow(remembered)
            for subnet_version in sorted({subnet.cidr.version for subnet in self.cut}):
                self._take_lowest_free(subnet_version)
        driver_ = driver_of(self.spec)
        whole = tuple(bounds(subnet, subnet.cidr, driver_) for subnet in self.whole)
        result = {}
        for host in self.members:
            blocks = sorted(self.blocks.get(host, ()))
            own = tuple(bounds(subnet, block, driver_) for block in blocks if (subnet := self._subnet_of(block)))
            found = tuple(sorted(whole + own, key=lambda slice_: slice_.block)) if whole else own
            result[host] = handoff.with_parts(self.spec, found)
            if blocks:
                self.allocations.slices[self.spec.name, host] = tuple(str(block) for block in blocks)
        return result

    def _subnet_of(self, block: Block) -> SubnetSpec | None:
        return next((s for s in self.cut if block in s.cidr and block.prefix == s.host_prefix), None)

    def _give(self, host: str, block: Block) -> None:
        self.holder[block] = host
        self.blocks.setdefault(host, []).append(block)

    def _refuse_pins(self) -> None:
        cut = "" if driver_of(self.spec).one_segment(self.spec) else "Give its subnets a `host_prefix`, or leave"
        for host in self.inventory.hosts.values():
            if host.pins.get(self.spec.name):
                self.problems.add(
                    f"{host.where.inside('containerhost_slices', self.spec.name)}containerhost_slices names"
                    f" `{self.spec.name}`, which is not cut into slices",
                    f"{cut or 'Leave'} the pin out",
                )

    def _take_pins(self) -> None:
        for host in self.inventory.hosts.values():
            for block in host.pins.get(self.spec.name, ()):
                if not self._subnet_of(block):
                    choices = " or ".join(f"a /{subnet.host_prefix} of {subnet.cidr}" for subnet in self.cut)
                    self.problems.add(f"{self._pins(host, block)}, which is not one of its slices", f"Take {choices}")
                elif block in self.holder:
                    self.problems.add(
                        f"{self._pins(host, block)}, which {self.holder[block]} pins as well",
                        "Give one of them another slice",
                    )
                else:
                    self._give(host.name, block)

    def _pins(self, host: Host, block: Block) -> str:
        where = host.where.inside("containerhost_slices", self.spec.name)
        return f"{where}containerhost_slices pins {block} of `{self.spec.name}`"

    def _take_remembered(self) -> None:
        """What the ledger has: of present hosts that pin no slice of the family; of absent ones, to keep it free."""
        members = set(self.members)
        for host, entry in self.allocations.remembered_slices.get(self.spec.name, ()):
            blocks = tuple(block for text in entry.slices if self._subnet_of(block := parse_block(text)))
            pinned = (
                {block.version for block in self.inventory.hosts[host].pins.get(self.spec.name, ())}
                if host in members
                else ()
            )
            for block in blocks:
                if block.version in pinned:
                    continue
                other = self.holder.get(block)
                if other is None:
                    self.holder[block] = host
                    if host in members:
                        self.blocks.setdefault(host, []).append(block)
                elif other != host and host in members:
                    self._conflict(block, other, host)

    def _conflict(self, block: Block, other: str, host: str) -> None:
        if (
            block in self.inventory.hosts[other].pins.get(self.spec.name, ())
            if other in self.inventory.hosts
            else False
        ):
            self.problems.add(
                f"{other}: containerhost_slices pins {block} of `{self.spec.name}`, which {host} has had by the ledger",
                f"Pin another slice, or pin one for {host} as well",
            )
        elif other in self.members:
            self.problems.add(
                f"the ledger gives the slice {block} of `{self.spec.name}` to {other} and to {host}",
                "Remove one of the two entries: they came together in a merge",
            )
        else:
            self._give(host, block)

    def _fix_slice(self, container: ContainerSpec, address: Address) -> None:
        """A pinned container address fixes its host's slice, where the host has none yet."""
        subnet = next((each for each in self.cut if address in each.cidr), None)
        own = [block for block in self.blocks.get(container.host, ()) if block.version == address.version]
        if subnet is None or any(address in block for block in own):
            return  # no subnet at all has it: the addresses' own check says so
        block = block_around(address, subnet.host_prefix)
        where = container.asks(address, self.spec.name)
        if own:
            self.problems.add(
                f"{where}, but the host's slice is {' and '.join(map(str, own))}",
                f"Choose an address from it, or pin {block} in containerhost_slices of {container.host}",
            )
        elif block in self.holder and self.holder[block] in self.members:
            self.problems.add(f"{where}, but {block} is the slice of {self.holder[block]}", "Choose another address")
        else:
            self._give(container.host, block)

    def _follow(self, remembered: Iterable[tuple[str, Address]]) -> None:
        """A host that has no slice yet gets the one that its containers' addresses are in, if that is nobody's: they
        are of a time when the network was one segment."""
        versions = {subnet.cidr.version for subnet in self.cut}
        if all(versions <= {block.version for block in self.blocks.get(host, ())} for host in self.members):
            return
        for host, address in remembered:
            subnet = next((each for each in self.cut if address in each.cidr), None)
            if subnet is None or any(block.version == address.version for block in self.blocks.get(host, ())):
                continue
            block = block_around(address, subnet.host_prefix)
            if block not in self.holder:
                self._give(host, block)

    def _take_lowest_free(self, version: int) -> None:
        subnets = [subnet for subnet in self.cut if subnet.cidr.version == version]
        free = (block for subnet in subnets for block in self._free(subnet))
        for host in self.members:
            if any(block.version == version for block in self.blocks.get(host, ())):
                continue
            block = next(free, None)
            if block is None:
                self._full(subnets, host)
                return
            self._give(host, block)

    def _free(self, subnet: SubnetSpec) -> Iterable[Block]:
        """The free slices of a subnet, lowest first, within its range and outside of what it excludes."""
        first, last = 0, slice_count(subnet.cidr, subnet.host_prefix) - 1
        if subnet.range:
            low = block_around(Address(subnet.cidr.version, subnet.range.first), subnet.host_prefix)
            first = slice_index(subnet.cidr, low) + (low.first < subnet.range.first)
            high = block_around(Address(subnet.cidr.version, subnet.range.last), subnet.host_prefix)
            last = slice_index(subnet.cidr, high) - (high.last > subnet.range.last)
        excluded = merged(subnet.exclude)
        index = first
        while index <= last:
            block = nth_slice(subnet.cidr, subnet.host_prefix, index)
            hole = next((span for span in excluded if span.first <= block.first and block.last <= span.last), None)
            if hole:
                index = slice_index(subnet.cidr, block_around(Address(hole.version, hole.last), subnet.host_prefix))
                index += nth_slice(subnet.cidr, subnet.host_prefix, index).last <= hole.last
                continue
            if block not in self.holder:
                yield block
            index += 1

    def _full(self, subnets: list[SubnetSpec], host: str) -> None:
        total = sum(slice_count(subnet.cidr, subnet.host_prefix) for subnet in subnets)
        used = sum(1 for block in self.holder if block.version == subnets[0].cidr.version)
        left = sum(1 for holder in self.holder.values() if holder not in self.members)
        names = " and ".join(f"{subnet.cidr} in /{subnet.host_prefix}" for subnet in subnets)
        self.problems.add(
            f"{self.spec.where}no slice is left for {host} in {names}: {total} in all, {used} used"
            f" ({left} held for what left the inventory), 0 free",
            "Add a subnet to the network, make host_prefix longer before its first use, or release what has left",
        )


# --- interface names -------------------------------------------------------------------------------------------------


def allot_interfaces(wishes: Mapping[str, str | None], remembered: Mapping[str, str]) -> dict[str, str]:
    """Interface names of one container by network: as wished, as remembered, or the lowest free of eth0, eth1…

    What is remembered stays, so that a network that is added does not rename the others; a wish for the same name
    comes first.
    """
    result = {network: name for network, name in wishes.items() if name}
    taken = set(result.values())
    for network in wishes:
        if network not in result and network in remembered and remembered[network] not in taken:
            result[network] = remembered[network]
            taken.add(remembered[network])
    number = 0
    for network in sorted(wishes):
        if network not in result:
            while f"eth{number}" in taken:
                number += 1
            result[network] = f"eth{number}"
            taken.add(f"eth{number}")
    return result
