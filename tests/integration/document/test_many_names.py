# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand names on a fleet whose name servers are asked all the time: one that changes does so everywhere, and no
question is lost by it. ``python3 -m bench names`` does it with whole playbooks and ten hosts, and measures."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import OWN_PLACES
from ansible_collections.containerhost.network.tests.integration.document.members import Members
from ansible_collections.containerhost.network.tests.integration.document.test_names import ASK

NETWORKS = """
containerhost_networks:
  fabric: {driver: overlay, vni: 42, names: resolver, dns: {servers: []}, subnets: [10.42.0.0/16]}
"""
HOSTS, CONTAINERS, ALIASES = ("h1", "h2", "h3"), 4, 83  # a thousand names, with the containers' own
QUESTIONS = Path(__file__).parents[3] / "bench/scripts/questions.py"
PATIENCE = 30  # seconds


class Town(Members):
    PLACES = OWN_PLACES

    def place(self, **more: str) -> None:
        """Each host's containers with their aliases; ``more`` has one besides, by container."""
        for host in HOSTS:
            self.variables[host]["containerhost_containers"] = {
                f"{host}-c{number}": {"networks": {"fabric": {"aliases": [
                    *(f"{host}-c{number}-a{each}" for each in range(ALIASES - 1)),
                    more.get(f"{host}_c{number}", f"{host}-c{number}-last"),
                ]}}}
                for number in range(CONTAINERS)
            }  # fmt: skip

    def run_all(self) -> None:
        plan = self.plan()
        self.ledger = plan.ledger
        for name in self.hosts:
            self.apply(plan, name, remove=True)

    def server(self, host: str) -> str:
        return self.plan().documents[host]["bridge"][0]["addresses"][0].partition("/")[0]

    def is_told(self, host: str, name: str, expected: str) -> bool:
        """Asked from a container of that host, with patience."""
        asked = (sys.executable, "-c", ASK, self.server(host), name, "A", "udp")
        deadline = time.monotonic() + PATIENCE
        while self.in_(host, f"{host}-c0", *asked).strip() != expected:
            if time.monotonic() > deadline:
                return False
        return True

    def asked_all_the_time(self, host: str, *names: str) -> subprocess.Popen[str]:
        """By programs on the host itself, which need no neighbour for it."""
        inside = ["nsenter", f"--target={self.hosts[host].pid}", "--net", "--mount"]
        asking = subprocess.Popen(
            [*inside, sys.executable, str(QUESTIONS), self.server(host), "1000", *names],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert asking.stdout is not None
        told = [asking.stdout.readline().split()[1] for _name in names]
        assert told == [*names]
        return asking


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    hosts = {
        host: f"containerhost_underlay_address: 198.18.9.{number}/24" for number, host in enumerate(HOSTS, start=1)
    }
    town = Town(tmp_path, NETWORKS, **hosts)
    yield town
    town.end()


def test_a_changed_alias_is_answered_everywhere_and_no_question_is_lost(town: Town) -> None:
    town.place(h1_c0="front")
    town.run_all()
    names = {name for line in town.plan().documents["h1"]["name_table"][0]["entries"] for name in line.split()[1:]}
    assert len({name for name in names if "." not in name}) >= 1000
    addresses = {container: found[0] for (_host, container), found in town.addresses("fabric").items()}
    before, after = addresses["h1-c0"], addresses["h3-c3"]
    for host in HOSTS:
        assert town.is_told(host, "front", before)
    asking = {host: town.asked_all_the_time(host, "front", "h2-c1-a40.fabric") for host in HOSTS}
    town.place(h3_c3="front")
    town.run_all()
    for host in HOSTS:
        assert town.is_told(host, "front", after)
        assert town.is_told(host, "h3-c3-last", "unknown")
    for host, each in asking.items():
        *changed, told = each.communicate()[0].splitlines()
        # From the one to the other, without a moment of neither; and nothing of what has not changed.
        assert [line.split()[1:] for line in changed] == [["front", after]], host
        assert json.loads(told)["asked"] > 0 and json.loads(told)["lost"] == 0
