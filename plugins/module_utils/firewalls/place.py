# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What places have in common in which other firewalls let their users add to them.

A place knows whether its firewall is there, what it has of ours, and how to write that. What it has is lines, as a diff
shows them, by device; each line is ours by a mark that names its owner and the device.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import Opening, Uplinks
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import (
    Place as ChainPlace,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import Rows

NOT_LOADED = " (not loaded)"


class Line(t.NamedTuple):
    """``opening`` is None for what somebody has made of one of ours."""

    text: str
    opening: t.Optional[Opening] = None


class Part(t.NamedTuple):
    """What is there of one device, and whose it is."""

    owner: str
    device: str
    lines: t.Tuple[Line, ...]


class Request(t.NamedTuple):
    """Have these lines for a device, and no others of it (None: none at all)."""

    owner: str
    device: str
    lines: t.Optional[t.Tuple[Line, ...]]


class HostView(t.Protocol):
    """What a place looks at: chains of nftables, and files."""

    def foreign_chain(self, place: ChainPlace) -> t.Optional[Rows]: ...

    def text(self, path: str) -> t.Optional[str]: ...

    def folder(self, path: str) -> t.List[str]: ...


class Place(t.Protocol):
    name: str
    # Names of its chains, of which there is news where something of ours may have gone, or is to come.
    chains: t.Sequence[str]

    def is_there(self, host: HostView) -> bool:
        """Does its firewall filter now?"""

    def wanted(
        self, host: HostView, values: t.Mapping[str, t.Any], uplinks: Uplinks
    ) -> t.List[Line]:
        """The lines for an object of kind ``foreign_firewall``, where its firewall is there."""

    def found(self, host: HostView) -> t.List[Part]:
        """All of ours, be the firewall at work or not."""

    def chain_of(self, opening: Opening) -> t.Optional[ChainPlace]:
        """The chain in which it is let pass, before what the users of the command line say; None: it is anyway."""

    def write(self, requests: t.Sequence[Request]) -> t.Iterator[t.Tuple[int, str]]:
        """Do it, in the namespace that the process is in; positions of those that failed, and why."""
