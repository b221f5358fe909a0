# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comes back to a host over a new connection, after a change that could have cut the way to it.

The host waits for that for so long as ``containerhost_guard_timeout`` says, and goes back by itself otherwise.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

# Seconds after a host has gone back in which it is asked what became of it.
_AFTERWARDS = 30.0
_BETWEEN = 1.0
# ssh(1): the first value of an option counts, and a connection of its own is shared with none that is there.
_ALONE = "-o ControlPath=none "

Answer = dict[str, Any]
Run = Callable[[Mapping[str, Any]], Answer]


def about(seconds: int, connection: ConnectionBase) -> Answer | None:
    """What the module is told; None where the connection is none of a network, or the inventory goes without."""
    if not seconds or "ssh" not in str(connection.transport):
        return None
    return {"seconds": seconds, "token": secrets.token_hex(8)}


def confirmed(applied: Answer, about: Mapping[str, Any], connection: ConnectionBase, run: Run) -> Answer:
    """The host's answer once what it has changed stays; as it is where nothing is on trial.

    ``run`` runs the module once more. Raises AnsibleConnectionFailure where the host is not reached any more.
    """
    if not applied.pop("on_trial", False):
        return applied
    deadline = time.monotonic() + about["seconds"] + _AFTERWARDS
    with _reconnected(connection):
        while True:
            try:
                answer = run({**about, "confirm": True})
                break
            except AnsibleConnectionFailure:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_BETWEEN)
                connection.reset()
    return _joined(applied, answer)


@contextlib.contextmanager
def _reconnected(connection: ConnectionBase) -> Iterator[None]:
    """Nothing goes over a connection that was there before, now and later."""
    connection.reset()
    before = _ssh_args(connection)
    if before is not None:
        connection.set_option("ssh_args", f"{_ALONE}{before}")
    try:
        yield
    finally:
        if before is not None:
            connection.set_option("ssh_args", before)


def _ssh_args(connection: ConnectionBase) -> str | None:
    """What ssh(1) is called with; None for a connection that does not call it."""
    try:
        return str(connection.get_option("ssh_args") or "")
    except KeyError:
        return None


def _joined(first: Answer, second: Answer) -> Answer:
    """What was changed, and what is so now. One that has failed says what is the matter, and no more."""
    if first.get("failed") or second.get("failed"):
        return second
    joined = {**second, "changed": bool(first.get("changed") or second.get("changed"))}
    for name, number in first.get("counts", {}).items():
        joined.setdefault("counts", {})[name] = second.get("counts", {}).get(name, 0) + number
    if "diff" in first or "diff" in second:
        joined["diff"] = [*first.get("diff", []), *second.get("diff", [])]
    return joined
