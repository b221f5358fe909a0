# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running container is put on a network and taken off it, and what it does on the others goes on."""

from __future__ import annotations

import subprocess
import sys

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
)

# In the container: a connection over web, of which each line that is asked for comes back.
TALK = """
import socket, sys
talk = socket.create_connection(("10.80.1.1", 7), 5)
talk.settimeout(5)
for line in sys.stdin:
    talk.sendall(line.encode())
    print(talk.recv(64).decode().strip(), flush=True)
"""


def with_more(number):
    """The same container on one more network, which brings no default route."""
    web, more = bridge_network("web", 80), bridge_network("more", number)
    del more["netns"]
    [end] = more["veth"]
    end.update(sandbox={"engine": "netns", "ref": "web-1"}, interface="eth1", routes=[])
    return joined(web, more)


def interface(host, name):
    """All that the container has of one, its index and MAC as well; its link-local address is tentative at first."""
    return host.run("ip", "-n", "web-1", "-d", "address", "show", "dev", name).replace(" tentative", "")


def test_connections_on_other_interfaces_live_on(host, apply):
    before = host.snapshot()
    apply(bridge_network("web", 80))
    serve = "socat TCP-LISTEN:7,bind=10.80.1.1,reuseaddr PIPE & echo $! >/run/socat.pid"
    host.run("sh", "-c", f"{{ {serve}; }} >/dev/null 2>&1; until ss -Htln | grep -q :7; do sleep 0.02; done")
    entering = ["nsenter", f"--target={host.pid}", "--net", "--mount", "ip", "netns", "exec", "web-1"]
    argv = [*entering, sys.executable, "-c", TALK]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as talk:

        def answers(word):
            talk.stdin.write(f"{word}\n")
            return talk.stdout.readline().strip() == word

        assert answers("before")
        eth0 = interface(host, "eth0")
        for number in (81, 82):
            apply(with_more(number))
            assert answers("connected")
            assert "10.%d.1.2" % number in interface(host, "eth1")
            assert interface(host, "eth0") == eth0
        apply(bridge_network("web", 80))
        assert answers("disconnected")
        assert interface(host, "eth0") == eth0
        talk.stdin.close()
    host.run("sh", "-c", "kill $(cat /run/socat.pid) 2>/dev/null; rm /run/socat.pid")
    apply(NOTHING)
    assert host.snapshot() == before
