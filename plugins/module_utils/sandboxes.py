# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where containers' network namespaces are, on this host, now: ``{engine, ref}`` to a path.

A document names a sandbox by reference, never by pid. Where a reference alone leads to a path, that is the namespace's
name. Elsewhere its name is ``docker:db``: the engine is asked when first needed, once for all containers of a run.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    ContainerEngine,
    NoContainer,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engines.docker import Docker
from ansible_collections.containerhost.network.plugins.module_utils.engines.lxc import Lxc
from ansible_collections.containerhost.network.plugins.module_utils.engines.netns import Netns
from ansible_collections.containerhost.network.plugins.module_utils.engines.nspawn import Nspawn
from ansible_collections.containerhost.network.plugins.module_utils.engines.path import Path
from ansible_collections.containerhost.network.plugins.module_utils.engines.pid import Pid
from ansible_collections.containerhost.network.plugins.module_utils.engines.podman import Podman
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace

ENGINES: dict[str, ContainerEngine] = {
    engine.name: engine for engine in (Netns(), Docker(), Podman(), Nspawn(), Lxc(), Pid(), Path())
}

Sandbox = t.Mapping[str, str]


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

    def __init__(self, known: t.Mapping[str, str] | None = None, only: t.Collection[str] | None = None) -> None:
        self._asked_for: dict[str, dict[str, None]] = {}
        self._answers: dict[str, str | NoContainer] = dict(known or {})
        self._only = only

    def expect(self, sandboxes: t.Iterable[Sandbox | None]) -> None:
        """These will be gone to: whoever is asked for one of them is asked for all."""
        for sandbox in sandboxes:
            if sandbox is not None:
                self._asked_for.setdefault(sandbox["engine"], {})[sandbox["ref"]] = None

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
        return answer
