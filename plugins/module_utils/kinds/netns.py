# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``netns``: a named network namespace (ip-netns(8)), its loopback up.

The mark is the alias of its ``lo``, which whoever is inside may change: whose it is stands in the host's records, too.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Problem,
    Values,
    Wanted,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import (
    DeleteNetns,
    MakeNetns,
    Record,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import UnreadableTable
from ansible_collections.containerhost.network.plugins.module_utils.state import named
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link, netns_path
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark

_OWN_ADDRESS = "127.0.0.1/8"  # which the kernel gives a loopback that comes up, and not again
_LOOPBACK = 1  # LOOPBACK_IFINDEX, linux/netdevice.h


class Netns(Kind):
    name = "netns"
    options = {"name": {"type": "str", "required": True}, "up": {"type": "bool", "default": True}}
    key = ("name",)
    marked = True
    # A namespace that somebody else made is as good a sandbox; it stays when ours go.
    accepts_foreign = True

    def normalise(self, values: Values) -> Values:
        if values.get("netns") is not None:
            raise Problem(f"netns {values['name']}: a namespace has no place in another; leave `netns` out")
        return {"up": True, **values, "name": canonical.netns_name(values["name"])}

    def summary(self, values: Values) -> list[str]:
        return ["up: no"] if values.get("up") is False else []

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("netns", values["name"])

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        wanted_by = {object_.values["name"]: object_.owner for object_ in wanted}
        made_here = kernel.netns_made_here()
        joined = kernel.records.joined_names()
        for name in kernel.netns_names():
            if name in joined:  # another name for a container's, which is no namespace by itself
                continue
            path = netns_path(name)
            if kernel.lack_of(path) is not None:  # a file without a namespace behind it is none
                continue
            lo = _loopback(kernel, path)
            values = {"name": name, "up": lo.up if lo else None, "mark": lo.alias if lo else None}
            values["loopback"] = _has_loopback_address(kernel, path, lo) if name in wanted_by else None
            owner = None if named.is_link(name) else _owner(kernel, name, lo, made_here)
            unnoted = owner is not None and kernel.records.owner(self.name, (None, name)) is None
            if unnoted and name not in wanted_by and self._is_second(kernel, path, wanted_by):
                continue
            if unnoted and name in wanted_by and realm(owner or "") != realm(wanted_by[name]):
                yield Found(self.name, (None, name), values, None, leftover=True)
            else:
                yield Found(self.name, (None, name), values, owner)

    def _is_second(self, kernel: Kernel, path: str, wanted: t.Iterable[str]) -> bool:
        """Another name for the namespace of one that is wanted, of which nothing is recorded any more."""
        return any(kernel.is_one(path, netns_path(name)) for name in wanted)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """Whoever is inside may have changed the mark: it is written again."""
        if found.values["up"] is None:
            return {}
        differences = super().differences(wanted, found)
        if found.values["up"] and found.values["loopback"] is False:
            differences["loopback"] = (f"without {_OWN_ADDRESS}", _OWN_ADDRESS)
        if found.owner == wanted.owner and found.values["mark"] != mark(wanted.owner):
            differences["mark"] = (found.values["mark"], mark(wanted.owner))
        return differences

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        name = wanted.values["name"]
        lack = kernel.lack_of(netns_path(name))
        there = named.stands_at(name, kernel.records) if lack is not None else None
        if there is not None:
            yield f"{lack}, and {there} stands there: remove it, or give the namespace another name"

    def note(self, kernel: Kernel, change: Change) -> None:
        if change.action == "add":
            kernel.will_make_netns(f"{netns_path(change.values['name'])}")

    def add(self, wanted: Wanted) -> Rounds:
        noted = Record(self.name, wanted.key, wanted.owner)
        made: Rounds = [[noted, MakeNetns(wanted.values["name"], mark(wanted.owner))]]
        if not wanted.values["up"]:
            made.append([_set_loopback(netns_path(wanted.values["name"]), up=False, operation="set down")])
        return made

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        alias = mark(wanted.owner) if {"owner", "mark"} & set(differences) else None
        path = netns_path(wanted.values["name"])
        up = wanted.values["up"] if "up" in differences else None
        noted: list[t.Any] = [Record(self.name, wanted.key, wanted.owner)] if alias else []
        if "loopback" in differences and wanted.values["up"]:
            noted.append(_set_loopback(path, up=False, operation="set down"))
            up = True
        return [[*noted, _set_loopback(path, up=up, **({"ifalias": alias} if alias else {}))]]

    def remove(self, found: Found) -> Rounds:
        return [[DeleteNetns(found.values["name"])], [Record(self.name, found.key, None)]]

    def undo(self, wanted: Wanted) -> Rounds:
        return [[DeleteNetns(wanted.values["name"])], [Record(self.name, wanted.key, None)]]


def _loopback(kernel: Kernel, path: str | None) -> Link | None:
    """Whoever is inside may have given it another name; its index is the same in every namespace (LOOPBACK_IFINDEX)."""
    try:
        return kernel.link_of_index(_LOOPBACK, path) or kernel.link("lo", path)
    except UnreadableTable:
        return kernel.link_by_any_name("lo", path)


def _has_loopback_address(kernel: Kernel, path: str | None, lo: Link | None) -> bool | None:
    """With its route, and that of its address of IPv6, if it has one: both are made when it comes up, and not again.

    None where it is not known, as of a namespace that has too many addresses to be read.
    """
    try:
        there = kernel.addresses_of(lo.name, path) if lo is not None else []
        if lo is None or not lo.up or _OWN_ADDRESS not in there:
            return None if lo is None else _OWN_ADDRESS in there
        kernel.routes(path, m.RT_TABLE_MAIN)  # which are asked for anyway; local ones come with them
        own = [cidr.partition("/")[0] for cidr in there if cidr in (_OWN_ADDRESS, "::1/128")]
        return all(map(kernel.local.of(path).has, own))
    except UnreadableTable:
        return None


def _set_loopback(path: str | None, **options: t.Any) -> m.Message:
    message = m.set_link("lo", path, **options)
    return message._replace(header={**message.header, "index": _LOOPBACK})


def _owner(kernel: Kernel, name: str, lo: Link | None, made_here: t.Collection[str] | None) -> str | None:
    """Whose a namespace is, by what nobody inside can change: the file that it is mounted on, and our records.

    Where those are lost, or of a version that kept none, the mark tells whose it is of a file that is ours.
    """
    recorded = kernel.records.owner("netns", (None, name))
    if made_here is None:
        return recorded
    return (recorded or (lo.owner if lo else None)) if name in made_here else None
