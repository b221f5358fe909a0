# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``isolation``: what may be forwarded to a device of ours, and whether its containers have a way out."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import UNKNOWN, is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, netns_path
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import NftTable, require


class Isolation(Kind):
    name = "isolation"
    key = ("device",)
    after = ("bridge", "vxlan")
    marked = True
    options = {
        "device": {"type": "str", "required": True},
        "accept_from": {"type": "list", "elements": "str"},
        "internal": {"type": "bool", "default": False},
        "protect": {"type": "bool", "default": True},
    }

    def normalise(self, values: Values) -> Values:
        plain = {"internal": False, "protect": True, **values, "in_force": True}
        plain["device"] = canonical.device_name(plain["device"], "device")
        if plain.get("netns") is not None:
            plain["netns"] = netns_path(plain["netns"])
        plain["accept_from"] = canonical.each(plain.get("accept_from") or [], canonical.device_name)
        return plain

    def summary(self, values: Values) -> list[str]:
        rows = ["accept from: " + (", ".join(values.get("accept_from") or ()) or "nobody")]
        rows += ["internal: yes"] if values.get("internal") else []
        return rows + ([] if values.get("protect", True) else ["protect: no"])

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("isolation", values.get("netns"), values["device"])

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        require()
        device = wanted.values["device"]
        if not kernel.has_link(device, wanted.netns):
            yield f"there is no device {device}; make it first (module bridge), or name another"
        elif is_foreign(kernel, device, wanted.netns):
            yield f"{device} is not ours, so what is forwarded to it is not ours to say"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for netns in {None, *(object_.netns for object_ in wanted)}:
            table = kernel.table(netns)
            for values, comment in _isolated(table):
                if netns is not None:
                    values["netns"] = netns
                yield Found(self.name, (netns, values["device"]), values, owner_of(comment) or UNKNOWN)

    def add(self, wanted: Wanted) -> Rounds:
        comment = mark(wanted.owner, "", "comment")
        return [[NftElement(wanted.netns, *element, None, comment) for element in _elements(wanted.values)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return [[*self.remove(found)[0], *self.add(wanted)[0]]]

    def remove(self, found: Found) -> Rounds:
        return [[NftElement(found.netns, *element, None, "", True) for element in found.values["elements"]]]


def _elements(values: Values) -> list[tuple[str, str]]:
    device = values["device"]
    elements = [("ours", device)] + ([("guarded", device)] if values["protect"] else [])
    elements += [("accepted", f"{other} . {device}") for other in values["accept_from"]]
    return elements + ([("internal", device)] if values["internal"] else [])


def _isolated(table: NftTable) -> t.Iterator[tuple[Values, str]]:
    """Devices in our sets, and what is there for each; a device may have lost some of its elements."""
    by_device: dict[str, list[tuple[str, str]]] = {}
    comments: dict[str, str] = {}
    for name in ("ours", "guarded", "accepted", "internal"):
        for key, (_value, comment) in table.elements.get(name, {}).items():
            device = key.split(" . ")[-1]
            by_device.setdefault(device, []).append((name, key))
            comments.setdefault(device, comment)
    for device, elements in by_device.items():
        sets = {name for name, _key in elements}
        values = {
            "device": device,
            "accept_from": sorted(key.split(" . ")[0] for name, key in elements if name == "accepted"),
            "internal": "internal" in sets,
            "protect": "guarded" in sets,
            "in_force": table.intact and "ours" in sets,
            "elements": elements,
        }
        yield values, comments[device]
