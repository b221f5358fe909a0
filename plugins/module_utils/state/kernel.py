# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel as it was found: each table of each namespace read once, when somebody first asks for it.

It also takes notes of what the run will make and take away, so that a kind is compared with the state that the
kinds before it leave behind. That is what makes check mode exact.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import (
    NETNS_FOLDER,
    HostNamespace,
    Identity,
    NoNamespace,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import UnreadableTable, Wire
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.state import rows as kernel_rows
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import devconf
from ansible_collections.containerhost.network.plugins.module_utils.state.held_ports import HeldPorts
from ansible_collections.containerhost.network.plugins.module_utils.state.local_tables import LocalTables
from ansible_collections.containerhost.network.plugins.module_utils.state.lost_rows import LostRows, former
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import NftTable
from ansible_collections.containerhost.network.plugins.module_utils.state.readings import Readings
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records
from ansible_collections.containerhost.network.plugins.module_utils.state.rows import Link, link_of

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
    from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted


def netns_path(name: str | None) -> str | None:
    """Where a namespace is: a name is looked up as ``ip netns`` does, a path is a path from the root."""
    return name if name is None or name.startswith("/") else f"{NETNS_FOLDER}/{canonical.netns_name(name)}"


class Kernel:
    """A picture of this host's kernel, filled in on demand."""

    def __init__(
        self,
        wire: Wire,
        records: Records,
        kinds: t.Iterable[Kind] = (),
        readings: Readings | None = None,
        sandboxes: Sandboxes | None = None,
    ) -> None:
        """``kinds``: all that may have made devices here. ``sandboxes`` are those that ``wire`` finds."""
        self.wire, self.sandboxes = wire, sandboxes or Sandboxes()
        self._readings = asked = readings or Readings(wire)
        self.records, self.ports = records, HeldPorts(asked, self._exists)
        self.files, self.processes, self.tunnels = asked.files, asked.processes, asked.tunnels
        self.foreign_chain, self.whole_rows = asked.foreign_chain, asked.whole_rows
        self.living, self.try_sysctls = asked.living, asked.try_sysctls
        self.refusals = {kind.kernel_kind: kind.refusals for kind in kinds if kind.kernel_kind}
        self._carriers = frozenset(kind.kernel_kind for kind in kinds if kind.carries_routes)
        self._links: dict[str | None, dict[str, Link]] = {}
        self._names: dict[str | None, dict[int, str]] = {}
        self._vlans: dict[str | None, dict[tuple[int | None, int | None], str]] = {}
        self._addresses: dict[str | None, kernel_rows.AddressRows] = {}
        self._routes: dict[tuple[str | None, int], list[dict[str, t.Any]]] = {}
        self._neighbours: dict[tuple[str | None, int], list[dict[str, t.Any]]] = {}
        self._tables: dict[str | None, NftTable] = {}
        self._made_netns: set[str] = set()
        # Whose an interface in a namespace is to be, by what is wanted of this run.
        self.claims: dict[tuple[t.Any, str], t.Mapping[str, str]] = {}
        self._seen: dict[str, Identity | NoNamespace] = {}
        self._coming: dict[tuple[str | None, str], Link] = {}
        self._made_links: dict[tuple[str | None, str], str | None] = {}
        self._free: set[tuple[t.Any, ...]] = set()
        # Places that what is wanted has to have (``Kind.needs``), and who that is.
        self.needed: t.Mapping[tuple[t.Any, ...], t.Sequence[Wanted]] = {}
        self._made_vlans: set[tuple[str | None, str, int]] = set()
        self._notes: dict[str, list[t.Any]] = {}
        self._rows: dict[tuple[str, str | None], t.Collection[t.Any]] = {}
        self._moves: list[tuple[str | None, str, str]] = []
        self._will_be: dict[tuple[str | None, str], str] = {}
        self.lost, self.local = LostRows(), LocalTables(self.dump, asked.groups)

    def again(self) -> Kernel:
        """A new picture of the same host."""
        kernel = Kernel(self.wire, self.records, readings=self._readings, sandboxes=self.sandboxes)
        kernel._carriers = self._carriers
        return kernel

    # -- namespaces --------------------------------------------------------------------------------------------

    def netns_names(self) -> list[str]:
        """The named namespaces of this host (those that ``ip netns`` shows)."""
        return self._readings.netns_names()

    def netns_made_here(self) -> t.Collection[str] | None:
        """Those of them that a run of ours has made; None where that cannot be seen."""
        return self._readings.netns_made_here()

    def has_netns(self, path: str | None) -> bool:
        """Is there a namespace, or will there be one by the time that it is needed?"""
        return self.lack_of(path) is None

    def lack_of(self, path: str | None) -> str | None:
        """Why there is no namespace that may be entered, in a sentence; None where there is one, or will be."""
        there = None if path is None or path in self._made_netns else self._look(path)
        return str(there) if isinstance(there, NoNamespace) else None

    def left_behind(self, identity: Identity | None, path: str | None) -> str | None:
        """A way into the namespace that was at this path before another; None where it is there still, or gone."""
        if identity is None or path is None or self.identity(path) == identity:
            return None
        return self.living.way_into(identity)

    def is_the_hosts_own(self, path: str) -> bool:
        """Does the path lead to the host's own namespace?"""
        return path not in self._made_netns and isinstance(self._look(path), HostNamespace)

    def identity(self, path: str) -> Identity | None:
        """What tells a namespace from all others, by whichever path it is found; None for one that is not there yet."""
        there = None if path in self._made_netns else self._look(path)
        return None if isinstance(there, NoNamespace) else there

    def is_one(self, path: str, other: str) -> bool:
        """Do two paths lead to one namespace?"""
        return self.identity(path) is not None and self.identity(path) == self.identity(other)

    def _look(self, path: str) -> Identity | NoNamespace:
        if path not in self._seen:
            self._seen[path] = self._readings.netns(path)
        return self._seen[path]

    def will_make_netns(self, path: str) -> None:
        self._made_netns.add(path)

    def _exists(self, path: str | None) -> bool:
        return path is None or (path not in self._made_netns and not isinstance(self._look(path), NoNamespace))

    def will_free(self, places: t.Iterable[tuple[t.Any, ...]]) -> None:
        """What has these places leaves them before anything is made (``Kind.occupies``)."""
        self._free.update(places)

    def will_be_free(self, place: tuple[t.Any, ...]) -> bool:
        return place in self._free

    def saw(self, kind: str, netns: str | None, keys: t.Collection[t.Any]) -> None:
        """All that a kind may have records of in a namespace: what else is recorded there went with its device."""
        self._rows[kind, netns] = keys

    def rows_seen(self) -> t.Mapping[tuple[str, str | None], t.Collection[t.Any]]:
        return self._rows

    def notes(self, kind: str) -> list[t.Any]:
        """Room for what a kind has to remember of its own objects while they are compared."""
        return self._notes.setdefault(kind, [])

    # -- links -------------------------------------------------------------------------------------------------

    def links(self, netns: str | None = None) -> dict[str, Link]:
        """Devices by name; none in a namespace that is not there yet."""
        if netns not in self._links:
            self._learn_links(netns, self.dump(m.RTM_GETLINK, {}, kernel_rows.LINK, netns, kernel_rows.SKIP_STATS))
        return self._links[netns]

    def read_again(self, kind: str) -> None:
        """The host's devices of a kind (IFLA_INFO_KIND) as they are by now, among all others as they were found."""
        only = {**kernel_rows.SKIP_STATS, "IFLA_LINKINFO": {"IFLA_INFO_KIND": kind}}
        self._learn_links(None, self.dump(m.RTM_GETLINK, {}, kernel_rows.LINK, None, only))

    def _learn_links(self, netns: str | None, found: list[dict[str, t.Any]]) -> None:
        names = self._names.setdefault(netns, {})
        names.update((row["index"], row["IFLA_IFNAME"]) for row in found)
        self._links.setdefault(netns, {}).update((row["IFLA_IFNAME"], link_of(row, names)) for row in found)

    def link(self, name: str | None, netns: str | None = None) -> Link | None:
        return self.links(netns).get(name) if name else None

    def link_of_index(self, index: int | None, netns: str | None) -> Link | None:
        return self.link(self._device_names(netns).get(index or 0), netns)

    def links_that_can_be_read(self, netns: str | None) -> list[Link]:
        """None of those of a container that has too many of them."""
        try:
            return list(self.links(netns).values())
        except UnreadableTable:
            return []

    def also_called(self, name: str, netns: str | None = None) -> str | None:
        """The device whose alternative name it is (ip-link(8), ``property``), if no device's own."""
        if self.has_link(name, netns):
            return None
        return next((link.name for link in self.links(netns).values() if name in link.altnames), None)

    def link_by_any_name(self, name: str, netns: str | None) -> Link | None:
        """The device that has this name, be it an alternative one. Also where there are too many to read them all."""
        row = self._readings.link(name, kernel_rows.LINK, netns) if self._exists(netns) else None
        return None if row is None else link_of(row, {})

    def carries_own_routes(self, device: str | None, netns: str | None = None) -> bool:
        """Are routes over the device its kind's own business, not objects of their own?"""
        link = self.link(device, netns)
        kind = self._made_links.get((netns, device)) or (link.kind if link else None)
        return kind in self._carriers

    def has_link(self, name: str, netns: str | None = None) -> bool:
        """Is there such a device, or will there be one?"""
        return (netns, name) in self._made_links or name in self.links(netns)

    def vlan(self, parent: str, id_: int | None, netns: str | None = None) -> Link | None:
        """The device of a VLAN (802.1Q) of a parent, whatever it is called; without a number the parent itself."""
        if netns not in self._vlans:
            self._vlans[netns] = kernel_rows.vlans_of(self.links(netns).values())
        lower = self.link(parent, netns)
        return lower if lower is None or id_ is None else self.link(self._vlans[netns].get((lower.index, id_)), netns)

    def has_vlan(self, parent: str, id_: int, netns: str | None = None) -> bool:
        """Is there such a VLAN, or will there be one?"""
        return (netns, parent, id_) in self._made_vlans or self.vlan(parent, id_, netns) is not None

    def will_make_vlan(self, parent: str, id_: int, netns: str | None = None) -> None:
        self._made_vlans.add((netns, parent, id_))

    def is_to_be_made(self, name: str, netns: str | None = None) -> bool:
        """Whatever has the name now, a new device has it then."""
        return (netns, name) in self._made_links

    def will_make_link(self, name: str, netns: str | None = None, kind: str | None = None) -> None:
        """``kind`` as the kernel calls it (IFLA_INFO_KIND)."""
        self._made_links[netns, name] = kind

    def is_ours(self, name: str | None, netns: str | None = None) -> bool:
        """Does the device carry our mark, or will it, and is none by which the host itself is on a LAN?"""
        link = self.link_to_be(name, netns)
        leads_out, owner = (link.leads_out, link.owner) if link else (False, None)
        return not leads_out and ((netns, name) in self._made_links or owner is not None)

    def will_mark(self, name: str, alias: str, netns: str | None = None) -> None:
        """What hangs on a device is its owner's: entries, neighbours, routes."""
        links = self.links(netns)
        if name in links:
            links[name] = links[name]._replace(alias=alias)

    def will_delete_link(self, name: str, netns: str | None = None) -> None:
        """What goes with a device: its addresses, routes and neighbours; its ports are left without a master."""
        coming = self._coming.pop((netns, name), None)
        self.lost.with_device(former(name) if coming else name, netns)
        try:
            links = self.links(netns)
        except UnreadableTable:
            return
        links.pop(name, None)
        for port in [link for link in links.values() if link.master == name]:
            links[port.name] = port._replace(master=None, port={})
        if coming is not None:
            links[name] = coming
            self._names[netns] = kernel_rows.renamed(self._names[netns], [(name, former(name))])
            self._name_rows_again(netns)

    def will_be_link(self, link: Link, netns: str | None = None) -> None:
        """How a new device will look. One that has its name is the one that is found until it has gone."""
        if link.name in self.links(netns):
            self._coming[netns, link.name] = link
        else:
            self.links(netns)[link.name] = link

    def link_to_be(self, name: str | None, netns: str | None = None) -> Link | None:
        return self._coming.get((netns, name or "")) or self.link(name, netns)

    # -- addresses, routes, neighbours -------------------------------------------------------------------------

    def addresses(self, netns: str | None = None) -> dict[str, list[str]]:
        """Addresses as CIDR by device, sorted, without link-local ones and those that the kernel made itself."""
        return self.lost.of_what_stays(self.address_rows(netns).lasting, netns)

    def address_rows(self, netns: str | None) -> kernel_rows.AddressRows:
        if netns not in self._addresses:
            rows = self.dump(m.RTM_GETADDR, {}, kernel_rows.ADDRESS, netns)
            self._addresses[netns] = kernel_rows.addresses_of(rows, self._device_names(netns, moved=True))
        return self._addresses[netns]

    def given_addresses(self, netns: str | None = None) -> t.Mapping[str, t.AbstractSet[str]]:
        """All addresses by device, without prefix lengths, also those for a time."""
        return self.lost.of_addresses(self.address_rows(netns).given, netns)

    def addresses_of(self, device: str, netns: str | None = None) -> list[str]:
        return [] if self.lost.has_gone(device, netns) else self.address_rows(netns).lasting.get(device, [])

    def link_local(self, device: str, netns: str | None = None) -> set[str]:
        """The device's addresses of fe80::/10, as the kernel gives them."""
        return self.address_rows(netns).link_local.get(device, set())

    def has_route(self, dst: str, device: str, netns: str | None = None) -> bool:
        return any((row["dst"], row["device"]) == (dst, device) for row in self.routes(netns, m.RT_TABLE_MAIN))

    def routes(self, netns: str | None = None, table: int = 0) -> list[dict[str, t.Any]]:
        """Routes of all tables, or of one; ``type`` is that of those which only drop (a blackhole)."""
        if (netns, table) not in self._routes:
            rows = self.local.routes(table, kernel_rows.ROUTE, netns)
            self._routes[netns, table] = kernel_rows.routes_of(rows, self._device_names(netns, moved=True))
        return self._still_there(self._routes[netns, table], netns)

    def neighbours(self, netns: str | None = None) -> list[dict[str, t.Any]]:
        return self._neigh(netns, m.socket.AF_UNSPEC)

    def fdb(self, netns: str | None = None) -> list[dict[str, t.Any]]:
        """Forwarding entries of all bridges and VXLANs, one dump for all devices."""
        return self._neigh(netns, m.AF_BRIDGE)

    def _neigh(self, netns: str | None, family: int) -> list[dict[str, t.Any]]:
        key = (netns, family)
        if key not in self._neighbours:
            names = self._device_names(netns)
            rows = self.dump(m.RTM_GETNEIGH, {"family": family}, kernel_rows.NEIGHBOUR, netns)
            for row in rows:
                row["device"] = names.get(row["ifindex"], "")
                if "NDA_IFINDEX" in row:
                    row["via"] = names.get(row["NDA_IFINDEX"])
            self._neighbours[key] = rows
        return self._still_there(self._neighbours[key], netns, "" if family == m.AF_BRIDGE else "NDA_DST")

    def _still_there(
        self, rows: list[dict[str, t.Any]], netns: str | None, address: str = "dst"
    ) -> list[dict[str, t.Any]]:
        """Without what goes along with a device, or with something of it (by the ``address`` of a row)."""
        return self.lost.left(rows, netns, address) if address else self.lost.left_of_fdb(rows, netns)

    def host_id(self, netns: str) -> int | None:
        """What a namespace calls the host's own, where one of its devices is said to come from another."""
        return self._readings.host_id(netns) if self._exists(netns) else None

    # -- files and nftables ------------------------------------------------------------------------------------

    def sysctl(self, key: str, netns: str | None = None) -> str | None:
        """A setting below /proc/sys as that namespace sees it; None where there is none, or where its device goes."""
        if (netns, key) in self._will_be:
            return self._will_be[netns, key]
        words = key.split("/")
        if len(words) > 4 and self.lost.has_no_settings(words[1], words[3], netns):
            return None
        own = devconf.split(key)
        link = self.link(own[1], netns) if own else None
        value = devconf.value(link.af_spec, own[0], own[2]) if own and link else None
        return self.sysctl_now(key, netns) if value is None else value

    def will_set_sysctl(self, key: str, value: str, netns: str | None = None) -> None:
        self._will_be[netns, key] = value
        words = key.split("/")
        if words[1] == "ipv6" and words[-1] == "disable_ipv6" and value == "1":
            self.lost.with_ipv6(words[3], netns)

    def will_lose_ipv6(self, device: str, netns: str | None = None) -> None:
        """With all of its settings, as its MTU will be too small for it."""
        self.lost.with_ipv6(device, netns, settings=True)

    def sysctl_now(self, key: str, netns: str | None = None) -> str | None:
        """The same for who is applying: a device that was to go has gone by then, and may have been re-created."""
        return self._readings.sysctl(key, netns) if self._exists(netns) else None

    def table(self, netns: str | None = None) -> NftTable:
        """Our nftables table, with every element of its sets and maps."""
        if netns not in self._tables:
            found = self._readings.table(netns, self.records.digest(netns)) if self._exists(netns) else None
            self._tables[netns] = found or NftTable(False, False, {})
        return self._tables[netns]

    def tables(self) -> list[tuple[str | None, NftTable]]:
        """Those that somebody has looked at, by namespace."""
        return list(self._tables.items())

    def set_table(self, netns: str | None, table: NftTable) -> None:
        self._tables[netns] = table

    def will_move(self, device: str, to: str, netns: str | None) -> None:
        """Addresses and routes of a device are another one's then."""
        self._moves.append((netns, device, to))
        self._name_rows_again(netns)

    def _name_rows_again(self, netns: str | None) -> None:
        self._addresses.pop(netns, None)
        self._routes = {key: rows for key, rows in self._routes.items() if key[0] != netns}
        self._neighbours = {key: rows for key, rows in self._neighbours.items() if key[0] != netns}

    def _device_names(self, netns: str | None, moved: bool = False) -> dict[int, str]:
        """Names by index as they were found, also of devices that will have gone; or of who has ``moved`` rows then."""
        self.links(netns)
        moves = [move[1:] for move in self._moves if move[0] == netns] if moved else []
        return kernel_rows.renamed(self._names[netns], moves)

    def dump(
        self,
        type_: int,
        header: t.Mapping[str, t.Any],
        wanted: t.AbstractSet[str],
        netns: str | None,
        attributes: t.Mapping[str, t.Any] | None = None,
    ) -> list[dict[str, t.Any]]:
        return self._readings.dump(type_, header, wanted, netns, attributes) if self._exists(netns) else []
