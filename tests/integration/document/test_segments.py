# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the way is narrower than the interfaces at its ends, TCP is told of it when it begins.

The host's uplink takes less than the containers' bridge, and the interface outside says nothing of that.
"""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

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
    a_town,
)

NARROW, PORT = 1320, 8080
HEADERS = {4: 20 + 20 + 12, 6: 40 + 20 + 12}  # IP, TCP and its timestamps
# Both ends say how large a segment may be that they send (TCP_MAXSEG, tcp(7)).
LISTEN = """
import socket, sys
server = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    one = server.accept()[0]
    one.sendall(str(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)).encode())
    one.close()
"""
CONNECT = """
import socket, sys
one = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
print(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), one.recv(20).decode())
"""


@pytest.fixture(scope="module", params=[0, 1], ids=["bridge alone", "br_netfilter"])
def town(tmp_path_factory, request):
    document = joined(
        bridge_network("web", 80, containers=2),
        publish("web", PORT, "10.80.1.2", PORT),
        publish("web", PORT, "fd00:80:1::2", PORT),
    )
    with a_town(tmp_path_factory.mktemp("segments"), request.param) as town:
        answer = town.host.module("document", document=document)
        assert answer.get("changed"), answer
        town.host.run("ip", "link", "set", "eth0", "mtu", str(NARROW))
        for where in ("outside", "web-1"):
            town.start(where, sys.executable, "-c", LISTEN, str(PORT))
        yield town


def sizes(town, where: str, address: str) -> list[int]:
    """What the client and the server may send at once; servers and addresses take a moment to be there."""
    argv = town.argv(where, sys.executable, "-c", CONNECT, address, str(PORT))
    end = time.monotonic() + 20
    while (done := subprocess.run(argv, capture_output=True, text=True, check=False)).returncode:
        assert time.monotonic() < end, done.stderr
    return [int(size) for size in done.stdout.split()]


WAYS = {
    "out": ("web-2", OUTSIDE4, OUTSIDE6),
    "in": ("outside", HOST4, HOST6),
}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("way", WAYS)
def test_neither_end_sends_more_than_the_way_takes(town, way, version):
    where, *addresses = WAYS[way]
    assert sizes(town, where, addresses[version == 6]) == [NARROW - HEADERS[version]] * 2


def test_on_the_bridge_itself_there_is_nothing_to_tell(town):
    assert sizes(town, "web-2", "10.80.1.2") == [1500 - HEADERS[4]] * 2
