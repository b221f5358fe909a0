# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host to try things on: network and mount namespaces of its own, an uplink, a /run and an /etc of its own."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ansible
import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.containerhost.network.plugins.module_utils.engine import kind
from ansible_collections.containerhost.network.plugins.module_utils.startup import import_definitions
from ansible_collections.containerhost.network.tests.integration.resident import WORKS, Residents

COLLECTIONS = Path(kind.__file__).parents[6]
MODULES = "ansible_collections.containerhost.network.plugins.modules"

# What a module imports when it runs; residents have it from here.
import_definitions()

# One side of the uplink is the host's, the other one is outside.
UPLINK = """
ip link set lo up
ip link add eth0 address 02:00:c6:12:00:01 type veth peer name eth0 address 02:00:c6:12:00:02 netns {outside}
echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad
ip link set eth0 up
ip addr add 198.18.0.1/24 dev eth0
ip -6 addr add fd00:18::1/64 dev eth0 nodad
ip route add default via 198.18.0.2
ip -6 route add default via fd00:18::2
"""
OUTSIDE = """
ip link set lo up
echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad
ip link set eth0 up
ip addr add 198.18.0.2/24 dev eth0
ip -6 addr add fd00:18::2/64 dev eth0 nodad
"""

# The machine's own named namespaces come and go meanwhile, and would be seen to among the mounts.
OWN_RUN = "umount --recursive --lazy /run/netns 2>/dev/null || true; mount -t tmpfs none /run"
# The machine's own folder, seen through, and written to in memory.
OWN_FOLDER = """
mkdir /run/own; mount -t tmpfs own /run/own; mkdir /run/own/upper /run/own/work
mount -t overlay own -o lowerdir={0},upperdir=/run/own/upper,workdir=/run/own/work {0}
umount -l /run/own; rmdir /run/own; rm -rf /run/mount
"""
OWN_PLACES = f"{OWN_RUN}\n{OWN_FOLDER.format('/etc')}"

# The kernel's state as text, for this namespace and each named one. Left out: counters, timers, indexes, what was
# learned, settings that the kernel does not let anybody read, and what follows by itself: carriers,
# and what comes when an address has been made sure of.
KERNEL = r"""
import ctypes, os, re, subprocess, sys, time

# At once: without waiting for carriers, and so without what the kernel makes of them.
AT_ONCE = sys.argv[1:] == ["at once"]
NAMESPACES = os.stat("/proc/self/ns/net").st_dev  # all of them are files of one file system
OF_A_FAMILY = "route show table all\nrule\nneigh show nud permanent\n"
SOON = r"local fe80:|33:33:ff:|\S+ dev \S+ master \S+ $"

def is_derived(line):
    return AT_ONCE and re.search(r"\b(fe80::|multicast ff00::/8 )", line)

def say(*argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, **options)
    print("#", *argv)
    text = (done.stdout + done.stderr).replace(" linkdown", "")
    lines = [line for line in text.splitlines() if not re.match(SOON, line) and not is_derived(line)]
    # The order of nftables and of routing rules counts.
    print(*sorted(lines, key=lambda line: "" if argv[0] == "nft" or re.match(r"\d+:\t", line) else line), sep="\n")

# Has its carrier changed, and the kernel has not seen to that yet? It does so in work that it puts off.
def unseen(line, masters):
    name, flags, state = re.search(r"^\d+: ([^@:]+).*?<(\S*)>.*? state (\S+)", line).groups()
    flags = flags.split(",")
    if "UP" not in flags:
        return False
    if "LOWER_UP" not in flags:
        return state in ("UP", "UNKNOWN")
    # All others' may stay unknown, as that of a bridge without ports.
    told = re.search(r" (macvlan mode|veth) ", line) or (" bridge forward_delay " in line and name in masters)
    return state in ("DOWN", "LOWERLAYERDOWN") or bool(told and state == "UNKNOWN")

# Once all carriers are seen to, as link-local addresses follow from them.
def links():
    print("# links")
    end = time.monotonic() + 5
    while True:
        text = subprocess.run(["ip", "-o", "-d", "link"], capture_output=True, text=True).stdout
        masters = re.findall(r" master (\S+) ", text)
        if AT_ONCE or not any(unseen(line, masters) for line in text.splitlines()) or time.monotonic() > end:
            break
        time.sleep(0.02)
    text = re.sub(r"^\d+: ([^@:]+)(@\S+)?:", r"\1:", text, flags=re.M)
    text = re.sub(r" (\w+_timer|state|link-netnsid|tso_max_size) +\S+|,LOWER_UP|NO-CARRIER,|,M-DOWN", "", text)
    print(*sorted(text.splitlines()), sep="\n")

def addresses():
    print("# addresses")
    text = subprocess.run(["ip", "-o", "addr"], capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if not is_derived(line)]
    print(*sorted(re.sub(r"^\d+: | tentative", "", line) for line in lines), sep="\n")

def settings():
    print("# settings")
    for folder, folders, files in os.walk("/proc/sys/net"):
        folders.sort()
        for name in sorted(files):
            if name in ("nf_conntrack_count", "stable_secret", "tcp_fastopen_key"):
                continue
            path = f"{folder}/{name}"
            try:
                file = os.open(path, os.O_RDONLY)  # a thousand a namespace: open() takes twice as long
            except OSError:
                continue
            try:
                print(path, os.read(file, 65536).decode().split())
            except OSError:
                pass
            finally:
                os.close(file)

def namespace():
    for what in (links, addresses, settings):
        what()
    for family in ("-4", "-6"):
        say("ip", family, "-force", "-batch", "-", input=OF_A_FAMILY)
    say("bridge", "fdb", "show")
    say("nft", "list", "ruleset")

namespace()
for name in sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else ():
    print("# namespace", name)
    if not os.path.exists(f"/run/netns/{name}") or os.stat(f"/run/netns/{name}").st_dev != NAMESPACES:
        continue  # it only has the name of one
    with open(f"/run/netns/{name}") as file:
        if ctypes.CDLL(None).setns(file.fileno(), 0x40000000) == 0:
            namespace()
"""
# What a host forgets when it reboots besides: the files below /run.
SNAPSHOT = (
    KERNEL
    + r"""
say("find", "/run", "/etc/netns", "-printf", "%p %y %m\n")
print("# mounts")
with open("/proc/self/mountinfo") as file:
    print(*sorted(line.split()[4] for line in file if line.split()[4].startswith("/run")), sep="\n")
"""
)

_SNAPSHOT = compile(SNAPSHOT, "snapshot", "exec")  # for residents: a Python of its own takes longer


class Sleeper:
    """A process that holds namespaces until its standard input is closed, or whoever started it has died."""

    def __init__(self, *flags: str, prepare: str = ":") -> None:
        self._process = subprocess.Popen(
            ["unshare", *flags, "sh", "-ec", f"{prepare}\necho ready\nexec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", "no namespaces: this needs root"
        self.residents = Residents(self.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> None:
        self.residents.end()
        self._process.communicate()


class Host:
    """``run`` and ``outside`` run a program on the host and beyond its uplink, ``module`` runs one of our modules."""

    def __init__(self, folder: Path) -> None:
        self._outside = Sleeper("--net")
        self._host = Sleeper("--net", "--mount", "--propagation", "private", prepare=OWN_PLACES)
        self._folder = folder
        self.warned = ""  # what the last module has said besides its answer
        self.run("sh", "-ec", UPLINK.format(outside=self._outside.pid))
        self.outside("sh", "-ec", OUTSIDE)
        # The uplink's carrier comes when it comes, and with it its own address and the routes of both to this host.
        there = "ip addr show dev eth0 | grep -q fe80 && ip -6 route show table local | grep -q '^local fd00:18::1 '"
        self.run("timeout", "30", "sh", "-c", f"until {there}; do sleep 0.02; done")

    def end(self) -> None:
        self.end_name_servers()
        self._host.end()
        self._outside.end()

    def end_name_servers(self) -> None:
        """They outlive a host that is a sleeper."""
        for file in Path(f"/proc/{self._host.pid}/root/run/containerhost-names").glob("*.pid"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(file.read_text()), signal.SIGKILL)

    @property
    def pid(self) -> int:
        """A process in its namespaces, for a program that goes on beside others."""
        return self._host.pid

    # -- programs ----------------------------------------------------------------------------------------------

    def run(self, *argv: str, check: bool = True, **options: Any) -> str:
        """A program's output. ``check=False`` takes a failure for an answer."""
        return self.start(*argv, check=check, **options).stdout

    def settle(self) -> None:
        """Wait until the kernel has seen to carriers and addresses, which it does behind everybody's back."""
        busy = "ip -6 addr | grep -q tentative || ip -6 route | grep -q linkdown"
        self.run("timeout", "10", "sh", "-c", f"while {busy}; do sleep 0.05; done")

    def outside(self, *argv: str, check: bool = True) -> str:
        return _run(["nsenter", f"--target={self._outside.pid}", "--net", *argv], check).stdout

    def start(self, *argv: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        return _run(["nsenter", f"--target={self._host.pid}", "--net", "--mount", *argv], check, **options)

    # -- modules -----------------------------------------------------------------------------------------------

    def module(
        self,
        name: str,
        /,
        check: bool = False,
        diff: bool = True,
        python: str | None = None,
        arguments: dict[str, Any] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """What a module answers. Options that are called as one of ours go into ``arguments``.

        Where a Python is named, it runs in a process of its own by that.
        """
        given = {**options, **(arguments or {}), "_ansible_check_mode": check, "_ansible_diff": diff}
        said = self._resident_says(name, given) if python is None else self._executed(name, given, python)
        try:
            return json.loads(said)
        except ValueError:
            raise AssertionError(f"{name} {options}: no answer\n{said}") from None

    def begin_anew(self) -> None:
        """The next module is in a process that has not loaded or found out what was there before."""
        self._host.residents.end()

    def _resident_says(self, name: str, given: dict[str, Any]) -> str:
        importlib.import_module(f"{MODULES}.{name}")  # once, for all residents to come
        done = self._host.residents.do("module", name, given)
        self.warned = done.complained
        return done.said or done.complained

    def _executed(self, name: str, given: dict[str, Any], python: str) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"ANSIBLE_MODULE_ARGS": given}, file)
            file.flush()
            done = self.start(python, "-m", f"{MODULES}.{name}", file.name, check=False, env=self._environment())
        return done.stdout or done.stderr

    def _environment(self) -> dict[str, str]:
        """Ansible's own modules for any Python, but nothing else of this session's: a host has its own pyroute2."""
        folder = self._folder / "ansible_only"
        if not folder.exists():
            folder.mkdir()
            (folder / "ansible").symlink_to(Path(ansible.__file__).parent)
        return {**os.environ, "PYTHONPATH": f"{COLLECTIONS}:{folder}"}

    # -- state -------------------------------------------------------------------------------------------------

    def snapshot(self, *, at_once: bool = False) -> str:
        """The kernel's whole state as text, also that of named namespaces, and the files below /run and /etc/netns.

        ``at_once``: without link-local addresses, which follow from carriers, for which it has to wait.
        """

        taken = self._host.residents.do("snapshot", at_once)
        assert not taken.failed, f"no snapshot: {taken.complained}"
        return taken.said


def _module(name: str, given: dict[str, Any]) -> None:
    with patch_module_args(given):
        importlib.import_module(f"{MODULES}.{name}").main()


def _snapshot(at_once: bool) -> None:
    sys.argv = ["snapshot", *(["at once"] if at_once else [])]
    exec(_SNAPSHOT, {})


WORKS.update(module=_module, snapshot=_snapshot)


def _run(argv: list[str], check: bool, **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(argv)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    Residents.patched = "monkeypatch" in getattr(item, "fixturenames", ())


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.end()


@pytest.fixture(scope="module")
def host_of_a_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One for all tests of a file that leave it as it is."""
    host = Host(tmp_path_factory.mktemp("host"))
    yield host
    host.end()
