# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a second uplink, routed by source: what is called by it is answered by it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.containerhost.network.tests.integration.document.planned import planned
from ansible_collections.containerhost.network.tests.integration.document.test_strangers import TWO_UPLINKS
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6, OUTSIDE4, OUTSIDE6

NETWORKS = """
web: {driver: bridge, subnets: [10.5.0.0/24, "fd05::/64"]}
other: {driver: bridge, subnets: [10.6.0.0/24, "fd06::/64"]}
"""
PUBLISH = [f"{ports}/{protocol}" for ports in ("8080:80", "7000-7009:7000-7009") for protocol in ("tcp", "udp")]
CONTAINERS = {"shop": {"networks": {"web": {"publish": PUBLISH}}}, "other": {"networks": {"other": {}}}}
SECOND4, SECOND6 = "198.19.0.1", "fd00:19::1"
# Who calls is far away, behind the second uplink.
FAR4, FAR6 = "203.0.113.9", "fd00:203::9"
FAR_AWAY = f"""
ip -n far addr add {FAR4}/32 dev lo
ip -n far -6 addr add {FAR6}/128 dev lo nodad
ip route add default via 198.19.0.2 dev eth1 table 200
ip -6 route add default via fd00:19::2 dev eth1 table 200
"""
ADD, DELETE = (
    f"ip rule {verb} from {SECOND4} lookup 200; ip -6 rule {verb} from fd00:19::/64 lookup 200"
    for verb in ("add", "del")
)
STRICT = "for each in all default eth0 eth1; do echo {0} > /proc/sys/net/ipv4/conf/$each/rp_filter; done"
SERVES = """
import selectors, socket
waiting = selectors.DefaultSelector()
for port in (80, 7003):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            sock = socket.socket(family, kind)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address, port))
            if kind == socket.SOCK_STREAM:
                sock.listen(100)
            waiting.register(sock, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _events in waiting.select():
        if key.fileobj.type == socket.SOCK_STREAM:
            sock, caller = key.fileobj.accept()
            sock.sendall(caller[0].encode())
            sock.close()
        else:
            caller = key.fileobj.recvfrom(100)[1]
            key.fileobj.sendto(caller[0].encode(), caller)
"""
# Calls each [protocol, own address or "", address, port]: who the server says it is, null where nobody answers.
CALLS = """
import json, socket, sys
def call(protocol, own, address, port):
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    for _again in range(3):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as sock:
            sock.settimeout(1)
            try:
                if own:
                    sock.bind((own, 0))
                sock.connect((address, port))
                if protocol == "udp":
                    sock.send(b"?")
                return sock.recv(100).decode()
            except OSError:
                pass
print(json.dumps([call(*each) for each in json.load(sys.stdin)]))
"""


@pytest.fixture
def town(own_town):
    own_town.host.run("sh", "-ec", TWO_UPLINKS)
    own_town.host.run("sh", "-ec", FAR_AWAY)
    own_town.document = planned(NETWORKS, json.dumps(CONTAINERS))
    return own_town


def run(town, **options) -> dict:
    """A run that does what check mode says, and once."""
    given = {"document": town.document, "remove": ["*"], **options}
    predicted, done, again = (town.host.module("document", check=check, **given) for check in (True, False, False))
    for answer in (predicted, done, again):
        assert not answer.get("failed"), answer
    assert (predicted["diff"], again["diff"]) == (done["diff"], [])
    return done


def serve(town) -> None:
    server = subprocess.Popen(town.argv("shop", sys.executable, "-c", SERVES), stdout=subprocess.PIPE, text=True)
    town._started.append(server)
    assert server.stdout.readline() == "ready\n"


def heard(town, where: str | None, *calls: tuple[str, str, str, int]) -> list[str | None]:
    argv = town.argv(where, sys.executable, "-c", CALLS)
    done = subprocess.run(argv, input=json.dumps(calls), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def all_ways(town) -> list[str | None]:
    """Of what is called from everywhere by either uplink, who is not answered."""
    far = [
        (protocol, own, second, port)
        for own, second in ((FAR4, SECOND4), (FAR6, SECOND6))
        for protocol in ("tcp", "udp")
        for port in (8080, 7003)
    ]
    near = [("tcp", "", "198.19.0.1", 8080), ("udp", "", "fd00:19::1", 7003)]
    outside = [("tcp", OUTSIDE4, HOST4, 8080), ("udp", OUTSIDE6, HOST6, 8080)]
    by_caller = {"far": far + near, "outside": outside, "other": near, "shop": near, None: near + outside_of_host()}
    return [(where, call) for where, calls in by_caller.items()
            for call, answer in zip(calls, heard(town, where, *calls), strict=True)
            if not answer or (call[1] and answer != call[1])]  # fmt: skip


def outside_of_host() -> list[tuple[str, str, str, int]]:
    return [("tcp", "", HOST4, 8080), ("tcp", "", "127.0.0.1", 8080), ("udp", "", HOST6, 7003)]


def rules(town) -> str:
    return town.host.run("sh", "-c", "ip rule; ip -6 rule")


def test_what_is_called_by_the_second_uplink_is_answered_by_it(town):
    town.host.run("sh", "-ec", ADD + "; " + STRICT.format(2))
    run(town)
    serve(town)
    assert all_ways(town) == []
    town.host.run("sh", "-ec", STRICT.format(1))
    assert run(town)["changed"]
    assert all_ways(town) == []


def test_it_comes_and_goes_with_the_hosts_rules_and_is_mended(town):
    town.host.run("sh", "-ec", STRICT.format(1))
    before = rules(town)
    run(town)
    serve(town)
    without = rules(town)
    far = ("tcp", FAR4, SECOND4, 8080)
    assert heard(town, "far", far) == [None]
    town.host.run("sh", "-ec", ADD)
    assert run(town)["changed"]
    ours = rules(town)
    assert heard(town, "far", far) == [FAR4]
    of_marks = "ip rule del fwmark 0x10100000 lookup main; ip -6 rule del fwmark 0x10100000 lookup 200"
    for damage in (of_marks, "nft flush ruleset"):
        town.host.run("sh", "-ec", damage)
        assert town.host.module("document", document=town.document, remove=["*"])["changed"]
        assert rules(town) == ours
        assert heard(town, "far", far) == [FAR4]
    town.host.run("sh", "-ec", DELETE)
    run(town)
    assert rules(town) == without
    assert town.host.run("cat", "/proc/sys/net/ipv4/conf/eth1/src_valid_mark").strip() == "0"
    town.host.run("sh", "-ec", ADD)
    with_theirs = rules(town)
    run(town)
    assert rules(town) == ours
    assert not town.host.module("document", document={"version": 1}, everything=True).get("failed")
    assert len(rules(town)) < len(with_theirs)
    town.host.run("sh", "-ec", DELETE)
    assert rules(town) == before
