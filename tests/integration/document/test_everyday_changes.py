# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everyday changes converge in one run of ``site``: a check says what the run does, once; a second run does nothing.

A host of this kernel stands for one of a fleet that is planned as users would write it.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan, make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.run import phases
from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, details
from ansible_collections.containerhost.network.tests.integration.document.everyday import (
    CHANGES,
    FLEET,
    Everyday,
    edited,
)

HERE = "h1"


def planned(fleet: dict[str, Any], ledger: Ledger) -> Plan:
    hosts = {
        host: {
            **variables,
            "containerhost_confirm_vanished": True,
            "containerhost_networks": fleet["networks"],
            "containerhost_containers": fleet["containers"].get(host, {}),
        }
        for host, variables in fleet["hosts"].items()
    }
    return make_plan(gather(Sources(hosts, {}, resolve=lambda pattern: list(hosts))), ledger, "2026-11-20", None)


class Site:
    """The two plays of ``site`` on one host; all others have made their part."""

    def __init__(self, host: Any, plan: Plan, recreate: bool = False) -> None:
        self._host = host
        self._document = {"version": 1, **plan.documents.get(HERE, {})}
        self._networks = plan.networks
        self._scope = phases.scope(plan.networks, plan.known_networks, None, list(plan.documents))
        self._recreate = recreate

    def __call__(self, check: bool = False) -> list[str]:
        """What the two plays print."""
        made = self._phase("make", check)
        if not any(made["kept"].values()):
            return details(made)
        switched = details(self._phase("switch", check)) if made["switches"] else []
        removed = self._phase("remove", check, remove=list(self._scope.remove), keep=list(self._scope.keep))
        return details(made) + switched + details(removed)

    def _phase(self, phase: str, check: bool, **scope: Any) -> dict[str, Any]:
        given = {"document": self._document, "phase": phase, "recreate": self._recreate}
        given.update(phases.held(self._networks, self._scope.waiting, phase))
        answer = self._host.module("document", check=check, **given, **scope)
        assert not answer.get("failed"), answer["msg"]
        assert answer["changed"] is bool(answer["diff"])
        return answer


@pytest.fixture(scope="module")
def bare(host_of_a_module) -> Iterator[str]:
    state = host_of_a_module.snapshot()
    yield state
    assert different(host_of_a_module.snapshot(), state) == []


@pytest.fixture
def host(host_of_a_module, bare) -> Iterator[Any]:
    yield host_of_a_module
    host_of_a_module.module("document", document=NOTHING, everything=True)


def different(one: str, other: str) -> list[str]:
    """What only one of two states has.

    A bridge counts its ports in the order in which they came, and nft lists the elements of a set in any.
    """
    before, after = (Counter(_lines(state)) for state in (one, other))
    return [*(f"- {line}" for line in before - after), *(f"+ {line}" for line in after - before)]


def _lines(state: str) -> Iterator[str]:
    """Of an interface whose IPv6 is switched off, how it was set and what it listened to before says nothing."""
    for part in state.split("# namespace"):
        off = re.findall(r"^/proc/sys/net/ipv6/conf/(\S+)/disable_ipv6 \['1'\]$", part, re.MULTILINE)
        for line in part.splitlines():
            if line.startswith(tuple(f"{device}: " for device in off)):
                line = re.sub(r" addrgenmode \S+", "", line)
            if not line.startswith(("33:33:", *(f"/proc/sys/net/ipv6/conf/{device}/" for device in off))):
                yield _plain(line)


def _plain(line: str) -> str:
    return re.sub(r" (port_id|port_no|designated_port) \S+|elements = \{|[},]$", "", line).strip()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name.replace(" ", "-"))
def test_it_converges_in_one_run_and_check_mode_says_the_same(host, change: Everyday):
    fleet = edited(FLEET, change.before)
    before = planned(fleet, Ledger())
    after = planned(edited(fleet, change.after), before.ledger)
    Site(host, before)()
    site = Site(host, after, change.recreate)
    predicted = site(check=True)
    assert site() == predicted
    assert site() == []
    # The kernel sees to carriers, and to the addresses that follow from them, when it can.
    host.settle()
    changed = host.snapshot()
    host.module("document", document=NOTHING, everything=True)
    site()
    end = time.monotonic() + 30
    while (rest := different(changed, host.snapshot())) and time.monotonic() < end:
        time.sleep(0.1)
    assert rest == []
