# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``dummy``: an interface that leads nowhere (ip-link(8), ``type dummy``), a parent for what stays on the host."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.device import (
    ADDRESS_OPTIONS,
    DEVICE_OPTIONS,
    DeviceKind,
    change_device,
    finish_link,
    wants_ipv6,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import (
    Settings,
    of_host_device,
)


class Dummy(DeviceKind):
    name = "dummy"
    kernel_kind = "dummy"
    options = {**DEVICE_OPTIONS, **ADDRESS_OPTIONS}

    def settings(self, values: Values) -> Settings:
        """The kernel makes it without ARP and multicast, as there is nobody to hear them (dummy_setup)."""
        settings = of_host_device(wants_ipv6(values))
        return {name: number for name, number in settings.items() if name not in ("link.arp", "link.multicast")}

    def add(self, wanted: Wanted) -> Rounds:
        values = wanted.values
        name, addresses = values["name"], values.get("addresses") or ()
        made = m.new_link(
            name, "dummy", None, wanted.netns, up=False, address=values.get("mac"), mtu=values.get("mtu")
        )
        finish = finish_link(name, wanted.netns, self.mark_of(wanted), addresses, values["settings"], values["up"])
        return [[made], finish]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return change_device(wanted, differences, self.mark_of(wanted))
