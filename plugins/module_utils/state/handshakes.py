# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WireGuard's handshakes, made before something is sent that would have to wait for one.

Two hosts that begin one with each other at the same moment both take the other's beginning, and neither the answer to
its own; each tries again after REKEY_TIMEOUT, five seconds (section 6.4 of the paper). So long everything waits
that turns to a new tunnel from both sides at once.

A host that has made its end of a tunnel again, in a repair or at boot, has no keys, while the others go on with the
last ones: what they send is dropped there, and they take fifteen seconds without an answer for a reason to begin anew
(KEEPALIVE_TIMEOUT and REKEY_TIMEOUT, section 6.5). So the host that has none begins.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state import tunnels

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import SetPeer
    from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

ALIVE = 180  # seconds that keys of a handshake are good for: REJECT_AFTER_TIME, drivers/net/wireguard/messages.h
# For one that two hosts have begun at once: REKEY_TIMEOUT, its jitter of a third of a second, and the way.
PATIENCE = 7.0
_EVERY = 0.05  # seconds: nobody is told of a handshake
_AT_ONCE = 500  # peers: their keys are words of a command, twice each


def without(device: tunnels.Device | None, peers: t.Container[str], now: float) -> dict[str, tunnels.Peer]:
    """Those of these peers with which there are no keys of a handshake; ``now``: seconds since 1970."""
    known = device.peers.items() if device else ()
    return {key: peer for key, peer in known if key in peers and peer.endpoint and now - peer.handshake >= ALIVE}


def make(wire: Wire, wanted: t.Mapping[str, t.Container[str]], patience: float = PATIENCE) -> None:
    """Begin a handshake with each of these peers, by device, that has none; until all are made, or some seconds long:
    who does not answer keeps nothing from being done."""
    deadline = time.monotonic() + patience
    left = {name: _without(wire, name, peers) for name, peers in wanted.items()}
    for name, peers in left.items():
        begin(wire, None, name, peers)
    while any(left.values()) and time.monotonic() < deadline:
        time.sleep(_EVERY)
        left = {name: _without(wire, name, peers) for name, peers in left.items() if peers}


def _without(wire: Wire, name: str, peers: t.Container[str]) -> dict[str, tunnels.Peer]:
    return without(tunnels.Tunnels(wire).device(name, None), peers, time.time())


def begin(wire: Wire, netns: str | None, name: str, peers: t.Mapping[str, tunnels.Peer | SetPeer]) -> None:
    """Without waiting for one, with those of these peers, by key, whose place is known.

    A peer that is to be kept alive is sent an empty packet at once (set_peer(), drivers/net/wireguard/netlink.c). Those
    that are anyway begin by themselves.
    """
    keys = [key for key, peer in peers.items() if peer.endpoint and not peer.keepalive]
    for first in range(0, len(keys), _AT_ONCE):
        words = []
        for key in keys[first:first + _AT_ONCE]:
            words += ["peer", key, "persistent-keepalive", "25", "peer", key, "persistent-keepalive", "0"]
        with wire.inside(netns):
            tunnels.run_wg(["set", name, *words])


def begin_again(wire: Wire, netns: str | None, name: str) -> None:
    """With whom this host has just lost the keys of its last one, without a word to them."""
    device = tunnels.Tunnels(wire).device(name, netns)
    begin(wire, netns, name, device.peers if device else {})
