# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rtnetlink messages as bytes, by pyroute2's own definitions of them.

pyroute2's message classes say which header fields and attributes a message has, and of which type. Its own
encoder and decoder walk those classes again for every message (decoding 1,000 links takes 0.8 s, against 12 ms
in the kernel), so each class is compiled here, once, into a ``Layout``: a struct for the header, and a pack and
an unpack function for each attribute. An attribute that a class does not know is an error here, not ignored.

Values: addresses and MACs are text, flags are True, numbers are int, nested attributes are dictionaries, and
``bytes`` are sent as they are.
"""

from __future__ import annotations

import socket
import struct
import typing as t

Attributes = t.Mapping[str, t.Any]

_HEADER = struct.Struct("=HH")
_NESTED = 0x8000  # NLA_F_NESTED, linux/netlink.h
_FLAGS = (0, _NESTED, 0x4000, _NESTED | 0x4000)  # NLA_F_NET_BYTEORDER


class UnknownAttribute(ValueError):
    """The name is not one of the message's attributes."""


# -- atoms: what pyroute2 calls a type, and how it is packed and unpacked --------------------------------------


def _integer(code: str) -> tuple[t.Callable, t.Callable]:
    packer = struct.Struct(code)
    size = packer.size
    return packer.pack, lambda raw: packer.unpack_from(raw)[0] if len(raw) >= size else None


def _pack_mac(value: str) -> bytes:
    return bytes.fromhex(value.replace(":", ""))


def _unpack_mac(raw: bytes) -> str:
    return raw.hex(":")


def _pack_address(value: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in value else socket.AF_INET, value)


def _unpack_address(raw: bytes) -> str | None:
    if len(raw) == 4:
        return "%d.%d.%d.%d" % tuple(raw)
    return socket.inet_ntop(socket.AF_INET6, raw) if len(raw) == 16 else None


def _pack_text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape") + b"\0"


def _unpack_text(raw: bytes) -> str:
    """The kernel takes any bytes for a device's name."""
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


_ADDRESS = (_pack_address, _unpack_address)
_MAC = (_pack_mac, _unpack_mac)
ATOMS: dict[str, tuple[t.Callable, t.Callable]] = {
    "uint8": _integer("=B"),
    "uint16": _integer("=H"),
    "uint32": _integer("=I"),
    "uint64": _integer("=Q"),
    "int32": _integer("=i"),
    "be16": _integer("!H"),
    "be32": _integer("!I"),
    "asciiz": (_pack_text, _unpack_text),
    "string": (_pack_text, _unpack_text),
    "l2addr": _MAC,
    "lladdr": _MAC,
    "ipaddr": _ADDRESS,
    "ip4addr": _ADDRESS,
    "ip6addr": _ADDRESS,
    "target": _ADDRESS,
    # struct br_boolopt_multi, linux/if_bridge.h: which bits are set, and which of them are spoken of.
    "boolopts": (lambda value: struct.pack("=II", *value), lambda raw: struct.unpack_from("=II", raw)),
    "flag": (lambda value: b"", lambda raw: True),
}
_RAW = (bytes, bytes)


class Layout:
    """One message class or one set of nested attributes, compiled.

    ``also`` adds attributes (name to number and type) that the oldest supported pyroute2 has not got;
    ``nested`` says by which layout an attribute of a type of its own is read.
    """

    def __init__(
        self,
        definition: t.Any,
        nested: t.Mapping[str, Layout] | None = None,
        also: t.Mapping[str, tuple[int, str]] | None = None,
    ) -> None:
        fields = [(name, code) for name, code in definition.fields or () if "x" not in code]
        self.header = struct.Struct("=" + "".join(code for _name, code in definition.fields or ()))
        self.header_names = tuple(name for name, _code in fields)
        self._header_fields = frozenset(self.header_names)
        self._by_name: dict[str, tuple[int, t.Callable]] = {}
        self._by_number: dict[int, tuple[str, t.Callable]] = {}
        self._chosen: dict[t.FrozenSet[str] | None, dict[int, tuple[str, t.Callable]]] = {}
        for number, name, kind in _numbered(definition.nla_map):
            self._learn(number, name, kind, (nested or {}).get(name))
        self.also(also or {})

    def _learn(self, number: int, name: str, kind: str, nested: Layout | None) -> None:
        if nested is not None:
            number_on_wire = number | _NESTED
            pack, unpack = nested.pack, nested.unpack
        else:
            number_on_wire = number
            pack, unpack = ATOMS.get(kind, _RAW)
        self._by_name[name] = (number_on_wire, pack)
        self._by_number[number] = (name, unpack)

    def also(self, attributes: t.Mapping[str, tuple[int, str]]) -> None:
        """Know these too, or know them by another type."""
        for name, (number, kind) in attributes.items():
            self._learn(number, name, kind, None)
        self._chosen.clear()

    def pack(self, attributes: Attributes) -> bytes:
        """Header fields and attributes as bytes; the header only where the layout has one (a veth's peer).

        An attribute may be named by its number, where it is bytes.
        """
        parts = []
        if self.header_names:
            parts.append(self.pack_header(attributes.get("header", {})))
        for name, value in attributes.items():
            if name == "header" or value is None or value is False:
                continue
            try:
                number, pack = self._by_name[name]
            except KeyError:
                if name.__class__ is not int:
                    raise UnknownAttribute(f"no such attribute: {name}") from None
                number, pack = name, bytes
            raw = value if value.__class__ is bytes else pack(value)
            length = len(raw) + 4
            parts.append(_HEADER.pack(length, number))
            parts.append(raw)
            if length & 3:
                parts.append(b"\0" * (4 - (length & 3)))
        return b"".join(parts)

    def pack_header(self, header: Attributes) -> bytes:
        if not header.keys() <= self._header_fields:
            raise UnknownAttribute(f"no such header field: {', '.join(header.keys() - self._header_fields)}")
        return self.header.pack(*[header.get(name, 0) for name in self.header_names])

    def unpack(self, raw: bytes, start: int = 0, wanted: t.FrozenSet[str] | None = None) -> dict[str, t.Any]:
        """What the message says: its header's fields under their names, and its attributes under theirs."""
        found: dict[str, t.Any] = {}
        end = len(raw)
        if self.header_names:
            found.update(zip(self.header_names, self.header.unpack_from(raw, start)))
            start += (self.header.size + 3) & ~3
        # A link has some 60 attributes, of which we want ten: nothing is done for the others but to step over them.
        chosen, header = self._choose(wanted).get, _HEADER.unpack_from
        while start + 4 <= end:
            length, number = header(raw, start)
            if length < 4:
                break
            known = chosen(number)
            if known is not None:
                found[known[0]] = known[1](raw[start + 4:start + length])
            start += (length + 3) & ~3
        return found

    def _choose(self, wanted: t.FrozenSet[str] | None) -> dict[int, tuple[str, t.Callable]]:
        """Attributes by their number, with and without flags."""
        chosen = self._chosen.get(wanted)
        if chosen is None:
            some = [(n, known) for n, known in self._by_number.items() if wanted is None or known[0] in wanted]
            chosen = self._chosen[wanted] = {n | flags: known for n, known in some for flags in _FLAGS}
        return chosen


# Among what is wanted of routes: the rows that come with addresses and devices, without any of their attributes.
OF_ADDRESSES = "routes of addresses"
_OF_ADDRESSES = frozenset((2, 3, 4, 5))  # RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST, linux/rtnetlink.h
_RTM_TYPE = 7  # the place of rtm_type in struct rtmsg


class RouteLayout(Layout):
    """Of a route. Those that the kernel makes with addresses are many, and left as they are where that is wanted."""

    def unpack(self, raw: bytes, start: int = 0, wanted: t.FrozenSet[str] | None = None) -> dict[str, t.Any]:
        if wanted and OF_ADDRESSES in wanted and raw[start + _RTM_TYPE] in _OF_ADDRESSES:
            return {"type": raw[start + _RTM_TYPE], "raw": raw[start:] if start else raw}
        return super().unpack(raw, start, wanted)


class WholeRow:
    """A message as the kernel tells it: its header's fields by name, and ``attributes`` as bytes by their number."""

    def __init__(self, layout: Layout) -> None:
        self.pack = layout.pack
        self._header, self._start = layout.header_names, (layout.header.size + 3) & ~3
        self._fields = layout.header

    def unpack(self, raw: bytes, start: int = 0, wanted: t.FrozenSet[str] | None = None) -> dict[str, t.Any]:
        found: dict[str, t.Any] = dict(zip(self._header, self._fields.unpack_from(raw, start)))
        attributes: dict[int, bytes] = {}
        start += self._start
        while start + 4 <= len(raw):
            length, number = _HEADER.unpack_from(raw, start)
            if length < 4:
                break
            attributes[number] = raw[start + 4:start + length]
            start += (length + 3) & ~3
        return {**found, "attributes": attributes}


class LinkInfo(Layout):
    """``IFLA_LINKINFO``: its data are laid out by the kind of device that it names."""

    def __init__(self, definition: t.Any, data: t.Mapping[str, Layout], port: t.Mapping[str, Layout]) -> None:
        super().__init__(definition)
        self._data = data
        self._port = port

    def pack(self, attributes: Attributes) -> bytes:
        kind = attributes.get("IFLA_INFO_KIND")
        plain = dict(attributes)
        for name, layouts, key in (
            ("IFLA_INFO_DATA", self._data, kind),
            ("IFLA_INFO_SLAVE_DATA", self._port, attributes.get("IFLA_INFO_SLAVE_KIND")),
        ):
            if name in plain:
                if key not in layouts:
                    raise UnknownAttribute(f"no layout for a device of kind {key}")
                plain[name] = layouts[key].pack(plain[name])
        return super().pack(plain)

    def unpack(self, raw: bytes, start: int = 0, wanted: t.FrozenSet[str] | None = None) -> dict[str, t.Any]:
        found = super().unpack(raw, start)
        for name, layouts, key in (
            ("IFLA_INFO_DATA", self._data, found.get("IFLA_INFO_KIND")),
            ("IFLA_INFO_SLAVE_DATA", self._port, found.get("IFLA_INFO_SLAVE_KIND")),
        ):
            if name in found:
                layout = layouts.get(key)
                if layout is None:
                    del found[name]
                else:
                    found[name] = layout.unpack(found[name])
        return found


def _numbered(nla_map: t.Any) -> t.Iterator[tuple[int, str, str]]:
    """pyroute2 counts its attributes from zero unless it numbers them."""
    for position, entry in enumerate(nla_map):
        if len(entry) == 3:
            yield entry
        else:
            yield (position, entry[0], entry[1])
