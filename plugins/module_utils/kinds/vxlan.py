# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``vxlan``: a host's end of an overlay, its VTEP (RFC 7348; ip-link(8), ``type vxlan``). It never learns."""

from __future__ import annotations

import errno
import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import other_mode, vxlan_data, vxlan_groups
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    ADDRESS_OPTIONS,
    DEVICE_OPTIONS,
    IPV6_OPTIONS,
    DeviceKind,
    change_device,
    finish_link,
    no_bridge,
    wants_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.elsewhere import all_netns, in_words
from ansible_collections.containerhost.network.plugins.module_utils.bases.towards import lower_device
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Problem,
    Values,
    Wanted,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    Settings,
    of_host_device,
    of_port,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

PORT = 4789  # IANA; the kernel's own default is the older 8472
# Outer Ethernet 14, IP 20 or 40, UDP 8, VXLAN 8: VXLAN_HEADROOM, VXLAN6_HEADROOM, net/vxlan.h
_OVERHEAD_4, _OVERHEAD_6 = 50, 70
LARGEST_VNI = (1 << 24) - 1
# Devices that carry nothing for everybody yet, as another one does until all hosts have turned to these.
NOT_TURNED_TO = "not turned to"
_NOTHING = (("link", vxlan_data.NONE), ("group", vxlan_data.NONE))
# What it is as a port of a bridge.
_PORT = {
    "port_learning": "IFLA_BRPORT_LEARNING",
    "unicast_flood": "IFLA_BRPORT_UNICAST_FLOOD",
    "neigh_suppress": "IFLA_BRPORT_NEIGH_SUPPRESS",
}


class Vxlan(DeviceKind):
    name = "vxlan"
    kernel_kind = "vxlan"
    tunnel = "VXLAN"
    after = ("netns", "bridge", "vtep_filter", "wireguard")
    # The kernel refuses to change these on a device (EOPNOTSUPP "Cannot change VNI", 6.18).
    fixed = frozenset(("vni", "port"))
    instead: t.ClassVar[t.Mapping[str, str]] = {
        "local": "give the network another `port` or `vni` along with it, which interrupts nothing"
    }
    refusals = {
        errno.EEXIST: "a VXLAN device that was taken to another namespace has this VNI on this port, as Docker Swarm's"
        " are: give this one another `vni` or `port`",
        errno.EADDRINUSE: "a program has its UDP port: stop it, or give this one another `port`",
        errno.EINVAL: "its `link` may be too small for its `mtu`, or `local` of another family than its peers",
    }
    options = {
        **DEVICE_OPTIONS,
        "vni": {"type": "int"},
        "port": {"type": "int", "default": PORT},
        "local": {"type": "str"},
        "link": {"type": "str"},
        "master": {"type": "str"},
        "learning": {"type": "bool", "default": False},
        "group": {"type": "str"},
        **{option: {"type": "bool"} for option in _PORT},
        **ADDRESS_OPTIONS,
        **IPV6_OPTIONS,
    }

    def normalise(self, values: Values) -> Values:
        plain = super().normalise(values)
        if plain.get("state") != "absent":
            if plain.get("vni") is None:
                raise Problem(f"vxlan {plain['name']} needs a `vni`: a number from 0 to {LARGEST_VNI}")
            plain["vni"] = canonical.between(plain["vni"], 0, LARGEST_VNI, "vni")
        plain["port"] = canonical.port(plain.get("port") or PORT)
        plain.setdefault("learning", False)
        if plain.get("link") is not None and plain["link"] == plain.get("master"):
            raise Problem(f"vxlan {plain['name']}: {plain['link']} cannot be both `link` and `master`: it would loop")
        if plain.get("local") is not None:
            plain["local"] = canonical.address(plain["local"], "local")
            if plain["local"] in ("0.0.0.0", "::"):
                raise Problem(f"vxlan {plain['name']}: local {plain['local']} is no address of this host: leave it out")
            if vxlan_data.is_link_local(plain["local"]) and not plain.get("link"):
                raise Problem(
                    f"vxlan {plain['name']}: local {plain['local']} is link-local: name the `link` that it is on"
                )
        if plain.get("group") is not None:
            plain["group"] = self._group(plain)
        for option in _PORT:
            if plain.get(option) is not None and not plain.get("master"):
                raise Problem(f"vxlan {plain['name']}: `{option}` is a setting of a bridge's port: name a `master`")
        return plain

    def _group(self, plain: Values) -> str:
        group = canonical.address(plain["group"], "group")
        if not ipaddress.ip_address(group).is_multicast:
            raise Problem(f"vxlan {plain['name']}: group {group} is no multicast address: give one, or leave it out")
        if not plain.get("link"):
            raise Problem(f"vxlan {plain['name']}: group {group} needs a `link`, the device that it is joined by")
        if plain.get("local") and (":" in plain["local"]) != (":" in group):
            raise Problem(f"vxlan {plain['name']}: group {group} and local {plain['local']} are not of one family")
        return group

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """What else carries its segment here, as long as hosts turn from one tunnel to another: of frames that come by
        one, none goes by the other, and those for everybody go by one of them."""
        wanted = super().resolve(kernel, wanted)
        name, master = wanted.values["name"], wanted.values.get("master")
        beside = _beside(kernel, wanted.netns, name, master, wanted.owner) if wanted.present else []
        beside = [each for each in beside if not vxlan_data.goes_first(kernel, wanted.netns, each)]
        if not beside:
            return wanted
        link = kernel.link(name, wanted.netns)
        if link is None or not all(link.port.get(vxlan_data.FLOODS[name]) for name in vxlan_data.FLOODS):
            kernel.notes(NOT_TURNED_TO).append((wanted.netns, name))
        settings = {**wanted.values["settings"], "port.isolated": 1}
        return wanted._replace(values={**wanted.values, "settings": settings, "beside": beside})

    def summary(self, values: Values) -> list[str]:
        return super().summary({name: value for name, value in values.items() if name != "beside"})

    waits = ("switch", "remove")

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """Frames for everybody go by the old one until all hosts hear the new one. Others know it by its old address,
        as long as the host has that. Of the network's other mode, it keeps what routes, or what switches, until nobody
        comes by that."""
        beside = other_mode.with_addresses(wanted, found)
        values = other_mode.as_port(beside.values, found) if found.owner == wanted.owner else beside.values
        if values != wanted.values:
            # Where the kernel takes these from a device that is down only, that would lose its routes.
            values = {**values, **{option: found.values.get(option) for option in ("group", "link", "also_to")}}
        elif found.owner == wanted.owner:
            values = {**values, **vxlan_groups.meanwhile(wanted, found, until)}
        if until == "remove":
            return wanted if values == wanted.values else wanted._replace(values=values)
        values = dict(values)
        there = found.values.get("settings", {}) if values.get("beside") else {}
        silent = {name: 0 for name in vxlan_data.FLOODS if there.get(name) == 0}
        if silent:
            values["settings"] = {**values["settings"], **silent}
        if found.owner == wanted.owner and found.values.get("has_local"):
            values["local"] = found.values["local"]
        return wanted if values == wanted.values else wanted._replace(values=values)

    def made_first(self, wanted: Wanted) -> Found | None:
        """Beside another one it is silent at first: see add()."""
        if not wanted.values.get("beside"):
            return None
        settings = {**wanted.values["settings"], **dict.fromkeys(vxlan_data.FLOODS, 0)}
        return Found(self.name, wanted.key, {**wanted.values, "settings": settings}, wanted.owner)

    def values_of(self, kernel: Kernel, netns: str | None, link: Link, wanted: Wanted | None) -> Values:
        """``has_local``: it comes from another address than it is to, which the host has and may keep for a while.
        ``is_its_port``: of the bridge of its own network."""
        values = super().values_of(kernel, netns, link, wanted)
        bridge = kernel.link(link.master, netns)
        if bridge is not None and bridge.owner == link.owner and wanted is not None:
            values["is_its_port"] = True
        if wanted is None:
            values["beside"] = _beside(kernel, netns, link.name, link.master, link.owner)
        elif realm(wanted.owner) == "plan":
            values["also_to"] = vxlan_groups.also_to(kernel, netns, link)
        before, after = values.get("local"), wanted.values.get("local") if wanted is not None else None
        if before and after and before != after and vxlan_data.scope_of(before) == vxlan_data.scope_of(after):
            values["has_local"] = lower_device(kernel, None, before, netns) is not None
        return values

    def settings(self, values: Values) -> Settings:
        is_port = values.get("master") and not values.get("addresses") and not values.get("ipv6")
        return of_port() if is_port else of_host_device(wants_ipv6(values))

    def fixed_of(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> set[str]:
        """The kernel gives a device a `link`, and takes none away; another address it takes only of the same family
        (ENOTSUP; one without is IPv4's), and of the same scope."""
        before, after = (value or "" for value in differences.get("local", ("", "")))
        families = {":" in value for value in differences.get("group", ()) if value not in (None, vxlan_data.NONE)}
        fixed = super().fixed_of(differences) | ({"group"} if len(families) > 1 else set())
        fixed |= ({"link"} if differences.get("link", "  ")[1] == vxlan_data.NONE else set())
        return fixed | ({"local"} if vxlan_data.scope_of(before) != vxlan_data.scope_of(after) else set())

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield from super().occupies(values)
        inside = (values.get("link"),) if vxlan_data.is_link_local(values.get("local") or "") else ()
        yield ("vni", values.get("netns"), values.get("vni"), *inside, values.get("port"))

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("vtep filter", values.get("netns"), values.get("vni"), values.get("port"))

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        """The kernel clamps the MTU to what a named lower device leaves, in silence; over others it drops packets."""
        yield from super().limits(kernel, wanted, changed)
        yield from no_bridge(kernel, wanted, changed)
        values, mtu, link = wanted.values, wanted.values.get("mtu"), wanted.values.get("link")
        if link and "link" in changed and not kernel.has_link(link, wanted.netns):
            yield f"there is no device {link}; name another `link`"
        if not mtu or not {"mtu", "link", "local"} & set(changed):
            return
        lower = lower_device(kernel, link, values.get("local"), wanted.netns)
        if lower is None:
            return
        room = lower.mtu - (_OVERHEAD_6 if ":" in (values.get("local") or "") else _OVERHEAD_4)
        if mtu > room:
            yield (
                f"mtu {mtu} does not fit {lower.name}, whose {lower.mtu} leaves {room}: raise that of {lower.name}, or"
                f" say what the underlay carries (containerhost_underlay_mtu: {lower.mtu}), or take {room} or less"
            )

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        values = wanted.values
        yield from self._port_taken(kernel, wanted)
        yield from self._vni_taken(kernel, wanted)
        for link in kernel.links(wanted.netns).values():
            data = link.data
            if link.kind == "vxlan" and link.owner is None and link.name != values["name"]:
                if (data.get("IFLA_VXLAN_ID"), data.get("IFLA_VXLAN_PORT")) == (values["vni"], values["port"]):
                    yield (
                        f"{link.name}, which is not ours, has VNI {values['vni']} on port {values['port']} already:"
                        " give this one another"
                    )

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        there = set()
        for found in super().read(kernel, wanted):
            there.add(found.key)
            yield found
        for object_ in wanted:
            place = self._place(kernel, object_) if object_.present and object_.key not in there else None
            if place is not None:
                yield Found(self.name, object_.key, {"name": object_.values["name"], "moved": place}, object_.owner)

    def _place(self, kernel: Kernel, wanted: Wanted) -> str | None:
        """The namespace that somebody has taken it to: it keeps its VNI on the host from there.

        One that was made where it is belongs to another host on this machine, as those of labs are, be it the same.
        """
        for path in all_netns(kernel):
            for link in kernel.links_that_can_be_read(path) if path != wanted.netns else ():
                if (link.name, link.kind, link.owner) == (wanted.values["name"], self.kernel_kind, wanted.owner):
                    if link.mac == wanted.values.get("mac", link.mac) and _was_taken(kernel, wanted, path, link):
                        return path
        return None

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """The plan is whole: without `link`, packets leave by whatever device the route says; without `group`, no frame
        is sent to one; without `addresses`, it has none."""
        differences = super().differences(wanted, found)
        differences.pop("beside", None)
        if realm(wanted.owner) != "plan":
            return differences
        for option, nothing in (*_NOTHING, ("addresses", []), ("also_to", [])):
            there = found.values.get(option)
            if there and wanted.values.get(option) is None:
                differences[option] = (there, nothing)
        return differences

    def is_lost(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> bool:
        return differences.get("vni", (0,))[0] is None

    def _port_taken(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        """VXLANs share a UDP port with each other, but not with one that takes every VNI, nor with a program."""
        port = wanted.values["port"]
        for link in kernel.links(wanted.netns).values():
            same = link.kind == "vxlan" and link.data.get("IFLA_VXLAN_PORT") == port
            if same and link.data.get("IFLA_VXLAN_COLLECT_METADATA"):
                yield (
                    f"{link.name}, which is not ours, has UDP port {port} for all VNIs (external), as Open vSwitch and"
                    " Cilium do: give this one another `port`"
                )
        program = kernel.ports.udp_program(port, wanted.netns)
        if program is not None:
            yield f"{program} has UDP port {port} on this host: stop it, or give this one another `port`"

    def _vni_taken(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        """One that was taken to another namespace keeps its VNI where it was made."""
        vni, port = wanted.values["vni"], wanted.values["port"]
        for path in all_netns(kernel) if wanted.netns is None else ():
            for link in kernel.links_that_can_be_read(path):
                place = (link.data.get("IFLA_VXLAN_ID"), link.data.get("IFLA_VXLAN_PORT"))
                is_theirs = link.kind == "vxlan" and link.owner is None
                if is_theirs and place == (vni, port) and _was_taken(kernel, wanted, path, link):
                    yield (
                        f"{link.name}, which is not ours and was taken to {in_words(path)}, has VNI {vni} on"
                        f" port {port} of this host: give this one another"
                    )

    def note(self, kernel: Kernel, change: Change) -> None:
        """What its bridge is to know of it as a port is compared with what that will be."""
        super().note(kernel, change)
        netns = change.values.get("netns")
        link = kernel.link(change.values["name"], netns)
        if link is None or change.action != "change":
            return
        if "master" in change.differences:
            kernel.links(netns)[link.name] = link._replace(master=change.differences["master"][1])
        elif change.differences.get("settings", ({}, {}))[1].get("link.master") == 0 and link.master:
            kernel.links(netns)[link.name] = link._replace(master=None, port={})
            kernel.lost.with_its_bridge(link.name, netns)

    def data_of(self, kernel: Kernel, netns: str | None, link: Link) -> Values:
        data = link.data
        by_index = {other.index: other.name for other in kernel.links(netns).values()}
        return {
            "vni": data.get("IFLA_VXLAN_ID"),
            "port": data.get("IFLA_VXLAN_PORT"),
            "local": data.get("IFLA_VXLAN_LOCAL") or data.get("IFLA_VXLAN_LOCAL6"),
            "link": by_index.get(data.get("IFLA_VXLAN_LINK")),
            "master": link.master,
            "learning": bool(data.get("IFLA_VXLAN_LEARNING")),
            "group": vxlan_data.multicast(data.get("IFLA_VXLAN_GROUP") or data.get("IFLA_VXLAN_GROUP6")),
            **({option: bool(link.port.get(attribute)) for option, attribute in _PORT.items()} if link.master else {}),
        }

    def export(self, values: Values) -> Values:
        """As a port it learns and floods, unless something says that it does not."""
        off: Values = {option: False for option in _PORT if values.get(option) is False}
        return {**super().export(values), **off}

    def add(self, wanted: Wanted) -> Rounds:
        values = wanted.values
        data = {
            "IFLA_VXLAN_ID": values["vni"],
            "IFLA_VXLAN_PORT": values["port"],
            **vxlan_data.of(values, ("local", "link", "learning", "group")),
        }
        # The MAC from the start, or systemd-udevd gives it one of its own (MACAddressPolicy=persistent).
        made = m.new_link(
            values["name"],
            "vxlan",
            data,
            wanted.netns,
            up=False,
            address=values.get("mac"),
            mtu=values.get("mtu"),
            master=m.Index(values["master"]) if values.get("master") else None,
        )
        name, addresses = values["name"], values.get("addresses") or ()
        mark = self.mark_of(wanted)
        finished = finish_link(name, wanted.netns, mark, addresses, values["settings"], values["up"])
        port = _port(values, [option for option in _PORT if values.get(option) is not None])
        return [[made], [*port, *vxlan_data.apart(values, dict.fromkeys(vxlan_data.FLOODS, 0)), *finished]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        name, netns = wanted.values["name"], wanted.netns
        first = []
        if "master" in differences:
            first.append(m.set_link(name, netns, master=m.Index(wanted.values["master"])))
        changed = [option for option in ("local", "link", "learning", "group") if option in differences]
        first += [*vxlan_data.change(wanted, changed, differences), *vxlan_groups.change(wanted, found, differences)]
        # A port that changes its master has lost its settings.
        first += _port(wanted.values, [option for option in _PORT if {option, "master"} & set(differences)])
        if "settings" in differences:
            first += vxlan_data.apart(wanted.values, wanted.values["settings"])
        return [list(first), *change_device(wanted, differences, self.mark_of(wanted))]

    def remove(self, found: Found) -> Rounds:
        return [*super().remove(found), [*vxlan_data.alone(found.values)]]


def _beside(kernel: Kernel, netns: str | None, name: str, master: str | None, owner: str | None) -> list[str]:
    """Others of its network's on its bridge."""
    links = kernel.links(netns).values() if master and owner and realm(owner) == "plan" else ()
    found = (link for link in links if (link.kind, link.master, link.owner) == ("vxlan", master, owner))
    return sorted(link.name for link in found if link.name != name)


def _port(values: Values, options: t.Iterable[str]) -> list[m.Message]:
    data = {_PORT[option]: int(values[option]) for option in options if values.get(option) is not None}
    return [m.set_port(values["name"], data, values.get("netns"))] if data else []


def _was_taken(kernel: Kernel, wanted: Wanted, path: str, link: Link) -> bool:
    """Was it made elsewhere than at this path: on this host, as far as that can be seen?"""
    if link.lower_netnsid is None:
        return False
    return wanted.netns is not None or kernel.host_id(path) == link.lower_netnsid
