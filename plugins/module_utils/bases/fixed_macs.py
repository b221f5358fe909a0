# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MACs that a bridge knows for good: at a port, where it learns them nowhere else, or as its own."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.bases import once
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

# Places (namespace, bridge, MAC) where a bridge will know a container at its port, and at no other.
FIXED_MACS = "fixed macs"


def fixed_macs(kernel: Kernel, netns: str | None) -> set[tuple[str, str]]:
    """Ports and the MACs that their bridges know there for good."""
    return once.noted(kernel, "fixed macs there", netns, lambda: _known(kernel, netns, m.NUD_NOARP))


def own_macs(kernel: Kernel, netns: str | None) -> set[tuple[str, str]]:
    """Bridges and ports with the MACs of which their bridges know that they are the host's own."""
    return once.noted(kernel, "own macs there", netns, lambda: _known(kernel, netns, m.NUD_PERMANENT))


def _known(kernel: Kernel, netns: str | None, state: int) -> set[tuple[str, str]]:
    rows = (row for row in kernel.fdb(netns) if not row["flags"] & m.NTF_SELF and row["state"] & state)
    return {(row["device"], row["NDA_LLADDR"]) for row in rows if "NDA_LLADDR" in row}


def fix_mac(values: Values, before: str | None = None) -> list[m.Message]:
    """Static, as what is permanent is the bridge's own. What was known ``before`` goes, as another port of it."""
    entry = {"device": values["name"], "flags": m.NTF_MASTER, "state": m.NUD_NOARP}
    old = [m.fdb({**entry, "lladdr": before}, values.get("netns"), delete=True)] if before else []
    if not values.get("fixed_mac"):
        return old if values.get("master") else []
    learning = m.set_port(values["name"], {"IFLA_BRPORT_LEARNING": 0}, values.get("netns"))
    return [learning, *old, m.fdb({**entry, "lladdr": values["mac"]}, values.get("netns"), replace=True)]
