# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From one multicast group to another, without a frame for everybody that is lost or comes twice.

A VXLAN hears the group that it is told of, one alone; but it sends to as many as its table has for the zero MAC. So
each host sends to both (``also_to``) from before the first one turns until the last one has turned: whichever of the
two a host hears, it hears each frame once.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases import vxlan_data
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

EVERYBODY = "00:00:00:00:00:00"


def also_to(kernel: Kernel, netns: str | None, link: Link) -> list[str]:
    """The groups that it sends to beside its own."""
    rows = kernel.fdb(netns) if _own(link) else ()
    return sorted(row["NDA_DST"] for row in rows if row["device"] == link.name and is_beside(row, link))


def is_beside(row: t.Mapping[str, t.Any], link: Link) -> bool:
    """Whether an entry of a device is for a group beside its own, by the same interface."""
    dst, own = row.get("NDA_DST"), _own(link)
    if row.get("NDA_LLADDR") != EVERYBODY or not own or dst == own or not vxlan_data.multicast(dst):
        return False
    return bool(row["flags"] & m.NTF_SELF) and row.get("NDA_IFINDEX") == link.data.get("IFLA_VXLAN_LINK")


def _own(link: Link) -> str | None:
    return vxlan_data.multicast(link.data.get("IFLA_VXLAN_GROUP") or link.data.get("IFLA_VXLAN_GROUP6"))


def meanwhile(wanted: Wanted, found: Found, until: str) -> Values:
    """``group`` and ``also_to`` of a device until hosts turn, and from then until all have turned, where these are not
    what they are in the end."""
    before, after, also = found.values.get("group"), wanted.values.get("group"), found.values.get("also_to") or ()
    if before is None or (before == after and not also):
        return {}
    group = before if until == "switch" else after
    if group is None or after is None:
        return {"group": group}
    both = {before, after, *also} - {group}
    return {"group": group, "also_to": sorted(each for each in both if (":" in each) == (":" in group))}


def change(wanted: Wanted, found: Found, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> list[m.Message]:
    """Copies to the groups that it also sends to. What was its own group until now has lost its entry with that."""
    if not {"also_to", "group"} & set(differences):
        return []
    before, after = found.values.get("also_to") or (), wanted.values.get("also_to") or ()
    gone = [group for group in before if group not in after and group != wanted.values.get("group")]
    return [*(_copy(wanted, group) for group in after), *(_copy(found, group, delete=True) for group in gone)]


def _copy(by: Wanted | Found, group: str, delete: bool = False) -> m.Message:
    entry = {
        "device": by.values["name"],
        "lladdr": EVERYBODY,
        "dst": group,
        "via": by.values["link"],
        "state": m.NUD_PERMANENT | m.NUD_NOARP,
        "flags": m.NTF_SELF,
    }
    return m.fdb(entry, by.netns, delete=delete)
