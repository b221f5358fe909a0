# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Internal networks and `allow_networks`: what it names arrives and is answered, and nothing else leaves."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    Watcher,
    frame,
    mac_of,
    send_raw,
    udp,
)
from ansible_collections.containerhost.network.tests.integration.document.planned import planned
from ansible_collections.containerhost.network.tests.integration.document.test_flows import SERVER, Caller
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
)

NETWORKS = """
web: {driver: bridge, subnets: [10.80.0.0/24, "fd80::/64"]}
core: {driver: bridge, gateway_mode: routed, subnets: [10.81.0.0/24, "fd81::/64"]}
vault: {driver: bridge, internal: true, allow_networks: [%s], subnets: [10.82.0.0/24, "fd82::/64"]}
well: {driver: bridge, internal: true, gateway_mode: routed, allow_networks: [%s],
       subnets: [10.83.0.0/24, "fd83::/64"]}
far: {driver: bridge, allow_networks: [vault], subnets: [10.84.0.0/24, "fd84::/64"]}
fabric: {driver: overlay, vni: 42, internal: true, subnets: [10.42.0.0/16, "fd42::/48"]}
"""
CONTAINERS = """
w: {networks: {web: {publish: ["8080:80"]}}}
c: {networks: {core: {publish: ["81"]}}}
v: {networks: {vault: {}}}
l: {networks: {well: {}}}
f: {networks: {far: {publish: ["8084:80"]}}}
o: {networks: {fabric: {}}}
"""
AT = {"w": 80, "c": 81, "v": 82, "l": 83, "f": 84}
# Who reaches whom, and what he is seen as: a number of his own network's, or of the gateway that is asked by.
OPEN = {("w", "v"): 82.1, ("c", "v"): 81.2, ("o", "v"): 82.1, ("v", "l"): 83.1, ("v", "f"): 84.1}
CLOSED = [("v", "w"), ("v", "c"), ("l", "v"), ("l", "w"), ("f", "v"), ("w", "l"), ("o", "l"), ("o", "w"), ("o", "f")]


def of(number: float | str) -> tuple[str, str]:
    """Both addresses of a container, or those of a network's number and a host's in it."""
    number = AT[number] + 0.2 if isinstance(number, str) else number
    network, host = f"{number:.1f}".split(".")
    return f"10.{network}.0.{host}", f"fd{network}::{host}"


def run(town, vault: str, well: str, networks: str = NETWORKS) -> dict:
    answer = town.host.module("document", document=planned(networks % (vault, well), CONTAINERS), remove=["*"])
    assert not answer.get("failed"), answer
    return answer


@pytest.fixture
def town(own_town):
    run(own_town, "web, core, fabric", "vault")
    for where in (*AT, "outside"):
        own_town.start(where, sys.executable, "-c", SERVER, "tcp", "80", where)
        own_town.serve(where, 90)
        own_town.serve(where, 90, "::")
    return own_town


def test_what_is_named_arrives_and_is_answered_and_nothing_else_leaves(town):
    host = town.host
    assert run(town, "web, core, fabric", "vault")["changed"] is False
    for (one, other), seen in OPEN.items():
        assert [town.call(one, to, 90) for to in of(other)] == [*of(seen)], (one, other)
    # As whoever may change routes in a container tries it: by the gateway.
    for name, gateways in (("v", of(82.1)), ("l", of(83.1)), ("o", ("10.42.0.1", "fd42::1"))):
        for gateway in gateways:
            family = "-6" if ":" in gateway else "-4"
            host.run("ip", "netns", "exec", name, "ip", family, "route", "add", "default", "via", gateway)
    for family, way in (("-4", HOST4), ("-6", HOST6)):
        host.outside("ip", family, "route", "add", "default", "via", way)
    closed = [(one, to, 90) for one, other in CLOSED for to in of(other)]
    closed += [(name, to, 90) for name in "vlo" for to in (OUTSIDE4, OUTSIDE6)]
    closed += [(name, to, 8080) for name in "vlo" for to in (HOST4, HOST6)]
    closed += [("outside", to, 90) for name in "vl" for to in of(name)]
    with ThreadPoolExecutor(len(closed)) as all_at_once:
        silent = all_at_once.map(lambda way: town.silence(*way), closed)
    assert [way for way, is_silent in zip(closed, silent, strict=True) if not is_silent] == []
    # Under an address that is let in, from a network that is not.
    watcher = Watcher(town, "v", "eth0", "forged")
    for source, target in zip(of("w"), of("v"), strict=True):
        packet = udp(source, target, 4000, 90, b"forged")
        send_raw(town, "f", "eth0", frame(mac_of(town, None, "ch-far"), mac_of(town, "f", "eth0"), packet))
        send_raw(town, "outside", "eth0", frame("02:00:c6:12:00:01", "02:00:c6:12:00:02", packet))
    assert town.call("w", of("v")[0], 90) == of(82.1)[0]
    assert watcher.seen() == []


def test_what_is_named_no_more_ends_and_the_rest_goes_on(town):
    callers = {(one, other): streams(town, one, of(other)) for one, other in OPEN if one != "o"}
    assert heard(callers) == {pair: {pair[1]} for pair in callers}
    run(town, "core, fabric", "web")
    ended = {("w", "v"): {None}, ("v", "l"): {None}}
    assert heard(callers) == {pair: ended.get(pair, {pair[1]}) for pair in callers}
    assert [town.call("o", to, 90) for to in of("v")] == [*of(82.1)]
    # Internal no more, and internal again.
    outward = NETWORKS.replace("vault: {driver: bridge, internal: true", "vault: {driver: bridge")
    run(town, "core, fabric", "web", outward)
    callers["v", "outside"] = streams(town, "v", (OUTSIDE4, OUTSIDE6))
    assert heard(callers)["v", "outside"] == {"outside"}
    run(town, "core, fabric", "web")
    ended["v", "outside"] = {None}
    assert heard(callers) == {pair: ended.get(pair, {pair[1]}) for pair in callers}


def streams(town, where: str, addresses: tuple[str, str]) -> list[Caller]:
    """A connection by each family, once there is somebody to answer."""
    assert all(town.call(where, address, 90) for address in addresses)
    return [Caller(town, where, "tcp", address, 80) for address in addresses]


def heard(callers: dict[tuple[str, str], list[Caller]]) -> dict[tuple[str, str], set[str | None]]:
    """Who answers on these very connections."""
    with ThreadPoolExecutor(2 * len(callers)) as at_once:
        found = {pair: at_once.map(Caller.hears, both) for pair, both in callers.items()}
        return {pair: {*answers} for pair, answers in found.items()}
