# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is told about keeping its networks until the next run: the option ``save`` of module C(document)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import GUARD_SECONDS

GUARD_TIMEOUT = Option(
    "containerhost_guard_timeout",
    "int",
    "Seconds in which a run by SSH that could cut its own way to the host comes back over a new connection, or else"
    " the host goes back to what it was before. 0 goes without.",
    default=GUARD_SECONDS,
    minimum=0,
    maximum=3600,
)


def of_host(
    own: Mapping[str, Any], plan: Mapping[str, Any], host: str, drivers: Collection[str] | None
) -> dict[str, Any]:
    """``own`` is the host's file of the plan, ``plan`` the fleet's; ``drivers``: the plan is about these only."""
    networks = {
        name: network["driver"] for name, network in plan["networks"].items() if host in network["members"]
    }
    about = None if drivers is None else sorted(drivers)
    told = {**own["keep"], "host": host, "digest": own["digest"], "networks": networks, "drivers": about}
    return {**told, "elsewhere": plan["elsewhere"]} if plan.get("elsewhere") else told
