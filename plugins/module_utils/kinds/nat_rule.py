# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``nat_rule``: a network's way out under its host's address, and ports of the host that lead to containers."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import answers
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
from ansible_collections.containerhost.network.plugins.module_utils.bases.published import (
    ANYWHERE,
    elements_of,
    published,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import is_of_engines
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.way_in import WayIn

_PROTOCOLS = ("tcp", "udp", "sctp")


_OF_PUBLISH = (
    "protocol", "host_address", "host_interface", "host_port", "host_port_end", "address", "port", "sources",
)  # fmt: skip


class NatRule(NftKind):
    name = "nat_rule"
    key = ("rule", "source", "protocol", "host_address", "host_port", "host_interface")
    after = ("bridge", "vxlan", "veth", "isolation")
    options = {
        "rule": {"type": "str", "choices": ["masquerade", "publish", "via_gateway"], "required": True},
        "source": {"type": "str"},
        "unless": {"type": "str"},
        "to_address": {"type": "str"},
        "protocol": {"type": "str", "choices": list(_PROTOCOLS)},
        "host_address": {"type": "str"},
        "host_interface": {"type": "str"},
        "host_port": {"type": "int"},
        "host_port_end": {"type": "int"},
        "address": {"type": "str"},
        "port": {"type": "int"},
        "sources": {"type": "list", "elements": "str"},
    }

    def spell(self, plain: Values) -> Values:
        if plain["rule"] == "publish":  # as nearly all are
            return _publish(plain, plain.get("state") == "absent")
        return _masquerade(plain) if plain["rule"] == "masquerade" else _via_gateway(plain)

    def label(self, values: Values) -> str:
        if values["rule"] == "masquerade":
            return f"masquerade {values['source']}"
        if values["rule"] == "via_gateway":
            return f"via_gateway {values['address']}/{values['protocol']}"
        where = values.get("host_interface") or values.get("host_address") or "*"
        where = f"[{where}]" if ":" in where else where
        return f"publish {where}:{_ports(values)}/{values['protocol']}"

    def summary(self, values: Values) -> list[str]:
        if values["rule"] == "masquerade":
            to_address = values.get("to_address")
            shown = [f"unless to: {values.get('unless')}"] + ([f"to address: {to_address}"] if to_address else [])
            return shown + [f"answers of {each}: by mark {mark}" for each, mark in values.get("answers", {}).items()]
        if values["rule"] == "via_gateway":
            return []
        limits = listed(values.get("sources", EVERYBODY))
        return [f"to: {_target(values)}"] + ([f"from: {', '.join(limits)}"] if limits else [])

    def export(self, values: Values) -> Values:
        exported = super().export(values)
        if not exported.get("to_address"):
            exported.pop("to_address", None)  # an empty one says of what was found that there is none
        if values["rule"] == "via_gateway":
            del exported["host_address"]
        if exported.get("host_port_end") == values.get("host_port"):
            exported.pop("host_port_end", None)
        return exported

    def is_on_the_way(self, values: Values, way: WayIn) -> bool:
        """Whose addresses are translated is not to come from elsewhere; and a login's port may lead to a container."""
        if values.get("netns") is not None:
            return False
        if values["rule"] == "publish" and values["protocol"] == "tcp":
            ports = range(values["host_port"], (values.get("host_port_end") or values["host_port"]) + 1)
            return way.port in ports and values.get("host_address") in (None, "0.0.0.0", "::", way.server)
        source = values.get("source")
        return source is not None and "-" not in source and way.is_within([source])

    def occupies(self, values: Values) -> t.Iterable[Place]:
        """A set of intervals takes none that overlap: of a network that grew, or of ports, the old one goes first."""
        if values["rule"] == "masquerade":
            for source in (values["source"], *values.get("overlaps", ())):
                yield ("masquerade", values.get("netns"), source)
            return
        span = _span(values)
        if span is not None:
            for each in (span, *values.get("meets", ())):
                yield ("published", values.get("netns"), *each)

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        yield from super().obstacles(kernel, wanted)
        if wanted.values["rule"] == "publish":
            yield from _bound(kernel, wanted)
            return
        source = wanted.values.get("source")
        for netns, other in kernel.notes(self.name):
            if source is not None and netns == wanted.netns and other != source and _overlap(source, other):
                yield f"it overlaps masquerade {other}; name the larger network only"

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        to_address = wanted.values.get("to_address")
        if to_address and "to_address" in changed and not _has_address(kernel, to_address, wanted.netns):
            yield f"{to_address} is no address of this host: give it to the host first, or leave `to_address` out"

    def may_wait(self, values: Values) -> bool:
        """A port that is not published yet leaves nothing open."""
        return values["rule"] == "publish"

    def note(self, kernel: Kernel, change: Change) -> None:
        if change.action == "add" and change.values.get("source") is not None:
            kernel.notes(self.name).append((change.values.get("netns"), change.values["source"]))

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        named = {object_.values["source"] for object_ in wanted if object_.values["rule"] == "masquerade"}
        spans = {span for object_ in wanted if object_.present and (span := _span(object_.values)) is not None}
        for found in super().read(kernel, wanted):
            values = found.values
            if values["rule"] == "masquerade":
                if values["source"] not in named:
                    values["overlaps"] = [other for other in named if _overlap(other, values["source"])]
                if not answers.lead_there(kernel, found.netns):
                    values["in_force"] = False
            else:
                span = _span(values)
                if span is not None and span not in spans:
                    values["meets"] = [each for each in spans if _meet(each, span)]
            yield found

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """An address on a loopback or dummy device is reached by whichever interface: no wire leads to it.

        By an interface, a port is published for others. The host and its containers go by addresses, those that the
        interface has now. What a network answers is routed as the host routes the address that was called.
        """
        host_address, interface = wanted.values.get("host_address"), wanted.values.get("host_interface")
        if interface is None and host_address in ANYWHERE:
            return wanted
        if interface is not None:
            six = ":" in wanted.values["address"] if wanted.present else False
            given = kernel.given_addresses(wanted.netns).get(interface, ())
            reached_at = sorted(each for each in given if (":" in each) == six)
            return wanted._replace(values={**wanted.values, "reached_at": reached_at})
        if wanted.values["rule"] == "masquerade" and wanted.present:
            marks = answers.marks_of(kernel, family_of(wanted.values["source"]), wanted.netns)
            return wanted._replace(values={**wanted.values, "answers": marks})
        if wanted.values["rule"] != "publish" or host_address is None:
            return wanted
        wherever = not ipaddress.ip_address(host_address).is_loopback and any(
            text.partition("/")[0] == host_address
            for device, cidrs in kernel.addresses(wanted.netns).items()
            for text in cidrs
            if device == "lo" or kernel.links(wanted.netns)[device].kind == "dummy"
        )
        return wanted._replace(values={**wanted.values, "wherever": wherever})

    def elements(self, values: Values) -> list[Element]:
        if values["rule"] == "via_gateway":
            return [Element(f"behind{family_of(values['address'])}", f"{values['address']} . {values['protocol']}")]
        return _of_masquerade(values) if values["rule"] == "masquerade" else elements_of(values)

    def label_of_elements(self, values: Values) -> str:
        """By which interface: what is reached at one of its addresses does not say so itself."""
        return values.get("host_interface") or ""

    def objects(self, elements: Elements) -> t.Iterator[NftObject]:
        yield from _masquerades(elements)
        yield from published(elements)
        for family in ("4", "6"):
            for key, (_value, comment) in elements.get(f"behind{family}", {}).items():
                address, _dot, protocol = key.partition(" . ")
                values = {"rule": "via_gateway", "address": address, "protocol": protocol}
                yield NftObject({**values, "host_address": address}, [Element(f"behind{family}", key)], comment)


_Span = t.Tuple[str, str, int, int]


def _span(values: Values) -> _Span | None:
    """Protocol, host address, first and last port, of what is in a set of intervals: several ports at once, or one that
    is not for everybody."""
    if values["rule"] != "publish":
        return None
    first, last = values["host_port"], values["host_port_end"]
    if first == last and values.get("sources", EVERYBODY) == EVERYBODY or values.get("host_interface") is not None:
        return None
    return values["protocol"], values["host_address"], first, last


def _meet(one: _Span, other: _Span) -> bool:
    return one[:2] == other[:2] and one[2] <= other[3] and other[2] <= one[3]


def _has_address(kernel: Kernel, address: str, netns: str | None) -> bool:
    return any(address in some for some in kernel.given_addresses(netns).values())


def _bound(kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
    """Translation comes before sockets: whoever waits on the port would not be reached any more.

    Engines hold the ports of their containers themselves, so that nobody else gets them: of theirs, it was asked when
    they came.
    """
    if is_of_engines(wanted.owner):
        return
    protocol, port, address = (wanted.values[name] for name in ("protocol", "host_port", "host_address"))
    addresses = wanted.values.get("reached_at", [address])
    for number in range(port, wanted.values["host_port_end"] + 1):
        for each in addresses:
            holder = kernel.ports.holder(protocol, each, number, wanted.netns)
            if holder is not None:
                where = "of this host" if each in ANYWHERE else f"of {each}"
                yield (
                    f"{holder} has {protocol} port {number} {where} already: stop it, or publish on another `host_port`"
                    " or `host_address`"
                )


def _masquerade(plain: Values) -> Values:
    if plain.get("source") is None:
        raise Problem("nat_rule masquerade needs a `source`: the network that leaves under the host's address")
    plain["source"] = canonical.network_cidr(plain["source"], "source")
    plain["unless"] = canonical.network_cidr(plain.get("unless") or plain["source"], "unless")
    if plain.get("to_address") is not None:
        plain["to_address"] = canonical.address(plain["to_address"])
    plain["to_address"] = plain.get("to_address") or ""
    for option in ("unless", "to_address"):
        if plain[option] and (":" in plain[option]) != (":" in plain["source"]):
            raise Problem(
                f"nat_rule masquerade {plain['source']}: it and `{option}` {plain[option]} are not of one family"
            )
    for option in _OF_PUBLISH:
        if plain.get(option) is not None:
            raise Problem(f"nat_rule masquerade {plain['source']}: `{option}` belongs to rule publish; leave it out")
    return plain


def _via_gateway(plain: Values) -> Values:
    if plain.get("address") is None or plain.get("protocol") is None:
        raise Problem("nat_rule via_gateway needs an `address`, the container's, and a `protocol`")
    plain["address"] = canonical.address(plain["address"])
    if plain["protocol"] not in _PROTOCOLS:
        raise Problem(f"nat_rule via_gateway: protocol {plain['protocol']} must be one of {', '.join(_PROTOCOLS)}")
    for option in ("source", "unless", "to_address", *_OF_PUBLISH):
        if option not in ("address", "protocol") and plain.get(option) is not None:
            raise Problem(f"nat_rule via_gateway {plain['address']}: `{option}` is for other rules; leave it out")
    return {**plain, "host_address": plain["address"]}  # says which one it is


def _publish(plain: Values, absent: bool) -> Values:
    plain["protocol"] = plain.get("protocol") or "tcp"
    if plain["protocol"] not in _PROTOCOLS:
        raise Problem(f"nat_rule publish: protocol {plain['protocol']} must be one of {', '.join(_PROTOCOLS)}")
    for option in ("source", "unless", "to_address"):
        if plain.get(option) is not None:
            raise Problem(f"nat_rule publish: `{option}` belongs to rule masquerade; leave it out")
    if plain.get("host_port") is None:
        raise Problem("nat_rule publish needs a `host_port`")
    plain["host_port"] = first = canonical.port(plain["host_port"], "host_port")
    plain["host_port_end"] = canonical.port(plain.get("host_port_end") or first, "host_port_end")
    if plain.get("host_interface") is not None:
        plain["host_interface"] = canonical.device_name(plain["host_interface"], "host_interface")
    if plain.get("host_address") is not None:
        plain["host_address"] = canonical.address(plain["host_address"], "host_address")
    if plain.get("address") is None:
        if absent:
            return {**plain, "host_address": plain.get("host_address") or "0.0.0.0"}
        raise Problem(f"nat_rule publish {first} needs an `address`: the container's")
    plain["address"] = canonical.address(plain["address"])
    plain["port"] = canonical.port(plain.get("port") or first)
    plain["sources"] = sources(plain, plain["address"], f"nat_rule publish {first}")
    _check_range(plain)
    host = plain.get("host_address")
    if host is not None and (":" in host) != (":" in plain["address"]):
        raise Problem(f"nat_rule publish {first}: {host} and {plain['address']} are not of one family")
    if host == "::1":
        raise Problem("nat_rule publish: [::1] cannot be published by NAT; IPv6 has no route_localnet")
    if host is None:
        # A port on all addresses is one object per family, and its family is the container's.
        plain["host_address"] = "::" if ":" in plain["address"] else "0.0.0.0"
    return plain


def _check_range(plain: Values) -> None:
    first, last = plain["host_port"], plain["host_port_end"]
    if first == last and plain.get("host_interface") is None:
        return
    what = f"nat_rule publish {first}"
    if last < first:
        raise Problem(f"{what}: `host_port_end` {last} is before `host_port`")
    if last > first and plain["port"] != first:
        raise Problem(f"{what}: a range leads to the same ports of the container; publish other ports one by one")
    if plain.get("host_interface") is not None and (last > first or plain.get("host_address") is not None):
        raise Problem(
            f"{what}: `host_interface` goes neither with `host_address` nor with `host_port_end`; leave that out"
        )


def _ports(values: Values) -> str:
    first, last = values["host_port"], values.get("host_port_end")
    return f"{first}-{last}" if last and last != first else str(first)


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
    port = values.get("port")
    ports = _ports(values) if port == values["host_port"] else port
    return f"[{address}]:{ports}" if ":" in address else f"{address}:{ports}"


def _of_masquerade(values: Values) -> list[Element]:
    family, source = family_of(values["source"]), plain_network(values["source"])
    pair = f"{source} . {plain_network(values['unless'] or '')}"
    leaving = [Element(f"masquerade{family}", source), Element(f"local{family}", pair)]
    to_address = values.get("to_address")
    if to_address:
        leaving.append(Element(f"outbound{family}", source, to_address))
    return leaving + answers.elements_of(source, values.get("answers", {}))


# -- elements back to objects ----------------------------------------------------------------------------------


def _masquerades(elements: Elements) -> t.Iterator[NftObject]:
    for family in ("4", "6"):
        leaving = elements.get(f"masquerade{family}", {})
        local = {pair.split(" . ")[0]: pair for pair in elements.get(f"local{family}", {})}
        outbound = elements.get(f"outbound{family}", {})
        answered = answers.by_source(elements, family)
        for source in sorted({*leaving, *local, *outbound, *answered}):
            there = [Element(f"masquerade{family}", source)] if source in leaving else []
            pair = local.get(source)
            if pair is not None:
                there.append(Element(f"local{family}", pair))
            to_address = outbound[source][0] if source in outbound else ""
            if to_address:
                there.append(Element(f"outbound{family}", source, to_address))
            there += answered.get(source, ())
            comment = leaving[source][1] if source in leaving else elements[there[0].set][there[0].key][1]
            unless = cidr(pair.split(" . ")[1]) if pair else None
            values = {"rule": "masquerade", "source": cidr(source), "unless": unless, "to_address": to_address}
            values["answers"] = answers.marks_in(answered.get(source, ()))
            yield NftObject(values, there, comment)
