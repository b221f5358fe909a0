# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which way a run reaches its host, and whether what it is about to change could cut that."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
    from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_VARIABLE = "SSH_CONNECTION="  # ssh(1): the client's address and port, the server's address and port
_MOST = 32  # processes from a module up to its login


class WayIn(t.NamedTuple):
    """The addresses of both ends, the port of this one, and the devices between them that are this host's."""

    client: str
    server: str
    port: int
    devices: t.FrozenSet[str]

    def is_within(self, cidrs: t.Iterable[str]) -> bool:
        """Is the other end, as seen from here, in one of these networks?"""
        there = ipaddress.ip_address(self.client)
        return any(there in ipaddress.ip_interface(cidr.split()[0]).network for cidr in cidrs)


def ssh_connection(process: int | str = "self") -> str | None:
    """SSH_CONNECTION of the login that this process is of; None without one.

    It is that of a process above this one, too: sudo(8) passes nobody's environment on.
    """
    for _each in range(_MOST):
        try:
            environment = read_text(f"/proc/{process}/environ").split("\0")
            status = read_text(f"/proc/{process}/status").splitlines()
        except OSError:
            return None
        found = next((row[len(_VARIABLE) :] for row in environment if row.startswith(_VARIABLE)), None)
        if found:
            return found
        process = next((row.split()[1] for row in status if row.startswith("PPid:")), "0")
        if process == "0":
            return None
    return None


def way_of(kernel: Kernel, connection: str) -> WayIn | None:
    """The way that a login came, in the words of SSH_CONNECTION; None for one that says nothing of it."""
    words = connection.split()
    try:
        client, server = (_plain(words[place]) for place in (0, 2))
        port = int(words[3])
    except (ValueError, IndexError):
        return None
    ends = {device for device, some in kernel.given_addresses().items() if server in some}
    towards = _device_to(kernel, client)
    return WayIn(client, server, port, frozenset(_with_others(kernel, {*ends, *([towards] if towards else [])})))


def is_at_risk(kinds: t.Iterable[Kind], todo: ChangeSet, way: WayIn) -> bool:
    """Could any of these changes cut it? A kind says so of its objects, as they were and as they will be."""
    by_name = {kind.name: kind for kind in kinds}
    return any(
        by_name[change.kind].is_on_the_way(object_.values, way)
        for change in todo.changes
        for object_ in (change.wanted, change.found)
        if object_ is not None
    )


def _plain(address: str) -> str:
    """Without a zone, and IPv4 as such where a socket for both families has it (``::ffff:192.0.2.1``)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return str(getattr(found, "ipv4_mapped", None) or found)


def _device_to(kernel: Kernel, address: str) -> str | None:
    """The device of the longest route to an address."""
    there = ipaddress.ip_address(address)
    rows = [row for row in kernel.routes(None, m.RT_TABLE_MAIN) if row["device"] and row["type"] is None]
    best = [(ipaddress.ip_network(row["dst"]), row) for row in rows]
    best = [(network, row) for network, row in best if there in network]
    best.sort(key=lambda each: (-each[0].prefixlen, each[1]["metric"] or 0))
    return best[0][1]["device"] if best else None


def _with_others(kernel: Kernel, devices: set[str]) -> set[str]:
    """These, what they are ports of or stand on, and what is a port of them."""
    links = kernel.links()
    names = {link.index: link.name for link in links.values()}
    ports: dict[str | None, list[str]] = {}
    for link in links.values():
        ports.setdefault(link.master, []).append(link.name)
    found: set[str] = set()
    left = set(devices)
    while left:
        name = left.pop()
        found.add(name)
        link = links.get(name)
        if link is None:
            continue
        others = {link.master, names.get(link.lower or 0) if link.lower_netnsid is None else None}
        others.update(ports.get(name, ()))
        left |= {each for each in others if each is not None} - found
    return found
