# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How networks meet the outside, in each family, and under which address: with packets."""

from __future__ import annotations

import time

from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    Watcher,
    frame,
    mac_of,
    send_raw,
    udp,
)
from ansible_collections.containerhost.network.tests.integration.document.planned import planned
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
)

NETWORKS = """
pair: {driver: bridge, gateway_mode: isolated, subnets: [10.5.0.0/31, "fd05::/127"]}
half: {driver: bridge, gateway_mode: {ipv4: isolated}, subnets: [10.6.0.0/24, "fd06::/64"]}
other: {driver: bridge, gateway_mode: {ipv6: isolated}, subnets: [10.4.0.0/24, "fd04::/64"]}
four: {driver: bridge, gateway_mode: {ipv6: routed}, subnets: [10.7.0.0/24, "fd07::/64"]}
six: {driver: bridge, gateway_mode: {ipv4: routed, ipv6: nat}, subnets: [10.8.0.0/24, "fd08::/64"]}
last: {driver: bridge, outbound_address: [198.18.0.71, "fd00:18::71"],
       subnets: [{cidr: 10.9.0.0/24, gateway: 10.9.0.254}, {cidr: "fd09::/64", gateway: "fd09::ffff"}]}
"""
CONTAINERS = """
a: {networks: {pair: {}}}
b: {networks: {pair: {}}}
h: {networks: {half: {}}}
i: {networks: {half: {}}}
j: {networks: {other: {}}}
k: {networks: {other: {}}}
f: {networks: {four: {publish: ["8007:80"]}}}
s: {networks: {six: {publish: ["8008:80"]}}}
l: {networks: {last: {publish: ["8009:80"]}}}
m: {networks: {last: {}}}
"""


def routed(town, one: str, shown: str) -> list[str]:
    """Where a container gets by way of its host in the family that its network is isolated in, on a host that takes
    everything there and routes it: to the outside, and to the host, which answers by its way out."""
    device, source, targets, *settings = {
        "h": ("ch-half", "10.6.0.1", (OUTSIDE4, HOST4), "ipv4/*/forwarding=1 ipv4/*/rp_filter=0 ipv4/all/rp_filter=0"),
        "j": ("ch-other", "fd04::1", (OUTSIDE6, HOST6), "ipv6/*/disable_ipv6=0 ipv6/*/force_forwarding=1"),
    }[one]
    for path, _equals, number in (each.partition("=") for each in settings[0].split()):
        path = "/proc/sys/net/" + path.replace("/", "/conf/", 1).replace("*", device)
        town.host.run("sh", "-ec", f"[ ! -e {path} ] || echo {number} > {path}")
    macs = mac_of(town, None, device), mac_of(town, one, "eth0")
    watcher = Watcher(town, "outside", "eth0", "isolated")
    for target in targets:
        packet = udp(source, target, 4000, 9, f"isolated from {target}{shown}".encode())
        send_raw(town, one, "eth0", frame(*macs, packet))
    assert town.reaches(one, OUTSIDE6 if one == "h" else OUTSIDE4)
    seen = [sent for _device, _kind, sent in watcher.seen()]
    return [target for target in targets if any(f"from {target}{shown}".encode() in each for each in seen)]


def meet_each_other_and_nobody_else(town, shown):
    """Isolated: they have each other, a link of two addresses included, and their host has nothing there."""
    for family in ("ip", "ip6"):
        town.host.run("sh", "-ec", f"echo {shown} > /proc/sys/net/bridge/bridge-nf-call-{family}tables")
    assert town.reaches("a", "10.5.0.1")
    assert town.reaches("a", "fd05::1")
    for one, addresses in (("h", ("10.6.0.2", "fd06::3")), ("j", ("10.4.0.3", "fd04::2"))):
        assert [town.reaches(one, address) for address in addresses] == [True, True], shown
        assert routed(town, one, shown) == []


def test_each_family_meets_the_outside_as_it_is_said(own_town):
    town, host = own_town, own_town.host
    host.run("ip", "addr", "add", "198.18.0.71/24", "dev", "eth0")
    # Deprecated, so that nothing takes it by itself.
    host.run("ip", "-6", "addr", "add", "fd00:18::71/64", "dev", "eth0", "nodad", "preferred_lft", "0")
    for family, way in (("-4", HOST4), ("-6", HOST6)):
        town.host.outside("ip", family, "route", "add", "default", "via", way)
    before = host.snapshot()
    document = planned(NETWORKS, CONTAINERS)
    assert not (done := host.module("document", document=document, remove=["*"])).get("failed"), done
    assert host.module("document", document=document, remove=["*"])["changed"] is False
    for port in (80, 81):
        for name in "fsl":
            town.serve(name, port, "0.0.0.0")
            town.serve(name, port, "::")
    town.serve("outside", 90, OUTSIDE4)
    town.serve("outside", 90, OUTSIDE6)

    # Also where rules see what a bridge only switches.
    for shown in "10":
        meet_each_other_and_nobody_else(town, shown)
    assert host.run("ip", "-o", "addr", "show", "dev", "ch-pair") == ""
    assert host.run("ip", "netns", "exec", "a", "ip", "route", "show", "default") == ""
    for address in (HOST4, OUTSIDE4, "10.7.0.1"):
        assert not town.ping("a", address)
    # Isolated in one family.
    assert not town.ping("h", OUTSIDE4)
    assert "10.6." not in host.run("ip", "addr")
    assert town.call("h", OUTSIDE6, 90) == HOST6
    # Translated in one family, and routed in the other.
    assert town.call("f", OUTSIDE4, 90) == HOST4
    assert town.call("f", OUTSIDE6, 90) == "fd07::2"
    assert town.call("s", OUTSIDE4, 90) == "10.8.0.2"
    assert town.call("s", OUTSIDE6, 90) == HOST6
    assert town.call("outside", HOST4, 8007) == OUTSIDE4
    assert town.call("outside", "fd07::2", 80) == OUTSIDE6
    assert town.silence("outside", "fd07::2", 81)
    assert town.silence("outside", HOST6, 8007)
    assert town.call("outside", HOST6, 8008) == OUTSIDE6
    assert town.call("outside", "10.8.0.2", 80) == OUTSIDE4
    # Under an address of one's own choice, by a gateway that is not the first.
    assert town.call("l", OUTSIDE4, 90) == "198.18.0.71"
    assert town.call("m", OUTSIDE6, 90) == "fd00:18::71"
    assert town.call("outside", HOST4, 8009) == OUTSIDE4
    assert town.call("m", HOST4, 8009) == "10.9.0.254"

    host.run("sh", "-ec", "for each in 4 6; do nft flush set inet containerhost switched$each; done")
    deadline = time.monotonic() + 30
    missing = {("h", OUTSIDE4), ("h", HOST4), ("j", OUTSIDE6), ("j", HOST6)}
    while missing and time.monotonic() < deadline:
        missing -= {(one, target) for one in "hj" for target in routed(town, one, shown)}
    assert not missing

    town.end()
    assert not host.module("document", document={"version": 1}, everything=True).get("failed")
    assert host.snapshot() == before


def test_an_address_to_leave_under_is_one_of_the_host_s(own_town):
    answer = own_town.host.module("document", document=planned(NETWORKS, CONTAINERS), remove=["*"])
    assert [problem.split(": ")[1] for problem in answer["problems"]] == [
        "198.18.0.71 is no address of this host", "fd00:18::71 is no address of this host",
    ]  # fmt: skip
    assert "ch-pair" not in own_town.host.run("ip", "link")
