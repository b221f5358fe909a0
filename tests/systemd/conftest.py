# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts for tests: a pair for all tests of a file that leave it as it was, and what must not change."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import pytest

from ansible_collections.containerhost.network.tests.integration.lab.conftest import Played
from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdFleet, SystemdHost

State = dict[str, dict[str, list[str]]]

NETWORKS = {
    "web": {"driver": "bridge", "subnets": [{"cidr": "10.80.0.0/16", "host_prefix": 24}]},
    "fabric": {
        "driver": "overlay",
        "vni": 42,
        "subnets": [{"cidr": "10.42.0.0/16", "host_prefix": 24}, {"cidr": "fd00:42::/48", "host_prefix": 64}],
        "names": "resolver",
    },
}
SHOP = {"networks": {"web": {"publish": ["8080:80"]}, "fabric": {}}, "default_route": "web"}
DB = {"networks": {"fabric": {"address": "10.42.1.5"}}}
# Devices that Docker calls differently with each boot.
DOCKERS = re.compile(r"\b(docker0|veth[0-9a-f]{7})\b")
OUR_TABLE = "table inet containerhost {"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdFleet]:
    """Two hosts that ``site`` has not seen yet."""
    fleet = SystemdFleet(tmp_path_factory.mktemp("pair"), ["h1", "h2"])
    yield fleet
    fleet.end()


@pytest.fixture(scope="module")
def untouched(pair: SystemdFleet) -> State:
    """The kernels of these hosts."""
    return states(pair)


@pytest.fixture(scope="module")
def town(pair: SystemdFleet, untouched: State) -> SystemdFleet:
    """The pair with a network of each host's own and one across them: ``shop`` on h1, ``db`` on h2."""
    inhabit(pair, {"shop": SHOP})
    assert site(pair).changed > 0
    return pair


def inhabit(fleet: SystemdFleet, of_h1: dict[str, dict]) -> None:
    hosts = {"h1": {"containerhost_containers": of_h1}, "h2": {"containerhost_containers": {"db": DB}}}
    fleet.inventory(hosts, containerhost_networks=NETWORKS)


def site(fleet: SystemdFleet) -> Played:
    played = fleet.play("containerhost.network.site")
    assert played.status == 0, played.output
    return played


def listen(host: SystemdHost) -> None:
    """In the container ``shop``, for one boot of the host."""
    shop = ["ip", "netns", "exec", "shop", "socat", "TCP-LISTEN:80,fork,reuseaddr", "SYSTEM:echo from shop"]
    host.run("systemd-run", "--quiet", "--unit=shop", *shop)


def answer(fleet: SystemdFleet) -> str:
    """What ``shop``'s published port says to the outside."""
    retrying = "TCP:192.0.2.11:8080,connect-timeout=2,retry=50,interval=0.1"
    return fleet.outside("socat", "-T5", "STDIO", retrying).stdout.strip()


def states(fleet: SystemdFleet) -> State:
    return {host.name: host.kernel_state() for host in fleet}


def differences(before: State, after: State) -> list[str]:
    """Lines that came and went, with where they stand."""
    found = []
    for host in before:
        for title in sorted({*before[host], *after[host]}):
            one, other = (state[host].get(title, ["no such namespace"]) for state in (before, after))
            lines = list(difflib.unified_diff(one, other, lineterm="", n=0))[2:]
            found += [f"{host}, {title}: {line}" for line in lines if not line.startswith("@@")]
    return found


def without_others(state: State) -> State:
    """The same without Docker's devices, and of nftables our table only."""
    found = {}
    for host, sections in state.items():
        found[host] = {title: [line for line in lines if not DOCKERS.search(line)] for title, lines in sections.items()}
        found[host]["nft list ruleset"] = our_table(sections["nft list ruleset"])
    return found


def our_table(lines: list[str]) -> list[str]:
    if OUR_TABLE not in lines:
        return []
    first = lines.index(OUR_TABLE)
    return lines[first : lines.index("}", first) + 1]


def assert_same(before: State, after: State) -> None:
    differing = differences(before, after)
    assert not differing, "\n".join(differing)


def assert_kept(fleet: SystemdFleet, before: State) -> None:
    """Every host's kernel is as it was, and a run finds nothing to change."""
    assert_same(before, states(fleet))
    again = site(fleet)
    assert again.changed == 0, again.output
