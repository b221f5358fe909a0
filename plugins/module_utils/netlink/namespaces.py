# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces: found by a path, told from each other and from the host's own, entered, made.

A namespace is named by a path (``/run/netns/shop``, ``/proc/4711/ns/net``); None is the one that the process was
started in, the host's own.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import struct
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink.proc_sys import ProcSys

NETNS_FOLDER = "/run/netns"  # where ip-netns(8) keeps those with a name
OWN_NETNS = "/proc/self/ns/net"
CLONE_NEWNET = 0x40000000
_NS_GET_NSTYPE = 0xB703  # linux/nsfs.h: what sort of namespace a descriptor is of
# The host's first process is in the host's own namespace, also where a run is in another one.
_FIRST_PROCESS = "/proc/1/ns/net"

_AT_EMPTY_PATH, _AT_STATX_DONT_SYNC, _STATX_INO = 0x1000, 0x4000, 0x100  # linux/fcntl.h, linux/stat.h
_STATX = struct.Struct("=32xQ96xII112x")  # struct statx: the inode's number, the device's two numbers

_libc = ctypes.CDLL(None, use_errno=True)

# A namespace's device and inode: what tells it from all others while it lives.
Identity = t.Tuple[int, int]


class WireError(Exception):
    """The kernel, or the way to it, refused something that is not one message's business."""


class NoNamespace(WireError):
    """There is no namespace at that path, or none that may be entered."""


class HostNamespace(NoNamespace):
    """The path leads to the host's own namespace. That one is named by None alone, and is nobody's sandbox."""


class Namespaces:
    """The namespaces of this host, for one run. The process is in one of them at a time.

    A path means one namespace for a whole run: whoever exchanges what it leads to meanwhile is refused. ``find`` turns
    other ways to name one into paths; it raises NoNamespace for what leads nowhere. It is asked once for each, and in
    the host's own namespace: in a container's, whoever is there could answer in an engine's place, as the names of
    abstract sockets (unix(7)), by which LXC's commands reach a container's monitor, belong to a network namespace.
    """

    def __init__(self, find: t.Callable[[str], str] | None = None) -> None:
        self._find = find
        self._paths: dict[str, str] = {}
        self._own = -1
        self._hosts: set[Identity] = set()
        self._known: dict[str, Identity] = {}
        self._proc_sys = ProcSys()

    def open(self) -> None:
        self._own = os.open(OWN_NETNS, os.O_RDONLY | os.O_CLOEXEC)
        self._hosts = {_identity(self._own)}
        with contextlib.suppress(OSError):  # it may be closed to us
            status = os.stat(_FIRST_PROCESS)
            self._hosts.add((status.st_dev, status.st_ino))

    def close(self) -> None:
        os.close(self._own)
        self._own = -1
        self._proc_sys.close()

    @contextlib.contextmanager
    def descriptor(self, netns: str | None) -> t.Iterator[int]:
        """The namespace, open for the length of a block. Raises NoNamespace."""
        if netns is None:
            yield self._own
            return
        fd = _open(self._path(netns))
        try:
            identity = _identity(fd)
            if identity in self._hosts:
                raise HostNamespace(f"{netns} leads to the host's own network namespace, which is no sandbox")
            if self._known.setdefault(netns, identity) != identity:
                raise NoNamespace(f"the network namespace at {netns} was replaced during this run; run again")
            yield fd
        finally:
            os.close(fd)

    def _path(self, netns: str) -> str:
        """Where a namespace is. The process may be in any meanwhile, and is in the same one afterwards."""
        if self._find is None or netns.startswith("/"):
            return netns
        if netns not in self._paths:
            here = os.open(OWN_NETNS, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _set(self._own)
                self._paths[netns] = self._find(netns)
            finally:
                _set(here)
                os.close(here)
        return self._paths[netns]

    def identity(self, netns: str) -> Identity:
        """What tells it from all others, by whichever path it is found. Raises NoNamespace."""
        with self.descriptor(netns) as fd:
            return _identity(fd)

    def open_sysctl(self, key: str, flags: int, netns: str | None) -> int:
        """A descriptor of a file below /proc/sys, while the process is in that namespace. Raises OSError."""
        return self._proc_sys.open(key, flags, sandbox=netns is not None)

    def forget(self, netns: str) -> None:
        """Another namespace may be found at that path from now on: this run replaces it."""
        self._known.pop(netns, None)

    def enter(self, netns: str | None) -> None:
        with self.descriptor(netns) as fd:
            _set(fd, netns)

    @contextlib.contextmanager
    def remembered(self) -> t.Iterator[int]:
        """The one that the process is in, open for the length of a block, for ``go_back``."""
        fd = os.open(OWN_NETNS, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield fd
        finally:
            os.close(fd)

    def go_back(self, place: int | None) -> None:
        """Be where the process was; None is the host's own."""
        _set(self._own if place is None else place)

    def make(self) -> None:
        """Be in a new one, which has no path yet."""
        if _libc.unshare(CLONE_NEWNET) != 0:
            raise WireError(f"cannot make a network namespace: {os.strerror(ctypes.get_errno())}")


def _set(fd: int, netns: str | None = None) -> None:
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        name = netns or "of the host"
        raise WireError(f"cannot enter network namespace {name}: {os.strerror(ctypes.get_errno())}")


def is_there(path: str) -> bool:
    """Is there anything at a path, be it a link that leads nowhere?"""
    try:
        os.close(os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC))
    except (OSError, ValueError):
        return False
    return True


def identity_at(path: str) -> Identity:
    """Of whatever is at a path, which may be somebody's file system that never answers. Raises OSError."""
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        return unasked(place)
    finally:
        os.close(place)


def unasked(place: int) -> Identity:
    """Of a file that was found and not opened, without asking a file system for what is known of it (statx(2))."""
    answer = ctypes.create_string_buffer(_STATX.size)
    statx = getattr(_libc, "statx", None)
    if statx is None or statx(place, b"", _AT_EMPTY_PATH | _AT_STATX_DONT_SYNC, _STATX_INO, answer) != 0:
        return _identity(place)  # a C library, or a filter of system calls, that does not know it
    inode, major, minor = _STATX.unpack(answer.raw)
    return os.makedev(major, minor), inode


def _identity(fd: int) -> Identity:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def _open(path: str) -> int:
    """A descriptor of the namespace at a path. Nothing else is opened: a FIFO would block, a watchdog would start."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NoNamespace(f"there is no network namespace at {path} ({reason})") from error
    try:
        # All namespaces are files of one file system, and nothing else is.
        if unasked(place)[0] != os.stat(OWN_NETNS).st_dev:
            raise NoNamespace(f"there is no network namespace behind {path}")
        fd = os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(place)
    if fcntl.ioctl(fd, _NS_GET_NSTYPE) != CLONE_NEWNET:
        os.close(fd)
        raise NoNamespace(f"what is at {path} is a namespace, but not one of a network")
    return fd
