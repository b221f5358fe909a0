# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A segment across hosts gets another tunnel while its containers talk: two carry it, and each frame goes by one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.test_changed_tunnels import step
from ansible_collections.containerhost.network.tests.integration.document.test_wireguard import (
    KeyedMembers,
    assert_none_was_lost,
)

POND = """
containerhost_networks:
  fabric: {driver: overlay, mode: bridged, vni: 44, subnets: [10.44.0.0/24, "fd00:44::/64"]}
"""
HOST = "{containerhost_underlay_address: 198.18.9.%d/24, containerhost_containers: {c%d: {networks: {fabric: }}}}"


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[KeyedMembers]:
    fleet = KeyedMembers(tmp_path, POND, **{f"h{n}": HOST % (n, n) for n in (1, 2, 3)})
    fleet.site()
    yield fleet
    fleet.end()


@pytest.fixture
def flows(fabric: KeyedMembers) -> Iterator[list[subprocess.Popen[str]]]:
    """Echo requests from c1 to c2, in each family. Once a test has failed, too, they come to an end."""
    assert fabric.pings("fabric") == []
    enter = ["nsenter", f"--target={fabric.hosts['h1'].pid}", "--net", "--mount", "ip", "netns", "exec", "c1"]
    flows = [
        subprocess.Popen([*enter, "ping", "-i0.01", "-W1", address], stdout=subprocess.PIPE, text=True)
        for address in fabric.addresses("fabric")["h2", "c2"]
    ]
    yield flows
    for each in flows:
        each.kill()
        each.wait()


def heard(fabric: KeyedMembers) -> list[int]:
    """Packets for everybody that have come to each container."""
    found = []
    for number in (1, 2, 3):
        text = fabric.in_(f"h{number}", f"c{number}", "grep", "^IpExt:", "/proc/net/netstat")
        names, numbers = (line.split() for line in text.splitlines())
        found.append(int(numbers[names.index("InBcastPkts")]))
    return found


def tell_everybody(fabric: KeyedMembers) -> None:
    """From each host in turn: once to each other one, and back to who has said it by his own kernel alone."""
    before = heard(fabric)
    for number, others in ((1, (2, 3)), (3, (1, 2))):
        fabric.in_(f"h{number}", f"c{number}", "ping", "-c1", "-W0.1", "-b", "10.44.0.255", check=False)
        for other in others:  # what comes after it has come when this has come back
            assert fabric.reaches(f"h{number}", f"c{number}", f"10.44.0.{other}")
    assert [after - then for after, then in zip(heard(fabric), before, strict=True)] == [2, 2, 2]


def handshakes(fabric: KeyedMembers, host: str) -> list[str]:
    """The peers with which the host has made one, by the tunnel that is planned."""
    (tunnel,) = fabric.plan().documents[host]["wireguard"]
    told = fabric.hosts[host].run("wg", "show", tunnel["name"], "latest-handshakes")
    return [line.split()[0] for line in told.splitlines() if line.split()[1] != "0"]


CHANGES: list[dict[str, Any]] = [
    {"encrypted": True, "vni": 45},
    {"vni": 46},  # inside the same tunnel, with the keys that there are
    {"port": 51821},  # of the tunnel, and so with other keys; the VXLAN in it has the same VNI and port
]


def test_no_packet_is_lost_and_none_comes_twice(fabric: KeyedMembers, flows: list[subprocess.Popen[str]]) -> None:
    for change in CHANGES:
        fabric.everywhere["containerhost_networks"]["fabric"].update(change)
        fabric.ask_for_keys()
        plan = fabric.plan()
        fabric.ledger = plan.ledger
        for phase in ("make", "switch", "remove"):
            for name in ("h2", "h1", "h3"):
                step(fabric, plan, name, phase)
                if phase == "switch":
                    # What turns to the new tunnel does not wait for them.
                    assert len(handshakes(fabric, name)) == 2
                if phase != "remove" and name == "h2":
                    tell_everybody(fabric)
    tell_everybody(fabric)
    assert fabric.pings("fabric") == []
    assert_none_was_lost(flows)
    for name, host in fabric.hosts.items():
        assert step(fabric, plan, name, "make") == step(fabric, plan, name, "remove") == []
        assert len(re.findall("vxlan id", host.run("ip", "-d", "link"))) == 1
        assert len(host.run("wg", "show", "interfaces").split()) == 1
