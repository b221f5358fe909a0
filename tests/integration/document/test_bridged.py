# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridged overlay: one segment across hosts, on which nothing is learned and nobody asks over the underlay."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    Watcher,
    arp,
    ethernet,
    icmp6,
    igmp,
    link_layer,
    neighbour_message,
    pim_hello,
    send_frames,
    udp,
)
from ansible_collections.containerhost.network.tests.integration.document.members import Members
from ansible_collections.containerhost.network.tests.integration.document.town import Town

POND = """
containerhost_underlay_interface: eth0
containerhost_networks:
  pond: {driver: overlay, mode: bridged, vni: 44, hosts: all, subnets: [10.44.0.0/24, "fd00:44::/64"]%s}
"""
CONTAINERS = {
    "h1": "{a: {networks: {pond: }}, b: {networks: {pond: }}}",
    "h2": "{c: {networks: {pond: }}}",
    "h3": "{}",
}


def members(folder: Path, address: str, options: str = "") -> Members:
    hosts = {
        name: f"{{containerhost_underlay_address: '{address.format(number)}', containerhost_containers: {text}}}"
        for number, (name, text) in enumerate(CONTAINERS.items(), start=1)
    }
    return Members(folder, POND % options, **hosts)


@pytest.fixture
def pond(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Members]:
    """On IPv4, unless the parameter says otherwise."""
    fleet = members(tmp_path, *getattr(request, "param", ("198.18.9.{}/24",)))
    yield fleet
    fleet.end()


@contextlib.contextmanager
def heard(pond: Members, host: str, what: str) -> Iterator[list[str]]:
    """What comes to a host by the overlay meanwhile, a line a frame, once it is over."""
    argv = ["nsenter", f"--target={pond.hosts[host].pid}", "--net", "tcpdump", "-lnni", "ch-pond", what]
    lines: list[str] = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while "listening" not in process.stderr.readline():
            pass
        yield lines
        time.sleep(0.05)  # a frame is heard when tcpdump is woken
        process.terminate()
        lines += process.communicate()[0].splitlines()


@pytest.mark.parametrize(
    "pond",
    [
        ("198.18.9.{}/24",),
        ("fd00:18:9::{}/64", ", multicast_group: 'ff05::44'"),
    ],
    indirect=True,
    ids=["ipv4", "ipv6 multicast"],
)
def test_everybody_reaches_everybody_and_nothing_is_left(pond: Members) -> None:
    pond.site()
    assert pond.pings("pond") == []
    mtu = pond.plan().fleet.networks["pond"].mtu
    whole = ("ping", "-c1", "-W1", "-Mdo")
    assert "1 received" in pond.in_("h1", "a", *whole, f"-s{mtu - 28}", "10.44.0.3")
    assert "1 received" in pond.in_("h1", "a", *whole, f"-s{mtu - 48}", "fd00:44::3")
    assert "1 received" not in pond.in_("h1", "a", *whole, f"-s{mtu - 27}", "10.44.0.3", check=False)
    pond.in_("h1", "a", "ip", "neigh", "flush", "dev", "eth0")
    with heard(pond, "h3", "arp or (icmp6 and ip6[40] == 135)") as asked:
        pond.in_("h1", "a", "ping", "-c1", "-W1", "10.44.0.3")
        pond.in_("h1", "a", "ping", "-c1", "-W1", "fd00:44::3")
        pond.in_("h1", "a", "ping", "-c1", "-w1", "10.44.0.99", check=False)
        pond.in_("h1", "a", "ping", "-c1", "-w1", "fd00:44::99", check=False)
    # Of addresses that somebody has, no other host is asked.
    assert {
        word for line in asked for word in ("10.44.0.3 ", "10.44.0.99", "fd00:44::3,", "fd00:44::99") if word in line
    } == {
        "10.44.0.99",
        "fd00:44::99",
    }
    for name in pond.hosts:
        pond.variables[name]["containerhost_containers"] = {}
    pond.everywhere["containerhost_networks"]["pond"]["state"] = "absent"
    pond.site()
    for name, host in pond.hosts.items():
        assert host.snapshot() == pond.snapshots[name]


def test_a_container_that_moves_keeps_its_address_and_is_reached_at_once(pond: Members) -> None:
    pond.site()
    before = pond.addresses("pond")["h2", "c"]
    mac = json.loads(pond.in_("h2", "c", "ip", "-j", "link", "show", "eth0"))[0]["address"]
    assert pond.pings("pond") == []  # whoever has asked for it remembers
    moved = pond.variables["h2"]["containerhost_containers"].pop("c")
    pond.variables["h3"]["containerhost_containers"] = {"c": moved}
    changed = pond.site()
    assert pond.addresses("pond")["h3", "c"] == before
    assert json.loads(pond.in_("h3", "c", "ip", "-j", "link", "show", "eth0"))[0]["address"] == mac
    assert changed["h1"] == [f"vxlan_fdb {mac} on ch-pond (pond)"]
    for address in before:
        assert " 0% packet loss" in pond.in_("h1", "a", "ping", "-c3", "-i0.02", "-W1", address)
    assert pond.pings("pond") == []


def learn(pond: Members) -> None:
    """h1's port learns c now, of whom it hears some time, and not between a check and its run."""
    deadline = time.monotonic() + 30
    while "master" not in pond.hosts["h1"].run("bridge", "fdb", "show", "dev", "ch-pond", "dynamic"):
        assert time.monotonic() < deadline
        pond.in_("h2", "c", "ping", "-c1", "-W0.1", "-b", "10.44.0.255", check=False)


def test_what_somebody_has_changed_on_the_segment_is_found_and_mended(pond: Members) -> None:
    pond.site()
    host = pond.hosts["h1"]
    host.run("bridge", "link", "set", "dev", "ch-pond", "neigh_suppress", "off", "learning", "on", "flood", "on")
    port = host.run("sh", "-c", "ip -o link show master chb-pond | grep -o 'chv[a-z0-9]*' | head -n1").strip()
    host.run("bridge", "link", "set", "dev", port, "learning", "on")
    for entry in host.run("bridge", "fdb", "show", "dev", "ch-pond").splitlines():
        if "static" in entry or "198.18.9.2" in entry:
            table = "master" if "master" in entry else "self"
            dst = ["dst", "198.18.9.2"] if table == "self" else []
            host.run("bridge", "fdb", "del", entry.split()[0], "dev", "ch-pond", *dst, table)
    host.run("ip", "neigh", "del", "10.44.0.3", "dev", "chb-pond")
    host.run("ip", "link", "set", port, "nomaster")
    host.settle()
    learn(pond)
    assert pond.site()["h2"] == []
    assert pond.pings("pond") == []
    host.run("ip", "link", "set", "ch-pond", "nomaster")
    host.run("ip", "link", "del", "chb-pond")
    pond.site()
    assert pond.pings("pond") == []


EVIL = "02:66:66:66:66:66"
ALL = "ff:ff:ff:ff:ff:ff"
ROUTER_ADVERT = struct.pack("!BBHIII", 134, 0, 0, 0x40000708, 0, 0)
MULTICAST_ROUTER = struct.pack("!BBHHH", 151, 20, 0, 125, 2)
QUERY = struct.pack("!BBHHH", 130, 0, 0, 1, 0) + bytes(16)
A4, B4, A6, B6 = "10.44.0.1", "10.44.0.2", "fd00:44::1", "fd00:44::2"  # on h1; c is on h2
C4, C6 = "10.44.0.3", "fd00:44::3"
# What root on h2 sends to h1 by the overlay.
BY_A_MEMBER = {
    "ARP: a is elsewhere": ethernet(ALL, EVIL, 0x0806, arp(2, EVIL, A4, ALL, B4)),
    "ARP: a asks from elsewhere": ethernet(ALL, EVIL, 0x0806, arp(1, EVIL, A4, "00:00:00:00:00:00", B4)),
    "ARP: is a's address taken?": ethernet(ALL, EVIL, 0x0806, arp(1, EVIL, "0.0.0.0", "00:00:00:00:00:00", A4)),
    "ND: a is elsewhere": ethernet(
        ALL, EVIL, 0x86DD, icmp6(C6, "ff02::1", neighbour_message(136, A6, link_layer(2, EVIL)))
    ),
    "ND: a asks from elsewhere": ethernet(
        ALL, EVIL, 0x86DD, icmp6(A6, B6, neighbour_message(135, B6, link_layer(1, EVIL)))
    ),
    "ND: a's address is taken": ethernet(ALL, EVIL, 0x86DD, icmp6("::", "ff02::1", neighbour_message(135, A6))),
    "a's packet": ethernet(ALL, EVIL, 0x0800, udp(A4, B4, 1, 2, b"x")),
    "a's IPv6 packet": ethernet(ALL, EVIL, 0x86DD, udp(A6, B6, 1, 2, b"x")),
    "a router's advertisement": ethernet(ALL, EVIL, 0x86DD, icmp6("fe80::66", "ff02::1", ROUTER_ADVERT)),
    "MLD: who listens?": ethernet("33:33:00:00:00:01", EVIL, 0x86DD, icmp6("fe80::66", "ff02::1", QUERY)),
    "IGMP: who listens?": ethernet("01:00:5e:00:00:01", EVIL, 0x0800, igmp(C4, "224.0.0.1", 17)),
    "PIM: a router is here": ethernet("01:00:5e:00:00:0d", EVIL, 0x0800, pim_hello(C4)),
    "ICMPv6: so it says": ethernet("33:33:00:00:00:6a", EVIL, 0x86DD, icmp6("fe80::66", "ff02::6a", MULTICAST_ROUTER)),
    "a tag": ethernet(ALL, EVIL, 0x0800, udp(C4, B4, 1, 2, b"x"), tag=7),
}
HONEST = {
    "ARP": ethernet(ALL, EVIL, 0x0806, arp(1, EVIL, C4, "00:00:00:00:00:00", B4)),
    "ND": ethernet(ALL, EVIL, 0x86DD, icmp6(C6, B6, neighbour_message(135, B6, link_layer(1, EVIL)))),
    "a packet": ethernet(ALL, EVIL, 0x0800, udp(C4, B4, 1, 2, b"x")),
    "an IPv6 packet": ethernet(ALL, EVIL, 0x86DD, udp(C6, B6, 1, 2, b"x")),
    "IGMP": ethernet("01:00:5e:00:00:fb", EVIL, 0x0800, igmp(C4, "224.0.0.251", 22)),
}


def test_a_member_that_somebody_else_is_root_on_speaks_for_its_own_containers_alone(pond: Members) -> None:
    pond.site()
    last = ethernet(ALL, EVIL, 0x0800, udp(C4, B4, 9, 9, b"the last one"))

    def arrived(frames: dict[str, bytes]) -> set[str]:
        watcher = Watcher(Town(pond.hosts["h1"]), "b", "eth0", marker="")
        send_frames(Town(pond.hosts["h2"]), None, "ch-pond", [*frames.values(), last])
        seen = [frame for _device, kind, frame in watcher.seen_until(last) if kind != 4]
        return {name for name, sent in frames.items() if any(_is(frame, sent) for frame in seen)}

    assert arrived(BY_A_MEMBER) == set()
    assert pond.pings("pond") == []
    assert arrived(HONEST) == set(HONEST)
    pond.hosts["h1"].run("nft", "flush", "set", "bridge", "containerhost", "tunnels")
    assert set(BY_A_MEMBER) - arrived(BY_A_MEMBER) == set()


def _is(frame: bytes, sent: bytes) -> bool:
    """The kernel shows a frame without the tag of its VLAN."""
    return frame.startswith(sent) or (sent[12:14] == b"\x81\0" and frame.startswith(sent[:12] + sent[16:]))
