# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Named namespaces: files of one folder, on which namespaces are mounted (ip-netns(8)).

Whatever else stands there is somebody's, except an empty file that the records speak of: a run that was killed has left
it, before it mounted the namespace or after it unmounted it.
"""

from __future__ import annotations

import os
import stat

from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NETNS_FOLDER
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import what_is_at
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.mounts import (
    beneath,
    bind,
    unmount,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records

FILE_MODE = 0o444
_MODES = (FILE_MODE, 0o440, 0o400)  # with the umask of a run of an earlier version


def stands_at(name: str, records: Records) -> str | None:
    """What keeps a namespace from being made under a name that none has, in two words; None where nothing does."""
    if not os.path.isdir(NETNS_FOLDER):
        found = what_is_at(NETNS_FOLDER)
        return found and f"instead of the folder {found}"
    place = f"{NETNS_FOLDER}/{name}"
    return None if is_leftover(place, records) else what_is_at(place)


def is_leftover(place: str, records: Records) -> bool:
    """A file that a killed run of ours has left there."""
    noted = place in records.places() or records.owner("netns", (None, os.path.basename(place))) is not None
    return noted and _is_bare(place)


def _is_bare(place: str) -> bool:
    """An empty file that nothing is mounted on."""
    try:
        status = os.lstat(place)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == 0 and not os.path.ismount(place)


def made_here() -> frozenset[str] | None:
    """Names whose file a run of ours has made, as its mode says; None where the kernel cannot look beneath namespaces.

    Whoever is in a namespace cannot reach the file that it is mounted on. ``ip netns`` makes one without any mode.
    """
    folder = beneath(NETNS_FOLDER)
    if folder is None:
        return None
    try:
        modes = {name: os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode for name in os.listdir(folder)}
    except OSError:  # one has gone since
        return None
    finally:
        os.close(folder)
    return frozenset(name for name, mode in modes.items() if stat.S_ISREG(mode) and stat.S_IMODE(mode) in _MODES)


def mount_at(place: str, namespace: str) -> None:
    """Have a new file lead to a namespace. Raises OSError."""
    fd = os.open(place, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    os.fchmod(fd, FILE_MODE)
    os.close(fd)
    try:
        bind(namespace, place)
    except OSError:
        os.unlink(place)
        raise


def is_link(name: str) -> bool:
    """Somebody's other name for a namespace that is elsewhere."""
    return os.path.islink(f"{NETNS_FOLDER}/{name}")


def tidied(place: str) -> bool:
    """Take away what a run has noted, a bare file or the empty folder. False: it is to be looked at again."""
    try:
        if _is_bare(place):
            os.unlink(place)
        elif place == NETNS_FOLDER and os.path.isdir(place):
            if os.listdir(place):
                return False
            unmount(place)
            os.rmdir(place)
    except OSError:  # it is gone, or somebody uses it
        pass
    return True
