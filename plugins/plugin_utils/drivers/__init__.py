# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers: each file of this folder is one (``DRIVERS``); a new one needs no other change."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.folder import (
    InconsistentFiles,
    files_of,
    unique,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.model import NetworkSpec

_REGISTERED: dict[str, Driver] = {}


@functools.cache
def _in_this_folder() -> Mapping[str, Driver]:
    return by_name((driver, file.__name__) for file in files_of(__name__, __path__) for driver in file.DRIVERS)


def by_name(found: Iterable[tuple[Driver, str]]) -> Mapping[str, Driver]:
    """Drivers with the files that hold them, by name. Two of one name are refused."""
    return unique("driver", found)


def register(driver: Driver) -> None:
    """Add a driver, for this process, from elsewhere than this folder."""
    if driver.name in drivers():
        raise InconsistentFiles(f"there is a driver {driver.name} already; give this one another name")
    _REGISTERED[driver.name] = driver


def unregister(name: str) -> None:
    del _REGISTERED[name]


def drivers() -> dict[str, Driver]:
    """All drivers by name, sorted."""
    return dict(sorted({**_in_this_folder(), **_REGISTERED}.items()))


def driver(name: str) -> Driver:
    return _REGISTERED.get(name) or _in_this_folder()[name]


def driver_of(spec: NetworkSpec) -> Driver:
    """The driver of a network, as it is for this one."""
    found = driver(spec.driver)
    return found.variant(spec) if found.variant else found
