# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``vlan``: the interface of a VLAN of its parent (IEEE 802.1Q; ip-link(8), ``type vlan``).

The kernel takes one for each VLAN of a parent, so that whoever needs it shares it. One that somebody else has made is
used, and stays his. One of ours goes with the last of its owners: its mark names one of them, our records the others.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    ADDRESS_OPTIONS,
    DEVICE_OPTIONS,
    DeviceKind,
    change_device,
    finish_link,
    wants_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_PARENT, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Key,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record, ReleaseLink
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.attributes import VLAN
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    Settings,
    of_host_device,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

# ETH_P_8021AD, linux/if_ether.h
PROTOCOLS = {"802.1Q": m.ETH_P_8021Q, "802.1ad": 0x88A8}
_NAMES = {number: name for name, number in PROTOCOLS.items()}
_LARGEST_ID = 4094  # 0 is for a priority without a VLAN, 4095 is reserved (802.1Q, table 9-2)
_LONGEST_NAME = 15  # IFNAMSIZ without its zero byte


class Vlan(DeviceKind):
    name = "vlan"
    kernel_kind = "vlan"
    data_attributes = VLAN.attributes
    key = ("parent", "protocol", "id")
    after = ("netns", ANY_PARENT)
    shared = True
    accepts_foreign = True
    refusals = {
        errno.EEXIST: "its parent has this VLAN already, by a device in another namespace: give it another `id`",
    }
    options = {
        "parent": {"type": "str", "required": True},
        "id": {"type": "int", "required": True},
        "protocol": {"type": "str", "choices": list(PROTOCOLS), "default": "802.1Q"},
        **{name: spec for name, spec in DEVICE_OPTIONS.items() if name != "name"},
        "name": {"type": "str"},
        **ADDRESS_OPTIONS,
    }

    def normalise(self, values: Values) -> Values:
        plain = {"protocol": "802.1Q", **values}
        plain["parent"] = canonical.device_name(plain["parent"], "parent")
        plain["id"] = canonical.between(plain["id"], 1, _LARGEST_ID, "id")
        if plain["protocol"] not in PROTOCOLS:
            raise Problem(f"vlan {plain['id']}: protocol {plain['protocol']} must be one of {', '.join(PROTOCOLS)}")
        plain["name"] = self.device_of(plain)
        plain = super().normalise(plain)
        return plain if plain.get("state") == "absent" else {**plain, "held": True}

    def settings(self, values: Values) -> Settings:
        """ARP and multicast are as its parent has them: on a dummy there are none."""
        settings = of_host_device(wants_ipv6(values))
        return {name: number for name, number in settings.items() if name not in ("link.arp", "link.multicast")}

    def device_of(self, values: Values) -> str:
        return values.get("name") or default_name(values["parent"], values["id"], values.get("protocol", "802.1Q"))

    def label(self, values: Values) -> str:
        protocol = f" ({values['protocol']})" if values["protocol"] != "802.1Q" else ""
        return f"{values['id']} of {values['parent']}{protocol}"

    def summary(self, values: Values) -> list[str]:
        return super().summary({name: value for name, value in values.items() if name != "held"})

    def occupies(self, values: Values) -> t.Iterable[Place]:
        netns = values.get("netns")
        yield ("vlan", netns, values["parent"], values["protocol"], values["id"])
        yield ("link", netns, values.get("name"))

    def needs(self, values: Values) -> t.Iterable[Place]:
        """Nothing of its own: another owner's that leaves is handed over, not removed first."""
        return ()

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), values["parent"])

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        values, netns = wanted.values, wanted.netns
        there = kernel.link(values["name"], netns)
        if not kernel.has_link(values["parent"], netns):
            yield f"there is no interface {values['parent']} on this host; name its interface as `parent`"
        if there is not None and (wanted.key[:-1], there) not in self._links(kernel, netns):
            yield f"{there.name} is another device ({there.kind or 'physical'}): give the VLAN another `name`"
        elif kernel.is_to_be_made(values["name"], netns):
            yield f"{values['name']} is another device, which is made before it: give the VLAN another `name`"

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        name, mtu = wanted.values["parent"], wanted.values.get("mtu")
        parent = kernel.link(name, wanted.netns)
        if mtu and parent is not None and mtu > parent.mtu:
            yield f"mtu {mtu} is more than the {parent.mtu} of {name}: take that or less, or raise that of {name} first"

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        asked: dict[Key, list[Wanted]] = {}
        for object_ in wanted:
            asked.setdefault(object_.key[:-1], []).append(object_)
        asking = {place: {object_.owner for object_ in objects} for place, objects in asked.items()}
        noted: dict[Key, set[str]] = {}
        for key, owner in kernel.records.owners_of(self.name):
            noted.setdefault(key[:-1], set()).add(owner)
        for netns in {None, *(object_.netns for object_ in wanted)}:
            for place, link in self._links(kernel, netns):
                sharing = noted.pop(place, set()) if link.owner is not None else set()
                yield from self._found(kernel, place, link, asked.pop(place, ()), sharing)
        for objects in asked.values():
            yield from self._to_be_shared([object_ for object_ in objects if object_.present])
        # Of a device that is gone, or somebody else's by now, nothing but the note is left.
        for place, owners in noted.items():
            for owner in sorted(owners - asking.get(place, set())):
                values = dict(zip(("netns", *self.key), place))
                yield Found(self.name, (*place, owner), values, owner)

    def _to_be_shared(self, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        """There is none yet: the first makes it, and the others find it made, but not yet theirs as well."""
        for object_ in wanted[1:]:
            yield Found(self.name, object_.key, {**object_.values, "held": False}, object_.owner)

    def _links(self, kernel: Kernel, netns: str | None) -> t.Iterator[tuple[Key, Link]]:
        links = kernel.links(netns)
        names = {link.index: link.name for link in links.values()}
        for link in list(links.values()):
            if link.kind == "vlan" and link.lower_netnsid is None:
                protocol = _NAMES.get(link.data.get("IFLA_VLAN_PROTOCOL", 0))
                yield (netns, names.get(link.lower or 0), protocol, link.data.get("IFLA_VLAN_ID")), link

    def _found(
        self, kernel: Kernel, place: Key, link: Link, wanted: t.Sequence[Wanted], noted: set[str]
    ) -> t.Iterator[Found]:
        """One for each owner, and one for each that is to be one; or somebody else's."""
        owners = sorted({link.owner, *noted}) if link.owner is not None else []
        by_owner = {object_.owner: object_ for object_ in wanted}
        for owner in dict.fromkeys([*owners, *(object_.owner for object_ in wanted if object_.present or not owners)]):
            values = self.values_of(kernel, place[0], link, by_owner.get(owner))
            values.update(zip(self.key, place[1:]), held=owner in owners)
            leftover = link.owner is None and link.group == m.GROUP
            whose = owner if link.owner is not None else None
            yield Found(self.name, (*place, owner), values, whose, leftover)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """But the name: one that is there keeps its own."""
        differences = super().differences(wanted, found)
        differences.pop("name", None)
        return differences

    def note(self, kernel: Kernel, change: Change) -> None:
        """One that an owner lets go of is there until whatever stands on it has gone: nobody who follows misses it."""
        values, netns = change.values, change.values.get("netns")
        if change.action == "change":
            super().note(kernel, change._replace(wanted=_named(change.wanted, change.found)))
        elif change.action == "add":
            kernel.will_make_link(values["name"], netns, self.kernel_kind)
            if values["protocol"] == "802.1Q":
                kernel.will_make_vlan(values["parent"], values["id"], netns)

    # -- writing -----------------------------------------------------------------------------------------------

    def add(self, wanted: Wanted) -> Rounds:
        values = wanted.values
        data = {"IFLA_VLAN_ID": values["id"], "IFLA_VLAN_PROTOCOL": PROTOCOLS[values["protocol"]]}
        made = m.new_link(
            values["name"],
            "vlan",
            data,
            wanted.netns,
            up=False,
            address=values.get("mac"),
            mtu=values.get("mtu"),
            link=m.Index(values["parent"]),
        )
        addresses, mark = values.get("addresses") or (), self.mark_of(wanted)
        return [[made], finish_link(values["name"], wanted.netns, mark, addresses, values["settings"], values["up"])]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        held = [Record(self.name, wanted.key, wanted.owner)] if "held" in differences else []
        return [[*held], *change_device(_named(wanted, found), differences, self.mark_of(wanted))]

    def remove(self, found: Found) -> Rounds:
        owner = found.owner or ""
        if "name" not in found.values:
            return [[Record(self.name, found.key, None)]]
        return [[ReleaseLink(found.netns, found.values["name"], self.name, found.key, owner)]]


def _named(wanted: Wanted | None, found: Found | None) -> Wanted:
    """What is wanted of the device that is there, as that is called."""
    there, asked = t.cast(Found, found), t.cast(Wanted, wanted)
    return asked._replace(values={**asked.values, "name": there.values["name"]})


def default_name(parent: str, id_: int, protocol: str) -> str:
    """``eth1.7``, as everybody calls it, ``eth1-7`` for 802.1ad, as a parent may have both.

    Of a name that would be too long, 40 bits of hash stand for the parent.
    """
    ending = f"{'.' if protocol == '802.1Q' else '-'}{id_}"
    if len(parent + ending) <= _LONGEST_NAME:
        return parent + ending
    hashed = base64.b32encode(hashlib.sha256(parent.encode()).digest()[:5]).decode().lower()
    return f"ch{hashed}{ending}"
