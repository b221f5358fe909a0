# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a container may be sent to, and may send: measured, changed while it sends, and taken back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, bridge_network

SENDS = """
import socket, sys, time
to = socket.create_connection((sys.argv[1], 5001), 5)
until = time.monotonic() + float(sys.argv[2])
while time.monotonic() < until:
    to.sendall(bytes(65536))
"""
TAKES = """
import socket, time
there = socket.create_server(("", 5001))
print("ready", flush=True)
come, _address = there.accept()
begun, total = time.monotonic(), 0
while some := come.recv(1 << 16):
    total += len(some)
print(total * 8 / 1e6 / (time.monotonic() - begun))
"""
# What TCP leaves of a rate for its payload: 1,448 of a frame's 1,514 bytes.
PAYLOAD = 1448 / 1514


def document(**rate):
    network = bridge_network("web", 80)
    device = network["veth"][0]["name"]
    return {**network, "rate": [{"network": "web", "device": device, **rate}]} if rate else network


def mbit(host, inwards, seconds=1.5, meanwhile=lambda: None):
    """What a stream gets, in Mbit/s of frames, into the container or out of it."""
    container = ["nsenter", f"--target={host.pid}", "--net", "--mount", "ip", "netns", "exec", "web-1", sys.executable]
    on_host = ["nsenter", f"--target={host.pid}", "--net", "--mount", sys.executable]
    takes, sends = (container, on_host) if inwards else (on_host, container)
    to = "10.80.1.2" if inwards else "10.80.1.1"
    with subprocess.Popen([*takes, "-c", TAKES], stdout=subprocess.PIPE, text=True) as taking:
        assert taking.stdout.readline() == "ready\n"
        with subprocess.Popen([*sends, "-c", SENDS, to, str(seconds)]):
            meanwhile()
        return float(taking.stdout.readline()) / PAYLOAD


@pytest.mark.parametrize("inwards", [True, False], ids=["in", "out"])
def test_a_stream_gets_its_rate(host, apply, inwards):
    before = host.snapshot()
    way, other = ("in", "out") if inwards else ("out", "in")
    apply(document(**{way: "100mbit", other: "20mbit"}))
    assert 95 < mbit(host, inwards) < 105
    apply(document(**{other: "20mbit"}))
    assert mbit(host, inwards, 0.3) > 300
    apply(NOTHING)
    assert host.snapshot() == before


def test_it_is_changed_while_a_stream_goes_on_and_loses_nothing(host, apply):
    apply(document(**{"in": "100mbit", "out": "100mbit"}))
    device = document()["veth"][0]["name"]

    def changed():
        apply(document(**{"in": "40mbit", "out": "40mbit"}))

    assert 35 < mbit(host, False, 3, changed) < 105
    shown = json.loads(host.run("tc", "-json", "-statistics", "qdisc", "show"))
    buckets = [row for row in shown if row["kind"] == "tbf"]
    assert [row["options"]["rate"] for row in buckets] == [5_000_000, 5_000_000]
    assert any(row["bytes"] > 10_000_000 for row in buckets if row["dev"] != device)  # it counts on
    apply(NOTHING)


@pytest.mark.parametrize(
    "damage",
    [
        "tc qdisc del dev {device} root",
        "tc qdisc del dev {device} ingress",
        "tc filter del dev {device} parent ffff:",
        "ip link set $(ip -br link show type ifb | grep -o 'chr[0-9a-f]*') down",
        "ip link del $(ip -br link show type ifb | grep -o 'chr[0-9a-f]*')",
        "tc qdisc replace dev {device} root handle 6368: tbf rate 1gbit burst 64kb latency 25ms",
        "ip link del {device}",
    ],
)
def test_what_somebody_takes_away_is_set_again(host, apply, damage):
    wanted = document(**{"in": "100mbit", "out": "30mbit"})
    apply(wanted)
    host.run("sh", "-ec", damage.format(device=wanted["veth"][0]["name"]))
    assert apply(wanted)["changed"]
    shown = host.run("tc", "qdisc", "show") + host.run("ip", "-br", "link", "show", "type", "ifb")
    assert "rate 100Mbit" in shown and "rate 30Mbit" in shown and "UP" in shown
    assert " chr" not in host.run("ip", "-6", "-oneline", "addr")
    apply(NOTHING)
    assert "ifb" not in host.run("ip", "-d", "link")
