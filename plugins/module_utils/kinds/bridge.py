# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``bridge``: a switch in the kernel (ip-link(8), ``type bridge``), with the gateways that it is for its ports."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import other_mode
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    ADDRESS_OPTIONS,
    DEVICE_OPTIONS,
    ETH_DATA_LEN,
    IPV6_OPTIONS,
    DeviceKind,
    change_device,
    finish_link,
    wants_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.fixed_macs import own_macs
from ansible_collections.containerhost.network.plugins.module_utils.bases.lan_moves import UNTIL_UPLINKED
from ansible_collections.containerhost.network.plugins.module_utils.bases.overlap import overlaps
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Problem,
    Values,
    Wanted,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.kinds.uplink import GONE_LANS
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    Settings,
    gives_no_link_local,
    has_ipv6,
    of_host_device,
    of_lan,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import uplink_label, uplink_of

_SECOND = 100  # the kernel counts a bridge's times in USER_HZ

# Option: attribute, and how many of the kernel's units are one of ours. Only what is asked for is sent: a kernel
# without VLAN filtering refuses even to have it switched off.
_DATA: dict[str, tuple[str, int]] = {
    "stp": ("IFLA_BR_STP_STATE", 1),
    "priority": ("IFLA_BR_PRIORITY", 1),
    "ageing_time": ("IFLA_BR_AGEING_TIME", _SECOND),
    "forward_delay": ("IFLA_BR_FORWARD_DELAY", _SECOND),
    "multicast_snooping": ("IFLA_BR_MCAST_SNOOPING", 1),
    "group_fwd_mask": ("IFLA_BR_GROUP_FWD_MASK", 1),
    "vlan_filtering": ("IFLA_BR_VLAN_FILTERING", 1),
}
# IFLA_BR_PRIORITY and IFLA_BR_GROUP_FWD_MASK are of 16 bits, the kernel's clock of 32;
# BR_MIN_FORWARD_DELAY and BR_MAX_FORWARD_DELAY, net/bridge/br_private_stp.h.
_RANGES = {
    "priority": (0, 65535),
    "ageing_time": (0, 0xFFFFFFFF // _SECOND),
    "forward_delay": (2, 30),
    "group_fwd_mask": (0, 65535),
}
_BOOLOPTS, _NO_LINKLOCAL_LEARN = "IFLA_BR_MULTI_BOOLOPT", 1 << 0  # BR_BOOLOPT_NO_LL_LEARN, linux/if_bridge.h
_NEVER_FORWARDED = 0x7  # BR_GROUPFWD_RESTRICTED, net/bridge/br_private.h
_OF_LANS = ("uplink", "vlan")
_LARGEST_VLAN = 4094  # 802.1Q, table 9-2
_SWITCHES = ("stp", "multicast_snooping", "vlan_filtering")


class Bridge(DeviceKind):
    name = "bridge"
    kernel_kind = "bridge"
    default_mtu = ETH_DATA_LEN
    data_attributes = {_BOOLOPTS: (46, "boolopts")}
    options = {
        **DEVICE_OPTIONS,
        **ADDRESS_OPTIONS,
        **IPV6_OPTIONS,
        "link_local": {"type": "bool", "default": True},
        **{option: {"type": "bool" if option in _SWITCHES else "int"} for option in _DATA},
        "no_linklocal_learn": {"type": "bool"},
        "uplink": {"type": "str"},
        "vlan": {"type": "int"},
    }

    def normalise(self, values: Values) -> Values:
        plain = super().normalise(values)
        for option, (low, high) in _RANGES.items():
            if plain.get(option) is not None:
                plain[option] = canonical.between(plain[option], low, high, option)
        if (plain.get("group_fwd_mask") or 0) & _NEVER_FORWARDED:
            raise Problem(
                f"bridge {plain['name']}: group_fwd_mask {plain['group_fwd_mask']} has one of the three lowest bits,"
                " of STP, pause frames and LACP, which no bridge passes on: leave them out"
            )
        if plain.get("vlan") is not None and plain.get("uplink") is None:
            raise Problem(f"bridge {plain['name']} has `vlan` {plain['vlan']}, which is one of its `uplink`: name that")
        return _on_a_lan(plain) if plain.get("uplink") is not None else plain

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """On a LAN it is known there by its uplink's MAC, and has its MTU."""
        wanted = super().resolve(kernel, wanted)
        values = wanted.values
        if values.get("uplink") is None:
            own = wanted.present and values.get("mac")  # one that it is not told follows from its ports
            return wanted._replace(values={**values, "own_entry": True}) if own else wanted
        name = kernel.also_called(values["uplink"], wanted.netns) or values["uplink"]
        port = _port(kernel, {**values, "uplink": name})
        taken = {"mac": port.mac, "mtu": values.get("mtu") or port.mtu} if port else {}
        return wanted._replace(values={**values, "uplink": name, **taken})

    def mtu_of(self, wanted: Wanted) -> int | None:
        """Nobody knows that of a LAN whose interface is not there."""
        return wanted.values.get("mtu") if wanted.values.get("uplink") else super().mtu_of(wanted)

    def mark_label(self, values: Values) -> str:
        return uplink_label(values["uplink"], values.get("vlan")) if values.get("uplink") else ""

    def needs(self, values: Values) -> t.Iterator[Place]:
        """What was a LAN's gives its addresses back before it is another network's. What guards a bridge of containers'
        would keep its host from its LAN, and routing there is not the host's own."""
        yield from super().needs(values)
        yield ("uplink" if values.get("uplink") is None else "isolation", values.get("netns"), values["name"])

    def settings(self, values: Values) -> Settings:
        if values.get("uplink") is not None:
            return of_lan()
        return of_host_device(wants_ipv6(values), link_local=values.get("link_local") is not False)

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        """The host's own networks are not the plan's to know. A task says what it wants, whatever is there."""
        yield from super().limits(kernel, wanted, changed)
        if "addresses" in changed and realm(wanted.owner) == "plan":
            for cidr in wanted.values.get("addresses") or ():
                yield from overlaps(kernel, wanted.netns, cidr)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """Whether it has a link-local address is one of its settings."""
        differences = super().differences(wanted, found)
        differences.pop("link_local", None)
        if wanted.values.get("uplink") and found.values.get("addresses"):
            differences["addresses"] = (found.values["addresses"], [])  # those of the network that it was before
        for option in _OF_LANS:
            if found.values.get(option) != wanted.values.get(option):
                differences[option] = (found.values.get(option), wanted.values.get(option))
        return differences

    waits = ("remove",)

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        return other_mode.gateway(wanted, found)

    def note(self, kernel: Kernel, change: Change) -> None:
        """What the host has by it goes back to its uplink, which is read once it is gone, or another network's."""
        name, netns = change.values["name"], change.values.get("netns")
        links = kernel.links(netns)
        leaves = change.action != "change" or not change.differences.keys().isdisjoint(_OF_LANS)
        if leaves and name in links and links[name].leads_out:
            ports = {link.name for link in links.values() if link.master == name}
            kernel.notes(GONE_LANS).append((netns, links[name], ports))
        super().note(kernel, change)
        if change.wanted is None:
            return
        if change.action == "change":
            if change.values.get("uplink") and change.differences.get("uplink", ("",))[0] is None:
                kernel.will_free(self.occupies(change.values))  # for what is left over of the network that it was
                kernel.lost.from_device(change.differences.get("addresses", ((),))[0], name, netns)
            taken = {option: change.differences[option][1] for option in ("mac", "mtu") if option in change.differences}
            links[name] = links[name]._replace(**taken, alias=self.mark_of(change.wanted))
        elif (port := _port(kernel, change.values)) is not None:
            kernel.will_be_link(_as_its_uplink(port, name, self.mark_of(change.wanted)), netns)

    def data_of(self, kernel: Kernel, netns: str | None, link: Link) -> Values:
        values: Values = {"link_local": False} if has_ipv6(link) and gives_no_link_local(link) else {}
        for option, (attribute, unit) in _DATA.items():
            number = link.data.get(attribute)
            if number is not None:
                values[option] = bool(number) if option in _SWITCHES else number // unit
        if _BOOLOPTS in link.data:
            values["no_linklocal_learn"] = bool(link.data[_BOOLOPTS][0] & _NO_LINKLOCAL_LEARN)
        return {**values, **dict(zip(("uplink", "vlan"), uplink_of(link.alias) or ()))}

    def values_of(self, kernel: Kernel, netns: str | None, link: Link, wanted: Wanted | None) -> Values:
        """What a bridge has that is on a LAN is the host's, and nothing of its own. ``neighbours`` are told again: it
        loses them. ``own_entry``: it knows its own MAC; without, all that is sent to it goes to its ports alone."""
        values = super().values_of(kernel, netns, link, wanted)
        if wanted is not None and wanted.values.get("own_entry"):
            values["own_entry"] = _has_own_entry(kernel, netns, link)
        if wanted is not None and wanted.values.get("uplink"):
            own = (f"{address}/64" for address in sorted(kernel.link_local(link.name, netns)))
            values["addresses"] = [*values["addresses"], *own]
        if wanted is not None and wanted.values.get("addresses") is not None:
            values["neighbours"] = _lost_neighbours(kernel, netns, link.name, values, wanted.values["addresses"])
        return {**values, "addresses": []} if link.leads_out else values

    def summary(self, values: Values) -> list[str]:
        """Of a bridge that goes, too: what is left at the kernel's defaults says nothing."""
        return [row for row in super().summary(values) if row.split(":")[0] in ("mac", "mtu", "addresses", "kind")]

    def export(self, values: Values) -> Values:
        """That it has no address says of one that it has no IPv6."""
        whole = super().export(values)
        if values.get("uplink"):
            return {name: value for name, value in whole.items() if name not in ("mac", "mtu", "addresses", "ipv6")}
        none: Values = {"addresses": []} if values.get("addresses") == [] and not values.get("ipv6") else {}
        return {**whole, **none}

    def add(self, wanted: Wanted) -> Rounds:
        values, mtu = wanted.values, self.mtu_of(wanted)
        # The MAC from the start: a bridge without one of its own takes and changes it with its ports.
        made = m.new_link(
            values["name"],
            "bridge",
            _data(values, values),
            wanted.netns,
            up=False,
            address=values.get("mac"),
            mtu=_another(mtu),
        )
        name, addresses, settings = values["name"], values.get("addresses") or (), values["settings"]
        if values.get("uplink"):
            settings = {**settings, **UNTIL_UPLINKED}
        mark = self.mark_of(wanted)
        return [[made], finish_link(name, wanted.netns, mark, addresses, settings, values["up"], mtu)]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        data = _data(wanted.values, differences)
        name, netns = wanted.values["name"], wanted.netns
        first = [m.set_kind_data(name, "bridge", data, netns)] if data else []
        if "own_entry" in differences:
            own = {"lladdr": found.values["mac"], "state": m.NUD_PERMANENT, "flags": m.NTF_SELF}
            first.append(m.fdb({"device": name, **own}, netns, replace=True))
        lost = found.values.get("neighbours", ()) if "addresses" in differences else ()
        again = [m.neighbour(name, *each, netns, replace=True) for each in lost]
        if differences.keys().isdisjoint(_OF_LANS):
            return [list(first), *change_device(wanted, differences, self.mark_of(wanted)), [*again]]
        # What one has that is marked as on a LAN is the host's: it has nothing of its own by then.
        marked = m.set_link(name, netns, operation="set the mark", ifalias=self.mark_of(wanted))
        rest = {option: pair for option, pair in differences.items() if option != "owner"}
        early, late = ([], [marked]) if wanted.values.get("uplink") else ([marked], [])
        return [[*first, *early], *change_device(wanted, rest, ""), [*again], [*late]]


def _on_a_lan(plain: Values) -> Values:
    """Its MAC and MTU are its uplink's, as are the addresses that the host has there."""
    for option in ("mac", "addresses", "ipv6"):
        if plain.get(option) is not None:
            raise Problem(f"bridge {plain['name']} has an `uplink`, and has what that has: leave `{option}` out")
    vlan = plain.get("vlan")
    plain["uplink"] = canonical.device_name(plain["uplink"], "uplink")
    return {**plain, **({} if vlan is None else {"vlan": canonical.between(vlan, 1, _LARGEST_VLAN, "vlan")})}


def _has_own_entry(kernel: Kernel, netns: str | None, link: Link) -> bool:
    """The kernel makes it when the bridge gets its MAC, and never again; a port of the same MAC has it instead."""
    known = own_macs(kernel, netns)
    return link.mac is None or (link.name, link.mac) in known or any(
        (port.name, link.mac) in known
        for port in kernel.links(netns).values()
        if port.master == link.name and port.mac == link.mac
    )


def _lost_neighbours(
    kernel: Kernel, netns: str | None, name: str, there: Values, addresses: t.Sequence[str]
) -> list[tuple[str, str]]:
    """Ours that go along with the last IPv4 address of a bridge (fib_disable_ip()), by which it answers for others."""
    if all(":" in cidr for cidr in there.get("addresses") or ()) or any(":" not in cidr for cidr in addresses):
        return []
    rows = [row for row in kernel.neighbours(netns) if row["device"] == name and "NDA_LLADDR" in row]
    return [
        (row["NDA_DST"], row["NDA_LLADDR"])
        for row in rows
        if row["state"] & m.NUD_PERMANENT and row.get("NDA_PROTOCOL") == m.PROTOCOL and ":" not in row["NDA_DST"]
    ]


def _port(kernel: Kernel, values: Values) -> Link | None:
    """Its uplink; of a VLAN that is not there yet, the interface that it will be like."""
    parent, vlan, netns = values.get("uplink"), values.get("vlan"), values.get("netns")
    there = kernel.vlan(parent, vlan, netns) if parent and vlan else None
    return there or kernel.link(parent, netns)


def _as_its_uplink(port: Link, name: str, alias: str) -> Link:
    """The bridge as it will be, before it has ports."""
    nothing: dict[str, t.Any] = {"data": {}, "port": {}, "master": None, "lower": None, "lower_netnsid": None}
    return port._replace(name=name, kind="bridge", index=-1, group=m.GROUP, alias=alias, altnames=(), **nothing)


def _another(mtu: int | None) -> int | None:
    """A bridge takes the smallest MTU of its ports until its own has been changed (BROPT_MTU_SET_BY_USER): it is made
    with another one than it gets."""
    return None if mtu is None else mtu + 1 if mtu < 65535 else mtu - 1


def _data(values: Values, names: t.Container[str]) -> dict[str, t.Any]:
    """The attributes of those of the options that are given."""
    learning = values.get("no_linklocal_learn") if "no_linklocal_learn" in names else None
    switched = {} if learning is None else {_BOOLOPTS: (_NO_LINKLOCAL_LEARN * learning, _NO_LINKLOCAL_LEARN)}
    return switched | {
        _DATA[option][0]: int(values[option]) * _DATA[option][1]
        for option in _DATA
        if option in names and values.get(option) is not None
    }
