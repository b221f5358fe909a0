# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``nat_rule``: a network's way out under its host's address, and ports of the host that lead to containers."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import UNKNOWN
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, netns_path
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import NftTable, require

_PROTOCOLS = ("tcp", "udp", "sctp")


class Element(t.NamedTuple):
    """An element of our table: set or map, key and value, as nft writes them."""

    set: str
    key: str
    value: t.Optional[str] = None


class NatRule(Kind):
    name = "nat_rule"
    key = ("rule", "source", "protocol", "host_address", "host_port")
    after = ("bridge", "vxlan", "veth", "isolation")
    marked = True
    options = {
        "rule": {"type": "str", "choices": ["masquerade", "publish"], "required": True},
        "source": {"type": "str"},
        "unless": {"type": "str"},
        "protocol": {"type": "str", "choices": list(_PROTOCOLS)},
        "host_address": {"type": "str"},
        "host_port": {"type": "int"},
        "address": {"type": "str"},
        "port": {"type": "int"},
        "sources": {"type": "list", "elements": "str"},
    }

    def normalise(self, values: Values) -> Values:
        plain = dict(values)
        if plain.get("netns") is not None:
            plain["netns"] = netns_path(plain["netns"])
        spell = _masquerade if plain["rule"] == "masquerade" else _publish
        return {**spell(plain, plain.get("state") == "absent"), "in_force": True}

    def label(self, values: Values) -> str:
        if values["rule"] == "masquerade":
            return f"masquerade {values['source']}"
        where = values.get("host_address") or "*"
        where = f"[{where}]" if ":" in where else where
        return f"publish {where}:{values['host_port']}/{values['protocol']}"

    def summary(self, values: Values) -> list[str]:
        if values["rule"] == "masquerade":
            return [f"unless to: {values.get('unless')}"]
        sources = values.get("sources")
        return [f"to: {_target(values)}"] + ([f"from: {', '.join(sources)}"] if sources else [])

    def occupies(self, values: Values) -> t.Iterable[Place]:
        """A set of intervals takes none that overlap: of a network that grew, the old one goes first."""
        for source in (values.get("source"), *values.get("overlaps", ())):
            if source is not None:
                yield ("masquerade", values.get("netns"), source)

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        require()
        source = wanted.values.get("source")
        for netns, other in kernel.notes(self.name):
            if source is not None and netns == wanted.netns and other != source and _overlap(source, other):
                yield f"it overlaps masquerade {other}; name the larger network only"

    def note(self, kernel: Kernel, change: Change) -> None:
        if change.action == "add" and change.values.get("source") is not None:
            kernel.notes(self.name).append((change.values.get("netns"), change.values["source"]))

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        sources = {object_.values["source"] for object_ in wanted if object_.values["rule"] == "masquerade"}
        for netns in {None, *(object_.netns for object_ in wanted)}:
            table = kernel.table(netns)
            for values, comment in [*_masquerades(table), *_published(table)]:
                values["in_force"] = values["in_force"] and table.intact
                if values["rule"] == "masquerade" and values["source"] not in sources:
                    values["overlaps"] = [source for source in sources if _overlap(source, values["source"])]
                if netns is not None:
                    values["netns"] = netns
                key = self.key_of(values, "")
                yield Found(self.name, key, values, owner_of(comment) or UNKNOWN)

    def add(self, wanted: Wanted) -> Rounds:
        comment = mark(wanted.owner, "", "comment")
        return [[NftElement(wanted.netns, *element, comment) for element in _elements(wanted.values)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        """Out and in again, in one transaction: an element's value cannot be changed in place."""
        out = [NftElement(found.netns, *element, "", True) for element in found.values["elements"]]
        return [[*out, *self.add(wanted)[0]]]

    def remove(self, found: Found) -> Rounds:
        return [[NftElement(found.netns, *element, "", True) for element in found.values["elements"]]]


def _masquerade(plain: Values, absent: bool) -> Values:
    if plain.get("source") is None:
        raise Problem("nat_rule masquerade needs a `source`: the network that leaves under the host's address")
    plain["source"] = canonical.network_cidr(plain["source"], "source")
    plain["unless"] = canonical.network_cidr(plain.get("unless") or plain["source"], "unless")
    if (":" in plain["unless"]) != (":" in plain["source"]):
        raise Problem(
            f"nat_rule masquerade {plain['source']}: it and `unless` {plain['unless']} are not of one family"
        )
    for option in ("protocol", "host_address", "host_port", "address", "port", "sources"):
        if plain.get(option) is not None:
            raise Problem(f"nat_rule masquerade {plain['source']}: `{option}` belongs to rule publish; leave it out")
    return plain


def _publish(plain: Values, absent: bool) -> Values:
    plain["protocol"] = plain.get("protocol") or "tcp"
    if plain["protocol"] not in _PROTOCOLS:
        raise Problem(f"nat_rule publish: protocol {plain['protocol']} is none of {', '.join(_PROTOCOLS)}")
    for option in ("source", "unless"):
        if plain.get(option) is not None:
            raise Problem(f"nat_rule publish: `{option}` belongs to rule masquerade; leave it out")
    if plain.get("host_port") is None:
        raise Problem("nat_rule publish needs a `host_port`")
    plain["host_port"] = canonical.port(plain["host_port"], "host_port")
    if plain.get("host_address") is not None:
        plain["host_address"] = canonical.address(plain["host_address"], "host_address")
    if plain.get("address") is None:
        if absent:
            return {**plain, "host_address": plain.get("host_address") or "0.0.0.0"}
        raise Problem(f"nat_rule publish {plain['host_port']} needs an `address`: the container's")
    plain["address"] = canonical.address(plain["address"])
    plain["port"] = canonical.port(plain.get("port") or plain["host_port"])
    plain["sources"] = canonical.each(plain.get("sources") or [], lambda cidr: canonical.network_cidr(cidr, "sources"))
    for source in plain["sources"]:
        if (":" in source) != (":" in plain["address"]):
            raise Problem(
                f"nat_rule publish {plain['host_port']}: {source} and {plain['address']} are not of one family"
            )
    host = plain.get("host_address")
    if host is not None and (":" in host) != (":" in plain["address"]):
        raise Problem(f"nat_rule publish {plain['host_port']}: {host} and {plain['address']} are not of one family")
    if host == "::1":
        raise Problem("nat_rule publish: [::1] cannot be published by NAT; IPv6 has no route_localnet")
    if host is None:
        # A port on all addresses is one object a family, and its family is the container's.
        plain["host_address"] = "::" if ":" in plain["address"] else "0.0.0.0"
    return plain


def _overlap(one: str, other: str) -> bool:
    (first, last), (other_first, other_last) = _bounds(one), _bounds(other)
    return (":" in one) == (":" in other) and first <= other_last and other_first <= last


def _bounds(text: str) -> tuple[int, int]:
    """First and last address of a network, or of a range that somebody wrote by hand."""
    if "-" in text:
        first, last = (int(ipaddress.ip_address(word)) for word in text.split("-"))
        return first, last
    network = ipaddress.ip_network(text)
    return int(network[0]), int(network[-1])


def _target(values: Values) -> str:
    address = values.get("address") or ""
    return f"[{address}]:{values.get('port')}" if ":" in address else f"{address}:{values.get('port')}"


def _elements(values: Values) -> list[Element]:
    if values["rule"] == "masquerade":
        family = "6" if ":" in values["source"] else "4"
        pair = f"{values['source']} . {values['unless']}"
        return [Element(f"masquerade{family}", values["source"]), Element(f"local{family}", pair)]
    target = f"{values['address']} . {values['port']}"
    family = "6" if ":" in values["address"] else "4"
    inside = f"{values['address']} . {values['protocol']} . {values['port']}"
    limits = [Element(f"restricted{family}", inside)] if values["sources"] else []
    limits += [Element(f"permitted{family}", f"{source} . {inside}") for source in values["sources"]]
    if values["host_address"] in ("0.0.0.0", "::"):
        return [Element(f"publish{family}", f"{values['protocol']} . {values['host_port']}", target), *limits]
    key = f"{values['protocol']} . {values['host_address']} . {values['host_port']}"
    return [Element(f"publish{family}_at", key, target), *limits]


# -- elements back to objects ----------------------------------------------------------------------------------


def _cidr(text: str) -> str:
    """nft lists a network of one address as an address."""
    return text if "/" in text else f"{text}/{128 if ':' in text else 32}"


def _masquerades(table: NftTable) -> t.Iterator[tuple[Values, str]]:
    for family in ("4", "6"):
        sources = table.elements.get(f"masquerade{family}", {})
        local = {pair.split(" . ")[0]: pair for pair in table.elements.get(f"local{family}", {})}
        for source in sorted({*sources, *local}):
            there = [Element(f"masquerade{family}", source)] if source in sources else []
            pair = local.get(source)
            if pair is not None:
                there.append(Element(f"local{family}", pair))
            comment = sources[source][1] if source in sources else table.elements[f"local{family}"][str(pair)][1]
            values = {
                "rule": "masquerade",
                "source": _cidr(source),
                "unless": _cidr(pair.split(" . ")[1]) if pair else None,
                "in_force": len(there) == 2,
                "elements": there,
            }
            yield values, comment


def _cidr(text: str) -> str:
    """nft lists a network of one address without its prefix length, and what is no network as a range."""
    return text if "-" in text or "/" in text else f"{text}/{128 if ':' in text else 32}"


def _published(table: NftTable) -> t.Iterator[tuple[Values, str]]:
    for name, nowhere in (("publish4", "0.0.0.0"), ("publish6", "::"), ("publish4_at", ""), ("publish6_at", "")):
        limits = _limits(table, name[7])
        for key, (target, comment) in table.elements.get(name, {}).items():
            words = key.split(" . ")
            address, _dot, port = str(target).partition(" . ")
            limited = limits.get(f"{address} . {words[0]} . {port}", [])
            values = {
                "rule": "publish",
                "protocol": words[0],
                "host_address": nowhere or words[1],
                "host_port": int(words[-1]),
                "address": address,
                "port": int(port or 0),
                "sources": sorted(_cidr(e.key.split(" . ")[0]) for e in limited if e.set.startswith("permitted")),
                "in_force": not limited or any(e.set.startswith("restricted") for e in limited),
                "elements": [Element(name, key, target), *limited],
            }
            yield values, comment


def _limits(table: NftTable, family: str) -> dict[str, list[Element]]:
    """Elements that limit who reaches a container's port, by that port."""
    limits: dict[str, list[Element]] = {}
    for key in table.elements.get(f"restricted{family}", {}):
        limits.setdefault(key, []).append(Element(f"restricted{family}", key))
    for key in table.elements.get(f"permitted{family}", {}):
        limits.setdefault(key.split(" . ", 1)[1], []).append(Element(f"permitted{family}", key))
    return limits
