# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import wanted_object
from ansible_collections.containerhost.network.plugins.module_utils.kinds.isolation import Isolation
from ansible_collections.containerhost.network.plugins.module_utils.kinds.nat_rule import NatRule
from ansible_collections.containerhost.network.plugins.module_utils.kinds.open_port import OpenPort

PORT = {"rule": "publish", "host_port": 80, "address": "10.0.0.2"}


def spelled(kind, values):
    return wanted_object(kind, values, "plan/web").values


@pytest.mark.parametrize(("kind", "values"), [
    (Isolation(), {"device": "ch-web", **options})
    for options in (
        {}, {"way_out": False}, {"protect": False}, {"internal": True, "accept_from": ["ch-b"]},
        {"sources": ["10.0.0.0/24", "fd00::/64"]}, {"sources": []}, {"own_ports": ["51820/udp"]},
        {"only_switched": ["ipv4"]}, {"only_switched": ["ipv6", "ipv4"]},
    )
] + [
    (NatRule(), PORT), (NatRule(), {**PORT, "sources": ["10.0.0.0/8"]}),
    (OpenPort(), {"address": "10.0.0.2", "port": 80, "sources": ["10.0.0.0/8"]}),
])  # fmt: skip
def test_what_is_exported_is_the_same_object(kind, values):
    whole = spelled(kind, values)
    assert spelled(kind, kind.export(whole)) == whole


@pytest.mark.parametrize(("kind", "values"), [
    (Isolation(), {"device": "ch-web", "only_switched": ["ipv6"]}),
    (Isolation(), {"device": "ch-web", "way_out": False, "sources": ["10.0.0.0/24", "10.0.1.7/32", "fd00::1/128"]}),
    (NatRule(), {**PORT, "sources": ["10.0.0.7/32", "192.0.2.0/24"], "host_address": "192.0.2.1"}),
    (OpenPort(), {"address": "fd00::2", "port": 80, "sources": ["fd00::7/128"]}),
])  # fmt: skip
def test_an_objects_elements_tell_all_of_it(kind, values):
    whole = spelled(kind, values)
    elements = {}
    for element in kind.elements(whole):
        elements.setdefault(element.set, {})[element.key] = (element.value, "containerhost:plan/web")
    (found,) = kind.objects(elements)
    told = {name: value for name, value in found.values.items() if name != "wherever"}  # which the host says
    assert {name: whole[name] for name in told} == told
    assert {*found.elements} == {*kind.elements(whole)}


def test_sources_that_lie_in_others_of_them_are_those():
    assert spelled(Isolation(), {"device": "ch-web", "sources": ["10.0.0.0/8", "10.1.0.0/16", "fd00::/64"]})[
        "sources"
    ] == ["10.0.0.0/8", "fd00::/64"]


@pytest.mark.parametrize("kind", [NatRule(), OpenPort()])
def test_a_list_that_names_nobody_is_a_mistake(kind):
    values = PORT if kind.name == "nat_rule" else {"address": "10.0.0.2", "port": 80}
    with pytest.raises(Problem, match="`sources` is empty"):
        spelled(kind, {**values, "sources": []})


@pytest.mark.parametrize(("given", "ports"), [
    ([], []),
    (["9100/tcp", "53/udp", "53/tcp"], ["53/tcp", "9100/tcp", "53/udp"]),
    (["8000-8010/tcp", "8005-8020/tcp", "8021/tcp", "8000/udp"], ["8000-8021/tcp", "8000/udp"]),
    (["8000-8100/tcp", "8050/tcp"], ["8000-8100/tcp"]),
])  # fmt: skip
@pytest.mark.parametrize(("option", "name"), [("host_access", "host_ports"), ("own_ports", "own_ports")])
def test_ports_of_the_host_are_one_element_each(given, ports, option, name):
    plain = Isolation().normalise({"device": "ch-web", option: given})
    assert plain[option] == ports
    elements = [each.key for each in Isolation().elements(plain) if each.set == name]
    words = (port.split("/") for port in ports)
    assert elements == [f"ch-web . {protocol} . {numbers}" for numbers, protocol in words]


@pytest.mark.parametrize("port", ["53", "x/udp", "0/tcp", "70000/tcp", "53/icmp", "-1/tcp", ""])
@pytest.mark.parametrize("option", ["host_access", "own_ports"])
def test_what_is_no_port_of_the_host_is_refused(port, option):
    with pytest.raises(Problem, match=option):
        Isolation().normalise({"device": "ch-web", option: [port]})


def test_a_tunnel_that_gets_another_port_has_both_until_all_know():
    def isolated(*ports):
        return wanted_object(Isolation(), {"device": "ch-fab", "own_ports": list(ports)}, "plan/fab")

    before, after = isolated("51820/udp"), isolated("51830/udp")
    found = Found("isolation", before.key, before.values, before.owner)
    assert Isolation().meanwhile(after, found, "").values["own_ports"] == ["51820/udp", "51830/udp"]
