# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``sender_filter``: with which MAC and addresses anybody sends who is behind a port of a bridge.

The port need not be there: the filter is in force before it is, and stays while its container does not run.
"""

from __future__ import annotations

import ipaddress
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical, sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases.nft import (
    Element,
    NftKind,
    NftObject,
    cidr,
    family_of,
    networks,
    plain_network,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import named_end
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

_SETS = ("tunnels", "macs", "senders4", "senders6", "relayed4", "relayed6")
_HALF = 64  # bits of an IPv6 address that one part of an element has


class SenderFilter(NftKind):
    name = "sender_filter"
    key = ("port",)
    options = {
        "port": {"type": "str", "required": True},
        "mac": {"type": "str"},
        "elsewhere": {"type": "bool", "default": False},
        "sources": {"type": "list", "elements": "str"},
        "relays": {"type": "list", "elements": "str"},
    }

    def spell(self, plain: Values) -> Values:
        plain = {"elsewhere": False, **plain}
        plain["port"] = canonical.device_name(plain["port"], "port")
        if plain.get("mac") is not None:
            plain["mac"] = canonical.unicast_mac(plain["mac"])
        elif plain.get("state") != "absent" and not plain["elsewhere"]:
            raise Problem(f"sender_filter {plain['port']}: `mac` is missing: say which one is behind it")
        plain["sources"] = canonical.each(plain.get("sources") or [], _address)
        plain["relays"] = networks(plain.get("relays") or [], "relays")
        if plain["elsewhere"] and (plain.get("mac") or plain["sources"] or plain["relays"]):
            raise Problem(
                f"sender_filter {plain['port']}: `elsewhere` is of a port behind which are others' containers: leave"
                " `mac`, `sources` and `relays` out"
            )
        return plain

    waits = ("switch", "remove")

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        planned = {object_.key: object_.values for object_ in wanted if object_.present}
        for found in super().read(kernel, wanted):
            values = planned.get(found.key)
            if values is not None and values.get("mac") != found.values.get("mac"):
                found.values["in_place"] = _is_changed_in_place(kernel, values, found.netns)
            yield found

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """A container that gets addresses of other subnets has the old ones as well, and the MAC that others know them
        by until all hosts turn. Its interface has another one at once where they are of the same (``other_mode``)."""
        there, after = found.values["sources"], wanted.values["sources"]
        old = [each for each in there if each not in after and not each.startswith("fe80:")]
        if not old or found.values.get("mac") is None:
            return wanted
        values = {**wanted.values, "sources": sorted([*after, *old])}
        if until == "switch" and not found.values.get("in_place"):
            values.update(mac=found.values["mac"], sources=sorted({*after, *there}))
        return wanted._replace(values=values)

    def summary(self, values: Values) -> list[str]:
        if values.get("elsewhere"):
            return ["containers of other hosts"]
        rows = [f"{values.get('mac')} with {', '.join(values.get('sources') or ()) or 'no address'}"]
        return rows + ([f"routes for: {', '.join(values['relays'])}"] if values.get("relays") else [])

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("sender filter", values.get("netns"), values["port"])

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        yield from super().obstacles(kernel, wanted)
        port = wanted.values["port"]
        if is_foreign(kernel, port, wanted.netns):
            yield f"{port} is not ours, so what may be sent by it is not ours to say"

    def elements(self, values: Values) -> list[Element]:
        port, mac = values["port"], values.get("mac")
        if values.get("elsewhere"):
            return [Element("tunnels", port)]
        if mac is None:  # somebody has taken it out of the table
            return []
        number = int(mac.replace(":", ""), 16)
        senders = [
            (f"senders{family_of(each)}", _sender6(number, each) if ":" in each else f"{mac} . {each}")
            for each in values["sources"]
        ]
        relayed = [(f"relayed{family_of(each)}", plain_network(each)) for each in values["relays"]]
        return [Element(name, f"{port} . {rest}") for name, rest in [("macs", number), *senders, *relayed]]

    def objects(self, elements: Elements) -> t.Iterator[NftObject]:
        by_port: dict[str, list[tuple[Element, str]]] = {}
        comments: dict[str, str] = {}
        for name in _SETS:
            for key, (_value, comment) in elements.get(name, {}).items():
                port, _dot, rest = key.partition(" . ")
                by_port.setdefault(port, []).append((Element(name, key), rest))
                comments.setdefault(port, comment)
        for port, some in by_port.items():
            yield NftObject(_filtered(port, some), [element for element, _rest in some], comments[port])


def _is_changed_in_place(kernel: Kernel, values: Values, netns: str | None) -> bool:
    """Have the addresses that its interface is to lose others of their subnets to follow them there?"""
    port = kernel.link(values["port"], netns)
    end = named_end(port.alias) if port is not None else {}
    if not end:
        return False
    try:
        there = kernel.addresses_of(end["interface"], sandboxes.netns_of(end["sandbox"]))
    except WireError:
        return False
    after = [ipaddress.ip_address(each) for each in values["sources"]]
    old = [each for each in map(ipaddress.ip_interface, there) if each.ip not in after]
    return bool(old) and all(any(each in gone.network for each in after) for gone in old)


def _address(text: str) -> str:
    """As the kernel writes it: an IPv4 address in an IPv6 one, too, which Python writes in one way or the other."""
    plain = canonical.address(text, "sources")
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, plain)) if ":" in plain else plain


def _sender6(mac: int, address: str) -> str:
    number = int(ipaddress.IPv6Address(address))
    return f"{mac} . {number >> _HALF} . {number & (1 << _HALF) - 1}"


def _address6(rest: str) -> str:
    high, low = map(int, rest.split(" . ")[1:])
    return socket.inet_ntop(socket.AF_INET6, (high << _HALF | low).to_bytes(16, "big"))


def _mac(number: str) -> str:
    return int(number).to_bytes(6, "big").hex(":")


def _filtered(port: str, elements: t.Sequence[tuple[Element, str]]) -> Values:
    of_set: dict[str, list[str]] = {name: [] for name in _SETS}
    for element, rest in elements:
        of_set[element.set].append(rest)
    sources = [rest.split(" . ")[1] for rest in of_set["senders4"]] + [*map(_address6, of_set["senders6"])]
    return {
        "port": port,
        "elsewhere": bool(of_set["tunnels"]),
        "mac": next(map(_mac, of_set["macs"]), None),
        "sources": sorted(sources),
        "relays": sorted(map(cidr, of_set["relayed4"] + of_set["relayed6"])),
    }
