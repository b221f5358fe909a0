# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``vxlan_fdb``: where a VTEP sends frames for a MAC (bridge(8), ``bridge fdb … self``)."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import vxlan_groups
from ansible_collections.containerhost.network.plugins.module_utils.bases.fixed_macs import FIXED_MACS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Key,
    Problem,
    Values,
    Wanted,
    namespaces,
    place,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan import LARGEST_VNI, NOT_TURNED_TO
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

NOBODY = "00:00:00:00:00:00"  # frames for unknown MACs: one entry for each VTEP that gets a copy
_CONTROLLED = "dynamic"  # as the kernel shows a bridge's entry that a controller has learned; it lasts all the same
_FLAGS = {"extern_learn": m.NTF_EXT_LEARNED, "sticky": m.NTF_STICKY, "router": m.NTF_ROUTER}
_ATTRIBUTES = {
    "dst": "NDA_DST",
    "port": "NDA_PORT",
    "vni": "NDA_VNI",
    "src_vni": "NDA_SRC_VNI",
    "nh_id": "NDA_NH_ID",
    "via": "via",
}
_STATES = {"permanent": m.NUD_PERMANENT, "static": m.NUD_NOARP, "dynamic": m.NUD_REACHABLE}


class VxlanFdb(Kind):
    name = "vxlan_fdb"
    key = ("device", "lladdr", "table")
    after = (ANY_DEVICE,)
    options = {
        "device": {"type": "str", "required": True},
        "lladdr": {"type": "str", "required": True},
        "table": {"type": "str", "choices": ["self", "master"], "default": "self"},
        "dst": {"type": "str"},
        "port": {"type": "int"},
        "vni": {"type": "int"},
        "nh_id": {"type": "int"},
        "via": {"type": "str"},
        "src_vni": {"type": "int"},
        "fdb_state": {"type": "str", "choices": list(_STATES), "default": "permanent"},
        "extern_learn": {"type": "bool", "default": False},
        "sticky": {"type": "bool", "default": False},
        "router": {"type": "bool", "default": False},
    }

    def normalise(self, values: Values) -> Values:
        flags = dict.fromkeys(_FLAGS, False)
        plain = {"table": "self", "fdb_state": "permanent", **flags, **values}
        plain["device"] = canonical.device_name(plain["device"], "device")
        plain["lladdr"] = canonical.mac(plain["lladdr"], "lladdr")
        if plain.get("dst") is not None:
            plain["dst"] = canonical.address(plain["dst"], "dst")
        where = f"FDB entry {plain['lladdr']} on {plain['device']}"
        if plain.get("port") is not None:
            plain["port"] = canonical.port(plain["port"])
        for option in ("vni", "src_vni"):
            if plain.get(option) is not None:
                plain[option] = canonical.between(plain[option], 0, LARGEST_VNI, option)
        if plain.get("via") is not None:
            plain["via"] = canonical.device_name(plain["via"], "via")
        if plain["sticky"] and (plain["table"] == "self" or plain["fdb_state"] == "permanent"):
            raise Problem(f"{where}: `sticky` is of a bridge's entry (table: master) that is static or dynamic")
        if plain["router"] and plain["table"] == "master":
            raise Problem(f"{where}: `router` is of a VXLAN's entry (table: self)")
        if plain.get("nh_id") is not None:
            plain["nh_id"] = canonical.between(plain["nh_id"], 1, 0xFFFFFFFF, "nh_id")
            if plain.get("dst") is not None:
                raise Problem(f"{where} takes either `dst`, one VTEP, or `nh_id`, a group of them")
        if plain["table"] == "master" and any(plain.get(option) is not None for option in ("dst", "port", "vni")):
            raise Problem(f"{where}: `dst`, `port` and `vni` are the VXLAN's (table: self)")
        if plain["table"] == "self" and plain.get("dst") is None and plain.get("nh_id") is None:
            if plain.get("state") != "absent":
                raise Problem(f"{where} needs a `dst`: a VTEP's address")
            if plain["lladdr"] == NOBODY:
                raise Problem(f"{where} needs a `dst`: there is one for each VTEP that gets a copy")
        if plain["table"] == "master" and plain["extern_learn"]:
            plain["fdb_state"] = _CONTROLLED
        return plain

    def key_of(self, values: Values, owner: str) -> Key:
        key = super().key_of(values, owner)
        return (*key, values.get("dst")) if values["lladdr"] == NOBODY else key

    def label(self, values: Values) -> str:
        to = f" to {values['dst']}" if values["lladdr"] == NOBODY and values.get("dst") else ""
        return f"{values['lladdr']} on {values['device']}{to}" + (" (master)" if values["table"] == "master" else "")

    def summary(self, values: Values) -> list[str]:
        defaults = ("table: self", "fdb_state: permanent")
        return [row for row in super().summary(values) if row not in defaults]

    def other_end(self, values: Values) -> str | None:
        return values.get("dst")

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), values.get("device"))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        device, netns = wanted.values["device"], wanted.netns
        link = kernel.link(device, netns)
        external = link is not None and link.data.get("IFLA_VXLAN_COLLECT_METADATA")
        if wanted.values.get("src_vni") is not None and not external:
            yield f"{device} is no `external` device: it has one VNI, and no `src_vni` tells its entries apart"
        if not kernel.has_link(device, netns):
            yield f"there is no device {device}; make it first (module vxlan)"
        elif link is None:  # will have been made
            return
        elif wanted.values["table"] == "master":
            if link.master is None:
                yield f"{device} is no port of a bridge, so there is no table of a master"
        elif link.kind != "vxlan":
            yield f"{device} is no VXLAN device ({link.kind or 'physical'})"
        elif is_foreign(kernel, device, netns) and not wanted.values["extern_learn"]:
            yield f"{device} is not ours; give the entry `extern_learn: true`, as on other people's devices"
        elif link.owner is not None and realm(link.owner) != realm(wanted.owner):
            yield f"{device} belongs to {link.owner}, and its entries with it, not to {wanted.owner}"

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        via = wanted.values.get("via")
        if via is not None and "via" in changed and not kernel.has_link(via, wanted.netns):
            yield f"there is no device {via}; make it first, or name another `via`"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterable[Found]:
        objects = {object_.key: object_ for object_ in wanted}
        return _for_everybody(objects, list(self._rows(kernel, wanted, objects)))

    def _rows(
        self, kernel: Kernel, wanted: t.Sequence[Wanted], objects: t.Mapping[Key, Wanted]
    ) -> t.Iterator[Found]:
        # Elsewhere than on VXLANs they are of ours by name only: those that are wanted, and those that are recorded.
        named = bool(objects) or bool(kernel.records.owners_of(self.name))
        for netns in namespaces(wanted):
            links = kernel.links(netns)
            here = {(bridge, mac) for place_, bridge, mac in kernel.notes(FIXED_MACS) if place_ == netns}
            seen = set()
            for row in kernel.fdb(netns):
                link = links.get(row["device"])
                if link is None or "NDA_LLADDR" not in row or not (named or link.kind == "vxlan"):
                    continue
                values = _values(row, netns)
                is_fixed = values["table"] == "master" and (link.master, values["lladdr"]) in here
                if is_fixed or _is_of_device(row, values, link):
                    continue
                key = self.key_of(values, "")
                seen.add(key)
                object_ = objects.get(key)
                owner = kernel.records.owner(self.name, key)
                if owner is None and link.kind == "vxlan" and _is_its_own(values):
                    owner = link.owner
                if object_ is not None:
                    _fill_in(values, object_.values, link.data)
                    if owner is None and not object_.present and not _lasting(values):
                        continue  # what the device has learned by itself is nobody's entry
                if owner is not None or object_ is not None:
                    yield Found(self.name, key, values, owner, leftover=object_ is not None and not _lasting(values))
            kernel.saw(self.name, netns, seen)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """A port or VNI that is not asked for is the device's, which the kernel does not show."""
        differences = super().differences(wanted, found)
        for option in ("dst", "port", "vni", "nh_id", "via"):
            if wanted.values.get(option) is None and found.values.get(option) is not None:
                differences[option] = (found.values[option], None)
        return differences

    waits = ("switch",)

    def displaces(self, kernel: Kernel, wanted: Wanted) -> bool:
        """A bridge knows a MAC at one port: where another tunnel leads there, it moves when all hosts turn to this."""
        values = wanted.values
        return values["table"] == "master" and (wanted.netns, values["device"]) in kernel.notes(NOT_TURNED_TO)

    def add(self, wanted: Wanted) -> Rounds:
        # On a bridge of the plan it may be known at another port until now: its container was here.
        moves = wanted.values["table"] == "master" and realm(wanted.owner) == "plan"
        return [[*self._record(wanted), m.fdb(_entry(wanted.values), wanted.netns, replace=moves)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        gone = m.fdb(_entry(found.values), found.netns, delete=True)
        if wanted.values["lladdr"] == NOBODY and "dst" in differences:
            # "Cannot replace non-unicast fdb entries". Sent together, and the new one first: nothing is lost between.
            return [[*self._record(wanted), m.fdb(_entry(wanted.values), wanted.netns), gone]]
        # None becomes a controller's, or a group's, by being replaced.
        if wanted.values["lladdr"] == NOBODY or {"extern_learn", "nh_id"} & set(differences):
            return [[*self._record(wanted), gone], [m.fdb(_entry(wanted.values), wanted.netns)]]
        return [[*self._record(wanted), m.fdb(_entry(wanted.values), wanted.netns, replace=True)]]

    def remove(self, found: Found) -> Rounds:
        return [[m.fdb(_entry(found.values), found.netns, delete=True)], [Record(self.name, found.key, None)]]

    def _record(self, wanted: Wanted) -> list[Record]:
        """On a device of ours the device says whose entries they are; elsewhere nothing in the kernel does."""
        of_bridge = wanted.values["table"] == "master" and realm(wanted.owner) != "plan"
        outside = wanted.values["extern_learn"] or of_bridge
        device = wanted.values["device"] if wanted.values["table"] == "self" else None
        return [Record(self.name, wanted.key, wanted.owner, device)] if outside else []


def _for_everybody(objects: t.Mapping[Key, Wanted], rows: list[Found]) -> list[Found]:
    """Of copies for everybody, those to addresses that no member has any more are those to new ones: a member that is
    known by another address would get two of each meanwhile. Which address has become which one is told by the MACs of
    the member's containers; where it has none, any will do."""
    lost = {
        number: row
        for number, row in enumerate(rows)
        if row.values["lladdr"] == NOBODY and row.key not in objects and row.owner and realm(row.owner) == "plan"
    }
    if not lost:
        return rows
    there = {row.key for row in rows}
    new = [each for each in objects.values() if each.values["lladdr"] == NOBODY and each.key not in there]
    moved = {
        (row.netns, row.values["device"], row.values.get("dst")): objects[row.key].values.get("dst")
        for row in rows
        if row.key in objects and row.values["table"] == "self"
    }
    by_address = {(*_tunnel_of(each), each.values.get("dst")): each for each in new}
    rows = list(rows)
    for number, row in list(lost.items()):
        to = moved.get((row.netns, row.values["device"], row.values.get("dst")))
        each = by_address.pop((*_tunnel_of(row), to), None)
        if each is not None:
            rows[number] = lost.pop(number)._replace(key=each.key)
    left: dict[t.Any, list[Wanted]] = {}
    for each in reversed([*by_address.values()]):
        left.setdefault(_tunnel_of(each), []).append(each)
    for number, row in lost.items():
        if left.get(_tunnel_of(row)):
            rows[number] = row._replace(key=left[_tunnel_of(row)].pop().key)
    return rows


def _tunnel_of(each: Wanted | Found) -> tuple[t.Any, ...]:
    return each.netns, each.owner, each.values["device"]


def _values(row: t.Mapping[str, t.Any], netns: str | None) -> Values:
    states = [name for name, number in _STATES.items() if row["state"] & number]
    values: Values = {
        "device": row["device"],
        "lladdr": row["NDA_LLADDR"],
        "table": "self" if row["flags"] & m.NTF_SELF else "master",
        "fdb_state": states[0] if states else "dynamic",
        **{option: bool(row["flags"] & flag) for option, flag in _FLAGS.items()},
    }
    for option, attribute in _ATTRIBUTES.items():
        if row.get(attribute) is not None:
            values[option] = row[attribute]
    place(values, netns)
    return values


def _fill_in(values: Values, wanted: Values, device: t.Mapping[str, t.Any]) -> None:
    """The kernel leaves out a port and a VNI that are the device's; they may be asked for all the same."""
    for option, attribute in (("port", "IFLA_VXLAN_PORT"), ("vni", "IFLA_VXLAN_ID")):
        if wanted.get(option) is not None and wanted[option] == device.get(attribute):
            values.setdefault(option, wanted[option])


def _is_of_device(row: t.Mapping[str, t.Any], values: Values, link: Link) -> bool:
    """On a device of the plan, a group that it also sends to is told of with the device."""
    if values["lladdr"] != NOBODY:
        return False
    return _is_group(values, link) or (
        link.owner is not None and realm(link.owner) == "plan" and vxlan_groups.is_beside(row, link)
    )


def _is_group(values: Values, link: Link) -> bool:
    """The device's default destination, which is shown as one of its entries."""
    groups = (link.data.get("IFLA_VXLAN_GROUP"), link.data.get("IFLA_VXLAN_GROUP6"))
    return values.get("dst") is not None and values["dst"] in groups


def _is_its_own(values: Values) -> bool:
    """Of the table of a VXLAN, or of its bridge about it as a port; the kernel's own entry there is permanent."""
    if values["table"] == "self":
        return _lasting(values)
    return values["fdb_state"] == "static" and not values["extern_learn"]


def _lasting(values: Values) -> bool:
    """Not what the device has learned by itself."""
    return values["fdb_state"] != "dynamic" or values["extern_learn"]


def _entry(values: Values) -> dict[str, t.Any]:
    flags = m.NTF_SELF if values["table"] == "self" else m.NTF_MASTER
    for option, flag in _FLAGS.items():
        flags |= flag if values.get(option) else 0
    state = _STATES[values.get("fdb_state", "permanent")]
    if values["table"] == "self" and state == m.NUD_PERMANENT:
        state |= m.NUD_NOARP
    if values["table"] == "self" and state == m.NUD_NOARP:
        state |= m.NUD_REACHABLE  # a VXLAN's table takes no entry without one of the two
    return {**values, "flags": flags, "state": state}
