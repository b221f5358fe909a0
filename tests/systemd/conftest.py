# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts for tests: a pair for all tests of a file that leave it as it was, and what must not change."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import pytest

from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdFleet

State = dict[str, dict[str, list[str]]]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdFleet]:
    fleet = SystemdFleet(tmp_path_factory.mktemp("pair"), ["h1", "h2"])
    yield fleet
    fleet.end()


def states(fleet: SystemdFleet) -> State:
    return {host.name: host.kernel_state() for host in fleet}


def differences(before: State, after: State) -> list[str]:
    """Lines that came and went, with where they stand."""
    found = []
    for host in before:
        for title in sorted({*before[host], *after[host]}):
            one, other = (state[host].get(title, ["no such namespace"]) for state in (before, after))
            lines = list(difflib.unified_diff(one, other, lineterm="", n=0))[2:]
            found += [f"{host}, {title}: {line}" for line in lines if not line.startswith("@@")]
    return found


def assert_kept(fleet: SystemdFleet, before: State) -> None:
    """Every host's kernel is as it was, and a run finds nothing to change."""
    differing = differences(before, states(fleet))
    assert not differing, "\n".join(differing)
    again = fleet.play("containerhost.network.site")
    assert (again.status, again.changed) == (0, 0), again.output
