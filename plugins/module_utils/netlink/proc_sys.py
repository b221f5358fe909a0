# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files below /proc/sys, as the network namespace has them that the process is in.

The kernel keeps what it has looked up there in one tree for all namespaces: ``net/ipv4`` of each is an entry beside
those of all others, of the same name, and each look compares them one by one. So a look into one of a thousand
namespaces takes a millisecond. A file system of its own, re-created every few namespaces, has few to compare: 25 µs.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import typing as t

_PROC_SYS = "/proc/sys"
# linux/mount.h; the numbers of the calls are the same on all architectures.
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_FSOPEN_CLOEXEC, _FSCONFIG_CMD_CREATE, _FSMOUNT_CLOEXEC = 1, 6, 1
_NOSUID_NODEV_NOEXEC = 2 | 4 | 8  # MOUNT_ATTR_*
_LOOKS = 32  # more, and they begin to be compared; fewer, and to make the file system is what takes time

_libc = ctypes.CDLL(None, use_errno=True)


class ProcSys:
    """Opens them. Those of sandboxes by a file system that nobody else sees, where the kernel has that (5.8)."""

    def __init__(self) -> None:
        self._own: int | None = None
        self._looks = 0

    def close(self) -> None:
        if self._own is not None:
            os.close(self._own)
        self._own = None
        self._looks = 0

    def open(self, key: str, flags: int, sandbox: bool) -> int:
        """A descriptor of the file ``net/…``. Raises OSError, as open(2) does."""
        own = self._folder() if sandbox else None
        if own is None:
            return os.open(f"{_PROC_SYS}/{key}", flags | os.O_CLOEXEC)
        return os.open(f"sys/{key}", flags | os.O_CLOEXEC, dir_fd=own)

    def _folder(self) -> int | None:
        if self._looks % _LOOKS == 0:
            self.close()
            self._own = _procfs()
        self._looks += 1
        return self._own


def _procfs() -> int | None:
    """A /proc that is mounted nowhere; None where the kernel makes none for us, or settings are closed to us."""
    with contextlib.suppress(OSError):
        if os.statvfs(_PROC_SYS).f_flag & os.ST_RDONLY:
            return None
        context = _call(_FSOPEN, b"proc", _FSOPEN_CLOEXEC)
        try:
            _call(_FSCONFIG, context, _FSCONFIG_CMD_CREATE, None, None, 0)
            return _call(_FSMOUNT, context, _FSMOUNT_CLOEXEC, _NOSUID_NODEV_NOEXEC)
        finally:
            os.close(context)
    return None


def _call(number: int, *arguments: t.Any) -> int:
    done = _libc.syscall(number, *arguments)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return t.cast(int, done)
