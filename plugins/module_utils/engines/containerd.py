# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``containerd``: containers that it runs itself, such as nerdctl's, asked once for all of a namespace.

A reference is a container's id, its beginning, or the name that nerdctl gave it, behind a namespace of containerd's
where that is not ``default``: ``k8s.io/0123456789ab``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    HOSTS,
    RESOLV,
    Answers,
    ContainerEngine,
    Done,
    Starts,
    ask,
)

_REF = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*/)?[A-Za-z0-9][A-Za-z0-9_.-]*")
_DEFAULT = "default"
_NAMED = "nerdctl/name"  # a container's label
_ID = 12  # digits of an id, as engines show it
_TASK = re.compile(r"(\S+)\s+([0-9]+)\s+(\S+)")
_START = re.compile(rb" (\S+) /tasks/start (\{.*\})")


class Containerd(ContainerEngine):
    name: t.ClassVar[str] = "containerd"
    has_hosts_file: t.ClassVar[bool] = True
    keeps: t.ClassVar[t.FrozenSet[str]] = frozenset((HOSTS, RESOLV))
    service: t.ClassVar[t.Optional[str]] = "containerd"
    plain_names: t.ClassVar[bool] = False

    def mistake(self, ref: str) -> tuple[str, str] | None:
        if _REF.fullmatch(ref):
            return None
        return f"{ref!r} is no container of containerd", "write its id or nerdctl's name for it, as NAMESPACE/ID or ID"

    def find(self, refs: t.Sequence[str]) -> Answers:
        found: Answers = {}
        for namespace in dict.fromkeys(_place(ref)[0] for ref in refs):
            found.update(self._find_in(namespace, [ref for ref in refs if _place(ref)[0] == namespace]))
        return found

    def _find_in(self, namespace: str, refs: t.Sequence[str]) -> Answers:
        try:
            tasks = _tasks(_asked(namespace, "tasks", "list"))
            there = _asked(namespace, "containers", "list", "--quiet").split()
            ids = {ref: _id_of(namespace, _place(ref)[1], there) for ref in refs}
        except OSError as error:
            return self.silent(refs, "containerd does not answer", error)
        return {
            ref: self.unknown(ref) if identity is None else self.of_pid(ref, tasks.get(identity, 0))
            for ref, identity in ids.items()
        }

    def starts(self) -> Starts:
        return _ContainerdEvents()


def _place(ref: str) -> tuple[str, str]:
    """A container's namespace, and what it is called there."""
    namespace, _slash, name = ref.rpartition("/")
    return namespace or _DEFAULT, name


def _asked(namespace: str, *words: str) -> str:
    done: Done = ask(["ctr", "--connect-timeout=2s", f"--namespace={namespace}", *words])
    if done.status:
        raise OSError(done.output or f"ctr {' '.join(words)} ended with {done.status}")
    return done.output


def _tasks(table: str) -> dict[str, int]:
    """The processes of containers that run, from a table of TASK, PID and STATUS."""
    rows = (_TASK.fullmatch(line.strip()) for line in table.splitlines())
    return {row[1]: int(row[2]) for row in rows if row and row[3] != "STOPPED"}


def _id_of(namespace: str, name: str, there: t.Sequence[str]) -> str | None:
    """By the id, nerdctl's name, or the beginning of one id."""
    if name in there:
        return name
    named = _asked(namespace, "containers", "list", "--quiet", f'labels."{_NAMED}"=={name}').split()
    begins = [each for each in there if len(name) >= _ID and each.startswith(name)]
    return next(iter(named or begins), None)


class _ContainerdEvents(Starts):
    """``ctr events``: a line for each, with the date, the namespace, what happened, and JSON. Raises OSError."""

    def __init__(self) -> None:
        self._rest = b""
        self._program = subprocess.Popen(
            ["ctr", "events"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._pipe = t.cast(t.IO[bytes], self._program.stdout).fileno()

    def fileno(self) -> int:
        return self._pipe

    def read(self) -> list[str]:
        some = os.read(self._pipe, 1 << 16)
        if not some:
            raise OSError("containerd has ended its events")
        *lines, self._rest = (self._rest + some).split(b"\n")
        return [ref for line in lines for ref in _names_in(line)]

    def close(self) -> None:
        self._program.kill()
        self._program.wait()
        self._program.stdout.close()  # type: ignore[union-attr]


def _names_in(line: bytes) -> list[str]:
    """What a container that starts may be called: by its id, and by nerdctl's name."""
    started = _START.search(line)
    try:
        namespace, identity = started[1].decode(), json.loads(started[2])["container_id"]  # type: ignore[index]
        names = [identity, *_name_of(namespace, identity)]
    except (TypeError, ValueError, KeyError):
        return []
    return [ref for name in names for ref in (f"{namespace}/{name}", *([name] if namespace == _DEFAULT else ()))]


def _name_of(namespace: str, identity: str) -> t.Iterator[str]:
    try:
        labels = json.loads(_asked(namespace, "containers", "info", identity)).get("Labels") or {}
    except (OSError, ValueError, AttributeError):
        return
    if _NAMED in labels:
        yield labels[_NAMED]
