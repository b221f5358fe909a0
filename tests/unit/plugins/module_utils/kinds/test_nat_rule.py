# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.inspection import documents
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    KIND,
    OWNER,
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    refused,
    want,
)

OURS = "containerhost:plan/web"
PUBLISHED = {"publish4": {"tcp . 8080": ("10.80.0.2 . 80", OURS)}}
LIMITED = {
    **PUBLISHED,
    "limited4": {"tcp . 8080": (None, OURS)},
    "admitted4": {"198.51.100.0/24 . tcp . 8080": (None, OURS)},
}
MASKED = {"masquerade4": {"10.80.0.0/24": (None, OURS)}, "local4": {"10.80.0.0/24 . 10.80.0.0/16": (None, OURS)}}


def host(elements=None, intact=True):
    return kernel_of(Namespace(elements=elements, intact=intact))


def publish(**values):
    return want("nat_rule", **{"rule": "publish", "host_port": 8080, "address": "10.80.0.2", "port": 80, **values})


def masquerade(**values):
    return want("nat_rule", **{"rule": "masquerade", "source": "10.80.0.0/24", "unless": "10.80.0.0/16", **values})


def test_without_a_table_all_is_added():
    assert changed(host(), masquerade(), publish()) == [
        "nat_rule masquerade 10.80.0.0/24 (web): absent → unless to: 10.80.0.0/16",
        "nat_rule publish 0.0.0.0:8080/tcp (web): absent → to: 10.80.0.2:80",
    ]


def test_an_address_to_leave_under_comes_and_goes():
    here = {"links": [Link("eth0")], "addresses": {"eth0": ["192.0.2.1/24"]}}
    outbound = {"outbound4": {"10.80.0.0/24": ("192.0.2.1", OURS)}}
    assert changed(kernel_of(Namespace(elements=MASKED, **here)), masquerade(to_address="192.0.2.1")) == [
        "nat_rule masquerade 10.80.0.0/24 (web): to_address:  → to_address: 192.0.2.1"
    ]
    assert changed(kernel_of(Namespace(elements={**MASKED, **outbound})), masquerade()) == [
        "nat_rule masquerade 10.80.0.0/24 (web): to_address: 192.0.2.1 → to_address: "
    ]
    (problem,) = refused(kernel_of(Namespace(elements={}, **here)), masquerade(to_address="192.0.2.2"))
    assert "192.0.2.2 is no address of this host: give it to the host first" in problem


@pytest.mark.parametrize("address", [None, "192.0.2.1"])
def test_a_port_that_a_program_has_is_not_published(address):
    busy = kernel_of(Namespace(elements={}, programs={("tcp", 8080): "nginx (process 7)"}))
    (problem,) = refused(busy, publish(host_address=address), publish(host_port=8081), publish(protocol="udp"))
    where = f"of {address}" if address else "of this host"
    assert f"nginx (process 7) has tcp port 8080 {where} already: stop it, or publish on another" in problem


def test_a_port_that_is_published_already_stays_so():
    busy = kernel_of(Namespace(elements=PUBLISHED, programs={("tcp", 8080): "nginx (process 7)"}))
    assert changed(busy, publish()) == []


def test_between_two_runs_a_busy_port_keeps_nothing_else_from_being_made():
    busy = kernel_of(Namespace(elements={}, programs={("tcp", 8080): "nginx (process 7)"}))
    found = compare([KIND["nat_rule"]], busy, [publish(), masquerade()], everything_leaves, patient=True)
    assert [change.values["rule"] for change in found.make] == ["masquerade"]
    assert [(each.wanted.values["host_port"], each.blocked) for each in found.pending] == [(8080, True)]


@pytest.mark.parametrize(
    ("elements", "wanted"),
    [
        (PUBLISHED, publish()),
        (LIMITED, publish(sources=["198.51.100.0/24"])),
        ({"ranges4": {"tcp . 7000-7009": ("10.80.0.2", OURS)}}, publish(host_port=7000, host_port_end=7009, port=7000)),
        ({"ranges4_at": {"tcp . 192.0.2.1 . 7000-7009": ("10.80.0.2", OURS)},
          "limited_ranges4_at": {"tcp . 192.0.2.1 . 7000-7009": (None, OURS)},
          "admitted4_at": {"198.51.100.0/24 . tcp . 192.0.2.1 . 7000-7009": (None, OURS)}},
         publish(host_port=7000, host_port_end=7009, port=7000, host_address="192.0.2.1",
                 sources=["198.51.100.0/24"])),
        ({"publish4_by": {"eth1 . tcp . 8080": ("10.80.0.2 . 80", f"{OURS} eth1")},
          "limited4_by": {"eth1 . tcp . 8080": (None, f"{OURS} eth1")},
          "admitted4_by": {"eth1 . 198.51.100.0/24 . tcp . 8080": (None, f"{OURS} eth1")}},
         publish(host_interface="eth1", sources=["198.51.100.0/24"])),
        (MASKED, masquerade()),
        ({"behind4": {"10.80.0.2 . udp": (None, OURS)}},
         want("nat_rule", rule="via_gateway", address="10.80.0.2", protocol="udp")),
        ({**MASKED, "outbound4": {"10.80.0.0/24": ("192.0.2.1", OURS)}}, masquerade(to_address="192.0.2.1")),
        ({"publish6": {"udp . 53": ("fd00:80::2 . 5353", OURS)}},
         publish(protocol="udp", host_port=53, address="FD00:80::2", port=5353)),
        ({"publish4_at": {"tcp . 192.0.2.1 . 8080": ("10.80.0.2 . 80", OURS)}}, publish(host_address="192.0.2.1")),
    ],
)  # fmt: skip
def test_what_is_as_wanted_stays_as_it_is(elements, wanted):
    assert changed(host(elements), wanted) == []


@pytest.mark.parametrize(
    ("elements", "wanted", "line"),
    [
        (PUBLISHED, publish(port=81), "publish 0.0.0.0:8080/tcp (web): port: 80 → port: 81"),
        (PUBLISHED, publish(sources=["198.51.100.0/24"]),
         "publish 0.0.0.0:8080/tcp (web): sources: everybody → sources: 198.51.100.0/24"),
        (LIMITED, publish(), "publish 0.0.0.0:8080/tcp (web): sources: 198.51.100.0/24 → sources: everybody"),
        (MASKED, masquerade(unless=None),
         "masquerade 10.80.0.0/24 (web): unless: 10.80.0.0/16 → unless: 10.80.0.0/24"),
    ],
)  # fmt: skip
def test_what_differs_is_shown_and_nothing_else(elements, wanted, line):
    assert changed(host(elements), wanted) == [f"nat_rule {line}"]


def without(name):
    return {other: rows for other, rows in {**LIMITED, **MASKED}.items() if other != name}


@pytest.mark.parametrize("elements", [without("limited4"), without("masquerade4"), without("local4")])
def test_half_of_a_rule_is_not_in_force(elements):
    lines = changed(host(elements), publish(sources=["198.51.100.0/24"]), masquerade())
    assert ["in_force: no" in line for line in lines] == [True]


def test_rules_that_somebody_has_edited_are_not_in_force():
    lines = changed(host({**PUBLISHED, **MASKED}, intact=False), publish(), masquerade())
    assert sorted(lines) == [
        "nat_rule masquerade 10.80.0.0/24 (web): in_force: no → in_force: yes",
        "nat_rule publish 0.0.0.0:8080/tcp (web): in_force: no → in_force: yes",
    ]


def test_a_port_passes_from_one_network_of_the_plan_to_the_next():
    (line,) = changed(host(PUBLISHED), publish(owner="plan/shop"))
    assert line == "nat_rule publish 0.0.0.0:8080/tcp (shop): owner: plan/web → owner: plan/shop"


def test_a_task_s_port_is_not_the_plan_s():
    (sentence,) = refused(host({"publish4": {"tcp . 8080": ("10.9.9.9 . 80", "containerhost:task")}}), publish())
    assert sentence.startswith("nat_rule publish 0.0.0.0:8080/tcp belongs to task, not to plan/web")


def test_networks_that_overlap_are_one():
    (sentence,) = refused(host(), masquerade(), masquerade(source="10.80.0.0/20"))
    assert sentence == (
        "nat_rule masquerade 10.80.0.0/20 (web): it overlaps masquerade 10.80.0.0/24; name the larger network only"
    )


def test_of_a_network_that_grew_the_old_one_goes_first():
    lines = changed(host(MASKED), masquerade(source="10.80.0.0/20"), leaves=everything_leaves)
    assert [line.split(": absent ")[1][0] for line in lines] == ["←", "→"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"address": None}, "needs an `address`"),
        ({"host_port": None}, "needs a `host_port`"),
        ({"host_port": 0}, "host_port 0"),
        ({"host_address": "::1", "address": "fd00::2"}, "cannot be published by NAT"),
        ({"host_address": "::2"}, "not of one family"),
        ({"sources": ["fd00::/64"]}, "not of one family"),
        ({"sources": []}, "`sources` is empty"),
        ({"unless": "10.0.0.0/8"}, "belongs to rule masquerade"),
    ],
)
def test_what_can_t_be_published_is_refused(values, sentence):
    with pytest.raises(Problem, match=sentence):
        publish(**values)


def test_translation_as_it_is_told_is_a_document_again():
    kernel = kernel_of(Namespace(elements=MASKED))
    told = documents(KINDS, kernel)[OWNER]
    assert told["nat_rule"] == [
        {"network": "web", "rule": "masquerade", "source": "10.80.0.0/24", "unless": "10.80.0.0/16"}
    ]
    assert read_document(KINDS, told, recreate=False)
