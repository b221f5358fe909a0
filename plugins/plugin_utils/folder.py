# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders in which each file is one thing of a kind: a driver, an overlay's backend, an overlay's mode."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Protocol, TypeVar


class Named(Protocol):
    name: str


_T = TypeVar("_T", bound=Named)


class InconsistentFiles(Exception):
    """Files of a folder that contradict each other, in a sentence for their author."""


def files_of(package: str, path: Iterable[str]) -> list[ModuleType]:
    """The files of a package, sorted by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(path))
    return [importlib.import_module(f"{package}.{name}") for name in names]


def unique(what: str, found: Iterable[tuple[_T, str]]) -> Mapping[str, _T]:
    """Things with the files that hold them, by name. Two of one name are refused."""
    result: dict[str, _T] = {}
    holders: dict[str, str] = {}
    for each, file in found:
        other = holders.setdefault(each.name, file)
        if result.setdefault(each.name, each) is not each:
            raise InconsistentFiles(f"{other} and {file} both have a {what} {each.name}; give one another name")
    return result
