# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container of an engine's consists of. The plugin is started for each, and loads no kinds but these."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import wanted_object
from ansible_collections.containerhost.network.plugins.module_utils.kinds.nat_rule import NatRule
from ansible_collections.containerhost.network.plugins.module_utils.kinds.open_port import OpenPort
from ansible_collections.containerhost.network.plugins.module_utils.kinds.sender_filter import SenderFilter
from ansible_collections.containerhost.network.plugins.module_utils.kinds.veth import Veth
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import EngineAttachment

KINDS: tuple[Kind, ...] = (Veth(), NatRule(), OpenPort(), SenderFilter())
_BY_NAME = {kind.name: kind for kind in KINDS}


def objects_of(attachment: EngineAttachment) -> list[Wanted]:
    """What a container has on a network. Raises Problem."""
    rows = ((_BY_NAME[kind], row) for kind, rows in attachment.objects.items() for row in rows)
    return [wanted_object(kind, row, attachment.owner) for kind, row in rows]
