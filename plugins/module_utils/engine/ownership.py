# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a route or a neighbour is: the device says it where it is ours, our records where it is not."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Key, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record
from ansible_collections.containerhost.network.plugins.module_utils.netlink.messages import GROUP
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

UNKNOWN = "plan/?"  # carries our protocol number, on a device that is not ours, and nobody remembers it


def owner_of_row(
    kernel: Kernel, kind: str, key: Key, device: str, netns: str | None, ours: bool, wanted: bool
) -> str | None:
    """``ours``: it carries our protocol number. On a device of ours, what stands at a wanted key is ours too:
    somebody replaced it by hand, and nothing of anybody else's leaves by our devices."""
    recorded = kernel.records.owner(kind, key)
    if recorded is not None:
        return recorded
    link = kernel.link(device, netns)
    if link is not None and link.owner is not None and (ours or wanted):
        return link.owner
    return UNKNOWN if ours else None


def is_foreign(kernel: Kernel, device: str, netns: str | None) -> bool:
    """Is there such a device, of somebody else's? Our group without a mark is what a killed run left of ours."""
    link = kernel.link(device, netns)
    return link is not None and link.owner is None and link.group != GROUP and not kernel.is_ours(device, netns)


def record(kind: str, wanted: Wanted) -> list[Record]:
    """A note of the owner; the executor drops it where the device tells as much."""
    return [Record(kind, wanted.key, wanted.owner, wanted.values.get("device"))]
