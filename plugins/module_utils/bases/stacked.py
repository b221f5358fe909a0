# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface on a parent of the host's, made straight into its sandbox: macvlan, ipvlan.

Without a sandbox it is the host's own: a shim, as a parent does not talk to what stands on it."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import sandbox_interface, sandbox_routes
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import DEVICE_OPTIONS, by_real_names
from ansible_collections.containerhost.network.plugins.module_utils.bases.misled import forgotten, joined, on_shims
from ansible_collections.containerhost.network.plugins.module_utils.bases.standing import is_port_of_another
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import (
    ANY_PARENT,
    Attachment,
    Kind,
    Place,
    Rounds,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Key,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Announce, DeleteLink, Record
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import UnreadableTable
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    asked_for,
    not_routing,
    of_host_device,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark

STACKED_OPTIONS: dict[str, dict[str, t.Any]] = {
    "parent": {"type": "str"},
    "vlan": {"type": "int"},
    **{name: spec for name, spec in DEVICE_OPTIONS.items() if name in ("mtu", "up")},
    **sandbox_interface.SANDBOX_OPTIONS,
}
LARGEST_VLAN = 4094  # 802.1Q, table 9-2


class StackedKind(Kind):
    """A kind of interface that stands on a parent. Subclasses say which modes there are and how they are told."""

    kernel_kind: t.ClassVar[str]
    # Names of modes to the kernel's numbers, and the attribute of IFLA_INFO_DATA that holds them.
    modes: t.ClassVar[t.Mapping[str, int]]
    mode_attribute: t.ClassVar[str]
    # Options that ``data`` tells the kernel of.
    data_options: t.ClassVar[tuple[str, ...]] = ("mode",)
    # Modes in which those on one parent do not reach each other directly.
    modes_apart: t.ClassVar[frozenset[str]] = frozenset()
    key = ("sandbox", "interface")
    after = ("netns", ANY_PARENT)
    fixed = frozenset(("parent", "vlan"))
    marked = True

    def key_of(self, values: Values, owner: str) -> Key:
        sandbox = values.get("sandbox") or {}
        return (values.get("netns"), sandbox.get("engine"), sandbox.get("ref"), values["interface"])

    def normalise(self, values: Values) -> Values:
        plain = {"up": True, "mode": self.options["mode"]["default"], "interface": "eth0", **values}
        if plain.get("mtu") is not None:
            plain["mtu"] = canonical.between(plain["mtu"], 68, 65535, "mtu")
        if plain["mode"] not in self.modes:
            allowed = ", ".join(self.modes)
            raise Problem(f"{self.name} {plain['interface']}: mode {plain['mode']} must be one of {allowed}")
        if plain.get("vlan") is not None:
            plain["vlan"] = canonical.between(plain["vlan"], 1, LARGEST_VLAN, "vlan")
        plain = sandbox_interface.normalise(plain, required=False)
        if plain.get("sandbox") is None:
            settings = of_host_device(any(":" in cidr for cidr in plain["addresses"]))
            asked = asked_for(plain["sysctls"])
            plain["end_settings"] = {name: number for name, number in settings.items() if name not in asked}
        if values.get("state") != "absent":
            if plain.get("parent") is None:
                raise Problem(f"{self.name} {plain['interface']} needs a `parent`: the host's interface on the LAN")
            plain["parent"] = canonical.device_name(plain["parent"], "parent")
        return plain

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        return by_real_names(kernel, not_routing(kernel, wanted), ("parent",))

    def label(self, values: Values) -> str:
        ref = (values.get("sandbox") or {}).get("ref")
        return f"{ref} {values['interface']}" if ref else str(values["interface"])

    def summary(self, values: Values) -> list[str]:
        addresses = ", ".join(values.get("addresses") or ()) or "no address"
        sandbox = values.get("sandbox")
        where = f" in {sandbox['engine']} {sandbox['ref']}" if sandbox else " of the host"
        end = f"{addresses} as {values['interface']}{where}, on {self.lower_of(values)}, mode {values.get('mode')}"
        return [end] + [f"route: {text}" for text in values.get("routes") or ()]

    def attachment(self, values: Values) -> Attachment:
        """Its parent does not talk to it: the host reaches it by a shim, which is an object of its own."""
        apart = values.get("mode") in self.modes_apart
        return sandbox_interface.attachment(values, from_host=False, to_neighbours=not apart)

    def holds(self, values: Values) -> t.Iterator[Place]:
        return sandbox_interface.holds(values)

    def export(self, values: Values) -> Values:
        return sandbox_interface.export(super().export(values))

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield from sandbox_interface.occupies(values)

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        if values.get("vlan"):
            yield ("vlan", values.get("netns"), values.get("parent"), "802.1Q", values["vlan"])
        else:
            yield ("link", values.get("netns"), values.get("parent"))

    @staticmethod
    def lower_of(values: Values) -> str:
        """What it stands on, in words: the parent, or a VLAN of it."""
        vlan = values.get("vlan")
        return f"VLAN {vlan} of {values.get('parent')}" if vlan else str(values.get("parent"))

    @staticmethod
    def lower(kernel: Kernel, wanted: Wanted) -> Link | None:
        """The device that it stands on, if that is there by now."""
        parent, vlan = wanted.values["parent"], wanted.values.get("vlan")
        return kernel.vlan(parent, vlan, wanted.netns)

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        values, netns = wanted.values, wanted.netns
        lower, vlan = self.lower(kernel, wanted), values.get("vlan")
        if not kernel.has_link(values["parent"], netns):
            yield f"there is no interface {values['parent']} on this host; name its interface on the LAN as `parent`"
        elif values["parent"] == "lo":
            yield "lo leads to nobody else: name the host's interface on the LAN as `parent`"
        elif vlan and not kernel.has_vlan(values["parent"], vlan, netns):
            yield f"there is no {self.lower_of(values)} on this host; make it first (module vlan)"
        elif lower is not None and is_port_of_another(kernel, lower, netns):
            yield f"{lower.name} is a port of {lower.master}; name {lower.master} as `parent`"
        there = kernel.link(values["interface"], netns) if values.get("sandbox") is None else None
        if there is not None and is_foreign(kernel, there.name, netns):
            yield (
                f"there is a device {there.name} on this host already ({there.kind or 'physical'}) that is not ours:"
                " name another `interface`, or remove it"
            )

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        recorded = kernel.records.owner(self.name, wanted.key)
        return sandbox_interface.pending(
            kernel, wanted, lambda link: self._is_an_end(link) and self._owner(link, wanted, recorded) != (None, False)
        )

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        yield from sandbox_interface.unfit_settings(kernel, wanted, changed)
        mtu = wanted.values.get("mtu")
        lower = self.lower(kernel, wanted) or kernel.link(wanted.values["parent"], wanted.netns)
        if mtu and lower is not None and mtu > lower.mtu:
            room, name = lower.mtu, lower.name
            yield f"mtu {mtu} is more than the {room} of {name}: take that or less, or raise that of {name} first"

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        objects = {object_.key: object_ for object_ in wanted}
        yielded: set[Key] = set()
        for key in [*objects, *self._places(kernel)]:
            # An interface does not say in which namespace its parent is; whoever asks for it knows.
            if key[1:] in yielded:
                continue
            yielded.add(key[1:])
            found = self._read_one(kernel, key, objects.get(key))
            if found is not None:
                yield found

    def _places(self, kernel: Kernel) -> t.Iterator[Key]:
        """Where there are some of ours: the host itself, and sandboxes that the records name.

        Whoever is in a sandbox may change what a mark in it says.
        """
        for link in kernel.links(None).values():
            key = (None, None, None, link.name)
            if link.kind == self.kernel_kind and (link.owner is not None or self._begun(kernel, key, link)):
                yield key
        yield from (key for key, _owner in kernel.records.owners_of(self.name))

    def _read_one(self, kernel: Kernel, key: Key, wanted: Wanted | None) -> Found | None:
        netns, engine, ref, interface = key
        sandbox = {"engine": engine, "ref": ref} if engine else None
        path = sandbox_interface.netns_of({"sandbox": sandbox, "netns": netns})
        recorded = kernel.records.owner(self.name, key)
        link = self._end(kernel, interface, path)
        if link is None or (not self._is_an_end(link) if sandbox else link.kind != self.kernel_kind):
            return self._left_behind(kernel, key, recorded, wanted) if recorded else None
        parent = kernel.link_of_index(link.lower, netns)
        mtu = (wanted.values.get("mtu") if wanted else None) or (parent.mtu if parent else None)
        values = {
            **self._inside(kernel, path, link, wanted, mtu),
            "sandbox": sandbox,
            "netns": netns,
            **self._place(kernel, netns, parent, wanted),
            **self.data_of(link),
            "mtu": link.mtu,
            "parent_mtu": parent.mtu if parent else None,
            "up": link.up,
            "mark": link.alias,
            "misled": on_shims(kernel, self.kernel_kind, parent, link, wanted),
        }
        begun = None if sandbox else self._begun(kernel, key, link)
        owner, leftover = self._owner(link, wanted, recorded if sandbox else link.owner)
        if begun is not None:
            owner, leftover = (begun, False) if wanted is None else (None, True)
        return Found(self.name, key, values, owner, leftover)

    def _end(self, kernel: Kernel, interface: str, path: str | None) -> Link | None:
        """Also in a sandbox that has too many of them to look through: nobody keeps his in that way."""
        try:
            return kernel.link(interface, path)
        except UnreadableTable:
            return kernel.link_by_any_name(interface, path)

    def _inside(self, kernel: Kernel, path: str | None, link: Link, wanted: Wanted | None, mtu: int | None) -> Values:
        """What is to go, goes without having been read."""
        try:
            return sandbox_interface.read(kernel, path, link, wanted, mtu)
        except UnreadableTable:
            return {"interface": link.name, "mac": link.mac}

    @staticmethod
    def _place(kernel: Kernel, netns: str | None, lower: Link | None, wanted: Wanted | None) -> Values:
        """The parent and its VLAN; or the VLAN's device as the parent, where it is that which is wanted."""
        if lower is None or (wanted is not None and not wanted.values.get("vlan")):
            return {"parent": lower.name if lower else None}
        parent, vlan = kernel.link_of_index(lower.lower, netns), lower.data.get("IFLA_VLAN_ID")
        if parent is None or kernel.vlan(parent.name, vlan or 0, netns) != lower:
            return {"parent": lower.name}
        return {"parent": parent.name, "vlan": vlan}

    def _begun(self, kernel: Kernel, key: Key, link: Link) -> str | None:
        """For whom a run that was killed had begun to make it, and had not marked it yet."""
        if link.owner is not None or link.group != m.GROUP:
            return None
        return kernel.records.begun(self.name, key)

    def _left_behind(self, kernel: Kernel, key: Key, recorded: str, wanted: Wanted | None) -> Found | None:
        """An end that is not in its sandbox any more.

        Its namespace was replaced, and something keeps the old one, the end in it, and the end's MAC. Otherwise it went
        along with its namespace; the record of it goes when nobody wants it.
        """
        netns, engine, ref, interface = key
        values: Values = {"sandbox": {"engine": engine, "ref": ref}, "netns": netns, "interface": interface}
        place = kernel.left_behind(kernel.records.namespace(self.name, key), sandbox_interface.netns_of(values))
        for link in kernel.links_that_can_be_read(place) if place else ():
            if self._is_an_end(link) and self._owner(link, wanted, link.owner) != (None, False):
                parent = kernel.link_of_index(link.lower, netns)
                values.update(left_in=place, left_as=link.name, mac=link.mac, parent=parent.name if parent else None)
                return Found(self.name, key, values, recorded)
        return None if wanted else Found(self.name, key, values, recorded)

    def _is_an_end(self, link: Link) -> bool:
        """In a sandbox: does it stand on something that is outside? Whoever is inside makes none that does."""
        return link.kind == self.kernel_kind and link.lower_netnsid is not None

    def _owner(self, link: Link, wanted: Wanted | None, known: str | None) -> tuple[str | None, bool]:
        """Whose it is as far as the host knows, and whether it is what a killed run has left, or lost records."""
        if known is not None:
            return known, False
        return None, wanted is not None and (link.owner is not None or self.is_made_for(link, wanted))

    def data_of(self, link: Link) -> Values:
        """The options that IFLA_INFO_DATA holds."""
        names = {number: name for name, number in self.modes.items()}
        return {"mode": names.get(link.data.get(self.mode_attribute, -1), "another")}

    def data(self, values: Values) -> dict[str, t.Any]:
        """IFLA_INFO_DATA for these options, as a device is made or changed with."""
        return {self.mode_attribute: self.modes[values["mode"]]}

    def is_made_for(self, link: Link, wanted: Wanted) -> bool:
        """By our MAC and our group: that is how an interface looks before it has its mark."""
        return link.mac == wanted.values.get("mac") and link.group == m.GROUP

    def fixed_of(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> set[str]:
        return super().fixed_of(differences) | {"sandbox"}.intersection(differences)

    def is_lost(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> bool:
        """Its container's namespace was replaced: what is left of it in the old one, nobody can miss."""
        return "sandbox" in differences

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        if "left_in" in found.values:
            return {"sandbox": (None, wanted.values["sandbox"])}
        plain = {name: value for name, value in wanted.values.items() if name not in ("sandbox", "netns")}
        differences = super().differences(wanted._replace(values=plain), found)
        # Without one of its own it has its parent's; the kernel follows that down, but not up again.
        follow = found.values.get("parent_mtu")
        if plain.get("mtu") is None and follow not in (None, found.values["mtu"]):
            differences["mtu"] = (found.values["mtu"], follow)
        if found.owner == wanted.owner and found.values["mark"] != mark(wanted.owner):
            differences["mark"] = (found.values["mark"], mark(wanted.owner))
        return joined(sandbox_interface.with_harm(differences, wanted, found), found)

    def note(self, kernel: Kernel, change: Change) -> None:
        if change.action in ("remove", "recreate"):
            kernel.will_delete_link(change.values["interface"], self.path_of(change.values))
        if change.action in ("add", "recreate"):
            kernel.will_make_link(change.values["interface"], self.path_of(change.values), self.kernel_kind)

    # -- writing -----------------------------------------------------------------------------------------------

    def add(self, wanted: Wanted) -> Rounds:
        values, netns = wanted.values, wanted.netns
        path, device = self.path_of(values), values["interface"]
        # Made in its namespace under its name at once: no temporary name on the host, and none to clash with.
        made = m.new_link(
            device,
            self.kernel_kind,
            self.data(values),
            netns,
            up=False,
            address=values.get("mac"),
            mtu=values.get("mtu"),
            link=m.VlanIndex(values["parent"], values["vlan"]) if values.get("vlan") else m.Index(values["parent"]),
            net_ns_fd=m.NetnsFd(path) if path != netns else None,
        )
        marked = m.set_link(device, path, operation="set the mark", ifalias=mark(wanted.owner))
        return [
            [*self._record(wanted), made],
            [marked, *sandbox_interface.set_up(values, path)],
            sandbox_interface.attach(values, path),
            self._announced(values, path, values.get("mac")),
        ]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        values, path = wanted.values, self.path_of(wanted.values)
        first: list[t.Any] = [*forgotten(found.values.get("misled") or (), wanted.netns)]
        if set(self.data_options).intersection(differences):
            first.append(m.set_kind_data(values["interface"], self.kernel_kind, self.data(values), path))
        if {"owner", "mark"} & set(differences):
            first.append(m.set_link(values["interface"], path, operation="set the mark", ifalias=mark(wanted.owner)))
        inside = sandbox_interface.change(wanted, path, differences)
        moved = {"mac", "addresses", "up"} & set(differences)
        told = self._announced(values, path, values.get("mac") or found.values["mac"]) if moved else []
        return [[*self._record(wanted), *first, *inside[0]], *inside[1:], told]

    def leave(self, wanted: Wanted, found: Found) -> tuple[Rounds, Found]:
        """Two may change MACs with each other, by way of one that nobody has."""
        path = self.path_of(wanted.values)
        rounds, after = sandbox_interface.leave(wanted, found, path, found.values["interface"])
        mac = found.values["mac"]
        if mac and wanted.values.get("mac") not in (None, mac):
            after.values["mac"] = f"{int(mac[:2], 16) ^ 4:02x}{mac[2:]}"
            rounds[0].append(m.set_link(found.values["interface"], path, address=after.values["mac"]))
        return rounds, after

    def announces(self, values: Values) -> bool:
        """Its neighbours are told where its addresses are."""
        return True

    def _announced(self, values: Values, path: str | None, mac: str | None) -> list[t.Any]:
        if not values["up"] or not self.announces(values):
            return []
        return [Announce(path, values["interface"], mac, tuple(values["addresses"]))]

    def remove(self, found: Found) -> Rounds:
        forget = [Record(self.name, found.key, None)]
        if "parent" not in found.values:  # its sandbox is gone, and took it along
            return [forget]
        values = found.values
        if "left_in" in values:
            return [[DeleteLink(values["left_in"], values["left_as"])], forget]
        path = self.path_of(values)
        outlasting = sandbox_routes.removal(values.get("routes") or (), path)
        return [[*outlasting, DeleteLink(path, values["interface"])], forget]

    def undo(self, wanted: Wanted) -> Rounds:
        gone = DeleteLink(self.path_of(wanted.values), wanted.values["interface"])
        return [[gone], [Record(self.name, wanted.key, None)]]

    def _record(self, wanted: Wanted) -> list[Record]:
        """What is in a sandbox does not say whose it is, and nothing on the host leads to it."""
        if wanted.values.get("sandbox") is None:
            return []
        return [Record(self.name, wanted.key, wanted.owner, namespace=self.path_of(wanted.values))]

    @staticmethod
    def path_of(values: Values) -> str | None:
        """The namespace that the interface is in; None is the host's own."""
        return sandbox_interface.netns_of(values)
