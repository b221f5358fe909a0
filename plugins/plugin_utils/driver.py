# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a driver is: a table of how its networks differ, and one pure function to objects of kinds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Host, Network, NetworkSpec

# A kind's name and one object of it, as a document has them.
Object = tuple[str, dict[str, Any]]


def no_objects(network: Network, host: str, fleet: Fleet) -> Iterable[Object]:
    return ()


def no_checks(network: Network, fleet: Fleet, problems: Problems) -> None:
    return None


@dataclass(frozen=True)
class Driver:
    """One driver, whole. Register it by being ``DRIVERS`` of a file in ``drivers/``.

    objects
        What one host's document holds for one network, what all hosts share left out.
    shared_objects
        For each member, what every *other* member's document holds because of it (an overlay's peers). Made once for
        all hosts of one viewpoint, as the sum over hosts would be quadratic.
    viewpoint
        What of a host decides how it sees the others, where not all see the same: the segment that it is on.
    check
        The driver's own checks of a network, after addresses are known.
    device_prefixes
        The devices that a network has on each host, derived from its name; containers attach to the last one.
    device_option
        The option by which a user names that last device himself.
    spans_hosts
        Hosts depend on each other for this network: nothing of it goes before every member has made.
    one_segment
        Whether hosts share a layer-2 segment: an endpoint is then (network, container), wherever it runs.
    has_gateway
        Whether the host has an address in each slice that containers use as their gateway.
    without_gateway
        The families (4, 6) in which it has none all the same.
    takes_shim
        Whether a host can have an address of its own on a segment without a gateway, which containers reach.
    on_link
        Whether containers of a network send to everywhere on its link, without a gateway.
    on_underlay
        Whether hosts carry a network's packets to each other's underlay addresses; each member needs one then.
    has_vtep
        Whether a slice's first address is the host's VTEP (Flannel's layout).
    sliced
        Subnets are always cut into slices, by ``host_prefix`` or this default a family.
    pool_prefix
        Size of a subnet that is taken from the pools, a family.
    mtu
        The MTU that the network's devices get, of the network and the fleet's hosts; None is the kernel's default.
    largest_sent
        The largest packet that its hosts send each other, in bytes; None where they send none.
    translates
        Whether ports are published on the host's addresses, of a family (4, 6); else `publish` opens the container's
        own.
    own_ports
        Ports of the containers' bridge that are not containers'; None when containers are not on a bridge.
    tunnel
        What tells a network's tunnel from another one of the same network, in words: with others, its devices get other
        names, so that both are there while hosts change. Empty without one, or where it is re-created in place.
    keyed
        Whether each member has a key that its tunnel's others know it by (``Network.keys``).
    complete
        The driver's own options of a network, with the defaults that depend on others of them.
    variant
        The driver as it is for one network, where its options decide about what is said here (an overlay's mode).
    """

    name: str
    summary: str
    options: tuple[Option, ...] = ()
    objects: Callable[[Network, str, Fleet], Iterable[Object]] = no_objects
    shared_objects: Callable[[Network, Fleet, Hashable], Mapping[str, tuple[Object, ...]]] | None = None
    viewpoint: Callable[[Network, str, Fleet], Hashable] = lambda network, host, fleet: None
    check: Callable[[Network, Fleet, Problems], None] = no_checks
    device_prefixes: tuple[str, ...] = ()
    device_option: str | None = None
    spans_hosts: bool = False
    one_segment: Callable[[NetworkSpec], bool] = field(default=lambda spec: False)
    has_gateway: bool = True
    without_gateway: frozenset[int] = frozenset()
    takes_shim: Callable[[NetworkSpec], bool] = field(default=lambda spec: True)
    on_link: Callable[[NetworkSpec], bool] = field(default=lambda spec: False)
    on_underlay: bool = False
    has_vtep: bool = False
    sliced: Mapping[int, int] = field(default_factory=dict)
    pool_prefix: Mapping[int, int] = field(default_factory=lambda: {4: 24, 6: 64})
    mtu: Callable[[Network, Mapping[str, Host]], int | None] = field(default=lambda network, hosts: network.spec.mtu)
    largest_sent: Callable[[Network, Mapping[str, Host]], int] | None = None
    translates: Callable[[NetworkSpec, int], bool] = field(default=lambda spec, version: True)
    own_ports: int | None = None
    tunnel: Callable[[NetworkSpec], str] = lambda spec: ""
    keyed: bool = False
    complete: Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default=lambda options: options)
    variant: Callable[[NetworkSpec], Driver] | None = None
