# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody has told a bridge or a shim of ours about a container, for good, and is not so: another MAC for its
address, another port for its MAC. What these find out by themselves is put right by the container's next frame, and so
is an entry that is only static; this never is.

A bridge of somebody else's, or one by which the host itself is on a LAN, is told what its host likes to.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases import once
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link


class MisledEntry(t.NamedTuple):
    """``address`` is at ``lladdr`` on the bridge ``device``; or, without an address, ``lladdr`` is behind the port
    ``device``, or the bridge's own (``flags``: NTF_*)."""

    device: str
    lladdr: str
    address: t.Optional[str] = None
    flags: int = m.NTF_MASTER

    def __str__(self) -> str:
        if self.address is not None:
            return f"neighbour {self.address} on {self.device} at {self.lladdr}"
        return f"{self.lladdr} behind {self.device}"


class _Known(t.NamedTuple):
    neighbours: t.Mapping[t.Tuple[str, str], str]  # bridge and address to MAC
    ports: t.Mapping[t.Tuple[str, str], str]  # bridge and MAC to port


def read(
    kernel: Kernel, netns: str | None, port: Link, mac: str | None, addresses: t.Iterable[str] | None
) -> list[MisledEntry]:
    """What is wrong of the container that is to have this MAC, behind this ``port`` of a bridge. Tables are read once a
    run."""
    bridge = port.master
    if bridge is None or mac is None or not kernel.is_ours(bridge, netns):
        return []
    known = once.noted(kernel, "told for good", netns, lambda: _known(kernel, netns))
    own = [cidr.partition("/")[0] for cidr in addresses or ()]
    at = [(address, known.neighbours.get((bridge, address), mac)) for address in own]
    behind = known.ports.get((bridge, mac), port.name)
    flags = m.NTF_SELF if behind == bridge else m.NTF_MASTER
    return [
        *(MisledEntry(bridge, lladdr, address) for address, lladdr in at if lladdr != mac),
        *([MisledEntry(behind, mac, flags=flags)] if behind != port.name else []),
    ]


def on_shims(kernel: Kernel, kind: str, parent: Link | None, end: Link, wanted: Wanted | None) -> list[MisledEntry]:
    """What is wrong of a container, whose ``end`` stands on ``parent``, on the host's own interfaces there. Neighbours
    in a container are its owner's."""
    if wanted is None or not wanted.present or not wanted.values.get("sandbox") or parent is None:
        return []
    shims = once.noted(kernel, "shims", wanted.netns, lambda: _shims(kernel, wanted.netns)).get((kind, parent.index))
    mac = wanted.values.get("mac") or end.mac
    if not shims or mac is None:
        return []
    known = once.noted(kernel, "told for good", wanted.netns, lambda: _known(kernel, wanted.netns)).neighbours
    at = [(shim, cidr.partition("/")[0]) for shim in shims for cidr in wanted.values.get("addresses") or ()]
    return [MisledEntry(shim, known[shim, each], each) for shim, each in at if known.get((shim, each), mac) != mac]


def _shims(kernel: Kernel, netns: str | None) -> dict[tuple[str | None, int | None], list[str]]:
    """The host's own interfaces of ours, by their kind and the index of their parent."""
    found: dict[tuple[str | None, int | None], list[str]] = {}
    for link in kernel.links(netns).values():
        if link.owner is not None:
            found.setdefault((link.kind, link.lower), []).append(link.name)
    return found


def joined(differences: dict[str, tuple[t.Any, t.Any]], found: Found) -> dict[str, tuple[t.Any, t.Any]]:
    """With what is to be forgotten."""
    told = found.values.get("misled")
    return {**differences, "misled": (told, [])} if told else differences


def _known(kernel: Kernel, netns: str | None) -> _Known:
    """But for what is of ours: an overlay tells where other hosts' containers are."""
    return _Known(
        {
            (row["device"], row["NDA_DST"]): row["NDA_LLADDR"]
            for row in kernel.neighbours(netns)
            if row["state"] & (m.NUD_PERMANENT | m.NUD_NOARP) and "NDA_LLADDR" in row
            if row.get("NDA_PROTOCOL") != m.PROTOCOL
        },
        {
            (_bridge_of(kernel, row["device"], netns), row["NDA_LLADDR"]): row["device"]
            for row in kernel.fdb(netns)
            if row["state"] & m.NUD_PERMANENT or row["flags"] & m.NTF_STICKY
            if not row["flags"] & m.NTF_SELF and "NDA_LLADDR" in row
            if not _is_a_tunnel_of_ours(kernel, row["device"], netns)
        },
    )


def _bridge_of(kernel: Kernel, device: str, netns: str | None) -> str:
    link = kernel.link(device, netns)
    return link.master if link is not None and link.master is not None else device


def _is_a_tunnel_of_ours(kernel: Kernel, device: str, netns: str | None) -> bool:
    link = kernel.link(device, netns)
    return link is not None and link.kind == "vxlan" and link.owner is not None


def forgotten(told: t.Iterable[MisledEntry], netns: str | None) -> list[m.Message]:
    return [
        m.neighbour(each.device, each.address, each.lladdr, netns, delete=True)
        if each.address is not None
        else m.fdb(
            {"device": each.device, "lladdr": each.lladdr, "flags": each.flags, "state": m.NUD_NOARP},
            netns,
            delete=True,
        )
        for each in told
    ]
