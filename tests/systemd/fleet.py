# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that boot systemd, and really reboot: with a new boot id, an empty kernel, and the files that they had.

They hang on a switch in a network namespace of its own. ``machine.py`` is the process behind each. They stand in
a lab's registry, so playbooks reach them as lab hosts, by the connection ``containerhost.network.lab``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import re
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ansible_collections.containerhost.network.plugins.module_utils.lab import cgroups
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import Member, started
from ansible_collections.containerhost.network.tests.integration.conftest import KERNEL, Sleeper
from ansible_collections.containerhost.network.tests.integration.lab.conftest import Lab, Played
from ansible_collections.containerhost.network.tests.systemd.machine import Interface, Machine

MACHINE = "ansible_collections.containerhost.network.tests.systemd.machine"
UNDERLAY = "underlay"
NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
PATIENCE = 60  # seconds for one boot; it takes 0.5 on an idle machine
# A login's.
ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
# A boot has finished when the interfaces have their addresses.
WANTED = ("systemd-networkd.service", "systemd-networkd-wait-online.service", "network-online.target")
# Nobody else has the addresses: a boot does not wait to find out.
NETWORK = """
[Match]
Name=eth0
[Network]
Address={v4}/24
Gateway=192.0.2.1
Gateway=2001:db8::1
IPv6AcceptRA=no
IPv6DuplicateAddressDetection=0
[Address]
Address={v6}/64
DuplicateAddressDetection=none
"""
# A LAN is there, without an address.
LAN = """
[Match]
Name={name}
[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
[Link]
RequiredForOnline=no
"""
BRIDGE = """
ip link add {name} type bridge mcast_snooping 0
ip link set {name} up
"""
OUTSIDE = """
ip link set lo up
ip addr add 192.0.2.1/24 dev underlay
ip addr add 2001:db8::1/64 dev underlay nodad
"""

# What rules have counted, and numbers that a bridge gives its ports as they come.
COUNTED = r" packets \d+ bytes \d+| (port_id|port_no|designated_port) \w+"

_numbers = itertools.count(1)


class SystemdHost:
    """A host from its first boot on. ``run`` enters it, ``reboot`` reboots it, ``crash`` cuts its power."""

    def __init__(self, lab: Lab, machine: Machine, console: Path) -> None:
        self.name, self.console = machine.name, console
        self._lab = lab
        top = cgroups.top(lab.name)
        self._cgroup = cgroups.make(top and os.path.join(top, "hosts", machine.name))
        assert self._cgroup, "hosts that boot systemd need a cgroup2 that can be written to"
        self._process = self._start()
        self._say(json.dumps(machine._asdict()))

    def _start(self) -> subprocess.Popen[bytes]:
        unshare = ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--cgroup", "--propagation", "private"]
        # It ends with this program, whatever ends this one.
        command = ["setpriv", "--pdeathsig", "KILL", *unshare, "--fork", "--kill-child", sys.executable, "-m", MACHINE]
        with self.console.open("w") as console:
            return subprocess.Popen(
                command, env=self._lab.environment, preexec_fn=lambda: cgroups.join(self._cgroup),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=console, bufsize=0,
            )  # fmt: skip

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    def _hear(self, line: str) -> None:
        ready, _write, _error = select.select([self._process.stdout], [], [], PATIENCE)
        said = self._process.stdout.readline().decode() if ready else f"nothing within {PATIENCE} s"
        assert said == f"{line}\n", f"{self.name}: {said}\n{self.console.read_text(errors='replace')[-4000:]}"

    def end(self) -> None:
        """Call it when its processes have been ended."""
        self._process.communicate()

    # -- boots -------------------------------------------------------------------------------------------------

    def boot(self) -> None:
        self.begin_to_boot()
        self.wait_until_booted()

    def begin_to_boot(self) -> None:
        self._say("boot")

    def wait_until_booted(self) -> None:
        """Return when every job of the boot has been done, and playbooks can reach the host."""
        self._hear("booted")
        self._lab.registry.save(self._introduce())

    def _introduce(self) -> Member:
        group = os.path.join(self._cgroup, "payload")
        (pid,) = (pid for pid in Path(group, "init.scope/cgroup.procs").read_text().split() if is_first(pid))
        return Member(self.name, int(pid), started(int(pid)), cgroup=group)

    def reboot(self) -> None:
        self.run("systemctl", "reboot", check=False)
        self.wait_until_booted()

    def crash(self) -> None:
        """As a power failure: nothing is told to stop, and it stays off until ``boot``."""
        os.kill(self.member.pid, signal.SIGKILL)
        self._hear("off")

    # -- inside ------------------------------------------------------------------------------------------------

    @property
    def member(self) -> Member:
        return self._lab.member(self.name)

    def run(
        self, *argv: str, check: bool = True, input: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as root."""
        member = self.member
        done = subprocess.run(
            ["nsenter", f"--target={member.pid}", *NAMESPACES, "--", *argv],
            env=ENVIRONMENT, cwd="/", capture_output=True, text=True, check=False, timeout=timeout,
            preexec_fn=lambda: cgroups.join(member.cgroup),
            **({"stdin": subprocess.DEVNULL} if input is None else {"input": input}),
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{shlex.join(argv)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def put(self, path: str, text: str, mode: str = "644") -> None:
        folder, target = shlex.quote(os.path.dirname(path)), shlex.quote(path)
        self.run("sh", "-ec", f"mkdir -p {folder}; cat > {target}; chmod {mode} {target}", input=text)

    def pings(self, address: str, netns: str | None = None) -> bool:
        enter = ["ip", "netns", "exec", netns] if netns else []
        return self.run(*enter, "ping", "-n", "-q", "-c", "1", "-W", "2", address, check=False).returncode == 0

    def boot_id(self) -> str:
        return self.run("cat", "/proc/sys/kernel/random/boot_id").stdout.strip()

    def kernel_state(self) -> dict[str, list[str]]:
        """The kernel's networks, by what it was asked for, as they can be compared across a reboot."""
        return sections(re.sub(COUNTED, "", self.run("/usr/bin/python3", "-", input=KERNEL).stdout))


def is_first(pid: str) -> bool:
    """Whether a process is PID 1 of its namespace."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return any(line.startswith("NSpid:") and line.split()[-1] == "1" for line in lines)


def sections(text: str) -> dict[str, list[str]]:
    """Lines by the title (``# links``) that they stand below, in the host's own namespace and in each named one."""
    found: dict[str, list[str]] = {}
    where = title = ""
    for line in text.splitlines():
        if line.startswith("# Warning: "):
            continue  # nft(8), of a table that iptables has made
        if line.startswith("# namespace "):
            where = line.removeprefix("# ") + ": "
        elif line.startswith("# "):
            title = where + line.removeprefix("# ")
            found[title] = []
        elif line:
            found[title].append(line)
    return found


@dataclasses.dataclass
class SystemdFleet:
    """Hosts at 192.0.2.11, .12… and 2001:db8::11, ::12…, on ``eth0``; the outside is 192.0.2.1 and 2001:db8::1.

    Each of ``lans`` is a segment more, where each host has an interface of that name without an address.
    """

    folder: Path
    names: Sequence[str]
    lans: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.lab = Lab(self.folder, f"systemd-{os.getpid()}-{next(_numbers)}")
        self.hosts: dict[str, SystemdHost] = {}
        bridges = "".join(BRIDGE.format(name=name) for name in (UNDERLAY, *self.lans))
        self._switch = Sleeper("--net", prepare=bridges + OUTSIDE)
        try:
            self._boot()
        except BaseException:
            self.end()
            raise

    def _boot(self) -> None:
        with self.lab.registry.locked(make=True):
            pass
        for number, name in enumerate(self.names, 11):
            place = self.folder / name
            place.mkdir()
            host = SystemdHost(self.lab, self._machine(name, number, place), self.folder / f"{name}.console")
            self.hosts[name] = host
            host.begin_to_boot()
        for host in self.hosts.values():
            host.wait_until_booted()

    def _machine(self, name: str, number: int, place: Path) -> Machine:
        macs = [f"02:00:00:{segment:02x}:00:{number:02x}" for segment in range(1 + len(self.lans))]
        eth0 = Interface("eth0", macs[0], f"{name}-eth0", UNDERLAY)
        lans = [Interface(lan, mac, f"{name}-{lan}", lan) for lan, mac in zip(self.lans, macs[1:], strict=True)]
        files = {
            "/etc/hostname": f"{name}\n",
            "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost\n",
            "/etc/machine-id": hashlib.sha256(f"{self.lab.name}/{name}".encode()).hexdigest()[:32] + "\n",
            "/etc/fstab": "",
            "/etc/systemd/network/eth0.network": NETWORK.format(v4=f"192.0.2.{number}", v6=f"2001:db8::{number}"),
            **{f"/etc/systemd/network/{lan}.network": LAN.format(name=lan) for lan in self.lans},
        }
        switch = f"/proc/{self._switch.pid}/ns/net"
        return Machine(name, str(place), switch, (eth0, *lans), files, WANTED)

    def __getitem__(self, name: str) -> SystemdHost:
        return self.hosts[name]

    def __iter__(self) -> Iterator[SystemdHost]:
        return iter(self.hosts.values())

    def end(self) -> None:
        top = cgroups.top(self.lab.name)
        cgroups.remove(top)
        cgroups.remove_parents(top)
        for host in self.hosts.values():
            host.end()
        self._switch.end()
        self.lab.registry.remove()

    # -- from outside ------------------------------------------------------------------------------------------

    def outside(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program beyond the hosts, on every segment."""
        command = ["nsenter", f"--target={self._switch.pid}", "--net", "--", *argv]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert not check or done.returncode == 0, f"{shlex.join(argv)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def inventory(self, hosts: dict[str, dict], **variables: object) -> None:
        """The hosts' variables, and those of all; how to get there is added. YAML takes JSON."""
        reach = {
            "ansible_connection": "containerhost.network.lab",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        addressed = {
            name: {"containerhost_underlay_address": f"192.0.2.{number}", **hosts[name]}
            for number, name in enumerate(self.names, 11)
            if name in hosts
        }
        (self.folder / "inventory").write_text(
            json.dumps({"all": {"hosts": addressed, "vars": {**reach, **variables}}}, indent=1)
        )

    def play(self, playbook: str, *arguments: str) -> Played:
        return self.lab.play(playbook, *arguments)
