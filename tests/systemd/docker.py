# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker on a host that boots systemd: its own units, its own bridge and iptables, and an image of busybox alone."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdHost

UNITS = ("docker.service", "docker.socket", "containerd.service")
IMAGE = """
cd "$(mktemp -d)"
mkdir bin
cp /bin/busybox bin
for name in sh sleep ping ip httpd; do ln -s busybox bin/$name; done
tar -c . | docker import - busybox
"""
# As docs/bridge.md has it: Docker's own policy drops what others forward.
ACCEPT = """
[Service]
ExecStartPost=iptables -F DOCKER-USER
ExecStartPost=iptables -A DOCKER-USER -i ch+ -o eth0 -j ACCEPT
ExecStartPost=iptables -A DOCKER-USER -o ch+ -j ACCEPT
"""


class Docker:
    """From its start on, which every boot repeats."""

    def __init__(self, host: SystemdHost) -> None:
        self.host = host
        host.put("/etc/systemd/system/docker.service.d/forward.conf", ACCEPT)
        host.run("systemctl", "enable", "--now", "--quiet", *UNITS)
        host.run("sh", "-ec", IMAGE)

    def start(self, name: str, *options: str, command: tuple[str, ...] = ("sleep", "infinity")) -> None:
        """Run a container without a network of Docker's, unless options say otherwise; it ends without a delay."""
        own = ["--detach", "--name", name, "--stop-signal", "KILL", "--restart", "always"]
        network = [] if "--network" in options or "--publish" in options else ["--network", "none"]
        self.host.run("docker", "run", *own, *network, *options, "busybox", *command)

    def exec(self, name: str, *argv: str, check: bool = True) -> str:
        return self.host.run("docker", "exec", name, *argv, check=check).stdout

    def addresses(self, name: str) -> list[str]:
        lines = self.exec(name, "ip", "-o", "address", "show", "scope", "global").splitlines()
        return sorted(line.split()[3] for line in lines)

    def wait_for_address(self, name: str, address: str) -> None:
        """Until it is up and attached; without a run, that is a matter of a moment."""
        there = f"until docker exec {name} ip -o address 2>&1 | grep -qF {address}; do sleep 0.05; done"
        self.host.run("timeout", "20", "sh", "-c", there)
