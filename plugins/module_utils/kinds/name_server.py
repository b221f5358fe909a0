# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``name_server``: dnsmasq(8) for one network, on the addresses of its device, with the names of a table."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import HostFileKind
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, LACKS, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import ServeNames, WriteFile
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import name_servers, names

_PORT = 53
_FILES = frozenset(("local", "reverse"))  # options that a running server is told of


class NameServer(HostFileKind):
    name = "name_server"
    key = ("name",)
    after = (ANY_DEVICE, "name_table")
    marked = True
    options = {
        "name": {"type": "str", "required": True},
        "device": {"type": "str", "required": True},
        "table": {"type": "str", "required": True},
        "servers": {"type": "list", "elements": "str"},
        "local": {"type": "list", "elements": "str"},
        "reverse": {"type": "list", "elements": "str"},
    }

    def spell(self, plain: Values) -> Values:
        plain["name"] = names.table_name(plain["name"])
        if plain.get("state") == "absent":
            return plain
        for option in ("device", "table"):
            if not plain.get(option):
                raise Problem(f"name_server {plain['name']} needs a `{option}`")
        plain["device"] = canonical.device_name(plain["device"], "device")
        plain["table"] = names.table_name(plain["table"])
        plain["local"] = sorted({_domain(each) for each in plain.get("local") or ()})
        plain["reverse"] = canonical.each(plain.get("reverse") or [], canonical.network_cidr)
        if plain.get("servers") is not None:
            plain["servers"] = list(dict.fromkeys(canonical.address(each, "server") for each in plain["servers"]))
        return {**plain, "running": True, "intact": True}

    def file_of(self, values: Values) -> str | None:
        return name_servers.config_path(values["name"])

    def summary(self, values: Values) -> list[str]:
        return [
            f"names of {values['table']} on {values['device']}",
            f"asks: {'the servers of this host' if values.get('servers') is None else _who(values['servers'])}",
        ]

    def export(self, values: Values) -> Values:
        """An empty list of servers says that nobody is asked."""
        return {**super().export(values), **({"servers": []} if values.get("servers") == [] else {})}

    def occupies(self, values: Values) -> t.Iterable[Place]:
        """What is left over of a network lets go of addresses that another one is to have; of two that stay, each has
        its own in the end."""
        yield ("name server", values["name"])
        for block in values.get("reverse") or ():
            yield ("names of", block, None)

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        if values.get("device"):
            yield ("link", None, values["device"])
        yield ("name table", values.get("table"))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        device = wanted.values["device"]
        if kernel.processes.program() is None:
            kernel.notes(LACKS).append("dnsmasq")
            yield "it needs dnsmasq, which is not installed: install it (on Debian, dnsmasq-base)"
        if not kernel.has_link(device):
            yield f"there is no device {device}; make it first (module bridge), or name another"
        elif not kernel.processes.is_running(wanted.values["name"]):
            for address in kernel.addresses_of(device):
                yield from _taken(kernel, address.partition("/")[0])

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for file in kernel.files.folder(names.FOLDER):
            name, _dot, ending = file.rpartition(".")
            if ending != "conf" or not name:
                continue
            config = kernel.files.text(name_servers.config_path(name)) or ""
            servers = kernel.files.text(name_servers.servers_path(name)) or ""
            owner, values = name_servers.read(name, config, servers)
            whole = (config, servers) == (name_servers.config(values, owner or ""), name_servers.servers(values))
            paths = name_servers.config_path(name), name_servers.servers_path(name)
            values["others_write"] = any(map(kernel.files.others_may_write, paths))
            values.update(intact=whole, running=kernel.processes.runs_as_written(name))
            yield Found(self.name, (None, name), values, owner)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """Asking those of the host is a value of its own, which no list stands for."""
        differences = super().differences(wanted, found)
        before, after = found.values["servers"], wanted.values.get("servers")
        if before != after:
            differences["servers"] = (before, after)
        return differences

    def add(self, wanted: Wanted) -> Rounds:
        values, owner = wanted.values, wanted.owner
        name = values["name"]
        files = [
            WriteFile(name_servers.servers_path(name), name_servers.servers(values)),
            WriteFile(name_servers.config_path(name), name_servers.config(values, owner)),
        ]
        return [files, [ServeNames(name, "start", owner)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        both_ask = None not in (found.values["servers"], wanted.values.get("servers"))
        told = _FILES | ({"servers"} if both_ask else set())
        if found.values["running"] and set(differences) <= told:
            name = wanted.values["name"]
            file = WriteFile(name_servers.servers_path(name), name_servers.servers(wanted.values))
            return [[file], [ServeNames(name, "reload")]]
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        name = found.values["name"]
        gone = [name_servers.pid_path(name), name_servers.servers_path(name), name_servers.config_path(name)]
        return [[ServeNames(name, "stop")], [WriteFile(path, None) for path in gone]]

    def undo(self, wanted: Wanted) -> Rounds:
        return self.remove(Found(self.name, wanted.key, wanted.values, wanted.owner))


def _taken(kernel: Kernel, address: str) -> t.Iterator[str]:
    for protocol in ("udp", "tcp"):
        holder = kernel.ports.holder(protocol, address, _PORT)
        # One of ours gives way: it has kept the address of a device that has another by now.
        if holder is not None:
            yield (
                f"{holder} has port {_PORT}/{protocol} of {address}: have it listen on other addresses, or take"
                " `names: hosts`"
            )
            return


def _domain(name: str) -> str:
    fault = names.name_fault(name)
    if fault is not None:
        raise Problem(f"{name!r} is no domain ({fault})")
    return name.lower()


def _who(servers: t.Sequence[str]) -> str:
    return ", ".join(servers) or "nobody"
