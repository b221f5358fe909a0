# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on a host while networks are made and kept: the next run, or the next restore, makes it whole."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import only, web_and_fabric

RENAMED = {
    "a bridge": "ip link set ch-web down; ip link set ch-web name theirs; ip link set theirs up",
    "a container's end on the host": "ip link set chvshop down; ip link set chvshop name theirs",
    "an interface in a container": "ip -n shop link set eth0 down; ip -n shop link set eth0 name theirs",
    "a VTEP": "ip link set ch-fabric down; ip link set ch-fabric name theirs",
}
KILLS = int(os.environ.get("CONTAINERHOST_KILLS", "20"))


def attempt(kept: Any, check: bool = False) -> dict[str, Any]:
    """A run that may fail."""
    networks = {"web": "bridge", "fabric": "overlay"}
    save = {"enabled": True, "host": "h1", "digest": "d", "networks": networks, "drivers": None, "metrics_folder": None}
    return kept.host.module("document", check=check, document=web_and_fabric(), remove=["*"], save=save)


def is_whole(kept: Any) -> None:
    kept.save(web_and_fabric())
    assert not kept.save(web_and_fabric())["changed"]
    assert kept.say("check") == "as saved\n"


@pytest.mark.parametrize("renamed", RENAMED.values(), ids=RENAMED)
def test_what_somebody_has_renamed_is_there_again_by_its_name(kept, renamed):
    kept.save(web_and_fabric())
    before = kept.host.snapshot()
    kept.host.run("sh", "-ec", renamed)
    kept.say("check", status=1)
    kept.say("restore")
    assert kept.say("check") == "as saved\n"
    assert kept.host.snapshot() == before


def test_settings_that_cannot_be_written_are_named_and_made_up_for(kept):
    kept.host.run("sh", "-ec", "mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys")
    failed = attempt(kept)
    assert failed["failed"]
    assert "bridge ch-web (web): cannot set net/ipv6/conf/ch-web/" in failed["msg"]
    assert "document.json" not in kept.files()
    kept.host.run("umount", "/proc/sys")
    is_whole(kept)


def test_a_full_disk_is_named_and_nothing_is_half_written(kept):
    kept.host.run("sh", "-ec", "mkdir /etc/containerhost; mount -t tmpfs -o size=4k full /etc/containerhost")
    kept.host.run("dd", "if=/dev/zero", "of=/etc/containerhost/fill", "bs=4k", "count=1")
    failed = attempt(kept)
    assert failed["failed"]
    assert "cannot be written (No space left on device), so the host does not keep its networks" in failed["msg"]
    assert kept.host.run("ls", "/etc/containerhost") == "fill\n"
    kept.host.run("sh", "-ec", "rm /etc/containerhost/fill; mount -o remount,size=1m /etc/containerhost")
    is_whole(kept)


def test_a_disk_that_fills_up_keeps_the_document_of_before(kept):
    kept.save(only("web"))
    kept.host.run("mount", "-t", "tmpfs", "-o", "size=8k", "full", "/mnt")
    kept.host.run("sh", "-ec", "cp -a /etc/containerhost/. /mnt; mount --bind /mnt /etc/containerhost")
    kept.host.run("sh", "-c", "dd if=/dev/zero of=/etc/containerhost/fill bs=4k || :")
    before = kept.saved()
    assert attempt(kept)["failed"]
    assert kept.saved() == before
    kept.host.run("sh", "-ec", "rm /etc/containerhost/fill; mount -o remount,size=1m /mnt")
    is_whole(kept)


def test_a_file_system_that_is_read_only_is_known_before_anything_is_changed(kept):
    kept.host.run("mount", "-o", "remount,ro", "/etc")
    before = kept.host.snapshot()  # mount(8) may leave a folder of its own below /run
    for check in (True, False):
        refused = attempt(kept, check)
        assert refused["failed"]
        assert "/etc/containerhost is on a file system that is read-only" in refused["msg"]
        assert "Nothing has been changed." in refused["msg"]
    assert kept.host.snapshot() == before


def test_runs_that_are_killed_anywhere_leave_nothing_that_the_next_does_not_mend(kept, tmp_path):
    """Runs that make, change and remove, one after the other, each of which is killed after some time."""
    files, kernel = kept.files(), kept.host.snapshot()
    kept.save(web_and_fabric())
    seed = random.Random(1)
    documents = (web_and_fabric(), only("web"), None)
    arguments = [given(tmp_path, number, document) for number, document in enumerate(documents)]
    for number in range(KILLS):
        kill(kept, arguments[seed.randrange(len(arguments))], seed.random() * 0.5)
        for name in ("document", "installed"):
            json.loads(kept.host.run("sh", "-c", f"cat /etc/containerhost/{name}.json 2>/dev/null || echo null"))
        if number % 10 == 9:
            is_whole(kept)
    is_whole(kept)
    kept.teardown()
    assert (kept.files(), kept.host.snapshot()) == (files, kernel)


def given(folder: Any, number: int, document: dict[str, Any] | None) -> str:
    """A file with a module's arguments: a run for a document, or a teardown."""
    whole: dict[str, Any] = {"document": {"version": 1}, "everything": True}
    if document is not None:
        networks = {row["network"]: "bridge" for kind, rows in document.items() if kind != "version" for row in rows}
        save = {"enabled": True, "host": "h1", "digest": "d", "networks": networks, "drivers": None}
        whole = {"document": document, "remove": ["*"], "save": {**save, "metrics_folder": None}}
    path = folder / f"{number}.json"
    path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": whole}))
    return str(path)


def kill(kept: Any, arguments: str, seconds: float) -> None:
    module = "ansible_collections.containerhost.network.plugins.modules.document"
    entered = ["nsenter", f"--target={kept.host._host.pid}", "--net", "--mount"]
    process = subprocess.Popen(
        [*entered, "/usr/bin/python3", "-m", module, arguments], env=kept.host._environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    # The point in a run that it comes to is what is random here: nothing is waited for.
    time.sleep(0.1 + seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
