# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``wireguard_key``: a private key that is made on its host, for a WireGuard device, and never leaves it."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import HostFileKind
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import LACKS, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow, GiveBack, TunnelKey
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import key_path

KEYS = "keys that will be there"
# The kernel switches it off for all interfaces when a WireGuard device comes up (wg_open()), and not on again.
_REDIRECTS = "net/ipv4/conf/all/send_redirects"
NEEDS_WG = "it needs wg, which is not installed: install it (on Debian, wireguard-tools)"


class WireguardKey(HostFileKind):
    name = "wireguard_key"
    key = ("name",)
    marked = True
    options = {"name": {"type": "str", "required": True}}

    def spell(self, plain: Values) -> Values:
        """It becomes a file's name, and is a device's."""
        plain["name"] = canonical.device_name(plain["name"])
        return plain if plain.get("state") == "absent" else {**plain, "intact": True}

    def summary(self, values: Values) -> list[str]:
        return [f"a private key in {key_path(values['name'])}"]

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("wireguard key", values["name"])

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        if kernel.tunnels.program() is None:
            kernel.notes(LACKS).append("wg")
            yield NEEDS_WG

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        names = {object_.values["name"] for object_ in wanted}
        for name in kernel.tunnels.key_names():
            owner, intact = kernel.tunnels.key(name)
            if owner is not None or name in names:
                yield Found(self.name, (None, name), {"name": name, "intact": intact}, owner)

    def note(self, kernel: Kernel, change: Change) -> None:
        if change.action != "remove":
            kernel.notes(KEYS).append(change.values["name"])

    def add(self, wanted: Wanted) -> Rounds:
        return [[TunnelKey(wanted.values["name"], wanted.owner)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        """The device may have gone without us."""
        return [[TunnelKey(found.values["name"], None)], [give_back(found.values["name"], None)]]


def borrow(device: str, netns: str | None) -> Borrow:
    """What the kernel is going to change for a device of its own."""
    return Borrow(netns, _REDIRECTS, "0", f"wireguard {device}", "wireguard")


def give_back(device: str, netns: str | None) -> GiveBack:
    return GiveBack(netns, _REDIRECTS, f"wireguard {device}")
