# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``isolation``: what may be forwarded to a device of ours and from it, and whether there is a way out."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.nft import (
    EVERYBODY,
    Element,
    NftKind,
    NftObject,
    cidr,
    family_of,
    listed,
    networks,
    plain_network,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.nft_frame import Elements

_SETS = ("ours", "guarded", "accepted", "internal", "inward", "sourced", "sources4", "sources6")


class Isolation(NftKind):
    name = "isolation"
    key = ("device",)
    after = ("bridge", "vxlan")
    options = {
        "device": {"type": "str", "required": True},
        "accept_from": {"type": "list", "elements": "str"},
        "internal": {"type": "bool", "default": False},
        "protect": {"type": "bool", "default": True},
        "sources": {"type": "list", "elements": "str"},
        "way_out": {"type": "bool", "default": True},
    }

    def spell(self, plain: Values) -> Values:
        plain = {"internal": False, "protect": True, "way_out": True, **plain}
        plain["device"] = canonical.device_name(plain["device"], "device")
        plain["accept_from"] = canonical.each(plain.get("accept_from") or [], canonical.device_name)
        given = plain.get("sources", EVERYBODY)  # an empty list lets nobody pass
        plain["sources"] = given if given == EVERYBODY else networks(given, "sources")
        return plain

    def summary(self, values: Values) -> list[str]:
        rows = ["accept from: " + (", ".join(values.get("accept_from") or ()) or "nobody")]
        rows += ["internal: yes"] if values.get("internal") else []
        rows += ["protect: no"] if not values.get("protect", True) else []
        if values["sources"] != EVERYBODY:
            rows.append(f"sources: {', '.join(values['sources']) or 'nobody'}")
        return rows + (["way out: no"] if not values.get("way_out", True) else [])

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("isolation", values.get("netns"), values["device"])

    def export(self, values: Values) -> Values:
        """An empty list of sources says that nobody's packets pass."""
        return {**super().export(values), **({"sources": []} if values["sources"] == [] else {})}

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        yield from super().obstacles(kernel, wanted)
        device = wanted.values["device"]
        if not kernel.has_link(device, wanted.netns):
            yield f"there is no device {device}; make it first (module bridge), or name another"
        elif is_foreign(kernel, device, wanted.netns):
            yield f"{device} is not ours, so what is forwarded to it is not ours to say"

    def elements(self, values: Values) -> list[Element]:
        device = values["device"]
        flags = {
            "ours": True,
            "guarded": values["protect"],
            "internal": values["internal"],
            "inward": not values["way_out"],
            "sourced": values["sources"] != EVERYBODY,
        }
        networks_ = map(plain_network, listed(values["sources"]))
        sources = [(f"sources{family_of(each)}", f"{device} . {each}") for each in networks_]
        accepted = [("accepted", f"{other} . {device}") for other in values["accept_from"]]
        return [Element(*each) for each in [*((name, device) for name in flags if flags[name]), *accepted, *sources]]

    def objects(self, elements: Elements) -> t.Iterator[NftObject]:
        by_device: dict[str, list[Element]] = {}
        comments: dict[str, str] = {}
        for name in _SETS:
            for key, (_value, comment) in elements.get(name, {}).items():
                words = key.split(" . ")
                device = words[-1] if name == "accepted" else words[0]
                by_device.setdefault(device, []).append(Element(name, key))
                comments.setdefault(device, comment)
        for device, some in by_device.items():
            yield NftObject(_isolated(device, some), some, comments[device])


def _isolated(device: str, elements: t.Sequence[Element]) -> Values:
    sets = {element.set for element in elements}
    sources = sorted(cidr(e.key.split(" . ")[1]) for e in elements if e.set.startswith("sources"))
    return {
        "device": device,
        "accept_from": sorted(e.key.split(" . ")[0] for e in elements if e.set == "accepted"),
        "internal": "internal" in sets,
        "protect": "guarded" in sets,
        "sources": sources if sources or "sourced" in sets else EVERYBODY,
        "way_out": "inward" not in sets,
    }
