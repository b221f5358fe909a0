# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports, of every form and from everywhere, with packets: one process serves, one calls from each place."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.containerhost.network.tests.integration.document.planned import planned
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6, a_town

NETWORKS = """
a: {driver: bridge, subnets: [10.5.0.0/24, "fd05::/64"]}
b: {driver: bridge, subnets: [10.6.0.0/24, "fd06::/64"]}
z: {driver: bridge, subnets: [10.7.0.0/24, "fd07::/64"]}
"""
PROTOCOLS = ("tcp", "udp")
# Each form with the ports of the host that it opens, some of them.
FORMS = {
    "a port": (["8080:80"], [8080]),
    "an equal range": (["7000-7009:7000-7009"], [7000, 7009]),
    "a shifted range": (["7100-7109:7200-7209"], [7100, 7109]),
    "at an address": ([f"{HOST4}:8081:80", f"[{HOST6}]:8081:80"], [8081]),
    "an equal range at an address": ([f"{HOST4}:7300-7309:7300-7309", f"[{HOST6}]:7300-7309:7300-7309"], [7305]),
    "by an interface": (["eth0:8083:80"], [8083]),
}
ON_Z = 8090  # of a network that is not the container's way out
AT_LATER = ("a port", "by an interface", "an equal range")
PUBLISH = [f"{port}/{protocol}" for ports, _opened in FORMS.values() for port in ports for protocol in PROTOCOLS]
CONTAINERS = {
    "web": {
        "networks": {"a": {"publish": PUBLISH}, "z": {"publish": [f"{ON_Z}:80/{each}" for each in PROTOCOLS]}},
        "default_route": "a",
    },
    "sib": {"networks": {"a": {}}},
    "other": {"networks": {"b": {}}},
}
INNER = sorted({80, *range(7000, 7010), *range(7200, 7210), *range(7300, 7310)})
FROM = {"other machine": "outside", "host": None, "sibling": "sib", "other network": "other", "itself": "web"}

STRICT = "for each in all default eth0; do echo 1 > /proc/sys/net/ipv4/conf/$each/rp_filter; done"

# Answers on all of these ports, in both families.
SERVES = """
import selectors, socket, sys
waiting = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
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
            caller = key.fileobj.accept()[0]
            caller.sendall(b"web")
            caller.close()
        else:
            data, caller = key.fileobj.recvfrom(100)
            if data != b"0":
                key.fileobj.sendto(b"web", caller)
"""
# Calls all of these, [protocol, address, port] each, at once; says which have answered.
CALLS = """
import concurrent.futures, json, socket, sys
def call(where):
    protocol, address, port = where
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    for _again in range(4):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as sock:
            sock.settimeout(1)
            try:
                sock.connect((address, port))
                if protocol == "udp":
                    sock.send(b"?")
                if sock.recv(100) == b"web":
                    return True
            except OSError:
                pass
    return False
wanted = json.load(sys.stdin)
with concurrent.futures.ThreadPoolExecutor(40) as pool:
    print(json.dumps(list(pool.map(call, wanted))))
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Routes are checked strictly on the host: by us, that may not keep replies from coming back."""
    with a_town(tmp_path_factory.mktemp("matrix"), 0) as town:
        town.host.run("sh", "-ec", STRICT)
        document = planned(NETWORKS, json.dumps(CONTAINERS))
        for changed in (True, False):
            answer = town.host.module("document", document=document, remove=["*"])
            assert answer.get("changed") is changed, answer
        argv = town.argv("web", sys.executable, "-c", SERVES, *map(str, INNER))
        server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        town._started.append(server)
        assert server.stdout.readline() == "ready\n"
        yield town


def unanswered(town, where: str | None, calls: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    argv = town.argv(where, sys.executable, "-c", CALLS)
    done = subprocess.run(argv, input=json.dumps(calls), capture_output=True, text=True, check=True)
    return [call for call, heard in zip(calls, json.loads(done.stdout), strict=True) if not heard]


def calls_to(*addresses: str, forms=tuple(FORMS), more: tuple[int, ...] = (ON_Z,)) -> list[tuple[str, str, int]]:
    ports = [port for form in forms for port in FORMS[form][1]] + list(more)
    return [(protocol, address, port) for address in addresses for port in ports for protocol in PROTOCOLS]


@pytest.mark.parametrize("where", FROM.values(), ids=FROM)
def test_every_form_answers_everybody(town, where):
    assert unanswered(town, where, calls_to(HOST4, HOST6)) == []


def test_on_the_loopback_what_is_on_all_addresses_answers(town):
    forms = ("a port", "an equal range", "a shifted range")
    assert unanswered(town, None, calls_to("127.0.0.1", forms=forms)) == []
    elsewhere = calls_to("127.0.0.1", forms=("at an address", "by an interface"), more=())
    assert unanswered(town, None, elsewhere) == elsewhere


def test_no_other_ports_answer(town):
    addresses = (HOST4, HOST6)
    others = [(protocol, address, port) for port in (7010, 7200) for address in addresses for protocol in PROTOCOLS]
    assert unanswered(town, "outside", others) == others


def test_an_address_that_comes_later_answers_for_all_addresses_and_for_its_interface(town):
    town.host.run("ip", "addr", "add", "198.18.0.77/24", "dev", "eth0")
    town.host.run("ip", "-6", "addr", "add", "fd00:18::77/64", "dev", "eth0", "nodad")
    assert unanswered(town, "outside", calls_to("198.18.0.77", "fd00:18::77", forms=AT_LATER)) == []
    at_the_other = calls_to("198.18.0.77", "fd00:18::77", forms=("at an address",), more=())
    assert unanswered(town, "outside", at_the_other) == at_the_other


def test_a_range_is_one_element(town):
    listing = town.host.run("nft", "list", "map", "inet", "containerhost", "ranges4")
    assert listing.count("7000-7009") == 2
    assert "7005" not in town.host.run("nft", "list", "map", "inet", "containerhost", "publish4")
