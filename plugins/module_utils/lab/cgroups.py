# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control group for each lab host, so that engines inside see a tree that starts with them.

Docker, podman and systemd read /proc/self/cgroup; entered from outside they would find ``0::/../..``. A machine
without a writable cgroup2 (an unprivileged container) has labs all the same: its hosts then share its group.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab import init
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError

_TOP = "containerhost-lab"


def top(lab: str) -> str | None:
    """Where the lab's groups are or would be."""
    mounted = _mounted()
    return None if mounted is None else os.path.join(mounted, _TOP, lab)


def make(path: str | None) -> str | None:
    """Make a group. None: this machine does not let us."""
    if path is None:
        return None
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return None
        raise
    return path


def join(path: str) -> None:
    with open(os.path.join(path, "cgroup.procs"), "w", encoding="ascii") as stream:
        stream.write("0")


def remove(path: str | None) -> None:
    """Remove a group and those below it, with whatever still runs in them: all of it is the lab's."""
    if path is None or not os.path.isdir(path):
        return
    groups = [folder for folder, _names, _files in os.walk(path, topdown=False)]
    init.kill((pid, None) for group in groups for pid in _processes(group))
    for group in groups:
        _remove_empty(group)


def remove_parents(path: str | None) -> None:
    """Remove what was made above the lab's own group, unless another lab lives there."""
    if path is not None:
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(path))


def _remove_empty(group: str) -> None:
    """A group is busy for a moment after its last process has ended."""
    for _try in range(200):
        try:
            os.rmdir(group)
            return
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        time.sleep(0.01)
    raise LabError(f"cgroup {group} stays busy")


def _processes(group: str) -> t.Iterator[int]:
    with contextlib.suppress(OSError), open(os.path.join(group, "cgroup.procs"), encoding="ascii") as stream:
        for line in stream:
            # 0 stands for a process that this PID namespace does not see.
            if int(line) > 0:
                yield int(line)


def _mounted() -> str | None:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:
        for row in map(str.split, lines):
            if row[row.index("-") + 1] == "cgroup2":
                return row[4]
    return None
