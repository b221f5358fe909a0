# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a change has to write can be written: known before the first one, and to a check as well."""

from __future__ import annotations

import errno
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine import steps as s
from ansible_collections.containerhost.network.plugins.module_utils.engine.advice import reason_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import rounds_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    ChangeSet,
    Unready,
    describe,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import FOLDER

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_SETTINGS = "/proc/sys/net"  # all that we write; of a host of a lab it alone is its own
_RECORD = 256  # bytes; what is noted of one change is shorter


def check(kinds: t.Iterable[Kind], kernel: Kernel, todo: ChangeSet) -> None:
    """Raises Unready with a sentence for each file system that is full or read-only, where a change needs it."""
    problems = [*_room(kernel, len(todo.changes)), *_settings(kinds, kernel, todo)] if todo.changes else []
    if problems:
        raise Unready(problems)


def _room(kernel: Kernel, changes: int) -> t.Iterator[str]:
    """The records are written anew beside those that are there. A file system without a limit says 0 of all."""
    needed = kernel.records.size + _RECORD * changes
    try:
        there = os.statvfs(FOLDER)
    except OSError:
        return  # nobody holds the lock: nothing is written
    if there.f_blocks and there.f_bfree * there.f_frsize < needed:
        left = there.f_bfree * there.f_frsize // 1024
        yield (
            f"{FOLDER} has no room for the records of what is to be done ({needed // 1024 + 1} KiB at most; {left} KiB"
            " are left): make room on its file system"
        )
    elif there.f_files and not there.f_ffree:
        yield f"{FOLDER} has no room for another file, as the records need: remove some of its file system"


def _settings(kinds: t.Iterable[Kind], kernel: Kernel, todo: ChangeSet) -> t.Iterator[str]:
    """The first that is to be set: what keeps it from that keeps all."""
    if not os.statvfs(_SETTINGS).f_flag & os.ST_RDONLY:
        return
    by_name = {kind.name: kind for kind in kinds}
    for change in todo.changes:
        kind = by_name[change.kind]
        for step in (step for steps in rounds_of(kind, change) for step in steps):
            if _writes(kernel, step):
                reason = reason_of(step, errno.EROFS, os.strerror(errno.EROFS))
                yield f"{describe(kind, change.values, change.owner)}: cannot {step.operation}: {reason}"
                return


def _writes(kernel: Kernel, step: s.Step) -> bool:
    """Whether a step writes a setting, as it is by now."""
    if isinstance(step, s.WriteSysctl):
        return not (step.may_miss and kernel.sysctl_now(step.key, step.netns) is None)
    if isinstance(step, s.Borrow):
        return kernel.sysctl_now(step.key, step.netns) not in (None, step.value)
    if isinstance(step, s.GiveBack) and not step.keep:
        loan = kernel.records.loan(step.netns, step.key)
        held = loan is not None and kernel.sysctl_now(step.key, step.netns) == loan["value"] != loan["before"]
        return loan is not None and held and loan["owners"] == [step.owner]
    return False
