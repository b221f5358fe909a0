# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a saved document to the kernel, and from the kernel to what differs from it: a run's own way, without a run.

What is on the host and not in the document is left alone, unless it belongs to a network of the document: what else
may go, only a run knows.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine import writable
from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving, read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Pending,
    Problem,
    Wanted,
    network_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    ChangeSet,
    Unready,
    compare,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_objects import objects_of
from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import Document, Saved
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import (
    Sandbox,
    netns_of,
    sandboxes_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_ID = 12  # digits of an id, as engines show it


class Outcome(t.NamedTuple):
    """What was changed, and what is left as it is for now."""

    changes: t.Sequence[Change]
    pending: t.Sequence[Pending]

    @property
    def blocked(self) -> list[str]:
        """Why something could not be made, other than that its container does not run."""
        return list(dict.fromkeys(each.reason for each in self.pending if each.blocked))


def differences(kernel: Kernel, saved: Saved) -> ChangeSet:
    """What a restore would do. Raises Unready where it could do nothing at all."""
    wanted = read_document(KINDS, saved.document, recreate=False)
    kernel.sandboxes.expect(each for object_ in wanted for each in sandboxes_of(object_.values))
    wanted += _of_engines()
    leaves = leaving([name for name in saved.networks if name not in saved.waiting], (), everything=False)

    def holds(object_: Wanted) -> str | None:
        """The old way to other hosts is gone by for as long as these go by it: a run turns all at once."""
        return "switch" if network_of(object_.owner) in saved.waiting else None

    return compare(KINDS, kernel, wanted, leaves, patient=True, holds=holds)


def _of_engines() -> list[Wanted]:
    """What engines' containers have by a plugin of ours, of those whose namespace is there."""
    with contextlib.suppress(Problem):  # of which the plugin speaks
        return [object_ for each in attachments.read() if each.is_there for object_ in objects_of(each)]
    return []


def restore(kernel: Kernel, saved: Saved) -> Outcome:
    """Make the host as its document says, as far as that can be done now."""
    return _done(kernel, differences(kernel, saved))


def as_before(kernel: Kernel, document: Document) -> Outcome:
    """Make the host as a document says, whatever the plan has made there since."""
    return _done(kernel, _since(kernel, document))


def is_as(kernel: Kernel, document: Document) -> bool:
    """Is all that the plan has made there as the document says?"""
    return not _since(kernel, document).changes


def _since(kernel: Kernel, document: Document) -> ChangeSet:
    wanted = read_document(KINDS, document, recreate=True)
    kernel.sandboxes.expect(each for object_ in wanted for each in sandboxes_of(object_.values))
    return compare(KINDS, kernel, wanted, leaving(["*"], (), everything=False), patient=True)


def attach(kernel: Kernel, saved: Saved, sandboxes: t.Collection[str]) -> Outcome:
    """Make what containers have, by the names of their sandboxes; all of it where that alone cannot be done."""
    wanted = read_document(KINDS, _part(saved, sandboxes), recreate=False)
    kernel.sandboxes.expect(each for object_ in wanted for each in sandboxes_of(object_.values))
    kinds = [kind for kind in KINDS if any(object_.kind == kind.name for object_ in wanted)]
    try:
        todo = compare(kinds, kernel, wanted, lambda found: False)
    except (Unready, Problem):
        return restore(kernel.again(), saved)
    if todo.clear or todo.leave:
        return restore(kernel.again(), saved)  # somebody has moved things about: what is in the way may be another's
    return _done(kernel, todo)


def sandbox_names(saved: Saved) -> dict[str, Sandbox]:
    """Every sandbox of a document, by its name."""
    found: dict[str, Sandbox] = {}
    for _kind, row in saved.objects():
        for sandbox in sandboxes_of(row):
            found.setdefault(netns_of(sandbox), sandbox)
    return found


def is_meant(sandbox: Sandbox, engine: str, refs: t.Collection[str]) -> bool:
    """A document may name a container by the beginning of its id, of which its engine has the whole."""
    ref = sandbox["ref"]
    named = ref in refs or (len(ref) >= _ID and any(each.startswith(ref) for each in refs))
    return named and sandbox["engine"] == engine


def _part(saved: Saved, sandboxes: t.Collection[str]) -> Document:
    """Of its document, what ends in these sandboxes."""
    part: Document = {"version": saved.document["version"]}
    for kind, row in saved.objects():
        if any(netns_of(each) in sandboxes for each in sandboxes_of(row)):
            part.setdefault(kind, []).append(row)
    return part


def _done(kernel: Kernel, todo: ChangeSet) -> Outcome:
    writable.check(KINDS, kernel, todo)
    failed = apply(KINDS, Executor(kernel), todo)
    return Outcome(todo.changes, [*todo.pending, *failed])
