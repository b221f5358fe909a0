# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that are handed to engines: ``docker run --network NAME`` on a bridge of ours.

An engine hands out addresses by itself, so it has a part of each slice for itself. Which part is a function of the
slice and the engine, so that it never moves: of the upper half the first half is Docker's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.plain import one_of
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block, nth_slice
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network, NetworkSpec, Slice

# By engine, the part of a slice: bits that its prefix is longer, and its index among parts of that size.
PARTS = {"docker": (2, 2), "podman": (3, 6), "cni": (3, 7)}
# Those whose containers are put on a network by a plugin of ours, which is the program that keeps a host.
BY_PLUGIN = ("cni", "podman")
_PLUGINS_OF = {"cni": "CNI's", "podman": "Podman's"}
# A slice of fewer addresses leaves Docker fewer than eight, and CNI and Podman fewer than three.
SMALLEST = 32
# Networks that engines have themselves, or names that mean something else to them: to all, and to Podman.
RESERVED = ("bridge", "host", "none", "default", "nat", "ingress")
_OF_PODMAN = ("podman", "private", "pasta", "slirp4netns", "container", "ns", "pod")

OPTION = Option(
    "handoff",
    "handoff",
    "Engines that get this network as one of their own, as in C({docker: true}): C(docker run --network NAME) then"
    " takes addresses from a part of each host's slice that is kept for it. C(cni) is for all that attach containers"
    " by CNI, as containerd's C(nerdctl), CRI-O and Nomad do; C(podman) is for a Podman whose netavark has plugins (1.6"
    " or newer), and for root.",
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


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    """What an engine cannot do with a network that is handed to it."""
    spec, engines = network.spec, network.spec.options["handoff"]
    if not engines:
        return
    who = " and ".join(engines)
    for engine in engines:
        if engine in BY_PLUGIN:
            _check_plugin(engine, network, fleet, problems)
        if spec.name in (RESERVED if engine != "podman" else (*RESERVED, *_OF_PODMAN)):
            problems.add(
                f"{spec.where}`handoff`: {engine} has a network `{spec.name}` itself", "Give this one another name"
            )
    versions = [subnet.cidr.version for subnet in network.subnets]
    if len(versions) != len(set(versions)):
        problems.add(
            f"{spec.where}`handoff`: {who} takes one subnet of a family, and this network has more",
            "Leave one of them, or leave `handoff` out",
        )
    _check_slices(network, who, problems)


def _check_slices(network: Network, who: str, problems: Problems) -> None:
    """``who``: the engines, in words."""
    spec = network.spec
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


def _check_plugin(engine: str, network: Network, fleet: Fleet, problems: Problems) -> None:
    without = [host for host in network.slices if not fleet.hosts[host].keep]
    if without:
        problems.add(
            f"{network.spec.where}`handoff`: {_PLUGINS_OF[engine]} plugin is the program that keeps a host, and"
            f" `containerhost_keep` is false for {', '.join(sorted(without))}",
            f"Set it to true there, or leave `{engine}` out",
        )


def objects(
    network: Network, host: str, ports: Mapping[int, str], beyond: Sequence[Block] = ()
) -> Iterator[Object]:
    """The engines' own networks on one host. ``ports``: what publishing one means, by family. ``beyond``: where
    containers of an internal one have a route to."""
    engines = network.spec.options["handoff"]
    if "docker" in engines:
        subnets = [_subnet(slice_, "docker") for slice_ in network.slices[host]]
        fields = {"name": network.name, "bridge": network.container_device, "subnets": subnets}
        yield new.object_of("docker_network", network.name, **fields, mtu=network.mtu or None)
    for engine in engines:
        if engine in BY_PLUGIN:
            yield _plugin_network(engine, network, host, ports, beyond)


def _subnet(slice_: Slice, engine: str) -> dict[str, Any]:
    return {"subnet": str(slice_.block), "range": str(dict(slice_.handed)[engine]), "gateway": str(slice_.gateway)}


def _plugin_network(
    engine: str, network: Network, host: str, ports: Mapping[int, str], beyond: Sequence[Block]
) -> Object:
    options = network.spec.options
    subnets = [
        {
            **_subnet(slice_, engine),
            "routes": [
                *_routes(network, slice_),
                *(str(block) for block in beyond if block.version == slice_.block.version),
            ],
            "ports": ports.get(slice_.block.version, "publish"),
        }
        for slice_ in network.slices[host]
    ]
    return new.object_of(
        f"{engine}_network",
        network.name,
        name=network.name,
        bridge=network.container_device,
        subnets=subnets,
        mtu=network.mtu or None,
        isolated=True if options.get("icc") is False else None,
        anti_spoofing=options.get("anti_spoofing") or None,
        dns=_dns(engine, network, host) or None,
    )


def _routes(network: Network, slice_: Slice) -> Iterator[str]:
    """Everywhere, unless the network is internal; and the rest of the network, for a container that has another way
    out."""
    if slice_.subnet != slice_.block:
        yield str(slice_.subnet)
    if not network.spec.internal:
        yield new.ANYWHERE[slice_.block.version]


def _dns(engine: str, network: Network, host: str) -> dict[str, list[str]]:
    """Whom a container asks: the network's name server, where the host has it, or those that the network names.

    Netavark's plugins have no word for options of resolv.conf.
    """
    spec = network.spec
    served = "resolver" in spec.names and bool(network.endpoints.get(host))
    servers = [slice_.gateway for slice_ in network.slices[host]] if served else spec.dns.servers or ()
    options = (spec.dns.options or ()) if engine != "podman" else ()
    found = {"nameservers": servers, "search": spec.dns.search or (), "options": options}
    return {name: [str(each) for each in values] for name, values in found.items() if values}
