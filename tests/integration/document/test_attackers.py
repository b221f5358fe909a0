# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the security page says, tried by an attacker: on the LAN, in a container with and without NET_RAW, on a member.

``web`` publishes ports, ``fab`` is an overlay of this host and the one outside, ``far`` is behind a second uplink.
Each attack is also tried with the rule taken away that stops it, or next to an honest packet that passes: a test that
sees nothing because nothing was sent proves nothing.
"""

from __future__ import annotations

import contextlib
import struct
import subprocess
import sys

import pytest

from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    Watcher,
    frame,
    mac_of,
    of_protocol,
    routed_by,
    send_plain,
    send_raw,
    tcp,
    too_big,
    udp,
    unreachable,
    vxlan,
)
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    publish,
)
from ansible_collections.containerhost.network.tests.integration.document.test_strangers import TWO_UPLINKS
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
    a_town,
)

WEB1, WEB1_6, FAB1 = "10.80.1.2", "fd00:80:1::2", "10.42.1.2"
FAR_HOST4, FAR4, ANYCAST, VNI, VNI_6 = "198.19.0.1", "198.19.0.2", "203.0.113.9", 42, 43
FAR_HOST6, TUNNEL_PORT = "fd00:19::1", 51820
MEMBER_MAC = "02:00:00:00:09:02"
FORGED = b"forged packet"

SENDERS = {"web": ["10.80.1.0/24", "fd00:80:1::/64"], "fab": ["10.42.1.0/24", "fd00:42:1::/64"]}


def attacked() -> dict:
    document = joined(
        bridge_network("web", 80, containers=2),
        bridge_network("fab", 42),
        publish("web", 8080, WEB1, 80),
        publish("web", 8080, WEB1_6, 80),
        publish("web", 8082, WEB1, 80, host_address="127.0.0.1"),
        publish("web", 5353, WEB1, 53, protocol="udp", host_address="127.0.0.1"),
        publish("web", 5355, WEB1, 55, protocol="udp"),
        publish("web", 5355, WEB1_6, 55, protocol="udp"),
        publish("web", 5356, WEB1, 5356, protocol="udp"),
        publish("web", 8085, WEB1, 80, host_address=FAR_HOST4),
        publish("web", 8086, WEB1, 80, host_address="10.80.1.1"),
        publish("web", 8087, WEB1, 80, host_address=ANYCAST),
        publish("web", 8088, WEB1_6, 80, host_address="fd00:19::1"),
    )
    document["sysctl"] = document["sysctl"][:1]
    for row in document["isolation"]:
        row["sources"] = SENDERS[row["network"]]
    document["isolation"][1]["accept_from"] = ["ch-fab", "ch-vx"]
    document["isolation"].append(
        {"network": "fab", "device": "ch-vx", "accept_from": ["ch-fab", "ch-vx"], "way_out": False,
         "own_ports": [f"{TUNNEL_PORT}/udp"], "sources": ["10.42.0.0/16"]}
    )  # fmt: skip
    document["vtep_filter"] = [
        {"network": "fab", "vni": VNI, "accept_from": [HOST4, OUTSIDE4, ANYCAST]},
        {"network": "fab", "vni": VNI_6, "accept_from": [HOST6, OUTSIDE6]},
    ]
    document["vxlan"] = [
        {"network": "fab", "name": "ch-vx", "vni": VNI, "local": HOST4, "mac": "02:00:00:00:09:01", "mtu": 1450,
         "addresses": ["10.42.1.0/32"]},
        {"network": "fab", "name": "ch-vx6", "vni": VNI_6, "local": HOST6, "mac": "02:00:00:00:09:06", "mtu": 1430},
    ]  # fmt: skip
    document["forwarding"].append({"network": "fab", "device": "ch-vx", "family": "ipv4"})
    return document


@pytest.fixture(scope="module", params=[0, 1], ids=["bridge alone", "br_netfilter"])
def town(tmp_path_factory, request):
    with a_town(tmp_path_factory.mktemp("attacked"), request.param) as town:
        town.host.run("sh", "-ec", TWO_UPLINKS)
        town.host.run("ip", "addr", "add", f"{ANYCAST}/32", "dev", "lo")
        answer = town.host.module("document", document=attacked())
        assert answer.get("changed"), answer
        for words in (f"10.0.0.0/8 via {HOST4}", f"{ANYCAST} via {HOST4}", f"198.19.0.0/24 via {HOST4}"):
            town.host.outside("ip", "route", "add", *words.split())
        town.host.outside("ip", "-6", "route", "add", "fd00:19::/64", "via", HOST6)
        for port in (80, 8000):
            town.serve("web-1", port)
            assert town.call(None, WEB1, port)
        town.serve("web-1", 80, address="::")
        assert town.call(None, WEB1_6, 80)
        yield town


@contextlib.contextmanager
def without(town, chain: str):
    """The next run would put it back; here the table is loaded again as it was."""
    before = town.host.run("nft", "list", "table", "inet", "containerhost")
    town.host.run("nft", "flush", "chain", "inet", "containerhost", chain)
    try:
        yield
    finally:
        town.host.run("nft", "-f", "-", input=f"delete table inet containerhost\n{before}")


def seen_in(town, where: str, sender: str | None, device: str, *packets: bytes, gateway: str | None = None) -> bool:
    """Does a forged packet that ``sender`` puts on its wire, for the host's MAC, arrive at ``where``?"""
    host_device = gateway or ("eth0" if sender == "outside" else "ch-web")
    watcher = Watcher(town, where, marker=FORGED.decode())
    for packet in packets:
        send_raw(town, sender, device, frame(mac_of(town, None, host_device), mac_of(town, sender, device), packet))
    assert town.ping("web-1", "10.80.1.1")  # what was sent before has passed by now
    return any(kind != 4 for _device, kind, _frame in watcher.seen())


# -- 127.0.0.1 means the host alone ---------------------------------------------------------------------------------

LOOPBACK = {
    "a TCP port": lambda source: tcp(source, "127.0.0.1", 4000, 8082, 2, FORGED),
    "a UDP port": lambda source: udp(source, "127.0.0.1", 4000, 5353, FORGED),
    "a port of all addresses": lambda source: tcp(source, "127.99.0.1", 4000, 8080, 2, FORGED),
}


@pytest.mark.parametrize("packet", LOOPBACK.values(), ids=LOOPBACK)
def test_a_frame_for_the_loopback_from_the_lan_reaches_nobody(town, packet):
    assert not seen_in(town, "web-1", "outside", "eth0", packet(OUTSIDE4))


def test_such_a_frame_does_reach_a_published_port_without_the_rule(town):
    with without(town, "loopback_is_private"):
        assert seen_in(town, "web-1", "outside", "eth0", LOOPBACK["a port of all addresses"](OUTSIDE4))


@pytest.mark.parametrize("packet", LOOPBACK.values(), ids=LOOPBACK)
def test_nor_one_from_a_container_with_net_raw(town, packet):
    assert not seen_in(town, "web-1", "web-2", "eth0", packet("10.80.1.3"))


class Served:
    """Who has reached a UDP service of the host's loopback, by the counter of its namespace."""

    def __init__(self, town) -> None:
        self._town, self._before = town, self._count(town)

    @staticmethod
    def _count(town) -> int:
        rows = [row.split() for row in town.host.run("cat", "/proc/net/snmp").splitlines() if row.startswith("Udp:")]
        return int(dict(zip(*rows, strict=True))["InDatagrams"])

    def more(self) -> bool:
        return self._count(self._town) > self._before


@pytest.mark.parametrize(("sender", "source", "target"), [
    ("web-2", "127.0.0.2", "10.80.1.1"),
    ("web-2", "127.0.0.1", HOST4),
    ("web-2", "10.80.1.3", "127.0.0.1"),
    ("outside", "127.0.0.2", HOST4),
    ("outside", OUTSIDE4, "127.0.0.1"),
])  # fmt: skip
def test_nobody_reaches_what_the_host_serves_to_itself_or_speaks_as_its_loopback(town, sender, source, target):
    """``route_localnet`` is on for the bridge, as web publishes on all addresses."""
    town.start(None, "socat", "UDP4-RECVFROM:9053,reuseaddr,fork", "SYSTEM:true")
    gateway = "eth0" if sender == "outside" else "ch-web"
    served = Served(town)
    seen_in(town, "web-1", sender, "eth0", udp(source, target, 4000, 9053, FORGED), gateway=gateway)
    assert not served.more()
    town.call(None, "127.0.0.1", 9053, kind="UDP", patience=0)
    assert served.more(), "the service does not listen"


# -- a port that is published at one address ------------------------------------------------------------------------


def test_a_port_at_an_address_is_reached_by_its_own_interface_and_by_containers(town):
    assert town.call("far", FAR_HOST4, 8085) == FAR4
    assert town.call("web-2", FAR_HOST4, 8085)
    assert town.call("fab-1", FAR_HOST4, 8085)
    assert town.call(None, FAR_HOST4, 8085)
    assert town.call("far", "fd00:19::1", 8088)


@pytest.mark.parametrize(("address", "port"), [(FAR_HOST4, 8085), ("fd00:19::1", 8088)])
def test_it_is_not_reached_by_another_interface(town, address, port):
    assert town.ping("outside", address), "Linux takes packets for any of its addresses by any interface"
    assert town.silence("outside", address, port)


def test_a_port_at_a_gateway_is_for_containers(town):
    assert town.call("web-2", "10.80.1.1", 8086)
    assert town.silence("outside", "10.80.1.1", 8086)


def test_a_port_at_an_address_of_no_wire_is_reached_by_all(town):
    assert town.call("outside", ANYCAST, 8087) == OUTSIDE4
    assert town.call("far", ANYCAST, 8087) == FAR4


# -- the overlay's door ---------------------------------------------------------------------------------------------

INNER = frame(MEMBER_MAC, "02:00:00:00:66:66", udp("10.42.1.9", "10.42.2.9", 1, 2, FORGED))
SEGMENT = len(vxlan(VNI, INNER))


@pytest.mark.parametrize("target", [OUTSIDE4, HOST4, "10.80.1.1", "10.42.1.1"])
@pytest.mark.parametrize("container", ["web-1", "fab-1"])
@pytest.mark.parametrize("payload", [
    (vxlan(VNI, INNER), 0),
    (vxlan(VNI + 1, INNER) + vxlan(VNI, INNER), SEGMENT),
], ids=["one packet", "behind another header"])  # fmt: skip
def test_no_container_sends_to_a_members_vxlan_port(town, target, container, payload):
    data, segment = payload
    where, device = ("outside", "eth0") if target == OUTSIDE4 else (None, "ch-vx")
    watcher = Watcher(town, where, device, FORGED.decode())
    send_plain(town, container, 4000, target, 4789, data, segment)
    assert town.ping(container, OUTSIDE4)
    assert watcher.seen() == []


OVERLAY = vxlan(VNI, frame("02:00:00:00:09:01", MEMBER_MAC, udp("10.42.2.5", FAB1, 1, 9, FORGED)))


# Who begins something by a port of the host's that is another's, and what comes there: for whom it is.
@pytest.mark.parametrize(("thief", "port", "outside", "payload", "victim", "sender"), [
    ("web-2", 4789, OUTSIDE4, OVERLAY, "fab-1", 40000),
    ("web-2", 5355, OUTSIDE4, FORGED, "web-1", 40002),
    ("fab-1", 5355, OUTSIDE4, FORGED, "web-1", 40004),
    ("web-2", 5355, OUTSIDE6, FORGED, "web-1", 40006),
], ids=["VXLAN", "its own network", "another network", "IPv6"])  # fmt: skip
def test_no_container_has_what_is_for_another_by_having_begun_there(
    town, thief, port, outside, payload, victim, sender
):
    host = HOST6 if ":" in outside else HOST4

    def gets_it(from_port: int) -> dict[str, bool]:
        send_plain(town, thief, port, outside, from_port, b"first")
        watchers = {name: Watcher(town, name, "eth0", FORGED.decode()) for name in (thief, victim)}
        packet = udp(outside, host, from_port, port, payload)
        macs = mac_of(town, None, "eth0"), mac_of(town, "outside", "eth0")
        send_raw(town, "outside", "eth0", frame(*macs, packet))
        assert town.ping(thief, OUTSIDE4) and town.ping(victim, OUTSIDE4)
        return {name: any(kind != 4 for _device, kind, _frame in each.seen()) for name, each in watchers.items()}

    assert town.reaches(thief, outside)
    # First, as the kernel has what a port sends leave as it did before.
    with without(town, "leaving_aside"), without(town, "leaving_as"):
        assert gets_it(sender) == {thief: True, victim: False}
    assert gets_it(sender + 1) == {thief: False, victim: True}


# As other firewalls give it to packets for a service that they know.
SIP_HELPER = """
table ip theirs {
    ct helper telephony { type "sip" protocol udp; }
    chain pre {
        type filter hook prerouting priority filter; policy accept;
        udp dport 5060 ct helper set "telephony"
    }
}
"""
SIP = (
    "INVITE sip:x@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {by}:5060;branch=z9hG4bK1\r\nFrom: <sip:a@{by}>;tag=1\r\n"
    "To: <sip:x@{to}>\r\nCall-ID: 1@{by}\r\nCSeq: 1 INVITE\r\nContact: <sip:a@{by}:5060>\r\n"
    "Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
)
SDP = "v=0\r\no=a 1 1 IN IP4 {by}\r\ns=-\r\nc=IN IP4 {by}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"


def calls(town, container: str, by: str, port: int) -> None:
    """Says by which port it will hear whoever it calls; nobody has to answer."""
    sdp = SDP.format(by=by, port=port)
    invite = SIP.format(by=by, to=OUTSIDE4, length=len(sdp), sdp=sdp)
    send_plain(town, container, 5060, OUTSIDE4, 5060, invite.encode())


@pytest.mark.parametrize(("port", "payload", "victim"), [
    (4789, OVERLAY, "fab-1"), (5355, FORGED, "web-1"), (5356, FORGED, "web-1")
], ids=["VXLAN", "a published port", "published as the same"])  # fmt: skip
def test_nor_by_having_said_to_a_helper_what_comes_there(town, port, payload, victim):
    """A helper (``nf_conntrack_sip``) leads a port of the host's to whoever has named it in a packet."""

    def get_it(to: int, content: bytes) -> set[str]:
        calls(town, "web-2", "10.80.1.3", to & ~1)
        watchers = {name: Watcher(town, name, "eth0", FORGED.decode()) for name in ("web-2", "web-1", "fab-1")}
        macs = mac_of(town, None, "eth0"), mac_of(town, "outside", "eth0")
        for again in (0, 1):
            send_raw(town, "outside", "eth0", frame(*macs, udp(OUTSIDE4, HOST4, sender + again, to, content)))
        assert all(town.ping(name, OUTSIDE4) for name in watchers)
        return {name for name, each in watchers.items() if any(kind != 4 for _device, kind, _frame in each.seen())}

    assert town.reaches("web-2", OUTSIDE4)
    town.host.run("nft", "-f", "-", input=SIP_HELPER)
    try:
        sender = 41000
        with without(town, "helped"):
            assert "web-2" in get_it(port, payload)
        sender = 41002
        assert get_it(port, payload) == {victim}
        sender = 41004
        assert get_it(6000, FORGED) == {"web-2"}
    finally:
        town.host.run("nft", "delete table ip theirs")


def leaves(town, packet: bytes) -> bool:
    # The host knows its neighbour: a packet would wait for that, and be seen too late.
    assert town.ping("web-2", OUTSIDE6 if packet[0] >> 4 == 6 else OUTSIDE4)
    return seen_in(town, "outside", "web-2", "eth0", packet)


def test_nor_by_a_port_of_a_tunnel_that_has_one(town):
    assert town.reaches("web-2", OUTSIDE4)
    watcher = Watcher(town, "outside", "eth0", FORGED.decode())
    for port in (TUNNEL_PORT, TUNNEL_PORT + 1):
        send_plain(town, "web-2", port, OUTSIDE4, 9, FORGED)
    assert town.ping("web-2", OUTSIDE4)
    ports = [struct.unpack("!H", found[34:36])[0] for _device, kind, found in watcher.seen() if kind != 4]
    assert TUNNEL_PORT not in ports and TUNNEL_PORT + 1 in ports and len(ports) == 6


@pytest.mark.parametrize(("source", "target"), [("10.80.1.3", OUTSIDE4), ("fd00:80:1::3", OUTSIDE6)])
def test_nor_by_one_that_the_kernel_finds_for_it(town, source, target):
    """It takes any, where another container sends by the one that was asked for."""
    town.host.run("nft", "add element inet containerhost taken { udp . 61000-65535 }")
    try:
        packets = [udp(source, target, 5355, number, FORGED) for number in (40010, 40011)]
        assert not leaves(town, packets[0])
        with without(town, "leaving_as"):
            assert leaves(town, packets[1])
    finally:
        town.host.run("nft", "delete element inet containerhost taken { udp . 61000-65535 }")


@pytest.mark.parametrize("protocol", [4, 41, 47, 50, 99])
@pytest.mark.parametrize(("source", "target"), [("10.80.1.3", OUTSIDE4), ("fd00:80:1::3", OUTSIDE6)])
def test_what_has_no_ports_does_not_leave_as_the_hosts(town, protocol, source, target):
    """The host's own tunnels have none either."""
    packet = of_protocol(protocol, source, target, struct.pack("!HH", 0, 0x0800) + FORGED * 2)
    assert not leaves(town, packet)
    with without(town, "leaving_whole"):
        assert leaves(town, packet)


def test_a_port_that_is_published_as_the_same_is_its_containers_to_begin_by(town):
    watcher = Watcher(town, "outside", "eth0", FORGED.decode())
    for container, port in (("web-1", 5356), ("web-2", 5356), ("web-2", 5357)):
        send_plain(town, container, port, OUTSIDE4, 40008, FORGED + container.encode())
    assert town.ping("web-1", OUTSIDE4) and town.ping("web-2", OUTSIDE4)
    seen = {(each[42:][len(FORGED):], int.from_bytes(each[34:36], "big")) for _device, _kind, each in watcher.seen()}
    assert {(b"web-1", 5356), (b"web-2", 5357)} < seen
    assert (b"web-2", 5356) not in seen


def test_a_container_sends_to_other_ports_as_it_likes(town):
    watcher = Watcher(town, "outside", "eth0", FORGED.decode())
    send_plain(town, "web-1", 4000, OUTSIDE4, 4790, vxlan(VNI, INNER))
    assert town.ping("web-1", OUTSIDE4)
    assert watcher.seen()


@pytest.mark.parametrize("source", ["198.18.0.3", FAR4, "10.42.1.2", "8.8.8.8", "0.0.0.0"])
def test_no_packet_leaves_with_an_address_that_is_not_the_containers(town, source):
    assert not seen_in(town, "outside", "web-2", "eth0", udp(source, OUTSIDE4, 4000, 9, FORGED))


@pytest.mark.parametrize("source", ["fd00:18::3", "fd00:42:1::2", "2001:db8::1"])
def test_nor_in_ipv6(town, source):
    assert not seen_in(town, "outside", "web-2", "eth0", udp(source, OUTSIDE6, 4000, 9, FORGED))


@pytest.mark.parametrize(("source", "target"), [("10.80.1.3", OUTSIDE4), ("fd00:80:1::3", OUTSIDE6)])
def test_its_own_address_leaves_as_the_hosts(town, source, target):
    assert leaves(town, udp(source, target, 4000, 9, FORGED))


def test_an_error_about_a_connection_leaves_from_who_has_it_only(town):
    """It is related to what the container has begun, and so let through whatever else is closed."""
    answer = udp(OUTSIDE4, "10.80.1.3", 7777, 4444, FORGED)
    send_plain(town, "web-2", 4444, OUTSIDE4, 7777, b"honest")
    assert seen_in(town, "outside", "web-2", "eth0", unreachable("10.80.1.3", OUTSIDE4, answer))
    send_plain(town, "web-2", 4444, OUTSIDE4, 7777, b"honest")
    assert not seen_in(town, "outside", "web-2", "eth0", unreachable("198.18.0.77", OUTSIDE4, answer))


# A packet that the host may have sent to somebody: of the overlay to a member, and of a program of its own. Who says
# that it was too big, under the container's own address or without one of its network.
SENT_BY_THE_HOST = {
    "VXLAN": (OUTSIDE4, udp(HOST4, OUTSIDE4, 40001, 4789, vxlan(VNI, bytes(14))), "10.80.1.3"),
    "UDP": (OUTSIDE4, udp(HOST4, OUTSIDE4, 9054, 9054, bytes(32)), "10.80.1.3"),
    "UDP over IPv6": (OUTSIDE6, udp(HOST6, OUTSIDE6, 9054, 9054, bytes(32)), "fd00:80:1::3"),
    "UDP over IPv6, link-local": (OUTSIDE6, udp(HOST6, OUTSIDE6, 9054, 9054, bytes(32)), "fe80::50:2ff:fe00:3"),
}


@pytest.mark.parametrize(("target", "sent", "source"), SENT_BY_THE_HOST.values(), ids=SENT_BY_THE_HOST)
def test_no_container_says_how_big_the_host_s_packets_to_others_may_be(town, target, sent, source):
    family = "-6" if ":" in target else "-4"
    town.start(None, "socat", "UDP6-RECVFROM:9054,reuseaddr,fork", "SYSTEM:true")
    waiting = "timeout 30 sh -c 'until ss -Hlnu sport = 9054 | grep -q 9054; do sleep 0.02; done'"
    town.host.run("sh", "-ec", waiting)
    host = HOST6 if family == "-6" else HOST4

    def believed() -> bool:
        packet = too_big(source, host, sent, 1300)
        mac, gateway = mac_of(town, "web-2", "eth0"), mac_of(town, None, "ch-web")
        send_raw(town, "web-2", "eth0", frame(gateway, mac, packet))
        assert town.ping("web-2", "10.80.1.1")
        found = "mtu 1300" in town.host.run("ip", family, "route", "get", target)
        town.host.run("ip", family, "route", "flush", "cache")
        return found

    assert not believed()
    with without(town, "telling"):
        assert believed()


# Sends to a port where nobody listens: what whoever sends is told.
REFUSED = """
import socket, sys
sock = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
sock.connect((sys.argv[1], int(sys.argv[2])))
sock.settimeout(0.5)
for _again in range(60):
    try:
        sock.send(b"?")
        sock.recv(99)
    except ConnectionRefusedError:
        print("refused")
        break
    except TimeoutError:
        pass
"""


@pytest.mark.parametrize(("where", "target", "port"), [
    (None, WEB1, 9), (None, WEB1_6, 9), (None, "127.0.0.1", 5353), ("web-2", WEB1, 9), ("web-2", "10.80.1.1", 9),
    ("web-2", OUTSIDE4, 9), ("web-2", OUTSIDE6, 9), ("web-2", HOST4, 5355), ("fab-1", HOST4, 5355),
    ("outside", HOST4, 5355), ("outside", HOST6, 5355),
])  # fmt: skip
def test_everybody_is_told_of_his_own_packets(town, where, target, port):
    argv = town.argv(where, sys.executable, "-c", REFUSED, target, str(port))
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == "refused\n"


def test_a_forged_address_does_leave_without_the_rule(town):
    with without(town, "speaking"):
        assert seen_in(town, "outside", "web-2", "eth0", udp("198.18.0.3", OUTSIDE4, 4000, 9, FORGED))


# Under the address of another of our networks, it would leave as the host, and the answer would open that network.
BACK = [("10.42.1.2", "10.80.1.2"), ("198.18.0.2", "10.80.1.2"), ("fd00:42:1::2", WEB1_6)]


@pytest.mark.parametrize(("source", "target"), BACK)
@pytest.mark.parametrize("marked", [False, True], ids=["", "marked by somebody else"])
def test_no_packet_is_routed_back_into_its_network_under_a_foreign_address(town, source, target, marked):
    with somebody_elses_mark(town) if marked else contextlib.nullcontext():
        assert not seen_in(town, "web-1", "web-2", "eth0", udp(source, target, 4000, 9, FORGED))
    with without(town, "speaking"):
        assert seen_in(town, "web-1", "web-2", "eth0", udp(source, target, 4000, 9, FORGED))


# Somebody of another network, nobody of one's own, and which address the first one leaves under.
ANSWERS = [(FAB1, "10.80.1.77", "10.80.1.1"), ("fd00:42:1::2", "fd00:80:1::77", "fd00:80:1::1")]


@pytest.mark.parametrize(("victim", "nobody", "gateway"), ANSWERS)
def test_no_frame_opens_the_way_for_its_answer(town, victim, nobody, gateway):
    """Under br_netfilter, connection tracking follows what is only switched, to whomever."""
    mine, port = mac_of(town, "web-2", "eth0"), 4100
    watcher = Watcher(town, "fab-1", marker=FORGED.decode())
    for to in ("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:77"):
        for there in (victim, gateway):
            port += 1
            send_raw(town, "web-2", "eth0", frame(to, mine, udp(victim, nobody, 22, port, b"first")))
            answer = udp(nobody, there, port, 22, FORGED)
            send_raw(town, "web-2", "eth0", frame(mac_of(town, None, "ch-web"), mine, answer))
    assert town.ping("fab-1", "10.42.1.1")
    assert not [each for each in watcher.seen() if each[1] != 4]


@pytest.mark.parametrize("source", ["10.80.1.3", "0.0.0.0", "fe80::7"])
@pytest.mark.parametrize("to", ["web-1", "everybody"])
def test_what_a_bridge_only_switches_arrives(town, source, to):
    targets = {"web-1": (WEB1, WEB1_6), "everybody": ("255.255.255.255", "ff02::1")}
    target = targets[to][":" in source]
    mac = mac_of(town, "web-1", "eth0") if to == "web-1" else "ff:ff:ff:ff:ff:ff"
    watcher = Watcher(town, "web-1", marker=FORGED.decode())
    send_raw(town, "web-2", "eth0", frame(mac, mac_of(town, "web-2", "eth0"), udp(source, target, 4000, 9, FORGED)))
    assert town.ping("web-1", "10.80.1.1")
    assert watcher.seen()


@contextlib.contextmanager
def somebody_elses_mark(town):
    town.host.run("sh", "-ec", """
        nft add table inet theirs
        nft 'add chain inet theirs pre { type filter hook prerouting priority mangle; }'
        nft add rule inet theirs pre meta mark set 7
    """)  # fmt: skip
    try:
        yield
    finally:
        town.host.run("nft", "delete", "table", "inet", "theirs")


# The host answers that nobody listens there, and sends what it has been sent along.
ANSWERED = [(OUTSIDE4, HOST4), (OUTSIDE4, "10.80.1.1"), (OUTSIDE6, HOST6), (OUTSIDE6, "fd00:80:1::1")]


@pytest.mark.parametrize(("source", "target"), ANSWERED)
def test_nobody_has_the_host_answer_to_somebody_else(town, source, target):
    packet = udp(source, target, 4000, 9, FORGED)
    assert not seen_in(town, "outside", "web-2", "eth0", packet)
    with without(town, "speaking"):
        assert seen_in(town, "outside", "web-2", "eth0", packet)


@pytest.mark.parametrize("target", [HOST4, HOST6])
def test_nobody_on_the_lan_speaks_as_a_container(town, target):
    source, honest = ("10.80.1.3", OUTSIDE4) if target == HOST4 else ("fd00:80:1::3", OUTSIDE6)
    assert seen_in(town, "web-1", "outside", "eth0", tcp(honest, target, 4001, 8080, 2, FORGED))
    assert not seen_in(town, "web-1", "outside", "eth0", tcp(source, target, 4002, 8080, 2, FORGED))
    with without(town, "arrived"), without(town, "speaking"):
        town.host.run(*"nft add rule inet containerhost arrived goto arrived_anywhere".split())
        assert seen_in(town, "web-1", "outside", "eth0", tcp(source, target, 4003, 8080, 2, FORGED))


@contextlib.contextmanager
def source_routing(town, device: str):
    """A host that follows it, as its administrator likes."""
    paths = [f"/proc/sys/net/ipv4/conf/{each}/accept_source_route" for each in ("all", device)]
    before = [town.host.run("cat", path).strip() for path in paths]
    try:
        town.host.run("sh", "-ec", "; ".join(f"echo 1 > {path}" for path in paths))
        yield
    finally:
        town.host.run("sh", "-ec", "; ".join(f"echo {text} > {path}" for path, text in zip(paths, before, strict=True)))


@pytest.mark.parametrize(("where", "target"), [("web-1", WEB1), ("fab-1", FAB1)])
def test_what_the_host_answers_opens_no_way_that_its_sender_has_chosen(town, where, target):
    """An answer makes a connection of it, whose packets pass."""
    town.serve(None, 9054, kind="UDP")
    packet = routed_by(udp(OUTSIDE4, HOST4, 4005, 9054, FORGED), target)
    with source_routing(town, "eth0"):
        assert town.call("outside", HOST4, "9054,sourceport=4005", kind="UDP") == OUTSIDE4
        assert not seen_in(town, where, "outside", "eth0", packet)
        with without(town, "passing"):
            assert seen_in(town, where, "outside", "eth0", packet)


# -- a compromised member -------------------------------------------------------------------------------------------


def from_member(town, where: str | None, source: str, target: str, outer: str = OUTSIDE4) -> bool:
    """Does a packet that a member sends through the overlay arrive?"""
    inner = frame("02:00:00:00:09:01", MEMBER_MAC, udp(source, target, 4000, 9, FORGED))
    packet = udp(outer, HOST4, 5000, 4789, vxlan(VNI, inner))
    watcher = Watcher(town, where, marker=FORGED.decode())
    send_raw(town, "outside", "eth0", frame(mac_of(town, None, "eth0"), mac_of(town, "outside", "eth0"), packet))
    assert town.ping("fab-1", "10.42.1.1")
    return any(kind != 4 for _device, kind, _frame in watcher.seen())


def test_a_member_reaches_the_networks_containers_from_its_addresses_only(town):
    assert from_member(town, "fab-1", "10.42.2.5", FAB1)
    for source in ("10.80.1.3", "8.8.8.8", FAR4):
        assert not from_member(town, "fab-1", source, FAB1)


def test_nor_does_the_host_relay_for_it_under_a_foreign_address(town):
    """To another member: as the host's own, the answer of which would open the network that it is taken for."""
    town.host.run("ip", "route", "add", "10.42.2.0/24", "via", "10.42.2.0", "dev", "ch-vx", "onlink")
    town.host.run("ip", "neigh", "add", "10.42.2.0", "lladdr", MEMBER_MAC, "dev", "ch-vx")
    town.host.run("bridge", "fdb", "append", MEMBER_MAC, "dev", "ch-vx", "dst", OUTSIDE4)
    try:
        assert from_member(town, "outside", "10.42.2.5", "10.42.2.6")
        for source in ("10.80.1.3", "198.18.0.1", "8.8.8.8"):
            assert not from_member(town, "outside", source, "10.42.2.6")
    finally:
        town.host.run("bridge", "fdb", "del", MEMBER_MAC, "dev", "ch-vx", "dst", OUTSIDE4)
        town.host.run("ip", "neigh", "del", "10.42.2.0", "dev", "ch-vx")
        town.host.run("ip", "route", "del", "10.42.2.0/24")


def test_nobody_else_reaches_them_through_the_vtep(town):
    assert not from_member(town, "fab-1", "10.42.2.5", FAB1, outer="198.18.0.9")


@pytest.mark.parametrize("address", [HOST4, FAR_HOST4, ANYCAST, HOST6, FAR_HOST6])
def test_a_members_address_is_no_member_by_another_interface_than_the_underlays(town, address):
    """Whatever address of the host's it is for; one of no interface is reached by the way back to the member."""
    source, vni, device = (OUTSIDE6, VNI_6, "ch-vx6") if ":" in address else (OUTSIDE4, VNI, "ch-vx")
    inner = frame("02:00:00:00:09:01", MEMBER_MAC, udp("10.42.2.5", FAB1, 4000, 9, FORGED))
    packet = udp(source, address, 5000, 4789, vxlan(vni, inner))

    def heard(sender: str, by: str) -> bool:
        watcher = Watcher(town, None, device, FORGED.decode())
        send_raw(town, sender, "eth0", frame(mac_of(town, None, by), mac_of(town, sender, "eth0"), packet))
        assert town.ping(sender, HOST4)
        return bool(watcher.seen())

    assert not heard("far", "eth1")
    assert heard("outside", "eth0")


def test_nothing_leaves_the_host_by_way_of_the_overlay(town):
    assert not from_member(town, "far", "10.42.2.5", FAR4)
    assert not from_member(town, "web-1", "10.42.2.5", WEB1)
