# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ends of new TCP connections: ``connect.py listen PORT``; ``connect.py ADDRESS PORT SECONDS`` prints how many
a second it made. They are reset, so that none waits for its end and the ports do not run out."""

from __future__ import annotations

import socket
import struct
import sys
import time


def listen(port: int) -> None:
    server = socket.create_server(("0.0.0.0", port), backlog=4096)
    print("listening", flush=True)
    while True:
        server.accept()[0].close()


def count(address: str, port: int, seconds: float) -> float:
    reset = struct.pack("ii", 1, 0)
    made = 0
    start = time.perf_counter()
    end = start + seconds
    while time.perf_counter() < end:
        for _each in range(20):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            sock.connect((address, port))
            sock.close()
            made += 1
    return made / (time.perf_counter() - start)


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        listen(int(sys.argv[2]))
    print(count(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
