# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that a change of publishing has made stale end with it; all others go on."""

from __future__ import annotations

import collections
import ipaddress
import re
import struct
import subprocess
import sys
import time

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    Watcher,
    frame,
    mac_of,
    send_raw,
    tcp,
    udp,
)
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    publish,
)
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
)

WEB1, WEB2, WEB1_6, WEB2_6 = "10.80.1.2", "10.80.1.3", "fd00:80:1::2", "fd00:80:1::3"

# One socket that is kept: each line of input sends a datagram or some bytes, and prints what comes back.
CALLER = """
import socket, sys
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
sock = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
sock.settimeout(1)
sock.connect((address, port))
for line in sys.stdin:
    try:
        sock.send(b"?")
        print("heard", sock.recv(100).decode(), flush=True)
    except OSError as error:
        print("nothing", error, flush=True)
"""
# Answers with its name, on all of its addresses.
SERVER = """
import socket, socketserver, sys
kind, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        if kind == "udp":
            self.request[1].sendto(name, self.client_address)
        while kind == "tcp" and self.request.recv(100):
            self.request.sendall(name)
base = socketserver.ThreadingTCPServer if kind == "tcp" else socketserver.ThreadingUDPServer
server = type("Server", (base,), {"address_family": socket.AF_INET6, "allow_reuse_address": True,
    "daemon_threads": True})(("::", port), Handler)
server.serve_forever()
"""
# Listens until somebody calls, and answers him alone.
SERVES_ONE = """
import socket, sys
listening = socket.create_server(("", int(sys.argv[1])))
caller = listening.accept()[0]
listening.close()
while caller.recv(100):
    caller.sendall(b"host")
"""


class Caller:
    def __init__(self, town, where: str | None, kind: str, address: str, port: int) -> None:
        argv = town.argv(where, sys.executable, "-c", CALLER, kind, address, str(port))
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        town._started.append(self._process)

    def hears(self) -> str | None:
        """The name of who answers on this very connection."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        word, _space, rest = self._process.stdout.readline().strip().partition(" ")
        return rest if word == "heard" else None


def document(*ports: dict) -> dict:
    whole = joined(bridge_network("web", 80, containers=2), *ports)
    return {**whole, "sysctl": whole.get("sysctl", [])[:1]}


def run(town, *ports: dict, wanted: dict | None = None) -> dict:
    answer = town.host.module("document", document=wanted or document(*ports), remove=["*"])
    assert not answer.get("failed"), answer
    return answer


@pytest.fixture
def town(own_town):
    run(own_town)
    for name in ("web-1", "web-2"):
        for kind, port in (("tcp", "80"), ("tcp", "81"), ("udp", "53")):
            own_town.start(name, sys.executable, "-c", SERVER, kind, port, name)
    for address in (WEB1, WEB2, WEB1_6, WEB2_6):
        for kind, port in (("tcp", 80), ("tcp", 81), ("udp", 53)):
            wait_for(own_town, kind, address, port)
    return own_town


def wait_for(town, kind: str, address: str, port: int) -> None:
    deadline = time.monotonic() + 30
    while not Caller(town, None, kind, address, port).hears():
        assert time.monotonic() < deadline, (kind, address, port)


FAMILIES = {"ipv4": (HOST4, WEB1, WEB2, OUTSIDE4), "ipv6": (HOST6, WEB1_6, WEB2_6, OUTSIDE6)}
families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@families
def test_datagrams_do_not_stick_to_who_was_meant_before(town, family):
    host, one, other, _outside = family
    run(town, publish("web", 5353, one, 53, protocol="udp"), publish("web", 8080, one, 80))
    datagrams, stream = (Caller(town, "outside", kind, host, port) for kind, port in (("udp", 5353), ("tcp", 8080)))
    assert (datagrams.hears(), stream.hears()) == ("web-1", "web-1")
    run(town, publish("web", 5353, other, 53, protocol="udp"), publish("web", 8080, one, 80))
    assert (datagrams.hears(), stream.hears()) == ("web-2", "web-1")


@families
def test_datagrams_that_came_before_the_port_was_published_find_it(town, family):
    host, one, _other, _outside = family
    caller = Caller(town, "outside", "udp", host, 5353)
    assert caller.hears() is None
    run(town, publish("web", 5353, one, 53, protocol="udp"))
    assert caller.hears() == "web-1"


@families
@pytest.mark.parametrize("at", [True, False], ids=["at an address", "at all"])
def test_a_stream_ends_with_its_port_and_no_other_does(town, family, at):
    host, one, other, _outside = family
    where = {"host_address": host} if at else {}
    ports = [publish("web", 8080, one, 80, **where), publish("web", 8081, one, 80), publish("web", 8082, other, 80)]
    run(town, *ports)
    ending, going, another = (Caller(town, "outside", "tcp", host, port) for port in (8080, 8081, 8082))
    straight = Caller(town, None, "tcp", one, 80)
    assert [each.hears() for each in (ending, going, another, straight)] == ["web-1", "web-1", "web-2", "web-1"]
    run(town, *ports[1:])
    assert [each.hears() for each in (ending, going, another, straight)] == [None, "web-1", "web-2", "web-1"]


@families
def test_a_stream_ends_when_its_source_is_not_admitted_any_more(town, family):
    host, one, _other, outside = family
    width = 128 if ":" in host else 32
    run(town, publish("web", 8080, one, 80))
    limited, local = (Caller(town, where, "tcp", host, 8080) for where in ("outside", None))
    assert (limited.hears(), local.hears()) == ("web-1", "web-1")
    run(town, publish("web", 8080, one, 80, sources=[f"{outside}/{width}"]))
    assert (limited.hears(), local.hears()) == ("web-1", "web-1")
    elsewhere = "2001:db8::/32" if ":" in host else "203.0.113.0/24"
    run(town, publish("web", 8080, one, 80, sources=[elsewhere]))
    assert (limited.hears(), local.hears()) == (None, "web-1")


# Makes entries of connection tracking, each as source,protocol,address,port and who answers.
ENTRIES = """
import socket, struct, sys
def attribute(kind, value):
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)
def ends(kind, source, to, protocol, sport, dport):
    pack = [socket.inet_pton(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in (source, to)]
    first = 3 if ":" in source else 1
    addresses = attribute(first, pack[0]) + attribute(first + 1, pack[1])
    ports = attribute(1, bytes([protocol])) + attribute(2, struct.pack("!H", sport))
    ports += attribute(3, struct.pack("!H", dport))
    return attribute(kind | 0x8000, attribute(0x8001, addresses) + attribute(0x8002, ports))
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
for number, line in enumerate(sys.stdin):
    protocol, to, port, answers, answers_port = line.split()
    source = f"2001:db8::{number + 1:x}" if ":" in to else f"203.0.{number >> 8}.{number & 255}"
    known = {"udp": 17, "tcp": 6}[protocol]
    state = b"" if known == 17 else attribute(0x8004, attribute(0x8001, attribute(1, bytes([3]))))
    body = struct.pack("=BBH", 10 if ":" in to else 2, 0, 0)
    body += ends(1, source, to, known, 4000, int(port)) + ends(2, to, source, known, int(port), 4000)
    body += attribute(3, struct.pack("!I", 0xe)) + attribute(7, struct.pack("!I", 600)) + state
    if answers != to:
        inner = socket.inet_pton(socket.AF_INET6 if ":" in to else socket.AF_INET, answers)
        first = 4 if ":" in to else 1
        ports = b"".join(attribute(kind, struct.pack("!H", int(answers_port))) for kind in (1, 2))
        whole = attribute(first, inner) + attribute(first + 1, inner) + attribute(0x8003, ports)
        body += attribute(0x800d, whole)
    sock.send(struct.pack("=IHHII", len(body) + 16, 0x100, 0x605, number, 0) + body)
    error = struct.unpack_from("=i", sock.recv(1000), 16)[0]
    assert error == 0, (line, error)
"""


def entries(town, lines: list[str]) -> None:
    town.host.run(sys.executable, "-c", ENTRIES, input="\n".join(lines))


def test_of_many_connections_exactly_those_of_the_port_end(town):
    """By protocol, port and address of the host, in both families; what somebody else translates is his."""
    ports = [publish("web", 5353, WEB1, 53, protocol="udp"), publish("web", 5353, WEB1_6, 53, protocol="udp")]
    others = [publish("web", 5353, WEB1, 80), publish("web", 5354, WEB1, 53, protocol="udp")]
    there = publish("web", 5355, WEB1, 53, protocol="udp", host_address=HOST4)
    run(town, *ports, *others, there)
    going = [f"udp {HOST4} 5353 {WEB1} 53", f"udp {HOST6} 5353 {WEB1_6} 53", f"udp {HOST4} 5355 {WEB1} 53"]
    staying = [
        f"tcp {HOST4} 5353 {WEB1} 80", f"udp {HOST4} 5354 {WEB1} 53", f"udp {HOST4} 5353 10.99.0.9 53",
        f"udp 198.18.0.77 5355 {WEB1} 53", f"udp {OUTSIDE4} 53 {OUTSIDE4} 53",
    ]  # fmt: skip
    noise = [f"udp {HOST4} {6000 + number % 500} {WEB1} 99" for number in range(2000)]
    entries(town, [*going * 20, *staying * 20, *noise])
    run(town, publish("web", 5353, WEB2, 53, protocol="udp"), *others)
    left = town.host.run("cat", "/proc/net/nf_conntrack")
    found = re.findall(r"(\w+) +\d+ \d+ .*?dst=(\S+) sport=4000 dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+)", left)
    counts = collections.Counter(
        f"{protocol} {ipaddress.ip_address(to)} {port} {ipaddress.ip_address(answers)} {answers_port}"
        for protocol, to, port, answers, answers_port in found
    )
    assert {line: counts[line] for line in going} == dict.fromkeys(going, 0)
    assert {line: counts[line] for line in staying} == dict.fromkeys(staying, 20)
    assert sum(count for line, count in counts.items() if line in noise) == len(noise)


def test_a_stream_ends_with_its_open_port(town):
    town.host.outside("ip", "route", "add", "10.80.1.0/24", "via", HOST4)
    whole = document()
    ports = [{"network": "web", "address": WEB1, "port": port} for port in (80, 81)]
    run(town, wanted={**whole, "open_port": ports})
    ending, going = (Caller(town, "outside", "tcp", WEB1, port) for port in (80, 81))
    assert (ending.hears(), going.hears()) == ("web-1", "web-1")
    run(town, wanted={**whole, "open_port": ports[1:]})
    assert (ending.hears(), going.hears()) == (None, "web-1")


def networks(**changed: dict) -> dict:
    """``web`` and ``db``, the latter with one container; ``changed``: options of their isolation."""
    whole = joined(document(), bridge_network("db", 81))
    for row in whole["isolation"]:
        number = {"web": 80, "db": 81}[row["network"]]
        row["sources"] = [f"10.{number}.1.0/24", f"fd00:{number}:1::/64"]
        row.update(changed.get(row["network"], {}))
    return whole


LET_IN = {"accept_from": ["ch-web", "ch-db"]}
# What isolation says before and after, and who has called whom by then: what ends, and what goes on.
CLOSED_WAYS = {
    "a network is let in no more": (
        {"web": LET_IN}, {}, [("db-1", WEB1), ("db-1", WEB1_6)], [("web-2", WEB1), (None, WEB1), ("db-1", OUTSIDE4)],
    ),
    "a network is protected": (
        {"web": {"protect": False}}, {},
        [("outside", WEB1), ("outside", WEB1_6), ("db-1", WEB2)], [(None, WEB1), ("web-1", OUTSIDE4)],
    ),
    "a network is internal": (
        {"web": LET_IN}, {"web": {**LET_IN, "internal": True}},
        [("web-1", OUTSIDE4), ("web-2", OUTSIDE6)], [("db-1", OUTSIDE4), ("web-1", HOST4)],
    ),
    "the host is closed": (
        {}, {"web": {"host_access": ["81/tcp"]}}, [("web-1", HOST4), ("web-1", HOST6)],
        [("web-2", WEB1), ("db-1", HOST4), ("web-1", OUTSIDE4)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", CLOSED_WAYS.values(), ids=CLOSED_WAYS)
def test_a_way_that_is_closed_is_closed_for_whoever_goes_by_it(town, way):
    before, after, ending, going = way
    run(town, wanted=networks(**before))
    town.host.outside("sh", "-c", f"ip route add 10.80.1.0/24 via {HOST4}; ip -6 route add fd00:80:1::/64 via {HOST6}")
    for where in ("outside", None):
        town.start(where, sys.executable, "-c", SERVER, "tcp", "80", str(where))
    for address in (OUTSIDE4, OUTSIDE6, HOST4, HOST6):
        wait_for(town, "tcp", address, 80)
    callers = {pair: Caller(town, pair[0], "tcp", pair[1], 80) for pair in (*ending, *going)}
    assert [pair for pair, caller in callers.items() if not caller.hears()] == []
    run(town, wanted=networks(**after))
    assert [pair for pair, caller in callers.items() if caller.hears()] == going


def test_what_a_program_of_the_host_serves_goes_on_when_it_takes_no_more(town):
    town.start(None, sys.executable, "-c", SERVES_ONE, "8080")
    while "8080" not in town.host.run("ss", "-tlnH"):
        time.sleep(0.02)
    port = publish("web", 8080, WEB1, 80)
    assert "has tcp port 8080 of this host already" in town.host.module("document", document=document(port))["msg"]
    caller = Caller(town, "outside", "tcp", HOST4, 8080)
    assert caller.hears() == "host"
    run(town, port)
    assert caller.hears() == "host"
    assert Caller(town, "outside", "tcp", HOST4, 8080).hears() == "web-1"


def test_what_a_killed_run_has_not_ended_the_next_one_does(town, monkeypatch):
    run(town, publish("web", 8080, WEB1, 80))
    caller = Caller(town, "outside", "tcp", HOST4, 8080)
    assert caller.hears() == "web-1"
    monkeypatch.setattr(Executor, "finish", lambda self: None)
    run(town)
    monkeypatch.undo()
    assert caller.hears() == "web-1", "the test's own kill does not work"
    run(town)
    assert caller.hears() is None
    assert "8080" not in town.host.run("cat", "/run/containerhost/records.json")


# What somebody else's firewall does to spare connection tracking the questions to name servers.
NOT_TRACKED = "table inet foreign { chain raw { type filter hook prerouting priority raw; udp dport 53 notrack; }; }"


@pytest.mark.parametrize(("source", "target"), [(WEB2, OUTSIDE4), (WEB2_6, OUTSIDE6)])
def test_nothing_leaves_under_a_containers_address_because_it_is_not_tracked(town, source, target):
    assert town.reaches("web-2", target)
    town.host.run("nft", "-f", "-", input=NOT_TRACKED)
    try:
        watcher = Watcher(town, "outside", "eth0", "unseen")
        for port in (53, 54):  # what is tracked leaves, as the host's
            packet = udp(source, target, 4000, port, b"unseen")
            send_raw(town, "web-2", "eth0", frame(mac_of(town, None, "ch-web"), mac_of(town, "web-2", "eth0"), packet))
        assert town.ping("web-2", target)
        packets = [found for _device, kind, found in watcher.seen() if kind != 4]
        ipv6 = ":" in source
        assert {struct.unpack_from("!H", each, 56 if ipv6 else 36) for each in packets} == {(54,)}
        assert not any(ipaddress.ip_address(source).packed in each for each in packets)
    finally:
        town.host.run("nft", "delete", "table", "inet", "foreign")


def test_nothing_leaves_under_a_containers_address_because_it_is_invalid(town):
    watcher = Watcher(town, "outside", "eth0", "invalid")
    for packet in (
        tcp(WEB2, OUTSIDE4, 4000, 9, 3, b"invalid"),
        tcp(WEB2_6, OUTSIDE6, 4000, 9, 3, b"invalid"),
    ):
        send_raw(town, "web-2", "eth0", frame(mac_of(town, None, "ch-web"), mac_of(town, "web-2", "eth0"), packet))
    assert town.ping("web-2", OUTSIDE4)
    assert watcher.seen() == []
    town.host.run("nft", "flush", "chain", "inet", "containerhost", "beginning")
    watcher = Watcher(town, "outside", "eth0", "invalid")
    packet = tcp(WEB2, OUTSIDE4, 4000, 9, 3, b"invalid")
    send_raw(town, "web-2", "eth0", frame(mac_of(town, None, "ch-web"), mac_of(town, "web-2", "eth0"), packet))
    assert town.ping("web-2", OUTSIDE4)
    assert watcher.seen(), "the test's own packet is not invalid"
