# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan's cost is linear in hosts plus containers. Absolute times are the benchmark's business."""

from __future__ import annotations

import time

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

NETWORKS = {
    "web": {"driver": "bridge", "subnets": [{"cidr": "10.0.0.0/9", "host_prefix": 26}]},
    "fabric": {"driver": "overlay", "vni": 42, "subnets": [{"cidr": "10.128.0.0/9", "host_prefix": 26}]},
}


def variables(hosts):
    containers = {f"c{number}": {"networks": {"web": None, "fabric": None}} for number in range(20)}
    return {
        f"h{number}": {
            "ansible_host": f"198.18.{number // 250}.{number % 250 + 1}",
            "containerhost_networks": NETWORKS,
            "containerhost_containers": containers,
        }
        for number in range(hosts)
    }


def cost(hosts):
    """CPU seconds of a plan and of one document."""
    found = gather(Sources(variables(hosts)))
    start = time.process_time()
    plan = make_plan(found, Ledger(), "2026-11-20")
    assert len(plan.documents["h0"].get("vxlan_fdb", ())) == hosts - 1
    return time.process_time() - start


def test_eight_times_the_hosts_cost_eight_times_as_much():
    small = min(cost(30) for dummy in range(3))
    assert cost(240) < 8 * small * 2.5
