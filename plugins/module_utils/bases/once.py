# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kinds find out for all of their objects, once a run."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_Known = t.TypeVar("_Known")


def noted(kernel: Kernel, what: str, place: t.Any, find_out: t.Callable[[], _Known]) -> _Known:
    """``what`` names it among the kernel's notes, ``place`` tells where it was looked for, such as a namespace."""
    notes = kernel.notes(what)
    for there, known in notes:
        if there == place:
            return t.cast(_Known, known)
    notes.append((place, find_out()))
    return t.cast(_Known, notes[-1][1])
