# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values in the kernel's own spelling, and sentences for those that no kernel takes."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import os
import re
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem

IFNAMSIZ = 16  # linux/if.h, with the closing NUL
_DEVICE_NAMES = f"use up to {IFNAMSIZ - 1} letters, digits, '-', '_' and '.'"
LOOPBACK = "lo"
_TAKEN = (".", "..", "all", "default")
_PLAIN_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{IFNAMSIZ - 1}}}\Z")
_MAC = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")


def device_name(name: str, what: str = "name") -> str:
    fault = device_name_fault(name)
    if fault:
        raise Problem(f"{what} {fault[0]}: {fault[1]}")
    return name


def device_name_fault(name: str, ours: bool = False) -> tuple[str, str] | None:
    """What is wrong with a device's name, and what to do; the one rule for it, which plan and lab ask as well.

    ``ours``: of a device that is to be made.

    What dev_valid_name() in net/core/dev.c refuses; `%`, which makes the kernel number the device itself, again at each
    run (dev_alloc_name()); the names of settings for every device (sysctl_dev_name_is_allowed() in linux/netdevice.h);
    and what means something else in nft's words: quotes, and `*`, which stands for the rest of a name.
    """
    if _PLAIN_NAME.match(name) and name not in _TAKEN and not (ours and name == LOOPBACK):
        return None  # as nearly all are: a document names 100,000
    bad = next((sign for sign in name if _spoils_a_device_name(sign)), None)
    if not name:
        reason = "it is empty"
    elif bad is not None:
        reason = f"it has {bad!r} in it"
    elif (size := len(name.encode())) >= IFNAMSIZ:
        return f"{name!r} has {size} characters; the kernel takes {IFNAMSIZ - 1}", "shorten it"
    elif name in _TAKEN:
        reason = "no kernel takes it"
    elif ours and name == LOOPBACK:
        reason = "each namespace has its own already"
    else:
        return None
    return f"{name!r} is no name for a device, as {reason}", _DEVICE_NAMES


def _spoils_a_device_name(sign: str) -> bool:
    # isspace() of the kernel looks at bytes, and takes the second one of `à` for Latin-1's no-break space. What is not
    # printable is half a surrogate pair, too, which no bytes stand for.
    return sign in "/:%*\"'`\\" or sign.isspace() or not sign.isprintable() or 0xA0 in sign.encode()


def netns_name(name: str) -> str:
    if not name or name in (".", "..") or "/" in name or "\0" in name or len(os.fsencode(name)) > 255:
        raise Problem(f"{name!r} is no name for a network namespace: it becomes a file's name in /run/netns")
    return name


def mac(value: str, what: str = "mac") -> str:
    plain = str(value).lower().replace("-", ":")
    if not _MAC.match(plain):
        raise Problem(f"{what} {value!r} is no MAC address: write six pairs of hexadecimal digits, in quotes")
    return plain


def unicast_mac(value: str, what: str = "mac") -> str:
    plain = mac(value, what)
    if int(plain[:2], 16) & 1 or plain == "00:00:00:00:00:00":
        raise Problem(f"{what} {value} is no unicast address: clear the lowest bit of its first byte")
    return plain


def _is_canonical(value: str) -> bool:
    """Whether it is an address just as the kernel writes it: ten times cheaper to see than to work out."""
    family = socket.AF_INET6 if ":" in value else socket.AF_INET
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, value)) == value
    except (OSError, ValueError):
        return False


def _is_canonical_network(value: str) -> bool:
    head, _slash, length = value.partition("/")
    if not (length.isdecimal() and len(length) <= 3 and length == str(int(length)) and _is_canonical(head)):
        return False
    raw = socket.inet_pton(socket.AF_INET6 if ":" in head else socket.AF_INET, head)
    host_bits = len(raw) * 8 - int(length)
    return host_bits >= 0 and int.from_bytes(raw, "big") & ((1 << host_bits) - 1) == 0


def _check_scope(value: str, what: str) -> None:
    """``fe80::1%eth0`` is an address to Python, and two options to the kernel."""
    if "%" in str(value):
        raise Problem(f"{what} {value!r} is no IP address: leave out the interface, '%' and what follows")


def address(value: str, what: str = "address") -> str:
    if isinstance(value, str) and _is_canonical(value):
        return value
    _check_scope(value, what)
    try:
        return str(ipaddress.ip_address(value))
    except ValueError as error:
        raise Problem(f"{what} {value!r} is no IP address ({error})") from None


def interface_cidr(value: str, what: str = "address") -> str:
    """An address with its prefix length; a lone address is a host's."""
    head, slash, length = str(value).partition("/")
    if slash and length.isdecimal() and len(length) <= 3 and length == str(int(length)) and _is_canonical(head):
        if int(length) <= (128 if ":" in head else 32):
            return str(value)
    _check_scope(value, what)
    try:
        return str(ipaddress.ip_interface(value))
    except ValueError as error:
        raise Problem(f"{what} {value!r} is no address with a prefix length ({error})") from None


def network_cidr(value: str, what: str = "dst") -> str:
    """A network; ``default`` needs a family and is not taken."""
    if isinstance(value, str) and _is_canonical_network(value):
        return value
    _check_scope(value, what)
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        hint = ""
        with contextlib.suppress(ValueError):
            hint = f": the network is {ipaddress.ip_network(value, strict=False)}"
        raise Problem(f"{what} {value!r} is no network ({error}){hint}") from None


def port(value: int, what: str = "port") -> int:
    if not 1 <= int(value) <= 65535:
        raise Problem(f"{what} {value} is not between 1 and 65535")
    return int(value)


def endpoint(value: str, what: str = "endpoint") -> str:
    """An address and a port, with brackets around one of IPv6: ``[fd00::1]:51820``."""
    head, _colon, number = str(value).rpartition(":")
    bracketed = head.startswith("[") and head.endswith("]")
    if not head or not number.isdecimal() or bracketed != (":" in head):
        raise Problem(f"{what} {value!r} is no address and port: write it as 192.0.2.1:51820 or [2001:db8::1]:51820")
    plain = address(head[1:-1] if bracketed else head, what)
    return f"[{plain}]:{port(int(number), what)}" if bracketed else f"{plain}:{port(int(number), what)}"


def is_key(text: str) -> bool:
    """32 bytes in base64, as ``wg`` writes a WireGuard key, a public one or another."""
    try:
        return len(text) == 44 and len(base64.b64decode(text.encode("ascii"), validate=True)) == 32
    except (ValueError, UnicodeEncodeError):
        return False


def between(value: int, low: int, high: int, what: str) -> int:
    if not low <= int(value) <= high:
        raise Problem(f"{what} {value} is not between {low} and {high}")
    return int(value)


def is_later(version: t.Any, known: int) -> bool:
    """Is it that of a format which a newer version of this collection writes? What has none, or another, is damaged."""
    return isinstance(version, int) and not isinstance(version, bool) and version > known


def each(values: t.Iterable[str] | None, spell: t.Callable[[str], str]) -> list[str] | None:
    return None if values is None else sorted({spell(value) for value in values})


def each_address(values: t.Iterable[str], spell: t.Callable[[str], str]) -> list[str]:
    """Addresses of one device, with prefix lengths. One of IPv6 is there once, whatever its length."""
    cidrs = each(values, spell) or []
    there: dict[str, str] = {}
    for cidr in cidrs:
        before = there.setdefault(cidr.partition("/")[0], cidr) if ":" in cidr else cidr
        if before != cidr:
            raise Problem(f"{before} and {cidr} are one address, which a device has once: give one of them")
    return cidrs


def connected_network(cidr: str) -> str | None:
    """The destination of the route that comes with an address; None of one with its full length, which has none."""
    address, _slash, length = cidr.partition("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    raw = socket.inet_pton(family, address)
    host_bits = len(raw) * 8 - int(length)
    if not host_bits:
        return None
    network = int.from_bytes(raw, "big") >> host_bits << host_bits
    return f"{socket.inet_ntop(family, network.to_bytes(len(raw), 'big'))}/{length}"


_HEXADECIMAL = re.compile("-?0[xX][0-9a-fA-F]{1,16}")


def sysctl_value(key: str, value: t.Any) -> str:
    """As its file below /proc/sys shows it: words with one space between them, and no number in hexadecimal."""
    # A file may show numbers with tabs between them. What comes in a second line, the kernel drops without a word.
    text = re.sub("[ \t]+", " ", str(value).strip())
    if not text or not text.isascii() or not text.isprintable() or isinstance(value, (bool, list, dict)):
        raise Problem(f"sysctl {key} cannot be {value!r}: a setting is a number, or a few plain words")
    return " ".join(str(int(word, 16)) if _HEXADECIMAL.fullmatch(word) else word for word in text.split(" "))
