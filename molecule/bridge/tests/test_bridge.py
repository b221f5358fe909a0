# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bridge networks, by real traffic between lab hosts."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator

import pytest
from testinfra.host import Host

ONCE = "ip netns exec %s ping -c 1 -W 1 %s"


def address(host: Host, container: str, network_prefix: str) -> str:
    """The container's address that begins so."""
    links = json.loads(host.check_output("ip -n %s -j address", container))
    found = [each["local"] for link in links for each in link["addr_info"]]
    return next(each for each in found if each.startswith(network_prefix))


@contextlib.contextmanager
def listening(host: Host, container: str, port: int, protocol: str = "tcp") -> Iterator[None]:
    """An echo server in a container, for the length of a block."""
    family = "TCP6-LISTEN" if protocol == "tcp" else "UDP6-RECVFROM"
    command = ["nsenter", f"--target={host.backend.pid}", "--all", "--", "ip", "netns", "exec", container]
    command += ["socat", f"{family}:{port},fork,reuseaddr,ipv6only=0", "EXEC:cat"]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        flag = "-ltn" if protocol == "tcp" else "-lun"
        ready = f"ip netns exec {container} ss {flag} | grep -q ':{port} '"
        wait = f"for i in $(seq 300); do {ready} && exit; sleep 0.1; done; exit 1"
        assert host.run(wait).rc == 0
        yield
    finally:
        server.terminate()
        server.wait()


def answers(host: Host, target: str, prefix: str = "", protocol: str = "TCP") -> bool:
    """Whether an echo comes back from host:port, asked from the host or (prefix) from a container of it, at last."""
    return any(not silent(host, target, prefix, protocol) for _again in range(8))


def silent(host: Host, target: str, prefix: str = "", protocol: str = "TCP") -> bool:
    """Whether none comes back at once."""
    done = host.run(f"echo hello | {prefix} timeout 3 socat -t 1 - {protocol}:{target},connect-timeout=1")
    return "hello" not in done.stdout


def reaches(host: Host, container: str, target: str) -> bool:
    """With the patience that a busy machine takes."""
    return any(not cut_off(host, container, target) for _again in range(8))


def cut_off(host: Host, container: str, target: str) -> bool:
    return host.run(ONCE, container, target).rc != 0


@pytest.mark.parametrize("prefix", ["10.90.", "fd00:90:"])
def test_containers_of_a_bridge_and_their_host_reach_each_other(hosts, prefix):
    edge = hosts["edge-1"]
    target = address(edge, "mario2", prefix)
    assert reaches(edge, "mario", target)
    assert edge.run("ping -c 1 -W 1 %s", target).rc == 0


def test_a_pinned_address_fixes_its_hosts_slice(hosts):
    assert address(hosts["edge-2"], "luigi", "10.90.") == "10.90.7.77"
    assert "10.90.7.1/24" in hosts["edge-2"].check_output("ip -o address show ch-front")


def test_the_outside_sees_the_hosts_address(hosts):
    edge, outside = hosts["edge-1"], hosts["outside"]
    assert reaches(edge, "mario", "198.18.0.1")
    server = subprocess.Popen(
        [
            "nsenter",
            f"--target={outside.backend.pid}",
            "--all",
            "--",
            "socat",
            "TCP-LISTEN:7000,reuseaddr",
            "SYSTEM:echo $SOCAT_PEERADDR",
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        wait = "for i in $(seq 50); do ss -ltn | grep -q ':7000 ' && exit; sleep 0.1; done; exit 1"
        assert outside.run(wait).rc == 0
        seen = edge.check_output("ip netns exec mario timeout 3 socat -t 1 - TCP:198.18.0.1:7000 < /dev/null")
    finally:
        server.terminate()
        server.wait()
    assert seen == "198.18.9.1"


@pytest.mark.parametrize(
    ("asker", "prefix"),
    [
        ("outside", ""),
        ("edge-2", ""),
        ("edge-1", ""),
        ("edge-1", "ip netns exec mario2"),
        ("edge-1", "ip netns exec mario"),
    ],
)
def test_a_published_port_answers_from_everywhere(hosts, asker, prefix):
    with listening(hosts["edge-1"], "mario", 80):
        assert answers(hosts[asker], "198.18.9.1:8080", prefix)


def test_a_udp_port_answers_too(hosts):
    with listening(hosts["edge-1"], "mario", 53, "udp"):
        assert answers(hosts["outside"], "198.18.9.1:5353", protocol="UDP")


def test_a_port_on_loopback_answers_there_only(hosts):
    with listening(hosts["edge-1"], "mario", 80):
        assert answers(hosts["edge-1"], "127.0.0.1:8081")
        assert silent(hosts["outside"], "198.18.9.1:8081")


def test_a_port_that_is_not_published_is_out_of_reach_even_by_a_direct_route(hosts):
    edge, outside = hosts["edge-1"], hosts["outside"]
    target = address(edge, "mario2", "10.90.")
    outside.check_output("ip route replace %s/32 via 198.18.9.1 dev eth0 onlink", target)
    try:
        assert outside.run("ping -c 1 -W 1 %s", target).rc != 0
        with listening(edge, "mario2", 80):
            assert silent(outside, f"{target}:80")
    finally:
        outside.check_output("ip route delete %s/32", target)


def test_sources_limit_who_reaches_a_published_port(hosts):
    with listening(hosts["edge-1"], "toad", 80):
        assert answers(hosts["outside"], "198.18.9.1:9000")
        assert silent(hosts["edge-2"], "198.18.9.1:9000")


def test_networks_are_apart_from_each_other(hosts):
    edge = hosts["edge-1"]
    assert cut_off(edge, "peach", address(edge, "mario", "10.90."))
    assert cut_off(edge, "mario", address(edge, "peach", "10.91."))


def test_without_icc_containers_are_apart_and_still_get_out(hosts):
    edge = hosts["edge-1"]
    assert cut_off(edge, "peach", address(edge, "toad", "10.91."))
    assert reaches(edge, "peach", "198.18.0.1")


def test_an_internal_network_has_no_way_out(hosts):
    edge = hosts["edge-2"]
    assert reaches(edge, "bowser", address(edge, "yoshi", "10.92."))
    assert cut_off(edge, "bowser", "198.18.0.1")


def test_full_packets_pass(hosts):
    edge = hosts["edge-1"]
    target = address(edge, "mario2", "10.90.")
    assert edge.run("ip netns exec mario ping -M do -s 1472 -c 1 -W 1 %s", target).rc == 0


def test_the_host_does_not_route_for_strangers(hosts):
    """Forwarding is on for eth0 now, and only for what is ours."""
    edge, outside = hosts["edge-1"], hosts["outside"]
    assert edge.check_output("sysctl -n net.ipv4.ip_forward") == "0"
    outside.check_output("ip route replace 198.18.9.2/32 via 198.18.9.1 dev eth0 onlink")
    try:
        assert outside.run("ping -c 1 -W 1 198.18.9.2").rc != 0
    finally:
        outside.check_output("ip route delete 198.18.9.2/32")
