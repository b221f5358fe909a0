# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told of a container that has come to a bridge's port."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Announce, Answer, Step

ANNOUNCED = "announced"  # what ports note of themselves (``Kernel.notes``): where, on which bridge, what is told


def announced(values: Values, path: str | None) -> list[Announce]:
    """What the LAN is told, of a port that asks for it."""
    told = values.get("announce") and values["up"] and values.get("master") and values.get("mac")
    return [Announce(path, values["interface"], values["mac"], tuple(values["addresses"]))] if told else []


def by_another_mac(values: Values, before: Values, path: str | None) -> list[Step]:
    """Addresses that come, or stay with another MAC: whoever knows one would send to the MAC that had it for as long as
    he remembers that."""
    mac = values.get("mac") or before.get("mac")
    had = () if mac != before.get("mac") else before.get("addresses") or ()
    told = tuple(cidr for cidr in values["addresses"] if cidr not in had)
    is_told = told and mac and values["up"] and values.get("master")
    return [Announce(path, values["interface"], mac, told)] if is_told else []


def news(values: Values, netns: str | None, path: str | None) -> list[Step]:
    """The host asks on the bridge, as may whoever restarts a container and waits for it; of a container whose MAC is
    fixed, it is told by neighbours that stay. On a LAN (``announce``), switches remember at which port it was."""
    if not (values["up"] and values.get("master") and values.get("mac") and values["addresses"]):
        return []
    addresses = tuple(cidr.split("/")[0] for cidr in values["addresses"])
    answer = Answer(netns, values["master"], values["mac"], addresses, path, values["interface"])
    return [*([] if values.get("fixed_mac") else [answer]), *announced(values, path)]
