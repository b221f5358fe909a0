# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.verify.probes import listeners, tries
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import report_of

UNDERLAY = {"h1": "198.18.7.11", "h2": "198.18.7.12", "h3": "198.18.7.13"}


def tried(plan):
    return tries({host: plan.documents[host] for host in plan.documents}, plan.networks, UNDERLAY)


def answered(some, **reasons):
    """Results in which everything answers but what is named."""
    results = {}
    for each in some:
        reason = reasons.get(each.about, "")
        results.setdefault(each.host, {})[each.name] = {"ms": None if reason else 0.25, "reason": reason}
    return results


def test_hosts_that_share_a_network_try_each_other_small_and_full(fleet):
    some = tried(fleet.plan())
    matrix = {(each.source, each.target) for each in some if each.about == "matrix"}
    assert ("h1/shop", "h2/db") in matrix and len(matrix) == 6
    assert {each.probe["size"] for each in some if each.about == "mtu"} == {1450}


def test_a_published_port_is_tried_from_its_host_from_another_and_from_a_container(fleet):
    some = [each for each in tried(fleet.plan()) if each.about == "published"]
    assert {(each.source, each.probe["to"]) for each in some} == {
        ("h1", "127.0.0.1"),
        ("h2", "198.18.7.11"),
        ("h1/shop", "198.18.7.11"),
    }
    assert {each.target for each in some} == {"8080/tcp on h1 → shop:80"}


def test_the_way_out_is_tried_where_there_is_one(fleet):
    some = [each for each in tried(fleet.plan()) if each.about == "outside"]
    assert ("web", "h1/shop", "h2") in {(each.network, each.source, each.target) for each in some}


def test_somebody_answers_in_namespaces_of_ours_only(fleet):
    fleet.containers("h2", "db: {engine: docker, networks: {web: {publish: ['81:80']}}}")
    plan = fleet.plan()
    assert [each["sandbox"] for each in listeners(plan.documents["h1"])] == [{"engine": "netns", "ref": "shop"}]
    assert listeners(plan.documents["h2"]) == []


def test_siblings_that_are_kept_apart_are_not_expected_to_reach_each_other(fleet):
    fleet.networks("web: {driver: bridge, icc: false, subnets: [10.80.0.0/24]}")
    fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}}")
    assert [each for each in tried(fleet.plan()) if each.about == "neighbour"] == []


def test_the_table_shows_who_reaches_whom(fleet):
    plan = fleet.plan()
    some = tried(plan)
    told = report_of(some, answered(some), plan.networks, {"fabric": "overlay, vxlan 42"}, {})
    assert told.problems == []
    assert told.lines[0] == "fabric  overlay, vxlan 42    MTU 1450 proven between 3 of 3 hosts"
    assert told.lines[1].split() == ["from", "\\", "to", "h1/shop", "h2/db", "h3/cache"]
    assert told.lines[2].split() == ["h1/shop", "·", "0.25", "ms", "0.25", "ms"]


def test_what_does_not_answer_is_named_with_what_differs_from_the_plan(fleet):
    plan = fleet.plan()
    some = tried(plan)
    drift = {"h1": ["vxlan ch-fabric differs"]}
    told = report_of(some, answered(some, mtu="message too long"), plan.networks, {}, drift)
    assert "fabric: h1/shop to h2/db with 1450 bytes: message too long" in told.problems
    assert told.problems[-1].startswith("h1 is not as planned: vxlan ch-fabric differs.")
    assert "MTU 1450 proven between 0 of 3 hosts" in told.lines[0]


def test_a_host_that_was_not_asked_is_named_once(fleet):
    plan = fleet.plan()
    some = tried(plan)
    results = answered(some)
    del results["h3"]
    assert [each for each in report_of(some, results, plan.networks, {}, {}).problems if "h3" in each.split()[0]] == [
        "h3 has not been asked: it did not answer"
    ]
