# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``vtep_filter``: from whom VXLAN packets of a network are taken. Others' are dropped before the VTEP sees them.

The kernel's VXLAN takes a packet of its VNI from anybody who can send UDP to the host: without a filter, whoever
reaches the underlay can put frames into the overlay.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.nft import (
    Element,
    NftKind,
    NftObject,
    family_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

_PORT = 4789  # IANA


class VtepFilter(NftKind):
    name = "vtep_filter"
    key = ("vni", "port")
    options = {
        "vni": {"type": "int", "required": True},
        "port": {"type": "int", "default": _PORT},
        "accept_from": {"type": "list", "elements": "str"},
    }

    def spell(self, plain: Values) -> Values:
        plain = {"port": _PORT, **plain}
        plain["vni"] = canonical.between(plain["vni"], 0, (1 << 24) - 1, "vni")
        plain["port"] = canonical.port(plain["port"])
        plain["accept_from"] = canonical.each(plain.get("accept_from") or [], canonical.address)
        return plain

    def label(self, values: Values) -> str:
        return f"of VNI {values['vni']} on port {values['port']}"

    def summary(self, values: Values) -> list[str]:
        return [f"accept from: {', '.join(values.get('accept_from') or ()) or 'nobody'}"]

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("vtep filter", values.get("netns"), values["vni"], values["port"])

    waits = ("remove",)

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """A member that has another address sends from the old one until it has heard of the new one itself."""
        before = found.values["accept_from"] if found.owner == wanted.owner else ()
        accept_from = sorted({*wanted.values["accept_from"], *before})
        if accept_from == sorted(wanted.values["accept_from"]):
            return wanted
        return wanted._replace(values={**wanted.values, "accept_from": accept_from})

    def elements(self, values: Values) -> list[Element]:
        vni = f"{values['port']} . {values['vni']}"
        members = [Element(f"vteps{family_of(each)}", f"{each} . {vni}") for each in values["accept_from"]]
        return [Element("filtered_vnis", vni), *members]

    def objects(self, elements: Elements) -> t.Iterator[NftObject]:
        filtered = elements.get("filtered_vnis", {})
        by_vni: dict[str, list[Element]] = {key: [Element("filtered_vnis", key)] for key in filtered}
        comments = {key: comment for key, (_value, comment) in filtered.items()}
        for name in ("vteps4", "vteps6"):
            for key, (_value, comment) in elements.get(name, {}).items():
                vni = key.split(" . ", 1)[1]
                by_vni.setdefault(vni, []).append(Element(name, key))
                comments.setdefault(vni, comment)
        for key, some in by_vni.items():
            port, vni = key.split(" . ")
            members = sorted(each.key.split(" . ")[0] for each in some if each.set != "filtered_vnis")
            yield NftObject({"vni": int(vni), "port": int(port), "accept_from": members}, some, comments[key])
