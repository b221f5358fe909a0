# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells a segment where an address is now: gratuitous ARP (RFC 5227), unsolicited advertisements (RFC 4861).

Neighbours that remember another MAC, and switches that remember another port, would send there for minutes.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import typing as t

_ETH_P_ARP, _ETH_P_IPV6 = 0x0806, 0x86DD
_BROADCAST, _ALL_NODES = b"\xff" * 6, b"\x33\x33\0\0\0\1"
_OVERRIDE = 0x20000000
_SIOCGIFHWADDR = 0x8927  # linux/sockios.h


def announce(device: str, mac: str | None, addresses: t.Iterable[str]) -> None:
    """Send one announcement for each address, in the namespace that the process is in.

    ``mac`` None: the one that the device has, as a container's whose MAC is its parent's. Raises OSError where the
    device cannot send.
    """
    hardware = bytes.fromhex(mac.replace(":", "")) if mac else _hardware_address(device)
    for cidr in addresses:
        address = cidr.split("/")[0]
        if ":" in address:
            _advertise(device, hardware, address)
        else:
            _gratuitous_arp(device, hardware, address)


def _hardware_address(device: str) -> bytes:
    """netdevice(7), SIOCGIFHWADDR: a struct ifreq holds the name, the address's type, and then the address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return fcntl.ioctl(sock, _SIOCGIFHWADDR, struct.pack("40s", device.encode()))[18:24]


def _gratuitous_arp(device: str, hardware: bytes, address: str) -> None:
    """A request for one's own address: what every neighbour cache takes up."""
    own = socket.inet_aton(address)
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + hardware + own + b"\0" * 6 + own
    _send(device, _BROADCAST, hardware, _ETH_P_ARP, arp)


def _advertise(device: str, hardware: bytes, address: str) -> None:
    """From the address itself, be it on the device or on somebody else's for whom it is told."""
    target, all_nodes = socket.inet_pton(socket.AF_INET6, address), socket.inet_pton(socket.AF_INET6, "ff02::1")
    rest = struct.pack("!I", _OVERRIDE) + target + struct.pack("!BB", 2, 1) + hardware
    ends = target + all_nodes
    summed = ends + struct.pack("!II", 4 + len(rest), socket.IPPROTO_ICMPV6) + struct.pack("!BBH", 136, 0, 0) + rest
    advertisement = struct.pack("!BBH", 136, 0, internet_checksum(summed)) + rest
    header = struct.pack("!IHBB", 6 << 28, len(advertisement), socket.IPPROTO_ICMPV6, 255) + ends
    _send(device, _ALL_NODES, hardware, _ETH_P_IPV6, header + advertisement)


def internet_checksum(packet: bytes) -> int:
    """RFC 1071."""
    padded = packet + b"\0" * (len(packet) & 1)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _send(device: str, to: bytes, hardware: bytes, protocol: int, packet: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((device, protocol))
        sock.send(to + hardware + struct.pack("!H", protocol) + packet)
