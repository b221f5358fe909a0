# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman's netavark as its plugins know it: a command with a namespace, what Podman knows on standard input."""

from __future__ import annotations

import json
from typing import Any

PLUGIN = "/usr/local/libexec/netavark/containerhost"
# Podman looks there first: a netavark of the version that a test is about.
_OWN = "/usr/local/libexec/podman"


class Refused(Exception):
    """The plugin's answer, where that is an error."""


class Netavark:
    """Calls the plugin on a host as netavark does that Podman has told of a container."""

    def __init__(self, host: Any) -> None:
        self.host = host

    def install(self, version: str) -> None:
        script = f"#!/bin/sh\necho netavark {version}\n"
        self.host.run("sh", "-ec", f"mkdir -p {_OWN}; cat > {_OWN}/netavark; chmod 755 {_OWN}/netavark", input=script)

    def call(self, *argv: str, told: Any = None) -> Any:
        """What it answers, None where that is nothing. Raises Refused."""
        started = ("env", "-i", "PATH=/usr/bin:/bin:/usr/sbin", "RUST_LOG=netavark=warn", PLUGIN, *argv)
        done = self.host.start(*started, check=False, input=json.dumps(told))
        assert not done.stderr, done.stderr
        answer = json.loads(done.stdout) if done.stdout else None
        if done.returncode:
            assert [*answer] == ["error"]
            raise Refused(answer["error"])
        return answer

    def told(self, network: str, container: str, interface: str = "eth0", ports: Any = (), **options: Any) -> Any:
        row = json.loads(self.host.run("cat", f"/etc/containers/networks/{network}.json"))
        mapped = [
            {"host_ip": "", "host_port": host, "container_port": inside, "range": 1, "protocol": "tcp"}
            for host, inside in ports
        ]
        own = {"aliases": [container], "interface_name": interface, "static_ips": None, "static_mac": None, **options}
        return {
            "container_id": f"{container:0<64}",
            "container_name": container,
            "port_mappings": mapped or None,
            "network": {**row, "network_dns_servers": None},
            "network_options": own,
        }

    def setup(self, network: str, container: str, *addresses: str, netns: str = "", **more: Any) -> Any:
        told = self.told(network, container, **({"static_ips": [*addresses]} if addresses else {}), **more)
        return self.call("setup", netns or f"/run/netns/{container}", told=told)

    def teardown(self, network: str, container: str, netns: str = "", **more: Any) -> None:
        told = self.told(network, container, **more)
        assert self.call("teardown", netns or f"/run/netns/{container}", told=told) is None
