# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of macvlan and ipvlan on a VLAN of their parent: its interface is shared, and used whatever it is called."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready
from ansible_collections.containerhost.network.tests.vm.world import LAN, applied, reaches, sh, state

# The LAN's own end of the VLAN.
TAGGED = """
ip -n lan link add link lan0 name tagged type vlan id 7
ip -n lan addr add 10.7.0.9/24 dev tagged
ip -n lan link set tagged up
"""


def network(kind: str, name: str, number: int) -> dict[str, Any]:
    """A container and a shim on VLAN 7 of lan0."""
    where = {"network": name, "parent": "lan0", "vlan": 7}
    macs = [{"mac": f"02:00:00:07:00:{byte:02x}"} if kind == "macvlan" else {} for byte in (number, number + 100)]
    routes = [{"dst": "192.0.2.0/24", "via": "10.7.0.9"}]
    return {
        "netns": [{"network": name, "name": name}],
        "vlan": [{"network": name, "parent": "lan0", "id": 7}],
        kind: [
            {**where, **macs[0], "sandbox": {"ref": name}, "addresses": [f"10.7.0.{number}/24"], "routes": routes},
            {**where, **macs[1], "interface": f"shim-{name}", "addresses": [f"10.7.0.{number + 100}/32"],
             "routes": [{"dst": f"10.7.0.{number}/32"}]},
        ],
    }  # fmt: skip


def joined(*documents: dict[str, Any]) -> dict[str, Any]:
    return {kind: [row for each in documents for row in each.get(kind, ())] for each in documents for kind in each}


@pytest.fixture
def lan():
    """Set up by the test itself, in its own namespaces."""
    return LAN + TAGGED


@pytest.mark.parametrize("kind", ["macvlan", "ipvlan"])
def test_networks_share_a_vlan_and_the_last_takes_it_along(lan, kind):
    sh(lan)
    before = state()
    blue, red = network(kind, "blue", 1), network(kind, "red", 2)
    assert len(applied(**joined(blue, red))) == 8
    for where, address in (("blue", "10.7.0.9"), ("blue", "10.7.0.2"), (None, "10.7.0.1"), ("lan", "10.7.0.2")):
        assert reaches(where, address), (where, address)
    assert len(applied(**red)) == 4
    assert reaches("red", "10.7.0.9")
    assert len(applied()) == 4
    assert state() == before


@pytest.mark.parametrize("kind", ["macvlan", "ipvlan"])
def test_somebody_elses_is_used_under_its_name_and_stays(lan, kind):
    sh(lan + "ip link add link lan0 name theirs type vlan id 7\nip link set theirs up")
    before = state()
    assert len(applied(**network(kind, "blue", 1))) == 3
    assert reaches("blue", "10.7.0.9")
    assert len(applied()) == 3
    assert state() == before


def test_a_vlan_that_went_takes_them_along_and_all_come_back(lan):
    sh(lan)
    blue = network("macvlan", "blue", 1)
    applied(**blue)
    before = state()
    sh("ip link del lan0.7")
    assert len(applied(**blue)) == 3
    assert state() == before
    assert reaches("blue", "10.7.0.9")


def test_another_vlan_needs_to_be_allowed(lan):
    sh(lan)
    blue = network("macvlan", "blue", 1)
    applied(**blue)
    moved = [{**row, "vlan": 8} for row in blue["macvlan"]]
    other = {**blue, "vlan": [{"network": "blue", "parent": "lan0", "id": 8}], "macvlan": moved}
    with pytest.raises(Unready, match=r"vlan \(7 → 8\)"):
        applied(**other)


def test_a_vlan_that_nobody_makes_is_named(lan):
    sh(lan)
    blue = network("macvlan", "blue", 1)
    del blue["vlan"]
    with pytest.raises(Unready, match="there is no VLAN 7 of lan0 on this host"):
        applied(**blue)
