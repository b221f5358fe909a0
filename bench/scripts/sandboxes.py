# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of all named namespaces at once, in one process: ``sandboxes.py quiet`` switches IPv6 off in each;
``sandboxes.py state`` tells as JSON what eth0 is in each, to compare what two tools have made."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys

FOLDER = "/run/netns"
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFMTU = 0x8913, 0x8915, 0x891B, 0x8921
_libc = ctypes.CDLL(None, use_errno=True)


def quiet() -> None:
    for scope in ("all", "default"):
        with open(f"/proc/thread-self/root/proc/sys/net/ipv6/conf/{scope}/disable_ipv6", "w") as file:
            file.write("1")


def state() -> dict[str, object] | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16s16x", b"eth0")
        try:
            flags = struct.unpack_from("=H", fcntl.ioctl(sock, SIOCGIFFLAGS, request), 16)[0]
            mtu = struct.unpack_from("=i", fcntl.ioctl(sock, SIOCGIFMTU, request), 16)[0]
        except OSError:
            return None
        address = []
        for question in (SIOCGIFADDR, SIOCGIFNETMASK):
            try:
                address.append(socket.inet_ntoa(fcntl.ioctl(sock, question, request)[20:24]))
            except OSError:
                address.append("-")
    with open("/proc/thread-self/net/route") as file:
        routes = [row.split() for row in file.read().splitlines()[1:]]
    gateways = [socket.inet_ntoa(struct.pack("=I", int(row[2], 16))) for row in routes if row[1] == "00000000"]
    return {"address": address, "up": bool(flags & 1), "mtu": mtu, "gateways": gateways}


def main() -> None:
    seen = {}
    for name in sorted(os.listdir(FOLDER)):
        fd = os.open(f"{FOLDER}/{name}", os.O_RDONLY)
        if _libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {name}")
        os.close(fd)
        if sys.argv[1] == "quiet":
            quiet()
        else:
            seen[name] = state()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
