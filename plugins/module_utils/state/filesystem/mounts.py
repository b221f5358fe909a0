# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts, by the system calls: how a namespace gets a name (ip-netns(8))."""

from __future__ import annotations

import ctypes
import os

MS_BIND, MS_REC, MS_SHARED = 0x1000, 0x4000, 0x100000
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8
_OPEN_TREE, _OPEN_TREE_CLONE, _AT_FDCWD = 428, 1, -100  # linux/mount.h; the number is the same on all architectures

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]


def mount(source: str, target: str, kind: str = "none", flags: int = 0, options: str | None = None) -> None:
    words = options.encode() if options is not None else None
    done = _libc.mount(os.fsencode(source), os.fsencode(target), kind.encode(), flags, words)
    if done != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), target)


def bind(source: str, target: str) -> None:
    mount(source, target, flags=MS_BIND)


def beneath(folder: str) -> int | None:
    """A descriptor of a folder as it is without what is mounted in it.

    None where there is no such folder, or the kernel does not let one look (before 5.2).
    """
    tree = _libc.syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(folder), _OPEN_TREE_CLONE | os.O_CLOEXEC)
    if tree < 0:
        return None
    try:
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=tree)
    except OSError:
        return None
    finally:
        os.close(tree)


def unmount(target: str) -> None:
    """Detach what is mounted there, if anything is; not what a link leads to."""
    if _libc.umount2(os.fsencode(target), MNT_DETACH | UMOUNT_NOFOLLOW) != 0:
        code = ctypes.get_errno()
        if os.strerror(code) and code not in (22, 2):  # EINVAL: not a mount point
            raise OSError(code, os.strerror(code), target)


def make_shared(folder: str) -> None:
    """The folder of named namespaces as ``ip netns`` makes it: a mount that passes on what is mounted in it."""
    os.makedirs(folder, mode=0o755, exist_ok=True)
    try:
        mount("", folder, flags=MS_SHARED | MS_REC)
    except OSError:  # not a mount point yet
        mount(folder, folder, flags=MS_BIND | MS_REC)
        mount("", folder, flags=MS_SHARED | MS_REC)
