# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device's own settings (``net.ipv4.conf.eth0.…``) as a dump of links brings them, in IFLA_AF_SPEC, and back.

A look below /proc/sys takes a thousand of them as long as all of their links do (netlink/proc_sys.py).
Only settings whose number in the dump is the number in the file: times are in other units.
"""

from __future__ import annotations

import functools
import socket
import struct
import typing as t

_ATTRIBUTE = struct.Struct("=HH")
_CONF = {socket.AF_INET: 1, socket.AF_INET6: 2}  # IFLA_INET_CONF, IFLA_INET6_CONF

# Places in the arrays: IPV4_DEVCONF_* of linux/ip.h, less one; DEVCONF_* of linux/ipv6.h.
_PLACES: dict[str, dict[str, int]] = {
    "ipv4": {
        "forwarding": 0,
        "mc_forwarding": 1,
        "proxy_arp": 2,
        "accept_redirects": 3,
        "secure_redirects": 4,
        "send_redirects": 5,
        "rp_filter": 7,
        "accept_source_route": 8,
        "log_martians": 10,
        "arp_filter": 12,
        "arp_announce": 17,
        "arp_ignore": 18,
        "arp_accept": 20,
        "arp_notify": 21,
        "accept_local": 22,
        "src_valid_mark": 23,
        "proxy_arp_pvlan": 24,
        "route_localnet": 25,
        "drop_unicast_in_l2_multicast": 29,
        "drop_gratuitous_arp": 30,
    },
    "ipv6": {
        "forwarding": 0,
        "hop_limit": 1,
        "mtu": 2,
        "accept_ra": 3,
        "accept_redirects": 4,
        "autoconf": 5,
        "dad_transmits": 6,
        "proxy_ndp": 22,
        "accept_source_route": 24,
        "disable_ipv6": 26,
        "accept_dad": 27,
        "ndisc_notify": 29,
        "drop_unsolicited_na": 41,
        "addr_gen_mode": 47,
    },
}
_NAMES = {int(socket.AF_INET): "ipv4", int(socket.AF_INET6): "ipv6"}
_BY_NAME = {f"{family}.{name}": (family, place) for family, places in _PLACES.items() for name, place in places.items()}


def split(key: str) -> tuple[str, str, str] | None:
    """Family, device and name of a device's own setting, if that is what the key is and the dump has it."""
    parts = key.split("/")
    if len(parts) != 5 or parts[:1] != ["net"] or parts[2] != "conf" or parts[3] in ("all", "default"):
        return None
    return (parts[1], parts[3], parts[4]) if parts[4] in _PLACES.get(parts[1], {}) else None


def value(af_spec: bytes, family: str, name: str) -> str | None:
    """A setting's value as its file says it; None where the dump has none (the device has no such family)."""
    array = arrays(af_spec).get(family, ())
    place = _PLACES[family][name]
    return str(array[place]) if place < len(array) else None


def numbers(af_spec: bytes, names: t.Iterable[str]) -> dict[str, int | None]:
    """Many settings of a device at once, by names such as ``ipv4.rp_filter``."""
    there = arrays(af_spec)
    found: dict[str, int | None] = {}
    for name in names:
        family, place = _BY_NAME[name]
        array = there.get(family, ())
        found[name] = array[place] if place < len(array) else None
    return found


def arrays(af_spec: bytes) -> dict[str, tuple[int, ...]]:
    """All settings of a device in the kernel's order, for each family that it has."""
    found = {}
    for number, body in attributes(af_spec):
        family = _NAMES.get(number)
        for inner, array in attributes(body) if family else ():
            if inner == _CONF[number]:
                found[family] = struct.unpack_from(f"={len(array) // 4}i", array)
    return found


@functools.cache
def af_spec(settings: tuple[tuple[str, int], ...]) -> bytes:
    """Those settings that a message can carry, as IFLA_AF_SPEC: IPv4's, by their numbers (IPV4_DEVCONF_*)."""
    numbered = {_BY_NAME[name][1] + 1: number for name, number in settings if name.startswith("ipv4.")}
    four = b"".join(_nla(place, struct.pack("=I", number)) for place, number in numbered.items())
    return _nla(socket.AF_INET, _nla(_CONF[socket.AF_INET], four)) if four else b""


def _nla(number: int, body: bytes) -> bytes:
    return _ATTRIBUTE.pack(len(body) + 4, number) + body + b"\0" * (-len(body) & 3)


def attributes(raw: bytes) -> t.Iterator[tuple[int, bytes]]:
    start = 0
    while start + 4 <= len(raw):
        length, number = _ATTRIBUTE.unpack_from(raw, start)
        if length < 4:
            return
        yield number & 0x3FFF, raw[start + 4:start + length]
        start += (length + 3) & ~3
