# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts share a segment of the underlay, by the prefix lengths of their addresses; and routes to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, listed, members, on
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Host, Network, Slice

# By family: the segment that a host is on, where it is known.
Segments = tuple[tuple[int, Block], ...]


def segments(host: Host) -> Segments:
    found = ((version, host.on_segment(version)) for version in (4, 6))
    return tuple((version, each[1]) for version, each in found if each and each[1])


def direct_slices(network: Network, host: str, seen_from: Segments, fleet: Fleet) -> Mapping[Slice, str]:
    """The slices of a host that others on these segments reach without a tunnel, and the address that they go by."""
    its_own = fleet.hosts[host]
    return {
        slice_: str(at[0])
        for slice_ in network.slices[host]
        if (at := its_own.on_segment(slice_.block.version)) and (slice_.block.version, at[1]) in seen_from
    }


def routes(network: Network, slices: Mapping[Slice, str], metrics: Mapping[Slice, int]) -> Iterator[Object]:
    """By the host's own address there; each host knows by which device that is."""
    for slice_, via in slices.items():
        yield new.object_of("route", network.name, dst=str(slice_.block), via=via, metric=metrics[slice_])


def direct(network: Network, host: str, fleet: Fleet) -> dict[str, object] | None:
    """What isolation lets in from the underlay itself: packets between addresses of the network."""
    own = fleet.hosts[host]
    known = {version for version, _block in segments(own)}
    blocks = [str(subnet.cidr) for subnet in network.subnets if subnet.cidr.version in known]
    if not blocks:
        return None
    return {"direct": blocks, "direct_by": own.underlay_interface or str(own.underlay)}


def check_one(network: Network, fleet: Fleet, what: str, problems: Problems) -> None:
    """All members are on one segment of each family that the network has."""
    for version in network.versions:
        first: str | None = None
        missing = [name for name in network.members if fleet.hosts[name].on_segment(version) is None]
        if missing:
            _missing(network, missing, version, what, problems)
        for name in network.members:
            at = fleet.hosts[name].on_segment(version)
            if at is None:
                continue
            if at[1] is None:
                _unknown(network, name, version, str(at[0]), what, problems)
            elif first is None:
                first = name
            elif at[1] != fleet.hosts[first].on_segment(version)[1]:
                theirs = fleet.hosts[first].on_segment(version)
                problems.add(
                    f"{network.spec.where}its members {first} ({theirs[0]}/{theirs[1].prefix}) and {on(name)}"
                    f" ({at[0]}/{at[1].prefix}) share no segment, and {what} has no other way between them",
                    "Take `backend: vxlan`, or give both addresses on one segment by containerhost_underlay_address",
                )


def _missing(network: Network, some: list[str], version: int, what: str, problems: Problems) -> None:
    problems.add(
        f"{network.spec.where}{members(some, 'has', 'have')} no underlay address of IPv{version}, by which {what} would"
        f" lead to {'its' if len(some) == 1 else 'their'} containers",
        f"Add one to containerhost_underlay_address of {listed(some)}, as in [198.18.7.11/24, 'fd00:18::11/64']",
    )


def _unknown(network: Network, name: str, version: int, address: str, what: str, problems: Problems) -> None:
    length = 24 if version == 4 else 64
    problems.add(
        f"{network.spec.where}of its member {on(name)} the underlay address {address} says no prefix length, so it is"
        f" not known with whom it shares a segment, which {what} needs",
        f"Write it with its prefix length, as in containerhost_underlay_address: {address}/{length}",
    )
