# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's tables of neighbours have a limited size: who outgrows it is told by the plan, and by verify."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state import neighbour_tables
from ansible_collections.containerhost.network.plugins.plugin_utils.checks import neighbours


def crowded(fleet, containers):
    fleet.networks("fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 22}]}")
    return fleet.only_containers(
        h1={f"c{number}": {"networks": {"fabric": None}} for number in range(containers)},
        h2="one: {networks: {fabric: }}",
    ).plan()


@pytest.mark.parametrize("containers", [1, 500])
def test_few_containers_are_no_reason_to_warn(fleet, containers):
    assert crowded(fleet, containers).warnings == ()


def test_a_busy_host_outgrows_linux_default(fleet):
    plan = crowded(fleet, 600)
    [warning] = plan.warnings
    assert warning.startswith("h1: containers may need 1,201 entries of the kernel's table of IPv4 neighbours")
    assert "net.ipv4.neigh.default.gc_thresh3 to 4096" in warning
    assert neighbours.needed(plan.fleet)["h2"] == {4: 3, 6: 0}


def test_what_a_host_has_decides_in_the_end():
    wanted = {"4": 1201, "6": 10}
    [note] = neighbours.notes("h1", wanted, {"IPv4": {"limit": 1024}, "IPv6": {"limit": 1024}})
    assert "1,201" in note and "1,024" in note
    assert list(neighbours.notes("h1", wanted, {"IPv4": {"limit": 4096}})) == []
    assert list(neighbours.notes("h1", wanted, {})) == []


def test_the_kernel_s_counters_are_read(tmp_path):
    (tmp_path / "net/stat").mkdir(parents=True)
    (tmp_path / "net/stat/arp_cache").write_text(
        "entries  allocs table_fulls\n000003ff 00000010 00000002\n000003ff 00000011 00000010\n"
    )
    settings = tmp_path / "sys/net/ipv4/neigh/default"
    settings.mkdir(parents=True)
    (settings / "gc_thresh3").write_text("1024\n")
    found = neighbour_tables.read(str(tmp_path))
    assert found == {"IPv4": ("net.ipv4.neigh.default.gc_thresh3", 1023, 1024, 18)}
    assert neighbour_tables.read(str(tmp_path / "sys")) == {}
