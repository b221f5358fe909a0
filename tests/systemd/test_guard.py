# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change that is on trial, on a host that systemd runs: its guard is a service, and a boot is before the change."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdFleet

BRIDGE = {"network": "web", "name": "ch-web", "addresses": ["10.80.0.1/24"]}
PLAY = [
    {
        "hosts": "h1",
        "gather_facts": False,
        "tasks": [
            {
                "containerhost.network.document": {
                    "document": {"version": 1, "bridge": [BRIDGE]},
                    "guard": {"seconds": "{{ seconds }}", "token": "t1"},
                },
                "environment": {"SSH_CONNECTION": "10.80.0.9 40000 10.80.0.1 22"},
            }
        ],
    }
]
SERVICE = "containerhost-guard.service"


@pytest.fixture(scope="module")
def lone(tmp_path_factory):
    fleet = SystemdFleet(tmp_path_factory.mktemp("lone"), ["h1"])
    try:
        fleet.inventory({"h1": {}})
        (fleet.folder / "change.yml").write_text(json.dumps(PLAY))
        yield fleet
    finally:
        fleet.end()


def change(fleet: SystemdFleet, seconds: int) -> None:
    played = fleet.play("change.yml", "-e", f"seconds={seconds}")
    assert played.status == 0, played.output
    assert has_bridge(fleet)
    assert fleet["h1"].run("systemctl", "is-active", SERVICE, check=False).stdout == "active\n"


def has_bridge(fleet: SystemdFleet) -> bool:
    return fleet["h1"].run("ip", "link", "show", "ch-web", check=False).returncode == 0


def test_nobody_comes_back_and_the_journal_says_what_was_undone(lone):
    before = lone["h1"].kernel_state()
    change(lone, 5)
    deadline = time.monotonic() + 90
    while has_bridge(lone):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    lone["h1"].run("sh", "-c", f"while systemctl is-active {SERVICE}; do sleep 0.1; done")
    said = lone["h1"].run("journalctl", "-q", "-u", SERVICE, "--output=cat").stdout
    assert "the run has not come back" in said
    assert "removed: bridge ch-web (web)" in said
    assert lone["h1"].kernel_state() == before


def test_a_host_that_reboots_meanwhile_is_as_before(lone):
    change(lone, 600)
    lone["h1"].reboot()
    assert not has_bridge(lone)
    assert lone["h1"].run("ls", "/run/containerhost", check=False).returncode != 0
