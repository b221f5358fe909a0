# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of which the kernel makes something else, without a word: the first of two numbers, octal ones, times that
it counts in ticks. Each run would set them again.

What was written in a container is not read again there: whoever is in it could fail each run by that. So it is tried
where nobody is.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.once import noted
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


def fitted(kernel: Kernel, settings: t.Mapping[str, str]) -> t.Iterator[str]:
    """A sentence for each that would not be as it is asked for; by paths below /proc/sys. None has a device but ``lo``
    where they are tried, and each device takes what that does."""
    tried = {_elsewhere(key): value for key, value in settings.items()}
    if not tried:
        return
    place = tuple(tried.items())
    made = noted(kernel, "settings elsewhere", place, lambda: kernel.try_sysctls(tried))
    for key, value in settings.items():
        now = made.get(_elsewhere(key), value)
        if now != value:
            yield f"of sysctl {key}={value} the kernel makes {now or 'nothing'}: ask for what it can be there"


def is_of_an_interface(key: str) -> bool:
    """By a path below /proc/sys; not of all interfaces, nor of those to come."""
    parts = key.split("/")
    return len(parts) > 4 and parts[2] in ("conf", "neigh") and parts[3] not in ("all", "default")


def _elsewhere(key: str) -> str:
    parts = key.split("/")
    return "/".join([*parts[:3], "lo", *parts[4:]]) if is_of_an_interface(key) else key
