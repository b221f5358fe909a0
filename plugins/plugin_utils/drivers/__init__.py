# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers: each file of this folder is one (``DRIVERS``); a new one needs no other change."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver

_REGISTERED: dict[str, Driver] = {}


@functools.cache
def _in_this_folder() -> Mapping[str, Driver]:
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    files = [importlib.import_module(f"{__name__}.{module}") for module in modules]
    return {driver.name: driver for file in files for driver in file.DRIVERS}


def register(driver: Driver) -> None:
    """Add a driver, for this process, from elsewhere than this folder."""
    _REGISTERED[driver.name] = driver


def unregister(name: str) -> None:
    del _REGISTERED[name]


def drivers() -> dict[str, Driver]:
    """All drivers by name, sorted."""
    return dict(sorted({**_in_this_folder(), **_REGISTERED}.items()))


def driver(name: str) -> Driver:
    return _REGISTERED.get(name) or _in_this_folder()[name]
