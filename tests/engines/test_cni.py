# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of ours for engines with CNI: Podman has it as a backend, beside containers of the inventory's."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY

DUAL = [{"cidr": "10.80.0.0/16", "host_prefix": 24}, {"cidr": "fd00:80::/48", "host_prefix": 64}]
_BACKEND = """
sed 's/^\\[engine\\]/[network]\\nnetwork_backend = "cni"\\n[engine]/' /etc/containers/containers.conf \
    > /etc/containers/cni.conf
"""
PODMAN = ("env", "CONTAINERS_CONF=/etc/containers/cni.conf", "podman")


@pytest.fixture
def podman(house):
    """Podman with the other backend, and its containers' end."""
    machine = house.host
    machine.sh(_BACKEND)
    yield lambda *argv, **more: machine.run(*PODMAN, *argv, **more)
    machine.run(*PODMAN, "rm", "--all", "--force", "--time", "0")


def serve(podman, name: str, *options: str) -> str:
    """Start a container that says its name; its address."""
    podman("run", "--detach", "--name", name, "--hostname", name, "--network", "web", "--cap-add", "NET_RAW", *options,
           "box", "/bin/httpd", "-f", "-h", "/etc")  # fmt: skip
    found = json.loads(podman("inspect", name))[0]["NetworkSettings"]["Networks"]["web"]
    return found["IPAddress"]


def test_podman_run_on_a_network_of_ours(house, podman):
    house.say({"db": {"publish": ["8080:80"]}}, keep=True, subnets=DUAL, handoff={"cni": True})
    house.settled()
    assert serve(podman, "c1", "--publish", "8081:80") == "10.80.0.224"
    assert serve(podman, "c2", "--ip", "10.80.0.230") == "10.80.0.230"
    for target in (GATEWAY, "fd00:80::1", "10.80.0.2", "fd00:80::2", "10.80.0.230"):
        podman("exec", "c1", "ping", "-c1", "-w10", target)
    assert house.asked_from_outside(8081) == "c1"
    refused = house.host.run(*PODMAN, "run", "--rm", "--network", "web", "-p", "8080:80", "box", "true", check=False)
    assert refused == ""
    assert house.site().changed == 0
    podman("restart", "--time", "0", "c1")
    podman("exec", "c1", "ping", "-c1", "-w10", GATEWAY)
    # It goes when nobody is on it.
    house.say({}, subnets=DUAL)
    played = house._play("site")
    assert played.status != 0, played.output
    assert "containers of engines are on it (" in played.output
    podman("exec", "c1", "ping", "-c1", "-w10", "10.80.0.230")
    podman("rm", "--all", "--force", "--time", "0")
    assert house.host.sh("cat /run/containerhost/cni.json 2>/dev/null || true") == ""
    house.site()
    assert house.host.sh("ip -br link show ch-web 2>/dev/null || true") == ""
    assert house.host.sh("ls /etc/cni/net.d/containerhost* /opt/cni 2>/dev/null || true") == ""
