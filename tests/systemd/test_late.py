# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a boot has to wait for: interfaces and addresses that come late, or not at all."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.systemd.conftest import assert_kept, states
from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdFleet

# An interface that something makes some time after the boot has begun.
LATE = """
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/sh -c '{wait}; {make}'
RemainAfterExit=yes
[Install]
WantedBy=sysinit.target
"""
MAKE = (
    "ip link add late0 address 02:00:00:00:99:01 type veth peer name late1 address 02:00:00:00:99:02;"
    " ip link set late0 up; ip link set late1 up"
)
UNIT = "/etc/systemd/system/late.service"
# Until the program has said that it waits.
WAITING = "until journalctl -q -u containerhost-restore --output=cat | grep -q waiting.*late0; do sleep 0.1; done"
NEVER = "until [ -e /run/never ]; do sleep 0.1; done"
NETWORKS = {
    "web": {"driver": "bridge", "subnets": [{"cidr": "10.80.0.0/16", "host_prefix": 24}]},
    "lan": {
        "driver": "macvlan",
        "parent": "late0",
        "subnets": [{"cidr": "192.168.7.0/24", "gateway": "192.168.7.1"}],
        "host_shim": {"address": "192.168.7.9"},
    },
}
CONTAINERS = {"shop": {"networks": {"web": {}}}, "printer": {"networks": {"lan": {}}}}


@pytest.fixture(scope="module")
def late(tmp_path_factory):
    fleet = SystemdFleet(tmp_path_factory.mktemp("late"), ["h1"])
    try:
        host = fleet["h1"]
        host.run("sh", "-ec", MAKE)
        fleet.inventory({"h1": {"containerhost_containers": CONTAINERS}}, containerhost_networks=NETWORKS)
        made = fleet.play("containerhost.network.site")
        assert made.status == 0, made.output
        yield fleet
    finally:
        fleet.end()


def comes_late(host, wait):
    host.put(UNIT, LATE.format(wait=wait, make=MAKE))
    host.run("systemctl", "enable", "late.service")


def test_a_parent_that_comes_late_is_waited_for(late):
    host = late["h1"]
    before = states(late)
    comes_late(host, WAITING)
    host.reboot()
    assert "waiting: " in host.run("journalctl", "-u", "containerhost-restore", "--output=cat").stdout
    assert_kept(late, before)


def test_one_that_does_not_come_fails_visibly_and_all_else_is_there(late):
    host = late["h1"]
    comes_late(host, NEVER)
    host.put("/etc/systemd/system/containerhost-restore.service.d/soon.conf", SOON)
    host.reboot()
    assert host.run("systemctl", "is-failed", "containerhost-restore", check=False).stdout == "failed\n"
    said = host.run("journalctl", "-q", "-b", "-u", "containerhost-restore", "--output=cat").stdout
    assert "not restored: " in said
    assert "late0" in said
    assert "10.80.0.2" in host.run("ip", "netns", "exec", "shop", "ip", "-br", "address").stdout
    host.run("touch", "/run/never")
    host.run("timeout", "10", "sh", "-c", "until ip link show late0 >/dev/null 2>&1; do sleep 0.05; done")
    host.run("systemctl", "restart", "containerhost-restore")
    assert "192.168.7." in host.run("ip", "netns", "exec", "printer", "ip", "-br", "address").stdout
    assert host.run("containerhost", "check").stdout == "as saved\n"


SOON = """
[Service]
ExecStart=
ExecStart=/usr/local/sbin/containerhost restore --wait 2
"""
