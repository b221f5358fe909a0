# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind that there is: each file of ``kinds/`` holds one.

On a host these are the kinds that Ansible has sent. It sends what a module imports in so many words, so a module that
is about objects of every kind is sent with an import of each (``plugin_utils/run/every_kind.py``).
"""

from __future__ import annotations

import importlib
import types
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import kinds as _folder
from ansible_collections.containerhost.network.plugins.module_utils import startup
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind


class InconsistentKinds(Exception):
    """Files of ``kinds/`` that contradict each other, in a sentence for their author."""


def files() -> list[str]:
    """The names of the files of ``kinds/``, sorted, without their ending."""
    return startup.files_of(_folder)


def kind_of(file: types.ModuleType) -> Kind:
    """The one kind that a file defines. Raises InconsistentKinds where there is none, or more."""
    found = [
        value
        for value in vars(file).values()
        if isinstance(value, type) and issubclass(value, Kind) and value.__module__ == file.__name__
    ]
    if len(found) != 1:
        names = ", ".join(sorted(each.__name__ for each in found)) or "none"
        raise InconsistentKinds(f"{file.__name__} must define one kind, and defines {names}")
    kind = found[0]()
    own = file.__name__.rpartition(".")[2]
    if getattr(kind, "name", None) != own:
        raise InconsistentKinds(f"{file.__name__} must define the kind {own}: `name` of {found[0].__name__} says that")
    return kind


def checked(kinds: t.Iterable[Kind]) -> tuple[Kind, ...]:
    """The kinds, once no two of them have one name, or devices of one kind. Raises InconsistentKinds."""
    every = tuple(kinds)
    for what, name_of in (("name", lambda kind: kind.name), ("kernel_kind", lambda kind: kind.kernel_kind)):
        holders: dict[str, Kind] = {}
        for kind in every:
            name = name_of(kind)
            if name is not None and holders.setdefault(name, kind) is not kind:
                one, other = (type(each).__module__ for each in (holders[name], kind))
                raise InconsistentKinds(f"{one} and {other} both have the {what} {name}; give one of them another")
    return every


def in_reading_order(kinds: t.Iterable[Kind]) -> list[Kind]:
    """As people read a diff: devices, what is kept on them, rules, settings; by name within each.

    What comes after rules is read with them, or it would take them along to where it is.
    """
    kinds = list(kinds)
    rules = {kind.name for kind in kinds if kind.guards}

    def place_of(kind: Kind) -> tuple[int, str]:
        if kind.shared:
            return 3, kind.name
        if kind.guards or (not kind.kernel_kind and rules & set(kind.after)):
            return 2, kind.name
        return (0 if kind.kernel_kind or not kind.after else 1), kind.name

    return sorted(kinds, key=place_of)


KINDS: tuple[Kind, ...] = checked(
    in_reading_order(kind_of(importlib.import_module(f"{_folder.__name__}.{name}")) for name in files())
)
