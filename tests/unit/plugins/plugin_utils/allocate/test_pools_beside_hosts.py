# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnets from pools are none that a host is on already, as far as the inventory says so."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("variables", "subnet"), [
    ({}, "10.70.0.0/24"),
    ({"ansible_host": "10.70.0.9"}, "10.70.1.0/24"),
    ({"ansible_host": "10.70.1.9"}, "10.70.0.0/24"),
    ({"containerhost_underlay_address": "10.70.0.9/23"}, "10.70.2.0/24"),
    ({"ansible_host": "10.70.0.9", "containerhost_underlay_address": "10.70.1.9"}, "10.70.2.0/24"),
    ({"ansible_host": "10.70.0.9", "containerhost_underlay_address": "10.70.2.9/24"}, "10.70.1.0/24"),
])  # fmt: skip
def test_a_network_without_subnets_gets_one_that_no_host_is_on(fleet, variables, subnet):
    fleet.networks("{web: {driver: bridge}}").everywhere(containerhost_pools=["10.70.0.0/16"])
    fleet.only_containers(h1="{a: {networks: {web: }}}").variables("h2", **variables)
    assert [str(each.cidr) for each in fleet.plan().fleet.networks["web"].subnets] == [subnet]


def test_a_subnet_that_was_given_before_stays(fleet):
    fleet.networks("{web: {driver: bridge}}").everywhere(containerhost_pools=["10.70.0.0/16"])
    fleet.only_containers(h1="{a: {networks: {web: }}}").remembering(fleet.plan())
    fleet.variables("h2", containerhost_underlay_address="10.70.0.200/24")
    assert any("10.70.0.200" in problem for problem in fleet.problems())
    fleet.variables("h2", containerhost_underlay_address="10.70.9.200/20")
    assert [str(each.cidr) for each in fleet.plan().fleet.networks["web"].subnets] == ["10.70.0.0/24"]
