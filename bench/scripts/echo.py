# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ends of datagrams that come back: ``echo.py listen PORT``; ``echo.py ADDRESS PORT SECONDS`` prints how many
microseconds one took, there and back, in the median."""

from __future__ import annotations

import os
import socket
import statistics
import sys
import time


def listen(port: int) -> None:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", port))
    print("listening", flush=True)
    while True:
        server.sendto(*server.recvfrom(64))


def measure(address: str, port: int, seconds: float) -> float:
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((address, port))
    client.settimeout(5)
    took = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        client.send(b"?")
        client.recv(64)
        took.append(time.perf_counter() - start)
    return 1e6 * statistics.median(took)


if __name__ == "__main__":
    # Both on one processor: to wake another one takes longer than all the rest, and not always.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if sys.argv[1] == "listen":
        listen(int(sys.argv[2]))
    print(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
