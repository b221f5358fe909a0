# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host knows and a plan cannot: obstacles are found before the first change, in check mode too, and named."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import Host
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    only,
    web_and_fabric,
)


def lan(parent: str = "eth0", mac: str = "02:00:00:00:05:01") -> dict:
    end = {"sandbox": {"engine": "netns", "ref": "cam"}, "mac": mac, "addresses": ["198.18.0.77/24"]}
    return {"version": 1, "netns": [{"network": "lan", "name": "cam"}], "macvlan": [
        {"network": "lan", "parent": parent, **end}
    ]}  # fmt: skip


@contextlib.contextmanager
def listener(host, port: int, address: str = "0.0.0.0") -> Iterator[None]:
    """A program on a UDP port."""
    bind = f"import socket; sock = socket.socket(type=2); sock.bind(('{address}', {port}))"
    program = f"{bind}; print(1, flush=True); sock.recv(9)"
    pid = int(host.start("sh", "-c", f'{sys.executable} -c "{program}" > /run/listening 2>&1 & echo $!').stdout)
    try:
        host.run("timeout", "5", "sh", "-c", "until grep -q 1 /run/listening; do sleep 0.05; done")
        yield
    finally:
        os.kill(pid, signal.SIGKILL)


def test_alternative_names_are_names(host, apply):
    """By the interface: the second run is quiet."""
    host.run("ip", "link", "property", "add", "dev", "eth0", "altname", "enp5s0")
    document = joined(bridge_network("web", 80), only("fabric"), lan("enp5s0"))
    document["vxlan"][0]["link"] = "enp5s0"
    for row in document["forwarding"]:
        if "uplink" in row:
            row["uplink"] = "enp5s0"
    apply(document)
    assert host.run("cat", "/proc/sys/net/ipv4/conf/eth0/forwarding").strip() == "1"
    document["vxlan"][0]["link"] = document["macvlan"][0]["parent"] = "eth0"
    assert not host.module("document", document=document, remove=["*"])["changed"]


@pytest.mark.parametrize("name", ["ch-web", "ch-fabric", "chvshop"])
def test_an_alternative_name_in_the_way_is_told_once_by_the_device_that_has_it(host, refused, name):
    host.run("ip", "link", "property", "add", "dev", "eth0", "altname", name)
    message = refused(web_and_fabric())
    assert f"{name} is an alternative name of eth0, which is not ours" in message
    assert len(message.splitlines()) == 2  # and that nothing has been changed


def test_a_vxlan_that_takes_every_vni_has_the_port(host, refused):
    host.run("sh", "-ec", "ip link add ovs0 type vxlan external dstport 4789; ip link set ovs0 up")
    message = refused(only("fabric"))
    assert "ovs0, which is not ours, has UDP port 4789 for all VNIs" in message
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize("address", ["0.0.0.0", "198.18.0.1"])
def test_a_program_that_has_the_port_is_named(host, refused, address):
    with listener(host, 4789, address):
        assert "python" in (message := refused(only("fabric")))
    assert "has UDP port 4789 on this host" in message
    assert len(message.splitlines()) == 2


def test_a_vxlan_of_ours_or_another_s_shares_the_port(host, apply):
    host.run("sh", "-ec", "ip link add theirs type vxlan id 7 dstport 4789 local 198.18.0.1; ip link set theirs up")
    apply(only("fabric"))
    other = only("fabric")
    more = {"name": "ch-more", "vni": 43, "mac": "02:00:00:00:09:11", "addresses": []}
    other["vxlan"].append({**other["vxlan"][0], **more})
    apply(other)


AWAY = "ip link add vx9 type vxlan id 42 dstport 4789; ip link set vx9 netns"


def test_a_vni_that_a_device_in_another_namespace_has_is_named(host, refused):
    host.run("sh", "-ec", f"ip netns add swarm; {AWAY} swarm")
    text = "vx9, which is not ours and was taken to namespace swarm, has VNI 42 on port 4789 of this host"
    assert text in refused(only("fabric"))


def test_nor_can_it_be_had_from_a_namespace_without_a_name(host, refused, unnamed):
    host.run("sh", "-ec", f"{AWAY} {unnamed}")
    text = f"vx9, which is not ours and was taken to the namespace of process {unnamed}, has VNI 42 on port 4789"
    assert text in refused(only("fabric"))


def test_a_mac_that_a_device_in_a_namespace_without_a_name_has_is_named(host, refused, unnamed):
    document = lan()
    mac = document["macvlan"][0]["mac"]
    taken = f"ip link add theirs link eth0 address {mac} type macvlan mode bridge; ip link set theirs netns {unnamed}"
    host.run("sh", "-ec", taken)
    assert f"eth0 has a macvlan with the MAC {mac} already, which is not ours" in refused(document)


def test_nor_does_one_of_another_host_s_parent_matter(host, apply, unnamed):
    """It has the same number there."""
    document = lan()
    mac, number = document["macvlan"][0]["mac"], host.run("cat", "/sys/class/net/eth0/ifindex").strip()
    inside = f"nsenter --net=/proc/{unnamed}/ns/net ip"
    host.run("sh", "-ec", (
        f"{inside} link add far index {number} type veth peer far0;"
        f"{inside} netns add far && {inside} link add theirs link far address {mac} netns far type macvlan mode bridge"
    ))  # fmt: skip
    apply(document)


@pytest.fixture
def unnamed(host):
    """A process in a namespace of its own, as an engine's container is."""
    here = "$(readlink /proc/self/ns/net)"
    until = f'until [ "$(readlink /proc/$!/ns/net)" != "{here}" ]; do sleep 0.01; done'
    process = int(host.run("sh", "-ec", f"unshare --net sleep 100 > /dev/null 2>&1 & {until}; echo $!"))
    yield process
    os.kill(process, signal.SIGKILL)


def test_a_vni_of_a_device_that_was_made_elsewhere_is_no_matter(host, apply):
    host.run("sh", "-ec", "ip netns add swarm; ip -n swarm link add vx9 type vxlan id 42 dstport 4789")
    apply(only("fabric"))


def test_a_mac_that_is_on_the_parent_already_is_named(host, refused, apply):
    host.run("ip", "netns", "add", "other")
    host.run(*"ip link add x link eth0 netns other address 02:00:00:00:05:09 type macvlan".split())
    assert "eth0 has the MAC 02:00:c6:12:00:01 itself" in refused(lan(mac="02:00:c6:12:00:01"))
    text = "eth0 has a macvlan with the MAC 02:00:00:00:05:09 already, which is not ours"
    assert text in refused(lan(mac="02:00:00:00:05:09"))
    apply(lan())


@pytest.mark.parametrize(
    ("prepare", "what"),
    [
        ("ip addr add 10.80.1.9/24 dev eth0", "10.80.1.0/24, which this host is on by eth0"),
        ("ip addr add 10.80.0.5/16 dev eth0", "10.80.0.0/16, which this host is on by eth0"),
        ("ip addr add 10.80.1.77/32 dev eth0", "10.80.1.77/32, which this host is on by eth0"),
        ("ip route add 10.80.1.64/26 via 198.18.0.2", "10.80.1.64/26, which this host routes to by eth0"),
        ("ip route add 10.80.0.0/16 via 198.18.0.2", "10.80.0.0/16, which this host routes to by eth0"),
        ("ip link add docker0 type bridge; ip addr add 10.80.1.1/24 dev docker0", "which this host is on by docker0"),
        ("ip -6 addr add fd00:80:1::9/64 dev eth0 nodad", "fd00:80:1::/64, which this host is on by eth0"),
    ],
)
def test_a_network_that_the_host_is_on_or_routes_to_is_named(host, refused, prepare, what):
    host.run("sh", "-ec", prepare)
    message = refused(bridge_network("web", 80))
    assert f"overlaps {what}" in message or what in message
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize("prepare", [
    "ip route add 10.0.0.0/8 via 198.18.0.2", "ip route add 10.81.0.0/16 via 198.18.0.2",
    "ip addr add 10.80.2.1/24 dev eth0", "ip route add 10.80.1.0/24 via 198.18.0.2 table 100",
])  # fmt: skip
def test_a_way_out_is_no_network_and_what_is_there_already_stays(host, apply, prepare):
    host.run("sh", "-ec", prepare)
    apply(bridge_network("web", 80))
    host.run("ip", "addr", "add", "10.80.1.9/24", "dev", "eth0")
    assert not host.module("document", document=bridge_network("web", 80), remove=["*"])["changed"]


def test_the_same_vtep_of_another_host_on_this_machine_stays(tmp_path_factory):
    """As in two labs of one inventory: their hosts' devices have the same names, MACs and owners."""
    hosts = [Host(tmp_path_factory.mktemp(name)) for name in ("one", "other")]
    try:
        for host in hosts:
            assert host.module("document", document=only("fabric"))["changed"]
        for host in hosts:
            assert not host.module("document", document=only("fabric"))["changed"]
    finally:
        for host in hosts:
            host.end()
