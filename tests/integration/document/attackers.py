# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets that no honest program sends, and who has seen them.

``RAW`` builds a frame by hand, as a process with NET_RAW can; ``PLAIN`` sends a datagram, as anybody can.
"""

from __future__ import annotations

import ipaddress
import json
import struct
import subprocess
import sys

# Sends one frame by a device: argv[1] is the device, argv[2] the frame in hexadecimal digits.
RAW = """
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
for _again in range(3):
    sock.send(bytes.fromhex(sys.argv[2]))
"""

# Sends frames by a device: argv[1] is the device, lines of standard input are the frames.
RAW_MANY = """
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
for line in sys.stdin:
    sock.send(bytes.fromhex(line))
"""

# As a process that has no other capability than NET_RAW, be it root.
NET_RAW_ALONE = ("setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw")

# Sends a datagram: source port, destination, port, payload in hexadecimal digits, segment size (0: one packet).
PLAIN = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET
sock = socket.socket(family, socket.SOCK_DGRAM)
sock.bind(("", int(sys.argv[1])))
if int(sys.argv[5]):
    sock.setsockopt(17, 103, int(sys.argv[5]))  # SOL_UDP, UDP_SEGMENT
for _again in range(3):
    sock.sendto(bytes.fromhex(sys.argv[4]), (sys.argv[2], int(sys.argv[3])))
"""

# Prints a line for each IP packet of a device that has the marker in it, as JSON: source, destination, ports.
WATCH = """
import json, socket, struct, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
if sys.argv[1] != "any":
    sock.bind((sys.argv[1], 3))
print("ready", flush=True)
marker = sys.argv[2].encode()
while True:
    frame, where = sock.recvfrom(65535)
    if marker in frame:
        print(json.dumps([where[0], where[2], frame.hex()]), flush=True)
"""


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp(source: str, target: str, sport: int, dport: int, payload: bytes) -> bytes:
    """A UDP packet with its IP header."""
    one, other = ipaddress.ip_address(source), ipaddress.ip_address(target)
    length = 8 + len(payload)
    pseudo = one.packed + other.packed
    pseudo += struct.pack("!BBH", 0, 17, length) if one.version == 4 else struct.pack("!IHBB", length, 0, 0, 17)
    head = struct.pack("!HHHH", sport, dport, length, 0)
    segment = struct.pack("!HHHH", sport, dport, length, checksum(pseudo + head + payload) or 0xFFFF) + payload
    return _ip(one, other, 17, segment)


def tcp(source: str, target: str, sport: int, dport: int, flags: int, payload: bytes = b"") -> bytes:
    """A TCP packet (flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16) with its IP header."""
    one, other = ipaddress.ip_address(source), ipaddress.ip_address(target)
    head = struct.pack("!HHIIBBHHH", sport, dport, 1000, 77 if flags & 16 else 0, 5 << 4, flags, 8192, 0, 0)
    length = len(head) + len(payload)
    pseudo = one.packed + other.packed
    pseudo += struct.pack("!BBH", 0, 6, length) if one.version == 4 else struct.pack("!IHBB", length, 0, 0, 6)
    total = checksum(pseudo + head + payload)
    return _ip(one, other, 6, head[:16] + struct.pack("!H", total) + head[18:] + payload)


def unreachable(source: str, target: str, inner: bytes) -> bytes:
    """An ICMP error (port unreachable) about a packet that has been received."""
    return _icmp_error(source, target, struct.pack("!BBHI", 3, 3, 0, 0) + inner)


def too_big(source: str, target: str, inner: bytes, mtu: int) -> bytes:
    """An ICMP error about a packet that was too big for this MTU."""
    if ":" in source:
        return icmp6(source, target, struct.pack("!BBHI", 2, 0, 0, mtu) + inner)
    return _icmp_error(source, target, struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + inner)


def _icmp_error(source: str, target: str, message: bytes) -> bytes:
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    return _ip(ipaddress.ip_address(source), ipaddress.ip_address(target), 1, message)


def of_protocol(number: int, source: str, target: str, payload: bytes) -> bytes:
    """A packet of any protocol: 4 and 41 are IP in IP, 47 is GRE, 50 is ESP."""
    return _ip(ipaddress.ip_address(source), ipaddress.ip_address(target), number, payload)


def _ip(one, other, protocol: int, segment: bytes) -> bytes:
    if one.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(segment), protocol, 64) + one.packed + other.packed + segment
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, protocol, 0) + one.packed + other.packed
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + segment


def routed_by(packet: bytes, *ways: str) -> bytes:
    """The same packet (IPv4) that its sender has routed by these addresses (RFC 791, loose source route)."""
    option = struct.pack("!BBB", 131, 3 + 4 * len(ways), 4) + b"".join(ipaddress.ip_address(way).packed for way in ways)
    option += b"\0" * (-len(option) % 4)
    head = bytes([0x45 + len(option) // 4]) + packet[1:2] + struct.pack("!H", len(packet) + len(option))
    head += packet[4:10] + b"\0\0" + packet[12:20] + option
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + packet[20:]


def frame(target_mac: str, source_mac: str, packet: bytes) -> bytes:
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return _mac(target_mac) + _mac(source_mac) + struct.pack("!H", kind) + packet


def vxlan(vni: int, inner: bytes) -> bytes:
    return struct.pack("!II", 0x08000000, vni << 8) + inner


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


class Watcher:
    """Sees every packet of a device that has the marker in it; ``any`` is every device there."""

    def __init__(self, town, where: str | None, device: str = "any", marker: str = "forged") -> None:
        argv = town.argv(where, sys.executable, "-c", WATCH, device, marker)
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def seen_until(self, last: bytes) -> list[tuple[str, int, bytes]]:
        """The same, of all until this frame has come."""
        rows: list[tuple[str, int, bytes]] = []
        while not rows or not rows[-1][2].startswith(last):
            device, kind, text = json.loads(self._process.stdout.readline())
            rows.append((device, kind, bytes.fromhex(text)))
        return rows + self.seen()

    def seen(self) -> list[tuple[str, int, bytes]]:
        """Device, packet type (4: outgoing) and frame, of all until now."""
        self._process.terminate()
        out, _err = self._process.communicate()
        return [(device, kind, bytes.fromhex(text)) for device, kind, text in map(json.loads, out.splitlines())]


def mac_of(town, where: str | None, device: str) -> str:
    argv = town.argv(where, "ip", "-j", "link", "show", device)
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)[0]["address"]


def send_raw(town, where: str | None, device: str, data: bytes) -> None:
    subprocess.run(town.argv(where, sys.executable, "-c", RAW, device, data.hex()), check=True)


def send_plain(town, where: str | None, sport: int, target: str, port: int, payload: bytes, segment: int = 0) -> None:
    argv = town.argv(where, sys.executable, "-c", PLAIN, str(sport), target, str(port), payload.hex(), str(segment))
    subprocess.run(argv, check=True)


def send_frames(town, where: str | None, device: str, frames: list[bytes]) -> None:
    lines = "\n".join(each.hex() for each in frames)
    argv = town.argv(where, *NET_RAW_ALONE, sys.executable, "-c", RAW_MANY, device)
    subprocess.run(argv, input=lines, text=True, check=True)


def arp(operation: int, sender_mac: str, sender: str, target_mac: str, target: str) -> bytes:
    """An ARP packet: 1 asks, 2 answers."""
    one, other = (ipaddress.ip_address(each).packed for each in (sender, target))
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + _mac(sender_mac) + one + _mac(target_mac) + other


def igmp(source: str, target: str, kind: int) -> bytes:
    """An IGMP message (17 asks who listens, 22 says so, 23 leaves) for a group, or for all."""
    group = b"\0" * 4 if kind == 17 else ipaddress.ip_address(target).packed
    message = struct.pack("!BBH", kind, 1, 0) + group
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    return of_protocol(2, source, target, message)


def pim_hello(source: str) -> bytes:
    """By which multicast routers find each other; bridges listen to it, too."""
    message = struct.pack("!BBH", 0x20, 0, 0)
    return of_protocol(103, source, "224.0.0.13", message[:2] + struct.pack("!H", checksum(message)))


def icmp6(source: str, target: str, message: bytes, before: bytes = b"") -> bytes:
    """An ICMPv6 packet as neighbours send them; ``before``: an extension header in front of it, without its type."""
    one, other = ipaddress.ip_address(source), ipaddress.ip_address(target)
    pseudo = one.packed + other.packed + struct.pack("!IHBB", len(message), 0, 0, 58)
    message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
    first = 60 if before else 58
    head = struct.pack("!IHBB", 6 << 28, len(before) + len(message), first, 255) + one.packed + other.packed
    return head + before + message


def neighbour_message(kind: int, target: str, *options: bytes) -> bytes:
    """A solicitation (135) or an advertisement (136)."""
    flags = 0x60000000 if kind == 136 else 0
    return struct.pack("!BBHI", kind, 0, 0, flags) + ipaddress.ip_address(target).packed + b"".join(options)


def link_layer(kind: int, mac: str) -> bytes:
    """The option with the MAC of who asks (1) or answers (2)."""
    return struct.pack("!BB", kind, 1) + _mac(mac)


def ethernet(
    target_mac: str, source_mac: str, kind: int, packet: bytes, tag: int | None = None, tagged_by: int = 0x8100
) -> bytes:
    """A frame of any kind; ``tag``: the number of a VLAN, behind the type that says so."""
    tagged = b"" if tag is None else struct.pack("!HH", tagged_by, tag)
    return _mac(target_mac) + _mac(source_mac) + tagged + struct.pack("!H", kind) + packet
