# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted where somebody else has a say, told without asking it: it may be a file system that never answers.

With ``O_PATH`` a file is found, and not opened. That asks the file system which it is found in; what is mounted on it
is not asked. So whoever goes on step by step, and has each step looked at here, waits for nobody.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import unasked
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text

PATH = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
# Each answer of theirs is made by a process, be it on another machine: open(2) and stat(2) wait for it.
_ASKING = frozenset("autofs fuse fuseblk virtiofs 9p nfs nfs4 cifs smb3 afs ceph coda lustre orangefs".split())
_OWN = "/proc/self/mountinfo"
_OF_PROCESS = re.compile(r"(/proc/(?:[0-9]+|self/fd/[0-9]+))/root")


class MountLine(t.NamedTuple):
    """Of proc_pid_mountinfo(5): the device, which several mounts of one file system share, and its type."""

    device: str
    type: str


def fault(place: int, root: str) -> str | None:
    """Why nothing may be asked of a file (a descriptor with ``O_PATH``), in words; None where it may be.

    ``root``: by which folder it was found. What the host itself has mounted is its own affair; that is as long as there
    are containers, and is looked at only where the container's own table is not enough.
    """
    process, number = _OF_PROCESS.fullmatch(root), _number(place)
    try:
        mounts = _read(f"{process[1]}/mountinfo" if process else _OWN)
    except OSError:
        return "its container has ended"
    mount = mounts.get(number)
    if mount is not None and not _asks(mount.type):
        return None
    own = _read(_OWN)
    mount = mount or own.get(number) or _by_device(place, {**mounts, **own})
    if mount is None:
        return "what is mounted there cannot be told"
    if not _asks(mount.type) or mount.device in {each.device for each in own.values()}:
        return None
    return f"a file system of type {mount.type} is mounted there, which may never answer"


def _by_device(place: int, mounts: t.Mapping[str, MountLine]) -> MountLine | None:
    """Of a process that has changed its root (chroot(2)), the table does not show what that is on."""
    device = unasked(place)[0]
    return next((each for each in mounts.values() if each.device == f"{os.major(device)}:{os.minor(device)}"), None)


def _asks(kind: str) -> bool:
    return kind in _ASKING or kind.startswith("fuse.")


def _number(place: int) -> str:
    lines = read_text(f"/proc/self/fdinfo/{place}").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("mnt_id:"))


def _read(path: str) -> dict[str, MountLine]:
    """By number of the mount."""
    found = {}
    for line in read_text(path).splitlines():
        words = line.split()
        found[words[0]] = MountLine(words[2], words[words.index("-", 6) + 1])
    return found
