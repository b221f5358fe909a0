# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system calls that make and enter a lab host, which Python 3.9 has no functions for.

Numbers are from linux/sched.h, linux/mount.h and linux/prctl.h; they are the same on every architecture.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import typing as t

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE, MS_SHARED = 4096, 16384, 1 << 18, 1 << 20
_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1

# glibc has no pivot_root(2); from the kernel's asm/unistd.h.
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217, "armv7l": 218, "i686": 217}

_libc = ctypes.CDLL(None, use_errno=True)


def _call(what: str, function: t.Callable[..., int], *arguments: t.Any) -> None:
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def unshare(flags: int) -> None:
    _call("unshare", _libc.unshare, ctypes.c_int(flags))


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str = "") -> None:
    """mount(2); an error names the kind of file system and where it was to be."""
    _call(
        f"mount {kind or source or 'flags'} on {target}", _libc.mount, _bytes(source), _bytes(target), _bytes(kind),
        ctypes.c_ulong(flags), _bytes(options),
    )  # fmt: skip


def pivot_root(new: str) -> None:
    """Make ``new`` the root and forget the old one (both are stacked on one place, so that none needs making)."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(0, f"pivot_root: unknown on {platform.machine()}")
    os.chdir(new)
    _call("pivot_root", _libc.syscall, ctypes.c_long(number), b".", b".")
    _call("umount the old root", _libc.umount2, b".", ctypes.c_int(_MNT_DETACH))
    os.chdir("/")


def die_with_parent(yes: bool = True) -> None:
    """Ask the kernel for SIGKILL when the parent ends, however it ends."""
    _call("prctl", _libc.prctl, ctypes.c_int(_PR_SET_PDEATHSIG), ctypes.c_ulong(signal.SIGKILL if yes else 0), 0, 0, 0)


@contextlib.contextmanager
def children_in_new_pid_namespace() -> t.Iterator[None]:
    """What is forked first inside is PID 1 of a namespace of its own; the caller stays where it is."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        unshare(CLONE_NEWPID)
        yield
    finally:
        # Without this a second unshare is refused: EINVAL, copy_pid_ns() in kernel/pid_namespace.c.
        _call("setns", _libc.setns, ctypes.c_int(own), ctypes.c_int(CLONE_NEWPID))
        os.close(own)
