# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of this host that is on trial: it stands only once the run that made it has come back over a new connection.

The folder ``/run/containerhost/trial`` has

* ``before.json``: what was there before, as a document; ``program``: what goes back to it
* ``about.json``: ``token``, which names the run; ``way``, how it came (SSH_CONNECTION)
* ``until``: when the time is over (CLOCK_MONOTONIC, which all processes of a host share)
* ``guard``: locked by the process that goes back, for as long as it lives; its number is in it
* ``went_back``: what became of it, where nobody has come.

A reboot takes the folder away, and the boot restores what was saved before.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)

NAME = "trial"  # in the folder of the lock
_FILES = ("before.json", "program", "about.json", "until", "guard")
_SIGTERM = 15  # signal(7)


class Trial:
    """The trial of a host, if there is one. Whoever changes anything of it holds the host's lock."""

    def __init__(self, folder: str = "/run/containerhost") -> None:
        self.folder = f"{folder}/{NAME}"

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def prepare(self, token: str, way: str, before: t.Mapping[str, t.Any]) -> None:
        """Raises OSError."""
        self.forget()
        os.mkdir(self.folder, 0o700)
        replace_text(self.path("before.json"), json.dumps(before))
        replace_text(self.path("about.json"), json.dumps({"token": token, "way": way}))

    def extend(self, seconds: float) -> None:
        """The time begins now."""
        replace_text(self.path("until"), repr(time.monotonic() + seconds))

    def left(self) -> float:
        """Seconds that are left."""
        return float(read_text(self.path("until"))) - time.monotonic()

    def before(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", json.loads(read_text(self.path("before.json"))))

    def way(self) -> str:
        return str(self._about().get("way"))

    def is_of(self, token: str | None) -> bool:
        return token is not None and self._about().get("token") == token

    def _about(self) -> dict[str, t.Any]:
        try:
            return t.cast("dict[str, t.Any]", json.loads(read_text(self.path("about.json"))))
        except (OSError, ValueError):
            return {}

    @contextlib.contextmanager
    def guarded(self) -> t.Iterator[None]:
        """Be the process that goes back."""
        fd = os.open(self.path("guard"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, str(os.getpid()).encode())
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(fd)

    def guard(self) -> int | None:
        """The process that goes back, if it lives: without it nothing is on trial."""
        try:
            fd = os.open(self.path("guard"), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except BlockingIOError:
            return int(os.read(fd, 20))
        finally:
            os.close(fd)

    def is_anothers(self, token: str | None) -> bool:
        """Is a change on trial, and another one than that of this run?"""
        return os.path.lexists(self.folder) and self.guard() is not None and not self.is_of(token)

    def confirm(self) -> None:
        """What was changed stays."""
        guard = self.guard()
        self.forget()
        if guard is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(guard, _SIGTERM)

    def end(self, told: str) -> None:
        """It went back; the run that comes too late is told of it."""
        replace_text(self.path("went_back"), told)
        for name in _FILES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(name))

    def told(self) -> str | None:
        """What became of the one that was here last."""
        with contextlib.suppress(OSError):
            return read_text(self.path("went_back"))
        return None

    def forget(self) -> None:
        """Whatever is left here of one that has ended."""
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)
