# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A LAN is told where an address is now, by gratuitous ARP and unsolicited neighbour advertisements."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

# Prints "ADDRESS is at MAC" for each announcement that comes in by eth0, until its input ends.
LISTENER = r"""
import os, select, socket, sys
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
packets.bind(("eth0", 0))
print("listening", flush=True)
while True:
    ready = select.select([packets, sys.stdin], [], [])[0]
    if sys.stdin in ready:
        break
    frame = packets.recv(2000)
    mac, kind = frame[6:12].hex(":"), frame[12:14].hex()
    if kind == "0806" and frame[28:32] == frame[38:42]:
        print(socket.inet_ntoa(frame[28:32]), "is at", frame[22:28].hex(":"), flush=True)
    if kind == "86dd" and frame[20] == 58 and frame[54] == 136:
        option = frame[80:86] if frame[78:80] == b"\x02\x01" else frame[6:12]
        print(socket.inet_ntop(socket.AF_INET6, frame[62:78]), "is at", option.hex(":"), flush=True)
"""


class Ear:
    def __init__(self, pid: int) -> None:
        command = ["nsenter", f"--target={pid}", "--net", sys.executable, "-c", LISTENER]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "listening\n"

    def heard(self) -> set[str]:
        """What has been announced; frames on a veth are there when they have been sent."""
        return set(self.process.communicate(timeout=20)[0].splitlines())


@pytest.fixture
def ear(host: Any) -> Iterator[Any]:
    ears = []

    def listen() -> Ear:
        ears.append(Ear(host._outside.pid))
        return ears[-1]

    yield listen
    for each in ears:
        each.process.kill()
        each.process.wait()


CAM = {
    "network": "lan",
    "parent": "eth0",
    "sandbox": {"engine": "netns", "ref": "cam"},
    "addresses": ["198.18.0.130/24", "fd00:18::130/64"],
}
MAC = "02:00:00:00:07:02"
HERE = {"version": 1, "netns": [{"network": "lan", "name": "cam"}]}


def test_a_container_that_comes_is_announced_with_its_mac(apply, ear):
    listener = ear()
    apply({**HERE, "macvlan": [{**CAM, "mac": MAC}]})
    assert {f"198.18.0.130 is at {MAC}", f"fd00:18::130 is at {MAC}"} <= listener.heard()


def test_a_container_without_a_mac_of_its_own_is_announced_with_the_one_that_it_got(host, apply, ear):
    listener = ear()
    apply({**HERE, "macvlan": [CAM]})
    mac = host.run("ip", "netns", "exec", "cam", "cat", "/sys/class/net/eth0/address").strip()
    assert {f"198.18.0.130 is at {mac}", f"fd00:18::130 is at {mac}"} <= listener.heard()


def test_another_address_and_another_mac_are_announced_and_a_quiet_run_is_quiet(apply, ear):
    apply({**HERE, "macvlan": [{**CAM, "mac": MAC}]})
    listener = ear()
    apply({**HERE, "macvlan": [{**CAM, "mac": MAC}]})
    assert not [line for line in listener.heard() if "198.18.0.13" in line]
    listener = ear()
    apply({**HERE, "macvlan": [{**CAM, "mac": "02:00:00:00:07:03", "addresses": ["198.18.0.131/24"]}]})
    assert "198.18.0.131 is at 02:00:00:00:07:03" in listener.heard()


BRIDGED = {
    "version": 1,
    "netns": [{"network": "web", "name": "shop"}],
    "bridge": [{
        "network": "web", "name": "ch-web", "mac": "02:00:00:00:00:01",
        "addresses": ["10.80.1.1/24", "fd00:80:1::1/64"],
    }],
}  # fmt: skip
END = {
    "network": "web", "name": "v-shop", "master": "ch-web", "sandbox": {"engine": "netns", "ref": "shop"},
    "interface": "eth0", "mac": MAC, "addresses": ["10.80.1.2/24", "fd00:80:1::2/64"],
}  # fmt: skip


def told_of(host, address: str) -> str:
    """Who is asked for, comes: what the host knows of him then. He has answered, too."""
    ping = ["nsenter", f"--target={host._host.pid}", "--net", "ping", "-c150", "-i0.2", "-W5", address]
    with subprocess.Popen(ping, stdout=subprocess.PIPE, text=True) as asking:
        host.run("timeout", "10", "sh", "-c", "until ip neighbour show nud incomplete | grep -q ch-web; do :; done")
        assert not host.module("document", document={**BRIDGED, "veth": [END]}).get("failed")
        told = host.run("ip", "neighbour", "show", address)
        assert any("bytes from" in line for line in asking.stdout)
        asking.kill()
    return told


@pytest.mark.parametrize("address", ["10.80.1.2", "fd00:80:1::2"])
def test_a_host_that_has_asked_for_a_container_since_before_it_came_need_not_ask_again(host, apply, address):
    """It would a second later. One table is all namespaces' of a machine, and where it is full, the kernel forgets."""
    for _again in range(5):
        apply(BRIDGED)
        told = told_of(host, address)
        if told:
            break
    assert f"{address} dev ch-web lladdr {MAC} " in told


def test_nothing_is_remembered_of_a_container_that_nobody_has_asked_for(host, apply):
    apply({**BRIDGED, "veth": [END]})
    assert host.run("ip", "neighbour", "show", "dev", "ch-web", "nud", "all").count("10.80.1.2") == 0
    assert host.run("ip", "neighbour", "show", "dev", "ch-web", "nud", "all").count("fd00:80:1::2") == 0
