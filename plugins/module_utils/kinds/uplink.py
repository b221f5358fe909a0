# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``uplink``: an interface of the host's is a port of a bridge of ours, which has the host's addresses then.

All that the interface has (addresses, routes, permanent neighbours, settings) moves to the bridge, and what the bridge
has by then moves back when it goes: the bridge's mark names the interface, and nothing else needs to be remembered.
The other device has all of it before the one it comes from has less; and what makes the interface a port, or none, is
sent together with what takes it from there, so that a run that is killed has done both or neither.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import by_real_names
from ansible_collections.containerhost.network.plugins.module_utils.bases.lan_interface import stood_on, unfit
from ansible_collections.containerhost.network.plugins.module_utils.bases.lan_moves import (
    FOR_THE_MOVE,
    IPV6_OFF,
    UNTIL_UPLINKED,
    Side,
    copied,
    given_back,
    moved,
    written,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.port_news import ANNOUNCED
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Key,
    Problem,
    Values,
    Wanted,
    namespaces,
    place,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import device_settings, interface_rows
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.interface_rows import InterfaceRows
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import uplink_of

_LARGEST_VLAN = 4094  # 802.1Q, table 9-2
# How the host's IP treats an interface, as far as it is the host's to say. First what decides about those that follow.
_SETTINGS_4 = (
    "accept_local accept_redirects accept_source_route arp_accept arp_announce arp_filter arp_ignore arp_notify"
    " drop_unicast_in_l2_multicast forwarding log_martians proxy_arp proxy_arp_pvlan route_localnet rp_filter"
    " secure_redirects send_redirects src_valid_mark"
).split()
_SETTINGS_6 = (
    "forwarding accept_ra autoconf accept_redirects accept_source_route dad_transmits hop_limit ndisc_notify proxy_ndp"
    " use_tempaddr accept_ra_defrtr accept_ra_pinfo accept_ra_rtr_pref accept_ra_rt_info_max_plen accept_dad"
    " addr_gen_mode disable_ipv6"
).split()
_TO_BRIDGE, _TO_PORT = "to the bridge", "to the port"
# What is 1 as long as an interface is a port, with the note that it was 0. What is sent to all would leave by it, past
# the bridge; and packets in frames that a bridge does not switch (01:80:c2:00:00:0e) come in past it.
_WERE_OPEN = {IPV6_OFF: "closed", "ipv4.drop_unicast_in_l2_multicast": "closed to groups"}
LEAVING_LANS = "leaving lans"  # bridges that are not to be on a LAN any more, and may be for now: where, its name
GONE_LANS = "gone lans"  # what a bridge notes of itself that goes (``Kernel.notes``): where, it, the names of its ports
_LOOPBACK = "lo"


class Uplink(Kind):
    name = "uplink"
    key = ("device", "vlan")
    after = ("bridge", "vlan")
    leaves_first = True
    options = {
        "device": {"type": "str", "required": True},
        "vlan": {"type": "int"},
        "bridge": {"type": "str"},
        "mtu": {"type": "int"},
    }

    def normalise(self, values: Values) -> Values:
        plain = dict(values)
        plain["device"] = canonical.device_name(plain["device"], "device")
        if plain.get("vlan") is not None:
            plain["vlan"] = canonical.between(plain["vlan"], 1, _LARGEST_VLAN, "vlan")
        if plain.get("state") != "absent":
            if plain.get("bridge") is None:
                raise Problem(f"uplink {plain['device']} needs a `bridge`, whose port it is to be")
            plain["bridge"] = canonical.device_name(plain["bridge"], "bridge")
            if plain.get("mtu") is not None:
                plain["mtu"] = canonical.between(plain["mtu"], 68, 65535, "mtu")
        return plain

    def label(self, values: Values) -> str:
        return lower_of(values)

    def summary(self, values: Values) -> list[str]:
        if not values.get("bridge"):
            return ["closed, as it was a port"]
        moved = [f"moves: {text}" for text in values.get("moves") or ()]
        return [f"port of {values.get('bridge')}, which has what the interface had", *moved]

    def export(self, values: Values) -> Values:
        return {name: values[name] for name in ("device", "vlan", "bridge", "netns") if values.get(name) is not None}

    def occupies(self, values: Values) -> t.Iterator[Place]:
        """A bridge has one, as its addresses go back to that; and what stands on it would get its frames."""
        yield ("uplink", values.get("netns"), values.get("bridge"))
        yield ("parent alone", values.get("netns"), lower_of(values))

    def needs(self, values: Values) -> t.Iterator[Place]:
        yield from self.occupies(values)
        yield ("parent", values.get("netns"), lower_of(values))

    def stands_on(self, values: Values) -> t.Iterator[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), values.get("bridge"))
        if values.get("vlan"):
            yield ("vlan", values.get("netns"), values["device"], "802.1Q", values["vlan"])

    # -- what keeps it from being made -----------------------------------------------------------------------------

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        values, netns = wanted.values, wanted.netns
        name, vlan, bridge = values["device"], values.get("vlan"), values["bridge"]
        parent, port = kernel.link(name, netns), port_of(kernel, values)
        if name == _LOOPBACK:
            yield "lo leads to nobody else: name the host's interface on the LAN"
        elif parent is None:
            yield f"there is no interface {name} on this host; name its interface on the LAN as `uplink`"
        elif vlan and not kernel.has_vlan(name, vlan, netns):
            yield f"there is no {lower_of(values)} on this host; make it first (module vlan)"
        elif not kernel.has_link(bridge, netns):
            yield f"there is no bridge {bridge}; make it first (module bridge)"
        elif not _is_its(kernel.link_to_be(bridge, netns), wanted):
            yield f"{bridge} has not {lower_of(values)} as its `uplink`; make it so first (module bridge)"
        elif port is not None:
            yield from unfit(kernel, port, bridge, netns)
            yield from stood_on(kernel, port, netns)

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        mtu, port = wanted.values.get("mtu"), port_of(kernel, wanted.values)
        if mtu and port is not None and mtu > port.mtu:
            room, name = port.mtu, port.name
            yield f"mtu {mtu} is more than the {room} of {name}: take that or less, or raise that of {name} first"

    # -- reading -----------------------------------------------------------------------------------------------------

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """With what it has by now, and the bridge is to have."""
        wanted = by_real_names(kernel, wanted, ("device",))
        wanted = wanted._replace(key=self.key_of(wanted.values, wanted.owner))
        port, bridge = port_of(kernel, wanted.values), wanted.values.get("bridge")
        if not wanted.present or port is None:
            return wanted._replace(values={**wanted.values, "left": [], "opened": []})
        back = kernel.records.owner(self.name, (*wanted.key, _TO_PORT)) is not None
        side = side_of(kernel, port, wanted.netns, kernel.link(bridge, wanted.netns) if back else None)
        side = _as_open(side, port, self._noted_as_open(kernel, wanted.key))
        news = [told for where in kernel.notes(ANNOUNCED) if where[:2] == (wanted.netns, bridge) for told in where[2]]
        more = {"side": side, "moves": side.rows.texts, "port": port.name, "up": port.up, "news": news}
        return wanted._replace(values={**wanted.values, **more, "left": [], "opened": []})

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        keys = {object_.key for object_ in wanted if object_.present}
        stay = {(object_.netns, object_.values["bridge"]) for object_ in wanted if object_.present}
        named = set(keys)
        for netns in namespaces(wanted):
            for bridge, ports in _on_lans(kernel, netns):
                values: Values = dict(zip(self.key, uplink_of(bridge.alias) or ()))
                place(values, netns)
                port = port_of(kernel, values)
                key = self.key_of(values, "")
                named.add(key)
                notes = ((), (_TO_BRIDGE,), (_TO_PORT,))
                was_down, to_bridge, to_port = (bool(kernel.records.owner(self.name, key + note)) for note in notes)
                is_port = port is not None and port.name in ports
                if port is None or not (is_port or (key not in keys and (was_down or to_bridge or to_port))):
                    continue
                side = side_of(kernel, bridge, netns, port if to_bridge else None)
                values.update(bridge=bridge.name, port=port.name, side=side, moves=side.rows.texts)
                unfinished = ["settings"] if to_bridge or to_port else []
                left = [*interface_rows.read(kernel, port, netns).texts, *unfinished]
                # One that a run was killed before it moved anything has all that it had.
                values.update(left=left, was_down=was_down, has_it=not is_port and not to_port)
                values["opened"] = _opened(kernel, port, netns) if is_port else []
                values["were_open"] = self._noted_as_open(kernel, key)
                if key not in keys and (netns, bridge.name) not in stay:
                    kernel.notes(LEAVING_LANS).append((netns, bridge.name))
                yield Found(self.name, key, values, bridge.owner)
        yield from self._of_lost_bridges(kernel, named)

    def _of_lost_bridges(self, kernel: Kernel, named: t.Collection[Key]) -> t.Iterator[Found]:
        """Interfaces that were closed as ports, whose bridge somebody has deleted with all that the host had on it."""
        for (*parts, word), owner in kernel.records.owners_of(self.name):
            key = tuple(parts)
            if word not in _WERE_OPEN.values() or key in named:
                continue
            named = {*named, key}
            values: Values = dict(zip(self.key, key[1:]))
            place(values, key[0])
            port = port_of(kernel, values)
            name = port.name if port is not None else None
            values.update(side=Side(InterfaceRows()), port=name, has_it=True)
            yield Found(self.name, key, {**values, "were_open": self._noted_as_open(kernel, key)}, owner)

    def _noted_as_open(self, kernel: Kernel, key: Key) -> set[str]:
        notes = ((name, kernel.records.owner(self.name, (*key, word))) for name, word in _WERE_OPEN.items())
        return {name for name, owner in notes if owner is not None}

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """``left``: what somebody has given the interface since, or a run that was killed has left there; ``opened``:
        what he has opened of it."""
        names = ("bridge", "left", "opened")
        pairs = {name: (found.values[name], wanted.values[name]) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def note(self, kernel: Kernel, change: Change) -> None:
        values, netns = change.values, change.values.get("netns")
        port = kernel.link(values.get("port"), netns)
        if port is None:
            return
        side = values["side"]
        if change.found is not None:
            kernel.will_move(change.found.values.get("bridge") or "", port.name, netns)
            side = change.found.values["side"]
        if change.action == "remove":
            kernel.links(netns)[port.name] = port._replace(master=None)
            return
        kernel.links(netns)[port.name] = port._replace(master=values["bridge"])
        kernel.will_move(port.name, values["bridge"], netns)
        for key, value in ((device_settings.path(values["bridge"], name), value) for name, value in side.settings):
            if kernel.records.loan(netns, key) is None:
                kernel.will_set_sysctl(key, value, netns)

    # -- writing -----------------------------------------------------------------------------------------------------

    def add(self, wanted: Wanted) -> Rounds:
        values, netns = wanted.values, wanted.netns
        bridge = values["bridge"]
        # Of a VLAN that is made meanwhile, there is nothing to be moved yet.
        port = values.get("port") or m.VlanIndex(values["device"], values["vlan"])
        side = values.get("side", Side(InterfaceRows()))
        at_once = [row for row in side.settings if row[0] not in UNTIL_UPLINKED]
        return [
            [*self._noted(wanted, side), self._note(wanted, _TO_BRIDGE), *copied(bridge, at_once, netns)],
            *moved(side, port, bridge, netns),
            [*self._ended(wanted), *values.get("news", ())],
        ]

    def _noted(self, wanted: Wanted, side: Side) -> list[Record]:
        """An interface that was down goes down again, and what was open is open again."""
        was_down = [] if wanted.values.get("up", True) else [Record(self.name, wanted.key, wanted.owner)]
        return [*was_down, *(self._note(wanted, _WERE_OPEN[name]) for name in side.closes)]

    def _note(self, object_: Wanted | Found, word: str) -> Record:
        return Record(self.name, (*object_.key, word), object_.owner)

    def _ended(self, object_: Wanted | Found, *more: str) -> list[Record]:
        return [Record(self.name, (*object_.key, word), None) for word in (_TO_BRIDGE, _TO_PORT, *more)]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        if "bridge" not in differences:
            values = wanted.values
            noted = [self._note(wanted, _WERE_OPEN[name]) for name in found.values["opened"]]
            rounds = moved(values["side"], values["port"], values["bridge"], wanted.netns)
            return [[*noted], *rounds, [*self._ended(wanted)]]
        there, was_down = found.values["side"], found.values.get("was_down")
        side = wanted.values["side"]
        joined = there._replace(rows=there.rows.joined(side.rows), closes=side.closes)
        whole = wanted._replace(values={**wanted.values, "side": joined, "up": not was_down})
        back = [] if found.values["bridge"] is None else self.remove(found)
        return [*back, *self.add(whole)]

    def leave(self, wanted: Wanted, found: Found) -> tuple[Rounds, Found]:
        """Its bridge goes, or becomes another network's: what the host has by it is the interface's until it is a port
        again."""
        return self.remove(found), found._replace(values={**found.values, "bridge": None})

    def remove(self, found: Found) -> Rounds:
        values = found.values
        rounds: Rounds = [[*self._ended(found, *_WERE_OPEN.values())]]
        if not values.get("has_it"):
            back = given_back(values["side"], values["port"], values["bridge"], found.netns)
            rounds = [[self._note(found, _TO_PORT)], *back, *rounds]
        elif not values.get("bridge") and values["port"] is not None:
            rounds = [[written(values["port"], name, "0", found.netns) for name in values["were_open"]], *rounds]
        if values.get("was_down"):
            rounds += [[m.set_link(values["port"], found.netns, up=False)], [Record(self.name, found.key, None)]]
        return rounds

    def undo(self, wanted: Wanted) -> Rounds:
        values = wanted.values
        if "port" not in values:
            return []
        down = [] if values["up"] else [[m.set_link(values["port"], wanted.netns, up=False)]]
        forget = [] if values["up"] else [[Record(self.name, wanted.key, None)]]
        back = given_back(values["side"], values["port"], values["bridge"], wanted.netns)
        return [*back, [*self._ended(wanted, *_WERE_OPEN.values())], *down, *forget]


def lower_of(values: Values) -> str:
    return f"VLAN {values['vlan']} of {values['device']}" if values.get("vlan") else str(values["device"])


def _on_lans(kernel: Kernel, netns: str | None) -> t.Iterator[tuple[Link, t.Collection[str]]]:
    """Bridges that are on a LAN, each with its ports; also those that are to go by now."""
    links = list(kernel.links(netns).values())
    for bridge in [link for link in links if link.leads_out]:
        yield bridge, {link.name for link in links if link.master == bridge.name}
    yield from ((bridge, ports) for where, bridge, ports in kernel.notes(GONE_LANS) if where == netns)


def _is_its(bridge: Link | None, wanted: Wanted) -> bool:
    """Does the bridge's mark name the interface, and is it of the same realm? By that it is found again."""
    if bridge is None or bridge.owner is None or realm(bridge.owner) != realm(wanted.owner):
        return False
    return uplink_of(bridge.alias) == (wanted.values["device"], wanted.values.get("vlan"))


def port_of(kernel: Kernel, values: Values) -> Link | None:
    """The interface itself, if it is there: the device, or that of its VLAN."""
    return kernel.vlan(values["device"], values.get("vlan"), values.get("netns"))


def side_of(kernel: Kernel, link: Link, netns: str | None, before: Link | None = None) -> Side:
    """``before``: the device that has yet what is another's for the move, where one was begun and not ended."""
    settings = dict(_settings(kernel, link, netns))
    for name in FOR_THE_MOVE if before is not None else ():
        value = kernel.sysctl_now(device_settings.path(before.name, name), netns)
        if value is not None and name in settings:
            settings[name] = value
    return Side(interface_rows.read(kernel, link, netns), tuple(settings.items()))


def _as_open(side: Side, port: Link, were_open: t.Collection[str]) -> Side:
    """As it was before it was a port. One of ours, of a VLAN, is guarded by our table."""
    settings = {name: "0" if name in were_open else value for name, value in side.settings}
    some = _WERE_OPEN if port.owner is None else (IPV6_OFF,)
    closes = tuple(name for name in some if settings.get(name) == "0")
    return side._replace(settings=tuple(settings.items()), closes=closes)


def _opened(kernel: Kernel, port: Link, netns: str | None) -> list[str]:
    """What somebody has opened of it, unless he has borrowed that."""
    paths = {name: device_settings.path(port.name, name) for name in _WERE_OPEN if port.owner is None}
    there = (name for name, key in paths.items() if kernel.sysctl_now(key, netns) == "0")
    return [name for name in there if kernel.records.loan(netns, paths[name]) is None]


def _settings(kernel: Kernel, link: Link, netns: str | None) -> t.Iterator[tuple[str, str]]:
    """As somebody has set them: what is on loan is what it was before."""
    for name in [*(f"ipv4.{name}" for name in _SETTINGS_4), *(f"ipv6.{name}" for name in _SETTINGS_6)]:
        key = device_settings.path(link.name, name)
        loan = kernel.records.loan(netns, key)
        value = loan["before"] if loan is not None else kernel.sysctl_now(key, netns)
        if value is not None:
            yield name, value
