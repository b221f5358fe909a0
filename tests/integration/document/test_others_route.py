# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who routes and switches on the host beside us, or begins to after us, is not disturbed by what we borrowed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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
    said,
)
from ansible_collections.containerhost.network.tests.integration.document.test_strangers import TWO_UPLINKS
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, OUTSIDE4, a_town

FAR4 = "198.19.0.2"

# Machines of somebody else's behind a bridge that appears after us, masqueraded as libvirt does it.
MACHINES = """
ip netns add vm
ip link add virbr0 type bridge
ip addr add 192.168.122.1/24 dev virbr0
ip link add vnet0 master virbr0 type veth peer name eth0 netns vm
ip link set vnet0 up
ip link set virbr0 up
ip -n vm link set eth0 up
ip -n vm addr add 192.168.122.2/24 dev eth0
ip -n vm route add default via 192.168.122.1
echo 1 > /proc/sys/net/ipv4/ip_forward
nft add table ip libvirt
nft 'add chain ip libvirt out { type nat hook postrouting priority srcnat; }'
nft add rule ip libvirt out ip saddr 192.168.122.0/24 oifname != virbr0 masquerade
nft 'add chain ip libvirt in { type nat hook prerouting priority dstnat; }'
nft add rule ip libvirt in ip daddr 198.18.0.1 tcp dport 2222 dnat to 192.168.122.2:22
"""


@pytest.fixture
def town(own_town):
    own_town.host.run("sh", "-ec", TWO_UPLINKS)
    own_town.host.outside("ip", "route", "add", "198.19.0.0/24", "via", HOST4)
    assert run(own_town)["changed"]
    assert not own_town.ping("outside", FAR4)
    return own_town


def run(town, check: bool = False) -> dict:
    answer = town.host.module("document", document=bridge_network("web", 80), remove=["*"], check=check)
    assert not answer.get("failed"), answer
    return answer


def flag(town, device: str) -> str:
    return town.host.run("cat", f"/proc/sys/net/ipv4/conf/{device}/forwarding").strip()


def test_who_begins_to_route_after_us_has_his_replies_and_what_he_translates_at_once(town):
    town.host.run("sh", "-ec", MACHINES)
    town.serve("vm", 22)
    assert town.reaches("vm", OUTSIDE4)
    assert town.call("outside", HOST4, 2222) == OUTSIDE4
    run(town)
    assert town.reaches("vm", OUTSIDE4)
    assert town.call("outside", HOST4, 2222) == OUTSIDE4


def test_and_everything_else_from_the_next_run_on(town):
    town.host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    answer = run(town)
    assert said(answer) == ["~ forwarding ipv4 on uplink auto (web)"]
    assert "left_to_others: net/ipv4/conf/eth0/forwarding" in answer["diff"][0]["after"]
    assert town.reaches("outside", FAR4)
    assert said(run(town)) == []
    # What is his stays on when we go.
    town.host.module("document", document=NOTHING, everything=True)
    assert town.reaches("outside", FAR4)
    assert (flag(town, "eth0"), flag(town, "eth1")) == ("1", "1")


def test_a_teardown_turns_off_nothing_that_others_rely_on_by_now(town):
    town.host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    town.host.module("document", document=NOTHING, everything=True)
    assert town.reaches("outside", FAR4)
    assert "containerhost" not in town.host.run("nft", "list", "ruleset")


def test_nor_does_it_where_they_have_switched_on_single_interfaces(own_town):
    own_town.host.run("sh", "-ec", f"{TWO_UPLINKS}\nip link add later up type bridge\nip addr flush dev eth1")
    own_town.host.outside("ip", "route", "add", "198.19.0.0/24", "via", HOST4)
    run(own_town)
    own_town.host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth1/forwarding")
    own_town.host.run("ip", "addr", "add", "198.19.0.1/24", "dev", "eth1")
    own_town.host.module("document", document=NOTHING, everything=True)
    assert (flag(own_town, "eth0"), flag(own_town, "eth1")) == ("1", "1")
    assert own_town.reaches("outside", FAR4)


def test_who_stops_to_route_leaves_ours_to_the_next_run(town):
    town.host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    run(town)
    town.host.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    assert "+ forwarding ipv4 on uplink auto (web)" in said(run(town))
    assert town.reaches("web-1", OUTSIDE4)
    assert not town.ping("outside", FAR4)
    town.host.module("document", document=NOTHING, everything=True)
    assert (flag(town, "eth0"), flag(town, "eth1")) == ("0", "0")


SWITCH = """
ip link add br0 type bridge
ip link set br0 up
for n in 1 2; do
    ip netns add m$n
    ip link add p$n master br0 type veth peer name eth0 netns m$n
    ip link set p$n up
    ip -n m$n link set eth0 up
    ip -n m$n addr add 192.168.5.1$n/24 dev eth0
    ip -n m$n -6 addr add fd00:5::1$n/64 dev eth0 nodad
done
"""


# Sees what has a mark of ours when it leaves.
MARKED = """
nft add table inet theirs
nft 'add chain inet theirs post { type filter hook postrouting priority mangle; }'
nft add rule inet theirs post meta mark { 0x10000000, 0x20000000, 0x30000000 } counter
"""


@pytest.mark.parametrize("addressed", [True, False], ids=["the host is on it", "the host is not on it"])
def test_frames_that_a_bridge_only_switches_pass_under_br_netfilter(tmp_path, addressed):
    with a_town(tmp_path, 1) as town:
        town.host.run("sh", "-ec", SWITCH)
        if addressed:
            town.host.run("sh", "-ec", "ip addr add 192.168.5.1/24 dev br0; ip -6 addr add fd00:5::1/64 dev br0 nodad")
        run(town)
        town.host.run("sh", "-ec", MARKED)
        for ttl in ("2", "3"):
            assert town.reaches("m1", "192.168.5.12", "-t", ttl)
            assert town.reaches("m1", "fd00:5::12", "-t", ttl)
        assert "packets 0" in town.host.run("nft", "list", "table", "inet", "theirs")


# Two who may not reach each other by the bridge itself, and ask the host to carry it from one to the other.
BACK = """
ip addr add 192.168.5.1/24 dev br0
ip -6 addr add fd00:5::1/64 dev br0 nodad
for n in 1 2; do
    bridge link set dev p$n isolated on
    ip -n m$n route add 192.168.5.1$((3 - n))/32 via 192.168.5.1
    ip -n m$n -6 route add fd00:5::1$((3 - n))/128 via fd00:5::1
done
"""


def carried(town) -> list[bool]:
    """Whatever time to live it begins with; and in frames for a port's own MAC, which the host takes as well."""
    ways = [("m1", to, "-t", ttl) for to in ("192.168.5.12", "fd00:5::12") for ttl in ("2", "3", "63", "64")]
    port = mac_of(town, None, "p2")
    town.host.run("ip", "-n", "m2", "neigh", "replace", "192.168.5.1", "lladdr", port, "dev", "eth0")
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda way: town.ping(*way), [*ways, ("m2", "192.168.5.11")]))


@pytest.mark.parametrize("own_town", [0, 1], ids=["no br_netfilter", "br_netfilter"], indirect=True)
@pytest.mark.parametrize("one_switch", [False, True], ids=["IPv6 by interface", "one switch for all of IPv6"])
def test_nothing_is_routed_back_to_a_bridge_of_strangers(own_town, one_switch):
    own_town.host.run("sh", "-ec", f"{SWITCH}\n{BACK}")
    run(own_town)
    if one_switch:
        own_town.host.run("nft", "add", "element", "inet", "containerhost", "borrowed_families", "{ 10 }")
        own_town.host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
    assert not any(carried(own_town))
    assert own_town.reaches("web-1", "192.168.5.12")
    # It is the guard that does it, not the test's own routes.
    own_town.host.run("nft", "flush", "chain", "inet", "containerhost", "passing")
    assert any(all(carried(own_town)) for _again in range(8))


@pytest.mark.parametrize("own_town", [0, 1], ids=["no br_netfilter", "br_netfilter"], indirect=True)
def test_no_frame_of_strangers_opens_the_way_for_its_answer(own_town):
    own_town.host.run("sh", "-ec", f"{SWITCH}\n{BACK}\necho 1 > /proc/sys/net/ipv4/ip_forward")
    document = bridge_network("web", 80)
    document["isolation"][0]["sources"] = ["10.80.1.0/24", "fd00:80:1::/64"]
    assert own_town.host.module("document", document=document)["changed"]
    mine, bridge = mac_of(own_town, "m1", "eth0"), mac_of(own_town, None, "br0")
    watcher = Watcher(own_town, "web-1", marker="forged")
    for victim, nobody in (("10.80.1.2", "192.168.5.77"), ("fd00:80:1::2", "fd00:5::77")):
        first, answer = udp(victim, nobody, 22, 4100, b"first"), udp(nobody, victim, 4100, 22, b"forged")
        send_raw(own_town, "m1", "eth0", frame("ff:ff:ff:ff:ff:ff", mine, first))
        send_raw(own_town, "m1", "eth0", frame(bridge, mine, answer))
    assert own_town.ping("web-1", "10.80.1.1")
    assert not watcher.seen()


def test_so_do_those_of_a_kernel_whose_ipv6_has_one_switch_for_all(tmp_path):
    with a_town(tmp_path, 1) as town:
        town.host.run("sh", "-ec", f"{SWITCH}\n{TWO_UPLINKS}")
        town.host.outside("ip", "-6", "route", "add", "fd00:19::/64", "via", "fd00:18::1")
        run(town)
        town.host.run("nft", "add", "element", "inet", "containerhost", "borrowed_families", "{ 10 }")
        town.host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
        assert town.reaches("m1", "fd00:5::12")
        assert not town.ping("outside", "fd00:19::2")
        town.host.run("nft", "flush", "chain", "inet", "containerhost", "passing")
        assert town.reaches("outside", "fd00:19::2")


def test_an_interface_that_vanishes_in_mid_run_fails_nothing(own_town, monkeypatch):
    """Its settings are looked at, and gone before they are written."""
    from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor

    own_town.host.run("sh", "-ec", TWO_UPLINKS)
    borrow = Executor._borrow

    def vanishing(self, steps):
        own_town.host.run("sh", "-c", "ip link del eth1 2> /dev/null || true")
        return borrow(self, steps)

    monkeypatch.setattr(Executor, "_borrow", vanishing)
    assert run(own_town)["changed"]
    assert own_town.reaches("web-1", OUTSIDE4)
    monkeypatch.undo()
    assert said(run(own_town)) == []
    own_town.host.module("document", document=NOTHING, everything=True)
    assert "containerhost" not in own_town.host.run("sh", "-c", "nft list ruleset; ls /run")
