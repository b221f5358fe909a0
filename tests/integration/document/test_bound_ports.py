# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port that a program of the host has is not published: the kernel itself says where two would meet."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

from ansible_collections.containerhost.network.tests.integration.document.documents import bridge_network, joined
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6

# Waits on all ports that it is given, each as address,port,protocol and v6only or not.
WAITS = """
import socket, sys
kept = []
for text in sys.argv[1:]:
    address, port, protocol, only = text.split(",")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only == "only")
    sock.bind((address, int(port)))
    if protocol == "tcp":
        sock.listen()
    kept.append(sock)
print("ready", flush=True)
sys.stdin.read()
"""
WILD4, WILD6, LOCAL = "0.0.0.0", "::", "127.0.0.1"
# Where a program waits, and at which addresses of the host that port is then its own.
PROGRAMS = {
    (WILD4, ""): {WILD4, HOST4, LOCAL},
    (LOCAL, ""): {WILD4, LOCAL},
    (HOST4, ""): {WILD4, HOST4},
    ("::", "both"): {WILD4, HOST4, LOCAL, WILD6, HOST6},
    ("::", "only"): {WILD6, HOST6},
    (HOST6, "only"): {WILD6, HOST6},
    ("::1", "only"): {WILD6},
    ("127.0.0.53", ""): {WILD4},
}
PLACES = (WILD4, HOST4, LOCAL, "198.18.0.77", WILD6, HOST6, "fd00:18::77")


def rule(place: str, port: int, protocol: str) -> dict:
    address = "fd00:80:1::2" if ":" in place else "10.80.1.2"
    values = {"rule": "publish", "protocol": protocol, "host_port": port, "address": address, "port": 80}
    return {"network": "web", **values, **({} if place in (WILD4, WILD6) else {"host_address": place})}


def told(problem: str) -> tuple[str, int, str]:
    found = re.search(r"\) has (\w+) port (\d+) of (.*) already: stop it", problem)
    assert found, problem
    return found[1], int(found[2]), found[3]


def test_every_way_to_have_a_port_and_every_way_to_publish_it(own_town):
    waits, rules, expected = [], [], set()
    cases = itertools.product(("tcp", "udp"), PROGRAMS.items(), PLACES)
    for port, (protocol, ((address, only), taken), place) in enumerate(cases, start=20000):
        waits.append(f"{address},{port},{protocol},{only}")
        rules.append(rule(place, port, protocol))
        # What is at an address that the host has not got yet is everybody's who waits on all of them.
        here = taken | ({"198.18.0.77"} if HOST4 in taken and WILD4 in taken and address in (WILD4, "::") else set())
        here |= {"fd00:18::77"} if HOST6 in here and address == "::" else set()
        if place in here:
            expected.add((protocol, port, "this host" if place in (WILD4, WILD6) else place))
    argv = own_town.argv(None, sys.executable, "-c", WAITS, *waits)
    program = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    own_town._started.append(program)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    web = bridge_network("web", 80)
    answer = own_town.host.module("document", document=joined(web, {"nat_rule": rules}))
    found = {told(problem) for problem in answer["problems"]}
    assert found == expected
    assert all(f"(process {program.pid}) has " in problem for problem in answer["problems"])
    assert "ch-web" not in own_town.host.run("ip", "link")
