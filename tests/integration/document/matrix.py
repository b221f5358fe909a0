# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports of every form, and calls to them from everywhere: one process serves, one calls from each place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Sequence
from typing import Any

from ansible_collections.containerhost.network.tests.integration.document.planned import planned
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6, Town

NETWORKS = """
a: {driver: bridge, subnets: [10.5.0.0/24, "fd05::/64"]}
b: {driver: bridge, subnets: [10.6.0.0/24, "fd06::/64"]}
z: {driver: bridge, subnets: [10.7.0.0/24, "fd07::/64"]}
"""
LAN = """
lan:
  driver: macvlan
  parent: eth0
  subnets: [{cidr: 10.8.0.0/24, gateway: 10.8.0.1}, {cidr: "fd08::/64", gateway: "fd08::1"}]
"""
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
INNER = sorted({80, *range(7000, 7010), *range(7200, 7210), *range(7300, 7310)})
FROM = {"other machine": "outside", "host": None, "sibling": "sib", "other network": "other", "itself": "web"}

# Answers on all of these ports, by all of these protocols, in both families.
SERVES = """
import selectors, socket, sys
NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132}
protocols, ports = sys.argv[1].split(","), sys.argv[2:]
waiting = selectors.DefaultSelector()
for port in map(int, ports):
    for protocol in protocols:
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            sock = socket.socket(family, kind, NUMBERS[protocol])
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
# Calls all of these, [protocol, address, port] each, at once, so many seconds at a time; says which have answered.
CALLS = """
import concurrent.futures, json, socket, sys
NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132}  # getprotobyname() is not for several threads
def call(where):
    protocol, address, port = where
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _again in range(4):
        with socket.socket(family, kind, NUMBERS[protocol]) as sock:
            sock.settimeout(float(sys.argv[1]))
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


def document(protocols: Collection[str], on_lan: bool = False) -> dict[str, Any]:
    """``on_lan``: the container goes out by a router on the LAN, who knows of none of its ports."""
    published = [f"{port}/{each}" for ports, _opened in FORMS.values() for port in ports for each in protocols]
    containers: dict[str, Any] = {
        "web": {
            "networks": {"a": {"publish": published}, "z": {"publish": [f"{ON_Z}:80/{each}" for each in protocols]}},
            "default_route": "a",
        },
        "sib": {"networks": {"a": {}}},
        "other": {"networks": {"b": {}}},
    }
    if on_lan:
        containers["web"]["networks"]["lan"] = {}
        containers["web"]["default_route"] = "lan"
    return planned(NETWORKS + LAN if on_lan else NETWORKS, json.dumps(containers))


def applied(town: Town, wanted: dict[str, Any]) -> None:
    """What differs is made, and once."""
    for changed in (True, False):
        answer = town.host.module("document", document=wanted, remove=["*"])
        assert answer.get("changed") is changed, answer


def made(town: Town, protocols: Collection[str]) -> None:
    """What is published is made, and once, and the container answers."""
    applied(town, document(protocols))
    argv = town.argv("web", sys.executable, "-c", SERVES, ",".join(protocols), *map(str, INNER))
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    town._started.append(server)
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"


Call = tuple[str, str, int]


def unanswered(town: Town, where: str | None, calls: Sequence[Call], seconds: float = 1) -> list[Call]:
    argv = town.argv(where, sys.executable, "-c", CALLS, str(seconds))
    done = subprocess.run(argv, input=json.dumps(calls), capture_output=True, text=True, check=True)
    return [call for call, heard in zip(calls, json.loads(done.stdout), strict=True) if not heard]


def calls_to(
    *addresses: str, protocols: Collection[str], forms: Collection[str] = tuple(FORMS), more: Collection[int] = (ON_Z,)
) -> list[Call]:
    ports = [port for form in forms for port in FORMS[form][1]] + list(more)
    return [(protocol, address, port) for address in addresses for port in ports for protocol in protocols]
