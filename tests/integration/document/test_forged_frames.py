# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container sends under another's MAC or address gets to nobody on its bridge, nor to its host.

``web-2`` attacks ``web-1``, by frames of its own making with NET_RAW alone, and by ``ip`` with NET_ADMIN. Each frame
that must not arrive is sent again without the filter, and does arrive.
"""

from __future__ import annotations

import ipaddress
import json
import struct

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
    tcp,
    udp,
)
from ansible_collections.containerhost.network.tests.integration.document.documents import bridge_network
from ansible_collections.containerhost.network.tests.integration.document.town import a_town

MAC1, MAC2, GATEWAY_MAC = "02:50:02:00:00:02", "02:50:02:00:00:03", "02:50:00:00:00:01"
ADDRESS1, ADDRESS2, GATEWAY = "10.80.1.2", "10.80.1.3", "10.80.1.1"
SIX1, SIX2, GATEWAY6 = "fd00:80:1::2", "fd00:80:1::3", "fd00:80:1::1"
LINK1, LINK2 = "fe80::50:2ff:fe00:2", "fe80::50:2ff:fe00:3"
ALL, ALL_NODES, NOBODY = "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01", "00:00:00:00:00:00"
IP, ARP, IP6, RARP = 0x0800, 0x0806, 0x86DD, 0x8035
VLAN, PROVIDERS_VLAN = 0x8100, 0x88A8
MULTICAST_ROUTER = struct.pack("!BBHHH", 151, 20, 0, 125, 2)
ROUTER_ADVERT = struct.pack("!BBHIII", 134, 0, 0, 0x40000708, 0, 0)
DESTINATION_OPTIONS = bytes([58, 0, 1, 4, 0, 0, 0, 0])
RELAYED = "172.30.0.0/16"
PORT2 = "v-web-2"
TRUTH = {
    MAC1: "v-web-1",
    MAC2: PORT2,
    **dict.fromkeys((ADDRESS1, SIX1, LINK1), MAC1),
    **dict.fromkeys((ADDRESS2, "10.80.1.33", SIX2, LINK2), MAC2),
}

# What ``web-2`` sends to all: a bridge that has learnt a MAC of one of these would keep from ``web-1`` what follows.
FORGED = {
    "a foreign MAC": ethernet(ALL, "02:50:02:00:00:09", IP, udp(ADDRESS2, ADDRESS1, 1, 2, b"x")),
    "the neighbour's MAC": ethernet(ALL, MAC1, IP, udp(ADDRESS2, ADDRESS1, 1, 3, b"x")),
    "the gateway's MAC": ethernet(ALL, GATEWAY_MAC, IP6, udp(SIX2, SIX1, 1, 4, b"x")),
    "a third one's address": ethernet(ALL, MAC2, IP, udp("10.80.1.9", ADDRESS1, 1, 5, b"x")),
    "the gateway's address": ethernet(ALL, MAC2, IP, tcp(GATEWAY, ADDRESS1, 1, 6, 2)),
    "one of elsewhere": ethernet(ALL, MAC2, IP, udp("192.0.2.7", ADDRESS1, 1, 7, b"x")),
    "no address": ethernet(ALL, MAC2, IP, udp("0.0.0.0", ADDRESS1, 1, 8, b"x")),
    "an IPv6 address": ethernet(ALL, MAC2, IP6, udp("fd00:80:1::9", SIX1, 1, 9, b"x")),
    "the gateway's IPv6 address": ethernet(ALL, MAC2, IP6, udp(GATEWAY6, SIX1, 1, 10, b"x")),
    "a link-local address": ethernet(ALL, MAC2, IP6, udp("fe80::9", LINK1, 1, 11, b"x")),
    "ARP: the gateway is here": ethernet(ALL, MAC2, ARP, arp(2, MAC2, GATEWAY, MAC1, ADDRESS1)),
    "ARP: so it is, says the gateway": ethernet(ALL, MAC2, ARP, arp(2, GATEWAY_MAC, GATEWAY, MAC1, ADDRESS1)),
    "ARP: a question of the gateway's": ethernet(ALL, MAC2, ARP, arp(1, MAC2, GATEWAY, NOBODY, ADDRESS1)),
    "ARP: the own address elsewhere": ethernet(ALL, MAC2, ARP, arp(1, MAC1, ADDRESS2, NOBODY, ADDRESS1)),
    "ARP: is the neighbour's address taken?": ethernet(ALL, MAC2, ARP, arp(1, MAC2, "0.0.0.0", NOBODY, ADDRESS1)),
    "ARP: is one of nobody's taken?": ethernet(ALL, MAC2, ARP, arp(1, MAC2, "0.0.0.0", NOBODY, "10.80.1.9")),
    "ARP: an answer without an address": ethernet(ALL, MAC2, ARP, arp(2, MAC2, "0.0.0.0", MAC1, ADDRESS1)),
    **{
        f"{name} with the tag of VLAN {tag}{by}": ethernet(ALL, MAC2, kind, packet, tag, tagged)
        for name, kind, packet in (
            ("a packet", IP, udp(ADDRESS2, ADDRESS1, 1, 12, b"x")),
            ("an IPv6 packet", IP6, udp(SIX2, SIX1, 1, 12, b"x")),
        )
        for tag in (0, 7)
        for tagged, by in ((VLAN, ""), (PROVIDERS_VLAN, " of a provider's"))
    },
    "ARP with the tag of VLAN 0": ethernet(ALL, MAC2, ARP, arp(2, MAC2, GATEWAY, MAC1, ADDRESS1), tag=0),
    "RARP": ethernet(ALL, MAC2, RARP, arp(3, MAC2, "0.0.0.0", MAC2, "0.0.0.0")),
    "ND: a neighbour is here": ethernet(
        ALL, MAC2, IP6, icmp6(SIX2, SIX1, neighbour_message(136, "fd00:80:1::9", link_layer(2, MAC2)))
    ),
    "ND: the gateway is here": ethernet(
        ALL_NODES, MAC2, IP6, icmp6(LINK2, "ff02::1", neighbour_message(136, GATEWAY6, link_layer(2, MAC2)))
    ),
    "ND: so it is, says the gateway": ethernet(
        ALL, MAC2, IP6, icmp6(GATEWAY6, SIX1, neighbour_message(136, GATEWAY6, link_layer(2, MAC2)))
    ),
    "ND: the own address elsewhere": ethernet(
        ALL, MAC2, IP6, icmp6(SIX2, SIX1, neighbour_message(136, SIX2, link_layer(2, GATEWAY_MAC)))
    ),
    "ND: who asks is elsewhere": ethernet(
        ALL, MAC2, IP6, icmp6(SIX2, SIX1, neighbour_message(135, SIX1, link_layer(1, GATEWAY_MAC)))
    ),
    "ND: behind another option": ethernet(
        ALL, MAC2, IP6,
        icmp6(SIX2, SIX1, neighbour_message(135, SIX1, bytes([14, 1]) + bytes(6), link_layer(1, GATEWAY_MAC))),
    ),
    "ND: a neighbour, behind another header": ethernet(
        ALL, MAC2, IP6,
        icmp6(SIX2, SIX1, neighbour_message(136, GATEWAY6, link_layer(2, MAC2)), before=DESTINATION_OPTIONS),
    ),
    "ND: the own address, behind another header": ethernet(
        ALL, MAC2, IP6,
        icmp6(SIX2, SIX1, neighbour_message(136, SIX2, link_layer(2, MAC2)), before=DESTINATION_OPTIONS),
    ),
    "ND: a first fragment that ends before it": ethernet(
        ALL, MAC2, IP6, udp(SIX2, SIX1, 1, 13, b"x")[:4]
        + struct.pack("!HBB", 16, 44, 255) + ipaddress.ip_address(SIX2).packed + ipaddress.ip_address(SIX1).packed
        + struct.pack("!BBHI", 60, 0, 1, 77) + DESTINATION_OPTIONS,
    ),
    "ND: another's address is taken": ethernet(
        ALL, MAC2, IP6, icmp6("::", "ff02::1:ff00:9", neighbour_message(135, "fd00:80:1::9"))
    ),
    "a router's advertisement": ethernet(ALL_NODES, MAC2, IP6, icmp6(LINK2, "ff02::1", ROUTER_ADVERT)),
    "a router's, behind another header": ethernet(
        ALL_NODES, MAC2, IP6, icmp6(LINK2, "ff02::1", ROUTER_ADVERT, before=DESTINATION_OPTIONS)
    ),
    **{
        f"IGMP: who listens, asks {who}": ethernet("01:00:5e:00:00:01", MAC2, IP, igmp(source, "224.0.0.1", 17))
        for who, source in (("it", ADDRESS2), ("nobody", "0.0.0.0"), ("who is behind it", "172.30.9.9"))
    },
    **{
        f"PIM: a router is here, says {who}": ethernet("01:00:5e:00:00:0d", MAC2, IP, pim_hello(source))
        for who, source in (("it", ADDRESS2), ("who is behind it", "172.30.9.9"))
    },
    "IGMP: a router is here": ethernet("01:00:5e:00:00:6a", MAC2, IP, igmp(ADDRESS2, "224.0.0.106", 48)),
    **{
        f"ICMPv6: a multicast router is here, says {who}": ethernet(
            "33:33:00:00:00:6a", MAC2, IP6, icmp6(source, "ff02::6a", MULTICAST_ROUTER)
        )
        for who, source in (("it", LINK2), ("who is behind it", "fd30::7"))
    },
    "MLD: who listens?": ethernet(
        ALL_NODES, MAC2, IP6,
        icmp6(LINK2, "ff02::1", struct.pack("!BBHHH", 130, 0, 0, 1, 0) + bytes(16), before=DESTINATION_OPTIONS),
    ),
    "a redirect": ethernet(
        ALL, MAC2, IP6,
        icmp6(LINK2, LINK1, struct.pack("!BBHI", 137, 0, 0, 0) + bytes(15) + b"\1" + bytes(15) + b"\2"),
    ),
    "ND for where it routes for": ethernet(
        ALL, MAC2, IP6, icmp6("fd30::7", SIX1, neighbour_message(136, "fd30::7", link_layer(2, MAC2)))
    ),
}  # fmt: skip

# What anybody may send who has these addresses.
HONEST = {
    "a packet": ethernet(MAC1, MAC2, IP, udp(ADDRESS2, ADDRESS1, 2, 1, b"x")),
    "an IPv6 packet": ethernet(MAC1, MAC2, IP6, udp(SIX2, SIX1, 2, 2, b"x")),
    "one from the second address": ethernet(MAC1, MAC2, IP, udp("10.80.1.33", ADDRESS1, 2, 3, b"x")),
    "one from the link-local address": ethernet(MAC1, MAC2, IP6, udp(LINK2, LINK1, 2, 4, b"x")),
    "one that it routes": ethernet(MAC1, MAC2, IP, udp("172.30.9.9", ADDRESS1, 2, 5, b"x")),
    "an IPv6 packet that it routes": ethernet(MAC1, MAC2, IP6, udp("fd30::7", SIX1, 2, 6, b"x")),
    "DHCP": ethernet(ALL, MAC2, IP, udp("0.0.0.0", "255.255.255.255", 68, 67, b"x" * 300)),
    "ARP: a question": ethernet(ALL, MAC2, ARP, arp(1, MAC2, ADDRESS2, NOBODY, ADDRESS1)),
    "ARP: an answer": ethernet(MAC1, MAC2, ARP, arp(2, MAC2, ADDRESS2, MAC1, ADDRESS1)),
    "ARP: here is the second address": ethernet(ALL, MAC2, ARP, arp(1, MAC2, "10.80.1.33", NOBODY, "10.80.1.33")),
    "ARP: is it taken?": ethernet(ALL, MAC2, ARP, arp(1, MAC2, "0.0.0.0", NOBODY, ADDRESS2)),
    "ND: is it taken?": ethernet(
        ALL_NODES, MAC2, IP6, icmp6("::", "ff02::1:ff00:3", neighbour_message(135, SIX2, bytes([14, 1, *range(6)])))
    ),
    "ND: a question": ethernet(
        MAC1, MAC2, IP6, icmp6(SIX2, SIX1, neighbour_message(135, SIX1, link_layer(1, MAC2)))
    ),
    "ND: an answer": ethernet(
        MAC1, MAC2, IP6, icmp6(SIX2, SIX1, neighbour_message(136, SIX2, link_layer(2, MAC2)))
    ),
    "ND: one without the MAC": ethernet(MAC1, MAC2, IP6, icmp6(SIX2, SIX1, neighbour_message(136, SIX2))),
    "IGMP: it listens": ethernet("01:00:5e:00:00:fb", MAC2, IP, igmp(ADDRESS2, "224.0.0.251", 22)),
    "IGMP: it listens, without an address": ethernet("01:00:5e:00:00:fb", MAC2, IP, igmp("0.0.0.0", "224.0.0.251", 22)),
    "IGMP: it listens no more": ethernet("01:00:5e:00:00:02", MAC2, IP, igmp(ADDRESS2, "224.0.0.2", 23)),
    "MLD": ethernet(
        "33:33:00:00:00:16", MAC2, IP6,
        icmp6(LINK2, "ff02::16", struct.pack("!BBHHH", 143, 0, 0, 0, 0), before=DESTINATION_OPTIONS),
    ),
    "a ping": ethernet(MAC1, MAC2, IP6, icmp6(SIX2, SIX1, struct.pack("!BBHHH", 128, 0, 0, 7, 7))),
}  # fmt: skip


LAST = ethernet(ALL, MAC2, IP, udp(ADDRESS2, ADDRESS1, 9, 9, b"the last one"))


def document() -> dict:
    web = bridge_network("web", 80, containers=2)
    web["veth"][1]["addresses"].append("10.80.1.33/24")
    web["bridge"][0]["no_linklocal_learn"] = True
    for row in web["veth"]:
        row["sysctls"]["net.ipv6.conf.IFNAME.disable_ipv6"] = "0"
    web["sender_filter"] = [
        {"network": "web", "port": "v-web-1", "mac": MAC1, "sources": [ADDRESS1, SIX1, LINK1]},
        {"network": "web", "port": PORT2, "mac": MAC2, "sources": [ADDRESS2, "10.80.1.33", SIX2, LINK2],
         "relays": [RELAYED, "fd30::/32"]},
    ]  # fmt: skip
    return web


@pytest.fixture(scope="module", params=[0, 1], ids=["bridge alone", "br_netfilter"])
def town(tmp_path_factory, request):
    with a_town(tmp_path_factory.mktemp("forged"), request.param) as town:
        answer = town.host.module("document", document=document())
        assert answer.get("changed"), answer
        assert not town.host.module("document", document=document())["changed"]
        for address in (ADDRESS1, SIX1, GATEWAY, GATEWAY6):
            assert town.reaches("web-2", address)
        yield town


def arrived(town, frames: dict[str, bytes]) -> set[str]:
    """Which of them ``web-1`` sees."""
    watcher = Watcher(town, "web-1", "eth0", marker="")
    send_frames(town, "web-2", "eth0", [*frames.values(), LAST])
    seen = [frame for _device, kind, frame in watcher.seen_until(LAST) if kind != 4]
    return {name for name, sent in frames.items() if any(_is(frame, sent) for frame in seen)}


def _is(frame: bytes, sent: bytes) -> bool:
    """The kernel shows a frame without the tag of its VLAN."""
    tagged = int.from_bytes(sent[12:14], "big") in (VLAN, PROVIDERS_VLAN)
    return frame.startswith(sent) or (tagged and frame.startswith(sent[:12] + sent[16:]))


def test_what_is_forged_arrives_nowhere_and_what_is_not_does(town):
    assert arrived(town, FORGED) == set()
    assert arrived(town, HONEST) == set(HONEST)
    assert believed(town) == {}
    assert "router ports" not in town.host.run("bridge", "-d", "mdb", "show", "dev", "ch-web")


def test_all_of_it_arrives_without_the_filter_until_the_next_run(town):
    town.host.run("nft", "delete", "table", "bridge", "containerhost")
    assert set(FORGED) - arrived(town, FORGED) == set()

    foreseen = town.host.module("document", document=document(), check=True)
    done = town.host.module("document", document=document())
    assert done["changed"] and done["diff"] == foreseen["diff"]
    assert not town.host.module("document", document=document())["changed"]
    for where in (None, "web-1"):
        town.host.run(*(("ip", "netns", "exec", where) if where else ()), "ip", "neigh", "flush", "all")
    town.host.run("bridge", "fdb", "flush", "dev", "ch-web", "dynamic")
    assert town.reaches("web-2", GATEWAY) and town.reaches("web-1", GATEWAY)
    assert arrived(town, FORGED) == set()


@pytest.mark.parametrize("last", ["00", "02", "03", "0e", "0f"])
def test_the_bridge_learns_no_mac_of_a_frame_that_it_does_not_switch(town, last):
    frame = ethernet(f"01:80:c2:00:00:{last}", MAC1, IP, udp(ADDRESS1, GATEWAY, 3, 3, b"x"))
    send_frames(town, "web-2", "eth0", [frame])
    arrived(town, {})
    assert believed(town) == {}


def believed(town) -> dict[str, str]:
    """What the bridge and the host have got wrong: behind which port a MAC is, and whose an address."""
    known = json.loads(town.host.run("bridge", "-j", "fdb", "show", "br", "ch-web"))
    neighbours = json.loads(town.host.run("ip", "-j", "neigh", "show", "dev", "ch-web"))
    places = [(row["mac"], row["ifname"]) for row in known if row["state"] != "permanent"]
    places += [(row["dst"], row["lladdr"]) for row in neighbours if "lladdr" in row]
    return {name: place for name, place in places if TRUTH.get(name) != place}


@pytest.mark.parametrize(
    ("take", "leave", "source"),
    [
        ("ip addr add 10.80.1.7/24 dev eth0", "ip addr del 10.80.1.7/24 dev eth0", "10.80.1.7"),
        ("ip -6 addr add fd00:80:1::7/64 dev eth0 nodad", "ip -6 addr del fd00:80:1::7/64 dev eth0", "fd00:80:1::7"),
        ("ip link set eth0 address 02:50:02:00:00:77", f"ip link set eth0 address {MAC2}", ADDRESS2),
    ],
)
def test_with_net_admin_a_container_only_cuts_itself_off(town, take, leave, source):
    target, gateway = (SIX1, GATEWAY6) if ":" in source else (ADDRESS1, GATEWAY)
    inside = ("ip", "netns", "exec", "web-2", "sh", "-ec")
    town.host.run(*inside, take)
    try:
        assert not any(town.ping("web-2", to, "-I", source) for to in (target, gateway))
    finally:
        town.host.run(*inside, leave)
    assert town.reaches("web-2", ADDRESS1)


def test_it_goes_with_the_endpoint_and_leaves_nothing(town):
    web = document()
    one = {
        kind: [row for row in rows if PORT2 not in row.values()] if kind in ("veth", "sender_filter") else rows
        for kind, rows in web.items()
        if kind != "version"
    }
    answer = town.host.module("document", document={"version": 1, **one}, remove=["web"])
    assert answer.get("changed"), answer
    assert PORT2 not in town.host.run("nft", "list", "ruleset")
    town.host.module("document", document={"version": 1}, everything=True)
    assert "containerhost" not in town.host.run("nft", "list", "tables")


def test_a_table_of_that_name_that_is_not_ours_stays(host):
    host.run("nft", "table bridge containerhost { chain mine { }; }")
    answer = host.module("sender_filter", port="v1", mac=MAC1)
    assert "there is an nftables table bridge containerhost already that is not ours" in answer["msg"]
    assert "mine" in host.run("nft", "list", "table", "bridge", "containerhost")
