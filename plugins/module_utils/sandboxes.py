# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where containers' network namespaces are, on this host, now: ``{engine, ref}`` to a path.

A document names a sandbox by reference, never by pid. Where a reference alone leads to a path, that is the namespace's
name. Elsewhere its name is ``docker:db``: the engine is asked when first needed, once for all containers of a run.

Each file of ``engines/`` is an engine, of the file's name. On a host these are the files that Ansible has sent: a
module that goes into sandboxes is sent with all of them (``plugin_utils/run/every_kind.py``). One is imported when it
is needed.
"""

from __future__ import annotations

import importlib
import os
import re
import types
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import engines as _folder
from ansible_collections.containerhost.network.plugins.module_utils import startup
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    HOSTS,
    Answers,
    ContainerEngine,
    NoContainer,
    Running,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import (
    FilePlace,
    InsideFile,
)


class Unreachable(Exception):
    """What is in the file system of a container cannot be known now."""


class InconsistentEngines(Exception):
    """A file of ``engines/`` that is not one engine of its name, in a sentence for its author."""


_OF_PROCESS = re.compile(r"(/proc/[0-9]+)/ns/net")
_FIRST = ("netns", "docker")  # the first is what a container has that names none


class Engines(t.MutableMapping[str, ContainerEngine]):
    """The engines of a package by name, sorted, behind those that most containers have."""

    def __init__(self, package: types.ModuleType) -> None:
        self._package = package.__name__
        found = startup.files_of(package)
        found.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
        self._engines: dict[str, ContainerEngine | None] = dict.fromkeys(found)

    def __getitem__(self, name: str) -> ContainerEngine:
        engine = self._engines[name]
        if engine is None:
            engine = self._engines[name] = _engine_of(importlib.import_module(f"{self._package}.{name}"), name)
        return engine

    def __setitem__(self, name: str, engine: ContainerEngine) -> None:
        self._engines[name] = engine

    def __delitem__(self, name: str) -> None:
        del self._engines[name]

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)

    def __contains__(self, name: object) -> bool:
        return name in self._engines  # without a look into its file


def _engine_of(file: types.ModuleType, name: str) -> ContainerEngine:
    """The one engine that a file defines. A name is a file's, so no two engines have one."""
    found = [
        value
        for value in vars(file).values()
        if isinstance(value, type) and issubclass(value, ContainerEngine) and value.__module__ == file.__name__
    ]
    if len(found) != 1:
        names = ", ".join(sorted(each.__name__ for each in found)) or "none"
        raise InconsistentEngines(f"{file.__name__} must define one engine, and defines {names}")
    if found[0].name != name:
        raise InconsistentEngines(
            f"{file.__name__} defines the engine {found[0].name}: give the file the engine's name, or the engine the"
            " file's"
        )
    return found[0]()


ENGINES = Engines(_folder)

Sandbox = t.Mapping[str, str]


def sandboxes_of(values: t.Mapping[str, t.Any]) -> list[Sandbox]:
    """Those that an object is about: one that it ends in, or one that joins another."""
    return [values[name] for name in ("sandbox", "container", "joins") if values.get(name) is not None]


def netns_of(sandbox: Sandbox) -> str:
    """How the namespace of a sandbox is named. Raises Problem for what is no reference to one."""
    name, ref = sandbox["engine"], sandbox["ref"]
    if name not in ENGINES:
        raise Problem(f"engine {name} must be one of {', '.join(ENGINES)}")
    mistake = ENGINES[name].mistake(ref)
    if mistake:
        raise Problem(": ".join(mistake))
    return ENGINES[name].path(ref) or f"{name}:{ref}"


class Sandboxes:
    """The answers of this host's engines, for one run.

    ``known``: paths by name that need not be asked for. ``only``: the engines that may be asked, None for all: one that
    waits for the asker gives no answer, and one that does not run is started by the question.
    """

    def __init__(
        self, known: t.Mapping[str, str | Running] | None = None, only: t.Collection[str] | None = None
    ) -> None:
        self._asked_for: dict[str, dict[str, None]] = {}
        self._answers: Answers = dict(known or {})
        self._only = only

    def expect(self, sandboxes: t.Iterable[Sandbox | None]) -> None:
        """These will be gone to: whoever is asked for one of them is asked for all."""
        for sandbox in sandboxes:
            if sandbox is not None:
                self._asked_for.setdefault(sandbox["engine"], {})[sandbox["ref"]] = None

    def ask(self, name: str) -> None:
        """Ask an engine now for all that are expected of it, and not when somebody wants to know."""
        refs = list(self._asked_for.get(name, ()))
        if refs:
            self._answers.update((f"{name}:{ref}", answer) for ref, answer in ENGINES[name].find(refs).items())

    def forget_ended(self) -> None:
        """Containers that have ended since their engine was asked are asked for again."""
        ended = [
            netns
            for netns, answer in self._answers.items()
            if isinstance(answer, Running) and not os.path.exists(answer.netns)
        ]
        for netns in ended:
            del self._answers[netns]

    def path_of(self, netns: str) -> str:
        """The path of a namespace. Raises NoNamespace, in the engine's words."""
        if netns.startswith("/"):
            return netns
        if netns not in self._answers:
            name, _colon, ref = netns.partition(":")
            refs = self._asked_for.setdefault(name, {})
            refs[ref] = None
            new = [one for one in refs if f"{name}:{one}" not in self._answers]
            if self._only is None or name in self._only:
                found = ENGINES[name].find(new)
            else:
                found = {one: NoContainer(f"{name} is not asked for {one} now") for one in new}
            self._answers.update((f"{name}:{one}", answer) for one, answer in found.items())
        answer = self._answers[netns]
        if isinstance(answer, NoContainer):
            raise NoNamespace(answer.reason)
        return answer.netns if isinstance(answer, Running) else answer

    def file_of(self, netns: str, name: str) -> FilePlace | None:
        """What a container reads for ``/etc/hosts`` or ``/etc/resolv.conf``, by the name of its namespace and of the
        file; None: none of its own. Raises NoNamespace."""
        path = self.path_of(netns)
        answer = self._answers.get(netns)
        running = answer if isinstance(answer, Running) else Running(path)
        made = running.hosts if name == HOSTS else running.resolv
        if made is not None or name not in ENGINES[netns.partition(":")[0]].keeps:
            return made
        process = _OF_PROCESS.fullmatch(path)
        root = running.root or (f"{process[1]}/root" if process else None)
        return InsideFile(root, "etc", name) if root else None

    def kept_file_of(self, netns: str, name: str) -> FilePlace | None:
        """The same of a container that does not run; None where that has none of its own, or has gone itself. Raises
        Unreachable where it is not on the host."""
        engine, _colon, ref = netns.partition(":")
        answer = self._answers.get(netns)
        if name not in ENGINES[engine].keeps or (isinstance(answer, NoContainer) and answer.gone):
            return None
        root = ENGINES[engine].root_of(ref)
        if root is None:
            raise Unreachable(f"the file system of {engine} {ref} is not on this host while it does not run")
        return InsideFile(root, "etc", name)

    def asked_by(self, netns: str) -> tuple[str, ...]:
        """The name servers that a container was started with. Raises NoNamespace."""
        self.path_of(netns)
        answer = self._answers.get(netns)
        return answer.asks if isinstance(answer, Running) else ()

    def may_know(self, netns: str) -> bool:
        """Is it known, or may its engine be asked?"""
        return netns in self._answers or self._only is None or netns.partition(":")[0] in self._only
