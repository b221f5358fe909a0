# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that are bridged into the host's LAN: its uplink's addresses and routes move to the bridge, and back."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import RefusedMessage, Wire
from ansible_collections.containerhost.network.tests.integration.conftest import Host
from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    ethernet,
    mac_of,
    send_frames,
    udp,
)
from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, only
from ansible_collections.containerhost.network.tests.integration.document.planned import planned
from ansible_collections.containerhost.network.tests.integration.document.test_lan import ADVERTISES
from ansible_collections.containerhost.network.tests.integration.document.town import OUTSIDE4, OUTSIDE6, Town
from ansible_collections.containerhost.network.tests.integration.document.wide import INTERFACES, comparable, wide

LAN = """
lan:
  driver: bridge
  gateway_mode: bridged
  uplink: eth0
  subnets:
    - {cidr: 198.18.0.0/24, gateway: 198.18.0.2, range: 198.18.0.128/26}
    - {cidr: "fd00:18::/64", gateway: "fd00:18::2", range: "fd00:18::8000-fd00:18::8fff"}
"""
BESIDE = LAN + "web: {driver: bridge, subnets: [10.80.1.0/24], uplink: eth0}\n"
CONTAINERS = """
shop: {networks: {lan: {}}}
web: {networks: {lan: {}, web: {publish: ["8080:80"]}}, default_route: web}
"""
SHOP4, SHOP6 = "198.18.0.128", "fd00:18::8000"
# Of what an interface can have, some of each.
MORE = """
ip addr add 198.18.0.9/24 dev eth0 label eth0:1
ip addr add 203.0.113.1 peer 203.0.113.2 dev eth0
ip addr add 198.18.9.1/24 dev eth0 noprefixroute metric 50
ip addr add fd00:18:9::1/64 dev eth0 metric 70 nodad
ip route add 203.0.113.64/26 via 198.18.0.2 src 198.18.0.9 metric 77 mtu 1400
ip route add 203.0.113.128/26 via 198.18.99.1 dev eth0 onlink proto static
ip route add 203.0.113.192/26 nexthop via 198.18.0.2 weight 2 nexthop via 198.18.0.3 weight 1
ip route add default via 198.18.0.2 table 77
ip -6 route add 2001:db8:5::/64 via fd00:18::2 metric 500
ip -6 route add 2001:db8:6::/64 nexthop via fd00:18::2 nexthop via fd00:18::3
ip -6 route add default via fe80::2 dev eth0 table 77
ip rule add from 198.18.0.9 table 77
ip neigh add 198.18.0.3 lladdr 02:00:c6:12:00:03 dev eth0 nud permanent
echo 1 > /proc/sys/net/ipv4/conf/eth0/log_martians
echo 2 > /proc/sys/net/ipv4/conf/eth0/arp_ignore
"""


# What an interface has without these: its addresses, the link-local one among them, and two routes.
MOVED = ("198.18.0.1/24", "fd00:18::1/64", "fe80::/64", "0.0.0.0/0", "::/0")

SENDS = 2


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    host = Host(Path(tmp_path_factory.mktemp("lan")))
    host.run("sh", "-ec", MORE)
    town = Town(host)
    yield town
    town.end()
    host.end()


@pytest.fixture
def own_town(tmp_path: Path) -> Iterator[Town]:
    """A host that has not much, so that there are few steps that can fail."""
    host = Host(tmp_path)
    host.settle()
    yield Town(host)
    host.end()


@pytest.fixture
def before(town: Town) -> Iterator[str]:
    """The host's state; afterwards it is the same."""
    town.host.settle()
    snapshot = town.host.snapshot()
    yield snapshot
    run(town.host, NOTHING)
    town.host.settle()
    assert town.host.snapshot() == snapshot


def run(host: Host, document: dict) -> dict:
    """Predicted, done as predicted, and done once."""
    given = {"document": document, "remove": ["*"]}
    predicted = host.module("document", check=True, **given)
    done = host.module("document", **given)
    again = host.module("document", **given)
    for answer in (predicted, done, again):
        assert not answer.get("failed"), answer["msg"]
    assert predicted["diff"] == done["diff"]
    assert (again["changed"], again["diff"]) == (False, [])
    return done


def of(host: Host, device: str) -> list[str]:
    """All that a device has, as ip shows it, without its name."""
    shown = [host.run(*f"ip -o {what} dev {device}".split()) for what in ("-4 addr show", "-6 addr show scope global")]
    shown += [host.run(*f"ip {what} table all dev {device}".split()) for what in ("-4 route show", "-6 route show")]
    shown += [host.run("ip", "neigh", "show", "nud", "permanent", "dev", device)]
    lines = (line.partition(": ")[2] or line for text in shown for line in text.splitlines())
    return sorted(line.replace(device, "DEVICE") for line in lines)


def test_containers_are_on_the_hosts_own_lan_which_keeps_all_that_it_had(town, before):
    there = of(town.host, "eth0")
    for address in (SHOP4, SHOP6):  # as it was known where it has been before
        town.host.outside(*f"ip neigh replace {address} lladdr 02:00:00:00:00:99 dev eth0 nud stale".split())
    run(town.host, planned(BESIDE, CONTAINERS))
    assert "02:00:00:00:00:99" not in town.host.outside("ip", "neigh")
    assert of(town.host, "ch-lan") == there
    assert of(town.host, "eth0") == []
    town.serve("shop", 80)
    town.serve("web", 80)
    for where, to in ((None, OUTSIDE4), (None, OUTSIDE6), ("shop", OUTSIDE4), ("shop", OUTSIDE6), (None, SHOP4)):
        assert town.reaches(where, to)
    assert town.call("outside", SHOP4, 80) == OUTSIDE4
    assert town.reaches("outside", SHOP6)
    assert town.call("outside", "198.18.0.1", 8080) == OUTSIDE4  # the other network's port, by the bridge
    assert town.reaches("web", "198.18.0.3") is False
    town.end()


class Step:
    """Stops a run at one message about the uplink, counted over the run, which the kernel refuses; or before it sends
    the message of that number and those that are sent together with it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refused: int | None = None, killed: int | None = None) -> None:
        self.refused, self.killed, self.sends, self.messages = refused, killed, 0, 0
        self._send = Wire.send

        def send(wire: Wire, messages: list[m.Message]) -> list[RefusedMessage]:
            return self.send(wire, messages)

        monkeypatch.setattr(Wire, "send", send)

    def send(self, wire: Wire, messages: list[m.Message]) -> list[RefusedMessage]:
        told = list(messages)
        places = [place for place, message in enumerate(messages) if self._is_about_the_uplink(message)]
        if places:
            if self.sends == self.killed:
                os._exit(0)
            self.sends += 1
        for place in places:
            if self.messages == self.refused:
                told[place] = m.set_link("eth0", operation=messages[place].operation, mtu=1)
            self.messages += 1
        return self._send(wire, told)

    @staticmethod
    def _is_about_the_uplink(message: m.Message) -> bool:
        told = message.operation
        return message.netns is None and told.endswith(("a port of ch-lan", " to ch-lan", " of eth0"))


def test_a_step_that_is_refused_has_those_before_it_taken_back(own_town, monkeypatch):
    host, document = own_town.host, planned(LAN, "shop: {networks: {lan: {}}}")
    there, number = of(host, "eth0"), 0
    while True:
        with monkeypatch.context() as patched:
            Step(patched, refused=number)
            answer = host.module("document", document=document, remove=["*"])
        if not answer.get("failed"):
            break
        assert "mtu less than device minimum" in answer["msg"]
        assert of(host, "eth0") == there
        number += 1
    assert own_town.reaches("shop", OUTSIDE4) and own_town.reaches("shop", OUTSIDE6)
    assert number == 2 * len(MOVED) + 1


def test_a_run_that_was_killed_is_ended_by_the_next(own_town, monkeypatch):
    host, document = own_town.host, planned(LAN, "shop: {networks: {lan: {}}}")
    host.settle()
    there, snapshot = of(host, "eth0"), host.snapshot()
    for number in range(SENDS):
        with monkeypatch.context() as patched:
            Step(patched, killed=number)
            with pytest.raises(AssertionError, match="no answer"):
                host.module("document", document=document, remove=["*"])
        assert own_town.reaches(None, OUTSIDE4) and own_town.reaches(None, OUTSIDE6)
        run(host, document)
        assert (of(host, "ch-lan"), of(host, "eth0")) == (there, [])
        run(host, NOTHING)
        host.settle()
        assert of(host, "eth0") == there
    host.settle()
    assert host.snapshot() == snapshot


def test_what_the_host_is_given_by_either_of_them_is_the_bridges_and_then_the_interfaces(town, before):
    document = planned(LAN, CONTAINERS.split("web:", maxsplit=1)[0])
    run(town.host, document)
    there = of(town.host, "ch-lan")
    # As a boot, or `ifup`, sets up the interface again; and as somebody does who sees where addresses are.
    set_up = "addr add 198.18.0.1/24", "route replace default via 198.18.0.2 table 77", "addr add 198.18.0.7/24"
    for command in set_up:
        town.host.run("ip", *command.split(), "dev", "eth0")
    town.host.run(*"ip addr add 198.18.0.8/24 dev ch-lan".split())
    assert run(town.host, document)["changed"] is True
    assert of(town.host, "eth0") == []
    assert set(of(town.host, "ch-lan")) > set(there)
    run(town.host, NOTHING)
    for address in ("198.18.0.7/24", "198.18.0.8/24"):
        assert address in town.host.run("ip", "addr", "show", "dev", "eth0")
        town.host.run("ip", "addr", "del", address, "dev", "eth0")


# It has been up before, and is down.
SECOND = """
ip link add eth1 type veth peer name lan1
ip link set eth1 up
ip link set eth1 down
ip addr add 198.51.100.1/24 dev eth1
"""
ANOTHER = LAN.replace("uplink: eth0", "uplink: eth1")
OF_ANOTHER_NAME = f"{ANOTHER.rstrip()}\n  bridge: br-lan\n"
OWN = "lan: {driver: bridge, subnets: [10.81.1.0/24, 'fd00:81:1::/64']}\n"
# It leaves by every interface with an address of the family, the bridge among them while that is on the LAN.
EVERYWHERE = "out: {driver: bridge, subnets: [10.82.1.0/24, 'fd00:82:1::/64']}\n"


def test_a_network_changes_its_uplink_and_whether_it_has_one(town, before):
    """What was by one interface goes back to that, and nothing of it to the next."""
    town.host.run("sh", "-ec", SECOND)
    with_two = town.host.snapshot()
    there = of(town.host, "eth0")
    for networks in (LAN, ANOTHER, OF_ANOTHER_NAME, OWN, LAN, OWN, ANOTHER, LAN):
        uplink = {LAN: "eth0", ANOTHER: "eth1", OF_ANOTHER_NAME: "eth1"}.get(networks)
        bridge = "br-lan" if networks == OF_ANOTHER_NAME else "ch-lan"
        run(town.host, planned(networks + EVERYWHERE, "shop: {networks: {lan: {}, out: {}}, default_route: out}"))
        assert (of(town.host, "ch-lan" if uplink == "eth0" else "eth0")) == there
        master = town.host.run("ip", "-o", "link", "show", "master", bridge)
        assert [name for name in ("eth0", "eth1") if f" {name}@" in master] == [uplink] * bool(uplink)
        assert ("198.51.100.1" in town.host.run("ip", "addr", "show", "dev", bridge)) is (uplink == "eth1")
        assert ("10.81.1.1" in town.host.run("ip", "addr", "show", "dev", bridge)) is (uplink is None)
    run(town.host, NOTHING)
    town.host.settle()
    assert town.host.snapshot() == with_two  # down again, as it was
    town.host.run("ip", "link", "del", "eth1")


def test_a_bridge_on_a_lan_is_guarded_no_more_as_that_of_the_network_that_it_was(own_town):
    """What is left over of others goes later, in a play of its own."""
    host = own_town.host
    own = "lan: {driver: bridge, subnets: [10.81.1.0/24, 'fd00:81::/64'], host_access: none}\n"
    run(host, planned(own, "shop: {networks: {lan: {}}}"))
    made = host.module("document", document=planned(LAN, "shop: {networks: {lan: {}}}"), phase="make")
    assert not made.get("failed"), made["msg"]
    assert own_town.reaches(None, OUTSIDE4) and own_town.reaches(None, OUTSIDE6)
    assert own_town.reaches("shop", "198.18.0.1") and own_town.reaches("shop", "fd00:18::1")
    assert host.run("cat", "/proc/sys/net/ipv6/conf/ch-lan/accept_ra").strip() == "1"
    assert host.run("cat", "/proc/sys/net/ipv4/conf/ch-lan/forwarding").strip() == "0"


def test_an_uplink_that_goes_and_comes_back_is_a_port_again(own_town):
    host, document = own_town.host, planned(LAN, "shop: {networks: {lan: {}}}")
    run(host, document)
    there = host.run("ip", "-4", "-o", "addr", "show", "dev", "ch-lan")
    host.outside("ip", "link", "del", "eth0")
    assert "there is no interface eth0 on this host" in host.module("document", document=document, remove=["*"])["msg"]
    peer = f"peer name eth0 address 02:00:c6:12:00:01 netns {host.pid}"
    host.outside("sh", "-ec", f"ip link add eth0 address 02:00:c6:12:00:02 type veth {peer}; ip link set eth0 up")
    host.outside("ip", "addr", "add", "198.18.0.2/24", "dev", "eth0")
    assert run(host, document)["counts"]["added"] == 1
    assert host.run("ip", "-4", "-o", "addr", "show", "dev", "ch-lan") == there
    assert own_town.reaches("shop", OUTSIDE4) and own_town.reaches("outside", "198.18.0.1")


KEPT = ("02", "03", "0e", "0f")  # of the addresses that bridges keep for themselves, some of each sort
FOREIGN = """
ip link add br0 type bridge
ip link set br0 up
ip link set eth0 master br0
ip addr flush dev eth0 scope global
ip addr add 198.18.0.1/24 dev br0
"""


def test_a_bridge_of_the_hosts_own_is_used_and_left_as_it_is(own_town):
    host = own_town.host
    document = planned(LAN.replace("uplink: eth0", "bridge: br0"), "shop: {networks: {lan: {}}}")
    assert "there is no bridge br0" in host.module("document", document=document)["msg"]
    host.run("sh", "-ec", FOREIGN)
    host.outside("ip", "link", "set", "eth0", "mtu", "9000")
    host.run("ip", "link", "set", "eth0", "mtu", "9000")
    host.run("timeout", "10", "sh", "-c", "until ip link show br0 | grep -q LOWER_UP; do sleep 0.02; done")
    host.settle()
    link, snapshot = host.run("ip", "-o", "link", "show", "br0"), host.snapshot()
    assert "mtu 9000" in link
    run(host, document)
    assert host.run("ip", "-o", "link", "show", "br0") == link
    assert own_town.reaches("shop", OUTSIDE4, "-s", "8900", "-M", "do") and own_town.reaches(None, SHOP4)
    # A bridge learns from frames that it does not switch, past all filters; it still knows where the router is.
    router = mac_of(own_town, "outside", "eth0")
    forged = [ethernet(f"01:80:c2:00:00:{last}", router, 0x88CC, bytes(46)) for last in KEPT]
    send_frames(own_town, "shop", "eth0", forged)
    assert f"{router} dev eth0 master br0" in host.run("bridge", "fdb", "show", "br", "br0")
    run(host, NOTHING)
    host.settle()
    assert host.snapshot() == snapshot


def test_what_routers_advertise_is_taken_by_the_bridge_and_then_by_the_interface_again(own_town):
    host = own_town.host

    def advertised(prefix: str, device: str) -> bool:
        """Also the router, without which the kernel takes nothing else that is advertised."""
        deadline = time.monotonic() + 30
        while prefix not in host.run(*f"ip -6 addr show dev {device} dynamic".split()):
            if time.monotonic() > deadline:
                return False
            host.outside(sys.executable, "-c", ADVERTISES, "eth0", prefix, check=False)
        return "proto ra" in host.run(*f"ip -6 route show default dev {device}".split())

    document = planned(LAN, "shop: {networks: {lan: {}}}")
    assert advertised("2001:db8:5::", "eth0")
    run(host, document)
    assert "2001:db8:5:" in host.run(*"ip -6 addr show dev ch-lan dynamic".split())
    assert "via fe80:" in host.run(*"ip -6 route show default dev ch-lan proto ra".split())
    assert advertised("2001:db8:6::", "ch-lan")
    assert "metric 1024" in host.run(*"ip -6 route show default dev ch-lan proto ra".split())
    assert run_again(host, document) is False
    run(host, NOTHING)
    assert {"2001:db8:5:", "2001:db8:6:"} <= prefixes(host.run(*"ip -6 addr show dev eth0 dynamic".split()))
    assert advertised("2001:db8:7::", "eth0")


def test_no_packet_comes_in_past_the_bridge(own_town):
    """Frames for 01:80:c2:00:00:0e a bridge hands to its host as coming from the port, where no rule that names the
    bridge sees them."""
    host, document = own_town.host, planned(LAN, "shop: {networks: {lan: {}}}")
    host.run("sh", "-ec", "cd /proc/sys/net/ipv4/conf; echo 0 > all/rp_filter; echo 0 > eth0/rp_filter")
    host.settle()
    snapshot = host.snapshot()
    run(host, document)
    host.run("nft", "add table inet own; add counter inet own past")
    host.run("nft", "add chain inet own in { type filter hook input priority -301; }")
    host.run("nft", 'add rule inet own in iifname "eth0" counter name past')

    def comes_in(*last: str) -> bool:
        mac, packet = mac_of(own_town, "outside", "eth0"), udp(OUTSIDE4, "198.18.0.1", 4000, 9, b"past the bridge")
        frames = [ethernet(f"01:80:c2:00:00:{each}", mac, 0x0800, packet) for each in last]
        send_frames(own_town, "outside", "eth0", frames)
        assert own_town.reaches("outside", "198.18.0.1")
        return "packets 0 " not in host.run("nft", "reset", "counter", "inet", "own", "past")

    assert not comes_in(*KEPT)
    for path in ("ipv4/conf/eth0/drop_unicast_in_l2_multicast", "ipv6/conf/eth0/disable_ipv6"):
        host.run("sh", "-ec", f"echo 0 > /proc/sys/net/{path}")
        assert comes_in("0e") is path.startswith("ipv4")
        assert run(host, document)["changed"]
        assert not comes_in("0e")
    host.run("nft", "delete", "table", "inet", "own")
    run(host, NOTHING)
    host.settle()
    assert host.snapshot() == snapshot


def run_again(host: Host, document: dict) -> bool:
    return host.module("document", document=document, remove=["*"])["changed"]


def prefixes(shown: str) -> set[str]:
    return {":".join(word.split(":")[:3]) + ":" for word in shown.split() if word.startswith("2001:")}


@pytest.mark.parametrize("wanted_again", [True, False])
def test_an_interface_whose_bridge_somebody_deletes_gets_its_ipv6_back(host, apply, wanted_again):
    """By the bridge that is made again, or by itself."""
    host.run("sh", "-ec", INTERFACES)
    bare, office = host.snapshot(), only("office", wide())
    apply(office)
    made = comparable(host.snapshot())
    host.run("ip", "link", "del", "ch-office")
    if wanted_again:
        apply(office)
        assert comparable(host.snapshot()) == made
    apply(NOTHING, everything=True)
    assert host.snapshot() == bare
