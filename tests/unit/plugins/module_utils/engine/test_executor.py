# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.forgetting import forget_lost_rows
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import ReleaseLink
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import RefusedMessage
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    kernel_of,
)


class Sent:
    """A wire that takes whatever it is given, and keeps it."""

    def __init__(self) -> None:
        self.messages: list[m.Message] = []
        self.times = 0

    def send(self, messages: list[m.Message]) -> list[Any]:
        self.messages += messages
        self.times += bool(messages)
        return []


@pytest.fixture
def looks(monkeypatch):
    """How often the owners of all objects of a kind were asked for."""
    counted: Counter[str] = Counter()
    owners_of = Records.owners_of

    def _counted(records, kind):
        counted[kind] += 1
        return owners_of(records, kind)

    monkeypatch.setattr(Records, "owners_of", _counted)
    monkeypatch.setattr(Records, "save", lambda records: None)
    return counted


def place(number):
    return (None, "lan0", "802.1Q", number)


def release(number, owner):
    return ReleaseLink(None, f"lan0.{number}", "vlan", (*place(number), owner), owner)


def shared(*numbers, owners):
    """VLANs of lan0, each of these owners; the mark has the first."""
    kernel = kernel_of(
        Namespace(links=[Link("lan0"), *(Link(f"lan0.{one}", "vlan", owner=owners[0]) for one in numbers)])
    )
    kernel.wire = Sent()
    for number in numbers:
        for owner in owners[1:]:
            kernel.records.set_owner("vlan", (*place(number), owner), owner)
    return kernel


def released(kernel, *steps):
    """What is done to devices, in order."""
    assert Executor(kernel).do(steps) == []
    return [message.operation for message in kernel.wire.messages]


def test_a_device_that_is_shared_goes_with_the_last_of_its_owners(looks):
    assert released(shared(7, owners=["plan/blue"]), release(7, "plan/blue")) == ["delete lan0.7"]
    both = [release(7, "plan/blue"), release(7, "plan/red")]
    assert released(shared(7, owners=["plan/blue", "plan/red"]), *both) == ["delete lan0.7"]


def test_another_owner_takes_over_the_mark(looks):
    kernel = shared(7, owners=["plan/blue", "plan/red"])
    assert released(kernel, release(7, "plan/blue")) == ["set the mark of lan0.7"]
    assert kernel.wire.messages[0].attributes == {"IFLA_IFALIAS": "containerhost:plan/red"}
    assert released(shared(7, owners=["plan/blue", "plan/red"]), release(7, "plan/red")) == []


def test_owners_that_go_one_round_after_the_other_are_both_gone(looks):
    kernel = shared(7, owners=["plan/blue", "plan/red", "plan/green"])
    executor = Executor(kernel)
    for owner in ("plan/green", "plan/blue", "plan/red"):
        assert executor.do([release(7, owner)]) == []
    assert [message.operation for message in kernel.wire.messages] == ["set the mark of lan0.7", "delete lan0.7"]


def test_however_many_are_released_owners_are_looked_through_once_and_little_is_sent(looks):
    numbers = range(1, 101)
    kernel = shared(*numbers, owners=["plan/blue", "plan/red"])
    steps = [release(number, "plan/blue") for number in numbers if number % 2]
    steps += [release(number, owner) for number in numbers if not number % 2 for owner in ("plan/blue", "plan/red")]
    done = released(kernel, *steps)
    assert done.count("set the mark of lan0.7") == 1
    assert (len(done), done[-1]) == (101, "delete links")
    assert kernel.wire.times == 2
    assert looks == {"vlan": 1}


def test_a_refusal_is_of_the_step_that_was_refused(looks, monkeypatch):
    kernel = shared(7, 8, 9, owners=["plan/blue", "plan/red"])
    refused = m.RTM_NEWLINK, "set the mark of lan0.8"

    def refuse(messages):
        return [
            RefusedMessage(at, 1, "Operation not permitted")
            for at, message in enumerate(messages)
            if (message.type, message.operation) == refused
        ]

    monkeypatch.setattr(kernel.wire, "send", refuse)
    failures = Executor(kernel).do([release(number, "plan/blue") for number in (7, 8, 9)])
    assert [(failure.position, failure.operation) for failure in failures] == [(1, "release lan0.8")]


def test_however_many_namespaces_there_are_rows_that_are_lost_are_looked_for_once(looks):
    places = [None, *(f"/run/netns/c{number}" for number in range(50))]
    kernel = kernel_of()
    for netns in places:
        kernel.saw("route", netns, {(netns, "kept")})
        kernel.saw("neighbour", netns, set())
        for word in ("kept", "lost", "made"):
            kernel.records.set_owner("route", (netns, word), "plan/web")
    kernel.records.set_owner("route", ("/run/netns/unseen", "kept"), "plan/web")
    forget_lost_rows(kernel, {("route", (netns, "made")) for netns in places})
    assert looks == {"route": 1, "neighbour": 1}
    there = {key for key, _owner in kernel.records.owners_of("route")}
    assert there == {*((netns, word) for netns in places for word in ("kept", "made")), ("/run/netns/unseen", "kept")}
