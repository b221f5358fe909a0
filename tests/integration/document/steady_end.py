# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One end of a flow in a container: ``steady_end.py ROLE ADDRESS``.

It says when it is ready, goes on until its standard input ends, and tells as JSON what became of it.
"""

from __future__ import annotations

import collections
import json
import select
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

PORT = 9000
EVERY = 0.01  # seconds
PATIENCE = 30


def _goes_on(seconds: float) -> bool:
    return not select.select([sys.stdin], [], [], seconds)[0]


def answer_stream(address: str) -> Iterator[Any]:
    with socket.create_server((address, PORT), family=_family(address)) as listener:
        yield None
        connection, _peer = listener.accept()
        received = 0
        while piece := connection.recv(65536):
            received += len(piece)
            connection.sendall(piece)
        yield {"received": received}


def ask_stream(address: str) -> Iterator[Any]:
    """Every 10 ms a piece, whose echo is waited for; the longest wait in seconds."""
    with socket.create_connection((address, PORT), timeout=30) as connection:
        yield None
        sent, longest = 0, 0.0
        while _goes_on(EVERY):
            begun = time.monotonic()
            connection.sendall(b"x" * 1000)
            rest = 1000
            while rest:
                rest -= len(connection.recv(rest))
            sent += 1000
            longest = max(longest, time.monotonic() - begun)
        yield {"sent": sent, "longest": longest}


def tell_everybody(address: str) -> Iterator[Any]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling:
        telling.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        yield None
        sent = 0
        while _goes_on(EVERY):
            telling.sendto(str(sent).encode(), (address, PORT))
            sent += 1
        yield {"sent": sent}


def hear_everybody(address: str) -> Iterator[Any]:
    """How many were heard, and how many of them more than once. Its input ends with how many were told: of these some
    may be on their way still."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing:
        hearing.bind((address, PORT))
        yield None
        heard: collections.Counter[bytes] = collections.Counter()
        while hearing in (ready := select.select([hearing, sys.stdin], [], [])[0]) or sys.stdin not in ready:
            heard[hearing.recv(100)] += 1
        told, deadline = int(sys.stdin.read()), time.monotonic() + PATIENCE
        while len(heard) < told and select.select([hearing], [], [], max(0, deadline - time.monotonic()))[0]:
            heard[hearing.recv(100)] += 1
        yield {"heard": len(heard), "twice": sum(1 for number in heard.values() if number > 1)}


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


ROLES = {"answer": answer_stream, "ask": ask_stream, "tell": tell_everybody, "hear": hear_everybody}


def main() -> None:
    end = ROLES[sys.argv[1]](sys.argv[2])
    next(end)
    print("ready", flush=True)
    print(json.dumps(next(end)))


if __name__ == "__main__":
    main()
