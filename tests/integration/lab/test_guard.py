# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is reached by SSH, from another one of its lab, and a run that cuts its own way to it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.lab.conftest import BIN

LAB = """
all:
  hosts:
    h1: {ansible_host: 192.0.2.11}
    controller: {ansible_host: 192.0.2.12}
"""
# The controller is no host of it. `shop` has a route to it by the host's bridge.
FLEET = """
all:
  hosts:
    h1:
      ansible_host: 192.0.2.11
      containerhost_containers: {{shop: {{networks: {{web: {{publish: ["8080:80"]}}}}}}}}
  vars:
    ansible_connection: ssh
    ansible_user: root
    ansible_become: false
    ansible_pipelining: true
    ansible_ssh_private_key_file: {folder}/key
    ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
    ansible_control_path_dir: {folder}/cp
    ansible_python_interpreter: /usr/bin/python3
    containerhost_guard_timeout: {seconds}
    containerhost_networks:
      web: {{driver: bridge, subnets: [{subnet}], mtu: {mtu}}}
      {more}
"""
# On every host, as it says: h1, by the interface that it is reached by.
ON_THE_LAN = """lan:
        driver: bridge
        gateway_mode: bridged
        uplink: eth0
        hosts: h1
        subnets: [{cidr: 192.0.2.0/24, range: 192.0.2.128/26}]
"""
# The host's own rules know its interface, and nothing of a bridge.
FIREWALL = """
nft add table inet own
nft add chain inet own input '{ type filter hook input priority 0; }'
nft add rule inet own input tcp dport 22 iifname != eth0 drop
"""
RIGHT = "10.80.0.0/24"
WRONG = "192.0.2.12/30"  # the controller is in it, and the host is not
SERVER = """
mkdir -p /run/sshd /run/keys && chmod 700 /run/keys
cat > /run/keys/conf <<END
HostKey /run/keys/host
AuthorizedKeysFile /run/keys/key.pub
StrictModes no
UsePAM no
PidFile none
END
/usr/sbin/sshd -f /run/keys/conf -E /run/keys/log
"""
STATE = "ip -br addr; ip route; nft list ruleset; cat /etc/containerhost/document.json; find /run/containerhost"


class Fleet:
    """A host, and runs that reach it from the controller's network."""

    def __init__(self, lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.lab.inventory(LAB)
        played = lab.up()
        assert played.status == 0, played.output
        for name in ("key", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
        lab.run("h1", "mkdir -p /run/keys")
        for name in ("key.pub", "host"):
            text = (folder / name).read_text()
            lab.run("h1", f"umask 077; cat > /run/keys/{name} <<'END'\n{text}END")
        lab.run("h1", SERVER)

    def plan(self, subnet: str = RIGHT, mtu: int = 1500, seconds: int = 60, more: str = "") -> None:
        text = FLEET.format(folder=self.folder, subnet=subnet, mtu=mtu, seconds=seconds, more=more)
        self.lab.inventory(text)

    def enter(self, container: str | None = None) -> tuple[str, ...]:
        """A command's prefix: in the controller's network, or in that of a container of the host's."""
        if container is None:
            return ("nsenter", f"--target={self.lab.member('controller').pid}", "--net", "--")
        path = f"/proc/{self.lab.member('h1').pid}/root/run/netns/{container}"
        return ("nsenter", f"--net={path}", "--")

    def site(self, *arguments: str, container: str | None = None):
        return self.lab.play("containerhost.network.site", *arguments, prefix=self.enter(container))

    def site_killed_when(self, text: str, command: str) -> None:
        """A run whose controller is killed once the host shows this."""
        argv = [*self.enter(), str(BIN / "ansible-playbook"), "-i", "inventory", "containerhost.network.site"]
        nothing, own = subprocess.DEVNULL, {"cwd": self.lab.folder, "env": self.lab.environment}
        run = subprocess.Popen(argv, stdout=nothing, stderr=nothing, start_new_session=True, **own)
        deadline = time.monotonic() + 60
        while text not in self.lab.run("h1", command):
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()

    def logins(self) -> int:
        return self.lab.run("h1", "cat /run/keys/log").count("Accepted publickey")

    def saved(self) -> str:
        return self.lab.run("h1", "cat /etc/containerhost/document.json")

    def state(self) -> str:
        return self.lab.run("h1", STATE)

    def await_state(self, wanted: str) -> None:
        deadline = time.monotonic() + 90
        while self.state() != wanted:
            assert time.monotonic() < deadline, f"{self.state()}\n=/=\n{wanted}"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def fleet(shared, tmp_path_factory):
    made = Fleet(shared, tmp_path_factory.mktemp("ssh"))
    made.plan()
    played = made.site()
    assert played.status == 0, played.output
    return made


def test_a_run_that_cuts_its_own_way_fails_and_the_host_is_as_before(fleet):
    before = fleet.state()
    fleet.plan(WRONG, seconds=3)
    assert fleet.site("--check").status == 0
    assert fleet.state() == before
    played = fleet.site()
    assert played.status != 0
    assert played.said("it did not come back over a new connection in time"), played.output
    assert fleet.state() == before
    fleet.plan()
    assert fleet.site().changed == 1  # the ledger, which the other plan has written


def test_the_host_is_as_before_where_the_controller_has_been_killed(fleet):
    before = fleet.state()
    fleet.plan(WRONG, seconds=3)
    fleet.site_killed_when("192.0.2.13/30", "ip -br addr")
    assert "10.80.0.0" in fleet.saved()  # what a boot would restore
    fleet.await_state(before)


def test_a_host_that_is_not_reached_by_its_bridge_on_the_lan_has_its_interface_again(fleet):
    """Whatever the reason: here, its own firewall lets people in by the interface alone. The controller is killed."""
    fleet.lab.run("h1", FIREWALL)
    before = fleet.state()
    fleet.plan(seconds=3, more=ON_THE_LAN)
    fleet.site_killed_when("192.0.2.11", "ip -br addr show dev ch-lan 2>&1 || true")
    fleet.await_state(before)
    fleet.lab.run("h1", "nft delete table inet own")


def test_what_leaves_the_way_as_it_was_stays(fleet):
    """The run comes from a container, by the very bridge that it changes."""
    fleet.plan(mtu=1400)
    before = fleet.logins()
    played = fleet.site("--diff", container="shop")
    assert played.status == 0, played.output
    assert played.output.count("+mtu: 1400") == 2, played.output  # the bridge and the container's end, told once
    assert fleet.logins() - before == 2
    assert "mtu 1400" in fleet.lab.run("h1", "ip link show ch-web")
    assert '"mtu": 1400' in fleet.saved()
    assert "trial" not in fleet.lab.run("h1", "ls /run/containerhost")
    assert fleet.site(container="shop").changed == 0
    assert fleet.logins() - before <= 3  # nothing is on trial where nothing changes


def test_a_host_that_is_reached_by_its_bridge_on_the_lan_stays_there(fleet):
    fleet.plan(more=ON_THE_LAN)
    before = fleet.logins()
    # No connection of another test's: that one comes by a container.
    played = fleet.site("-e", f"ansible_control_path_dir={fleet.folder}/cp2")
    assert played.status == 0, played.output
    assert fleet.logins() - before >= 2
    assert "192.0.2.11" in fleet.lab.run("h1", "ip -br addr show dev ch-lan")
    assert "ch-lan" in fleet.saved()
