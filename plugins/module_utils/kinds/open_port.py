# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``open_port``: a container's port that may be reached under the container's own address, without translation."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import UNKNOWN
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, netns_path
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import NftTable, require


class OpenPort(Kind):
    name = "open_port"
    key = ("protocol", "address", "port")
    after = ("isolation",)
    marked = True
    options = {
        "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp"], "default": "tcp"},
        "address": {"type": "str", "required": True},
        "port": {"type": "int", "required": True},
        "sources": {"type": "list", "elements": "str"},
    }

    def normalise(self, values: Values) -> Values:
        plain = {"protocol": "tcp", **values, "in_force": True}
        plain["address"] = canonical.address(plain["address"])
        plain["port"] = canonical.port(plain["port"])
        if plain.get("netns") is not None:
            plain["netns"] = netns_path(plain["netns"])
        plain["sources"] = canonical.each(
            plain.get("sources") or [], lambda cidr: canonical.network_cidr(cidr, "sources")
        )
        for source in plain["sources"]:
            if (":" in source) != (":" in plain["address"]):
                raise Problem(f"open_port {plain['address']}: it and `sources` {source} are not of one family")
        return plain

    def label(self, values: Values) -> str:
        address = f"[{values['address']}]" if ":" in values["address"] else values["address"]
        return f"{address}:{values['port']}/{values['protocol']}"

    def summary(self, values: Values) -> list[str]:
        return [f"to: {', '.join(values.get('sources') or ()) or 'everybody'}"]

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterable[str]:
        require()
        return ()

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for netns in {None, *(object_.netns for object_ in wanted)}:
            table = kernel.table(netns)
            for values, comment in _open(table):
                if netns is not None:
                    values["netns"] = netns
                yield Found(self.name, self.key_of(values, ""), values, owner_of(comment) or UNKNOWN)

    def add(self, wanted: Wanted) -> Rounds:
        comment = mark(wanted.owner, "", "comment")
        return [[NftElement(wanted.netns, *element, None, comment) for element in _elements(wanted.values)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return [[*self.remove(found)[0], *self.add(wanted)[0]]]

    def remove(self, found: Found) -> Rounds:
        return [[NftElement(found.netns, *element, None, "", True) for element in found.values["elements"]]]


def _elements(values: Values) -> list[tuple[str, str]]:
    family = "6" if ":" in values["address"] else "4"
    place = f"{values['address']} . {values['protocol']} . {values['port']}"
    if not values["sources"]:
        return [(f"open{family}", place)]
    return [(f"permitted_open{family}", f"{source} . {place}") for source in values["sources"]]


def _open(table: NftTable) -> t.Iterator[tuple[Values, str]]:
    elements: dict[str, list[tuple[str, str]]] = {}
    comments: dict[str, str] = {}
    for name in ("open4", "open6", "permitted_open4", "permitted_open6"):
        for key, (_value, comment) in table.elements.get(name, {}).items():
            place = key if name.startswith("open") else key.split(" . ", 1)[1]
            elements.setdefault(place, []).append((name, key))
            comments.setdefault(place, comment)
    for place, some in elements.items():
        address, protocol, port = place.split(" . ")
        sources = [key.split(" . ")[0] for name, key in some if name.startswith("permitted")]
        values = {
            "protocol": protocol,
            "address": address,
            "port": int(port),
            "sources": sorted(canonical.interface_cidr(source) for source in sources),
            "in_force": table.intact,
            "elements": some,
        }
        yield values, comments[place]
