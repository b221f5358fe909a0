# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that programs of a namespace have: a part of the kernel's picture, read once, when somebody first asks."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.state.readings import Readings
    from ansible_collections.containerhost.network.plugins.module_utils.state.sockets import BoundPorts


class HeldPorts:
    """``exists`` says whether a namespace is there: in one that is still to be made, nobody has any port."""

    def __init__(self, readings: Readings, exists: t.Callable[[t.Optional[str]], bool]) -> None:
        self._readings = readings
        self._exists = exists
        self._bound: dict[str | None, BoundPorts] = {}

    def udp_program(self, port: int, netns: str | None = None) -> str | None:
        """The program that has a UDP port, whichever its address; the kernel's own sockets are no program's."""
        inodes = self._of(netns).get(("udp", port))
        return self._readings.program_of(inodes) if inodes else None

    def holder(
        self, protocol: str, address: str, port: int, netns: str | None = None, but_for: int | None = None
    ) -> str | None:
        """Who waits on a port of an address of this host, or of all with ``0.0.0.0`` or ``::``; None: nobody.

        ``but_for``: whoever was started by this process does not count.
        """
        inodes = self._of(netns).get((protocol, port))
        if not inodes or self._readings.is_free(protocol, address, port, netns):
            return None
        if but_for is not None and self._readings.are_of_children(inodes, but_for):
            return None
        if "0" in inodes:
            return "the kernel itself, for a tunnel such as VXLAN,"
        return self._readings.program_of(inodes) or "a program that cannot be seen from here"

    def _of(self, netns: str | None) -> BoundPorts:
        if netns not in self._bound:
            self._bound[netns] = self._readings.bound_ports(netns) if self._exists(netns) else {}
        return self._bound[netns]
