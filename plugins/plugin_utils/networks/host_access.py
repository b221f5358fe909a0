# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network's containers reach on the addresses of their host."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.model import NetworkSpec

OPTION = Option(
    "host_access",
    "host_access",
    "What its containers reach on the host's own addresses, all of them: all, none, dns (port 53), or a list of ports"
    " as in C([53/udp, 9100]). Published ports are no concern of it.",
    default=None,
    default_note="C(all)",
)


DNS = ("53/tcp", "53/udp")


def of(spec: NetworkSpec) -> list[str] | None:
    """As kind ``isolation`` has it: the ports, or None for whatever there is."""
    ports = spec.options[OPTION.name]
    return None if ports is None else list(ports)
