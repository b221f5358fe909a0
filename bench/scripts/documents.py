# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan's documents by host, as JSON: of ``{"variables": {host: …}, "keys": {host: [network, device, key]}}`` on
standard input."""

from __future__ import annotations

import json
import sys

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import KeyEntry, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan


def main() -> None:
    asked = json.load(sys.stdin)
    told = {(network, host): KeyEntry(device, key) for host, (network, device, key) in asked["keys"].items()}
    plan = make_plan(gather(Sources(asked["variables"])), Ledger(keys=told), "2026-01-01")
    print(json.dumps({host: plan.documents[host] for host in plan.documents}))


if __name__ == "__main__":
    main()
