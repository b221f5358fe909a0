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
    change_link,
    finish_link,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m


class Dummy(DeviceKind):
    name = "dummy"
    kernel_kind = "dummy"
    options = {**DEVICE_OPTIONS, **ADDRESS_OPTIONS}

    def add(self, wanted: Wanted) -> Rounds:
        values = wanted.values
        # Down at first: an interface that is up takes a link-local address at once.
        made = m.new_link(
            values["name"], "dummy", None, wanted.netns, up=False, address=values.get("mac"), mtu=values.get("mtu")
        )
        quiet = m.set_link(values["name"], wanted.netns, operation="set no link-local address", af_spec=m.NO_LINK_LOCAL)
        up = [m.set_link(values["name"], wanted.netns, up=True)] if values["up"] else []
        finish = finish_link(values["name"], wanted.netns, self.mark_of(wanted), values.get("addresses") or ())
        return [[made], [quiet, *up, *finish]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return [[*change_link(wanted, differences, self.mark_of(wanted))]]
