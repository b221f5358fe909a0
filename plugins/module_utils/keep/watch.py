# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``containerhost watch``: a small service that waits for news, and has a child apply the saved document to it.

The child is a copy of this process, which has all imports behind it: it is at work within some ten milliseconds, and
takes along whatever memory the work needed. What happens meanwhile is done by the next child, all at once.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
import traceback
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import Starts
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import Ended, kernel_of_this_host
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.places import watched_chains
from ansible_collections.containerhost.network.plugins.module_utils.keep import report, saved
from ansible_collections.containerhost.network.plugins.module_utils.keep.console import complain, tell
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import (
    Outcome,
    attach,
    is_meant,
    restore,
    sandbox_names,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.notifications import FOREIGN, Deletions
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES, Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.startup import LibraryMissing, import_definitions
from ansible_collections.containerhost.network.plugins.module_utils.state import fence
from ansible_collections.containerhost.network.plugins.module_utils.state.nft_frame import TABLE

_EVERYTHING = "*"
_SHORTEST, _LONGEST = 0.1, 1.0  # seconds before a source that has ended is tried again
_APART = 0.5  # seconds from one look at everything to the next: somebody may take our rules away again and again
# Kinds of objects that have something in chains of others.
_IN_FOREIGN_CHAINS = ("docker_network", "foreign_firewall")


class _Rules:
    """Our table's rules: what is taken of them is everything's business. And chains of others that ours may be in."""

    name = "nftables"

    def starts(self) -> Starts:
        return Deletions(TABLE, fence.TABLE, watched_chains())


SOURCES: dict[str, t.Any] = {
    "nftables": _Rules(),
    **{name: engine for name, engine in ENGINES.items() if engine.tells_of_starts},
}


def forever(what: str) -> t.NoReturn:
    """Listen, and do what there is to be done; after each silence all of it, as nobody knows what has been missed."""
    source = SOURCES[what]
    with contextlib.suppress(LibraryMissing):  # of which each child speaks
        import_definitions()  # 40 ms that no child has to spend
    pause, told = _SHORTEST, ""
    while True:
        begun = time.monotonic()
        try:
            with contextlib.closing(source.starts()) as news:
                _listen(source.name, news)
        except OSError as error:
            if str(error) != told:
                complain(f"{what}: {error}; trying again")
            told = str(error)
        if time.monotonic() - begun > _LONGEST:
            pause, told = _SHORTEST, ""
        time.sleep(pause)
        pause = min(_LONGEST, 2 * pause)


def _listen(engine: str, news: Starts) -> t.NoReturn:
    """Raises OSError when the source ends."""
    waiting: set[str] = {_EVERYTHING}
    child: _Child | None = None
    not_before = 0.0
    try:
        while True:
            is_whole = not waiting.isdisjoint((_EVERYTHING, FOREIGN))
            rest = max(0.0, not_before - time.monotonic()) if is_whole else 0.0
            if waiting and child is None and not rest:
                not_before = time.monotonic() + _APART if is_whole else not_before
                child, waiting = _Child(engine, waiting), set()
            patience = rest if waiting and child is None else None
            ready, _write, _error = select.select([news, *([child] if child else [])], [], [], patience)
            if child is not None and child in ready:
                child.end()
                child = None
            if news in ready:
                found = news.read()
                waiting.update(found if engine in ENGINES else _of_rules(found))
    finally:
        if child is not None:
            child.end()


def _of_rules(found: t.Collection[str]) -> set[str]:
    """Whatever was taken of ours is everything."""
    return {FOREIGN if each == FOREIGN else _EVERYTHING for each in found}


class _Child:
    """A copy of this process at work. It is waited for by ``fileno``."""

    def __init__(self, engine: str, refs: t.Collection[str]) -> None:
        # A pipe whose writing end is the child's alone: it can be read from when the child has ended, however it did.
        self._end, theirs = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _work(engine, refs)
        os.close(theirs)

    def fileno(self) -> int:
        return self._end

    def end(self) -> None:
        os.waitpid(self._pid, 0)
        os.close(self._end)


def _work(engine: str, refs: t.Collection[str]) -> t.NoReturn:
    try:
        for line in report.lines(_apply(engine, refs)):
            tell(line)
    except (Problem, Ended) as error:
        complain(error)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)


def _apply(engine: str, refs: t.Collection[str]) -> Outcome:
    # What was taken of our rules is no engine's business, and asking would start one that somebody has stopped.
    with kernel_of_this_host(KINDS, sandboxes=Sandboxes(only={engine})) as kernel:
        document = saved.read()
        if document is None:
            return Outcome((), ())
        if FOREIGN in refs and not any(document.document.get(kind) for kind in _IN_FOREIGN_CHAINS):
            refs = {*refs} - {FOREIGN}
        if not {_EVERYTHING, FOREIGN}.isdisjoint(refs):
            outcome = restore(kernel, document)
            # Nobody has asked after containers.
            return outcome if engine in ENGINES else outcome._replace(pending=[p for p in outcome.pending if p.blocked])
        names = [name for name, sandbox in sandbox_names(document).items() if is_meant(sandbox, engine, refs)]
        return attach(kernel, document, names) if names else Outcome((), ())
