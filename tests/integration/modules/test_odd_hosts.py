# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts on which something is not as it should be: a sentence, never a traceback, and nothing that is held up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, web_and_fabric


def told(answer: dict[str, Any], words: str) -> None:
    """It has failed in sentences with these words."""
    assert answer.get("failed"), answer
    assert words in answer["msg"]
    assert "exception" not in answer and "Traceback" not in json.dumps(answer)


# -- other users ------------------------------------------------------------------------------------------------------

HOLD = """
import fcntl, os, sys
held = []
for path in ["/run", "/", "/tmp", *(sys.argv[1:])]:
    try:
        fd = os.open(path, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.append((fd, path))
    except OSError:
        pass
print(*(path for _fd, path in held), flush=True)
sys.stdin.read()
"""


@contextmanager
def another_user_locks(host: Any, *paths: str) -> Iterator[list[str]]:
    """Whatever a user without rights can open among these; yields what he holds."""
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    argv = ["nsenter", f"--target={host._host.pid}", "--net", "--mount", *user, "/usr/bin/python3", "-c", HOLD, *paths]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().split()
    process.communicate()


def test_no_other_user_holds_up_a_run(host):
    host.module("document", document=web_and_fabric())
    assert "records.json" in host.run("ls", "/run/containerhost")
    ours = ["/run/containerhost", "/run/containerhost/lock", "/run/containerhost/records.json", "/run/netns"]
    with another_user_locks(host, *ours) as held:
        assert "/run" in held
        assert not [path for path in held if "containerhost" in path]
        assert host.module("document", document=web_and_fabric())["changed"] is False


def test_a_folder_that_an_older_version_made_for_all_to_read_holds_up_nobody_either(host):
    host.run("mkdir", "-m", "755", "/run/containerhost")
    with another_user_locks(host, "/run/containerhost") as held:
        assert "/run/containerhost" in held
        assert host.module("bridge", name="br-x")["changed"]
        assert host.module("bridge", name="br-x", state="absent")["changed"]
    assert host.run("find", "/run", "-mindepth", "1") == ""


# -- /run -------------------------------------------------------------------------------------------------------------


def test_a_run_that_cannot_be_written_to_is_a_sentence(host):
    host.module("document", document=web_and_fabric())
    host.run("mount", "-o", "remount", "/run")  # mount(8) makes a folder of its own in it
    before = host.snapshot()
    host.run("mount", "-o", "remount,ro", "/run")
    for check in (True, False):
        answer = host.module("document", check=check, document=NOTHING, everything=True)
        told(answer, "cannot make /run/containerhost/lock, by which runs take turns on a host (Read-only file system)")
    host.run("mount", "-o", "remount,rw", "/run")
    assert host.snapshot() == before


@pytest.mark.parametrize(
    ("limit", "fill"),
    [("size=4k", "head -c 4k /dev/zero > /run/1"), ("nr_inodes=4", "touch /run/1 /run/2")],
    ids=["bytes", "files"],
)
def test_a_full_run_is_a_sentence_and_the_next_carries_on(host, limit, fill):
    host.run("mount", "-o", "remount", "/run")  # mount(8) makes a folder of its own in it
    before = host.snapshot()
    host.run("sh", "-ec", f"mount -o remount,{limit} /run; {fill}")
    for check in (True, False):
        answer = host.module("document", check=check, document=web_and_fabric())
        told(answer, "Nothing has been changed.")
        assert re.search("No space left on device|/run/containerhost has no room", answer["msg"])
        assert answer["msg"].count("\n") == 1
    host.run("sh", "-c", "rm /run/[12]; rmdir /run/containerhost 2> /dev/null || :")
    assert host.snapshot() == before

    host.run("mount", "-o", "remount,size=100m,nr_inodes=1000", "/run")
    assert host.module("document", document=web_and_fabric())["changed"]
    assert host.module("document", document=NOTHING, everything=True)["changed"]
    assert host.snapshot() == before


@pytest.mark.parametrize(
    "made",
    [
        "mkfifo {}",
        "mkdir {}",
        "ln -s /dev/zero {}",
        "ln -s records.json {}",
        "echo null > {}",
        "echo '{{\"version\": 1, \"borrowed\": [1]}}' > {}",
        "printf '\\377\\376' > {}",
        "printf '\\0' > {}",
    ],
)
def test_odd_records_are_a_sentence_and_stay(host, made):
    path = "/run/containerhost/records.json"
    host.run("sh", "-ec", f"mkdir -m 700 /run/containerhost; {made.format(path)}")
    before = host.snapshot()
    for module, options in (
        ("bridge", {"name": "br-x"}),
        ("document", {"document": NOTHING, "everything": True}),
        ("network_info", {}),
    ):
        told(host.module(module, **options), f"{path} ")
    assert host.snapshot() == before


def test_a_pipe_where_the_records_are_written_first_holds_up_nobody(host):
    host.run("sh", "-ec", "mkdir -m 700 /run/containerhost; mkfifo /run/containerhost/records.json.new")
    assert host.module("document", document=web_and_fabric())["changed"]
    assert host.module("document", document=NOTHING, everything=True)["changed"]
    assert host.run("find", "/run", "-mindepth", "1") == ""


# -- what root may not do ---------------------------------------------------------------------------------------------


def without(tmp_path: Any, *capabilities: str) -> str:
    """A Python whose root has not got these capabilities, as in a container."""
    python = tmp_path / "python"
    less = ",".join(f"-{name}" for name in capabilities)
    python.write_text(f'#!/bin/sh\nexec setpriv --bounding-set={less} --inh-caps={less} {sys.executable} "$@"\n')
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize("capability", ["sys_admin", "net_admin"])
@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("netns", {"name": "new"}),
        ("bridge", {"name": "br-x", "netns": "shop"}),
        ("open_port", {"address": "10.80.1.2", "port": 80}),
        ("document", {"document": web_and_fabric()}),
        ("document", {"document": NOTHING, "everything": True}),
        ("network_info", {}),
    ],
    ids=["netns", "bridge", "open_port", "document", "teardown", "network_info"],
)
def test_root_without_a_capability_is_told_which(host, tmp_path, capability, module, options):
    host.run("ip", "netns", "add", "shop")
    before = host.snapshot()
    answer = host.module(module, python=without(tmp_path, capability), **options)
    told(answer, f"This needs CAP_{capability.upper()}, which root has not got here")
    assert host.snapshot() == before


def test_settings_that_cannot_be_written_are_a_sentence(host):
    close = "mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys"
    host.run("sh", "-ec", close)
    before = host.snapshot()
    for check in (True, False):
        answer = host.module("sysctl", check=check, key="net.ipv4.conf.eth0.rp_filter", value="2")
        told(answer, "cannot set net/ipv4/conf/eth0/rp_filter to 2: Read-only file system")
        answer = host.module("document", check=check, document=web_and_fabric())
        told(answer, "Read-only file system")
        assert answer["msg"].count("\n") == 1 and answer["msg"].endswith("Nothing has been changed.")
    assert host.snapshot() == before
    answer = host.module("open_port", address="10.80.1.2", port=80)
    assert answer.get("changed"), answer  # needs none
    # What is the network's alone may be written, as in a host of a lab.
    host.run("sh", "-ec", "mount --bind /proc/sys/net /proc/sys/net; mount -o remount,rw,bind /proc/sys/net")
    assert host.module("document", document=web_and_fabric())["changed"]
    host.run("umount", "/proc/sys/net", "/proc/sys")

    host.run("sh", "-ec", close)
    before = host.snapshot()
    assert host.module("document", document=web_and_fabric())["changed"] is False
    for check in (True, False):
        answer = host.module("document", check=check, document=NOTHING, everything=True)
        told(answer, "Read-only file system")
        assert answer["msg"].endswith("Nothing has been changed.")
    assert host.snapshot() == before
    host.run("umount", "/proc/sys")
    assert host.module("document", document=NOTHING, everything=True)["changed"]


# -- engines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    ["mkfifo {}", "touch {}", "mkdir {}", "ln -s /dev/zero {}", "mknod {} c 1 5"],
)
@pytest.mark.parametrize(
    ("engine", "path"), [("docker", "/run/docker.sock"), ("nspawn", "/run/systemd/machines/shop")]
)
def test_what_an_engine_answers_with_holds_up_nobody(host, engine, path, made):
    host.run("sh", "-ec", f"mkdir -p $(dirname {path}); {made.format(path)}")
    answer = host.module("veth", name="veth-x", sandbox={"engine": engine, "ref": "shop"})
    told(answer, "shop")
