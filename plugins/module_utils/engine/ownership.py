# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose something is: a device by its mark, what hangs on it by the device, our records where neither can say it."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Key, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record
from ansible_collections.containerhost.network.plugins.module_utils.netlink.messages import GROUP, PROTOCOL
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

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
    if link is not None and link.owner is not None and not link.leads_out and (ours or wanted):
        return link.owner
    return UNKNOWN if ours else None


def is_foreign(kernel: Kernel, device: str, netns: str | None) -> bool:
    """Is there such a device, of somebody else's? Our group without a mark is what a killed run left of ours."""
    link = kernel.link(device, netns)
    return link is not None and link.owner is None and link.group != GROUP and not kernel.is_ours(device, netns)


def record(kind: str, wanted: Wanted) -> list[Record]:
    """A note of the owner; the executor drops it where the device tells as much."""
    return [Record(kind, wanted.key, wanted.owner, wanted.values.get("device"))]


def has_lost_its_mark(kernel: Kernel, netns: str | None, link: Link) -> bool:
    """Made as the plan makes devices (name, group, MAC), and tied to what is ours without a doubt.

    A device alone may be anybody's, for all that its name says.
    """
    derived = link.name.startswith("ch") and (link.mac or "").startswith("02:")
    if not derived or link.owner is not None or link.group != GROUP:
        return False
    tied = [other for other in kernel.links(netns).values() if link.name == other.master or other.name == link.master]
    return any(_is_proven(kernel, netns, each) for each in (link, *tied))


def _is_proven(kernel: Kernel, netns: str | None, link: Link) -> bool:
    """By its mark, by our rules that name it, or by routes of ours that lead over it."""
    if link.owner is not None or link.name in kernel.table(netns).elements.get("ours", {}):
        return True
    return any(row["device"] == link.name and row["protocol"] == PROTOCOL for row in kernel.routes(netns))
