# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan's work grows as the fleet does: counted in calls, which no busy machine makes more of."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

NETWORKS = {
    "web": {"driver": "bridge", "subnets": [{"cidr": "10.128.0.0/9", "host_prefix": 24}]},
    "fabric": {"driver": "overlay", "vni": 42, "subnets": [{"cidr": "10.0.0.0/9", "host_prefix": 24}]},
    "lan": {"driver": "macvlan", "parent": "eth0", "per_host_names": True, "subnets": [{"cidr": "172.16.0.0/12"}]},
}


def sources(hosts: int, containers: int) -> Sources:
    here = {f"c{number}": {"networks": {name: {} for name in NETWORKS}} for number in range(containers)}
    return Sources(
        {
            f"h{number:04d}": {
                "containerhost_underlay_address": f"198.18.{number >> 8}.{number & 255}/15",
                "containerhost_networks": NETWORKS,
                "containerhost_containers": here,
            }
            for number in range(1, hosts + 1)
        }
    )


def calls(hosts: int, containers: int, again: bool) -> int:
    """How many functions a plan and one of its documents call, Python's own among them."""
    given, ledger = sources(hosts, containers), Ledger()
    if again:
        ledger = make_plan(gather(given), ledger, "2026-01-01").ledger
    count = 0

    def notice(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(notice)
    try:
        document = make_plan(gather(given), ledger, "2026-01-01").documents["h0001"]
    finally:
        sys.setprofile(None)
    assert len(document.get("vxlan_fdb", ())) == hosts - 1
    return count


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_five_times_the_hosts_are_five_times_the_work(again):
    assert calls(100, 3, again) < 5.2 * calls(20, 3, again)


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_five_times_the_containers_are_five_times_the_work(again):
    assert calls(10, 50, again) < 5.2 * calls(10, 10, again)
