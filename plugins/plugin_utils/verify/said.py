# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's answer to a task says, in short. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def asked_hosts(task_vars: Mapping[str, Any]) -> set[str]:
    """Those of the play, also where they have failed since."""
    return set(map(str, task_vars["ansible_play_hosts_all"]))


def first_line(text: Any) -> str:
    return str(text or "it did not answer").strip().splitlines()[0].rstrip(".")


def what_differs(diff: Mapping[str, str]) -> str:
    """The object that a diff is about, and whether it is missing or too much."""
    before, after = diff["before_header"], diff["after_header"]
    if before.endswith(": absent"):
        return f"{after} is missing"
    return f"{before} is left over" if after.endswith(": absent") else f"{before} differs"


def telling(objects: Sequence[str]) -> list[str]:
    """Those of what differs that can keep a packet from arriving. Forwarding that is left over lets more pass: it is so
    of an interface that was the way out, and has lost its address or its route."""
    return [each for each in objects if not (each.startswith("forwarding ") and each.endswith(" is left over"))]
