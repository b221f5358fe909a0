# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``isolation``: what may be forwarded to a device of ours and from it, and whether there is a way out."""

from __future__ import annotations

import re
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
from ansible_collections.containerhost.network.plugins.module_utils.bases.towards import device_towards, is_address
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

# Among the kernel's notes: (namespace, interface) by which packets of a network come without a tunnel.
DIRECT_BY = "direct by"
_FAMILIES = {"ipv4": "switched4", "ipv6": "switched6"}
_PORTS = re.compile(r"(\d+)(?:-(\d+))?/(tcp|udp|sctp)\Z")
_SETS = (
    *("sealed", "closed", "host_ports", "own_ports", "ours", "guarded", "accepted", "internal", "inward"),
    *("sourced", "sources4", "sources6", "direct4", "direct6", "switched4", "switched6"),
)

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.way_in import WayIn


class Isolation(NftKind):
    name = "isolation"
    key = ("device",)
    after = (ANY_DEVICE, "uplink")
    options = {
        "device": {"type": "str", "required": True},
        "accept_from": {"type": "list", "elements": "str"},
        "internal": {"type": "bool", "default": False},
        "protect": {"type": "bool", "default": True},
        "sources": {"type": "list", "elements": "str"},
        "way_out": {"type": "bool", "default": True},
        "only_switched": {"type": "list", "elements": "str"},
        "host_access": {"type": "list", "elements": "str"},
        "own_ports": {"type": "list", "elements": "str"},
        "sealed": {"type": "bool", "default": False},
        "direct": {"type": "list", "elements": "str"},
        "direct_by": {"type": "str"},
    }

    def spell(self, plain: Values) -> Values:
        plain = {"internal": False, "protect": True, "way_out": True, "sealed": False, "direct_by": None, **plain}
        plain["device"] = canonical.device_name(plain["device"], "device")
        plain["accept_from"] = canonical.each(plain.get("accept_from") or [], canonical.device_name)
        given = plain.get("sources", EVERYBODY)  # an empty list lets nobody pass
        plain["sources"] = given if given == EVERYBODY else networks(given, "sources")
        plain["only_switched"] = canonical.each(plain.get("only_switched") or [], _family)
        ports = plain.get("host_access", EVERYBODY)  # an empty list closes the host
        plain["host_access"] = ports if ports == EVERYBODY else _ports(ports)
        plain["own_ports"] = _ports(plain.get("own_ports") or [], "own_ports")
        plain["direct"] = networks(plain.get("direct") or [], "direct")
        if plain["sealed"] and not listed(plain["sources"]):
            raise Problem(f"isolation {plain['device']}: `sealed` is about the addresses in `sources`: name them")
        if bool(plain["direct"]) != bool(plain.get("direct_by")):
            raise Problem(f"isolation {plain['device']}: `direct` and `direct_by` go together: give both, or none")
        return plain

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """The device that an address of the host's is at."""
        by = wanted.values.get("direct_by")
        if by is None:
            return wanted
        device = device_towards(kernel, by, wanted.netns) if is_address(by) else by
        if device is None:
            raise Problem(
                f"isolation {wanted.values['device']}: no interface of this host is on the segment of {by}, by which"
                " members of the network come: look at its addresses"
            )
        if wanted.present:
            kernel.notes(DIRECT_BY).append((wanted.netns, device))
        return wanted._replace(values={**wanted.values, "direct_by": device})

    waits = ("remove",)

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """Who was let in may still come by the old way; nobody is shut out before all use the new one. A network of the
        other mode has been open to others, or to itself from everywhere."""
        wider = dict(wanted.values)
        if wanted.values["direct_by"] is None and found.values["direct_by"] is not None:
            wider.update(direct=found.values["direct"], direct_by=found.values["direct_by"])
        let_in = sorted({*wanted.values["accept_from"], *found.values["accept_from"]})
        if let_in != sorted(wanted.values["accept_from"]):
            wider["accept_from"] = let_in
        if wider != wanted.values and not found.values["internal"]:
            wider.update(internal=False, host_access=_either(found.values["host_access"], wanted.values["host_access"]))
        wider["only_switched"] = [each for each in found.values["only_switched"] if each in wider["only_switched"]]
        # A tunnel may have two ports for as long.
        wider["own_ports"] = _ports([*found.values["own_ports"], *wanted.values["own_ports"]])
        if EVERYBODY not in (found.values["sources"], wanted.values["sources"]):
            wider["sources"] = networks([*found.values["sources"], *wanted.values["sources"]], "sources")
        return wanted if wider == wanted.values else wanted._replace(values=wider)

    def summary(self, values: Values) -> list[str]:
        rows = ["accept from: " + (", ".join(values.get("accept_from") or ()) or "nobody")]
        rows += ["internal: yes"] if values.get("internal") else []
        rows += ["protect: no"] if not values.get("protect", True) else []
        if values["sources"] != EVERYBODY:
            rows.append(f"sources: {', '.join(values['sources']) or 'nobody'}")
        rows += [f"only switched: {', '.join(values['only_switched'])}"] if values["only_switched"] else []
        if values["host_access"] != EVERYBODY:
            rows.append(f"host access: {', '.join(values['host_access']) or 'none'}")
        rows += [f"own ports: {', '.join(values['own_ports'])}"] if values["own_ports"] else []
        rows += ["sealed: yes"] if values.get("sealed") else []
        rows += ["way out: no"] if not values.get("way_out", True) else []
        return rows + ([f"direct: {', '.join(values['direct'])} by {values['direct_by']}"] if values["direct"] else [])

    def is_on_the_way(self, values: Values, way: WayIn) -> bool:
        """What comes from elsewhere under an address of these networks is forged."""
        sources = listed(values.get("sources", EVERYBODY))
        return super().is_on_the_way(values, way) or (values.get("netns") is None and way.is_within(sources))

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("isolation", values.get("netns"), values["device"])

    def export(self, values: Values) -> Values:
        """An empty list of sources says that nobody's packets pass, one of ports that the host is closed."""
        empty: Values = {name: [] for name in ("sources", "host_access") if values[name] == []}
        return {**super().export(values), **empty}

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
            "sealed": values["sealed"],
            "sourced": values["sources"] != EVERYBODY,
            "closed": values["host_access"] != EVERYBODY,
        }
        networks_ = map(plain_network, listed(values["sources"]))
        sources = [(f"sources{family_of(each)}", f"{device} . {each}") for each in networks_]
        direct = [
            (f"direct{family_of(each)}", f"{values['direct_by']} . {device} . {each}")
            for each in map(plain_network, values["direct"])
        ]
        accepted = [("accepted", f"{other} . {device}") for other in values["accept_from"]]
        ports = [("host_ports", f"{device} . {_element_of(each)}") for each in listed(values["host_access"])]
        ports += [("own_ports", f"{device} . {_element_of(each)}") for each in values["own_ports"]]
        flagged = [(name, device) for name in flags if flags[name]]
        flagged += [(_FAMILIES[each], device) for each in values["only_switched"]]
        return [Element(*each) for each in [*flagged, *accepted, *sources, *ports, *direct]]

    def objects(self, elements: Elements) -> t.Iterator[NftObject]:
        by_device: dict[str, list[Element]] = {}
        comments: dict[str, str] = {}
        for name in _SETS:
            for key, (_value, comment) in elements.get(name, {}).items():
                words = key.split(" . ")
                device = words[1] if name in ("accepted", "direct4", "direct6") else words[0]
                by_device.setdefault(device, []).append(Element(name, key))
                comments.setdefault(device, comment)
        for device, some in by_device.items():
            yield NftObject(_isolated(device, some), some, comments[device])


def _family(text: str) -> str:
    if text not in _FAMILIES:
        raise Problem(f"isolation: {text!r} in `only_switched` is no family: write ipv4 or ipv6")
    return text


def _either(before: t.Sequence[str], after: t.Sequence[str]) -> t.Sequence[str]:
    return EVERYBODY if EVERYBODY in (before, after) else _ports([*before, *after])


def _isolated(device: str, elements: t.Sequence[Element]) -> Values:
    sets = {element.set for element in elements}
    sources = sorted(cidr(e.key.split(" . ")[1]) for e in elements if e.set.startswith("sources"))
    ports = _ports(_port_of(e.key.split(" . ")) for e in elements if e.set == "host_ports")
    return {
        "device": device,
        "accept_from": sorted(e.key.split(" . ")[0] for e in elements if e.set == "accepted"),
        "internal": "internal" in sets,
        "protect": "guarded" in sets,
        "sources": sources if sources or "sourced" in sets else EVERYBODY,
        "way_out": "inward" not in sets,
        "sealed": "sealed" in sets,
        "only_switched": [family for family, name in _FAMILIES.items() if name in sets],
        "host_access": ports if ports or "closed" in sets else EVERYBODY,
        "own_ports": _ports(_port_of(e.key.split(" . ")) for e in elements if e.set == "own_ports"),
        "direct": sorted(cidr(each.key.split(" . ")[2]) for each in elements if each.set.startswith("direct")),
        "direct_by": next((e.key.split(" . ")[0] for e in elements if e.set.startswith("direct")), None),
    }


def _ports(given: t.Iterable[str], option: str = "host_access") -> list[str]:
    """``53/udp`` and ``8000-8010/tcp``, sorted; those that overlap or touch are one, as the kernel takes no others."""
    spans: list[tuple[str, int, int]] = []
    for text in given:
        match = _PORTS.match(text)
        if not match:
            raise Problem(f"isolation: {text!r} in `{option}` is no port; write it as in 53/udp or 8000-8010/tcp")
        first, last = (canonical.port(int(each), option) for each in (match[1], match[2] or match[1]))
        spans.append((match[3], min(first, last), max(first, last)))
    merged: list[tuple[str, int, int]] = []
    for protocol, first, last in sorted(spans):
        if merged and merged[-1][0] == protocol and first <= merged[-1][2] + 1:
            _protocol, first, before = merged.pop()
            last = max(last, before)
        merged.append((protocol, first, last))
    return [f"{_span(first, last)}/{protocol}" for protocol, first, last in merged]


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _element_of(port: str) -> str:
    ports, _slash, protocol = port.partition("/")
    return f"{protocol} . {ports}"


def _port_of(words: t.Sequence[str]) -> str:
    return f"{words[2]}/{words[1]}"
