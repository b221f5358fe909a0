# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    Neighbour,
    Route,
    changed,
    everything_leaves,
    kernel_of,
    planned,
    refused,
    want,
)

MAC = "02:50:27:89:8e:e2"


def host(**more):
    link = Link("ch-web", "bridge", MAC, **{"owner": "plan/web", "data": {"IFLA_BR_AGEING_TIME": 30000}, **more})
    return Namespace(links=[link], addresses={"ch-web": ["10.80.0.1/24"]})


def test_a_missing_bridge_is_added():
    assert changed(kernel_of(), want("bridge", name="ch-web", addresses=["10.80.0.1/24"])) == [
        "bridge ch-web (web): absent → addresses: 10.80.0.1/24"
    ]


def test_one_that_is_as_wanted_stays_as_it_is():
    wanted = want("bridge", name="ch-web", mac=MAC.upper(), addresses=["10.80.0.1/24"], ageing_time=300, mtu=1500)
    assert changed(kernel_of(host()), wanted) == []


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"mtu": 1400}, "mtu: 1500 → mtu: 1400"),
        ({"ageing_time": 0}, "ageing_time: 300 → ageing_time: 0"),
        ({"up": False}, "up: yes → up: no"),
        ({"mac": "02:00:00:00:00:01"}, f"mac: {MAC} → mac: 02:00:00:00:00:01"),
        ({"addresses": ["10.80.0.2/24", "10.80.0.1/24"]}, " → addresses: 10.80.0.2/24"),
    ],
)
def test_what_differs_is_shown_and_nothing_else(values, line):
    assert changed(kernel_of(host()), want("bridge", name="ch-web", **values)) == [f"bridge ch-web (web): {line}"]


@pytest.mark.parametrize("entry", [
    Neighbour("port", lladdr=MAC),
    Neighbour("ch-web", lladdr=MAC, flags=m.NTF_SELF),
    Neighbour("ch-web", lladdr=MAC, state=m.NUD_STALE),
])  # fmt: skip
def test_one_that_does_not_know_its_own_mac_is_told_it(entry):
    """The kernel makes the entry with the MAC and never again: without it containers do not reach their gateway."""
    there = Namespace(links=[*host().links, Link("port", "dummy", master="ch-web")], fdb=[entry])
    lines = changed(kernel_of(there), want("bridge", name="ch-web", mac=MAC))
    assert lines == ["bridge ch-web (web): own_entry: no → own_entry: yes"]
    # Without a MAC of its own it has that of a port, whose entry it is.
    assert changed(kernel_of(there), want("bridge", name="ch-web")) == []


def test_a_port_of_the_same_mac_has_the_entry_instead():
    port = Link("port", "veth", MAC, master="ch-web")
    there = Namespace(links=[*host().links, port], fdb=[Neighbour("port", lladdr=MAC)])
    assert changed(kernel_of(there), want("bridge", name="ch-web", mac=MAC)) == []


def readings(monkeypatch, bridges):
    """How often forwarding entries are looked through for so many bridges that lack their own."""
    names = [f"ch-{number}" for number in range(bridges)]
    kernel, read = kernel_of(Namespace(links=[Link(name, "bridge", MAC, owner="plan/web") for name in names])), []
    monkeypatch.setattr(kernel, "fdb", lambda netns: read.append(netns) or [])
    lines = changed(kernel, *(want("bridge", name=name, mac=MAC) for name in names))
    assert [line.rpartition(": own_entry")[2] for line in lines] == [": no → own_entry: yes"] * bridges
    return len(read)


def test_forwarding_entries_are_looked_through_as_often_for_many_bridges_as_for_one(monkeypatch):
    assert readings(monkeypatch, 7) == readings(monkeypatch, 1)


@pytest.mark.parametrize(("addresses", "gone"), [
    ([], True), (["fd00::1/64"], True), (["10.80.0.9/24"], True), (["10.81.0.1/24"], False), (["10.80.0.1/24"], False),
])  # fmt: skip
def test_ipv4_routes_go_along_with_the_last_address_of_ipv4(addresses, gone):
    there = host()
    there.routes = [Route("10.80.0.7/32", "ch-web"), Route("fd00::7/128", "ch-web", metric=1024)]
    kernel = kernel_of(there)
    planned(kernel, want("bridge", name="ch-web", addresses=addresses))
    left = [row["dst"] for row in kernel.routes() if row["protocol"] == m.PROTOCOL]
    assert left == ["10.80.0.7/32"] * (not gone) + ["fd00::7/128"]


def test_what_nobody_wants_any_more_goes():
    assert changed(kernel_of(host()), leaves=everything_leaves) == [
        f"bridge ch-web (web): absent ← mac: {MAC}, mtu: 1500, addresses: 10.80.0.1/24"
    ]


@pytest.mark.parametrize(
    ("link", "found"),
    [
        (Link("ch-web", "bridge", MAC), f"mac: {MAC}; mtu: 1500"),
        (Link("ch-web", "dummy", MAC), f"mac: {MAC}; mtu: 1500; kind: dummy"),
        (Link("ch-web", None, MAC), f"mac: {MAC}; mtu: 1500; kind: physical"),
        (Link("ch-web", "bridge", MAC, alias="uplink of the rack"), f"mac: {MAC}; mtu: 1500"),
    ],
)
def test_a_device_of_somebody_else_s_is_in_the_way(link, found):
    assert refused(kernel_of(Namespace(links=[link])), want("bridge", name="ch-web")) == [
        f"bridge ch-web (web) cannot be made: there is one already that is not ours ({found});"
        " rename or remove one of the two"
    ]


def test_what_another_run_was_killed_over_is_taken_on():
    left = host(owner=None, group=0x6368)
    assert changed(kernel_of(left), want("bridge", name="ch-web", mac=MAC)) == [
        "bridge ch-web (web):  → owner: plan/web"
    ]
    assert "not ours" in refused(kernel_of(left), want("bridge", name="ch-web", mac="02:00:00:00:00:09"))[0]
    # Our name and MAC alone prove nothing: somebody may have read them off another host of ours.
    assert "not ours" in refused(kernel_of(host(owner=None)), want("bridge", name="ch-web", mac=MAC))[0]


def test_a_task_s_bridge_is_not_the_plan_s():
    assert refused(kernel_of(host(owner="task")), want("bridge", name="ch-web")) == [
        "bridge ch-web belongs to task, not to plan/web: change it there, or give this one another name"
    ]


def test_each_namespace_has_its_own():
    kernel = kernel_of(host(), shop=Namespace())
    assert changed(kernel, want("bridge", name="ch-web"), want("bridge", name="ch-web", netns="shop")) == [
        "bridge ch-web (web): absent → present"
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"priority": 65536}, "priority 65536"),
        ({"forward_delay": 1}, "forward_delay 1"),
        ({"mtu": 67}, "mtu 67"),
        ({"mtu": 1279, "addresses": ["fd00::1/64"]}, "mtu 1279 is too small for IPv6, which needs 1280"),
        ({"addresses": ["fe80::1/64"]}, "address fe80::1/64 is link-local"),
        ({"mac": "01:00:5e:00:00:01"}, "01:00:5e:00:00:01"),
    ],
)
def test_what_no_kernel_takes_is_refused(values, sentence):
    with pytest.raises(Problem, match=sentence):
        want("bridge", name="ch-web", **values)


@pytest.mark.parametrize(
    ("dst", "protocol", "refusals"),
    [("10.80.0.64/26", 3, 1), ("10.80.0.64/26", 143, 0), ("fd00:80::/72", 3, 1), ("fd00:80::/72", 143, 0)],
)
def test_a_network_that_the_host_routes_to_is_in_the_way_unless_the_route_is_ours(dst, protocol, refusals):
    there = kernel_of(Namespace(links=[Link("eth0")], routes=[Route(dst, "eth0", protocol=protocol)]))
    wanted = want("bridge", name="ch-web", addresses=["10.80.0.1/24", "fd00:80::1/64"])
    if refusals:
        assert [f"overlaps {dst}" in line for line in refused(there, wanted)] == [True]
    else:
        assert len(changed(there, wanted)) == 1
