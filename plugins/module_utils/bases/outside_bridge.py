# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containers have of a bridge that the host itself is on a LAN by, ours or not."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted, realm
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


def with_its_mtu(kernel: Kernel, port: Wanted) -> Wanted:
    """A port that is to be, with the MTU of the LAN where a document says none."""
    bridge = kernel.link(port.values.get("master"), port.netns)
    said = port.values.get("mtu") or realm(port.owner) != "plan"
    if bridge is None or said or kernel.is_ours(bridge.name, port.netns):
        return port
    return port._replace(values={**port.values, "mtu": bridge.mtu})
