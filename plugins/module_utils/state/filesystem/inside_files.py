# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in the file systems of containers. Whoever is in one may have put anything there, so no link is followed, and
nothing is asked that may never answer; what can be kept from ending all the same is done aside."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import sys
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.aside import Aside
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem import mount_tables
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    TOO_LARGE,
    read_text,
    text_of,
)

_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MODE = 0o644
_MOST = 1 << 24  # characters; a file without an end would be read into memory
_HOSTS_OWN = "/etc/"  # what is there, the host alone writes


class InsideFile(t.NamedTuple):
    """A file in a folder of the root of a container, which is at ``root`` on the host."""

    root: str
    folder: str
    name: str

    def __str__(self) -> str:
        return f"/{self.folder}/{self.name} in its file system"


# Where a file is: on the host, or in a container.
FilePlace = t.Union[str, InsideFile]


_beside = Aside()
_Work = t.TypeVar("_Work", bound=t.Callable[..., t.Any])


def _aside(work: _Work) -> _Work:
    """Done by a process that is not waited for long, where somebody in a container has a say."""

    @functools.wraps(work)
    def done(place: FilePlace, *arguments: t.Any) -> t.Any:
        if isinstance(place, str) and place.startswith(_HOSTS_OWN):
            return work(place, *arguments)
        about = place if isinstance(place, str) else "/".join(place)
        return _beside.do(about, _here, work.__name__, place, *arguments)

    return t.cast(_Work, done)


def _here(name: str, *arguments: t.Any) -> t.Any:
    return globals()[name].__wrapped__(*arguments)


def _open(place: FilePlace, flags: int) -> int:
    """A descriptor of a regular file. Raises OSError, also for what only looks like one: a FIFO would block."""
    if not isinstance(place, InsideFile):
        fd = os.open(place, flags | _FILE)
        try:
            _check_regular(fd, place)
        except OSError:
            os.close(fd)
            raise
        return fd
    with _folder_of(place) as folder, _found(place.name, place, folder) as found:
        if stat.S_ISLNK(os.fstat(found).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(place))
        _check_regular(found, place)
        return os.open(f"/proc/self/fd/{found}", flags | (_FILE & ~os.O_NOFOLLOW))


def _check_regular(fd: int, place: FilePlace) -> None:
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(place))


@_aside
def text_at(place: FilePlace) -> str:
    """What a file says, of the host's own or of a container's, which is small. Raises OSError."""
    return _text(place)


@_aside
def look_at(place: FilePlace) -> str:
    """The same where a link is followed, if it is on the host."""
    return read_text(place, _most(place)) if isinstance(place, str) else _text(place)


def _text(place: FilePlace) -> str:
    return text_of(_open(place, os.O_RDONLY), _most(place))


def _most(place: FilePlace) -> int | None:
    return None if isinstance(place, str) and place.startswith(_HOSTS_OWN) else _MOST


@_aside
def write(place: FilePlace, text: str, mode: int | None = None) -> None:
    """It stays the file that it is, as it may be mounted: by ``ip netns exec`` for programs that run on, by engines.

    ``mode``: of one that is ours in whole, and root's. Raises OSError.
    """
    with open(_open(place, os.O_WRONLY), "wb") as file:
        if mode is not None:
            os.fchown(file.fileno(), 0, 0)
            os.fchmod(file.fileno(), mode)
        content = text.encode("utf-8", "surrogateescape")
        file.write(content)
        file.flush()
        file.truncate(len(content))


@_aside
def create(place: InsideFile, text: str) -> None:
    """Make a file that nobody has, as its folder's owner's. Raises OSError."""
    with _folder_of(place) as folder:
        fd = os.open(place.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, _MODE, dir_fd=folder)
        with open(fd, "wb") as file:
            owner = os.fstat(folder)
            os.fchown(fd, owner.st_uid, owner.st_gid)  # root of a user namespace has a number of its own
            os.fchmod(fd, _MODE)
            file.write(text.encode("utf-8", "surrogateescape"))


@_aside
def remove(place: InsideFile) -> None:
    with _folder_of(place) as folder, contextlib.suppress(FileNotFoundError):
        os.unlink(place.name, dir_fd=folder)


def fault(place: FilePlace, hosts_own: str) -> str | None:
    """Why a file cannot be written for a container, in words that follow what it is; None where it can be.

    ``hosts_own``: the file that the host itself reads.
    """
    try:
        return _fault(place, hosts_own)
    except OSError as error:
        return f"cannot be used ({error.strerror})"


@_aside
def _fault(place: FilePlace, hosts_own: str) -> str | None:
    try:
        fd = _open(place, os.O_RDONLY)
    except FileNotFoundError:
        return _lacks_folder(place)
    except OSError as error:
        return "is a link" if error.errno == errno.ELOOP else f"cannot be used ({error.strerror})"
    try:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(fd), os.stat(hosts_own)):
                return "is the host's own"
        if os.fstat(fd).st_size > (_most(place) or sys.maxsize):
            return f"cannot be used ({TOO_LARGE})"
        return "can only be read" if os.fstatvfs(fd).f_flag & os.ST_RDONLY else None
    finally:
        os.close(fd)


def _lacks_folder(place: FilePlace) -> str | None:
    if not isinstance(place, InsideFile):
        return "is missing"
    try:
        with _found(place.root, place) as root, contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(root), os.stat("/")):
                return "is the host's own"
        with _folder_of(place) as folder:
            return "is missing, and cannot be made" if os.fstatvfs(folder).f_flag & os.ST_RDONLY else None
    except OSError:
        return "is missing, and its folder as well"


@contextlib.contextmanager
def _folder_of(place: InsideFile) -> t.Iterator[int]:
    """Raises OSError, also where the folder is a link."""
    with _found(place.root, place) as root, _found(place.folder, place, root) as folder:
        if not stat.S_ISDIR(os.fstat(folder).st_mode):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(place))
        yield folder


@contextlib.contextmanager
def _found(name: str, place: InsideFile, folder: int | None = None) -> t.Iterator[int]:
    """A step on the way to a file: found (``O_PATH``), and known to answer. The root alone may be a link, of the
    host's. Raises OSError."""
    flags = mount_tables.PATH if folder is not None else mount_tables.PATH & ~os.O_NOFOLLOW
    fd = os.open(name, flags, dir_fd=folder)
    try:
        fault_ = mount_tables.fault(fd, place.root)
        if fault_ is not None:
            raise OSError(errno.ETIMEDOUT, fault_, str(place))
        yield fd
    finally:
        os.close(fd)
