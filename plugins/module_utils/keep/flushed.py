# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went with our nftables table (``nft flush ruleset``), of networks that a run is not about.

Once there is a table again, nothing else closes them: what it marks gets past the fence
(``state/nftables/fence.py``), whoever it is for. So a role on its own puts back what the host has saved of them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import (
    DOCUMENT_VERSION,
    read_document,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Wanted, network_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet, Unready, compare
from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import Saved
from ansible_collections.containerhost.network.plugins.module_utils.kinds.forwarding import Forwarding
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

# Those whose objects are in the table, or have a guard there.
_KINDS = [kind for kind in KINDS if kind.guards or isinstance(kind, Forwarding)]


def with_others(
    todo: ChangeSet, kernel: Kernel, before: Saved, others: t.Collection[str], wanted: t.Sequence[Wanted]
) -> tuple[ChangeSet, list[str]]:
    """``todo`` of a run, and what the networks ``others`` had in the table that is not there any more.

    Nothing of it keeps the run from being done. Why nothing of it can be put back is returned as well, in sentences.
    """
    rows = {
        kind.name: [row for row in before.document.get(kind.name, ()) if row["network"] in others] for kind in _KINDS
    }
    mine = {(each.kind, each.key) for each in wanted}

    def holds(object_: Wanted) -> str | None:
        return "switch" if network_of(object_.owner) in before.waiting else None

    try:
        theirs = read_document(_KINDS, {"version": DOCUMENT_VERSION, **rows}, recreate=False)
        theirs = [each for each in theirs if (each.kind, each.key) not in mine]
        more = compare(_KINDS, kernel, theirs, lambda found: False, patient=True, holds=holds)
    except (Unready, Problem) as error:
        return todo, getattr(error, "problems", [str(error)])
    return todo._replace(make=[*todo.make, *more.make], pending=[*todo.pending, *more.pending]), []
