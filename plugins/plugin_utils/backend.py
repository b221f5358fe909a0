# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backend is: a table of how it carries an overlay's packets from host to host."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object, no_checks, no_objects
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Host, Network, NetworkSpec


def no_sight(network: Network, host: str, fleet: Fleet) -> Hashable:
    return None


def no_peer(network: Network, host: str, fleet: Fleet, sight: Hashable) -> Iterable[Object]:
    return ()


@dataclass(frozen=True)
class Backend:
    """One backend, whole. Register it by being ``BACKENDS`` of a file in ``backends/``.

    options
        Keys of a network that have a meaning with this backend (``only_with=("backend", (NAME,))``).
    port
        The UDP port that it takes where a network names none.
    modes
        The modes of overlays that it can carry.
    overhead
        Bytes that it adds to a packet, by the underlay's family.
    device_prefixes
        Its devices on each host, derived from the network's name; they come before the containers' bridge in
        ``Network.devices``, and have forwarding and isolation as that has.
    tunnel
        What tells one of its tunnels from another one, in words.
    has_vtep
        Whether a slice's first address is that of its device.
    keyed
        Whether each member has a key, which the plan knows from the ledger (``Network.keys``).
    direct
        Whether packets between members come by the underlay's own interface, as they are.
    objects
        Its devices on one host, and what guards them: what all hosts share left out.
    sight
        What of a host, besides its segment, decides how it sees the others; ``peer`` gets it as its last argument.
    peer
        In routed mode, what each other member's document holds to reach the slices of one host. Made once a host for
        the fleet, not once a pair.
    check
        Its own checks of a network, after addresses are known.
    """

    name: str
    summary: str
    options: tuple[Option, ...] = ()
    port: int | None = None
    modes: tuple[str, ...] = ("routed",)
    overhead: Mapping[int, int] = field(default_factory=lambda: {4: 0, 6: 0})
    device_prefixes: tuple[str, ...] = ()
    tunnel: Callable[[NetworkSpec], str] = lambda spec: ""
    has_vtep: bool = False
    keyed: bool = False
    direct: bool = False
    objects: Callable[[Network, str, Fleet], Iterable[Object]] = no_objects
    sight: Callable[[Network, str, Fleet], Hashable] = no_sight
    peer: Callable[[Network, str, Fleet, Hashable], Iterable[Object]] = no_peer
    check: Callable[[Network, Fleet, Problems], None] = no_checks

    def overhead_of(self, network: Network, hosts: Mapping[str, Host]) -> int:
        """By the underlay's family: that of any member, as checks hold them to one."""
        underlays = (hosts[name].underlay for name in network.members)
        return self.overhead[next((underlay.version for underlay in underlays if underlay), 4)]
