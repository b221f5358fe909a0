# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is told about keeping its networks until the next run: the option ``save`` of module C(document)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


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
