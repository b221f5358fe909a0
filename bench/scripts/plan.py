# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan alone, without Ansible: ``plan.py HOSTS CONTAINERS`` prints seconds, memory and sizes as JSON.

``render`` is the documents' text, of all hosts up to 1,000, else of 100 that are spread over the fleet.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection
from ansible_collections.containerhost.network.plugins.plugin_utils import ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.documents import VERSION
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

NETWORKS = {
    "web": {"driver": "bridge", "subnets": [{"cidr": "10.128.0.0/9", "host_prefix": 24}]},
    "fabric": {"driver": "overlay", "vni": 42, "subnets": [{"cidr": "10.0.0.0/9", "host_prefix": 24}]},
}
ALL_TEXTS, SOME_TEXTS = 1000, 100


def variables(hosts: int, containers: int) -> dict[str, dict[str, t.Any]]:
    here = {f"c{number}": {"networks": {"web": {}, "fabric": {}}} for number in range(containers)}
    return {
        f"h{number:05d}": {
            "containerhost_underlay_address": f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}/15",
            "containerhost_networks": NETWORKS,
            "containerhost_containers": here,
        }
        for number in range(1, hosts + 1)
    }


def main() -> None:
    hosts, containers = int(sys.argv[1]), int(sys.argv[2])
    sources = Sources(variables(hosts, containers))
    start = time.perf_counter()
    plan = make_plan(gather(sources), ledger.Ledger(), "2026-01-01")
    first = time.perf_counter()
    plan = make_plan(gather(sources), plan.ledger, "2026-01-01")
    again = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    names = list(plan.documents)
    some = names if hosts <= ALL_TEXTS else names[:: hosts // SOME_TEXTS]
    begin = time.perf_counter()
    sizes = without_garbage_collection(
        lambda: [len(plan.documents.text(host, {"version": VERSION, "host": host})) for host in some]
    )()
    rendered = time.perf_counter() - begin
    answer = {
        "plan": first - start,
        "again": again - first,
        "render_one": rendered / len(some),
        "document": max(sizes),
        "memory": peak / 1024,
        "memory_with_documents": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "ledger": len(ledger.render(plan.ledger)),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
