# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of what is not there any more go at the end of a run."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Key
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import is_there
from ansible_collections.containerhost.network.plugins.module_utils.state import named
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import NETNS_FOLDER, Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records


def forget_lost(kernel: Kernel, noted: t.AbstractSet[tuple[str, Key]]) -> None:
    """What the records tell of, and somebody else has taken away; ``noted`` is as for rows."""
    forget_lost_rows(kernel, noted)
    _forget_lost_namespaces(kernel.records)


def forget_lost_rows(kernel: Kernel, noted: t.AbstractSet[tuple[str, Key]]) -> None:
    """Routes, neighbours and entries that were in the records, and not in the kernel when this run looked.

    ``noted``: kinds and keys of what this run has made itself.
    """
    seen_by_kind: dict[str, dict[str | None, t.Collection[Key]]] = {}
    for (kind, netns), keys in kernel.rows_seen().items():
        seen_by_kind.setdefault(kind, {})[netns] = keys
    for kind, seen in seen_by_kind.items():
        for key, _owner in kernel.records.owners_of(kind):
            if key[0] in seen and key not in seen[key[0]] and (kind, key) not in noted:
                kernel.records.set_owner(kind, key, None)


def _forget_lost_namespaces(records: Records) -> None:
    """What the records call ours, and somebody has deleted since, or replaced by one of his own."""
    noted = records.owners_of("netns")
    made_here = named.made_here() if noted else None
    for key, _owner in noted:
        if not is_there(f"{NETNS_FOLDER}/{key[1]}") or (made_here is not None and key[1] not in made_here):
            records.set_owner("netns", key, None)
