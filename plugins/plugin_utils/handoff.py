# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that are handed to engines: ``docker run --network NAME`` on a bridge of ours.

An engine hands out addresses by itself, so it has a part of each slice for itself. Which part is a function of the
slice and the engine, so that it never moves: of the upper half the first half is Docker's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.plain import one_of
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block, nth_slice
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Network, NetworkSpec, Slice

# By engine, the part of a slice: bits that its prefix is longer, and its index among parts of that size.
PARTS = {"docker": (2, 2), "podman": (3, 6), "cni": (3, 7)}
BUILT = ("docker",)
# A slice of fewer addresses leaves Docker fewer than eight.
SMALLEST = 32
# Networks that Docker has itself.
RESERVED = ("bridge", "host", "none", "default", "nat", "ingress")

OPTION = Option(
    "handoff",
    "handoff",
    "Engines that get this network as one of their own, as in C({docker: true}): C(docker run --network NAME) then"
    " takes addresses from a part of each host's slice that is kept for it.",
    default=(),
    default_note="no engine",
)


def read_handoff(value: Any, option: Option) -> tuple[str, ...]:
    """Engines, sorted, of a mapping from engine to yes or no."""
    if not isinstance(value, Mapping):
        raise Refusal(f"`handoff` is {value!r}, which is no mapping", "Write it as in `handoff: {docker: true}`")
    for engine, wanted in value.items():
        if engine not in PARTS:
            raise Refusal(f"`handoff` names {engine!r}", one_of(engine, tuple(PARTS)))
        if not isinstance(wanted, bool):
            raise Refusal(f"`handoff` has {wanted!r} for {engine}, which is not yes or no", "Write true or false")
        if wanted and engine not in BUILT:
            raise Refusal(f"`handoff: {{{engine}: true}}` is not built yet", f"Write {' or '.join(BUILT)}")
    return tuple(sorted(engine for engine, wanted in value.items() if wanted))


def with_parts(spec: NetworkSpec, slices: tuple[Slice, ...]) -> tuple[Slice, ...]:
    """The slices with the parts that engines hand out."""
    engines = spec.options.get("handoff") or ()
    return tuple(replace(each, handed=tuple(_parts(each.block, engines))) for each in slices) if engines else slices


def _parts(block: Block, engines: tuple[str, ...]) -> Iterator[tuple[str, Block]]:
    if block.size >= SMALLEST:
        for engine in engines:
            bits, index = PARTS[engine]
            yield engine, nth_slice(block, block.prefix + bits, index)


def check(network: Network, problems: Problems) -> None:
    """What an engine cannot do with a network that is handed to it."""
    spec, engines = network.spec, network.spec.options["handoff"]
    if not engines:
        return
    who = " and ".join(engines)
    if spec.name in RESERVED:
        problems.add(f"{spec.where}`handoff`: {who} has a network `{spec.name}` itself", "Give this one another name")
    versions = [subnet.cidr.version for subnet in network.subnets]
    if len(versions) != len(set(versions)):
        problems.add(
            f"{spec.where}`handoff`: {who} takes one subnet of a family, and this network has more",
            "Leave one of them, or leave `handoff` out",
        )
    for subnet in network.subnets:
        if subnet.exclude or (subnet.range and subnet.host_prefix is None):
            problems.add(
                f"{spec.where}`handoff`: {who} knows nothing of `range` and `exclude` of {subnet.cidr}",
                "Leave them out, or leave `handoff` out",
            )
    for slice_ in {each for slices in network.slices.values() for each in slices}:
        if slice_.block.size < SMALLEST:
            problems.add(
                f"{spec.where}`handoff`: {slice_.block} has too few addresses to share with {who}",
                f"Make its slices, or the subnet, {SMALLEST} addresses or larger",
            )
        if slice_.gateway is None:
            problems.add(
                f"{spec.where}`handoff`: {who} needs a gateway on its host, and {slice_.block} has none",
                "Choose another `gateway_mode`, or leave `handoff` out",
            )
        for engine, part in slice_.handed:
            if slice_.gateway is not None and slice_.gateway in part:
                problems.add(
                    f"{spec.where}`handoff`: its gateway {slice_.gateway} is in the part {part} of {engine}",
                    "Choose a gateway in the lower half",
                )


def objects(network: Network, host: str) -> Iterator[Object]:
    """The engines' own networks on one host."""
    for engine in network.spec.options["handoff"]:
        subnets = [
            {"subnet": str(slice_.block), "range": str(dict(slice_.handed)[engine]), "gateway": str(slice_.gateway)}
            for slice_ in network.slices[host]
        ]
        fields: dict[str, Any] = {"network": network.name, "name": network.name, "bridge": network.container_device}
        fields["subnets"] = subnets
        if network.mtu:
            fields["mtu"] = network.mtu
        yield f"{engine}_network", fields
