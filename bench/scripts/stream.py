# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ends of a TCP stream: ``stream.py listen PORT``; ``stream.py ADDRESS PORT SECONDS`` prints MB a second."""

from __future__ import annotations

import socket
import sys
import time

_CHUNK = bytes(1 << 16)


def listen(port: int) -> None:
    server = socket.create_server(("0.0.0.0", port))
    print("listening", flush=True)
    buffer = bytearray(1 << 18)
    while True:
        with server.accept()[0] as peer:
            while peer.recv_into(buffer):
                pass


def send(address: str, port: int, seconds: float) -> float:
    sent = 0
    with socket.create_connection((address, port)) as sock:
        start = time.perf_counter()
        while time.perf_counter() < start + seconds:
            sock.sendall(_CHUNK)
            sent += len(_CHUNK)
        sock.shutdown(socket.SHUT_WR)
        return sent / (time.perf_counter() - start) / 1e6


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        listen(int(sys.argv[2]))
    print(send(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
