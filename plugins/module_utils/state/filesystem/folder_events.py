# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that appear in a folder (inotify(7))."""

from __future__ import annotations

import ctypes
import os
import struct

IN_CLOSE_WRITE, IN_MOVED_TO, IN_DELETE_SELF, IN_Q_OVERFLOW = 0x8, 0x80, 0x400, 0x4000  # linux/inotify.h
_IN_NONBLOCK, _IN_CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
_EVENT = struct.Struct("=iIII")

_libc = ctypes.CDLL(None, use_errno=True)


class FolderEvents:
    """Names of files that have been written in a folder, or moved to it. Raises OSError, also when the folder goes."""

    def __init__(self, folder: str) -> None:
        self._fd = _checked(_libc.inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC), folder)
        try:
            events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF
            _checked(_libc.inotify_add_watch(self._fd, os.fsencode(folder), events), folder)
        except OSError:
            self.close()
            raise

    def fileno(self) -> int:
        return self._fd

    def read(self) -> list[str]:
        try:
            some = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return []
        names, start = [], 0
        while start < len(some):
            _watch, mask, _cookie, length = _EVENT.unpack_from(some, start)
            start += _EVENT.size
            if mask & IN_DELETE_SELF:
                raise OSError("the folder has gone")
            if mask & IN_Q_OVERFLOW:
                raise OSError("more has happened in the folder than is remembered")
            names.append(os.fsdecode(some[start:start + length].rstrip(b"\0")))
            start += length
        return names

    def close(self) -> None:
        os.close(self._fd)


def _checked(result: int, folder: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), folder)
    return result
