# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``veth``: a container's attachment to a bridge (veth(4)): one end is its port, one is in the sandbox."""

from __future__ import annotations

import errno
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import (
    macs_on_bridges,
    misled,
    other_mode,
    sandbox_interface,
    sandbox_routes,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    DEVICE_OPTIONS,
    ETH_DATA_LEN,
    DeviceKind,
    change_settings,
    in_files,
    no_bridge,
    wants_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.fixed_macs import (
    FIXED_MACS,
    fix_mac,
    fixed_macs,
)
from ansible_collections.containerhost.network.plugins.module_utils.bases.outside_bridge import hosts_own, with_its_mtu
from ansible_collections.containerhost.network.plugins.module_utils.bases.port_news import (
    ANNOUNCED,
    announced,
    by_another_mac,
    news,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Attachment, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Key,
    Problem,
    Values,
    Wanted,
    namespaces,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import DeleteLink, Record
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    AT_FIRST,
    Settings,
    in_message,
    of_host_device,
    of_port,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import named_end

# Records of those that have brought a container routes which do not go along with them.
_OUTLASTED = "veth_routes"
_PORT = {"isolated": "IFLA_BRPORT_ISOLATED", "hairpin": "IFLA_BRPORT_MODE"}


class Veth(DeviceKind):
    name = "veth"
    kernel_kind = "veth"
    default_mtu = ETH_DATA_LEN
    data_links = ("VETH_INFO_PEER",)
    after = ("netns", "bridge", "sender_filter")
    fixed = frozenset(("sandbox",))
    refusals = {
        errno.EEXIST: "the container has an interface of this name since this run looked: see who makes it, then run"
        " again",
        errno.EXFULL: "a bridge takes 1,023 ports, and it has that many: take another network for some containers",
        errno.EINVAL: "its MAC or its bridge does not take it: look at both (ip -d link)",
    }
    options = {
        **{name: spec for name, spec in DEVICE_OPTIONS.items() if name != "mac"},
        "master": {"type": "str"},
        "host_mac": {"type": "str"},
        "isolated": {"type": "bool"},
        "hairpin": {"type": "bool"},
        "fixed_mac": {"type": "bool"},
        "announce": {"type": "bool"},
        **sandbox_interface.SANDBOX_OPTIONS,
    }

    def normalise(self, values: Values) -> Values:
        if values.get("state") == "absent":
            return super().normalise({option: values.get(option) for option in ("name", "netns", "state")})
        plain = sandbox_interface.normalise(super().normalise(values))
        if plain.get("host_mac") is not None:
            plain["host_mac"] = canonical.unicast_mac(plain["host_mac"], "host_mac")
        if plain.get("master") is not None:
            for option in (*_PORT, "fixed_mac"):
                plain.setdefault(option, False)
        if plain.get("fixed_mac"):
            if plain.get("master") is None or plain.get("mac") is None:
                raise Problem(f"veth {plain['name']}: `fixed_mac` needs a `mac` and a bridge as its `master`")
        return plain

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        return with_its_mtu(kernel, super().resolve(kernel, wanted))

    def settings(self, values: Values) -> Settings:
        """Of the host's end, which has no addresses: one that is no port may be routed over, by IPv6 as well."""
        learning = {"port.learning": 0} if values.get("fixed_mac") else {}
        return {**of_port(), **learning} if values.get("master") else of_host_device(wants_ipv6(values))

    def label(self, values: Values) -> str:
        """The container's name is what people know; the host end's name is derived from it."""
        ref = values.get("sandbox", {}).get("ref")
        return f"{ref} {values.get('interface', '')}".strip() if ref else str(values["name"])

    def summary(self, values: Values) -> list[str]:
        sandbox = values.get("sandbox")
        if not isinstance(sandbox, dict):
            return [f"mtu: {values.get('mtu')}"]
        end = f"{values.get('interface')} in {sandbox['engine']} {sandbox['ref']}"
        if "addresses" not in values:
            return [end]
        addresses = ", ".join(values["addresses"]) or "no address"
        rows = [f"{addresses} as {end}"]
        rows[0] += f", on {values['master']}" if values.get("master") else ""
        rows[0] += f", mtu {values['mtu']}" if values.get("mtu") else ""
        rows += [f"route: {text}" for text in values.get("routes") or ()]
        return rows + [f"told by hand: {told}" for told in values.get("misled") or ()]

    def made_mac(self, values: Values) -> str | None:
        return values.get("host_mac")

    def mark_label(self, values: Values) -> str:
        """Whose it is, so that the container's end can be found from the host's: ``engine:ref/interface``."""
        sandbox = values["sandbox"]
        return f"{sandbox['engine']}:{sandbox['ref']}/{values['interface']}"

    def attachment(self, values: Values) -> Attachment:
        return sandbox_interface.attachment(
            values, from_host=bool(values.get("master")), to_neighbours=not values.get("isolated")
        )

    def holds(self, values: Values) -> t.Iterator[Place]:
        return sandbox_interface.holds(values)

    def export(self, values: Values) -> Values:
        return sandbox_interface.export(super().export(values))

    def is_lost(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> bool:
        """Its container's namespace was replaced, and a process keeps the old one: the container has no end of it."""
        return "sandbox" in differences and differences["sandbox"][0] is None

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield from super().occupies(values)
        if isinstance(values.get("sandbox"), dict):  # that of an end that was found is not always known
            yield from sandbox_interface.occupies(values)
        yield from macs_on_bridges.left(values)

    def needs(self, values: Values) -> t.Iterable[Place]:
        return [*self.occupies(values), *macs_on_bridges.needed(values)]

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        """Nobody sends by it whose filter could not be set up."""
        yield from super().stands_on(values)
        yield ("sender filter", values.get("netns"), values["name"])

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        sandbox = sandbox_interface.netns_of(wanted.values)
        if sandbox == wanted.netns or (wanted.netns and kernel.is_one(sandbox, wanted.netns)):
            yield f"its two ends would be in one network namespace, {wanted.netns}: name another `sandbox` or `netns`"

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        yield from super().limits(kernel, wanted, changed)
        yield from no_bridge(kernel, wanted, changed)
        yield from sandbox_interface.unfit_settings(kernel, wanted, changed)
        yield from hosts_own(kernel, wanted, changed)
        there = kernel.link(wanted.values["name"], wanted.netns)
        if wanted.values.get("master") or (there is not None and there.master is not None):
            return
        for option in _PORT:
            if option in changed and wanted.values.get(option):
                yield f"`{option}` is a setting of a bridge's port: name the bridge as `master`, or leave it out"

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        def is_ours(there: Link) -> bool:
            """The other end of one of ours. Two ends in one namespace may show the same indexes, but no namespace."""
            if there.kind != self.kernel_kind or there.lower_netnsid is None:
                return False
            outside = kernel.link_of_index(there.lower, wanted.netns)
            if outside is not None and outside.lower == there.index and self._is_ours(outside):
                return True
            return self._is_cut_off(kernel, wanted)

        return sandbox_interface.pending(kernel, wanted, is_ours)

    def _is_ours(self, link: Link) -> bool:
        """By its mark, or by its group where somebody has taken that away."""
        return link.kind == self.kernel_kind and (link.owner is not None or link.group == m.GROUP)

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        """Of one that is to go, its routes as well, where they may be in the way of another end in its sandbox, of
        whatever kind, or stay in it."""
        keys = {object_.key for object_ in wanted}
        paths = {place[1:3] for place in kernel.needed if place[0] == "route"}
        there = set()
        for found in super().read(kernel, wanted):
            there.add(found.key)
            beside = found.key not in keys and sandbox_interface.sandbox_key(found.values) in paths
            stay = "routes" not in found.values and kernel.records.owner(_OUTLASTED, found.key) is not None
            if (beside or stay) and sandbox_interface.sandbox_key(found.values):
                path, interface = sandbox_interface.netns_of(found.values), found.values["interface"]
                found.values.update(sandbox_routes.left(kernel, path, interface))
            found.values.update({} if found.key in keys else macs_on_bridges.read(kernel, found))
            yield found
        for netns in namespaces(wanted):
            kernel.saw(_OUTLASTED, netns, there)
        for object_ in wanted:
            if object_.present and object_.key not in there and self._is_cut_off(kernel, object_):
                values = {option: object_.values[option] for option in ("name", "interface")}
                moved = sandbox_interface.netns_of(object_.values)
                yield Found(self.name, object_.key, {**values, "sandbox": None, "moved": moved}, object_.owner)

    def _is_cut_off(self, kernel: Kernel, wanted: Wanted) -> bool:
        """The sandbox's end is there, by its name and MAC, and somebody has taken the host's to another namespace."""
        path = sandbox_interface.netns_of(wanted.values)
        end = kernel.link(wanted.values["interface"], path)
        if end is None or end.kind != self.kernel_kind or end.mac != wanted.values.get("mac"):
            return False
        outside = kernel.link_of_index(end.lower, wanted.netns)
        return outside is None or outside.kind != self.kernel_kind or outside.lower != end.index

    def remove(self, found: Found) -> Rounds:
        """By either end, wherever that is: the other one goes with it."""
        if "moved" in found.values:
            return [[DeleteLink(found.values["moved"], found.values["interface"])]]
        return _without_routes(found.key, found.values, super().remove(found))

    def undo(self, wanted: Wanted) -> Rounds:
        return _without_routes(wanted.key, wanted.values, super().undo(wanted))

    def values_of(self, kernel: Kernel, netns: str | None, link: Link, wanted: Wanted | None) -> Values:
        values = super().values_of(kernel, netns, link, wanted)
        if link.kind != self.kernel_kind:
            return values
        values["host_mac"] = values.pop("mac")
        values.pop("addresses", None)  # of this end, which has none; the sandbox's end is where they are
        values["master"], values["announce"] = link.master, wanted.values.get("announce") if wanted else None
        for option, attribute in _PORT.items():
            values[option] = bool(link.port.get(attribute))
        values["fixed_mac"] = link.port.get("IFLA_BRPORT_LEARNING") == 0
        known = wanted.values.get("mac") if wanted is not None else None  # not yet, of one that is read as it is
        if wanted is not None and wanted.present:
            values.update(self._read_end(kernel, link, wanted))
            mac, addresses = known or values.get("mac"), wanted.values.get("addresses")
            values["misled"] = misled.read(kernel, netns, link, mac, addresses)
        else:
            values.update(named_end(link.alias))
        if values["fixed_mac"] and wanted is not None and wanted.values.get("fixed_mac") and known:
            macs = fixed_macs(kernel, netns)
            values["fixed_mac"] = any((link.name, mac) in macs for mac in (known, values.get("mac")))
        return values

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        found = other_mode.with_given(wanted, found)
        differences = sandbox_interface.with_harm(super().differences(wanted, found), wanted, found)
        return misled.joined(differences, found)

    def _read_end(self, kernel: Kernel, link: Link, wanted: Wanted) -> Values:
        """The other end, if it is in the sandbox that it should be in."""
        path = sandbox_interface.netns_of(wanted.values)
        for peer in kernel.links(path).values():
            if peer.kind == "veth" and peer.lower == link.index and link.lower == peer.index:
                values = sandbox_interface.read(kernel, path, peer, wanted, self.mtu_of(wanted))
                values["sandbox"] = wanted.values["sandbox"]
                values["up"] = link.up and peer.up
                values["mtu"] = link.mtu if link.mtu == peer.mtu else f"{link.mtu} and {peer.mtu}"
                return values
        named = named_end(link.alias).get("sandbox")
        sandbox = named if named != wanted.values["sandbox"] else None
        return {"sandbox": sandbox, "end_settings": wanted.values["end_settings"]}

    def note(self, kernel: Kernel, change: Change) -> None:
        super().note(kernel, change)
        if change.action != "remove" and change.values.get("announce"):
            told = announced(change.values, sandbox_interface.netns_of(change.values))
            kernel.notes(ANNOUNCED).append((change.values.get("netns"), change.values["master"], told))
        if change.action != "remove" and change.values.get("fixed_mac"):
            place = (change.values.get("netns"), change.values["master"], change.values["mac"])
            kernel.notes(FIXED_MACS).append(place)

    waits = ("switch", "remove")

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        return other_mode.end(wanted, found, until) if found.owner == wanted.owner else wanted

    def without(self, now: Wanted, wanted: Wanted, needed: t.Collection[Place]) -> Wanted:
        return other_mode.end_without(now, wanted, needed)

    # -- writing -----------------------------------------------------------------------------------------------

    def add(self, wanted: Wanted) -> Rounds:
        values, netns = wanted.values, wanted.netns
        path = sandbox_interface.netns_of(values)
        marked = m.set_link(
            values["name"],
            netns,
            operation="set the mark",
            ifalias=self.mark_of(wanted),
            af_spec=in_message({**values["settings"], **AT_FIRST}),
        )
        port = [*_port(values, [option for option in _PORT if values.get(option)]), *fix_mac(values)]
        closed = in_files(netns, values["name"], values["settings"])
        return [
            [*_noted(wanted, (), values["routes"]), self._made(wanted, path)],
            [marked, *port, *closed, *sandbox_interface.set_up(values, path)],
            sandbox_interface.attach(values, path),
            # The host's end last, when it has a carrier: the bridge looks through its ports whenever one comes or goes.
            [m.set_link(values["name"], netns, up=True)] if values["up"] else [],
            news(values, netns, path),
        ]

    def _made(self, wanted: Wanted, path: str | None) -> m.Message:
        values, mtu = wanted.values, self.mtu_of(wanted)
        # The peer is made in its namespace under its name: no temporary name, no move (18 ms each). One queue each way,
        # as nothing queues in a veth: the kernel would make one for each processor, and files for each of them.
        peer = {
            "IFLA_IFNAME": values["interface"],
            "IFLA_ADDRESS": values.get("mac"),
            "IFLA_MTU": mtu,
            "IFLA_NET_NS_FD": m.NetnsFd(path),
            "IFLA_NUM_TX_QUEUES": 1,
            "IFLA_NUM_RX_QUEUES": 1,
        }
        return m.new_link(
            values["name"],
            "veth",
            {"VETH_INFO_PEER": peer},
            wanted.netns,
            up=False,
            address=values.get("host_mac"),
            mtu=mtu,
            master=m.Index(values["master"]) if values.get("master") else None,
            num_tx_queues=1,
            num_rx_queues=1,
        )

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        values, netns, name = wanted.values, wanted.netns, wanted.values["name"]
        link: dict[str, t.Any] = {}
        if "master" in differences:
            link["master"] = m.Index(values["master"])
        if "mtu" in differences:
            link["mtu"] = differences["mtu"][1]
        if "host_mac" in differences:
            link["address"] = values["host_mac"]
        if "owner" in differences or "interface" in differences:
            link["ifalias"] = self.mark_of(wanted)
        host: list[t.Any] = [*misled.forgotten(found.values.get("misled") or (), netns)]
        host += [m.set_link(name, netns, **link)] if link else []
        # A port that changes its master has lost its settings.
        host += _port(values, [option for option in _PORT if option in differences or "master" in differences])
        if {"mac", "master", "fixed_mac"} & set(differences):
            was_fixed = "mac" in differences if values.get("fixed_mac") else "fixed_mac" in differences
            host += fix_mac(values, found.values.get("mac") if was_fixed else None)
        inside = sandbox_interface.change(wanted, sandbox_interface.netns_of(values), differences)
        closed = change_settings(name, netns, *differences.get("settings", ({}, {})))
        up = [m.set_link(name, netns, up=values["up"])] if "up" in differences else []
        host += _noted(wanted, *differences.get("routes", ((), ())))
        path = sandbox_interface.netns_of(values)
        told = by_another_mac(values, found.values, path) if {"mac", "addresses"} & set(differences) else []
        return [[*host, *inside[0]], [*closed, *inside[1]], *inside[2:], [*up, *told]]

    def leave(self, wanted: Wanted, found: Found) -> tuple[Rounds, Found]:
        return sandbox_interface.leave(wanted, found, sandbox_interface.netns_of(wanted.values), wanted.values["name"])


def _noted(wanted: Wanted, before: t.Iterable[str], after: t.Iterable[str]) -> list[Record]:
    had, has = any(map(sandbox_routes.outlives, before)), any(map(sandbox_routes.outlives, after))
    return [Record(_OUTLASTED, wanted.key, wanted.owner if has else None)] if had or has else []


def _without_routes(key: Key, values: Values, rounds: Rounds) -> Rounds:
    """What it has brought, and does not go along with it, goes before it."""
    staying = list(filter(sandbox_routes.outlives, values.get("routes") or ()))
    if not staying:
        return rounds
    gone = sandbox_routes.removal(staying, sandbox_interface.netns_of(values))
    return [[*gone, *rounds[0]], *rounds[1:], [Record(_OUTLASTED, key, None)]]


def _port(values: Values, options: t.Sequence[str]) -> list[m.Message]:
    if not options or not values.get("master"):
        return []
    data = {_PORT[option]: int(bool(values.get(option))) for option in options}
    return [m.set_port(values["name"], data, values.get("netns"))]
