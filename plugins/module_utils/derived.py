# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hashes that names and MACs are made of, the same on the controller and on every host.

The hash is SHA-256 over the parts, each ended by a NUL. A *salt* above 0 is one more part.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress


def digest(*parts: str, salt: int = 0) -> bytes:
    text = "\0".join((*parts, str(salt), "") if salt else (*parts, ""))
    return hashlib.sha256(text.encode()).digest()


def base32(raw: bytes, length: int) -> str:
    """The first characters, up to 16, in lower case (RFC 4648: a-z, 2-7)."""
    return base64.b32encode(raw[:10])[:length].decode().lower()


def mac(*parts: str, salt: int = 0) -> str:
    """A locally administered unicast MAC: the first byte is always 02, the other five are hash."""
    return "02:" + digest(*parts, salt=salt)[:5].hex(":")


def link_local(mac_: str) -> str:
    """The address that the kernel makes of a MAC (RFC 4291, appendix A)."""
    number = int(mac_.replace(":", ""), 16) ^ 1 << 41
    high, low = number >> 24, number & 0xFFFFFF
    return str(ipaddress.IPv6Address(0xFE80 << 112 | high << 40 | 0xFFFE << 24 | low))


def is_of_a_mac(address: str) -> bool:
    """Has it the form of one that the kernel makes of a MAC?"""
    return int(ipaddress.IPv6Address(address)) >> 24 & 0xFFFF == 0xFFFE


def solicited(address: str) -> str:
    """The group in which whoever has this address is asked for its MAC (RFC 4291, section 2.7.1)."""
    return str(ipaddress.IPv6Address(0xFF02 << 112 | 0x1FF << 24 | int(ipaddress.IPv6Address(address)) & 0xFFFFFF))
