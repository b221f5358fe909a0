# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that the plan makes of an inventory, for tests of what an inventory means on a host."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan


def planned(networks: str, containers: str, ledger: Ledger | None = None, **variables: Any) -> dict[str, Any]:
    """The document of h1, a host with these containers. Both are written as a user writes them."""
    host = {
        "ansible_host": "198.18.0.1",
        "containerhost_networks": yaml.safe_load(networks),
        "containerhost_containers": yaml.safe_load(containers),
        **variables,
    }
    return make_plan(gather(Sources({"h1": host})), ledger or Ledger(), "2026-11-20").documents["h1"]
