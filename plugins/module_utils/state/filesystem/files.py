# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files, read without waiting for anybody and written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

TOO_LARGE = "it is larger than any file of its kind"


class CannotKeep(Exception):
    """What keeps the host cannot be written; its networks are made."""


def read_text(path: str, most: int | None = None) -> str:
    """The text of a regular file. Raises OSError, also for what only looks like one: a FIFO would block for ever.

    ``most``: of so many characters, where somebody else writes it; else for any number.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return text_of(fd, most)


def text_of(fd: int, most: int | None = None) -> str:
    """All that a descriptor's file says; it is closed then. Raises OSError, also for more than ``most`` characters."""
    with open(fd, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read() if most is None else file.read(most + 1)
    if most is not None and len(text) > most:
        raise OSError(errno.EFBIG, TOO_LARGE)
    return text


def is_as_written(path: str, mode: int) -> bool:
    """Is there a file with this mode that belongs to who we are, as to root?"""
    try:
        there = os.stat(path)
    except OSError:
        return False
    return there.st_mode & 0o7777 == mode and there.st_uid == os.geteuid()


def replace_text(
    path: str, text: str, mode: int = 0o600, sync: bool = False, draft: str | None = None
) -> None:
    """Replace a file of text: see ``replace_file``."""
    replace_file(path, text.encode("utf-8", "surrogateescape"), mode, sync, draft)


def replace_file(
    path: str, content: bytes, mode: int = 0o600, sync: bool = False, draft: str | None = None
) -> None:
    """Replace a file: whoever reads it sees the old one or the new one, never a part.

    ``sync``: also after the power was lost, at any moment. ``draft``: where it is written first, on the same file
    system. Raises OSError.
    """
    temporary = draft or f"{path}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(fd, "wb") as file:
            os.fchmod(fd, mode)
            file.write(content)
            file.flush()
            if sync:
                os.fsync(fd)
        os.replace(temporary, path)
        if sync:
            sync_folder(os.path.dirname(path))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def sync_folder(path: str) -> None:
    """The names in a folder are on the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def what_is_at(path: str) -> str | None:
    """In two words, without following a link; None where nothing is."""
    try:
        mode = os.lstat(path).st_mode
    except (OSError, ValueError):
        return None
    kinds = ((stat.S_ISLNK, "link"), (stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
    for is_one, name in kinds:
        if is_one(mode):
            return f"a {name}"
    return "a file" if stat.S_ISREG(mode) else "a device"
