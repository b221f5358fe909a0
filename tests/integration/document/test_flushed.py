# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``nft flush ruleset``, and other people's reloads: what is closed without any rule, and mended by the next run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    Watcher,
    frame,
    mac_of,
    send_raw,
    udp,
)
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    publish,
    said,
)
from ansible_collections.containerhost.network.tests.integration.document.test_flood import COUNTERS, FLOOD, datagrams
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
    a_town,
)

WEB1, WEB1_6, B1, B1_6 = "10.80.1.2", "fd00:80:1::2", "10.81.1.2", "fd00:81:1::2"


def document() -> dict:
    whole = joined(bridge_network("web", 80), bridge_network("b", 81), publish("web", 8080, WEB1, 80))
    for row, number in zip(whole["isolation"], (80, 81), strict=True):
        row["sources"] = [f"10.{number}.1.0/24", f"fd00:{number}:1::/64"]
    return whole


def run(town, wanted: dict | None = None) -> dict:
    answer = town.host.module("document", document=wanted or document(), remove=["*"])
    assert not answer.get("failed"), answer
    return answer


@pytest.fixture(params=["0", "1", "2"], ids=lambda value: f"rp_filter {value}")
def town(tmp_path, request):
    """A host that routes everything, with any of the defaults for reverse paths."""
    with a_town(tmp_path, 0) as town:
        town.host.run("sh", "-ec", f"""
            echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
            for each in all default eth0; do echo {request.param} > /proc/sys/net/ipv4/conf/$each/rp_filter; done
        """)  # fmt: skip
        town.host.outside("ip", "route", "add", "10.0.0.0/8", "via", HOST4)
        town.host.outside("ip", "-6", "route", "add", "fd00:80::/31", "via", HOST6)
        assert run(town)["changed"]
        assert said(run(town)) == []
        town.serve("web-1", 80)
        assert town.call(None, WEB1, 80)
        yield town


def works(town) -> None:
    assert town.call("outside", HOST4, 8080) == OUTSIDE4
    assert town.call("b-1", HOST4, 8080)
    assert town.call(None, "127.0.0.1", 8080)
    assert town.reaches("web-1", OUTSIDE4)
    assert town.reaches("web-1", OUTSIDE6)
    assert town.reaches("web-1", "10.80.1.1")


def closed(town) -> None:
    for where, address in (("outside", WEB1), ("outside", WEB1_6), ("b-1", WEB1), ("b-1", WEB1_6), ("web-1", B1)):
        assert not town.ping(where, address)
    assert town.silence("outside", WEB1, 80)
    assert town.silence("outside", HOST4, 8080)


def gets_in(town, source: str, target: str) -> bool:
    """Even one packet, without an answer."""
    watcher = Watcher(town, "web-1", marker="flushed")
    packet = udp(source, target, 4000, 9, b"flushed")
    send_raw(town, "outside", "eth0", frame(mac_of(town, None, "eth0"), mac_of(town, "outside", "eth0"), packet))
    assert town.ping(None, WEB1)
    return any(kind != 4 for _device, kind, _frame in watcher.seen())


@pytest.mark.parametrize("flush", [
    "nft flush ruleset",
    "nft delete table inet containerhost",
    "printf '%s\\n' 'flush ruleset' 'table inet filter {' 'chain forward {'"
    " 'type filter hook forward priority 0; policy accept;' '}' '}' | nft -f -",
])  # fmt: skip
def test_what_takes_the_filter_away_takes_the_way_into_our_networks_away(town, flush):
    works(town)
    town.host.run("sh", "-ec", flush)
    closed(town)
    assert not gets_in(town, OUTSIDE4, WEB1)
    assert not gets_in(town, OUTSIDE6, WEB1_6)
    # The host and its containers still have each other, and the host its own ways.
    assert town.reaches(None, WEB1)
    assert town.reaches("web-1", "10.80.1.1")
    assert town.reaches(None, OUTSIDE4)
    assert town.ping("outside", HOST4)
    assert run(town)["changed"]
    works(town)


def with_filtered_senders() -> dict:
    """A table of family bridge as well, which comes before the other one by its name."""
    whole = document()
    whole["sender_filter"] = [
        {"network": row["network"], "port": row["name"], "mac": row["mac"],
         "sources": [each.partition("/")[0] for each in row["addresses"]]}
        for row in whole["veth"]
    ]  # fmt: skip
    return whole


@pytest.mark.parametrize("wanted", [document(), with_filtered_senders()], ids=["one table", "two"])
def test_nor_is_there_a_way_in_while_the_rules_come_back(own_town, wanted):
    host = own_town.host
    host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
    host.outside("ip", "route", "add", "10.0.0.0/8", "via", HOST4)
    host.outside("ip", "-6", "route", "add", "fd00:80::/31", "via", HOST6)
    run(own_town, wanted)
    assert own_town.reaches("b-1", OUTSIDE4)
    for where in ("outside", "b-1"):
        own_town.start(where, sys.executable, "-c", FLOOD)
        away = "timeout 30 sh -c 'until [ $(cat /proc/net/dev | awk \"/eth0:/ {print \\$11}\") -gt 999 ]; do :; done'"
        subprocess.run(own_town.argv(where, "sh", "-c", away), check=True)
    for _again in range(3):
        host.run("nft", "flush", "ruleset")
        assert run(own_town, wanted)["changed"]
        assert datagrams(host.run("ip", "netns", "exec", "web-1", "cat", *COUNTERS)) == 0


def test_without_the_fence_it_would_be_open(town):
    town.host.run("sh", "-c", "nft flush ruleset; ip rule del pref 1432; ip -6 rule del pref 1432")
    assert town.reaches("outside", WEB1)
    assert town.reaches("outside", WEB1_6)


@pytest.mark.parametrize("damage", [
    "ip rule del pref 1432",
    "ip -6 rule del pref 1431",
    "ip route flush table 143",
    "ip rule add pref 1430 iif eth0 lookup main proto 143",
])  # fmt: skip
def test_a_damaged_fence_is_mended(own_town, damage):
    assert run(own_town)["changed"]
    before = own_town.host.run("sh", "-c", "ip rule; ip -6 rule; ip route show table 143")
    own_town.host.run("sh", "-ec", damage)
    assert run(own_town)["changed"]
    assert own_town.host.run("sh", "-c", "ip rule; ip -6 rule; ip route show table 143") == before
    assert said(run(own_town)) == []


def test_it_goes_with_the_last_of_ours_also_after_a_flush(own_town):
    before = own_town.host.snapshot()
    for flush in (":", "nft flush ruleset"):
        assert run(own_town)["changed"]
        own_town.host.run("sh", "-c", flush)
        own_town.host.module("document", document=NOTHING, everything=True)
        assert own_town.host.snapshot() == before


def test_packets_that_somebody_else_has_marked_go_his_way(own_town):
    run(own_town)
    own_town.host.run("sh", "-ec", """
        nft add table ip theirs
        nft 'add chain ip theirs pre { type filter hook prerouting priority mangle; }'
        nft 'add chain ip theirs post { type filter hook postrouting priority mangle; }'
        nft add rule ip theirs pre meta mark set 7
        nft add rule ip theirs post meta mark 7 counter
        nft add rule ip theirs post meta mark 0x10000000 drop
    """)  # fmt: skip
    own_town.serve("web-1", 80)
    assert own_town.call("outside", HOST4, 8080) == OUTSIDE4
    assert own_town.reaches("web-1", OUTSIDE4)
    assert "packets 0" not in own_town.host.run("nft", "list", "chain", "ip", "theirs", "post")
