# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine calls ``containerhost hook ENGINE`` about a container that starts, before its first process runs.

The engine waits for the answer, and whoever asks it about this container waits for the engine. So nobody is asked: the
caller says where the container's namespace is. A run that is at work may itself be waiting for the engine; then the
container is attached behind the engine's back, as soon as the run has ended.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    HOSTS,
    RESOLV,
    Running,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import (
    Busy,
    Ended,
    kernel_of_this_host,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep import report, saved
from ansible_collections.containerhost.network.plugins.module_utils.keep.console import complain
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import (
    Outcome,
    attach,
    is_meant,
    sandbox_names,
)
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import PATIENCE

_PATIENCE = 5.0  # seconds; a run waits 20 for an engine's answer


class Started(t.NamedTuple):
    """A container that starts: by what it may be called, and the process whose namespace is its own."""

    refs: t.Sequence[str]
    pid: int
    hosts: t.Optional[str] = None
    resolv: t.Optional[str] = None
    root: t.Optional[str] = None


def _of_podman() -> Started | None:
    """A container's state on standard input (OCI runtime specification, "State"), and its name from the storage."""
    state = json.load(sys.stdin)
    bundle = state["bundle"]
    names = _names_in(os.path.join(os.path.dirname(os.path.dirname(bundle)), "containers.json"), state["id"])
    return Started([*names, state["id"]], int(state["pid"]), *_files_of(bundle))


def _files_of(bundle: str) -> list[str | None]:
    """What the container is to have for these files, and its root, which no process of its is in yet.

    Of its configuration (OCI runtime specification, "Mounts" and "Root").
    """
    try:
        whole = json.loads(read_text(os.path.join(bundle, "config.json")))
        sources = {each["destination"]: each.get("source") for each in whole["mounts"]}
        root = os.path.join(bundle, whole["root"]["path"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [*(sources.get(f"/etc/{name}") for name in (HOSTS, RESOLV)), root]


def _names_in(path: str, identity: str) -> list[str]:
    """What the storage calls a container; its engine cannot be asked, as it waits for us."""
    for place in (path, os.path.join(os.path.dirname(path), f"volatile-{os.path.basename(path)}")):
        try:
            rows = json.loads(read_text(place))
        except (OSError, ValueError):
            continue
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and row.get("id") == identity and row.get("names"):
                return list(row["names"])
    return []


def _of_lxc() -> Started | None:
    """LXC_NAME and LXC_PID (lxc.container.conf(5), "CONTAINER HOOKS")."""
    name, pid = os.environ.get("LXC_NAME"), os.environ.get("LXC_PID", "")
    return Started([name], int(pid)) if name and pid.isdigit() else None


ENGINES: dict[str, t.Callable[[], t.Optional[Started]]] = {"podman": _of_podman, "lxc": _of_lxc}


def called_by(engine: str) -> None:
    """Attach the container that is told of, if the document has it. Never fails: what is wrong is said, and stays."""
    try:
        started = ENGINES[engine]()
        if started is None:
            return
        name = _name_of(engine, started.refs)
        if name is None:
            return
        files = started.hosts, started.resolv
        path, root = f"/proc/{started.pid}/ns/net", started.root or f"/proc/{started.pid}/root"
        try:
            _attach(name, Running(path, *files, root), _PATIENCE)
        except Busy:
            # Held while the engine waits: by the time that the run has ended, the process may be another one.
            held = f"/proc/self/fd/{os.open(path, os.O_RDONLY)}"
            root = _held(started.root) if started.root else f"{_held(f'/proc/{started.pid}')}/root"
            if os.fork() == 0:
                _later(name, Running(held, *files, root))
    except (Problem, Ended) as error:
        complain(f"containerhost: {error}")
    except Exception:
        traceback.print_exc()


def _held(folder: str) -> str:
    """A way to a folder that stays this one's. It is not opened, as it may be one that never answers."""
    return f"/proc/self/fd/{os.open(folder, os.O_PATH)}"


def _name_of(engine: str, refs: t.Collection[str]) -> str | None:
    """What the saved document calls this container; None where it has none of it."""
    document = saved.read()
    known = sandbox_names(document) if document is not None else {}
    return next((name for name, sandbox in known.items() if is_meant(sandbox, engine, refs)), None)


def _attach(name: str, container: Running, patience: float) -> None:
    sandboxes = Sandboxes({name: container}, only=())
    with kernel_of_this_host(KINDS, sandboxes=sandboxes, patience=patience) as kernel:
        document = saved.read()
        outcome = attach(kernel, document, [name]) if document else Outcome((), ())
    for line in report.lines(outcome):
        complain(line)


def _later(name: str, container: Running) -> t.NoReturn:
    """In a process of its own, which nobody waits for."""
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        _attach(name, container, PATIENCE)
    finally:
        os._exit(0)
