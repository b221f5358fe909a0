# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host ports that are left to the plan, addresses that nobody names, and networks as sources."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError

DUAL = "{web: {driver: bridge, subnets: [10.5.0.0/24, 'fd05::/64']}, api: {driver: bridge, subnets: [10.6.0.0/24]}}"


@pytest.fixture
def web(fleet):
    fleet.networks(DUAL).only_containers()
    return fleet


def container(publish, network="web"):
    return {"networks": {network: {"publish": publish}}}


def published(plan, host="h1"):
    """Where each port of a host leads to: (address or *, host port, container, port, protocol), sorted."""
    names = {
        str(address): each.container.name
        for network in plan.fleet.networks.values()
        for each in network.endpoints.get(host, ())
        for address, _slice in each.addresses
    }
    return sorted(
        (rule.get("host_address", "*"), rule["host_port"], names[rule["address"]], rule["port"], rule["protocol"])
        for rule in plan.documents[host].get("nat_rule", ())
        if rule["rule"] == "publish" and (":" not in rule["address"] or ":" in rule.get("host_address", ""))
    )


def test_a_port_without_a_host_port_gets_the_lowest_that_is_free(web):
    web.containers("h1", {"a": container(["80", "443"]), "b": container(["80", "53/udp"], "api")})
    web.containers("h2", {"c": container(["80"])})
    plan = web.plan()
    # In the ledger's order: by network, container and name.
    assert published(plan) == [
        ("*", 61000, "b", 53, "udp"),
        ("*", 61000, "b", 80, "tcp"),
        ("*", 61001, "a", 443, "tcp"),
        ("*", 61002, "a", 80, "tcp"),
    ]
    assert published(plan, "h2") == [("*", 61000, "c", 80, "tcp")]


def test_it_keeps_its_port_whoever_comes_and_goes(web):
    web.containers("h1", {"m": container(["80"])})
    first = web.plan()
    web.remembering(first).containers("h1", {"a": container(["70", "80"]), "m": container(["70", "80"])})
    second = web.plan()
    assert ("*", 61000, "m", 80, "tcp") in published(second)
    assert len({row[1] for row in published(second)}) == 4


def test_a_port_that_has_left_is_held_until_it_is_released(web):
    web.containers("h1", {"a": container(["80"]), "b": container(["80"])})
    first = web.plan()
    web.remembering(first).containers("h1", {"b": container(["80"]), "c": container(["80"])})
    second = web.plan()
    assert published(second) == [("*", 61001, "b", 80, "tcp"), ("*", 61002, "c", 80, "tcp")]
    assert second.ledger.ports["web", "h1", "a", "80-tcp"].absent_since == web.today
    web.ledger, released = ledgers.release(second.ledger, containers=("a",))
    assert "ports/web/h1/a/80-tcp" in released
    web.containers("h1", {"b": container(["80"]), "c": container(["80"]), "d": container(["80"])})
    assert ("*", 61000, "d", 80, "tcp") in published(web.plan())


def test_a_port_that_somebody_names_is_his(web):
    web.containers("h1", {"a": container(["80"]), "b": container(["61000:80", "61001:53/udp"])})
    assert published(web.plan())[:1] == [("*", 61000, "b", 80, "tcp")]
    assert ("*", 61001, "a", 80, "tcp") in published(web.plan())
    web.containers("h1", {"a": container(["80"])})
    web.remembering(web.plan()).containers("h1", {"a": container(["80"]), "b": container(["61000:80"])})
    (problem,) = web.problems()[:1]
    assert "`b` on `web` and port 80/tcp of `a` on `web` are both on host port 61000/tcp, the latter by the ledger" in (
        problem
    )


def test_the_range_is_a_host_s_own_and_may_be_full(web):
    web.containers("h1", {"a": container(["80", "81", "82"])}).variables("h1", containerhost_publish_range="9000-9001")
    (problem,) = web.problems()
    assert "h1: no host port is left for port 82/tcp of `a` on `web` in 9000-9001" in problem
    web.containers("h1", {"a": container(["80", "81"])})
    first = web.plan()
    assert [row[1] for row in published(first)] == [9000, 9001]
    web.remembering(first).variables("h1", containerhost_publish_range="9500-9600")
    assert [row[1] for row in published(web.plan())] == [9000, 9001]


@pytest.mark.parametrize("value", ["9000", 9000, "9001-9000", "0-5", "a-b", [9000, 9001], "1-70000"])
def test_a_range_is_two_ports(web, value):
    web.variables("h1", containerhost_publish_range=value)
    problems = web.problems()
    assert (value == "9000") != bool(problems)


def test_the_ledger_has_a_line_for_each_chosen_port(web):
    web.containers("h1", {"a": container(["80", "127.0.0.1::53/udp", "8080:81"])})
    plan = web.plan()
    text = ledgers.render(plan.ledger)
    assert '"ports/web/h1/a/127.0.0.1-53-udp": {"port": 61000},\n"ports/web/h1/a/80-tcp": {"port": 61000},\n' in text
    assert ledgers.parse(text, "here") == plan.ledger
    assert "ports/" not in ledgers.render(web.containers("h1", {}).plan().ledger)


@pytest.mark.parametrize("port", [0, 65536, "80", True, None, [80]])
def test_a_port_in_the_ledger_is_one(port):
    text = json.dumps({"containerhost.ledger": 1, "ports/web/h1/a/80-tcp": {"port": port}})
    with pytest.raises(ledgers.Refusal):
        ledgers.parse(text, "here")


def test_a_ledger_that_may_not_be_written_must_know_the_port(web):
    web.containers("h1", {"a": container([])})
    web.remembering(web.plan()).everywhere(containerhost_ledger_read_only=True)
    web.containers("h1", {"a": container(["80"])})
    with pytest.raises(PlanError, match="a port of h1 for port 80-tcp of `a` on `web`"):
        web.plan()


def test_the_same_port_twice_is_one_and_in_both_families_the_same(web):
    web.containers("h1", {"a": container(["80", "80/tcp"])})
    rules = [rule for rule in web.plan().documents["h1"]["nat_rule"] if rule["rule"] == "publish"]
    assert [(rule["address"], rule["host_port"]) for rule in rules] == [("10.5.0.2", 61000), ("fd05::2", 61000)]


def test_ports_that_name_no_address_are_published_on_the_default_one(web):
    web.everywhere(containerhost_publish_address="192.0.2.11")
    web.containers("h1", {"a": container(["8080:80", "0.0.0.0:81:81", "198.51.100.1:82:82"])})
    assert published(web.plan()) == [
        ("*", 81, "a", 81, "tcp"),
        ("192.0.2.11", 8080, "a", 80, "tcp"),
        ("198.51.100.1", 82, "a", 82, "tcp"),
    ]


def test_a_host_may_have_a_default_address_for_each_family(web):
    web.everywhere(containerhost_publish_address=["127.0.0.1"])
    web.variables("h2", containerhost_publish_address=["192.0.2.12", "2001:db8::12"])
    web.containers("h1", {"a": container(["8080:80"])}).containers("h2", {"b": container(["443"])})
    plan = web.plan()
    assert published(plan) == [("127.0.0.1", 8080, "a", 80, "tcp")]
    assert published(plan, "h2") == [("192.0.2.12", 61000, "b", 443, "tcp"), ("2001:db8::12", 61000, "b", 443, "tcp")]
    assert [each["key"] for each in plan.documents["h2"]["sysctl"]] == ["net.ipv6.conf.ch-web.accept_ra"]


def test_a_default_address_of_the_other_family_publishes_nothing_and_says_so(web):
    web.everywhere(containerhost_publish_address="2001:db8::12")
    web.containers("h1", {"a": container(["8080:80"], "api")})
    (problem,) = web.problems()
    assert "`a` on h1 on `api`: it publishes 8080:80/tcp, and containerhost_publish_address has no address" in problem


@pytest.mark.parametrize("value", ["[::1]", "::1", "eth 0", "300.1.1.1", "224.0.0.1", 5, [None], {"a": 1}])
def test_what_is_no_address_of_a_host_is_refused(web, value):
    assert web.variables("h1", containerhost_publish_address=value).problems()


def test_a_routed_network_has_neither_host_port_nor_default_address(web):
    web.networks("{web: {driver: bridge, gateway_mode: routed, subnets: [10.5.0.0/24]}}")
    web.everywhere(containerhost_publish_address="127.0.0.1")
    web.containers("h1", {"a": container(["80"]), "b": container(["80", "8080:81"])})
    plan = web.plan()
    assert [(rule["address"], rule["port"]) for rule in plan.documents["h1"]["open_port"]] == [
        ("10.5.0.2", 80), ("10.5.0.3", 80), ("10.5.0.3", 81)
    ]  # fmt: skip
    assert plan.ledger.ports == {}


def test_sources_may_be_networks_of_the_fleet(web):
    ports = [{"host_port": 8080, "container_port": 80, "sources": ["api", "198.51.100.0/24", "web"]}]
    web.containers("h1", {"a": container(ports)})
    rules = [rule for rule in web.plan().documents["h1"]["nat_rule"] if rule["rule"] == "publish"]
    assert [rule["sources"] for rule in rules] == [
        ["10.6.0.0/24", "198.51.100.0/24", "10.5.0.0/24"], ["fd05::/64"]
    ]  # fmt: skip
    web.containers("h1", {"a": container([{**ports[0], "sources": ["apl"]}])})
    (problem,) = web.problems()
    assert "`sources` of 8080:80/tcp name `apl`, which is no network. Write `api` if that is meant" in problem


def test_what_is_published_twice_on_a_host_is_refused_and_on_two_is_not(web):
    web.containers("h1", {"a": container(["8080:80"])}).containers("h2", {"b": container(["8080:80"])})
    assert web.problems() == []
    web.containers("h1", {"a": container(["8080:80"]), "b": container(["192.0.2.11:8080:80"], "api")})
    assert any("both publish 8080/tcp" in problem for problem in web.problems())


def test_a_range_of_equal_ports_is_one_and_takes_them_all(web):
    web.containers("h1", {"a": container(["61000-61999:61000-61999"]), "b": container(["80"])})
    rules = [rule for rule in web.plan().documents["h1"]["nat_rule"] if rule["rule"] == "publish"]
    assert [(rule["host_port"], rule.get("host_port_end"), rule["port"]) for rule in rules] == [
        (61000, 61999, 61000), (61000, 61999, 61000), (62000, None, 80), (62000, None, 80)
    ]  # fmt: skip
    web.containers("h1", {"a": container(["7000-7009:7000-7009"]), "b": container(["7009:80"])})
    assert any("both publish 7009/tcp" in problem for problem in web.problems())


def test_a_port_may_be_published_by_an_interface(web):
    web.containers("h1", {"a": container(["eth1:8080:80", "127.0.0.1:8080:80", "eth2::81"])})
    web.variables("h2", containerhost_publish_address=["eth1", "127.0.0.1"])
    web.containers("h2", {"b": container(["8080:80"], "api")})
    plan = web.plan()
    places = [
        (rule.get("host_interface"), rule.get("host_address"), rule["host_port"])
        for host in ("h1", "h2") for rule in plan.documents[host]["nat_rule"] if rule["rule"] == "publish"
    ]  # fmt: skip
    assert places == [
        ("eth1", None, 8080), ("eth1", None, 8080), (None, "127.0.0.1", 8080), ("eth2", None, 61000),
        ("eth2", None, 61000), ("eth1", None, 8080), (None, "127.0.0.1", 8080),
    ]  # fmt: skip
    assert "ports/web/h1/a/eth2-81-tcp" in ledgers.render(plan.ledger)


@pytest.mark.parametrize(("one", "other", "twice"), [
    ("eth1:8080:80", "eth1:8080:81", True), ("eth1:8080:80", "eth2:8080:81", False),
    ("eth1:8080:80", "8080:81", True), ("eth1:8080:80", "192.0.2.1:8080:81", True),
    ("eth1:8080:80", "127.0.0.1:8080:81", False), ("192.0.2.1:8080:80", "192.0.2.2:8080:81", False),
    ("8000-8010:8000-8010", "192.0.2.2:8005:81", True), ("192.0.2.2:8005:81", "8000-8010:8000-8010/udp", False),
])  # fmt: skip
def test_two_places_may_be_one(web, one, other, twice):
    for ports in ((one, other), (other, one)):
        web.containers("h1", {"a": container([ports[0]], "api"), "b": container([ports[1]], "api")})
        assert bool(web.problems()) is twice


def test_the_port_of_an_overlay_is_not_published_on_its_hosts(web):
    web.more_networks("{fabric: {driver: overlay, vni: 42, port: 8472, subnets: [10.42.0.0/16]}}")
    web.containers("h1", {"a": {"networks": {"web": {"publish": ["8472:80/udp", "8472:80/tcp"]}}}})
    web.containers("h2", {"b": {"networks": {"fabric": {}}}})
    assert web.problems() == []
    web.containers("h1", {"a": {"networks": {"web": {"publish": ["8472:80/udp"]}, "fabric": {}}}})
    (problem,) = web.problems()
    assert "h1: `a` on `web` publishes 8472/udp, by which `fabric` reaches its hosts" in problem


def test_a_plan_of_no_chosen_ports_is_as_before(fleet):
    before = fleet.plan()
    assert dataclasses.replace(before.ledger, ports={}) == before.ledger
