# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind there is. The loop is given this list; it knows none of them by name."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.kinds.bridge import Bridge
from ansible_collections.containerhost.network.plugins.module_utils.kinds.forwarding import Forwarding
from ansible_collections.containerhost.network.plugins.module_utils.kinds.isolation import Isolation
from ansible_collections.containerhost.network.plugins.module_utils.kinds.macvlan import Macvlan
from ansible_collections.containerhost.network.plugins.module_utils.kinds.nat_rule import NatRule
from ansible_collections.containerhost.network.plugins.module_utils.kinds.neighbour import Neighbour
from ansible_collections.containerhost.network.plugins.module_utils.kinds.netns import Netns
from ansible_collections.containerhost.network.plugins.module_utils.kinds.open_port import OpenPort
from ansible_collections.containerhost.network.plugins.module_utils.kinds.route import Route
from ansible_collections.containerhost.network.plugins.module_utils.kinds.sysctl import Sysctl
from ansible_collections.containerhost.network.plugins.module_utils.kinds.veth import Veth
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vtep_filter import VtepFilter
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan import Vxlan
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan_fdb import VxlanFdb

KINDS: tuple[Kind, ...] = (
    Netns(),
    Bridge(),
    Veth(),
    Macvlan(),
    VtepFilter(),
    Vxlan(),
    VxlanFdb(),
    Neighbour(),
    Route(),
    Isolation(),
    NatRule(),
    OpenPort(),
    Sysctl(),
    Forwarding(),
)
