# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which leftovers cannot go, and which go although something that is wanted could not be made.

A leftover may be the old way to the same end as what could not be made: a container that moves from one network to
another, a network under its old name. Then it stays. All others go: a port that was to be closed does not stay open for
an object that has nothing to do with it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


def in_use(
    kinds: t.Mapping[str, Kind], kernel: Kernel, changes: t.Sequence[Change]
) -> list[tuple[Kind, Change, str]]:
    """What is to go, or to be re-created, and cannot, as somebody else uses it; and why."""
    found = []
    for change in changes:
        if change.found is not None and change.action in ("remove", "recreate"):
            kind = kinds[change.kind]
            reason = kind.in_use(kernel, change.found)
            found += [(kind, change, reason)] if reason is not None else []
    return found


def independent(
    kinds: t.Mapping[str, Kind], leftovers: t.Sequence[Change], unmade: t.Sequence[Change]
) -> list[Change]:
    """Those of other owners than what could not be made, which none of the containers concerned is on, either."""
    owners = {change.owner for change in unmade}
    containers = set(filter(None, map(_container, unmade)))
    owners.update(change.owner for change in leftovers if _container(change) in containers)
    stays = [change for change in leftovers if change.owner in owners]
    goes = [change for change in leftovers if change.owner not in owners]
    while stays and goes:
        # What stays keeps what it stands on.
        held: set[Place] = set()
        for change in stays:
            kind = kinds[change.kind]
            held.update((*kind.holds(change.values), *kind.stands_on(change.values)))
        stays = [change for change in goes if not held.isdisjoint(kinds[change.kind].occupies(change.values))]
        goes = [change for change in goes if change not in stays]
    return goes


def _container(change: Change) -> tuple[t.Any, t.Any] | None:
    sandbox = change.values.get("sandbox")
    return (sandbox.get("engine"), sandbox.get("ref")) if isinstance(sandbox, dict) else None
