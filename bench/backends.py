# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes a second from a container on one host to one on another, by each of an overlay's backends.

Ours is what a run of ``site`` makes, with all that guards it. The peer is the same path by hand and nothing besides,
which for the one with a segment in it is Docker's overlay; where hosts route, a second peer has the rules of Flannel.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import typing as t

from bench.harness import CLEAN, Failed, Scene
from bench.modules import HOST_PYTHON, SCRIPTS, Modules, listening, result
from bench.results import Row

_PORT = 10000
_HOSTS = ("h1", "h2")
_UNDERLAY = {"h1": "198.18.0.1", "h2": "198.18.0.2"}
# Where a host has its keys, and nobody else's.
_OWN_ETC = """
mkdir /run/own; mount -t tmpfs own /run/own; mkdir /run/own/upper /run/own/work
mount -t overlay own -o lowerdir=/etc,upperdir=/run/own/upper,workdir=/run/own/work /etc
"""
_OPTIONS: dict[str, dict[str, t.Any]] = {
    "vxlan": {"vni": 42},
    "host-gw": {"backend": "host-gw"},
    "wireguard": {"backend": "wireguard"},
    "bridged": {"mode": "bridged", "vni": 42},
    "bridged, encrypted": {"mode": "bridged", "vni": 42, "encrypted": True},
}
_MTU = {"vxlan": 1450, "host-gw": 1500, "wireguard": 1440, "bridged": 1450, "bridged, encrypted": 1370}
_CONTAINER = """
ip link add br0 mtu {mtu} type bridge
ip netns add c
ip link add v0 mtu {mtu} master br0 up type veth peer name eth0 mtu {mtu} netns c
ip link set br0 up
ip -n c link set lo up
ip -n c link set eth0 up
"""
_ROUTED = """
sysctl -qw net.ipv4.ip_forward=1
ip addr add 10.42.{mine}.1/24 dev br0
ip -n c addr add 10.42.{mine}.2/24 dev eth0
ip -n c route add default via 10.42.{mine}.1
"""
_BRIDGED = """
ip -n c addr add 10.42.0.{mine}/24 dev eth0
"""
# In a session of its own, as ours has it: where the scheduler shares by session (CONFIG_SCHED_AUTOGROUP), one together
# with the programs that send and listen is another measurement.
_TUNNEL = """
ip link add wg0 type wireguard 2>/dev/null || setsid --wait wireguard-go wg0 >/dev/null 2>&1
wg show wg0 >/dev/null
ip link set wg0 mtu 1440
wg set wg0 listen-port 51820 private-key /run/key peer {key} endpoint {there}:51820 allowed-ips {allowed}
"""
_BY_HAND = {
    "vxlan": _ROUTED
    + """
ip link add vx0 address 02:00:00:00:00:0{mine} mtu 1450 up type vxlan id 42 dstport 4789 local {here} nolearning
ip addr add 10.42.{mine}.0/32 dev vx0
bridge fdb add 02:00:00:00:00:0{other} dev vx0 dst {there} self permanent
ip neigh add 10.42.{other}.0 lladdr 02:00:00:00:00:0{other} dev vx0 nud permanent
ip route add 10.42.{other}.0/24 via 10.42.{other}.0 dev vx0 onlink
""",
    "host-gw": _ROUTED
    + """
ip route add 10.42.{other}.0/24 via {there}
""",
    "wireguard": _ROUTED
    + _TUNNEL
    + """
ip link set wg0 up
ip route add 10.42.{other}.0/24 dev wg0
""",
    "bridged": _BRIDGED
    + """
ip link add vx0 mtu 1450 master br0 up type vxlan id 42 dstport 4789 local {here} nolearning
bridge fdb add 00:00:00:00:00:00 dev vx0 dst {there} self permanent
""",
    "bridged, encrypted": _BRIDGED
    + _TUNNEL
    + """
sysctl -qw net.ipv6.conf.wg0.disable_ipv6=0
ip link set wg0 up
ip addr add fe80::{mine}/64 dev wg0
ip link add vx0 mtu 1370 master br0 up type vxlan id 42 dstport 8472 local fe80::{mine} dev wg0 nolearning
bridge fdb add 00:00:00:00:00:00 dev vx0 dst fe80::{other} via wg0 self permanent
""",
}
# What flanneld writes for the networks of one family (pkg/trafficmngr/iptables of its 0.22), with the iptables that
# Debian calls by this name; all that it lets through is tracked, as ours is.
_FLANNEL = """
iptables -t nat -N FLANNEL-POSTRTG
iptables -t nat -A POSTROUTING -j FLANNEL-POSTRTG
iptables -t nat -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -j RETURN
iptables -t nat -A FLANNEL-POSTRTG -s 10.42.{mine}.0/24 -d 10.42.0.0/16 -j RETURN
iptables -t nat -A FLANNEL-POSTRTG -s 10.42.0.0/16 -d 10.42.{mine}.0/24 -j RETURN
iptables -t nat -A FLANNEL-POSTRTG ! -s 10.42.0.0/16 -d 10.42.{mine}.0/24 -j RETURN
iptables -t nat -A FLANNEL-POSTRTG -s 10.42.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully
iptables -t nat -A FLANNEL-POSTRTG ! -s 10.42.0.0/16 -d 10.42.0.0/16 -j MASQUERADE --random-fully
iptables -N FLANNEL-FWD
iptables -A FORWARD -j FLANNEL-FWD
iptables -A FLANNEL-FWD -s 10.42.0.0/16 -j ACCEPT
iptables -A FLANNEL-FWD -d 10.42.0.0/16 -j ACCEPT
"""
_ALLOWED = {"wireguard": "10.42.{other}.0/24", "bridged, encrypted": "fe80::{other}/128"}
# A program that makes tunnels ends with its device.
_NO_TUNNELS = "for each in $(wg show interfaces 2>/dev/null); do ip link del $each; done"


class Pair(t.NamedTuple):
    """Two hosts; the container of each and where that of the second one is."""

    hosts: t.Mapping[str, Scene]
    containers: tuple[str, str]
    address: str


def rows(modules: Modules, rounds: int, seconds: float) -> list[Row]:
    return [row for backend in _OPTIONS for row in _measured(modules, backend, rounds, seconds)]


def _measured(modules: Modules, backend: str, rounds: int, seconds: float) -> list[Row]:
    name = f"bytes a second between containers of two hosts, {backend}"
    peers: dict[str, tuple[float | None, str]] = {"the same path by hand": (0.98, "")}
    if _ROUTED in _BY_HAND[backend]:
        peers["the same with Flannel's rules"] = (None, _FLANNEL)
    table = {peer: Row(name, peer, unit="MB/s", at_least=at_least) for peer, (at_least, _rules) in peers.items()}
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(_planned(modules, backend))
        pairs = {peer: stack.enter_context(_by_hand(backend, rules)) for peer, (_least, rules) in peers.items()}
        note = "wireguard-go" if _is_a_program(ours) else ""
        for _number in range(4 * rounds + 1):
            mine = _streamed(ours, seconds / 3)
            for peer, row in table.items():
                row.note = note
                row.ours.append(mine)
                row.peer.append(_streamed(pairs[peer], seconds / 3))
    return list(table.values())


def _is_a_program(pair: Pair) -> bool:
    return "tun type tun" in pair.hosts["h1"].sh("ip -d link").output


def _streamed(pair: Pair, seconds: float) -> float:
    client = ["nsenter", f"--net=/run/netns/{pair.containers[0]}", HOST_PYTHON, str(SCRIPTS / "stream.py")]
    answer = pair.hosts["h1"].run([*client, pair.address, str(_PORT), str(seconds)])
    try:
        return float(answer.output)
    except ValueError:
        raise Failed(f"nothing passes: {answer.output[-300:]}") from None


@contextlib.contextmanager
def _hosts() -> t.Iterator[dict[str, Scene]]:
    with Scene() as first, Scene() as second:
        scenes = dict(zip(_HOSTS, (first, second), strict=True))
        first.sh(f"ip link add eth0 type veth peer name eth0 netns {second.pid}")
        for name, scene in scenes.items():
            scene.sh(f"{_OWN_ETC}\nip addr add {_UNDERLAY[name]}/24 dev eth0\nip link set eth0 up")
        try:
            yield scenes
        finally:
            for scene in scenes.values():
                scene.sh(_NO_TUNNELS)


@contextlib.contextmanager
def _planned(modules: Modules, backend: str) -> t.Iterator[Pair]:
    network = {"driver": "overlay", "subnets": ["10.42.0.0/16"], **_OPTIONS[backend]}
    variables = {
        name: {
            "containerhost_networks": {"fabric": network},
            "containerhost_underlay_address": f"{_UNDERLAY[name]}/24",
            "containerhost_containers": {f"c-{name}": {"networks": {"fabric": {}}}},
        }
        for name in _HOSTS
    }
    with _hosts() as scenes:
        keys: dict[str, tuple[str, str, str]] = {}
        documents = _documents(modules, variables, keys)
        for name, scene in scenes.items():
            asked = documents[name].get("wireguard_key")
            if asked:
                told = result(modules.ours("document", {"document": {"version": 1, "wireguard_key": asked}})(scene))
                keys[name] = ("fabric", asked[0]["name"], told["public_keys"][asked[0]["name"]])
        documents = _documents(modules, variables, keys)
        for name, scene in scenes.items():
            modules.ours("document", {"document": documents[name]})(scene)
        address = documents["h2"]["veth"][0]["addresses"][0].partition("/")[0]
        with listening(scenes["h2"], "c-h2", "stream.py", _PORT):
            yield Pair(scenes, ("c-h1", "c-h2"), address)


def _documents(
    modules: Modules, variables: t.Mapping[str, t.Any], keys: t.Mapping[str, tuple[str, str, str]]
) -> dict[str, dict[str, t.Any]]:
    answer = subprocess.run(
        [modules.python, str(SCRIPTS / "documents.py")],
        env={**CLEAN, "PYTHONPATH": str(modules.path), "PYTHONPYCACHEPREFIX": str(modules.work / "pycache")},
        input=json.dumps({"variables": variables, "keys": keys}),
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise Failed(answer.stderr[-1000:])
    return json.loads(answer.stdout)


@contextlib.contextmanager
def _by_hand(backend: str, rules: str) -> t.Iterator[Pair]:
    with _hosts() as scenes:
        keys = {}
        for name, scene in scenes.items() if backend in _ALLOWED else ():
            keys[name] = scene.sh("umask 077; wg genkey > /run/key; wg pubkey < /run/key").output.strip()
        for number, (name, other) in enumerate((_HOSTS, _HOSTS[::-1]), start=1):
            values = {"mine": number, "other": 3 - number, "here": _UNDERLAY[name], "there": _UNDERLAY[other]}
            allowed = _ALLOWED.get(backend, "").format(**values)
            script = _CONTAINER + _BY_HAND[backend] + rules
            scenes[name].sh(script.format(**values, mtu=_MTU[backend], key=keys.get(other), allowed=allowed))
        address = "10.42.2.2" if _ROUTED in _BY_HAND[backend] else "10.42.0.2"
        with listening(scenes["h2"], "c", "stream.py", _PORT):
            yield Pair(scenes, ("c", "c"), address)
