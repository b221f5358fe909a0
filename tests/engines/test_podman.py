# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of ours for a Podman whose netavark has plugins, beside containers of the inventory's."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.startup import PROGRAM
from ansible_collections.containerhost.network.tests.engines import conftest
from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY
from ansible_collections.containerhost.network.tests.engines.real import NewerPodman

DUAL = [{"cidr": "10.80.0.0/16", "host_prefix": 24}, {"cidr": "fd00:80::/48", "host_prefix": 64}]


@pytest.fixture
def house(tmp_path):
    yield from conftest.a_house(tmp_path, "podman", (NewerPodman,))


def serve(house, name: str, *options: str) -> None:
    """Start a container that says its name."""
    house.host.run("podman", "run", "--detach", "--name", name, "--hostname", name, "--cap-add", "NET_RAW", *options,
                   "box", "/bin/httpd", "-f", "-h", "/etc")  # fmt: skip


def networks_of(house, name: str) -> dict[str, Any]:
    return json.loads(house.host.run("podman", "inspect", name))[0]["NetworkSettings"]["Networks"]


def reach(house, name: str, *targets: str) -> None:
    for target in targets:
        house.host.run("podman", "exec", name, "ping", "-c1", "-w30", target)


def answers(house, port: int, name: str) -> None:
    house.host.until(lambda: house.asked_from_outside(port) == name, f"{name} answers on {port}", 60)


def asked_here(house, port: int) -> str:
    request = "GET /hostname HTTP/1.0\r\n\r\n"
    return house.host.run("nc", "-w5", "127.0.0.1", str(port), input=request, check=False)


def refused(house, *argv: str) -> str:
    done = subprocess.run(house.host._entering("podman", *argv), capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    return done.stderr


def test_podman_run_on_a_network_of_ours(house):
    host = house.host
    host.run("podman", "run", "--rm", "--network", "podman", "box", "true")  # its netavark leaves a table there
    before = house.network()
    house.say({"db": {"publish": ["8080:80"]}}, keep=True, subnets=DUAL, handoff={"podman": True})
    assert "podman_network web (web)" in conftest.changes(house.site("--diff"))
    shown = json.loads(host.run("podman", "network", "inspect", "web"))[0]
    assert (shown["driver"], shown["network_interface"]) == ("containerhost", "ch-web")
    serve(house, "c1", "--network", "web", "--publish", "8081:80")
    serve(house, "c2", "--network", "web", "--ip", "10.80.0.200", "--publish", "127.0.0.1:8082:80")
    assert networks_of(house, "c1")["web"]["IPAddress"] == "10.80.0.192"
    reach(house, "c1", GATEWAY, "fd00:80::1", "10.80.0.2", "fd00:80::2", "10.80.0.200")
    answers(house, 8081, "c1")
    host.until(lambda: "c2" in asked_here(house, 8082), "c2 answers on 127.0.0.1", 60)
    for options, words in (
        (("-p", "8080:80"), "port 8080/tcp of this host leads to 10.80.0.2 of web already"),
        (("--ip", "10.80.0.9"), "engines get addresses of 10.80.0.192/27"),
    ):
        assert words in refused(house, "run", "--rm", "--network", "web", *options, "box", "true")
    assert "handoff: {podman: true}" in refused(house, "network", "create", "--driver", "containerhost", "mine")
    # Killed without a word, what it had is given back, and made again where it starts; what is flushed comes back.
    host.sh("kill -9 $(podman inspect --format '{{.State.Pid}}' c1); podman wait c1 >/dev/null; podman start c1")
    host.run("podman", "restart", "--time", "0", "c2")
    host.sh(f"nft flush ruleset; {PROGRAM} restore; {PROGRAM} check")
    reach(house, "c1", GATEWAY, "10.80.0.200")
    answers(house, 8081, "c1")
    assert house.site().changed == 0
    _several_networks(house)
    # It goes when nobody is on it.
    house.say({}, subnets=DUAL)
    played = house._play("site")
    assert played.status != 0, played.output
    assert "containers of Podman's are on it (c1, c2): stop or remove them" in " ".join(played.output.split())
    reach(house, "c1", "10.80.0.200")
    host.run("podman", "rm", "--all", "--force", "--time", "0")
    assert host.sh("cat /run/containerhost/cni.json 2>/dev/null || true") == ""
    house.site()
    assert "web" not in host.run("podman", "network", "ls", "--format", "{{.Name}}").split()
    assert host.sh("ls /etc/containers/networks/web.json /usr/local/libexec 2>/dev/null || true") == ""
    assert house.network() == before


def _several_networks(house) -> None:
    """A running container comes to a network and leaves it. On one of Podman's own as well, it goes out by that."""
    host = house.host
    host.run("podman", "network", "create", "--disable-dns", "other")
    serve(house, "c3", "--network", "other")
    host.run("podman", "network", "connect", "web", "c3")
    reach(house, "c3", GATEWAY, "fd00:80::1")
    assert set(networks_of(house, "c3")) == {"other", "web"}
    host.run("podman", "network", "disconnect", "web", "c3")
    assert set(networks_of(house, "c3")) == {"other"}
    for networks in (("web", "other"), ("other", "web")):
        serve(house, "c4", *(f"--network={name}" for name in networks), "--publish", "8083:80")
        inside = ("nsenter", f"--target={house.engines['podman'].pid('c4')}", "--net")
        assert "via 10.89.0.1 " in host.run(*inside, "ip", "route", "get", "198.18.9.9")
        reach(house, "c4", GATEWAY)
        answers(house, 8083, "c4")
        host.run("podman", "rm", "--force", "--time", "0", "c4")
    host.run("podman", "rm", "--force", "--time", "0", "c3")
    host.run("podman", "network", "rm", "other")
