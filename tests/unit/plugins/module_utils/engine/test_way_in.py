# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
from ansible_collections.containerhost.network.plugins.module_utils.engine.way_in import (
    is_at_risk,
    ssh_connection,
    way_of,
)
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    STATIC,
    Link,
    Namespace,
    Route,
    everything_leaves,
    kernel_of,
    planned,
    want,
)

LOGIN = "192.0.2.12 48824 198.18.0.1 22"
HOST = Namespace(
    links=[
        Link("eth0", mac="02:00:00:00:00:01"),
        Link("eth1", mac="02:00:00:00:00:02"),
        Link("br0", "bridge", mac="02:00:00:00:00:03"),
        Link("port", master="br0"),
        Link("br0.7", "vlan", lower="br0"),
    ],
    addresses={"eth0": ["198.18.0.1/24"], "eth1": ["198.19.0.1/24"], "br0.7": ["203.0.113.1/24"]},
    routes=[
        Route("0.0.0.0/0", "eth0", "198.18.0.2", protocol=STATIC),
        Route("192.0.2.0/26", "eth1", "198.19.0.2", metric=5, protocol=STATIC),
    ],
)


def test_the_way_is_the_device_of_the_best_route_and_that_of_the_hosts_end():
    assert way_of(kernel_of(HOST), LOGIN).devices == {"eth0", "eth1"}
    assert way_of(kernel_of(HOST), "192.0.2.99 1 198.18.0.1 22").devices == {"eth0"}
    mapped = way_of(kernel_of(HOST), "::ffff:192.0.2.99 1 ::ffff:198.18.0.1 2222")
    assert mapped[:3] == ("192.0.2.99", "198.18.0.1", 2222)


def test_what_a_device_stands_on_and_what_is_a_port_of_that_is_on_the_way():
    assert way_of(kernel_of(HOST), "203.0.113.9 1 203.0.113.1 22").devices == {"br0.7", "br0", "port"}


@pytest.mark.parametrize("login", ["", "UNKNOWN 65535 UNKNOWN 65535", "192.0.2.1 5", "192.0.2.1 1 198.18.0.1 ssh"])
def test_a_login_that_says_nothing_of_its_way_has_none(login):
    assert way_of(kernel_of(HOST), login) is None


SHOP = {"engine": "netns", "ref": "shop"}
ISOLATION = {"device": "ch-web", "accept_from": ["ch-web"]}
PORT = {"rule": "publish", "host_port": 22, "address": "10.80.0.2"}
INSIDE, MAC = "192.0.2.8/29", "02:00:00:00:00:09"
RISKY = {
    "a bridge whose network the other end is in": ("bridge", {"name": "ch-web", "addresses": ["192.0.2.1/28"]}),
    "a route to the other end": ("route", {"dst": "192.0.2.0/28", "device": "eth1"}),
    "one to everywhere": ("route", {"dst": "0.0.0.0/0", "device": "eth1", "metric": 1}),
    "one by the device of the way": ("route", {"dst": "10.9.0.0/24", "device": "eth0"}),
    "senders that the other end is one of": ("isolation", {**ISOLATION, "sources": ["192.0.2.0/24"]}),
    "translation of its address": ("nat_rule", {"rule": "masquerade", "source": INSIDE, "unless": INSIDE}),
    "the port of the login": ("nat_rule", {**PORT, "host_port": 20, "host_port_end": 25}),
    "one that takes its parent": ("macvlan", {"parent": "eth0", "mode": "passthru", "sandbox": SHOP}),
    "a shim in its network": ("macvlan", {"parent": "eth1", "interface": "chs-lan", "addresses": ["192.0.2.1/27"]}),
    "another firewall": ("foreign_firewall", {"device": "ch-web"}),
    "what a port of the way may send": ("sender_filter", {"port": "eth1", "mac": MAC}),
    "a neighbour on the device of the way": ("neighbour", {"device": "eth1", "address": "198.19.0.2", "lladdr": MAC}),
}  # fmt: skip
HARMLESS = {
    "a bridge of another network": ("bridge", {"name": "ch-web", "addresses": ["10.80.0.1/24"]}),
    "a route elsewhere": ("route", {"dst": "10.9.0.0/24", "device": "port"}),
    "senders elsewhere": ("isolation", {**ISOLATION, "sources": ["10.80.0.0/24"]}),
    "a port that is not the login's": ("nat_rule", {**PORT, "host_port": 8080}),
    "the login's at another address": ("nat_rule", {**PORT, "host_address": "198.19.0.1"}),
    "its number in UDP": ("nat_rule", {**PORT, "protocol": "udp"}),
    "one that shares its parent": ("macvlan", {"parent": "eth0", "sandbox": SHOP, "addresses": ["192.0.2.5/24"]}),
    "forwarding on the way out": ("forwarding", {"uplink": "eth0"}),
}  # fmt: skip


def change_of(kind, values):
    """An object as a change that adds it, whatever else a host would need for it."""
    return ChangeSet([], [], [Change("add", kind, want(kind, **values), None, {})], [], [], [])


@pytest.mark.parametrize("what", RISKY)
def test_what_could_cut_the_way_is_known(what):
    assert is_at_risk(KINDS, change_of(*RISKY[what]), way_of(kernel_of(HOST), LOGIN))


@pytest.mark.parametrize("what", HARMLESS)
def test_what_could_not_is_no_reason_to_come_back(what):
    assert not is_at_risk(KINDS, change_of(*HARMLESS[what]), way_of(kernel_of(HOST), LOGIN))


def test_what_goes_could_cut_it_too():
    ours = Namespace(
        links=[*HOST.links, Link("ch-web", "bridge", mac="02:00:00:00:00:07", owner="plan/web")],
        addresses={**HOST.addresses, "ch-web": ["10.80.0.1/24"]},
        routes=HOST.routes,
    )
    todo = planned(kernel_of(ours), leaves=everything_leaves)
    assert is_at_risk(KINDS, todo, way_of(kernel_of(ours), "10.80.0.2 1 10.80.0.1 22"))
    assert not is_at_risk(KINDS, todo, way_of(kernel_of(ours), LOGIN))


def test_a_login_is_found_in_a_process_above(monkeypatch):
    """sudo(8) starts programs without its caller's environment."""
    sleep = ["env", "-i", "/bin/sleep", "60"]
    shell = subprocess.Popen(
        ["/bin/sh", "-c", f"{' '.join(sleep)} & echo $!; wait"],
        env={"SSH_CONNECTION": LOGIN, "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        below = int(shell.stdout.readline())
        assert ssh_connection(below) == LOGIN
        assert ssh_connection(1) is None
    finally:
        subprocess.run(["kill", str(below)], check=True)
        shell.wait()
