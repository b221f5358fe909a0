# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification tells: a table, and a sentence for each cause."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.checks import neighbours
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import Findings, report_of
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.verify.answers import (
    answered,
    answered_but,
    tried,
)


def told(plan, results=None, about=None, everything=False, **found):
    some = tried(plan)
    results = answered(some) if results is None else results
    return report_of(some, Findings(results, **found), plan.networks, about or {}, everything)


FIREWALL = "fabric: a firewall of this host (table ip x, chain y, its policy) drops what goes out. Let it pass by `z`."


def test_what_a_firewall_drops_is_the_cause_of_what_fails_by_it(fleet):
    plan = fleet.plan()
    results = answered(tried(plan), matrix="no reply")
    found = told(plan, results, firewalls={"h1": [FIREWALL], "h2": [FIREWALL.replace("fabric", "web")]})
    first, *rest = found.problems
    assert first.startswith("h1, fabric: a firewall of this host (table ip x, chain y, its policy) drops")
    assert first.endswith("attempts from or to it fail")
    assert rest and all("h1" not in each for each in rest)


def test_nor_is_it_told_where_nothing_fails_or_what_it_cannot_drop(fleet):
    plan = fleet.plan()
    assert told(plan, firewalls={"h1": [FIREWALL]}).problems == []
    results = answered(tried(plan), host="no reply")
    assert not any("firewall" in each for each in told(plan, results, firewalls={"h1": [FIREWALL]}).problems)


def large(new_fleet, hosts):
    fleet = new_fleet()
    variables = fleet.hosts["h3"]
    for number in range(4, hosts + 1):
        fleet.variables(f"h{number}", **variables, containerhost_underlay_address=f"198.18.8.{number}")
    return fleet.plan()


def test_the_table_shows_who_reaches_whom_in_each_family(fleet):
    found = told(fleet.plan(), about={"fabric": "overlay, vxlan 42"})
    assert found.problems == []
    assert found.lines[0] == "fabric  overlay, vxlan 42    MTU 1450 proven by IPv4 and IPv6 between 3 of 3 hosts"
    assert found.lines[1].startswith("  from \\ to, by IPv4 / IPv6  h1/shop  ")
    assert found.lines[2].split() == ["h1/shop", "·", *("0.25", "/", "0.25", "ms") * 2]


def test_a_network_of_one_family_has_one_value(fleet):
    fleet.networks("fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}]}")
    fleet.only_containers(h1="a: {networks: {fabric: }}", h2="b: {networks: {fabric: }}")
    found = told(fleet.plan())
    assert found.lines[2].split() == ["h1/a", "·", "0.25", "ms"]
    assert "by IPv4 between" in found.lines[0]


def test_the_family_that_fails_is_named(fleet):
    plan = fleet.plan()
    results = answered_but(
        tried(plan),
        lambda each: "no reply" if (each.about, each.source, each.version) == ("matrix", "h1/shop", 6) else "",
    )
    found = told(plan, results)
    assert "0.25 ms / no reply" in found.lines[2]
    [problem] = found.problems
    assert problem.startswith("fabric: 2 attempts from h1/shop fail, no reply: h1/shop to h2/db by IPv6")


def test_what_does_not_answer_is_named_with_what_differs_from_the_plan(fleet):
    plan = fleet.plan()
    found = told(plan, answered(tried(plan), mtu="message too long"), drift={"h1": ["vxlan ch-fabric differs"]})
    assert found.problems[0].startswith("h1 is not as planned: vxlan ch-fabric differs. 8 attempts from or to it fail.")
    assert found.problems[1].startswith(
        "fabric: 2 attempts to h3/cache fail, message too long: h2/db to h3/cache by IPv4 with 1450 bytes; "
    )
    assert "MTU 1450 proven by IPv4 and IPv6 between 0 of 3 hosts" in found.lines[0]


def test_drift_comes_first_and_takes_along_what_fails_with_it(fleet):
    plan = fleet.plan()
    results = answered_but(tried(plan), lambda each: "no reply" if "h3" in (each.host, each.to_host) else "")
    found = told(plan, results, drift={"h3": ["vxlan ch-fabric is missing"]})
    assert len(found.problems) == 1
    assert found.problems[0].startswith("h3 is not as planned: vxlan ch-fabric is missing.")


@pytest.mark.parametrize(
    ("object_", "problems"),
    [
        ("vxlan ch-pond (pond) differs", 2),
        ("vxlan_fdb 02:00:00:00:09:02 on ch-pond (master) (pond) is missing", 2),
        ("vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric) is missing", 1),
        ("forwarding ipv4 on eth0 (pond) is missing", 1),  # what all networks of a host go by
    ],
)
def test_what_differs_of_one_network_is_not_why_another_one_fails(fleet, object_, problems):
    plan = fleet.plan()
    results = answered_but(tried(plan), lambda each: "no reply" if each.target == "h3/cache" else "")
    found = told(plan, results, drift={"h3": [object_]}).problems
    assert len(found) == problems
    assert ("attempts from or to it fail" in found[0]) == (problems == 1)


def test_a_host_that_was_not_asked_is_named_once_and_nobody_fails_by_it(fleet):
    plan = fleet.plan()
    some = tried(plan)
    results = answered(some)
    del results["h3"]
    found = told(plan, results, silent={"h3": "it did not answer"})
    assert found.problems == ["h3 has not been asked: it did not answer"]


def test_what_was_not_tried_is_not_told_as_failed(fleet):
    plan = fleet.plan()
    some = [each for each in tried(plan) if each.about != "mtu" and each.host != "h2"]
    found = told(plan, answered(some))
    assert found.problems == []
    assert "not tried" in "\n".join(found.lines)


def test_a_section_with_one_container_is_not_empty(fleet):
    fleet.only_containers(h2="solo: {networks: {web: }}")
    found = told(fleet.plan())
    assert "  h2 reaches solo, solo reaches its gateway and the outside (h1) by IPv4" in found.lines


def test_a_section_with_nothing_to_try_says_so(fleet):
    fleet.networks("lan: {driver: macvlan, parent: eth1, subnets: [192.168.7.0/24], internal: true}")
    fleet.only_containers(h1="box: {networks: {lan: }}")
    assert "  nothing to try: no two containers on it, and no way out of it" in told(fleet.plan()).lines


def test_a_section_of_hosts_that_were_not_asked_says_so(fleet):
    fleet.only_containers(h2="solo: {networks: {web: }}")
    found = told(fleet.plan(), {"h1": {}, "h3": {}}, silent={"h2": "it did not answer"})
    assert "  nothing has been tried: none of its hosts has been asked" in found.lines


def test_a_router_need_not_answer(fleet):
    fleet.networks("lan: {driver: macvlan, parent: eth1, subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]}")
    fleet.only_containers(h1="box: {networks: {lan: }}")
    plan = fleet.plan()
    found = told(plan, answered(tried(plan), router="no reply"))
    assert found.problems == []
    assert "  h1 the router 192.168.7.1 does not answer box" in found.lines


def test_a_port_says_from_where_it_answers_in_which_family_and_what_came_instead(fleet):
    plan = fleet.plan()
    results = answered_but(
        tried(plan), lambda each: "no reply" if (each.about, each.host) == ("published", "h2") else ""
    )
    found = told(plan, results)
    assert (
        "  8080/tcp on h1 → shop:80 by IPv4 answers from h1, h1/shop; no reply from outside (h2)" in found.lines
    )
    assert found.problems == ["web: h2 to 8080/tcp on h1 → shop:80 by IPv4: no reply"]


@pytest.mark.parametrize("hosts", [13, 50])
def test_a_large_fleet_fits_a_screen_however_much_is_wrong(new_fleet, hosts):
    plan = large(new_fleet, hosts)
    some = tried(plan)
    good = told(plan)
    assert good.problems == []
    assert len(good.lines) < 15
    bad = told(
        plan,
        answered_but(some, lambda each: "no reply" if each.host == "h9" else "connection refused"),
        drift={host: [f"veth {number} is missing" for number in range(100)] for host in list(plan.documents)[:30]},
    )
    assert len(bad.lines) < 45
    assert max(map(len, bad.lines)) < 400
    assert len(told(plan, answered(some, matrix="no reply"), everything=True).problems) > 100


def test_one_damaged_host_of_many_is_one_line(new_fleet):
    plan = large(new_fleet, 30)
    results = answered_but(tried(plan), lambda each: "no reply" if "h7" in (each.host, each.to_host) else "")
    found = told(plan, results, drift={"h7": ["route 10.42.0.0/24 is missing"]})
    assert len(found.problems) == 1
    assert "between 29 of 30 hosts" in found.lines[0]
    # Without a difference from the plan, its causes are few as well: all of them have it at one end.
    assert len(told(plan, results).problems) <= 4


def test_what_fails_on_every_host_of_many_is_one_line_and_nothing_is_said_to_reach_what_it_does_not(new_fleet):
    plan = large(new_fleet, 30)

    def no_ipv4(each):
        return "no reply" if each.version == 4 and each.network == "fabric" and each.about in ("matrix", "mtu") else ""

    found = told(plan, answered_but(tried(plan), no_ipv4))
    assert [text.partition(":")[2].partition(",")[0] for text in found.problems] == [
        " all 870 attempts between containers by IPv4 of 30 hosts fail",
        " all 870 attempts with full packets by IPv4 of 30 hosts fail",
    ]
    assert "  containers of 30 hosts reach each other by IPv6; 870 of 1740 attempts fail" in found.lines
    none = told(plan, answered(tried(plan), matrix="no reply"))
    assert "  containers of 30 hosts do not reach each other by IPv4 and IPv6" in none.lines
    # One that succeeds, and it is a matter of the ends.
    first = next(each for each in tried(plan) if each.about == "matrix" and each.version == 4)
    but = told(plan, answered_but(tried(plan), lambda each: "" if each == first else no_ipv4(each)))
    assert not any("all 8" in text and "between containers" in text for text in but.problems)


def test_a_full_table_of_neighbours_is_a_cause(fleet):
    before = {"IPv4": {"setting": "net.ipv4.neigh.default.gc_thresh3", "entries": 900, "limit": 1024, "overflows": 3}}
    after = {"IPv4": {**before["IPv4"], "overflows": 120}}
    [sentence] = neighbours.overflows("h1", before, after)
    assert "full 117 times" in sentence
    assert "gc_thresh3 to 2048" in sentence
    assert neighbours.overflows("h1", before, before) == []
    assert told(fleet.plan(), overflows=[sentence]).problems == [sentence]
