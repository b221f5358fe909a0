# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VLAN of the host's interface as a port of a bridge."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.vm.test_vlan_networks import TAGGED
from ansible_collections.containerhost.network.tests.vm.world import LAN, applied, reaches, sh, state

ON_THE_VLAN = {
    "netns": [{"network": "office", "name": "shop"}],
    "vlan": [{"network": "office", "parent": "lan0", "id": 7}],
    "bridge": [{"network": "office", "name": "ch-office", "uplink": "lan0", "vlan": 7}],
    "uplink": [{"network": "office", "device": "lan0", "vlan": 7, "bridge": "ch-office"}],
    "veth": [
        {
            "network": "office",
            "name": "chv1",
            "host_mac": "fe:00:00:07:00:01",
            "master": "ch-office",
            "announce": True,
            "sandbox": {"ref": "shop"},
            "mac": "02:00:00:07:00:01",
            "addresses": ["10.7.0.1/24"],
        }
    ],
}


@pytest.fixture
def lan():
    """Set up by the test itself, in its own namespaces."""
    return LAN + TAGGED


def test_one_that_is_missing_is_made_and_goes_with_the_network(lan):
    sh(lan)
    before = state()
    assert len(applied(**ON_THE_VLAN)) == 5
    assert "master ch-office" in sh("ip link show dev lan0.7")
    assert reaches("shop", "10.7.0.9")
    assert len(applied()) == 5
    assert state() == before
