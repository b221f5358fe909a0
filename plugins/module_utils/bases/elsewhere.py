# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces beside the host's own: devices of the host that were taken there hold their place on the host."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, netns_path


def all_netns(kernel: Kernel) -> list[str]:
    """Paths to those with a name, and to those that a process is in, as engines' containers are. Read once a run."""
    notes = kernel.notes("namespaces elsewhere")
    if not notes:
        notes.append(list(_paths(kernel)))
    return t.cast("list[str]", notes[0])


def in_words(path: str) -> str:
    """A path that ``all_netns`` has told."""
    words = path.split("/")
    return f"the namespace of process {words[2]}" if words[1] == "proc" else f"namespace {words[-1]}"


def _paths(kernel: Kernel) -> t.Iterator[str]:
    named = {kernel.identity(path): path for path in map(str, map(netns_path, kernel.netns_names()))}
    yield from (path for identity, path in named.items() if identity is not None)
    for identity, path in kernel.living.of_processes().items():
        if identity not in named and kernel.identity(path) is not None:  # the host's own is none that can be entered
            yield path
