# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backend ``host-gw``: routes alone. Each host is the gateway to its slices, on a segment that all members share."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.modes.routed import metric_of
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import segments


def peer(network: Network, host: str, fleet: Fleet, sight: Hashable) -> Iterator[Object]:
    there = segments.segments(fleet.hosts[host])
    slices = segments.direct_slices(network, host, there, fleet)
    yield from segments.routes(network, slices, {slice_: metric_of(slice_) for slice_ in slices})


def check(network: Network, fleet: Fleet, problems: Problems) -> None:
    segments.check_one(network, fleet, "`backend: host-gw`", problems)


BACKENDS = (Backend(name="host-gw", summary="Routes by the hosts themselves.", peer=peer, check=check, direct=True),)
