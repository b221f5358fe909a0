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
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import UNKNOWN
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, netns_path
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import NftTable, require

_PORT = 4789  # IANA


class VtepFilter(Kind):
    name = "vtep_filter"
    key = ("vni", "port")
    marked = True
    options = {
        "vni": {"type": "int", "required": True},
        "port": {"type": "int", "default": _PORT},
        "accept_from": {"type": "list", "elements": "str"},
    }

    def normalise(self, values: Values) -> Values:
        plain = {"port": _PORT, **values, "in_force": True}
        plain["vni"] = canonical.between(plain["vni"], 0, (1 << 24) - 1, "vni")
        plain["port"] = canonical.port(plain["port"])
        if plain.get("netns") is not None:
            plain["netns"] = netns_path(plain["netns"])
        plain["accept_from"] = canonical.each(plain.get("accept_from") or [], canonical.address)
        return plain

    def label(self, values: Values) -> str:
        return f"of VNI {values['vni']} on port {values['port']}"

    def summary(self, values: Values) -> list[str]:
        return [f"accept from: {', '.join(values.get('accept_from') or ()) or 'nobody'}"]

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("vtep filter", values.get("netns"), values["vni"], values["port"])

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterable[str]:
        require()
        return ()

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for netns in {None, *(object_.netns for object_ in wanted)}:
            table = kernel.table(netns)
            for values, comment in _filters(table):
                if netns is not None:
                    values["netns"] = netns
                yield Found(self.name, self.key_of(values, ""), values, owner_of(comment) or UNKNOWN)

    def add(self, wanted: Wanted) -> Rounds:
        return [self._elements(wanted, wanted.values["accept_from"])]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        """Only who comes and who goes, unless the owner changes or rules were lost."""
        if set(differences) != {"accept_from"}:
            return [[*self.remove(found)[0], *self.add(wanted)[0]]]
        old, new = (set(addresses) for addresses in differences["accept_from"])
        out = [NftElement(found.netns, *_vtep(found.values, address), None, "", True) for address in sorted(old - new)]
        return [[*out, *self._elements(wanted, sorted(new - old))[1:]]]

    def _elements(self, wanted: Wanted, addresses: t.Iterable[str]) -> list[t.Any]:
        comment = mark(wanted.owner, "", "comment")
        places = [("filtered_vnis", _vni(wanted.values)), *(_vtep(wanted.values, address) for address in addresses)]
        return [NftElement(wanted.netns, *place, None, comment) for place in places]

    def remove(self, found: Found) -> Rounds:
        return [[NftElement(found.netns, *element, None, "", True) for element in found.values["elements"]]]


def _vni(values: Values) -> str:
    return f"{values['port']} . {values['vni']}"


def _vtep(values: Values, address: str) -> tuple[str, str]:
    return ("vteps6" if ":" in address else "vteps4"), f"{address} . {_vni(values)}"


def _filters(table: NftTable) -> t.Iterator[tuple[Values, str]]:
    filtered = table.elements.get("filtered_vnis", {})
    elements: dict[str, list[tuple[str, str]]] = {key: [("filtered_vnis", key)] for key in filtered}
    comments = {key: comment for key, (_value, comment) in filtered.items()}
    for name in ("vteps4", "vteps6"):
        for key, (_value, comment) in table.elements.get(name, {}).items():
            place = key.split(" . ", 1)[1]
            elements.setdefault(place, []).append((name, key))
            comments.setdefault(place, comment)
    for place, some in elements.items():
        port, vni = place.split(" . ")
        values = {
            "vni": int(vni),
            "port": int(port),
            "accept_from": sorted(key.split(" . ")[0] for name, key in some if name != "filtered_vnis"),
            "in_force": table.intact and place in filtered,
            "elements": some,
        }
        yield values, comments[place]
