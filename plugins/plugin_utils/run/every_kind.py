# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a module to its host together with every container engine, and every kind, there is.

Ansible finds what a module needs by reading its imports, so what is discovered by looking into a folder does not
travel. A module that is about objects of every kind is therefore sent as a copy of itself that imports each file of
``kinds/`` by name; one that goes into sandboxes, as a copy that names those of ``engines/``, which it imports when it
needs them. The copy is written once per run into Ansible's own temporary folder and found there as a role's
``library/`` is.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader

from ansible_collections.containerhost.network.plugins.module_utils.engine import discovery
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection

_PACKAGE = "ansible_collections.containerhost.network.plugins"
_FOLDER = "containerhost-modules"
_FIRST = "startup.begin()\n"  # a module's own first statement: whatever is imported comes after it


class SandboxAction(ActionBase):
    """Runs a module of ours with every engine. Subclasses name it as ``MODULE``, or call ``run_with_engines``."""

    MODULE = ""
    KINDS = False  # with every kind as well
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        return {**result, **self._send(self.MODULE, dict(self._task.args), task_vars, self.KINDS)}

    def run_with_engines(
        self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        return self._send(name, arguments, task_vars, kinds=False)

    @without_garbage_collection
    def _send(
        self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any] | None, kinds: bool
    ) -> dict[str, Any]:
        in_background = bool(self._task.async_val and not self._connection.has_native_async)
        # By its full name, as a role's tasks look into their own collection alone.
        copy = f"ansible.legacy.{write_module(name, kinds)}"
        return self._execute_module(copy, module_args=arguments, task_vars=task_vars, wrap_async=in_background)


class EveryKindAction(SandboxAction):
    """Runs a module of ours with every kind and engine, as ``MODULE`` or by ``run_with_every_kind``."""

    KINDS = True

    def run_with_every_kind(
        self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        return self._send(name, arguments, task_vars, kinds=True)


def write_module(name: str, kinds: bool = True) -> str:
    """Write the copy, unless another host's task has; its name for ``_execute_module``."""
    copy = f"containerhost_{name}"
    # A folder of its own: what was in one when a task first looked there is all that it ever finds in it.
    folder = os.path.join(C.DEFAULT_LOCAL_TMP, _FOLDER, copy)
    path = os.path.join(folder, f"{copy}.py")
    if not os.path.exists(path):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Hosts are served by processes of their own: each writes the whole file, and the last one wins.
        draft = f"{path}.{os.getpid()}"
        with open(draft, "w", encoding="utf-8") as file:
            file.write(with_all(_source(name), kinds))
        os.replace(draft, path)
    module_loader.add_directory(folder)
    return copy


def with_all(source: str, kinds: bool) -> str:
    """A module's text with an import of every kind behind its first statement, and one that names every engine."""
    before, first, after = source.partition(_FIRST)
    if not first:
        raise ValueError(f"the module does not begin with {_FIRST.strip()}")
    imports = "".join(f"import {_PACKAGE}.module_utils.kinds.{name}  # noqa\n" for name in discovery.files())
    engines = "".join(f"    import {_PACKAGE}.module_utils.engines.{name}  # noqa\n" for name in ENGINES)
    named = f"def _engines():  # sent along, and imported by whoever needs one\n{engines}"
    return f"{before}{first}\n{imports if kinds else ''}\n\n{named}\n\n{after}"


def _source(name: str) -> str:
    spec = importlib.util.find_spec(f"{_PACKAGE}.modules.{name}")
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no module {name}")
    with open(spec.origin, encoding="utf-8") as file:
        return file.read()
