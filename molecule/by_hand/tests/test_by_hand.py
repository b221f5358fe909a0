# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What single modules make, step by step, is what site makes of an inventory."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from testinfra.host import Host

SNAPSHOT = Path(__file__).parents[2] / "shared" / "snapshot.py"
HOSTS = ("hand-1", "hand-2", "hand-3")
TIMERS = re.compile(r'"\w*timer": [0-9.]+')
OWNER = re.compile(r'containerhost:[^" ]+')


def play(name: str) -> None:
    """Run a playbook of the collection as this scenario does."""
    scenario, folder = os.environ["MOLECULE_SCENARIO_DIRECTORY"], os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]
    command = ["ansible-playbook", f"--inventory={scenario}/inventory/", f"--inventory={folder}/lab/hosts.yml"]
    command += [f"--extra-vars=containerhost_ledger={folder}/containerhost.ledger", f"containerhost.network.{name}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def state(host: Host) -> list[str]:
    """The host's state without marks' owners, timers, and what records say of owners."""
    path = "/var/tmp/state-now"
    subprocess.run(
        ["nsenter", f"--target={host.backend.pid}", "--all", "--", "/usr/bin/python3", "-", "keep", path],
        input=SNAPSHOT.read_text(),
        text=True,
        check=True,
    )
    lines = [line for line in host.check_output("cat %s", path).splitlines() if "records.json" not in line]
    return sorted(unordered(OWNER.sub("containerhost:OWNER", TIMERS.sub("", line))) for line in lines)


def unordered(line: str) -> str:
    """nft lists a set's elements in the order of their hashes."""
    head, mark, text = line.partition(" nft: ")
    if not mark:
        return line
    entry: dict[str, Any] = json.loads(text)
    for content in entry.values():
        if "elem" in content:
            content["elem"] = sorted(content["elem"], key=lambda each: json.dumps(each, sort_keys=True))
    return f"{head}{mark}{json.dumps(entry, sort_keys=True)}"


def test_containers_reach_each_other_on_the_overlay_and_on_the_lan(hosts):
    for target in ("10.42.1.2", "192.168.7.129", "198.18.0.1"):
        assert hosts["hand-1"].run("ip netns exec app1 ping -c 1 -W 1 %s", target).rc == 0


def test_site_gives_the_same_kernel_state(hosts):
    by_hand = {name: state(hosts[name]) for name in HOSTS}
    play("teardown")
    play("site")
    for name in HOSTS:
        assert state(hosts[name]) == by_hand[name]
