# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container that mounts what never answers where its names are: its own names are left, and nobody waits for them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.file_steps import write_blocks
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import WriteBlock
from ansible_collections.containerhost.network.plugins.module_utils.state import aside
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.host_files import HostFiles
from ansible_collections.containerhost.network.tests.integration.conftest import COLLECTIONS, Sleeper
from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, said
from ansible_collections.containerhost.network.tests.integration.engines import hanging
from ansible_collections.containerhost.network.tests.integration.engines.test_pending import applied, end, network

# A file system of its own: a file as its engine has bound it there, one in it, and a folder.
PREPARE = """
mount -t tmpfs own /etc; mkdir /etc/etc; echo own > /etc/own; echo nameserver 192.0.2.1 > /etc/resolv.conf
echo 127.0.0.1 localhost > /etc/bound; touch /etc/hosts; mount --bind /etc/bound /etc/hosts
"""
NAMES = ("db", "api")
WAITS = "a file system of type fuse is mounted there, which may never answer"


class Machines:
    """Containers of systemd-nspawn, each a process with network and mounts of its own."""

    def __init__(self, host: Any, engines: Any) -> None:
        flags = ("--net", "--mount", "--propagation", "private")
        self.running = {name: Sleeper(*flags, prepare=PREPARE) for name in NAMES}
        self._hanging: list[subprocess.Popen[str]] = []
        self._say = engines.say
        for name, each in self.running.items():
            self._say("nspawn", name, each.pid)

    def hang(self, place: str) -> None:
        """What is at a place of db never answers from now on."""
        inside = ["nsenter", f"--target={self.running['db'].pid}", "--net", "--mount", sys.executable]
        as_root = ["root"] if place == "/" else []
        program = [*inside, hanging.__file__, "/mnt" if as_root else place, *as_root]
        self._hanging.append(subprocess.Popen(program, stdout=subprocess.PIPE, text=True))
        ready = self._hanging[-1].stdout.readline().split()
        assert ready[:1] == ["ready"]
        if as_root:
            self._say("nspawn", "db", int(ready[1]))

    def text(self, name: str, file: str) -> str:
        return Path(f"/proc/{self.running[name].pid}/root/etc/{file}").read_text()

    def answer(self) -> None:
        """Nothing hangs any more: who waits is told that it has gone."""
        while self._hanging:
            process = self._hanging.pop()
            process.kill()
            process.wait()

    def end(self) -> None:
        self.answer()
        for each in self.running.values():
            each.end()


@pytest.fixture
def machines(host, engines) -> Iterator[Machines]:
    machines = Machines(host, engines)
    yield machines
    machines.end()


def document() -> dict[str, Any]:
    sandboxes = [{"engine": "nspawn", "ref": name} for name in NAMES]
    return {
        **network(*(end(sandbox, number) for number, sandbox in enumerate(sandboxes, 2))),
        "name_table": [{"network": "web", "name": "web", "entries": ["10.80.1.2 db", "10.80.1.3 api"]}],
        "hosts_file": [{"network": "web", "sandbox": sandbox, "table": "web"} for sandbox in sandboxes],
        "resolv_conf": [{"network": "web", "sandbox": sandbox, "servers": ["10.80.1.1"]} for sandbox in sandboxes],
    }


@pytest.mark.parametrize(
    ("place", "files"),
    [
        ("/etc/hosts", ["hosts file"]),
        ("/etc/resolv.conf", ["resolv.conf"]),
        ("/etc", ["hosts file", "resolv.conf"]),
        ("/", ["hosts file", "resolv.conf"]),
    ],
)
def test_its_own_names_are_left_and_all_else_is_made(host, machines, place, files):
    machines.hang(place)
    done = applied(host, document())
    assert sorted(row["reason"].partition(":")[0] for row in done["pending"]) == [
        f"the {file} of nspawn db cannot be used ({WAITS})" for file in files
    ]
    made = [line for line in said(done) if "db" in line and "nspawn" not in line]
    assert "+ veth db eth0 (web)" in made
    assert "10.80.1.3 api" in machines.text("api", "hosts")
    assert machines.text("api", "hosts") == machines.text("api", "bound")
    assert "nameserver 10.80.1.1" in machines.text("api", "resolv.conf")


def test_what_was_written_before_is_left_there_until_it_answers(host, machines):
    applied(host, document())
    inode = Path(f"/proc/{machines.running['db'].pid}/root/etc/bound").stat().st_ino
    machines.hang("/etc/hosts")
    less = {**document(), "hosts_file": [], "resolv_conf": []}
    changed = document()
    changed["name_table"][0]["entries"].append("10.80.1.9 more")
    assert len(applied(host, changed)["pending"]) == 1
    assert "10.80.1.9 more" in machines.text("api", "hosts")
    assert not host.module("document", document=less, remove=["*"]).get("failed")
    assert machines.text("api", "hosts") == "127.0.0.1 localhost\n"
    machines.answer()
    subprocess.run(["nsenter", f"--target={machines.running['db'].pid}", "--mount", "umount", "/etc/hosts"], check=True)
    assert "10.80.1.2 db" in machines.text("db", "bound")
    assert not host.module("document", document=NOTHING, remove=["*"], everything=True).get("failed")
    assert Path(f"/proc/{machines.running['db'].pid}/root/etc/bound").stat().st_ino == inode


# Has a say in whether a file is opened (fanotify(7)), and says nothing.
WATCHES = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.fanotify_mark.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p]
group = libc.fanotify_init(4, os.O_RDONLY)  # FAN_CLASS_CONTENT
assert libc.fanotify_mark(group, 1, 0x10000, -100, sys.argv[1].encode()) == 0  # FAN_MARK_ADD, FAN_OPEN_PERM
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def watched(path: str, *inside: str) -> Iterator[None]:
    program = [*inside, sys.executable, "-c", WATCHES, path]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout.readline() == "ready\n"
        yield
        watcher.stdin.close()


def test_whoever_has_a_say_in_it_is_not_waited_for_long(host, machines, monkeypatch):
    monkeypatch.setattr(aside, "SECONDS", 3.0)
    with watched("/etc/bound", "nsenter", f"--target={machines.running['db'].pid}", "--mount"):
        done = host.module("document", document=document(), remove=["*"])
        assert [row["reason"].partition(":")[0] for row in done["pending"]] == [
            "the hosts file of nspawn db cannot be used (whoever has a say in it does not answer)"
        ]
        assert "10.80.1.3 api" in machines.text("api", "hosts")
    assert host.module("document", document=document(), remove=["*"])["pending"] == []
    assert "10.80.1.2 db" in machines.text("db", "hosts")


def test_nor_in_a_file_that_an_engine_has_made_for_its_container(tmp_path, monkeypatch):
    monkeypatch.setattr(aside, "SECONDS", 1.0)
    files, path = HostFiles(), tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n")
    block = WriteBlock(str(path), "plan/web", "web", ("10.80.1.2 db",), False)
    with watched(str(path)):
        assert files.fault(str(path), "/etc/hosts") == "cannot be used (whoever has a say in it does not answer)"
        with pytest.raises(Problem, match="whoever has a say in it does not answer"):
            files.text_of_container(str(path))
        assert [reason for _position, reason in write_blocks([block])] == ["whoever has a say in it does not answer"]


LOOKS = """
import sys
from ansible_collections.containerhost.network.plugins.module_utils.state.living import LivingNamespaces
print(LivingNamespaces().way_into((0, 0)))
"""
HOLDS = "import os, subprocess, sys; held = os.open('/mnt', os.O_PATH); subprocess.run(['umount', '-l', '/mnt']);"
HOLDS += " print(os.readlink(f'/proc/self/fd/{held}'), flush=True); sys.stdin.read()"


def test_a_namespace_is_looked_for_past_what_looks_like_one(machines):
    """What was unmounted since it was opened shows as ``/``, be it a namespace or a folder."""
    machines.hang("/mnt")
    inside = ["nsenter", f"--target={machines.running['db'].pid}", "--mount", sys.executable, "-c", HOLDS]
    with subprocess.Popen(inside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "/\n"
        environment = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
        looks = [sys.executable, "-c", LOOKS]
        looking = subprocess.Popen(looks, stdout=subprocess.PIPE, text=True, env=environment)
        assert looking.wait(timeout=60) == 0
        assert looking.stdout.read() == "None\n"
        holder.stdin.close()


def test_a_path_that_leads_there_leads_to_no_namespace(host, machines):
    machines.hang("/etc/resolv.conf")
    path = f"/proc/{machines.running['db'].pid}/root/etc/resolv.conf"
    done = applied(host, network(end({"engine": "path", "ref": path}, 2), end({"engine": "netns", "ref": "shop"}, 3)))
    assert [row["reason"] for row in done["pending"]] == [f"there is no network namespace behind {path}"]
