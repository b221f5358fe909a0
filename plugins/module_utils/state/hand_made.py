# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices, addresses and routes of the host and of its containers as plain rows, whoever has made them.

An inventory is made of them on the controller (``plugin_utils/discovered/hand_made.py``).
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NETNS_FOLDER
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import UnreadableTable
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.rows import Link

Row = t.Dict[str, t.Any]
_RTPROT_KERNEL = 2  # linux/rtnetlink.h: a route that came with an address
# Of a device's own attributes, those that an inventory can say, or that keep it from saying the rest.
_DATA = {
    "IFLA_MACVLAN_MODE": "mode",
    "IFLA_IPVLAN_MODE": "mode",
    "IFLA_IPVLAN_FLAGS": "flag",
    "IFLA_VLAN_ID": "vlan",
    "IFLA_VXLAN_ID": "vni",
    "IFLA_VXLAN_PORT": "port",
    "IFLA_VXLAN_LOCAL": "local",
    "IFLA_VXLAN_LOCAL6": "local",
    "IFLA_VXLAN_GROUP": "group",
    "IFLA_VXLAN_GROUP6": "group",
    "IFLA_BR_VLAN_FILTERING": "vlan_filtering",
}


def namespaces(kernel: Kernel, containers: t.Sequence[tuple[str, str, int]]) -> list[Row]:
    """The host's own first, then those of containers (engine, name, first process), then those with a name.

    A namespace that several of them lead to is told once.
    """
    found, seen = [_namespace(kernel, "", "", None)], set()
    places = [(engine, name, f"/proc/{pid}/ns/net") for engine, name, pid in containers if pid]
    places += [("netns", name, f"{NETNS_FOLDER}/{name}") for name in kernel.netns_names()]
    for engine, name, path in places:
        identity = kernel.identity(path) if kernel.has_netns(path) else None
        if identity is None or identity in seen:
            continue
        seen.add(identity)
        try:
            found.append(_namespace(kernel, engine, name, path))
        except UnreadableTable:
            continue  # nobody has made so many by hand
    return found


def _namespace(kernel: Kernel, engine: str, ref: str, path: str | None) -> Row:
    addresses = kernel.addresses(path)
    links = [_link(each, addresses.get(each.name, [])) for each in kernel.links(path).values() if each.name != "lo"]
    routes = [
        {name: row[name] for name in ("dst", "device", "via")}
        for row in kernel.routes(path, m.RT_TABLE_MAIN)
        if row["protocol"] != _RTPROT_KERNEL and row["type"] is None and not row["dst"].startswith("fe80:")
    ]
    told = {"engine": engine, "ref": ref, "links": links, "routes": routes}
    return told if path else {**told, "fdb": list(_fdb(kernel))}


def _link(link: Link, addresses: t.Sequence[str]) -> Row:
    """``elsewhere``: what ``lower`` numbers is in another namespace."""
    told: Row = {
        "name": link.name,
        "index": link.index,
        "kind": link.kind,
        "mac": link.mac,
        "mtu": link.mtu,
        "master": link.master,
        "lower": link.lower,
        "elsewhere": link.lower_netnsid is not None,
        "ours": link.owner is not None,
        "addresses": list(addresses),
    }
    data = {name: link.data[attribute] for attribute, name in _DATA.items() if link.data.get(attribute) is not None}
    return {**told, **data}


def _fdb(kernel: Kernel) -> t.Iterator[Row]:
    """Where VXLANs send frames to: of entries that somebody has written."""
    vxlans = {name for name, link in kernel.links().items() if link.kind == "vxlan" and link.owner is None}
    for row in kernel.fdb() if vxlans else ():
        if row["device"] in vxlans and row.get("NDA_DST"):
            yield {"device": row["device"], "lladdr": row.get("NDA_LLADDR"), "dst": row["NDA_DST"]}
