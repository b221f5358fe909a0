# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``neighbour``: a permanent entry of a neighbour table (ip-neighbour(8)). Ours carry protocol number 143."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
    namespaces,
    place,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import (
    owner_of_row,
    record,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Announce, Record, Step
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


class Neighbour(Kind):
    name = "neighbour"
    key = ("device", "address")
    after = (ANY_DEVICE, "vxlan_fdb")  # who knows its MAC has a way to it
    options = {
        "device": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "lladdr": {"type": "str"},
    }

    def normalise(self, values: Values) -> Values:
        plain = {**values, "permanent": True}
        plain["device"] = canonical.device_name(plain["device"], "device")
        plain["address"] = canonical.address(plain["address"])
        if plain.get("lladdr") is not None:
            plain["lladdr"] = canonical.mac(plain["lladdr"], "lladdr")
        elif plain.get("state") != "absent":
            raise Problem(f"neighbour {plain['address']} on {plain['device']} needs an `lladdr`")
        return plain

    def label(self, values: Values) -> str:
        return f"{values['address']} on {values['device']}"

    def summary(self, values: Values) -> list[str]:
        return [f"lladdr: {values.get('lladdr')}"]

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), values.get("device"))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        if not kernel.has_link(wanted.values["device"], wanted.netns):
            yield f"there is no device {wanted.values['device']}; make it first, or name another"
        elif wanted.values["device"] == "lo":
            yield "lo has no neighbours: name the device that leads to this one"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        keys = {object_.key: object_.values.get("lladdr") for object_ in wanted}
        unwanted = {object_.key for object_ in wanted if not object_.present}
        for netns in namespaces(wanted):
            seen = set()
            for row in kernel.neighbours(netns):
                if "NDA_DST" not in row:
                    continue
                permanent = bool(row["state"] & m.NUD_PERMANENT)
                values = {
                    "device": row["device"],
                    "address": row["NDA_DST"],
                    "lladdr": row.get("NDA_LLADDR"),
                    "permanent": permanent,
                    "protocol": row.get("NDA_PROTOCOL"),
                }
                place(values, netns)
                key = self.key_of(values, "")
                seen.add(key)
                if key in unwanted and not permanent:
                    continue  # what the kernel knows by itself is nobody's entry
                ours = permanent and row.get("NDA_PROTOCOL") == m.PROTOCOL
                owner = owner_of_row(kernel, self.name, key, row["device"], netns, ours, key in keys)
                if owner is not None or key in keys:
                    if values["lladdr"] != keys.get(key, values["lladdr"]):
                        values["segment"] = _is_bridge(kernel, row["device"], netns)
                    # What the kernel has learned by itself is in nobody's way.
                    yield Found(self.name, key, values, owner, leftover=not permanent)
            kernel.saw(self.name, netns, seen)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """Under another protocol number, it would not be seen as ours by a run that has no use for it."""
        differences = super().differences(wanted, found)
        if not differences and found.values["protocol"] not in (None, m.PROTOCOL):
            differences["protocol"] = (found.values["protocol"], m.PROTOCOL)
        return differences

    def add(self, wanted: Wanted) -> Rounds:
        return [[*record(self.name, wanted), self._message(wanted)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        """A bridge answers its containers by it, and those that know another MAC do not ask for long."""
        values = wanted.values
        is_told = "lladdr" in differences and found.values.get("segment") and realm(wanted.owner) == "plan"
        told = Announce(wanted.netns, values["device"], values["lladdr"], (values["address"],))
        changed: list[Step] = [*record(self.name, wanted), self._message(wanted, replace=True)]
        return [changed, [told] if is_told else []]

    def _message(self, wanted: Wanted, replace: bool = False) -> m.Message:
        values = wanted.values
        return m.neighbour(values["device"], values["address"], values["lladdr"], wanted.netns, replace=replace)

    def remove(self, found: Found) -> Rounds:
        values = found.values
        gone = m.neighbour(values["device"], values["address"], "", found.netns, delete=True)
        return [[gone], [Record(self.name, found.key, None)]]


def _is_bridge(kernel: Kernel, device: str | None, netns: str | None) -> bool:
    link = kernel.link(device, netns) if device else None
    return link is not None and link.kind == "bridge"
