# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a link, an address, a route, a neighbour, and in what is nested in them."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import Layout, LinkInfo, RouteLayout
from ansible_collections.containerhost.network.plugins.module_utils.startup import import_definitions

# A message's own attributes that the oldest supported pyroute2 lacks or types otherwise: number and type.
_LINK = {
    "IFLA_OPERSTATE": (16, "uint8"),
    "IFLA_XDP": (43, "bytes"),
    "IFLA_NET_NS_FD": (28, "uint32"),
    "IFLA_AF_SPEC": (26, "hex"),
    "IFLA_PROP_LIST": (52, "hex"),
}
_ADDRESS = {"IFA_PROTO": (11, "uint8")}
_NEIGHBOUR = {"NDA_SRC_VNI": (11, "uint32"), "NDA_PROTOCOL": (12, "uint8"), "NDA_NH_ID": (13, "uint32")}
# Routing rules, linux/fib_rules.h. pyroute2's definition is in a module of its own, which nothing else needs.
_RULE = {
    "FRA_DST": (1, "ipaddr"),
    "FRA_SRC": (2, "ipaddr"),
    "FRA_IIFNAME": (3, "asciiz"),
    "FRA_GOTO": (4, "uint32"),
    "FRA_PRIORITY": (6, "uint32"),
    "FRA_FWMARK": (10, "uint32"),
    "FRA_SUPPRESS_PREFIXLEN": (14, "uint32"),
    "FRA_TABLE": (15, "uint32"),
    "FRA_FWMASK": (16, "uint32"),
    "FRA_OIFNAME": (17, "asciiz"),
    "FRA_L3MDEV": (19, "uint8"),
    "FRA_UID_RANGE": (20, "hex"),
    "FRA_PROTOCOL": (21, "uint8"),
    "FRA_IP_PROTO": (22, "uint8"),
    "FRA_SPORT_RANGE": (23, "hex"),
    "FRA_DPORT_RANGE": (24, "hex"),
}


# Of a bridge's port, linux/if_link.h: pyroute2 knows of these since 0.7.9 or later.
_PORT = {"IFLA_BRPORT_LOCKED": (39, "uint8"), "IFLA_BRPORT_MAB": (40, "uint8")}

# Traffic control, linux/rtnetlink.h; what is in the options is the kind's (``netlink/shaping.py``).
_TC = {"TCA_KIND": (1, "asciiz"), "TCA_OPTIONS": (2, "bytes"), "TCA_STATS2": (7, "bytes")}


class LinkData(t.NamedTuple):
    """What IFLA_INFO_DATA holds for a kind of device, beside what pyroute2 says of it.

    ``attributes`` maps names to number and type (a key of ``codec.ATOMS``); ``links`` names those whose content is a
    whole link again, such as a veth's peer.
    """

    kind: str
    attributes: t.Mapping[str, t.Tuple[int, str]]
    links: t.Tuple[str, ...] = ()


# The wire itself looks for devices by their VLAN (``messages.VlanIndex``).
VLAN = LinkData("vlan", {"IFLA_VLAN_ID": (1, "uint16"), "IFLA_VLAN_PROTOCOL": (5, "be16")})


class Layouts:
    """The five messages, and what is nested in them, compiled from pyroute2's definitions and the kinds' own."""

    def __init__(self, link_data: t.Iterable[LinkData] = ()) -> None:
        ifinfmsg, ifaddrmsg, rtmsg, ndmsg = import_definitions()
        info = ifinfmsg.ifinfo
        data = {each.kind: _data_layout(each, info, ifinfmsg) for each in (VLAN, *link_data)}
        port = {"bridge": Layout(info.bridge_slave_data, also=_PORT)}
        self.link = Layout(ifinfmsg, nested={"IFLA_LINKINFO": LinkInfo(info, data, port)}, also=_LINK)
        self.address = Layout(ifaddrmsg, also=_ADDRESS)
        self.route = RouteLayout(rtmsg)
        self.neighbour = Layout(ndmsg, also=_NEIGHBOUR)
        self.rule = Layout(_Rule, also=_RULE)
        self.tc = Layout(_Tc, also=_TC)

    def of(self, type_: int) -> Layout:
        layouts = {16: self.link, 20: self.address, 24: self.route, 28: self.neighbour, 32: self.rule}
        return {**layouts, 36: self.tc, 44: self.tc}[type_ & ~3]


def _data_layout(data: LinkData, info: t.Any, ifinfmsg: t.Any) -> Layout:
    definition = info.data_map.get(data.kind, _Nothing)
    nested = {name: Layout(_LinkInside(ifinfmsg), also=_LINK) for name in data.links}
    return Layout(definition, nested=nested, also=data.attributes)


class _Nothing:
    """A kind of device that pyroute2 knows nothing of: all of its attributes are its kind's to say."""

    fields = ()
    nla_map = ()


class _Rule:
    """The header of a routing rule (fib_rule_hdr); its attributes are in _RULE."""

    fields = (*((name, "B") for name in "family dst_len src_len tos table res1 res2 action".split()), ("flags", "I"))
    nla_map = ()


class _Tc:
    """The header of a queueing discipline or a filter (tcmsg); its attributes are in _TC."""

    fields = (("family", "B"), ("padding", "3x"), ("ifindex", "i"), ("handle", "I"), ("parent", "I"), ("info", "I"))
    nla_map = ()


class _LinkInside:
    """The header and attributes of a link, inside an attribute."""

    def __init__(self, ifinfmsg: t.Any) -> None:
        self.fields, self.nla_map = ifinfmsg.fields, ifinfmsg.nla_map
