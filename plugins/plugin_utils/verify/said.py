# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's answer to a task says, in short. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
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


# Kinds of objects that one network asks for, and others of the host stand on as well.
_OF_ALL = ("forwarding ", "sysctl ", "uplink ", "netns ", "foreign_firewall ")
_NETWORK = re.compile(r" \(([^() ]+)\) (?:differs|is missing|is left over)$")


def on_the_way(objects: Sequence[str], networks: Collection[str]) -> list[str]:
    """Those of what differs that can keep a packet of these networks from arriving: what is another network's own, or
    leads out of it, is on no way of theirs."""
    return [each for each, network in _by_network(objects) if network is None or network in networks]


def networks_of(objects: Sequence[str]) -> set[str] | None:
    """Those whose packets what differs can keep from arriving; None: those of all networks of the host."""
    networks = {network for _each, network in _by_network(objects)}
    return None if None in networks else networks


def _by_network(objects: Sequence[str]) -> list[tuple[str, str | None]]:
    """Those of what differs that can keep a packet from arriving, each with its network; None: any network's."""
    found = ((each, _NETWORK.search(each)) for each in telling(objects))
    return [(each, None if of is None or each.startswith(_OF_ALL) else of[1]) for each, of in found]


def telling(objects: Sequence[str]) -> list[str]:
    """Those of what differs that can keep a packet from arriving. Forwarding that is left over lets more pass: it is so
    of an interface that was the way out, and has lost its address or its route."""
    return [each for each in objects if not (each.startswith("forwarding ") and each.endswith(" is left over"))]
