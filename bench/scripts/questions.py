# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a name server, so many a second: ``questions.py SERVER A_SECOND NAME…`` asks for the names in turn until
its standard input ends. It prints an answer when it is the first one for a name, or another one than before: the time
(``time.monotonic()``), the name, and its IPv4 addresses, which may be none. The last line is what came of it, as JSON:
``asked``, ``lost`` and ``seconds``."""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time

_PATIENCE = 30  # seconds after which a question is lost: whoever is busy answers late
_A, _IN, _RECURSE = 1, 1, 0x100  # RFC 1035
_HEADER = struct.Struct(">6H")


class Asking:
    def __init__(self, server: str) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((server, 53))
        self._socket.settimeout(_PATIENCE)
        self._number = 0

    def ask(self, name: str) -> list[str] | None:
        """The addresses of a name; None where nobody answers."""
        self._number = (self._number + 1) % 0x10000
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        question = _HEADER.pack(self._number, _RECURSE, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, _A, _IN)
        self._socket.send(question)
        while True:
            try:
                answer = self._socket.recv(4096)
            except TimeoutError:
                return None
            number, _flags, _asked, count, *_others = _HEADER.unpack_from(answer)
            if number == self._number:
                return _addresses(answer[len(question) :], count)


def _addresses(rest: bytes, count: int) -> list[str]:
    """Of records whose name is a pointer to the question's."""
    found = []
    for _each in range(count):
        (length,) = struct.unpack_from(">H", rest, 10)
        found.append(socket.inet_ntoa(rest[12 : 12 + length]))
        rest = rest[12 + length :]
    return sorted(found)


def main(server: str, a_second: float, names: list[str]) -> dict[str, float]:
    asking = Asking(server)
    answers: dict[str, list[str]] = {}
    asked = lost = 0
    began = time.monotonic()
    while not select.select([sys.stdin], [], [], max(0.0, began + asked / a_second - time.monotonic()))[0]:
        name = names[asked % len(names)]
        found = asking.ask(name)
        asked += 1
        if found is None:
            lost += 1
        elif found != answers.get(name):
            answers[name] = found
            print(time.monotonic(), name, *found, flush=True)
    return {"asked": asked, "lost": lost, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])))
