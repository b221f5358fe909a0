# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that routes everything is made, repaired and re-created under a flood: not one packet gets to a container."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    publish,
)
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6, OUTSIDE4

# To every container and port that nothing is published for, as fast as it goes, until it is ended.
FLOOD = """
import itertools, socket
targets = [(socket.AF_INET, f"10.80.1.{n}") for n in (2, 3, 4)] + [(socket.AF_INET6, f"fd00:80:1::{n}") for n in (2, 3)]
socks = {family: socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)}
print("ready", flush=True)
for port in itertools.cycle(range(1, 65536)):
    for family, address in targets:
        try:
            socks[family].sendto(b"flood", (address, port))
        except OSError:
            pass
"""
CONTAINERS = ("web-1", "web-2", "web-3")
COUNTERS = ("/proc/net/snmp", "/proc/net/snmp6")


def document() -> dict[str, Any]:
    return joined(bridge_network("web", 80, containers=3), publish("web", 8080, "10.80.1.2", 80))


@pytest.fixture
def town(own_town):
    host = own_town.host
    host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
    host.outside("ip", "route", "add", "10.80.1.0/24", "via", HOST4)
    host.outside("ip", "-6", "route", "add", "fd00:80:1::/64", "via", HOST6)
    own_town.start("outside", sys.executable, "-c", FLOOD)
    forwarded = "$(awk '/^Ip:/ {n=$7} END {print n}' /proc/net/snmp)"
    host.run("timeout", "10", "sh", "-c", f"until [ {forwarded} -gt 99 ]; do :; done")
    return own_town


def received(town) -> list[int]:
    """Datagrams that each container has got since its namespace was made."""
    return [datagrams(town.host.run("ip", "netns", "exec", name, "cat", *COUNTERS)) for name in CONTAINERS]


def datagrams(text: str) -> int:
    rows = [row.split() for row in text.splitlines()]
    four = dict(zip(*[row for row in rows if row[0] == "Udp:"], strict=True))
    six = {row[0]: row[1] for row in rows if len(row) == 2}
    return sum(map(int, (four["NoPorts"], four["InDatagrams"], six["Udp6NoPorts"], six["Udp6InDatagrams"])))


def run(town, wanted: dict[str, Any], **options: Any) -> dict[str, Any]:
    return town.host.module("document", document=wanted, remove=["*"], **options)


NO_NUMBER = {"net.ipv4.conf.IFNAME.rp_filter": "no number"}  # the kernel takes it for a number only when it is written

DAMAGE = {
    "its end on the host": "ip link del v-web-1; ip link del v-web-2",
    "its bridge": "ip link del ch-web",
    "its port": "ip link set v-web-1 nomaster",
    "its link": "ip link set ch-web down; ip -n web-1 link set eth0 down",
}


def test_a_first_run_lets_nothing_in(town):
    assert run(town, document())["changed"]
    assert received(town) == [0, 0, 0]
    assert town.host.run("nft", "list", "chain", "inet", "containerhost", "passing")


def test_nor_does_one_in_which_a_container_fails(town):
    wrong = document()
    wrong["veth"][0]["sysctls"] = NO_NUMBER
    for _again in range(2):
        assert run(town, wrong)["failed"]
        assert received(town) == [0, 0, 0]
    assert town.ping("web-2", OUTSIDE4)


def test_nor_repairs(town):
    assert run(town, document())["changed"]
    for damage in DAMAGE.values():
        town.host.run("sh", "-ec", damage)
        assert run(town, document())["changed"]
    assert received(town) == [0, 0, 0]


SWAPPED = {"web-1": "web-2", "web-2": "web-1", "web-3": "web-3"}


def test_nor_a_re_creation_or_a_boot(town):
    assert run(town, document())["changed"]
    renewed = document()
    for row in renewed["veth"]:
        row["sandbox"] = {"engine": "netns", "ref": SWAPPED[row["sandbox"]["ref"]]}
    assert run(town, renewed, recreate=True)["changed"]
    assert received(town) == [0, 0, 0]
    # What a boot leaves: the files of this collection, and nothing in the kernel.
    town.host.run("sh", "-c", "nft flush ruleset; ip link del ch-web; ip -all netns del; rm -rf /run/containerhost")
    # The kernel takes a namespace apart in its own time, and its devices with it.
    town.host.run("timeout", "10", "sh", "-c", "while ip -br link | grep -q v-web; do :; done")
    assert run(town, document())["changed"]
    assert received(town) == [0, 0, 0]


def test_nor_a_teardown(town):
    assert run(town, document())["changed"]
    # The containers themselves stay: somebody holds their namespaces.
    for name in CONTAINERS:
        held = f"/run/held/{name}"
        town.host.run("sh", "-ec", f"mkdir -p /run/held; touch {held}; mount --bind /run/netns/{name} {held}")
    run(town, NOTHING, everything=True)
    for name in CONTAINERS:
        assert datagrams(town.host.run("nsenter", f"--net=/run/held/{name}", "cat", *COUNTERS)) == 0
