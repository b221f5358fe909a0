# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``source_address``: under which of its addresses a host sends from a UDP port.

WireGuard has no option for it: the kernel takes the address of the route to a peer, and the peer answers to wherever a
packet has come from. So hosts with several addresses would be known by another one than the plan's, and whoever lets in
what comes from that one alone would drop them.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.nft import (
    Element,
    NftKind,
    NftObject,
    family_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

_SETS = ("sent_from4", "sent_from6", "not_from4", "not_from6")


class SourceAddress(NftKind):
    name = "source_address"
    key = ("port",)
    options = {
        "port": {"type": "int", "required": True},
        "address": {"type": "str"},
    }

    def spell(self, plain: Values) -> Values:
        plain = {**plain, "port": canonical.port(plain["port"]), "here": True}
        if plain.get("address") is not None:
            plain["address"] = canonical.address(plain["address"])
        elif plain.get("state") != "absent":
            raise Problem(f"source_address of UDP port {plain['port']}: `address` is missing: say which one it is")
        return plain

    def label(self, values: Values) -> str:
        return f"of UDP port {values['port']}"

    def summary(self, values: Values) -> list[str]:
        return [f"address: {values['address']}", *([] if values.get("here", True) else ["here: no"])]

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """Where others translate the address on the way, the host has another one, and sends under that."""
        if not wanted.present:
            return wanted
        address, others = wanted.values["address"], _addresses(kernel, wanted)
        here = {"here": address in others, "alone": not others - {address}}
        return wanted._replace(values={**wanted.values, **here})

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """An address that had not come yet when the host was booted is sent from all the same where it is alone."""
        differences = super().differences(wanted, found)
        if differences.pop("alone", (None, False))[1]:
            differences.pop("here", None)
        return differences

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("source address", values.get("netns"), values["port"])

    def elements(self, values: Values) -> list[Element]:
        port, address = values["port"], values["address"]
        if values.get("here", True):
            return [Element(f"sent_from{family_of(address)}", str(port), address)]
        return [Element(f"not_from{family_of(address)}", f"{port} . {address}")]

    def objects(self, elements: Elements) -> t.Iterator[NftObject]:
        by_port: dict[str, list[Element]] = {}
        comments: dict[str, str] = {}
        for name in _SETS:
            for key, (value, comment) in elements.get(name, {}).items():
                port = key.partition(" . ")[0]
                by_port.setdefault(port, []).append(Element(name, key, value))
                comments.setdefault(port, comment)
        for port, some in by_port.items():
            first = some[0]
            values = {
                "port": int(port),
                "address": first.value or first.key.partition(" . ")[2],
                "here": first.set.startswith("sent"),
            }
            yield NftObject(values, some, comments[port])


def _addresses(kernel: Kernel, wanted: Wanted) -> set[str]:
    """What the kernel may send from to other hosts, of the family of the address: not what only devices of ours have,
    which are for containers, unless they have it, too."""
    address, found = ipaddress.ip_address(wanted.values["address"]), set()
    for device, some in kernel.addresses(wanted.netns).items():
        there = {each.ip for each in map(ipaddress.ip_interface, some) if each.version == address.version}
        if address in there or not kernel.is_ours(device, wanted.netns):
            found |= {str(each) for each in there if not each.is_loopback and not each.is_link_local}
    return found
