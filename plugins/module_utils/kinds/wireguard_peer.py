# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``wireguard_peer``: another end of an encrypted tunnel: where it is, and whose packets come from it (wg(8))."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
    namespaces,
    place,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import SetPeer
from ansible_collections.containerhost.network.plugins.module_utils.state.handshakes import ALIVE
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import Peer

_DEVICES = ("wireguard", "tun")


class WireguardPeer(Kind):
    name = "wireguard_peer"
    key = ("device", "public_key")
    after = ("wireguard",)
    options = {
        "device": {"type": "str", "required": True},
        "public_key": {"type": "str", "required": True, "no_log": False},
        "endpoint": {"type": "str"},
        "roams": {"type": "bool", "default": False},
        "allowed_ips": {"type": "list", "elements": "str"},
        "keepalive": {"type": "int", "default": 0},
    }

    def normalise(self, values: Values) -> Values:
        plain = {"roams": False, **values}
        plain["device"] = canonical.device_name(plain["device"], "device")
        if not canonical.is_key(plain["public_key"]):
            raise Problem(
                f"wireguard_peer on {plain['device']}: public_key {plain['public_key']!r} is no key: it has 44"
                " characters, as `wg pubkey` prints them"
            )
        plain["keepalive"] = canonical.between(plain.get("keepalive") or 0, 0, 65535, "keepalive")
        if plain.get("state") == "absent":
            return plain
        if plain.get("endpoint") is not None:
            plain["endpoint"] = canonical.endpoint(plain["endpoint"])
        allowed = canonical.each(
            plain.get("allowed_ips") or [], lambda each: canonical.network_cidr(each, "allowed_ips")
        )
        return {**plain, "allowed_ips": sorted(allowed or []), "secret": False}

    def label(self, values: Values) -> str:
        return f"{values['public_key']} on {values['device']}"

    def summary(self, values: Values) -> list[str]:
        return [row for row in super().summary(values) if row != "keepalive: 0"]

    def other_end(self, values: Values) -> str | None:
        return (values.get("endpoint") or "").rpartition(":")[0].strip("[]") or None

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), values.get("device"))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        device, netns = wanted.values["device"], wanted.netns
        link = kernel.link(device, netns)
        if not kernel.has_link(device, netns):
            yield f"there is no device {device}; make it first (module wireguard)"
        elif link is None:  # will have been made
            return
        elif link.kind not in _DEVICES:
            yield f"{device} is no WireGuard device ({link.kind or 'physical'})"
        elif is_foreign(kernel, device, netns):
            yield f"{device} is not ours, so its peers are not ours to say"
        elif link.owner is not None and realm(link.owner) != realm(wanted.owner):
            yield f"{device} belongs to {link.owner}, and its peers with it, not to {wanted.owner}"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for netns in namespaces(wanted):
            for link in list(kernel.links(netns).values()):
                if link.kind in _DEVICES and link.owner is not None:
                    yield from self._of_device(kernel, link, netns)

    def _of_device(self, kernel: Kernel, link: Link, netns: str | None) -> t.Iterator[Found]:
        device = kernel.tunnels.device(link.name, netns)
        for public_key, peer in sorted(device.peers.items()) if device else ():
            values = {"device": link.name, "public_key": public_key, **_values(peer)}
            place(values, netns)
            yield Found(self.name, self.key_of(values, ""), values, link.owner)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """One that roams is where it has answered from lately."""
        differences = super().differences(wanted, found)
        differences.pop("roams", None)
        if wanted.values["roams"] and found.values["alive"]:
            differences.pop("endpoint", None)
        return differences

    waits = ("remove",)

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """What comes from the addresses that its containers have had is theirs until all hosts go by the new ones."""
        allowed = sorted({*wanted.values["allowed_ips"], *found.values["allowed_ips"]})
        return wanted._replace(values={**wanted.values, "allowed_ips": allowed})

    def add(self, wanted: Wanted) -> Rounds:
        return [[self._set(wanted)._replace(begin=True)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        """A preshared key is taken away with the peer that has it."""
        gone = self.remove(found) if "secret" in differences else []
        return [*gone, [self._set(wanted)._replace(begin=bool(gone))]]

    def remove(self, found: Found) -> Rounds:
        return [[SetPeer(found.netns, found.values["device"], found.values["public_key"], delete=True)]]

    @staticmethod
    def _set(wanted: Wanted) -> SetPeer:
        values = wanted.values
        return SetPeer(
            wanted.netns,
            values["device"],
            values["public_key"],
            values.get("endpoint"),
            tuple(values["allowed_ips"]),
            values["keepalive"],
        )


def _values(peer: Peer) -> Values:
    return {
        "endpoint": peer.endpoint,
        "allowed_ips": list(peer.allowed_ips),
        "keepalive": peer.keepalive,
        "secret": peer.secret,
        "alive": time.time() - peer.handshake < ALIVE,
    }
