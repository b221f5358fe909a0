# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of ansible-playbook, on lab hosts: ours against looped commands, and against empty tasks."""

from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

from bench.harness import CLEAN, Failed, Sample, measure
from bench.modules import ROOT, SCRIPTS, Modules
from bench.results import Row

FORKS = 10
LOOPED = 20
# What is ours is the same however many tasks carry it, and three a host are less than half of what seven were.
_OVER_FLOOR = 1.8
_COMMANDS = (
    "ip netns add {{ item }}",
    "ip link add v{{ item }} type veth peer name eth0 netns {{ item }}",
    "ip link set v{{ item }} master ch-peer up",
    "ip -n {{ item }} addr add 10.99.0.{{ item[1:] | int + 2 }}/24 dev eth0",
    "ip -n {{ item }} link set eth0 up",
    "ip -n {{ item }} route add default via 10.99.0.1",
)


class Fleet:
    """An inventory and its lab, which is gone at the end of the ``with``."""

    def __init__(self, modules: Modules, name: str, hosts: int, containers: int, overlay: bool) -> None:
        self._modules = modules
        self.name = f"bench-{name}"
        self.folder = modules.work / self.name
        self.folder.mkdir()
        self.inventory = self.folder / "hosts.json"
        self.write(hosts, containers, overlay)

    def write(self, hosts: int, containers: int, overlay: bool, more_on_first: int = 0) -> None:
        names = [f"h{number}" for number in range(1, hosts + 1)]
        networks: dict[str, t.Any] = {
            "web": {"driver": "bridge", "subnets": [{"cidr": "10.80.0.0/12", "host_prefix": 24}]}
        }
        if overlay:
            subnet = {"cidr": "10.32.0.0/11", "host_prefix": 24}
            networks["fabric"] = {"driver": "overlay", "vni": 42, "subnets": [subnet]}
        everyone = {}
        for number, name in enumerate(names, 1):
            count = containers + (more_on_first if number == 1 else 0)
            everyone[name] = {
                "ansible_host": f"198.18.0.{number}",
                "containerhost_containers": {
                    f"c{each}": {"networks": {network: {} for network in networks}} for each in range(count)
                },
            }
        inventory = {"all": {"hosts": everyone, "vars": {"containerhost_networks": networks}}}
        self.inventory.write_text(json.dumps(inventory))

    def __enter__(self) -> Fleet:
        self.play("containerhost.network.lab_up", with_lab=False)
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(Failed):
            self.play("containerhost.network.lab_down", with_lab=False)

    def play(self, playbook: str, with_lab: bool = True) -> Sample:
        names = {
            "containerhost_lab": self.name,
            "containerhost_lab_vars": str(self.folder / "lab.yml"),
            "containerhost_ledger": str(self.folder / "ledger"),
            "ansible_python_interpreter": "/usr/bin/python3" if with_lab else self._modules.python,
        }
        extra = [word for name, value in names.items() for word in ("-e", f"{name}={value}")]
        if with_lab:
            extra += ["-e", f"@{self.folder / 'lab.yml'}"]
        program = pathlib.Path(self._modules.python).parent / "ansible-playbook"
        return measure([str(program), "-i", str(self.inventory), *extra, playbook], self._environment())

    def _environment(self) -> dict[str, str]:
        installed = ROOT / "build/collections"
        return {
            **CLEAN,
            "PATH": f"{pathlib.Path(self._modules.python).parent}:{CLEAN['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(installed if installed.is_dir() else self._modules.path),
            "ANSIBLE_HOME": str(self._modules.work / "ansible"),
            "ANSIBLE_FORKS": str(FORKS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_PLUGINS": str(SCRIPTS / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "bench_count",
            "BENCH_COUNT": str(self.folder / "count.json"),
        }

    def counts(self) -> dict[str, list[str]]:
        """What was done on each host in the last run."""
        return json.loads((self.folder / "count.json").read_text())

    def write_play(self, name: str, tasks: list[dict[str, t.Any]]) -> str:
        file = self.folder / f"{name}.yml"
        file.write_text(json.dumps([{"name": name, "hosts": "all", "gather_facts": False, "tasks": tasks}]))
        return str(file)


def one_host(modules: Modules, containers: int, rounds: int) -> list[Row]:
    row = Row(
        f"`site`, one host, {containers} containers, from nothing",
        f"looped `command: ip …`, extrapolated from {LOOPED}",
        speedup=True,
        at_least=30,
    )
    with Fleet(modules, "one", 1, containers, False) as fleet:
        before = [{"command": "ip link add ch-peer up type bridge"}]
        names = [f"c{number}" for number in range(LOOPED)]
        looped = [{"command": command, "loop": names} for command in _COMMANDS]
        after = [
            {"command": "ip link del ch-peer"},
            {"command": "ip netns del {{ item }}", "loop": names},
        ]
        plays = {
            name: fleet.write_play(name, tasks)
            for name, tasks in (("before", before), ("looped", looped), ("after", after), ("empty", []))
        }
        for _number in range(rounds):
            row.add(ours=fleet.play("containerhost.network.site"))
            fleet.play("containerhost.network.teardown")
            fleet.play(plays["before"])
            some, none = fleet.play(plays["looped"]), fleet.play(plays["empty"])
            fleet.play(plays["after"])
            row.peer.append(none.wall + (some.wall - none.wall) * containers / LOOPED)
            row.peer_cpu.append(none.cpu + (some.cpu - none.cpu) * containers / LOOPED)
    return [row]


def many_hosts(modules: Modules, hosts: int, containers: int, rounds: int) -> list[Row]:
    what = f"`site`, {hosts} hosts × {containers} containers"
    floor = "as many empty tasks"
    table = {
        "first": Row(f"{what}, from nothing", floor, at_most=_OVER_FLOOR),
        "again": Row(f"{what}, again", floor, at_most=_OVER_FLOOR),
        "more": Row(f"{what}, one container more", floor, at_most=_OVER_FLOOR),
    }
    tasks = Row(f"{what}: tasks a host", "a limit", unit="tasks", at_most=1)
    memory = Row(f"{what}: controller's peak memory", floor, unit="MiB")
    with Fleet(modules, "many", hosts, containers, True) as fleet:
        for _number in range(rounds):
            for name, row in table.items():
                fleet.write(hosts, containers, True, more_on_first=1 if name == "more" else 0)
                sample = fleet.play("containerhost.network.site")
                counts = fleet.counts()
                if any("failed" in each for each in counts.values()):
                    raise Failed(f"a task failed: {sample.output[-1500:]}")
                tasks.ours.append(max(map(len, counts.values())))
                tasks.peer.append(3)
                empty = fleet.play(fleet.write_play("empty", _empty(counts)))
                row.add(sample, empty)
                if name == "first":
                    memory.ours.append(sample.memory)
                    memory.peer.append(empty.memory)
            fleet.play("containerhost.network.teardown")
    return [*table.values(), tasks, memory]


def _empty(counts: dict[str, list[str]]) -> list[dict[str, t.Any]]:
    """As many tasks, that do nothing: where ours run a module, one that does nothing; else one of the controller's."""
    busiest = sorted(counts.values(), key=len)[len(counts) // 2]
    kinds = {"module": {"ansible.builtin.ping": {}}, "action": {"ansible.builtin.debug": {"msg": "nothing"}}}
    return [{"name": f"Task {number}", **kinds[each]} for number, each in enumerate(busiest)]
