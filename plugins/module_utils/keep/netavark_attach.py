# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin of netavark does on the host, command by command."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.keep import netavark_endpoint
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_attach import attach, detach
from ansible_collections.containerhost.network.plugins.module_utils.keep.netavark import Json


def _setup(netns: str, told: Json) -> Json:
    place = netavark_endpoint.place_of(netns, told)
    network = netavark_endpoint.network_of(told)
    made = attach(place, network, netavark_endpoint.asked(told))
    return netavark_endpoint.result(network, made)


def _teardown(netns: str, told: Json) -> None:
    detach(netavark_endpoint.place_of(netns, told))


COMMANDS: dict[str, t.Callable[[str, Json], t.Optional[Json]]] = {"setup": _setup, "teardown": _teardown}
