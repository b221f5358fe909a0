# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab is made to be as wanted, or taken away: the steps, in an order that a killed run cannot harm.

A newcomer dies with the run until it is built, joined to the switch and written to the registry; what is removed
stays in the registry until it is gone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.kinds.bridge import Bridge
from ansible_collections.containerhost.network.plugins.module_utils.kinds.veth import Veth
from ansible_collections.containerhost.network.plugins.module_utils.lab import cgroups, init, root, underlay, wiring
from ansible_collections.containerhost.network.plugins.module_utils.lab import syscalls as sys_
from ansible_collections.containerhost.network.plugins.module_utils.lab.compare import (
    LabChange,
    There,
    Todo,
    compare,
    describe,
)
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import Leg, Member
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import started as started_at
from ansible_collections.containerhost.network.plugins.module_utils.lab.neighbours import NeighbourLimits
from ansible_collections.containerhost.network.plugins.module_utils.lab.registry import (
    SWITCH,
    Registry,
    file_name,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

TOO_SMALL = "of many hosts that ask each other some get no reply. Set net.ipv4.neigh.default.gc_thresh3 and IPv6's"
_LINKS = link_data_of((Bridge(), Veth()))
_HOSTNAME_LENGTH = 64  # HOST_NAME_MAX, linux/utsname.h


class LabResult(t.NamedTuple):
    changes: tuple[LabChange, ...]
    hosts: dict[str, str]  # name to how it is joined
    vars_files: list[str]
    warnings: tuple[str, ...] = ()


# -- present -------------------------------------------------------------------------------------------------------


def present(lab: underlay.Lab, vars_file: str | None, check: bool) -> LabResult:
    registry = Registry(lab.name)
    with registry.locked(make=not check):
        there = _read(registry)
        numbers = underlay.number(lab, {name: member.number for name, member in there.hosts.items()})
        legs = underlay.legs(lab, numbers)
        todo = compare(there, underlay.members(lab), underlay.bridges(lab), legs)
        vars_files = sorted({*registry.vars_files(), *([vars_file] if vars_file else [])})
        if not check:
            registry.save_vars_files(vars_files)
            _apply(registry, there, todo, numbers, legs)
        resized, warnings = _make_room(lab, check)
    return LabResult((*todo.changes, *resized), {name: describe(legs[name]) for name in legs}, vars_files, warnings)


def _make_room(lab: underlay.Lab, check: bool) -> tuple[list[LabChange], tuple[str, ...]]:
    """For the neighbours of all hosts, which they have in one table. A lab without it is one all the same."""
    try:
        changes = NeighbourLimits().borrow(lab.name, len(lab.hosts), check)
    except OSError as error:
        return [], (f"this machine's tables of neighbours stay as small as they are ({error.strerror}): {TOO_SMALL}",)
    return [LabChange(name, str(before), str(after)) for name, before, after in changes], ()


def _read(registry: Registry) -> There:
    hosts, switch = registry.hosts(), registry.switch()
    alive = {name for name, member in hosts.items() if member.alive}
    if switch is None or not switch.alive:
        return There(hosts, alive, None, {})
    with Wire(_LINKS) as wire:
        return There(hosts, alive, switch, wiring.read_devices(wire, switch))


def _apply(
    registry: Registry,
    there: There,
    todo: Todo,
    numbers: t.Mapping[str, int],
    legs: t.Mapping[str, tuple[Leg, ...]],
) -> None:
    try:
        if todo.changes:
            _LabRun(registry, there, todo, numbers, legs).apply()
    except Exception:
        # A lab that never stood leaves nothing to be taken down.
        if not registry.hosts() and registry.switch() is None:
            _clean_up(registry)
        raise


class _LabRun:
    """One run that changes a lab: what it was, what there is to do, and where that is remembered."""

    def __init__(
        self,
        registry: Registry,
        there: There,
        todo: Todo,
        numbers: t.Mapping[str, int],
        legs: t.Mapping[str, tuple[Leg, ...]],
    ) -> None:
        self.registry, self.there, self.todo = registry, there, todo
        self.numbers, self.legs = numbers, legs
        self.cgroup = cgroups.top(registry.lab)

    def apply(self) -> None:
        self._stop()
        with init.Newcomers(self.registry.lab) as newcomers:
            groups = self._fork(newcomers)
            # Loading pyroute2's definitions takes as long as building ten hosts: both at a time.
            with Wire(_LINKS) as wire:
                newcomers.wait_until_built()
                switch, hosts = self._introduce(newcomers, groups)
                self._wire(wire, switch, hosts)
            self.registry.save_switch(switch)
            for member in hosts.values():
                self.registry.save(member)
            newcomers.release()

    def _stop(self) -> None:
        leaving = [self.there.hosts[name] for name in self.todo.stop]
        init.kill((member.pid, member.started) for member in leaving if member.alive)
        for member in leaving:
            cgroups.remove(member.cgroup)
            self.registry.forget(member.name)

    def _fork(self, newcomers: init.Newcomers) -> dict[str, str | None]:
        groups: dict[str, str | None] = {}
        if self.todo.start_switch:
            groups[SWITCH] = self._make_cgroup(SWITCH)
            newcomers.fork(SWITCH, lambda: _build_switch(groups[SWITCH]))
        for host in self.todo.start:
            key = _key(host.name)
            groups[key] = group = self._make_cgroup(os.path.join("hosts", file_name(host.name)))
            identity = f"{self.registry.lab}/{host.name}"
            newcomers.fork(
                key, lambda host=host, group=group, identity=identity: _build_host(
                    host.name, identity, self.registry.place, group
                )
            )  # fmt: skip
        return groups

    def _make_cgroup(self, name: str) -> str | None:
        return cgroups.make(self.cgroup and os.path.join(self.cgroup, name))

    def _introduce(
        self, newcomers: init.Newcomers, groups: t.Mapping[str, str | None]
    ) -> tuple[Member, dict[str, Member]]:
        """The switch and all hosts, as they will stand in the registry."""
        switch = self.there.switch
        if switch is None:
            pid = newcomers.pids[SWITCH]
            switch = Member(SWITCH, pid, started_at(pid), cgroup=groups[SWITCH])
        started = {host.name: host for host in self.todo.start}
        hosts = {}
        for name, legs in self.legs.items():
            if name in started:
                pid = newcomers.pids[_key(name)]
                member = Member(name, pid, started_at(pid), outside=started[name].outside, cgroup=groups[_key(name)])
            else:
                member = self.there.hosts[name]
            hosts[name] = member._replace(number=self.numbers[name], legs=legs)
        return switch, hosts

    def _wire(self, wire: Wire, switch: Member, hosts: t.Mapping[str, Member]) -> None:
        """In rounds: a message may name only devices that were there before its round."""
        todo, netns = self.todo, switch.netns
        plug = [(hosts[name], leg) for name, leg in todo.plug]
        # A port may vanish by itself before we come to it: its host was killed, and the kernel is cleaning up.
        leaving = wiring.delete_devices(todo.delete_devices, netns)
        leaving += [wiring.unplug_inside(hosts[name], leg) for name, leg in todo.unplug]
        wiring.send(wire, leaving, gone_is_fine=True)
        wiring.send(wire, [wiring.make_bridge(bridge, netns) for bridge in todo.make_bridges])
        wiring.send(wire, [wiring.make_pair(member, leg, netns) for member, leg in plug])
        ends = [wiring.name_bridge(bridge, netns) for bridge in todo.make_bridges]
        ends += [wiring.set_bridge_mtu(bridge, netns) for bridge in todo.bridges]
        ends += [wiring.name_port(member, leg, netns) for member, leg in plug]
        ends += [wiring.start_loopback(hosts[host.name]) for host in todo.start]
        ends += [message for member, leg in plug for message in wiring.set_up_inside(member, leg)]
        wiring.send(wire, ends)


def _key(host: str) -> str:
    """A host may be called like the switch."""
    return f"host {host}"


# -- what runs in newcomers ----------------------------------------------------------------------------------------


def _build_switch(cgroup: str | None) -> None:
    if cgroup:
        cgroups.join(cgroup)
    sys_.unshare(sys_.CLONE_NEWNET)
    # It has no addresses: no link-local one, no duplicate address detection and no MLD on 50 ports either.
    for scope in ("all", "default"):
        _set_sysctl(f"net/ipv6/conf/{scope}/disable_ipv6", "1")


def _build_host(name: str, identity: str, place: str, cgroup: str | None) -> None:
    if cgroup:
        cgroups.join(cgroup)
    sys_.unshare(
        sys_.CLONE_NEWNS | sys_.CLONE_NEWNET | sys_.CLONE_NEWUTS | sys_.CLONE_NEWIPC | sys_.CLONE_NEWCGROUP
    )
    hostname = name[:_HOSTNAME_LENGTH]
    root.enter(hostname, identity, place, cgroup is not None)
    socket.sethostname(hostname)
    # A new namespace copies IPv4's settings from this machine, which may be a router (net.core, default 0).
    _set_sysctl("net/ipv4/ip_forward", "0")


def _set_sysctl(name: str, value: str) -> None:
    """A kernel without IPv6 has no IPv6 settings."""
    path = os.path.join("/proc/sys", name)
    if os.path.exists(path):
        with open(path, "w", encoding="ascii") as stream:
            stream.write(value)


# -- absent --------------------------------------------------------------------------------------------------------


def absent(name: str, check: bool) -> LabResult:
    registry = Registry(name)
    with registry.locked(make=False):
        hosts, switch, vars_files = registry.hosts(), registry.switch(), registry.vars_files()
        group = cgroups.top(name)
        there = registry.exists or bool(group and os.path.isdir(group))
        changes = [LabChange(f"host {member.name}", describe(member.legs), None) for member in hosts.values()]
        if there:
            changes.append(LabChange(f"lab {name}", "present", None))
        if there and not check:
            members = [*hosts.values(), *([switch] if switch else [])]
            init.kill((member.pid, member.started) for member in members if member.alive)
            _clean_up(registry)
    return LabResult(tuple(changes), {}, vars_files)


def _clean_up(registry: Registry) -> None:
    group = cgroups.top(registry.lab)
    cgroups.remove(group)
    cgroups.remove_parents(group)
    with contextlib.suppress(OSError):  # what was not to be written before is not now
        NeighbourLimits().give_back(registry.lab)
    registry.remove()
