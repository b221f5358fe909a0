# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import Device, Peer
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    planned,
    refused,
    want,
)

MINE, OTHER, THIRD = ("X" * 42 + "A=", "Y" * 42 + "A=", "Z" * 42 + "A=")
DEVICE = {"name": "ch-fabric", "port": 51820, "mtu": 1440}
PEER = {
    "device": "ch-fabric",
    "public_key": OTHER,
    "endpoint": "198.18.7.12:51820",
    "allowed_ips": ["10.42.1.0/24", "fd00:42:0:1::/64"],
}
ALLOWED = ("10.42.1.0/24", "fd00:42:0:1::/64")


def host(kind="wireguard", device=None, peers=None, links=(), **more):
    """A host with a device as it is wanted, but for what is said."""
    own = Link("ch-fabric", kind, mtu=1440, **{"owner": "plan/web", **more})
    kernel = kernel_of(Namespace(links=[own, Link("eth0", mtu=1500), *links], addresses={"eth0": ["198.18.7.11/24"]}))
    there = {OTHER: Peer("198.18.7.12:51820", ALLOWED, 0, 0, False)} if peers is None else peers
    kernel.tunnels.devices["ch-fabric"] = (device or Device(MINE, 51820, 0, {}))._replace(peers=there)
    kernel.tunnels.public["ch-fabric"] = MINE
    return kernel


def bare():
    kernel = kernel_of(Namespace(links=[Link("eth0")], addresses={"eth0": ["198.18.7.11/24"]}))
    kernel.tunnels.public["ch-fabric"] = MINE
    return kernel


class TestDevice:
    @pytest.mark.parametrize(("by_kernel", "by"), [(True, "the kernel"), (False, "wireguard-go")])
    def test_it_is_made_by_whoever_can(self, by_kernel, by):
        kernel = bare()
        kernel.tunnels.by_kernel = by_kernel
        (line,) = changed(kernel, want("wireguard", **DEVICE))
        assert line == (f"wireguard ch-fabric (web): absent → port: 51820, mtu: 1440, by: {by}, public_key: {MINE}")

    @pytest.mark.parametrize("kind", ["wireguard", "tun"])
    def test_one_that_is_as_wanted_stays_as_it_is(self, kind):
        kernel = host(kind)
        kernel.tunnels.by_kernel = kind == "tun"  # a kernel that has got it since changes nothing
        assert changed(kernel, want("wireguard", **DEVICE), want("wireguard_peer", **PEER)) == []

    @pytest.mark.parametrize(
        ("device", "line"),
        [
            (Device(MINE, 999, 0, {}), "port: 999 → port: 51820"),
            (Device(OTHER, 51820, 0, {}), f"public_key: {OTHER} → public_key: {MINE}"),
            (Device(None, 51820, 0, {}), f" → public_key: {MINE}"),
            (Device(MINE, 51820, 7, {}), "fwmark: 7 → fwmark: 0"),
        ],
    )
    def test_what_differs_is_mended(self, device, line):
        assert changed(host(device=device), want("wireguard", **DEVICE), want("wireguard_peer", **PEER)) == [
            f"wireguard ch-fabric (web): {line}"
        ]

    @pytest.mark.parametrize("kind", ["wireguard", "tun"])
    def test_one_of_another_name_takes_the_port_that_one_of_ours_leaves(self, kind):
        kernel = host(kind)
        kernel.tunnels.by_kernel = kind == "wireguard"
        kernel.tunnels.public["ch-cloth"] = THIRD
        kernel.ports.udp_program = lambda port, netns: "wireguard-go (process 7)"
        lines = changed(kernel, want("wireguard", **{**DEVICE, "name": "ch-cloth"}), leaves=everything_leaves)
        assert [line.partition(" (")[0] for line in lines][:2] == ["wireguard ch-fabric", "wireguard ch-cloth"]

    def test_another_s_tun_device_is_in_the_way(self):
        (said,) = refused(host("tun", owner=None), want("wireguard", **DEVICE))
        assert "there is one already that is not ours" in said

    def test_it_goes_with_its_peers_and_its_key(self):
        lines = changed(host(), leaves=everything_leaves)
        assert [line.partition(" (")[0] for line in lines] == ["wireguard ch-fabric", "wireguard_key ch-fabric"]

    @pytest.mark.parametrize(
        ("missing", "by_kernel", "said"),
        [
            ("wg", True, "it needs wg, which is not installed: install it (on Debian, wireguard-tools)"),
            ("wireguard-go", False, "this kernel has no WireGuard, and wireguard-go is not installed"),
        ],
    )
    def test_a_program_that_is_missing_is_named_and_asked_for(self, missing, by_kernel, said):
        kernel = bare()
        kernel.tunnels.installed.discard(missing)
        kernel.tunnels.by_kernel = by_kernel
        assert said in refused(kernel, want("wireguard", **DEVICE))[0]
        assert kernel.notes("lacks") == [missing]

    def test_a_kernel_that_has_it_needs_no_wireguard_go(self):
        kernel = bare()
        kernel.tunnels.installed.discard("wireguard-go")
        assert len(changed(kernel, want("wireguard", **DEVICE))) == 1

    def test_without_a_key_it_is_not_made(self):
        kernel = bare()
        kernel.tunnels.public.clear()
        assert "there is no key ch-fabric; make it first" in refused(kernel, want("wireguard", **DEVICE))[0]
        both = want("wireguard_key", name="ch-fabric"), want("wireguard", **DEVICE)
        assert [line.split()[0] for line in changed(kernel, *both)] == ["wireguard_key", "wireguard"]

    def test_a_port_that_somebody_has_is_told(self):
        vxlan = Link("vx0", "vxlan", data={"IFLA_VXLAN_PORT": 51820, "IFLA_VXLAN_ID": 7})
        taken = kernel_of(Namespace(links=[vxlan], programs={51820: "dnsmasq (process 7)"}))
        taken.tunnels.public["ch-fabric"] = MINE
        said = refused(taken, want("wireguard", **DEVICE))
        assert any("vx0 has UDP port 51820" in each for each in said)
        assert any("dnsmasq (process 7) has UDP port 51820" in each for each in said)

    def test_its_own_port_is_not_in_its_way(self):
        kernel = host("tun")
        assert changed(kernel, want("wireguard", **{**DEVICE, "mtu": 1400}), want("wireguard_peer", **PEER)) == [
            "wireguard ch-fabric (web): mtu: 1440 → mtu: 1400"
        ]

    @pytest.mark.parametrize(("lower", "room"), [("198.18.7.11", 1440), ("fd77::1", 1420)])
    def test_an_interface_that_carries_less_is_told_before_anything_is_done(self, lower, room):
        kernel = kernel_of(Namespace(links=[Link("eth0", mtu=1500)], addresses={"eth0": [f"{lower}/64"[:-3] + "/24"]}))
        kernel.tunnels.public["ch-fabric"] = MINE
        wanted = want("wireguard", **{**DEVICE, "mtu": room + 1, "local": lower})
        (said,) = refused(kernel, wanted)
        assert f"mtu {room + 1} does not fit eth0, whose 1500 leaves {room}" in said

    def test_a_namespace_is_for_the_kernel_s_alone(self):
        kernel = kernel_of(Namespace(), shop=Namespace())
        kernel.tunnels.public["ch-fabric"] = MINE
        wanted = want("wireguard", **DEVICE, netns="shop")
        assert len(changed(kernel, wanted)) == 1
        kernel.tunnels.by_kernel = False
        assert "wireguard-go has one device of a name" in refused(kernel, wanted)[0]


class TestKey:
    def test_a_damaged_one_is_mended(self):
        kernel = host()
        kernel.tunnels.damaged.add("ch-fabric")
        wanted = want("wireguard_key", name="ch-fabric"), want("wireguard", **DEVICE), want("wireguard_peer", **PEER)
        assert changed(kernel, *wanted) == ["wireguard_key ch-fabric (web): intact: no → intact: yes"]

    def test_no_step_has_a_key_in_it(self):
        kernel = bare()
        kernel.tunnels.public.clear()
        todo = planned(kernel, want("wireguard_key", name="ch-fabric"), want("wireguard", **DEVICE))
        assert MINE not in repr(todo)


class TestPeer:
    @pytest.mark.parametrize(
        ("peer", "line"),
        [
            (
                Peer("198.18.7.99:51820", ALLOWED, 0, 0, False),
                "endpoint: 198.18.7.99:51820 → endpoint: 198.18.7.12:51820",
            ),
            (Peer(None, ALLOWED, 0, 0, False), " → endpoint: 198.18.7.12:51820"),
            (Peer("198.18.7.12:51820", ALLOWED[:1], 0, 0, False), " → allowed_ips: fd00:42:0:1::/64"),
            (Peer("198.18.7.12:51820", ALLOWED, 0, 25, False), "keepalive: 25 → keepalive: 0"),
            (Peer("198.18.7.12:51820", ALLOWED, 0, 0, True), "secret: yes → secret: no"),
        ],
    )
    def test_what_differs_is_mended(self, peer, line):
        assert changed(host(peers={OTHER: peer}), want("wireguard", **DEVICE), want("wireguard_peer", **PEER)) == [
            f"wireguard_peer {OTHER} on ch-fabric (web): {line}"
        ]

    @pytest.mark.parametrize(("ago", "stays"), [(10, True), (200, False)])
    def test_one_that_roams_is_where_it_has_answered_from_lately(self, ago, stays):
        there = Peer("203.0.113.7:4500", ALLOWED, int(time.time()) - ago, 0, False)
        wanted = want("wireguard", **DEVICE), want("wireguard_peer", **PEER, roams=True)
        assert (changed(host(peers={OTHER: there}), *wanted) == []) is stays

    def test_nobody_else_is_known(self):
        peers = {key: Peer(f"198.18.7.{n}:51820", ALLOWED[:1] if n == 13 else ALLOWED, 0, 0, False)
                 for n, key in ((13, THIRD), (12, OTHER))}  # fmt: skip
        wanted = want("wireguard", **DEVICE), want("wireguard_peer", **PEER)
        (line,) = changed(host(peers=peers), *wanted, leaves=everything_leaves)[:1]
        assert line.startswith(f"wireguard_peer {THIRD} on ch-fabric (web): absent ←")

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"public_key": "abc"}, "public_key 'abc' is no key"),
            ({"public_key": "!" * 43 + "="}, "is no key"),
            ({"endpoint": "198.18.7.12"}, "is no address and port: write it as 192.0.2.1:51820"),
            ({"endpoint": "fd77::2:51820"}, "is no address and port"),
            ({"endpoint": "[198.18.7.12]:51820"}, "is no address and port"),
            ({"endpoint": "198.18.7.12:0"}, "endpoint 0 is not between 1 and 65535"),
            ({"endpoint": "vpn.example.org:51820"}, "is no IP address"),
            ({"allowed_ips": ["10.42.1.1/24"]}, "allowed_ips '10.42.1.1/24' is no network"),
            ({"keepalive": 70000}, "keepalive 70000 is not between 0 and 65535"),
        ],
    )
    def test_what_no_device_takes_is_refused(self, values, said):
        with pytest.raises(Problem) as error:
            want("wireguard_peer", **{**PEER, **values})
        assert said in str(error.value)

    @pytest.mark.parametrize(
        ("link", "said"),
        [
            ((), "there is no device wg9; make it first (module wireguard)"),
            ((Link("wg9", "dummy", owner="plan/web"),), "wg9 is no WireGuard device (dummy)"),
            ((Link("wg9", "wireguard"),), "wg9 is not ours, so its peers are not ours to say"),
            ((Link("wg9", "wireguard", owner="task"),), "wg9 belongs to task, and its peers with it"),
        ],
    )
    def test_a_device_that_is_not_there_or_not_ours_has_no_peers_of_ours(self, link, said):
        kernel = kernel_of(Namespace(links=link))
        assert said in refused(kernel, want("wireguard_peer", **{**PEER, "device": "wg9"}))[0]
