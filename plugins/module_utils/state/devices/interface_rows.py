# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses, routes and neighbours of one interface, with all that the kernel says of them, as another is to get them.

Rows are told to the kernel again as it has told them, with another interface's index: what is not looked at here (a
metric, a preference, an encapsulation) is taken along as it is. What the kernel makes by itself with an address is left
to it. Numbers are of linux/if_addr.h, linux/rtnetlink.h and linux/neighbour.h.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_FOREVER = 0xFFFFFFFF  # INFINITY_LIFE_TIME, net/addrconf.h
_USER_HZ = 100  # the kernel counts what is left of a route in it

_IFA_ADDRESS, _IFA_LOCAL, _IFA_LABEL, _IFA_BROADCAST, _IFA_CACHEINFO, _IFA_FLAGS, _IFA_PRIORITY, _IFA_PROTO = (
    1, 2, 3, 4, 6, 8, 9, 11,
)  # fmt: skip
_IFAPROT_KERNEL_RA = 2
_IFA_F_TEMPORARY, _IFA_F_HOMEADDRESS, _IFA_F_MANAGETEMPADDR, _IFA_F_MCAUTOJOIN = 0x01, 0x10, 0x100, 0x400
# Those that somebody says of an address; the others follow from it.
_SAID = m.IFA_F_NODAD | _IFA_F_HOMEADDRESS | _IFA_F_MANAGETEMPADDR | m.IFA_F_NOPREFIXROUTE | _IFA_F_MCAUTOJOIN

_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_PREFSRC, _RTA_MULTIPATH, _RTA_CACHEINFO, _RTA_TABLE = (
    1, 4, 5, 6, 7, 9, 12, 15,
)  # fmt: skip
_RTA_EXPIRES, _RTA_NH_ID = 23, 30
_RTN_OF_ADDRESSES = (2, 3, 4, 5)  # local, broadcast, anycast, multicast
_RTPROT_RA = 9
_HOP = struct.Struct("=HBBi")  # struct rtnexthop: length, flags, hops, index
_ONLINK = m.RTNH_F_ONLINK

_NDA_DST, _NDA_LLADDR, _NDA_PROTOCOL = 1, 2, 12
_LABEL = 15  # IFNAMSIZ without its zero byte


class KernelRow(t.NamedTuple):
    """A row of a table, ready to be told again: all but the interface, whose place ``device`` is (None: in a hop)."""

    type: int  # RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH
    header: t.Mapping[str, int]
    attributes: t.Mapping[t.Any, t.Any]
    text: str


class InterfaceRows(t.NamedTuple):
    """What an interface has. ``by_objects`` are routes that lead there by a nexthop object, which cannot be moved."""

    addresses: t.Tuple[KernelRow, ...] = ()
    routes: t.Tuple[KernelRow, ...] = ()
    neighbours: t.Tuple[KernelRow, ...] = ()
    by_objects: t.Tuple[str, ...] = ()

    @property
    def all(self) -> t.Tuple[KernelRow, ...]:
        """In the order in which they can be made: a gateway is looked for on the network of an address."""
        return (*self.addresses, *self.neighbours, *self.routes)

    @property
    def texts(self) -> list[str]:
        return sorted(row.text for row in self.all)

    def joined(self, other: InterfaceRows) -> InterfaceRows:
        """These, and those of the other that are not among them."""
        known = {row.text for row in self.all}
        more = [tuple(row for row in rows if row.text not in known) for rows in other[:3]]
        return InterfaceRows(*(one + two for one, two in zip(self, more)), self.by_objects + other.by_objects)


def read(kernel: Kernel, link: Link, netns: str | None) -> InterfaceRows:
    """What a device has as it was found, without what comes with that by itself."""
    tables = _tables(kernel, netns)
    addresses = [row for row in tables[m.RTM_GETADDR] if row["index"] == link.index and row["family"] in _FAMILIES]
    made = {key for row in addresses for key in _route_of(row)}
    routes: list[KernelRow] = []
    by_objects = []
    for row in tables[m.RTM_GETROUTE]:
        if row["family"] not in _FAMILIES or _is_the_kernels(row, made):
            continue
        found = list(_routes(row, link.index))
        if found and _RTA_NH_ID in row["attributes"]:
            by_objects += [each.text for each in found]
        else:
            routes += found
    neighbours = [
        row
        for row in tables[m.RTM_GETNEIGH]
        if row["ifindex"] == link.index and row["family"] in _FAMILIES and row["state"] & m.NUD_PERMANENT
    ]
    return InterfaceRows(
        tuple(_address(row, link.name) for row in addresses),
        tuple(sorted(routes, key=_by_gateway)),
        tuple(map(_neighbour, neighbours)),
        tuple(by_objects),
    )


def _tables(kernel: Kernel, netns: str | None) -> dict[int, list[dict[str, t.Any]]]:
    """Whole tables of the host, each read once."""
    notes = kernel.notes("whole rows")
    known = next((found for place, found in notes if place == netns), None)
    if known is None:
        known = {kind: kernel.whole_rows(kind, netns) for kind in (m.RTM_GETADDR, m.RTM_GETROUTE, m.RTM_GETNEIGH)}
        notes.append((netns, known))
    return known


def dynamic(kernel: Kernel, link: Link, netns: str | None) -> list[str]:
    """Addresses of a device that somebody renews: they are for a time, and no router advertises them."""
    return [
        f"{_ip(row['attributes'].get(_IFA_LOCAL) or row['attributes'][_IFA_ADDRESS])}/{row['prefixlen']}"
        for row in _tables(kernel, netns)[m.RTM_GETADDR]
        if row["index"] == link.index and row["family"] in _FAMILIES
        if _valid(row) != _FOREVER and not _is_advertised(row)
    ]


# -- addresses ---------------------------------------------------------------------------------------------------


def _address(row: t.Mapping[str, t.Any], device: str) -> KernelRow:
    """Its label follows the device's name, as ``eth0:1`` does."""
    given = row["attributes"]
    kept = (_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST, _IFA_CACHEINFO, _IFA_PRIORITY, _IFA_PROTO)
    attributes: dict[t.Any, t.Any] = {number: given[number] for number in kept if number in given}
    flags = _flags(row) & _SAID
    attributes[_IFA_FLAGS] = struct.pack("=I", flags)
    label = given.get(_IFA_LABEL, b"").split(b"\0")[0].decode("utf-8", "replace")
    if label not in ("", device):
        attributes["label"] = label[len(device):] if label.startswith(f"{device}:") else f"={label}"
    header = {"family": row["family"], "prefixlen": row["prefixlen"], "flags": flags & 0xFF, "scope": row["scope"]}
    plain = _ip(given.get(_IFA_LOCAL) or given[_IFA_ADDRESS])
    return KernelRow(m.RTM_NEWADDR, header, attributes, f"{plain}/{row['prefixlen']}")


def _flags(row: t.Mapping[str, t.Any]) -> int:
    raw = row["attributes"].get(_IFA_FLAGS)
    return struct.unpack("=I", raw)[0] if raw else row["flags"]


def _valid(row: t.Mapping[str, t.Any]) -> int:
    """Seconds for which an address is valid."""
    raw = row["attributes"].get(_IFA_CACHEINFO)
    return struct.unpack_from("=II", raw)[1] if raw else _FOREVER


def _is_advertised(row: t.Mapping[str, t.Any]) -> bool:
    """By its origin, which Linux 5.18 and newer say; before that, by what only such addresses have."""
    if row["family"] != socket.AF_INET6:
        return False
    origin = row["attributes"].get(_IFA_PROTO)
    if origin is not None:
        return origin[0] == _IFAPROT_KERNEL_RA
    return row["prefixlen"] == 64


def _route_of(row: t.Mapping[str, t.Any]) -> t.Iterator[tuple[t.Any, ...]]:
    """The route that comes with an address: its network and metric."""
    if _flags(row) & m.IFA_F_NOPREFIXROUTE:
        return
    raw = row["attributes"].get(_IFA_PRIORITY)
    six = row["family"] == socket.AF_INET6
    metric = (struct.unpack("=I", raw)[0] if raw else 0) or (m.IP6_RT_PRIO_ADDRCONF if six else 0)
    network = ipaddress.ip_network((row["attributes"][_IFA_ADDRESS], row["prefixlen"]), strict=False)
    yield str(network), metric


# -- routes ------------------------------------------------------------------------------------------------------


def _is_the_kernels(row: t.Mapping[str, t.Any], made: t.Collection[t.Any]) -> bool:
    """Does it come with an address, or with the device?"""
    if row["proto"] != m.RTPROT_KERNEL:
        return False
    if row["type"] in _RTN_OF_ADDRESSES:
        return True
    given = row["attributes"]
    dst = _destination(row)
    metric = struct.unpack("=I", given[_RTA_PRIORITY])[0] if _RTA_PRIORITY in given else 0
    return (dst, metric) in made


def _routes(row: t.Mapping[str, t.Any], index: int) -> t.Iterator[KernelRow]:
    """The row as it is to be told; of several ways by IPv6 those by the device, each as a route of its own."""
    given = {number: value for number, value in row["attributes"].items() if number not in (_RTA_OIF, _RTA_CACHEINFO)}
    raw = row["attributes"].get(_RTA_CACHEINFO)
    left = struct.unpack_from("=IIi", raw)[2] // _USER_HZ if raw else 0
    if left > 0:
        given[_RTA_EXPIRES] = struct.pack("=I", left)
    if row["proto"] == _RTPROT_RA and _is_of_the_kernel(row):
        # The kernel refuses the same route when it is advertised again, with all else that is advertised then: this
        # one is for as long as that has not come.
        given[_RTA_PRIORITY] = struct.pack("=I", struct.unpack("=I", given[_RTA_PRIORITY])[0] + 1)
    names = ("family", "dst_len", "src_len", "tos", "table", "proto", "scope", "type")
    header = {name: row[name] for name in names}
    text = _described(row)
    if _RTA_MULTIPATH not in given:
        oif = row["attributes"].get(_RTA_OIF)
        if oif is not None and struct.unpack("=i", oif)[0] == index:
            yield KernelRow(m.RTM_NEWROUTE, {**header, "flags": row["flags"] & _ONLINK}, given, text)
        return
    hops = list(_hops(given.pop(_RTA_MULTIPATH)))
    if row["family"] == socket.AF_INET6:
        for flags, _weight, place, inner in hops:
            if place == index:
                yield KernelRow(m.RTM_NEWROUTE, {**header, "flags": flags & _ONLINK}, {**given, **inner}, text)
    elif any(place == index for _flags, _weight, place, _inner in hops):
        packed = tuple((f & _ONLINK, w, None if place == index else place, tuple(i.items())) for f, w, place, i in hops)
        yield KernelRow(m.RTM_NEWROUTE, {**header, "flags": 0}, {**given, "hops": packed}, text)


def _is_of_the_kernel(row: t.Mapping[str, t.Any]) -> bool:
    """Made by it of an advertisement: one that somebody else took up, who says so, has no time in it."""
    raw = row["attributes"].get(_RTA_CACHEINFO)
    return bool(raw) and struct.unpack_from("=IIi", raw)[2] > 0


def _hops(raw: bytes) -> t.Iterator[tuple[int, int, int, dict[int, bytes]]]:
    start = 0
    while start + _HOP.size <= len(raw):
        length, flags, weight, index = _HOP.unpack_from(raw, start)
        inner, place = {}, start + _HOP.size
        while place + 4 <= start + length:
            size, number = struct.unpack_from("=HH", raw, place)
            inner[number] = raw[place + 4:place + size]
            place += (size + 3) & ~3
        yield flags, weight, index, inner
        start += (length + 3) & ~3


def _packed_hops(hops: t.Sequence[tuple[int, int, int | None, tuple[tuple[int, bytes], ...]]], index: int) -> bytes:
    whole = b""
    for flags, weight, place, inner in hops:
        body = b"".join(
            struct.pack("=HH", len(raw) + 4, number) + raw + b"\0" * (-len(raw) & 3) for number, raw in inner
        )
        whole += _HOP.pack(_HOP.size + len(body), flags, weight, index if place is None else place) + body
    return whole


def _by_gateway(row: KernelRow) -> tuple[bool, int]:
    """Routes to networks come before those by a gateway, which may be on one of them; hosts before networks."""
    return (_RTA_GATEWAY in row.attributes or "hops" in row.attributes), -row.header["dst_len"]


def _described(row: t.Mapping[str, t.Any]) -> str:
    given = row["attributes"]
    words = [_destination(row)]
    words += ["via", _ip(given[_RTA_GATEWAY])] if _RTA_GATEWAY in given else []
    table = struct.unpack("=I", given[_RTA_TABLE])[0] if _RTA_TABLE in given else row["table"]
    words += ["metric", str(struct.unpack("=I", given[_RTA_PRIORITY])[0])] if _RTA_PRIORITY in given else []
    words += ["table", str(table)] if table != m.RT_TABLE_MAIN else []
    return " ".join(words)


def _destination(row: t.Mapping[str, t.Any]) -> str:
    raw = row["attributes"].get(_RTA_DST)
    nowhere = "::" if row["family"] == socket.AF_INET6 else "0.0.0.0"
    return f"{_ip(raw) if raw else nowhere}/{row['dst_len']}"


# -- neighbours --------------------------------------------------------------------------------------------------


def _neighbour(row: t.Mapping[str, t.Any]) -> KernelRow:
    given = row["attributes"]
    attributes = {number: given[number] for number in (_NDA_DST, _NDA_LLADDR, _NDA_PROTOCOL) if number in given}
    header = {name: row[name] for name in ("family", "state", "flags")}
    return KernelRow(m.RTM_NEWNEIGH, header, attributes, f"neighbour {_ip(given[_NDA_DST])}")


def _ip(raw: bytes) -> str:
    return str(ipaddress.ip_address(raw))


# -- messages ----------------------------------------------------------------------------------------------------


def added(rows: InterfaceRows, device: str, netns: str | None) -> list[m.Message]:
    """Have a device have them, beside what others have: what is there already is no matter."""
    return [_message(row, device, netns) for row in rows.all]


def deleted(rows: InterfaceRows, device: str, netns: str | None) -> list[m.Message]:
    """Take them from a device: routes first, as those that go with an address are gone when they are asked for."""
    return [_message(row, device, netns, delete=True) for row in reversed(rows.all)]


def _message(row: KernelRow, device: str, netns: str | None, delete: bool = False) -> m.Message:
    what, flags = {
        m.RTM_NEWADDR: ("address", m.NLM_F_CREATE | m.NLM_F_REPLACE),
        m.RTM_NEWROUTE: ("route", m.NLM_F_CREATE | m.NLM_F_APPEND),
        m.RTM_NEWNEIGH: ("entry", m.NLM_F_CREATE | m.NLM_F_REPLACE),
    }[row.type]
    operation = f"delete {what} {row.text} of {device}" if delete else f"add {what} {row.text} to {device}"
    attributes = {number: value for number, value in row.attributes.items() if number.__class__ is int}
    header: dict[str, t.Any] = dict(row.header)
    if row.type == m.RTM_NEWADDR:
        header["index"] = m.Index(device)
        label = row.attributes.get("label")
        whole = "" if label is None else label[1:] if label.startswith("=") else f"{device}{label}"
        if 0 < len(whole) <= _LABEL:
            attributes[_IFA_LABEL] = whole.encode() + b"\0"
    elif row.type == m.RTM_NEWNEIGH:
        header["ifindex"] = m.Index(device)
    elif "hops" in row.attributes:
        packed = functools.partial(_packed_hops, row.attributes["hops"])
        attributes["RTA_MULTIPATH"] = m.WithIndex(device, packed)
    else:
        attributes["RTA_OIF"] = m.Index(device)
    return m.Message(row.type + delete, 0 if delete else flags, header, attributes, operation, netns)
