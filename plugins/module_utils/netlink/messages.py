# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rtnetlink messages that kinds send, as plain values.

A message names devices and namespaces; the wire turns the names into indexes and descriptors in the namespace
that it sends to. Numbers are from linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h and linux/neighbour.h.
"""

from __future__ import annotations

import ipaddress
import socket
import typing as t

ETH_P_8021Q = 0x8100  # linux/if_ether.h

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH = 28, 29, 30
RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE = 32, 33, 34
RTM_NEWNSID, RTM_GETNSID = 88, 90

NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND = 0x100, 0x200, 0x400, 0x800

IFF_UP, IFF_BROADCAST, IFF_RUNNING, IFF_NOARP, IFF_MULTICAST, IFF_LOWER_UP = 0x1, 0x2, 0x40, 0x80, 0x1000, 0x10000
IFA_F_NODAD, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_PERMANENT, IFA_F_NOPREFIXROUTE = 0x02, 0x08, 0x20, 0x80, 0x200
NTF_SELF, NTF_MASTER, NTF_EXT_LEARNED, NTF_STICKY, NTF_ROUTER = 0x02, 0x04, 0x10, 0x40, 0x80
NUD_REACHABLE, NUD_STALE, NUD_NOARP, NUD_PERMANENT = 0x02, 0x04, 0x40, 0x80
RT_TABLE_MAIN, RT_TABLE_LOCAL = 254, 255
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_HOST, RT_SCOPE_NOWHERE = 0, 253, 254, 255
RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST = 2, 3, 5
RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW = 1, 6, 7, 8, 9
RTPROT_KERNEL = 2
IP6_RT_PRIO_ADDRCONF = 256  # linux/ipv6_route.h
RTNH_F_ONLINK = 4
AF_BRIDGE = 7

# Ours, where the kernel has no room for a name: "ch" in ASCII as the links' group; a routing protocol that
# neither the kernel, iproute2 nor FRR uses (linux/rtnetlink.h, iproute2's rt_protos).
GROUP = 0x6368
GROUP_LEAVING = 0x6369  # links on their way out: one message deletes a whole group
PROTOCOL = 143

# Routes that drop what goes there: without a word, or with one of ICMP to the sender (ip-route(8)).
DROPPING = {"blackhole": RTN_BLACKHOLE, "unreachable": RTN_UNREACHABLE, "prohibit": RTN_PROHIBIT}
ROUTE_TYPES = {**DROPPING, "throw": RTN_THROW}


class Index(t.NamedTuple):
    """Stands for a device's index in the namespace that the message is sent to."""

    name: str


class VlanIndex(t.NamedTuple):
    """Stands for the index of the device that a VLAN (802.1Q) of a parent has there, whatever it is called."""

    parent: str
    id: int


class WithIndex(t.NamedTuple):
    """Stands for bytes that have a device's index in them: ``packed`` makes them of it."""

    name: str
    packed: t.Callable[[int], bytes]


class NewIndex(t.NamedTuple):
    """Stands for the index of a device that is made in another namespace: one of our choosing where the namespace that
    the message is sent to has a device of this name. The kernel takes that one for it otherwise (EEXIST; Linux 6.1).
    """

    name: str


class NetnsFd(t.NamedTuple):
    """Stands for an open descriptor of the namespace at this path (None: the host's own)."""

    path: t.Optional[str]


class Message(t.NamedTuple):
    """One request: header and attributes as the codec takes them, and what it does, for an error's sentence."""

    type: int
    flags: int
    header: t.Mapping[str, t.Any]
    attributes: t.Mapping[str, t.Any]
    operation: str
    netns: t.Optional[str] = None
    may_miss: bool = False  # whether all is well where there is no such device


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def prefix(cidr: str) -> tuple[int, str, int]:
    """Family, address and prefix length of a CIDR (a lone address is a host's)."""
    address, _slash, length = cidr.partition("/")
    family = family_of(address)
    return family, address, int(length) if length else (128 if family == socket.AF_INET6 else 32)


# -- links -----------------------------------------------------------------------------------------------------


def new_link(
    name: str,
    kind: str,
    data: t.Mapping[str, t.Any] | None = None,
    netns: str | None = None,
    up: bool = True,
    **attributes: t.Any,
) -> Message:
    """Make a device. ``attributes`` are IFLA_* without their prefix, in lower case (``mtu``, ``address``…)."""
    info: dict[str, t.Any] = {"IFLA_INFO_KIND": kind}
    if data:
        info["IFLA_INFO_DATA"] = data
    plain = {"IFLA_IFNAME": name, "IFLA_GROUP": GROUP, **_ifla(attributes), "IFLA_LINKINFO": info}
    header: dict[str, t.Any] = {"flags": IFF_UP, "change": IFF_UP} if up else {}
    if attributes.get("net_ns_fd") is not None:
        header["index"] = NewIndex(name)
    return Message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header, plain, f"make {kind} {name}", netns)


def set_link(
    name: str,
    netns: str | None = None,
    up: bool | None = None,
    operation: str = "",
    flags: t.Mapping[int, bool] | None = None,
    **attributes: t.Any,
) -> Message:
    """Change a device, found by its name when the message is sent. ``flags`` are IFF_*, on or off."""
    header: dict[str, t.Any] = {"index": Index(name)}
    wanted = {**(flags or {}), **({} if up is None else {IFF_UP: up})}
    if wanted:
        header.update(flags=sum(flag for flag, on in wanted.items() if on), change=sum(wanted))
    what = operation or "set " + ", ".join([*attributes, *(["up"] if up else [])])
    return Message(RTM_NEWLINK, 0, header, _ifla(attributes), f"{what} of {name}", netns)


def set_kind_data(name: str, kind: str, data: t.Mapping[str, t.Any], netns: str | None = None) -> Message:
    """Change what belongs to a device's kind (vxlan's ``local``, a bridge's timers)."""
    info = {"IFLA_INFO_KIND": kind, "IFLA_INFO_DATA": data}
    return Message(
        RTM_NEWLINK, 0, {"index": Index(name)}, {"IFLA_LINKINFO": info}, f"set {_words(data)} of {name}", netns
    )


def set_port(name: str, data: t.Mapping[str, t.Any], netns: str | None = None) -> Message:
    """Change a bridge port's own settings (IFLA_BRPORT_*)."""
    info = {"IFLA_INFO_SLAVE_KIND": "bridge", "IFLA_INFO_SLAVE_DATA": data}
    return Message(
        RTM_NEWLINK, 0, {"index": Index(name)}, {"IFLA_LINKINFO": info}, f"set {_words(data)} of port {name}", netns
    )


def delete_link(name: str, netns: str | None = None) -> Message:
    return Message(RTM_DELLINK, 0, {"index": Index(name)}, {}, f"delete {name}", netns)


def delete_group(group: int, netns: str | None = None) -> Message:
    """Delete all links of a group at the price of one (20 ms each otherwise: an RCU grace period)."""
    return Message(RTM_DELLINK, 0, {}, {"IFLA_GROUP": group}, "delete links", netns)


def _ifla(attributes: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"IFLA_" + name.upper(): value for name, value in attributes.items()}


def _words(data: t.Mapping[str, t.Any]) -> str:
    return ", ".join(name.split("_", 2)[-1].lower() for name in data)


# -- addresses, routes, neighbours -----------------------------------------------------------------------------


def new_address(device: str, cidr: str, netns: str | None = None) -> Message:
    """Give a device an address. No duplicate address detection: the plan has seen to that, and it takes a second."""
    family, address, length = prefix(cidr)
    attributes = {"IFA_LOCAL": address, "IFA_ADDRESS": address, "IFA_FLAGS": IFA_F_NODAD | IFA_F_PERMANENT}
    if family == socket.AF_INET and length < 31:
        attributes["IFA_BROADCAST"] = str(ipaddress.IPv4Interface(cidr).network.broadcast_address)
    header = {"family": family, "prefixlen": length, "index": Index(device), "flags": IFA_F_NODAD | IFA_F_PERMANENT}
    return Message(
        RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header, attributes, f"add address {cidr} to {device}", netns
    )


def delete_address(device: str, cidr: str, netns: str | None = None) -> Message:
    family, address, length = prefix(cidr)
    header = {"family": family, "prefixlen": length, "index": Index(device)}
    attributes = {"IFA_LOCAL": address, "IFA_ADDRESS": address}
    return Message(RTM_DELADDR, 0, header, attributes, f"delete address {cidr} of {device}", netns)


def route(
    route_: t.Mapping[str, t.Any],
    netns: str | None = None,
    delete: bool = False,
    replace: bool = False,
    protocol: int = 0,
) -> Message:
    """Add, replace or delete a route: ``dst``, ``device``, ``via``, ``onlink``, ``metric``, ``src``, ``table``.

    Ours carry our protocol; what is deleted may carry any (0). One of a ``type`` that drops leaves by no device.
    """
    family, address, length = prefix(route_["dst"])
    table = route_.get("table") or RT_TABLE_MAIN
    type_, device = route_.get("type"), route_.get("device")
    attributes: dict[str, t.Any] = {"RTA_PRIORITY": route_.get("metric")}
    if type_ is None and device:  # one of several ways has none of its own
        attributes["RTA_OIF"] = Index(device)
    if length:
        attributes["RTA_DST"] = address
    attributes["RTA_GATEWAY"] = route_.get("via")
    attributes["RTA_PREFSRC"] = route_.get("src")
    attributes["RTA_TABLE"] = table
    on_device = not route_.get("via") and family == socket.AF_INET and type_ is None
    header = {
        "family": family,
        "dst_len": length,
        "table": table if table < 256 else 0,
        "proto": protocol if delete else PROTOCOL,
        "scope": RT_SCOPE_LINK if on_device and not delete else RT_SCOPE_NOWHERE if delete else RT_SCOPE_UNIVERSE,
        "type": ROUTE_TYPES.get(type_, RTN_UNICAST),
        "flags": RTNH_F_ONLINK if route_.get("onlink") else 0,
    }
    verb, flags = RTM_NEWROUTE, NLM_F_CREATE | (NLM_F_REPLACE if replace else NLM_F_EXCL)
    if delete:
        verb, flags = RTM_DELROUTE, 0
    what = f"{type_} {route_['dst']}" if type_ else f"route {route_['dst']} on {device}"
    operation = f"{'delete' if delete else 'change' if replace else 'add'} {what}"
    return Message(verb, flags, header, attributes, operation, netns)


def link_local_route(device: str, netns: str | None = None) -> Message:
    """As the kernel makes it with a link-local address, beside those of other devices."""
    made = route({"dst": "fe80::/64", "device": device, "metric": IP6_RT_PRIO_ADDRCONF}, netns)
    return made._replace(flags=NLM_F_CREATE, header={**made.header, "proto": RTPROT_KERNEL})


def routes_of_address(device: str, cidr: str, netns: str | None = None) -> list[Message]:
    """Those of the table ``local`` that the kernel makes with an address of IPv4: its own, and that of its broadcasts.

    Those of IPv6 have a metric that nobody else can give one.
    """
    _family, address, length = prefix(cidr)
    of = ipaddress.IPv4Interface(cidr).network.broadcast_address
    rows = [(address, RTN_LOCAL, RT_SCOPE_HOST), *([(str(of), RTN_BROADCAST, RT_SCOPE_LINK)] if length < 31 else [])]
    made = []
    for dst, type_, scope in rows:
        row = route({"dst": dst, "device": device, "src": address, "table": RT_TABLE_LOCAL}, netns, replace=True)
        made.append(row._replace(header={**row.header, "proto": RTPROT_KERNEL, "type": type_, "scope": scope}))
    return made


def route_to_groups(device: str, netns: str | None = None) -> Message:
    """As the kernel makes it with a device's IPv6, beside those of other devices."""
    made = route({"dst": "ff00::/8", "device": device, "metric": IP6_RT_PRIO_ADDRCONF, "table": RT_TABLE_LOCAL}, netns)
    header = {**made.header, "proto": RTPROT_KERNEL, "type": RTN_MULTICAST}
    return made._replace(flags=NLM_F_CREATE, header=header)


def neighbour(
    device: str, address: str, lladdr: str, netns: str | None = None, delete: bool = False, replace: bool = False
) -> Message:
    """A permanent entry of ours in a neighbour table (``ip neigh``)."""
    header = {"family": family_of(address), "ifindex": Index(device), "state": NUD_PERMANENT}
    attributes = {"NDA_DST": address, "NDA_LLADDR": None if delete else lladdr, "NDA_PROTOCOL": PROTOCOL}
    return _neigh(header, attributes, f"neighbour {address} on {device}", netns, delete, replace)


def fdb(
    entry: t.Mapping[str, t.Any], netns: str | None = None, delete: bool = False, replace: bool = False
) -> Message:
    """An entry of a VXLAN's own table (``self``) or of its bridge's (``master``).

    Takes ``device``, ``lladdr``, ``dst``, ``port``, ``vni``, ``src_vni``, ``via``, ``nh_id``, ``state`` (NUD_*) and
    ``flags`` (NTF_*).
    The zero MAC takes one entry per VTEP, and is appended.
    """
    header = {
        "family": AF_BRIDGE,
        "ifindex": Index(entry["device"]),
        "state": entry["state"],
        "flags": entry["flags"],
    }
    attributes = {
        "NDA_LLADDR": entry["lladdr"],
        "NDA_DST": entry.get("dst"),
        "NDA_PORT": entry.get("port"),
        "NDA_VNI": entry.get("vni"),
        "NDA_NH_ID": entry.get("nh_id"),
        "NDA_IFINDEX": Index(entry["via"]) if entry.get("via") else None,
        "NDA_SRC_VNI": entry.get("src_vni"),
    }
    flags = None
    if int(entry["lladdr"].replace(":", ""), 16) == 0 and entry.get("dst"):
        flags = NLM_F_CREATE | NLM_F_APPEND
    what = f"FDB entry {entry['lladdr']} on {entry['device']}"
    return _neigh(header, attributes, what, netns, delete, replace, flags)


def _neigh(
    header: dict[str, t.Any],
    attributes: dict[str, t.Any],
    what: str,
    netns: str | None,
    delete: bool,
    replace: bool,
    flags: int | None = None,
) -> Message:
    if delete:
        return Message(RTM_DELNEIGH, 0, header, attributes, f"delete {what}", netns)
    if flags is None:
        flags = NLM_F_CREATE | (NLM_F_REPLACE if replace else NLM_F_EXCL)
    return Message(RTM_NEWNEIGH, flags, header, attributes, f"{'change' if replace else 'add'} {what}", netns)


def tell_neighbour(device: str, address: str, lladdr: str, netns: str | None = None) -> Message:
    """An entry that is there for this address has this MAC from now on; none is made."""
    header = {"family": family_of(address), "ifindex": Index(device), "state": NUD_STALE}
    attributes = {"NDA_DST": address, "NDA_LLADDR": lladdr}
    return Message(RTM_NEWNEIGH, NLM_F_REPLACE, header, attributes, f"tell of neighbour {address} on {device}", netns)
