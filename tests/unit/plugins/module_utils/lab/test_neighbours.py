# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for the neighbours of a large lab, borrowed from this machine and given back."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.lab.neighbours import NeighbourLimits, wanted

SETTING = "net.{}.neigh.default.gc_thresh{}"


class Machine:
    def __init__(self, folder):
        self.top, self.root = folder / "labs", folder / "sys"
        self.top.mkdir()
        for family in ("ipv4", "ipv6"):
            (self.root / f"net/{family}/neigh/default").mkdir(parents=True)
            for number, value in ((1, 128), (2, 512), (3, 1024)):
                self.set(family, number, value)
        self.limits = NeighbourLimits(str(self.top), str(self.root))

    def path(self, family, number):
        return self.root.joinpath(*SETTING.format(family, number).split("."))

    def set(self, family, number, value):
        self.path(family, number).write_text(f"{value}\n")

    def get(self):
        return [int(self.path(family, number).read_text()) for family in ("ipv4", "ipv6") for number in (1, 2, 3)]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_small_lab_changes_nothing(machine):
    assert machine.limits.borrow("small", 10, check=False) == []
    assert list(machine.top.iterdir()) == []


@pytest.mark.parametrize("hosts", [11, 50, 300])
def test_a_large_lab_gets_room_and_gives_it_back(machine, hosts):
    before, room = machine.get(), wanted(hosts)
    assert room >= hosts * hosts
    predicted = machine.limits.borrow("large", hosts, check=True)
    assert machine.get() == before
    assert machine.limits.borrow("large", hosts, check=False) == predicted
    assert machine.get() == [128, room // 2, room] * 2
    assert machine.limits.borrow("large", hosts, check=False) == []
    machine.limits.give_back("large")
    assert machine.get() == before
    assert list(machine.top.iterdir()) == []


def test_the_last_lab_that_needs_it_gives_it_back(machine):
    before = machine.get()
    machine.limits.borrow("one", 50, check=False)
    machine.limits.borrow("two", 20, check=False)
    machine.limits.give_back("one")
    assert machine.get()[2] == wanted(20)
    machine.limits.give_back("two")
    assert machine.get() == before


def test_what_somebody_else_has_set_meanwhile_stays(machine):
    machine.limits.borrow("large", 50, check=False)
    machine.set("ipv4", 3, 99999)
    machine.limits.give_back("large")
    assert machine.get() == [128, 512, 99999, 128, 512, 1024]
    assert list(machine.top.iterdir()) == []


def test_a_machine_that_has_room_keeps_its_own(machine):
    machine.set("ipv4", 3, 1 << 20)
    changed = {name for name, _before, _after in machine.limits.borrow("large", 50, check=False)}
    assert changed == {SETTING.format("ipv4", 2), SETTING.format("ipv6", 2), SETTING.format("ipv6", 3)}


def test_a_namespace_that_does_not_see_them_is_left_alone(tmp_path):
    assert NeighbourLimits(str(tmp_path), str(tmp_path / "sys")).borrow("large", 50, check=False) == []
