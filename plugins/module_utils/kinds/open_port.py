# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``open_port``: a container's port that may be reached under the container's own address, without translation."""

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
    plain_network,
    sources,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements


class OpenPort(NftKind):
    name = "open_port"
    key = ("protocol", "address", "port")
    after = ("isolation",)
    options = {
        "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp"], "default": "tcp"},
        "address": {"type": "str", "required": True},
        "port": {"type": "int", "required": True},
        "sources": {"type": "list", "elements": "str"},
    }

    def spell(self, plain: Values) -> Values:
        plain = {"protocol": "tcp", **plain}
        plain["address"] = canonical.address(plain["address"])
        plain["port"] = canonical.port(plain["port"])
        plain["sources"] = sources(plain, plain["address"], f"open_port {plain['address']}")
        return plain

    def label(self, values: Values) -> str:
        address = f"[{values['address']}]" if ":" in values["address"] else values["address"]
        return f"{address}:{values['port']}/{values['protocol']}"

    def summary(self, values: Values) -> list[str]:
        return [f"to: {', '.join(listed(values['sources'])) or EVERYBODY}"]

    def elements(self, values: Values) -> list[Element]:
        family = family_of(values["address"])
        place = f"{values['address']} . {values['protocol']} . {values['port']}"
        if values["sources"] == EVERYBODY:
            return [Element(f"open{family}", place)]
        permitted = map(plain_network, values["sources"])
        return [Element(f"permitted_open{family}", f"{each} . {place}") for each in permitted]

    def objects(self, elements: Elements) -> t.Iterator[NftObject]:
        by_place: dict[str, list[Element]] = {}
        comments: dict[str, str] = {}
        for name in ("open4", "open6", "permitted_open4", "permitted_open6"):
            for key, (_value, comment) in elements.get(name, {}).items():
                place = key if name.startswith("open") else key.split(" . ", 1)[1]
                by_place.setdefault(place, []).append(Element(name, key))
                comments.setdefault(place, comment)
        for place, some in by_place.items():
            address, protocol, port = place.split(" . ")
            permitted = sorted(cidr(e.key.split(" . ")[0]) for e in some if e.set.startswith("permitted"))
            values = {"protocol": protocol, "address": address, "port": int(port), "sources": permitted or EVERYBODY}
            yield NftObject(values, some, comments[place])
