# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers: each file of this folder is one (``DRIVERS``); a new one needs no other change."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver

_REGISTERED: dict[str, Driver] = {}


class InconsistentDrivers(Exception):
    """Files of this folder that contradict each other, in a sentence for their author."""


@functools.cache
def _in_this_folder() -> Mapping[str, Driver]:
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    files = [importlib.import_module(f"{__name__}.{module}") for module in modules]
    return by_name([(driver, file.__name__) for file in files for driver in file.DRIVERS])


def by_name(found: Iterable[tuple[Driver, str]]) -> Mapping[str, Driver]:
    """Drivers with the files that hold them, by name. Two of one name are refused."""
    result: dict[str, Driver] = {}
    holders: dict[str, str] = {}
    for driver, file in found:
        other = holders.setdefault(driver.name, file)
        if result.setdefault(driver.name, driver) is not driver:
            raise InconsistentDrivers(f"{other} and {file} both have a driver {driver.name}; give one another name")
    return result


def register(driver: Driver) -> None:
    """Add a driver, for this process, from elsewhere than this folder."""
    if driver.name in drivers():
        raise InconsistentDrivers(f"there is a driver {driver.name} already; give this one another name")
    _REGISTERED[driver.name] = driver


def unregister(name: str) -> None:
    del _REGISTERED[name]


def drivers() -> dict[str, Driver]:
    """All drivers by name, sorted."""
    return dict(sorted({**_in_this_folder(), **_REGISTERED}.items()))


def driver(name: str) -> Driver:
    return _REGISTERED.get(name) or _in_this_folder()[name]
