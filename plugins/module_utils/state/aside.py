# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that somebody else may keep from ever ending, done by a process beside this one that is not waited for long.

Whoever may watch a file decides when it is opened (fanotify(7)), and a file system may stand on another one that does
not answer. A process that waits for that cannot always be ended, so it has nothing of the run's open: neither the
host's lock, nor what somebody waits for the end of.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import time
import typing as t

SECONDS = 10.0  # for one piece of work: small files take thousandths of one
_IN_VAIN = 30.0  # in all, by one process: each piece has one second from then on
_LENGTH = struct.Struct("=Q")
_CLONE_NEWNET = 0x40000000

T = t.TypeVar("T")


class Aside:
    """A process that is there when it is first needed, and another one where that is stuck."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._process = 0
        self._socket: socket.socket | None = None
        self._stuck: set[str] = set()
        self._in_vain = 0.0

    def do(self, about: str, work: t.Callable[..., T], *arguments: t.Any) -> T:
        """What a function answers or raises, both of which can be pickled.

        ``about``: whose affair it is. Who has not answered once is not asked again. Raises OSError with ETIMEDOUT.
        """
        if self._owner != os.getpid():  # a fork has none of its own yet
            self._owner, self._socket = os.getpid(), None
        if about in self._stuck:
            raise _silent(about)
        seconds = SECONDS if self._in_vain < _IN_VAIN else 1.0
        try:
            done, answer = self._asked((work, arguments), time.monotonic() + seconds)
        except socket.timeout:
            self._in_vain += seconds
            self._stuck.add(about)
            self._end()
            raise _silent(about) from None
        except (EOFError, OSError) as error:
            self._end()
            raise OSError(errno.EIO, "what looks at it has ended", about) from error
        if not done:
            raise answer
        return answer

    def _asked(self, question: t.Any, deadline: float) -> t.Any:
        import pickle

        if self._socket is None:
            self._begin()
        connection = t.cast(socket.socket, self._socket)
        _send(connection, pickle.dumps(question), deadline)
        return pickle.loads(_receive(connection, deadline))

    def _begin(self) -> None:
        ours, theirs = socket.socketpair()
        process = os.fork()
        if process == 0:
            try:
                _alone(theirs.fileno())
                _serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        self._process, self._socket = process, ours

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()
            with contextlib.suppress(OSError):
                os.kill(self._process, signal.SIGKILL)
                os.waitpid(self._process, os.WNOHANG)
            self._socket = None


def _silent(about: str) -> OSError:
    return OSError(errno.ETIMEDOUT, "whoever has a say in it does not answer", about)


def _alone(connection: int) -> None:
    """Keep nothing of the run's but ways to folders (``O_PATH``), which are part of what is asked."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        with contextlib.suppress(OSError):
            if descriptor not in (0, 1, 2, connection) and not fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_PATH:
                os.close(descriptor)
    os.chdir("/")
    ctypes.CDLL(None).unshare(_CLONE_NEWNET)  # the run may be in a container's at this moment


def _serve(connection: socket.socket) -> None:
    import pickle

    while True:
        work, arguments = pickle.loads(_receive(connection, None))
        try:
            answer = True, work(*arguments)
        except Exception as error:
            answer = False, error
        _send(connection, pickle.dumps(answer), None)


def _send(connection: socket.socket, message: bytes, deadline: float | None) -> None:
    connection.settimeout(_left(deadline))
    connection.sendall(_LENGTH.pack(len(message)) + message)


def _receive(connection: socket.socket, deadline: float | None) -> bytes:
    """Raises EOFError where the other side has ended."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size, deadline))
    return _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, length: int, deadline: float | None) -> bytes:
    found = bytearray()
    while len(found) < length:
        connection.settimeout(_left(deadline))
        some = connection.recv(length - len(found))
        if not some:
            raise EOFError
        found += some
    return bytes(found)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.monotonic(), 0.001)
