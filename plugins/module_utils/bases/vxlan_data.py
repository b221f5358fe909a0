# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VXLAN device is told of its own: addresses, its group, its lower device (IFLA_VXLAN_*, linux/if_link.h)."""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

NONE = "none"
_GROUPS = ("IFLA_VXLAN_GROUP", "IFLA_VXLAN_GROUP6")
# What a port has that is for everybody.
FLOODS = {"port.bcast_flood": "IFLA_BRPORT_BCAST_FLOOD", "port.mcast_flood": "IFLA_BRPORT_MCAST_FLOOD"}


def multicast(group: str | None) -> str | None:
    """The device's default destination, where that is one for many."""
    return group if group and ipaddress.ip_address(group).is_multicast else None


def is_link_local(address: str) -> bool:
    """It takes packets by its own `link` alone then (vxlan_vs_find_vni())."""
    return address.startswith("fe80:")


def scope_of(address: str) -> tuple[bool, bool]:
    return ":" in address, is_link_local(address)


def of(values: Values, options: t.Iterable[str]) -> dict[str, t.Any]:
    data: dict[str, t.Any] = {}
    for option in options:
        value = values.get(option)
        if value is None:
            continue
        if option == "local":
            data["IFLA_VXLAN_LOCAL6" if ":" in value else "IFLA_VXLAN_LOCAL"] = value
        elif option == "group":
            data[_GROUPS[":" in value]] = value
            data["IFLA_VXLAN_LINK"] = m.Index(values["link"])
        elif option == "link":
            data["IFLA_VXLAN_LINK"] = m.Index(value)
        else:
            data["IFLA_VXLAN_LEARNING"] = int(value)
    return data


def change(wanted: Wanted, options: t.Collection[str], differences: t.Mapping[str, t.Any]) -> list[m.Message]:
    """A device that has a group sends what is for everybody there; one whose group is nobody's does not."""
    name, netns = wanted.values["name"], wanted.netns
    data = of(wanted.values, options)
    if differences.get("group", ("", ""))[1] == NONE:
        six = ":" in differences["group"][0]
        data[_GROUPS[six]] = "::" if six else "0.0.0.0"
    if not data:
        return []
    told = m.set_kind_data(name, "vxlan", data, netns)
    if not {"group", "link"} & {*options} or _joins_by_itself():
        return [told]
    up = [m.set_link(name, netns, up=True)] if wanted.values["up"] else []
    return [m.set_link(name, netns, up=False), told, *up]


def _joins_by_itself() -> bool:
    """Before Linux 6.15, a device leaves a group and joins another one only when it goes down and comes up."""
    return tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2]) >= (6, 15)


def goes_first(kernel: Kernel, netns: str | None, name: str) -> bool:
    """Has another one to have the VNI that this one has? Nobody hears by it then."""
    link = kernel.link(name, netns)
    data = link.data if link is not None else {}
    place = ("vni", netns, data.get("IFLA_VXLAN_ID"), data.get("IFLA_VXLAN_PORT"))
    return any(other.values.get("name") != name for other in kernel.needed.get(place, ()))


def alone(values: Values) -> list[m.Message]:
    """The only one that is left of several has nothing that it is to be apart from."""
    names = values.get("beside", ())
    told = [m.set_port(name, {"IFLA_BRPORT_ISOLATED": 0}, values.get("netns")) for name in names]
    return [each._replace(may_miss=True) for each in told] if len(told) == 1 else []


def apart(values: Values, settings: t.Mapping[str, t.Any]) -> list[m.Message]:
    """One of the two has what is for everybody: the others first lose it, if it is this one."""
    netns, isolated = values.get("netns"), {"IFLA_BRPORT_ISOLATED": 1}
    own = {attribute: settings.get(name, 1) for name, attribute in FLOODS.items()}
    rest = dict.fromkeys(own, 0) if all(own.values()) else {}
    others = [m.set_port(name, {**isolated, **rest}, netns) for name in values.get("beside", ())]
    return [*others, m.set_port(values["name"], {**isolated, **own}, netns)] if others else []
