# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of a test's own: an inventory in a folder, playbooks run on it, and nothing left of it afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.lab import cgroups, init, lifecycle
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import Member, started
from ansible_collections.containerhost.network.plugins.module_utils.lab.registry import Registry

COLLECTIONS = Path(lifecycle.__file__).parents[6]
MODULE = "ansible_collections.containerhost.network.plugins.modules.lab"
BIN = Path(sys.executable).parent
VARS_FILE = "containerhost-lab.yml"


class Played:
    """What a playbook or an ad-hoc command said."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.status = done.returncode
        self.output = done.stdout + done.stderr

    @property
    def changed(self) -> int:
        return sum(int(number) for number in re.findall(r" changed=(\d+) ", self.output))

    def said(self, text: str) -> bool:
        """Whether it did, however its lines were broken."""
        return text in " ".join(self.output.split())


class Lab:
    """A lab by playbook (``up``, ``down``), by module (``present``), and from inside (``run``)."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.registry = Registry(name)
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONPATH": str(COLLECTIONS),
        }

    # -- by playbook -------------------------------------------------------------------------------------------

    def inventory(self, text: str) -> None:
        (self.folder / "inventory").write_text(text)

    def up(self, *arguments: str) -> Played:
        return self.play("containerhost.network.lab_up", *arguments)

    def down(self, *arguments: str) -> Played:
        return self.play("containerhost.network.lab_down", *arguments)

    def play(self, playbook: str, *arguments: str, prefix: tuple[str, ...] = ()) -> Played:
        own = ["-i", "inventory", "-e", f"containerhost_lab={self.name}"]
        return self._ansible(*prefix, str(BIN / "ansible-playbook"), *own, *arguments, playbook)

    def ad_hoc(self, host: str, module: str, arguments: str = "", *more: str) -> Played:
        """In the lab, as a user does it: with the variables file that ``lab_up`` wrote."""
        own = ["-i", "inventory", "-e", f"@{VARS_FILE}", "-m", module, "-a", arguments]
        return self._ansible(str(BIN / "ansible"), host, *own, *more)

    def _ansible(self, *argv: str) -> Played:
        return Played(
            subprocess.run(
                argv, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=120
            )
        )

    @property
    def vars_file(self) -> Path:
        return self.folder / VARS_FILE

    # -- by module ---------------------------------------------------------------------------------------------

    def start_module(self, **options: Any) -> subprocess.Popen[str]:
        given = {"ANSIBLE_MODULE_ARGS": {"name": self.name, **options}}
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        process.stdin = None
        return process

    def present(self, *names: str, **options: Any) -> dict[str, Any]:
        """Hosts without a word about them, or as ``hosts`` says."""
        hosts = options.pop("hosts", [{"name": name} for name in names])
        out, err = self.start_module(hosts=hosts, **options).communicate(timeout=120)
        assert out, err
        return json.loads(out)

    # -- what is there -----------------------------------------------------------------------------------------

    def member(self, host: str) -> Member:
        member = self.registry.host(host)
        assert member is not None, f"{host} is not in the lab"
        return member

    def pids(self) -> dict[str, int]:
        return {name: member.pid for name, member in self.registry.hosts().items() if member.alive}

    def address(self, host: str, family: int) -> str:
        addresses = [address.split("/")[0] for leg in self.member(host).legs for address in leg.addresses]
        return next(address for address in addresses if (":" in address) == (family == 6))

    def run(self, host: str, command: str, check: bool = True) -> str:
        """A shell command in a host, without Ansible."""
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
        done = subprocess.run(
            ["nsenter", f"--target={self.member(host).pid}", *namespaces, "--", "/bin/sh", "-c", command],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def reaches(self, source: str, address: str) -> bool:
        """A switch's port forwards once the kernel has seen to its carrier, which it does when it can."""
        until = f"until ping -n -q -c 1 -W 1 {address}; do :; done"
        return "1 received" in self.run(source, f"timeout 15 sh -c '{until}'", check=False)

    def pings(self, source: str, address: str, size: int = 56) -> bool:
        command = f"ping -n -q -c 1 -W 2 -M do -s {size} {address}"
        return "1 received" in self.run(source, command, check=False)

    # -- what is left ------------------------------------------------------------------------------------------

    def processes(self) -> list[int]:
        """First processes of hosts and of the switch, whether a registry knows them or not."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(entry.startswith(f"CONTAINERHOST_LAB={self.name}/".encode()) for entry in environment):
                found.append(int(folder.name))
        return sorted(found)

    def namespaces(self) -> set[str]:
        """All namespaces of the lab's processes, those that run in its hosts included."""
        roots = set(self.processes())
        inside = {readlink(f"/proc/{pid}/ns/pid") for pid in roots}
        pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
        ours = [pid for pid in pids if readlink(f"/proc/{pid}/ns/pid") in inside]
        kinds = ("net", "mnt", "uts", "ipc", "pid", "cgroup")
        own = {readlink(f"/proc/self/ns/{kind}") for kind in kinds}
        return {readlink(f"/proc/{pid}/ns/{kind}") for pid in ours for kind in kinds} - own - {""}

    def traces(self) -> list[str]:
        """Anything on this machine that bears the lab's name."""
        group = cgroups.top(self.name)
        paths = [self.registry.folder, *([group] if group else []), str(self.vars_file)]
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        ours = [line for line in mounts if self.registry.folder in line]
        return [path for path in paths if os.path.exists(path)] + ours + [str(pid) for pid in self.processes()]

    def all_namespaces(self) -> set[str]:
        """Of whichever processes there are: some end meanwhile."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                found |= {readlink(str(path)) for path in (folder / "ns").iterdir()}
        return found

    def machine(self) -> dict[str, list[str]]:
        """This machine's own network and mounts, which a lab leaves alone. Other labs come and go beside it."""
        what = ("link", "-4 address", "-6 address", "-4 route show table all", "-6 route show table all", "netns list")
        state = {}
        for words in what:
            done = subprocess.run(["ip", *words.split()], capture_output=True, text=True, check=True)
            state[words] = sorted(done.stdout.splitlines())
        for name in ("ipv4/ip_forward", "ipv4/conf/all/forwarding", "ipv6/conf/all/forwarding"):
            state[name] = Path("/proc/sys/net", name).read_text().split()
        labs = str(Path(self.registry.folder).parent)
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        state["mounts"] = sorted(line for line in mounts if labs not in line or self.registry.folder in line)
        return state


def readlink(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def remove(lab: Lab) -> None:
    lifecycle.absent(lab.name, check=False)
    # Hosts that no registry knew would be a fault; the test that made them has failed, and they go all the same.
    init.kill((pid, started(pid)) for pid in lab.processes())


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path, f"test-{os.getpid()}")
    yield lab
    remove(lab)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One lab for the tests of a file that only look."""
    lab = Lab(tmp_path_factory.mktemp("shared"), f"test-shared-{os.getpid()}")
    yield lab
    remove(lab)
