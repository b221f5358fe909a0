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

_ETH_P_ARP = 0x0806
_BROADCAST = b"\xff" * 6
_ALL_NODES = "ff02::1"
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
    frame = _BROADCAST + hardware + struct.pack("!H", _ETH_P_ARP) + arp
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((device, _ETH_P_ARP))
        sock.send(frame)


def _advertise(device: str, hardware: bytes, address: str) -> None:
    target = socket.inet_pton(socket.AF_INET6, address)
    advertisement = struct.pack("!BBHI", 136, 0, 0, _OVERRIDE) + target + struct.pack("!BB", 2, 1) + hardware
    index = socket.if_nametoindex(device)
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.bind((address, 0))
        sock.sendto(advertisement, (_ALL_NODES, 0, 0, index))
