# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all kinds of device have in common: name, mark, MAC, MTU, addresses, up; and how each is set."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.addresses import (
    addresses_of,
    below_ipv6,
    change_addresses,
    unused_first,
    without_ipv4,
    without_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Problem,
    Values,
    Wanted,
    namespaces,
    place,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import UNKNOWN, has_lost_its_mark
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import DeleteLink, Step, WriteSysctl
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import device_settings, harm
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    AT_FIRST,
    IPV6_MIN_MTU,
    Settings,
    has_ipv6,
    in_message,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import label_of, mark
from ansible_collections.containerhost.network.plugins.module_utils.state.rows import broadcast_of

DEVICE_OPTIONS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "mac": {"type": "str"},
    "mtu": {"type": "int"},
    "up": {"type": "bool", "default": True},
}
ADDRESS_OPTIONS: dict[str, dict[str, t.Any]] = {"addresses": {"type": "list", "elements": "str"}}
ETH_DATA_LEN = 1500  # linux/if_ether.h: the MTU of Ethernet, and of the devices that are made like it
IPV6_OPTIONS: dict[str, dict[str, t.Any]] = {"ipv6": {"type": "bool"}}


class DeviceKind(Kind):
    """A kind of device that ``ip link`` shows under its name: bridge, vxlan, veth, macvlan…"""

    kernel_kind: t.ClassVar[str]
    key = ("name",)
    after: t.ClassVar[tuple[str, ...]] = ("netns",)
    marked = True
    # What a document means that says no MTU: the plan is whole. A task leaves alone what it does not name.
    default_mtu: t.ClassVar[t.Optional[int]] = None

    def normalise(self, values: Values) -> Values:
        plain = dict(values)
        plain["name"] = canonical.device_name(plain["name"])
        for option in ("master", "link"):
            if plain.get(option) is not None:
                plain[option] = canonical.device_name(plain[option], option)
        plain.setdefault("up", True)
        if plain.get("mac") is not None:
            plain["mac"] = canonical.unicast_mac(plain["mac"])
        if plain.get("mtu") is not None:
            plain["mtu"] = canonical.between(plain["mtu"], 68, 65535, "mtu")
        if plain.get("addresses") is not None:
            plain["addresses"] = canonical.each_address(plain["addresses"], device_address)
            if plain.get("mtu", IPV6_MIN_MTU) < IPV6_MIN_MTU and any(":" in cidr for cidr in plain["addresses"]):
                raise Problem(f"{plain['name']}: mtu {plain['mtu']} is too small for IPv6, which needs {IPV6_MIN_MTU}")
        if plain.get("state") != "absent":
            plain["settings"] = self.settings(plain)
            plain.pop("ipv6", None)
        return plain

    def is_one(self, link: Link) -> bool:
        return link.kind == self.kernel_kind

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        name = wanted.values["name"]
        other = kernel.also_called(name, wanted.netns)
        if other is not None:
            yield (
                f"{name} is an alternative name of {other}, which is not ours: give this one another name, or take that"
                f" one away (ip link property del dev {other} altname {name})"
            )

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        wanted = by_real_names(kernel, wanted, ("link", "parent"))
        if realm(wanted.owner) != "plan" or not wanted.values.get("settings"):
            return wanted
        whole = {**device_settings.as_made(self.name, wanted.values), **wanted.values["settings"]}
        return wanted._replace(values={**wanted.values, "settings": whole})

    def settings(self, values: Values) -> Settings:
        """How the device itself is set below ``net.ipv4.conf`` and ``net.ipv6.conf`` (``devices/device_settings.py``).

        A kind that closes its devices so has them made down, and finished and changed with these settings.
        """
        return {}

    def summary(self, values: Values) -> list[str]:
        plain = {name: value for name, value in values.items() if name != "settings"}
        return [row for row in super().summary(plain) if row != "up: yes"]

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("link", values.get("netns"), values["name"])

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        for option in ("name", "master"):
            if values.get(option):
                yield ("isolation", values.get("netns"), values[option])
        for option in ("master", "link"):
            if values.get(option):
                yield ("link", values.get("netns"), values[option])

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        names = {(object_.netns, object_.values["name"]): object_ for object_ in wanted}
        for netns in namespaces(wanted):
            for link in list(kernel.links(netns).values()):
                object_ = names.get((netns, link.name))
                same = self.is_one(link) and not self._is_made_beside(link)
                if not same and object_ is None:
                    continue
                begun = self._begun(kernel, netns, link)
                owner = link.owner if object_ is not None else link.owner or begun
                if (same and owner is not None) or (object_ is not None and (same or link.owner is None)):
                    values = self.values_of(kernel, netns, link, object_)
                    leftover = object_ is not None and (begun is not None or self._is_made_for(link, object_))
                    yield Found(self.name, (netns, link.name), values, owner, leftover)
                elif object_ is None and same and has_lost_its_mark(kernel, netns, link):
                    values = self.values_of(kernel, netns, link, None)
                    yield Found(self.name, (netns, link.name), values, UNKNOWN)

    def _is_made_beside(self, link: Link) -> bool:
        """Another kind has made it for an object of its own, as ``rate`` does: the label says for which."""
        return bool(label_of(link.alias)) and type(self).mark_label is DeviceKind.mark_label

    def _begun(self, kernel: Kernel, netns: str | None, link: Link) -> str | None:
        """For whom a run that was killed had begun to make the device, and had not marked it yet."""
        if link.group != m.GROUP or not self.is_one(link) or link.owner is not None:
            return None
        return kernel.records.begun(self.name, (netns, link.name))

    def _is_made_for(self, link: Link, wanted: Wanted) -> bool:
        """No mark, but our derived name, MAC and group: it was made before its records were lost."""
        return (
            (link.owner is None and self.is_one(link))
            and link.group == m.GROUP
            and link.mac == self.made_mac(wanted.values)
        )

    def made_mac(self, values: Values) -> str | None:
        """The MAC that the device itself is made with."""
        return values.get("mac")

    def values_of(self, kernel: Kernel, netns: str | None, link: Link, wanted: Wanted | None) -> Values:
        values = {"name": link.name, "mac": link.mac, "mtu": link.mtu, "up": link.up}
        place(values, netns)
        if not self.is_one(link):
            return {**values, "kind": link.kind or "physical"}
        if "addresses" in self.options:
            values["addresses"] = kernel.addresses_of(link.name, netns)
        if "ipv6" in self.options and has_ipv6(link) and not any(":" in cidr for cidr in values["addresses"]):
            values["ipv6"] = True
        if "addresses" in values and wanted is not None and link.up:
            mac, settings = wanted.values.get("mac"), wanted.values.get("settings", {})
            asked = wanted.values.get("addresses") or ()
            values["addresses"] = addresses_of(kernel, netns, link, mac, settings, asked)
        if wanted is not None and wanted.present:
            values["settings"], values["harm"] = device_settings.read(
                kernel, netns, link, wanted.values["settings"], self.mtu_of(wanted), wanted.values.get("mac")
            )
        return {**values, **self.data_of(kernel, netns, link)}

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        differences = super().differences(wanted, found)
        mtu = self.mtu_of(wanted)
        if mtu is not None and found.values.get("mtu") not in (None, mtu):
            differences["mtu"] = (found.values["mtu"], mtu)
        return harm.joined(differences, "settings", found.values.get("harm", {}), wanted.values)

    def mtu_of(self, wanted: Wanted) -> int | None:
        return wanted.values.get("mtu") or (self.default_mtu if realm(wanted.owner) == "plan" else None)

    def data_of(self, kernel: Kernel, netns: str | None, link: Link) -> Values:
        """The options that only this kind has."""
        return {}

    def note(self, kernel: Kernel, change: Change) -> None:
        netns, name = change.values.get("netns"), change.values["name"]
        if change.action in ("remove", "recreate"):
            kernel.will_delete_link(name, netns)
        if change.action in ("add", "recreate"):
            kernel.will_make_link(name, netns, self.kernel_kind)
        if "owner" in change.differences:
            kernel.will_mark(name, self.mark_of(t.cast(Wanted, change.wanted)), netns)
        if change.action == "change":
            if below_ipv6(change.differences):
                kernel.will_lose_ipv6(name, netns)
            if "addresses" in change.differences and without_ipv4(*change.differences["addresses"]):
                kernel.lost.with_ipv4(name, netns, neighbours=self.kernel_kind != "bridge")
            for step in change_settings(name, netns, *change.differences.get("settings", ({}, {}))):
                if isinstance(step, WriteSysctl):
                    kernel.will_set_sysctl(step.key, step.value, netns)

    def read_back(self, kernel: Kernel, wanted: Wanted) -> Found | None:
        """All but its addresses and settings, of a device that was made here under its name."""
        link = kernel.link(wanted.values["name"], wanted.netns)
        if link is None or not self.is_one(link):
            return None
        values = {"mac": link.mac, "mtu": link.mtu, "up": link.up, **self.data_of(kernel, wanted.netns, link)}
        return Found(self.name, wanted.key, values, wanted.owner)

    def mark_label(self, values: Values) -> str:
        return ""

    def mark_of(self, wanted: Wanted) -> str:
        return mark(wanted.owner, self.mark_label(wanted.values))

    def remove(self, found: Found) -> Rounds:
        """``moved``: where it was found, if somebody has taken it to another namespace."""
        return [[DeleteLink(found.values.get("moved", found.netns), found.values["name"])]]

    def undo(self, wanted: Wanted) -> Rounds:
        return [[DeleteLink(wanted.netns, wanted.values["name"])]]


def by_real_names(kernel: Kernel, wanted: Wanted, options: t.Iterable[str]) -> Wanted:
    """The same object, with the own names of devices that it knows by an alternative one."""
    values = wanted.values
    real = {option: kernel.also_called(values[option], wanted.netns) for option in options if values.get(option)}
    named = {option: name for option, name in real.items() if name is not None}
    return wanted._replace(values={**values, **named}) if named else wanted


def device_address(cidr: str) -> str:
    """An address that is ours to give: link-local ones come and go with the device, by the kernel or whoever else."""
    plain = canonical.interface_cidr(cidr)
    if plain.startswith("fe80:"):
        raise Problem(f"address {plain} is link-local, which is the kernel's to give: leave it out")
    if plain.startswith(_NOBODYS) or (plain.startswith("ff") and ipaddress.ip_interface(plain).is_multicast):
        raise Problem(f"address {plain} is one that no device can have: it stands for this host, for none, or for many")
    address, _slash, length = plain.partition("/")
    if ":" not in plain and int(length) < 31 and address == broadcast_of(plain):
        raise Problem(f"address {plain} is its network's broadcast address, which no device can have: give another")
    return plain


# Loopback and unspecified addresses of IPv6, which the kernel refuses; the latter, broadcast and groups of IPv4.
_NOBODYS = ("::1/", "::/", "0.0.0.0/", "255.255.255.255/", *(f"{number}." for number in range(224, 240)))


def no_bridge(kernel: Kernel, port: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
    """Why a device cannot be a port of its `master`, if it is not yet."""
    master, netns = port.values.get("master"), port.netns
    if not master or "master" not in changed:
        return
    link = kernel.link(master, netns)
    if not kernel.has_link(master, netns):
        yield f"there is no bridge {master}; make it first (module bridge), or name another `master`"
    elif link is not None and link.kind != "bridge" and not kernel.is_to_be_made(master, netns):
        yield f"{master} is no bridge ({link.kind or 'physical'}); name another `master`"


def in_files(netns: str | None, device: str, settings: Settings) -> list[WriteSysctl]:
    """Steps for the others: IPv6 has no message for them."""
    six = {name: number for name, number in settings.items() if name.startswith("ipv6.")}
    return [_write_setting(netns, device, name, number) for name, number in six.items()]


def change_settings(
    device: str, netns: str | None, before: t.Mapping[str, int | None], after: Settings
) -> list[Step]:
    """IP's by files alone: only so the kernel gives a device that is up the link-local address of its new mode."""
    differing = {name: number for name, number in after.items() if before.get(name) != number}
    # Before IPv6 comes on: it would begin with an address of the mode until now, and keep it. And before the kernel
    # makes that route along with something else: it does not mind that it is there.
    differing = {**{name: differing[name] for name in (_MODE, _GROUPS) if name in differing}, **differing}
    steps: list[Step] = []
    attributes: dict[str, dict[str, int]] = {}
    for name, number in differing.items():
        if name.startswith("ipv"):
            steps.append(_write_setting(netns, device, name, number))
        elif name == "link.link_local":
            # The kernel makes the address when the mode becomes this one, and its route with it.
            steps += [_write_setting(netns, device, "ipv6.addr_gen_mode", mode) for mode in (1, 0)]
        elif name == "link.link_local_route":
            steps.append(m.link_local_route(device, netns))
        elif name == _GROUPS:
            steps.append(m.route_to_groups(device, netns))
        elif name in _ON_LINK:
            steps.append(m.set_link(device, netns, operation=f"set {name.partition('.')[2]}", **_ON_LINK[name](number)))
        else:
            place, attribute = device_settings.attribute_of(name)
            attributes.setdefault(place, {})[attribute] = number
    for place, data in attributes.items():
        steps.append(
            m.set_port(device, data, netns) if place == "port" else m.set_kind_data(device, place, data, netns)
        )
    return steps


_MODE, _GROUPS = "ipv6.addr_gen_mode", "link.groups_route"
_ON_LINK: dict[str, t.Callable[[int], dict[str, t.Any]]] = {
    "link.arp": lambda on: {"flags": {m.IFF_NOARP: not on}},
    "link.multicast": lambda on: {"flags": {m.IFF_MULTICAST: bool(on)}},
    "link.group": lambda group: {"group": group},
    "link.proto_down": lambda on: {"proto_down": on},
    "link.master": lambda index: {"master": index},
}


def _write_setting(netns: str | None, device: str, name: str, number: int) -> WriteSysctl:
    """Without IPv6 there is nothing to close; but what is to have it cannot do without."""
    may_miss = name.startswith("ipv6.") and not (name == "ipv6.disable_ipv6" and number == 0)
    return WriteSysctl(netns, device_settings.path(device, name), str(number), may_miss)


def finish_link(
    name: str,
    netns: str | None,
    alias: str,
    addresses: t.Iterable[str] = (),
    settings: Settings | None = None,
    up: bool = False,
    mtu: int | None = None,
) -> list[Step]:
    """What cannot be said when a device is made: its mark (IFLA_IFALIAS is ignored then), its settings, its addresses.

    A device that is closed by ``settings`` is made down, and comes up here, once it is set. ``mtu`` is for a device
    that keeps its own only if it was changed to it.
    """
    closed = in_message({**settings, **AT_FIRST}) if settings else None
    marked = m.set_link(name, netns, operation="set the mark", ifalias=alias, af_spec=closed, mtu=mtu)
    on = [m.set_link(name, netns, up=True)] if up else []
    new = (m.new_address(name, cidr, netns) for cidr in addresses)
    return [marked, *in_files(netns, name, settings or {}), *on, *new]


def wants_ipv6(values: Values) -> bool | None:
    """As it is asked for, or else whether an address is of IPv6. None: nobody says what addresses there are."""
    name, mtu, six = values["name"], values.get("mtu", IPV6_MIN_MTU), values.get("ipv6")
    addresses = [cidr for cidr in values.get("addresses") or () if ":" in cidr]
    if addresses and six is False:
        raise Problem(f"{name} has the address {addresses[0]} and `ipv6: false`: leave out one of the two")
    if six and mtu < IPV6_MIN_MTU:
        raise Problem(f"{name}: mtu {mtu} is too small for IPv6, which needs {IPV6_MIN_MTU}")
    if six is None and values.get("addresses") is None and mtu >= IPV6_MIN_MTU:
        return None
    return bool(addresses or six)


def change_link(
    wanted: Wanted,
    differences: t.Mapping[str, tuple[t.Any, t.Any]],
    alias: str,
    all_of: t.Mapping[str, tuple[t.Any, t.Any]] | None = None,
) -> list[m.Message]:
    """The messages for the options that every device has; ``all_of`` those that differ, some of which have changed."""
    name, netns = wanted.values["name"], wanted.netns
    attributes: dict[str, t.Any] = {}
    if "mac" in differences:
        attributes["address"] = wanted.values["mac"]
    if "mtu" in differences:
        attributes["mtu"] = differences["mtu"][1]
    if "owner" in differences:
        attributes["ifalias"] = alias
    messages = []
    if attributes or "up" in differences:
        messages.append(m.set_link(name, netns, up=wanted.values["up"] if "up" in differences else None, **attributes))
    old, new = differences.get("addresses", (wanted.values.get("addresses") or (),) * 2)
    if ("up" in differences and not wanted.values["up"]) or below_ipv6(all_of or differences):
        old = without_ipv6(old)
    return messages + change_addresses(name, netns, old, new)


def change_device(wanted: Wanted, differences: t.Mapping[str, tuple[t.Any, t.Any]], alias: str) -> Rounds:
    """The same for a device that is closed: it gets a larger MTU before its settings, as those of IPv6 come with it
    (IPV6_MIN_MTU), and it comes up and gets its addresses after them. A link-local address that it does not use has
    gone before the kernel makes that again.
    """
    late = {name: row for name, row in differences.items() if name in ("up", "addresses")}
    early = {name: row for name, row in differences.items() if name not in late}
    name, changed = wanted.values["name"], differences.get("settings", ({}, {}))
    first, late = unused_first(name, wanted.netns, late, *changed)
    settings = change_settings(name, wanted.netns, *changed)
    return [[*first, *change_link(wanted, early, alias)], settings, [*change_link(wanted, late, alias, differences)]]
