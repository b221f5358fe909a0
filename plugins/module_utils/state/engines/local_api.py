# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons of this host that are asked by HTTP on a local socket."""

from __future__ import annotations

import socket
import typing as t

SECONDS = 20  # for an answer
_LONGEST_HEAD = 1 << 16


def connection(path: str) -> t.Any:
    """An ``http.client.HTTPConnection`` to the daemon, which it makes again where the daemon has closed it."""
    # Only here: its import costs every module's start 8 ms.
    import http.client

    made = http.client.HTTPConnection("localhost", timeout=SECONDS)

    # Else whatever listens on port 80 of localhost would be asked, which is not the daemon.
    def connect() -> None:
        made.sock = plain(path)

    made.connect = connect  # type: ignore[method-assign]
    return made


def plain(path: str) -> socket.socket:
    """A connection as it is. Raises OSError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        made.settimeout(SECONDS)
        made.connect(path)
    except OSError:
        made.close()
        raise
    return made


def head_of(answering: socket.socket, name: str) -> bytes:
    """The head of the answer of an engine, and nothing of what follows: who waits for news by the socket would not see
    what he has.

    Raises OSError.
    """
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        one = answering.recv(1)
        if not one or len(head) > _LONGEST_HEAD:
            raise OSError(f"{name} has ended its events")
        head += one
    return head


def http_errors() -> type[Exception]:
    """What a daemon that does not speak HTTP raises."""
    import http.client

    return http.client.HTTPException
