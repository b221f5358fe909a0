# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices a run has begun to make: the kernel takes their mark in a later message, and the run may be killed."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


class Begun:
    """Keeps the note of them in the host's records, from before they are made until they are marked, or gone."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._records = kernel.records
        self._adopted: set[tuple[t.Any, ...]] = set()

    def note(self, wanted: t.Iterable[Wanted]) -> None:
        for object_ in wanted:
            self._records.note_begun(object_.kind, object_.key, object_.owner)
        self._records.save()

    def adopted(self, wanted: t.Iterable[Wanted]) -> None:
        """They have their mark now, whatever the picture of the kernel says."""
        self._adopted.update((object_.kind, *object_.key) for object_ in wanted)

    def forget(self) -> None:
        """What was begun is made and marked by now, or gone; what no run has looked at since stays noted."""
        for kind, key in self._records.all_begun():
            link = self._kernel.link(key[-1], key[0]) if key[1:-1] in ((), (None, None)) else None
            if link is None or link.owner is not None or (kind, *key) in self._adopted:
                self._records.forget_begun(kind, key)
