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
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import fence
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import TABLE

_EVERYTHING = "*"
_WHOLE = frozenset((_EVERYTHING, FOREIGN))
_SHORTEST, _LONGEST = 0.1, 1.0  # seconds before a source that has ended is tried again
_APART = 0.5  # seconds from one look at everything to the next: somebody may take our rules away again and again
# Seconds after which a container that has started is looked for again, as long as something of it is pending.
_AGAIN = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
_PENDING = 3  # a child's exit status
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


def _listen(engine: str, source: Starts) -> t.NoReturn:
    """Raises OSError when the source ends."""
    news = _News()
    child: _Child | None = None
    try:
        while True:
            refs = news.take() if child is None else set()
            if refs:
                child = _Child(engine, refs, news.is_last(refs))
            patience = news.patience() if child is None else None
            ready, _write, _error = select.select([source, *([child] if child else [])], [], [], patience)
            if child is not None and child in ready:
                news.end(child.refs, child.end())
                child = None
            if source in ready:
                found = source.read()
                news.tell(found if engine in ENGINES else _of_rules(found))
    finally:
        if child is not None:
            child.end()


class _News:
    """What there is news of, and from when on it is to be looked at: containers, by what they are called, and _WHOLE.

    A container that has started may have no process by which it is entered: of what systemd runs before a service
    (ExecStartPre=) one has ended, and the next has not begun. Nobody tells of the next, so it is looked for again.
    """

    def __init__(self) -> None:
        self._due = {_EVERYTHING: 0.0}
        self._tries: dict[str, int] = {}
        self._not_before = 0.0

    def tell(self, refs: t.Iterable[str]) -> None:
        for ref in refs:
            self._tries.pop(ref, None)
            self._due[ref] = self._not_before if ref in _WHOLE else 0.0

    def take(self) -> set[str]:
        """What is to be done now."""
        now = time.monotonic()
        refs = {ref for ref, due in self._due.items() if due <= now}
        for ref in refs:
            del self._due[ref]
        if not refs.isdisjoint(_WHOLE):
            self._not_before = now + _APART
        return refs

    def patience(self) -> float | None:
        """Seconds until there is something to do; None where there is nothing."""
        return max(0.0, min(self._due.values()) - time.monotonic()) if self._due else None

    def is_last(self, refs: t.Iterable[str]) -> bool:
        """Is none of them looked for again, whatever comes of it?"""
        return all(self._tries.get(ref, 0) >= len(_AGAIN) for ref in refs)

    def end(self, refs: t.Iterable[str], is_pending: bool) -> None:
        """What was taken has been looked at."""
        for ref in refs:
            tries = self._tries.pop(ref, 0)
            if is_pending and ref not in self._due and ref not in _WHOLE and tries < len(_AGAIN):
                self._tries[ref] = tries + 1
                self._due[ref] = time.monotonic() + _AGAIN[tries]


def _of_rules(found: t.Collection[str]) -> set[str]:
    """Whatever was taken of ours is everything."""
    return {FOREIGN if each == FOREIGN else _EVERYTHING for each in found}


class _Child:
    """A copy of this process at work. It is waited for by ``fileno``."""

    def __init__(self, engine: str, refs: t.Collection[str], is_last: bool) -> None:
        self.refs = refs
        # A pipe whose writing end is the child's alone: it can be read from when the child has ended, however it did.
        self._end, theirs = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _work(engine, refs, is_last)
        os.close(theirs)

    def fileno(self) -> int:
        return self._end

    def end(self) -> bool:
        """Is something pending?"""
        _pid, status = os.waitpid(self._pid, 0)
        os.close(self._end)
        return os.WIFEXITED(status) and os.WEXITSTATUS(status) == _PENDING


def _work(engine: str, refs: t.Collection[str], is_last: bool) -> t.NoReturn:
    """What is pending is told when it is not looked for again."""
    status = 0
    try:
        outcome = _apply(engine, refs)
        if outcome.pending and engine in ENGINES:
            status = _PENDING
            if not is_last and _WHOLE.isdisjoint(refs):
                outcome = outcome._replace(pending=())
        for line in report.lines(outcome):
            tell(line)
    except (Problem, Ended) as error:
        complain(error)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _apply(engine: str, refs: t.Collection[str]) -> Outcome:
    # What was taken of our rules is no engine's business, and asking would start one that somebody has stopped.
    with kernel_of_this_host(KINDS, sandboxes=Sandboxes(only={engine})) as kernel:
        document = saved.read()
        if document is None:
            return Outcome((), ())
        if FOREIGN in refs and not any(document.document.get(kind) for kind in _IN_FOREIGN_CHAINS):
            refs = {*refs} - {FOREIGN}
        if not _WHOLE.isdisjoint(refs):
            outcome = restore(kernel, document)
            # Nobody has asked after containers.
            return outcome if engine in ENGINES else outcome._replace(pending=[p for p in outcome.pending if p.blocked])
        names = [name for name, sandbox in sandbox_names(document).items() if is_meant(sandbox, engine, refs)]
        return attach(kernel, document, names) if names else Outcome((), ())
