# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of docs/security.md, tried from inside and outside, without any capability and with NET_RAW."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.document.attackers import (
    PLAIN,
    Watcher,
    frame,
    mac_of,
    of_protocol,
    send_raw,
    tcp,
    udp,
    vxlan,
)
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    publish,
)
from ansible_collections.containerhost.network.tests.integration.document.test_attackers import (
    FAB1,
    FAR_HOST4,
    INNER,
    MEMBER_MAC,
    VNI,
    WEB1,
    attacked,
)
from ansible_collections.containerhost.network.tests.integration.document.test_strangers import TWO_UPLINKS
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, OUTSIDE4, a_town

DOCS = Path(__file__).parents[3] / "docs"
MARK = b"forged packet"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]


def rows() -> dict[str, bool]:
    """What the page says is tried, and whether it gets there."""
    text = (DOCS / "security.md").read_text(encoding="utf-8")
    table = text[text.index("| What is tried"):].split("\n\n", 1)[0].splitlines()[2:]
    cells = [re.sub(r"[`*]", "", row).strip("| ").split(" | ") for row in table]
    return {what: answer.startswith("yes") for what, answer in cells}


def with_host_access(document: dict, ports: list[str]) -> dict:
    document["isolation"][0]["host_access"] = ports
    return document


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with a_town(tmp_path_factory.mktemp("page"), 0) as town:
        town.host.run("sh", "-ec", TWO_UPLINKS)
        document = joined(
            attacked(),
            with_host_access(bridge_network("b", 81), []),
            bridge_network("vault", 82, internal=True),
            with_host_access(bridge_network("shy", 83, containers=2, icc=False), ["9055/udp"]),
            publish("web", 8090, WEB1, 80, sources=["203.0.113.0/24"]),
        )
        document["sysctl"] = document["sysctl"][:1]
        answer = town.host.module("document", document=document)
        assert answer.get("changed"), answer
        town.host.outside("ip", "route", "add", "10.0.0.0/8", "via", HOST4)
        town.host.outside("ip", "route", "add", "198.19.0.0/24", "via", HOST4)
        # A first packet to a neighbour waits until that one is found, behind others that are sent later.
        assert town.reaches("web-2", OUTSIDE4) and town.reaches("outside", HOST4) and town.reaches(None, WEB1)
        yield town


# -- ways to send ---------------------------------------------------------------------------------------------------


def without_capabilities(town, where, host_device, packet, target, port) -> None:
    """A datagram under whatever address the kernel gives it: all that a process without capabilities can do."""
    payload = packet[packet.index(MARK) - (8 if b"\x08\0\0\0" in packet[:60] else 0):]
    argv = town.argv(where, *NOBODY, sys.executable, "-c", PLAIN, "0", target, str(port), payload.hex(), "0")
    subprocess.run(argv, check=False, capture_output=True)


def with_net_raw(town, where, host_device, packet, target, port) -> None:
    send_raw(town, where, "eth0", frame(mac_of(town, None, host_device), mac_of(town, where, "eth0"), packet))


def arrives(town, sender, where, packet, to: str, port: int, by=with_net_raw, device: str = "any") -> bool:
    watcher = Watcher(town, where, device, MARK.decode())
    network = None if sender in ("outside", None) else sender.rpartition("-")[0]
    by(town, sender, f"ch-{network}" if network else "eth1" if sender == "far" else "eth0", packet, to, port)
    town.ping(None, WEB1)
    return any(kind != 4 for _device, kind, _frame in watcher.seen())


OWN = {"web-2": "10.80.1.3", "b-1": "10.81.1.2", "vault-1": "10.82.1.2", "shy-2": "10.83.1.3", "outside": OUTSIDE4}


def packet(sender: str, target: str, port: int, source: str = "", payload: bytes = MARK) -> bytes:
    return udp(source or OWN[sender], target, 4000, port, payload)


def at_container(town, sender, name, target, by, port=9) -> bool:
    return arrives(town, sender, name, packet(sender, target, port), target, port, by)


def through_port(town, sender, port, by, target=HOST4) -> bool:
    """A published port is TCP here: a connection for the one, its first packet for the other."""
    if by is with_net_raw:
        first = tcp(OWN[sender], target, 4000, port, 2, MARK)
        return arrives(town, sender, "web-1", first, target, port, by)
    watcher = Watcher(town, "web-1", marker="")
    argv = town.argv(sender, *NOBODY, sys.executable, "-c",
                     "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 0.4)",
                     target, str(port))  # fmt: skip
    subprocess.run(argv, check=False, capture_output=True)
    frames = [found for _device, kind, found in watcher.seen() if kind != 4 and found[12:14] == b"\x08\0"]
    return any(found[23] == 6 and found[47] & 2 for found in frames)


def same_segment(town, by) -> bool:
    """A switched frame: to the neighbour's own MAC."""
    way = to_neighbour if by is with_net_raw else by
    return arrives(town, "web-2", "web-1", packet("web-2", WEB1, 9), WEB1, 9, way)


def to_neighbour(town, where, host_device, data, target, port) -> None:
    send_raw(town, where, "eth0", frame(mac_of(town, "web-1", "eth0"), mac_of(town, where, "eth0"), data))


RECEIVER = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 9055))
print("ready", flush=True)
while True:
    print("got" if sys.argv[2].encode() in sock.recv(2000) else "other", flush=True)
"""


def to_host(town, sender, target, source="") -> bool:
    """Does a program of the host get it?"""
    argv = town.argv(None, sys.executable, "-c", RECEIVER, target, MARK.decode())
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    gateway = "eth0" if sender == "outside" else f"ch-{sender.rpartition('-')[0]}"
    with_net_raw(town, sender, gateway, packet(sender, target, 9055, source), target, 9055)
    town.call(None, target, 9055, kind="UDP", patience=0)  # an honest one, after which nothing is under way any more
    answers = [server.stdout.readline()]
    while answers[-1] == "got\n":
        answers.append(server.stdout.readline())
    server.terminate()
    server.wait()
    return "got\n" in answers


def through_vxlan(town, sender, outer, target, by=with_net_raw, where="fab-1", inner_target=FAB1) -> bool:
    inner = frame("02:00:00:00:09:01", MEMBER_MAC, udp("10.42.2.5", inner_target, 4000, 9, MARK))
    whole = udp(outer, target, 5000, 4789, vxlan(VNI, inner))
    return arrives(town, sender, where, whole, target, 4789, by)


def to_members_port(town, by) -> bool:
    whole = udp(OWN["web-2"], OUTSIDE4, 5000, 4789, vxlan(VNI, INNER))
    return arrives(town, "web-2", "outside", whole, OUTSIDE4, 4789, by)


def without_ports(town, by) -> bool:
    whole = of_protocol(47, OWN["web-2"], OUTSIDE4, b"\0\0\x08\0" + MARK)
    return arrives(town, "web-2", "outside", whole, OUTSIDE4, 0, by)


INSIDE = (without_capabilities, with_net_raw)
FORGER = (with_net_raw,)

# By what the page says: who can try it, and how. It must come out as the page says for each of them.
TRIED = {
    "a container to another one of its network": (INSIDE, same_segment),
    "a container to another one of its network with icc: false": (
        INSIDE, lambda town, by: at_container(town, "shy-2", "shy-1", "10.83.1.2", by)),
    "a container to a container of another network": (
        INSIDE, lambda town, by: at_container(town, "b-1", "web-1", WEB1, by)),
    "a container to a published port of another network": (
        INSIDE, lambda town, by: through_port(town, "b-1", 8080, by)),
    "a container to the outside": (INSIDE, lambda town, by: at_container(town, "web-2", "outside", OUTSIDE4, by)),
    "a container to the outside by GRE, which has no ports": (FORGER, without_ports),
    "a container of a network with internal: true to the outside": (
        INSIDE, lambda town, by: at_container(town, "vault-1", "outside", OUTSIDE4, by)),
    "a container to what listens on the host's own addresses": (
        FORGER, lambda town, by: to_host(town, "web-2", HOST4)),
    "a container to what listens on the host, with host_access: none": (
        FORGER, lambda town, by: to_host(town, "b-1", HOST4)),
    "a container to its gateway's own address, with host_access: none": (
        FORGER, lambda town, by: to_host(town, "b-1", "10.81.1.1")),
    "a container to a port of the host that host_access names": (
        FORGER, lambda town, by: to_host(town, "shy-2", "10.80.1.1")),
    "a container to what listens on 127.0.0.1 of the host": (
        FORGER, lambda town, by: to_host(town, "web-2", "127.0.0.1")),
    "a container to the host under the address 127.0.0.2": (
        FORGER, lambda town, by: to_host(town, "web-2", HOST4, "127.0.0.2")),
    "a container to the VXLAN port of a member": (INSIDE, to_members_port),
    "a container to the outside under an address that is not of its network": (
        FORGER, lambda town, by: arrives(
            town, "web-2", "outside", packet("web-2", OUTSIDE4, 9, "198.18.0.77"), OUTSIDE4, 9, by)),
    "outside to a published port": (INSIDE, lambda town, by: through_port(town, "outside", 8080, by)),
    "outside to a published port whose sources do not name it": (
        INSIDE, lambda town, by: through_port(town, "outside", 8090, by)),
    "outside to a published port under a container's address": (
        FORGER, lambda town, by: arrives(
            town, "outside", "web-1", tcp("10.80.1.3", HOST4, 4000, 8080, 2, MARK), HOST4, 8080, by)),
    "outside to a port that is not published": (
        INSIDE, lambda town, by: at_container(town, "outside", "web-1", WEB1, by)),
    "outside to a port that is published on 127.0.0.1": (
        FORGER, lambda town, by: through_port(town, "outside", 8082, by, "127.0.0.1")),
    "outside to a port that is published at another interface's address": (
        INSIDE, lambda town, by: through_port(town, "outside", 8085, by, FAR_HOST4)),
    "outside to the VXLAN port under an address of no member": (
        FORGER, lambda town, by: through_vxlan(town, "outside", "198.18.0.9", HOST4, by)),
    "outside to the VXLAN port under a member's address, by another interface than the underlay's": (
        FORGER, lambda town, by: through_vxlan(town, "far", OUTSIDE4, HOST4, by)),
    "a member to a container of its overlay": (
        FORGER, lambda town, by: through_vxlan(town, "outside", OUTSIDE4, HOST4, by)),
    "a member to a container of another network": (
        FORGER, lambda town, by: through_vxlan(town, "outside", OUTSIDE4, HOST4, by, "web-1", WEB1)),
}  # fmt: skip


def test_every_row_of_the_page_is_tried():
    assert list(rows()) == list(TRIED)


@pytest.mark.parametrize(("row", "by"), [
    pytest.param(row, by, id=f"{row}, {by.__name__}") for row, (ways, _try) in TRIED.items() for by in ways
])  # fmt: skip
def test_it_is_as_the_page_says(town, row, by):
    assert TRIED[row][1](town, by) is rows()[row]


# -- advice ---------------------------------------------------------------------------------------------------------

# Docker's own filter, as it stands in the kernel, and a container of Docker's that publishes nothing.
DOCKER = """
echo 1 > /proc/sys/net/ipv4/ip_forward
ip netns add dock
ip link add docker0 type bridge
ip addr add 172.17.0.1/16 dev docker0
ip link add vdock master docker0 type veth peer name eth0 netns dock
ip link set vdock up
ip link set docker0 up
ip -n dock addr add 172.17.0.2/16 dev eth0
ip -n dock link set eth0 up
ip -n dock route add default via 172.17.0.1
nft -f - <<'.'
table ip docker {
    chain DOCKER-USER { }
    chain FORWARD {
        type filter hook forward priority filter; policy drop;
        jump DOCKER-USER
        oifname docker0 ct state established,related accept
        iifname docker0 accept
    }
}
.
"""


def advised() -> list[str]:
    """The page's rules for DOCKER-USER, as nft writes them."""
    text = (DOCS / "bridge.md").read_text(encoding="utf-8")
    found = re.findall(r"^ExecStartPost=iptables -A DOCKER-USER (.*) -j ACCEPT", text, re.M)
    return [re.sub(r"-([io]) (\w+)(\+?)", lambda m: f'{m[1]}ifname "{m[2]}{"*" * len(m[3])}"', rule) for rule in found]


@pytest.fixture
def beside_docker(own_town):
    document = joined(bridge_network("web", 80), publish("web", 8080, WEB1, 80))
    assert own_town.host.module("document", document=document)["changed"]
    own_town.host.run("sh", "-ec", DOCKER)
    for port in (80, 8000):
        own_town.serve("web-1", port)
        own_town.serve("dock", port)
        assert own_town.call(None, WEB1, port)
        assert own_town.call(None, "172.17.0.2", port)
    return own_town


def advise(town, *rules: str) -> None:
    for rule in rules:
        town.host.run("nft", f"insert rule ip docker DOCKER-USER {rule} accept")


def test_the_advice_for_docker_opens_what_it_says(beside_docker):
    assert not beside_docker.ping("web-1", OUTSIDE4)
    assert len(advised()) == 2
    advise(beside_docker, *advised())
    assert beside_docker.reaches("web-1", OUTSIDE4)
    assert beside_docker.call("outside", HOST4, 8080) == OUTSIDE4


def test_and_nothing_else(beside_docker):
    advise(beside_docker, *advised())
    assert beside_docker.silence("web-1", "172.17.0.2", 8000)
    assert not beside_docker.ping("web-1", "172.17.0.2")
    assert beside_docker.silence("dock", WEB1, 8000)
    assert not beside_docker.ping("dock", WEB1)
    advise(beside_docker, 'iifname "ch*"')
    assert beside_docker.call("web-1", "172.17.0.2", 8000), "the test's own opening does not work"
