# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New connections a second, and bytes, through published ports: what the packets pay."""

from __future__ import annotations

import contextlib
import typing as t

from bench import documents, peers
from bench.harness import Failed, Scene
from bench.modules import HOST_PYTHON, SCRIPTS, Modules, listening
from bench.publish import restore
from bench.results import Row

_FEW = 10
_HOST, _CLIENT = "198.18.0.1", "198.18.0.2"
_OUTSIDE = f"""
sysctl -qw net.ipv4.ip_forward=1
ip netns add outside
ip link add up0 type veth peer name eth0 netns outside
ip addr add {_HOST}/24 dev up0
ip link set up0 up
ip -n outside addr add {_CLIENT}/24 dev eth0
ip -n outside link set eth0 up
nsenter --net=/run/netns/outside sysctl -qw net.ipv4.ip_local_port_range='1024 65535'
"""
# The least that leads a port to a container and its answers back: no filter, no guard.
_BARE = f"""
table ip bare {{
    chain to {{
        type nat hook prerouting priority dstnat;
        ip daddr {_HOST} tcp dport 10000-10009 dnat to {documents.CONTAINER_IP}
    }}
    chain from {{
        type nat hook postrouting priority srcnat;
        ip saddr {documents.CONTAINER_IP} masquerade
    }}
}}
"""


def rows(modules: Modules, count: int, rounds: int, seconds: float) -> list[Row]:
    lack = peers.missing("/usr/sbin/iptables-nft-restore")
    few = Row(
        f"connections a second through the last of {count} ports", f"of {_FEW} ports", unit="/s", at_least=0.95
    )
    docker = Row(
        f"connections a second through the last of {count} ports, against Docker's rules",
        "Docker's rules, by iptables-nft",
        unit="/s",
        at_least=20,
        missing=lack,
    )
    with contextlib.ExitStack() as stack:
        many_at = stack.enter_context(_published(modules, count))
        few_at = stack.enter_context(_published(modules, _FEW))
        docker_at = None if lack else stack.enter_context(_published_by_docker(modules, count))
        for _number in range(rounds):
            many = _connect(many_at, count, seconds)
            few.ours.append(many)
            few.peer.append(_connect(few_at, _FEW, seconds))
            if docker_at is not None:
                docker.ours.append(many)
                docker.peer.append(_connect(docker_at, count, seconds))
    return [few, docker, _throughput(modules, rounds, seconds), *_guarded(modules, rounds, seconds)]


def _guarded(modules: Modules, rounds: int, seconds: float) -> list[Row]:
    """What the filter at a container's port costs: two containers of one bridge, with and without it."""
    many = Row("connections a second between two containers, with anti_spoofing", "without", unit="/s", at_least=0.95)
    back = "a datagram there and back between two containers, with anti_spoofing"
    late = Row(back, "without", unit="µs", at_most=1 / 0.95)
    with contextlib.ExitStack() as stack:
        ours, peer = (stack.enter_context(_neighbours(modules, guarded)) for guarded in (True, False))
        for _number in range(2 * rounds + 1):
            for row, script in ((many, "connect.py"), (late, "echo.py")):
                row.ours.append(_between(ours, script, seconds))
                row.peer.append(_between(peer, script, seconds))
    return [many, late]


@contextlib.contextmanager
def _neighbours(modules: Modules, guarded: bool) -> t.Iterator[Scene]:
    with Scene() as scene:
        document = documents.attached(2, 1)
        document["isolation"] = [{"network": "n0", "device": "ch-n0", "accept_from": ["ch-n0"]}]
        if guarded:
            document["sender_filter"] = [documents.sender_filter(each) for each in documents.endpoints(2, 1)]
        modules.ours("document", {"document": document})(scene)
        for each in documents.endpoints(2, 1):
            scene.sh(f"nsenter --net=/run/netns/{each.sandbox} sysctl -qw net.ipv4.ip_local_port_range='1024 65535'")
        with _listening(scene, _FEW), _listening(scene, _FEW, "echo.py"):
            yield scene


def _between(scene: Scene, script: str, seconds: float) -> float:
    server, client = documents.endpoints(2, 1)
    return _run(scene, script, _last(_FEW), seconds, client.sandbox, server.ip)


def _throughput(modules: Modules, rounds: int, seconds: float) -> Row:
    row = Row("bytes a second through a published port", "nft: translation alone", unit="MB/s", at_least=0.97)
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(_published(modules, _FEW, "stream.py"))
        bare = stack.enter_context(_published_bare(modules))
        for _number in range(2 * rounds + 1):
            row.ours.append(_run(ours, "stream.py", _last(_FEW), seconds))
            row.peer.append(_run(bare, "stream.py", _last(_FEW), seconds))
    return row


@contextlib.contextmanager
def _published_bare(modules: Modules) -> t.Iterator[Scene]:
    rules = modules.work / "bare.nft"
    rules.write_text(_BARE)
    with Scene() as scene:
        _attach(modules, scene, documents.published(0))
        scene.run(["nft", "-f", str(rules)])
        with _listening(scene, _FEW, "stream.py"):
            yield scene


@contextlib.contextmanager
def _published(modules: Modules, count: int, script: str = "connect.py") -> t.Iterator[Scene]:
    with Scene() as scene:
        document = documents.published(count)
        _attach(modules, scene, document)
        modules.ours("document", {"document": {**document, **documents.one_container()}})(scene)
        with _listening(scene, count, script):
            yield scene


@contextlib.contextmanager
def _published_by_docker(modules: Modules, count: int) -> t.Iterator[Scene]:
    with Scene() as scene:
        _attach(modules, scene, documents.published(0))
        scene.run(["iptables-nft-restore", str(restore(modules.work, count))])
        with _listening(scene, count):
            yield scene


def _attach(modules: Modules, scene: Scene, document: documents.Document) -> None:
    scene.sh(_OUTSIDE)
    modules.ours("document", {"document": {**document, "nat_rule": [], "veth": documents.one_container()["veth"]}})(
        scene
    )


def _listening(scene: Scene, count: int, script: str = "connect.py") -> t.ContextManager[None]:
    return listening(scene, documents.endpoints(1)[0].sandbox, script, _last(count))


def _connect(scene: Scene, count: int, seconds: float) -> float:
    return _run(scene, "connect.py", _last(count), seconds)


def _run(
    scene: Scene, script: str, port: int, seconds: float, where: str = "outside", address: str = _HOST
) -> float:
    """What a client has to say of a port: by default the end outside."""
    inside = ["nsenter", f"--net=/run/netns/{where}"]
    argv = [*inside, HOST_PYTHON, str(SCRIPTS / script), address, str(port), str(seconds)]
    answer = scene.run(argv)
    try:
        return float(answer.output)
    except ValueError:
        raise Failed(f"no connection: {answer.output[-300:]}") from None


def _last(count: int) -> int:
    return 10000 + count - 1
