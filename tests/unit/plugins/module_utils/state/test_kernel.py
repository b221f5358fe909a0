# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the kernel: what it understands of a host's answers, and what it notes of a run."""

from __future__ import annotations

import inspect

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state.readings import Readings
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    Neighbour,
    Route,
    Values,
    kernel_of,
)

QUESTIONS = sorted(name for name in vars(Readings) if not name.startswith("_"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_values_answer_what_a_host_is_asked(name):
    asked, answered = (inspect.signature(getattr(each, name)).parameters for each in (Readings, Values))
    assert [(each.name, each.default) for each in asked.values()] == [
        (each.name, each.default) for each in answered.values()
    ]


HOST = Namespace(
    links=[
        Link("ch-web", "bridge", owner="plan/web"),
        Link("port", "veth", master="ch-web", peer=("/run/netns/shop", "eth0"), port={"IFLA_BRPORT_MODE": 1}),
    ],
    addresses={"ch-web": ["10.80.0.1/24", "fe80::1/64", "fd00::1/64"]},
    routes=[Route("0.0.0.0/0", "port", via="10.80.0.9"), Route("10.9.0.0/16", "ch-web", table=100)],
    neighbours=[Neighbour("ch-web", "10.80.0.2", "02:00:00:00:00:02")],
    fdb=[Neighbour("port", lladdr="02:00:00:00:00:02")],
    sysctls={"net/ipv4/conf/port/forwarding": "1", "net/ipv4/conf/ch-web/forwarding": "1"},
    connected=False,
)
SHOP = Namespace(links=[Link("eth0", "veth", peer=(None, "port"))])


@pytest.fixture
def kernel():
    return kernel_of(HOST, shop=SHOP)


def test_what_is_there_is_told_by_name(kernel):
    assert kernel.netns_names() == ["shop"]
    port, eth0 = kernel.links()["port"], kernel.links("/run/netns/shop")["eth0"]
    assert (port.master, port.owner, port.port) == ("ch-web", None, {"IFLA_BRPORT_MODE": 1})
    assert (port.lower, eth0.lower) == (eth0.index, port.index)
    assert kernel.links()["ch-web"].owner == "plan/web"
    assert kernel.addresses_of("ch-web") == ["10.80.0.1/24", "fd00::1/64"]
    assert [(row["dst"], row["device"], row["via"], row["table"]) for row in kernel.routes()] == [
        ("0.0.0.0/0", "port", "10.80.0.9", 254),
        ("10.9.0.0/16", "ch-web", None, 100),
    ]
    assert [(row["device"], row["NDA_DST"]) for row in kernel.neighbours()] == [("ch-web", "10.80.0.2")]
    assert [(row["device"], row["NDA_LLADDR"]) for row in kernel.fdb()] == [("port", "02:00:00:00:00:02")]


def test_what_a_device_takes_along_is_not_there_any_more(kernel):
    kernel.will_delete_link("ch-web")
    assert kernel.links()["port"].master is None
    assert (kernel.addresses_of("ch-web"), kernel.addresses(), kernel.given_addresses()) == ([], {}, {})
    assert [row["device"] for row in kernel.routes()] == ["port"]
    assert kernel.neighbours() == []
    kernel.will_delete_link("port")
    assert kernel.sysctl("net/ipv4/conf/port/forwarding") is None
    assert kernel.fdb() == []


def test_a_device_that_is_to_have_a_name_is_seen_when_the_one_that_has_it_has_gone(kernel):
    coming = kernel.links()["port"]._replace(name="ch-web", index=-1, alias="containerhost:plan/web uplink port")
    kernel.will_be_link(coming)
    assert (kernel.link("ch-web").kind, kernel.link_to_be("ch-web")) == ("bridge", coming)
    kernel.will_move("port", "ch-web", None)
    kernel.will_delete_link("ch-web")
    assert kernel.link("ch-web") == kernel.link_to_be("ch-web") == coming
    assert [(row["dst"], row["device"]) for row in kernel.routes()] == [("0.0.0.0/0", "ch-web")]
    assert (kernel.addresses_of("ch-web"), kernel.neighbours()) == ([], [])
    assert kernel.sysctl("net/ipv4/conf/ch-web/forwarding") is None


def test_a_namespace_that_is_not_there_holds_nothing(kernel):
    kernel.will_make_netns("/run/netns/cart")
    for path in ("/run/netns/cart", "/run/netns/none"):
        assert (kernel.links(path), kernel.routes(path), kernel.sysctl("net/ipv4/ip_forward", path)) == ({}, [], None)
        assert kernel.table(path).exists is False
    assert (kernel.has_netns("/run/netns/cart"), kernel.has_netns("/run/netns/none")) == (True, False)
