# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of Docker's own published ports lead to a container of ours already, and when Docker is asked for them."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state.engines import docker_daemon, docker_ports
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import want

ADDRESSES = {4: "10.80.0.2", 6: "fd00:80::2"}


def rule(host_port, version=4, **more):
    given = {"rule": "publish", "host_port": host_port, "address": ADDRESSES[version], "port": 80, **more}
    return want("nat_rule", **given)


def container(*ports, name="/blog_proxy_1"):
    rows = [{"IP": ip, "PrivatePort": 80, "PublicPort": port, "Type": type_} for ip, port, type_ in ports]
    return {"Id": "4f", "Names": [name], "Ports": [*rows, {"PrivatePort": 3306, "Type": "tcp"}]}


@pytest.mark.parametrize(
    ("ours", "theirs", "meet"),
    [
        (rule(8080), ("0.0.0.0", 8080, "tcp"), True),
        (rule(8080), ("127.0.0.1", 8080, "tcp"), True),
        (rule(8080), ("::", 8080, "tcp"), False),
        (rule(8080, 6), ("::", 8080, "tcp"), True),
        (rule(8080), ("0.0.0.0", 8081, "tcp"), False),
        (rule(8080, host_port_end=8089, port=8080), ("0.0.0.0", 8085, "tcp"), True),
        (rule(8080), ("0.0.0.0", 8080, "udp"), False),
        (rule(53, protocol="udp", host_address="192.0.2.1"), ("0.0.0.0", 53, "udp"), True),
        (rule(53, protocol="udp", host_address="192.0.2.1"), ("192.0.2.1", 53, "udp"), True),
        (rule(53, protocol="udp", host_address="192.0.2.1"), ("192.0.2.2", 53, "udp"), False),
        (rule(53, 6, host_address="fd00::1"), ("fd00:0::1", 53, "tcp"), True),
        (rule(8080, host_interface="eth0"), ("192.0.2.2", 8080, "tcp"), True),
    ],
)
def test_who_has_a_port_that_leads_elsewhere_is_named(ours, theirs, meet):
    port, protocol = theirs[1:]
    address = ours.values["address"]
    assert docker_ports.clashes([ours], [container(theirs), container(name="/db")]) == [
        f"web: port {port}/{protocol} of this host leads to {address}, and Docker publishes it for its container"
        " blog_proxy_1, which nobody reaches by it: publish one of them on another port"
    ] * meet


NETWORK = want("docker_network", name="web", bridge="ch-web", subnets=[{"subnet": "10.80.0.0/24"}])


@pytest.mark.parametrize(
    ("wanted", "runs", "asked"),
    [
        ([rule(80), NETWORK], True, 1),
        ([rule(80), NETWORK], False, 0),
        ([rule(80)], True, 0),
        ([NETWORK, want("nat_rule", rule="masquerade", source="10.80.0.0/24")], True, 0),
    ],
)
def test_docker_is_asked_where_it_has_a_network_of_ours_beside_our_ports(monkeypatch, wanted, runs, asked):
    paths = []
    monkeypatch.setattr(docker_daemon, "is_running", lambda: runs)
    monkeypatch.setattr(docker_daemon, "request", lambda method, path: paths.append(path) or {"message": "no list"})
    assert docker_ports.sentences(wanted) == []
    assert len(paths) == asked


def test_a_daemon_that_does_not_answer_is_told_of_by_its_network(monkeypatch):
    def fails(*_asked):
        raise docker_daemon.Unanswered("docker does not answer")

    monkeypatch.setattr(docker_daemon, "is_running", lambda: True)
    monkeypatch.setattr(docker_daemon, "request", fails)
    assert docker_ports.sentences([rule(80), NETWORK]) == []
