# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a second uplink, routed by source: the run says what is not answered there, and the page how it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from ansible_collections.containerhost.network.tests.integration.document.planned import planned
from ansible_collections.containerhost.network.tests.integration.document.test_strangers import TWO_UPLINKS
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, OUTSIDE4

LIMITS = Path(__file__).parents[3] / "docs" / "limits.md"
NETWORKS = "web: {driver: bridge, subnets: [10.5.0.0/24]}"
# Who calls is far away, behind the second uplink.
BY_SOURCE = """
ip -n far addr add 203.0.113.9/32 dev lo
ip route add default via 198.19.0.2 dev eth1 table 200
ip rule add from 198.19.0.1 lookup 200
"""
CALL = """
import socket, sys
with socket.create_connection((sys.argv[1], 8080), 1, source_address=("203.0.113.9", 0)) as sock:
    print(sock.recv(100).decode())
"""


def run(town, port: str = "8080:80") -> list[str]:
    containers = f"shop: {{networks: {{web: {{publish: ['{port}']}}}}}}"
    answer = town.host.module("document", document=planned(NETWORKS, containers), remove=["*"])
    assert not answer.get("failed"), answer
    return [sentence for sentence in answer["dropped"] if "routes by table" in sentence]


def test_what_is_not_answered_by_a_second_uplink_is_said_and_the_page_mends_it(own_town):
    town = own_town
    town.host.run("sh", "-ec", TWO_UPLINKS)
    assert run(town) == []
    town.host.run("sh", "-ec", BY_SOURCE)
    (sentence,) = run(town)
    assert sentence.startswith("web: this host routes by table 200 what it sends from 198.19.0.1, but not what")
    for port, is_said in (("198.19.0.1:8080:80", True), ("eth1:8080:80", True), (f"{HOST4}:8080:80", False),
                          ("127.0.0.1:8080:80", False), ("8080:80", True)):  # fmt: skip
        assert bool(run(town, port)) is is_said
    town.serve("shop", 80)
    assert town.call("outside", HOST4, 8080) == OUTSIDE4
    assert call(town) is None
    text = LIMITS.read_text(encoding="utf-8")
    commands = re.findall(r"^# (.*)$", text[text.index("### Ports on a second uplink"):].split("```")[1], re.M)
    for command in commands:
        town.host.run("sh", "-ec", command.replace("192.0.2.41", "198.19.0.1"))
    assert call(town) == "203.0.113.9"
    assert town.call("outside", HOST4, 8080) == OUTSIDE4
    assert run(town) == []


def call(town) -> str | None:
    argv = town.argv("far", sys.executable, "-c", CALL, "198.19.0.1")
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
