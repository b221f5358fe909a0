# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of what fails is followed hop by hop, and what is said of all that goes the same way."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.verify import causes, pair
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.follow import followed, sentences
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.verify.answers import (
    UNDERLAY,
    answered_but,
    documents,
    tried,
)


class Case:
    """Attempts of which some fail, and what hosts say of themselves."""

    def __init__(self, plan, fails):
        self.documents, self.tries = documents(plan), tried(plan)
        self.results = answered_but(self.tries, lambda each: "no reply" if fails(each) else "")

    def followed(self, drift=None, firewalls=None):
        return followed(self.tries, self.results, drift or {}, firewalls or {}, self.documents, UNDERLAY)

    def problems(self, ends_at):
        """What is said where ways end at the hop that is about this."""
        some = self.followed()
        reasons = {each.name: "no reply" if each.about == ends_at else "" for way in some for each in way.hops}
        for way in some:
            reasons[way.hops[-1].name] = "no reply"
        told = sentences(some, pair.Answers({}, {}, {}, reasons, {}))
        return causes.causes(self.tries, self.results, {}, {}, {}, (), False, told)


def between(*hosts):
    return lambda each: each.about in ("matrix", "mtu") and {each.host, each.to_host} == set(hosts)


@pytest.fixture
def case(fleet):
    return lambda fails: Case(fleet.plan(), fails)


def test_one_of_each_way_and_family_is_followed(case):
    some = case(between("h1", "h2")).followed()
    assert sorted((way.way.begins.host, way.way.ends.host, ":" in way.way.to) for way in some) == [
        (one, other, six) for one, other in (("h1", "h2"), ("h2", "h1")) for six in (False, True)
    ]


@pytest.mark.parametrize("said", [{"drift": {"h2": ["vxlan ch-fabric (fabric) is missing"]}}, {
    "firewalls": {"h1": ["fabric: a firewall of this host drops what goes to its other hosts."]},
}])  # fmt: skip
def test_what_hosts_explain_themselves_is_not(case, said):
    assert case(between("h1", "h2")).followed(**said) == []


def test_all_that_goes_a_way_ends_at_its_hop(case):
    told = case(between("h1", "h2")).problems("underlay")
    assert [text.partition(" (no reply)")[0].rpartition(" it ends at ")[2] for text in told] == [
        "h1 to h2 (198.18.7.12)", "h2 to h1 (198.18.7.11)",
    ]  # fmt: skip
    assert all("attempts fail by it" in text for text in told)


def test_the_port_that_carries_it_is_named_where_both_hosts_are_well(case):
    told = case(between("h2", "h3")).problems("whole")
    assert told and all("their VXLAN packets (4789/udp) do not arrive" in text for text in told)


def test_a_way_that_arrives_by_now_is_told_as_it_failed(case):
    failing = case(between("h1", "h2"))
    some = failing.followed()
    answers = pair.Answers({}, {}, {}, {each.name: "" for way in some for each in way.hops}, {})
    assert sentences(some, answers) == {}
