# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that are done in places of other firewalls."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import AdaptFirewall
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import Request
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.places import PLACES
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire


def adapt(wire: Wire, steps: t.Sequence[AdaptFirewall]) -> t.Iterator[tuple[int, str]]:
    """Each firewall once, whatever is to be changed of it: firewalld is reloaded for it."""
    with wire.inside(None):
        for name, place in PLACES.items():
            positions = [position for position, step in enumerate(steps) if step.place == name]
            requests = [Request(steps[each].owner, steps[each].device, steps[each].lines) for each in positions]
            if requests:
                yield from ((positions[position], reason) for position, reason in place.write(requests))
