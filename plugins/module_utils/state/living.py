# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces that live on without the name, or the container, by which they were found.

A namespace lives for as long as a process is in it, a file is mounted on it, or somebody has it open.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import identity_at


class LivingNamespaces:
    """Those of this machine, by device and inode of the namespace."""

    def way_into(self, identity: tuple[int, int]) -> str | None:
        """A path to a namespace, whatever keeps it; None where nothing does."""
        for paths in (_of_processes, _of_mounts, _of_descriptors):
            for path in paths():
                if _is_at(path, identity):
                    return path
        return None

    def of_processes(self) -> dict[tuple[int, int], str]:
        """The namespaces that processes are in, each by the path of one of them."""
        found: dict[tuple[int, int], str] = {}
        for path in _of_processes():
            try:
                status = os.stat(path)
            except OSError:  # the process has ended, or is closed to us
                continue
            found.setdefault((status.st_dev, status.st_ino), path)
        return found


def _is_at(path: str, identity: tuple[int, int]) -> bool:
    try:
        return identity_at(path) == identity
    except OSError:  # the process has ended, or is closed to us
        return False


def _of_processes() -> t.Iterator[str]:
    return (f"/proc/{name}/ns/net" for name in os.listdir("/proc") if name.isdecimal())


def _of_mounts() -> t.Iterator[str]:
    """proc_pid_mountinfo(5): the fourth field is what is mounted, ``net:[4026532000]``; the fifth is where."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            words = line.split()
            if words[3].startswith("net:["):
                yield re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), words[4])


def _of_descriptors() -> t.Iterator[str]:
    """One whose file was unmounted since it was opened shows as ``/``, and so does a folder of anybody's."""
    import glob

    for path in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(path) == "/" or os.readlink(path).startswith("net:["):
                yield path
        except OSError:
            continue
