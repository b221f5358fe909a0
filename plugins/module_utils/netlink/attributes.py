# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a link, an address, a route, a neighbour, and in what is nested in them."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import Layout, LinkInfo
from ansible_collections.containerhost.network.plugins.module_utils.startup import import_definitions


class Layouts:
    """The four messages, and what is nested in them, compiled from pyroute2's definitions."""

    def __init__(self) -> None:
        ifinfmsg, ifaddrmsg, rtmsg, ndmsg = import_definitions()
        info, kinds = ifinfmsg.ifinfo, ifinfmsg.ifinfo.data_map
        data = {name: Layout(kinds[name]) for name in ("bridge", "vxlan", "macvlan") if name in kinds}
        _as_numbers(data.get("macvlan"), {"IFLA_MACVLAN_MODE": (1, "uint32"), "IFLA_MACVLAN_FLAGS": (2, "uint16")})
        port = {"bridge": Layout(info.bridge_slave_data)}
        own = {"IFLA_OPERSTATE": (16, "uint8"), "IFLA_NET_NS_FD": (28, "uint32"), "IFLA_AF_SPEC": (26, "hex")}
        peer = Layout(_With(info.veth_data.info_peer, ifinfmsg), also=own)
        data["veth"] = Layout(info.veth_data, nested={"VETH_INFO_PEER": peer})
        self.link = Layout(ifinfmsg, nested={"IFLA_LINKINFO": LinkInfo(info, data, port)}, also=own)
        self.address = Layout(ifaddrmsg, also={"IFA_PROTO": (11, "uint8")})
        self.route = Layout(rtmsg)
        newer = {"NDA_SRC_VNI": (11, "uint32"), "NDA_PROTOCOL": (12, "uint8"), "NDA_NH_ID": (13, "uint32")}
        self.neighbour = Layout(ndmsg, also=newer)

    def of(self, type_: int) -> Layout:
        return {16: self.link, 20: self.address, 24: self.route, 28: self.neighbour}[type_ & ~3]


class _With:
    """A veth's peer is a link again: the header and attributes of one, inside an attribute."""

    def __init__(self, _peer: t.Any, ifinfmsg: t.Any) -> None:
        self.fields, self.nla_map = ifinfmsg.fields, ifinfmsg.nla_map


def _as_numbers(layout: Layout | None, attributes: t.Mapping[str, tuple[int, str]]) -> None:
    if layout is not None:
        layout.also(attributes)
