# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A published port as elements of our nftables table, and elements as published ports."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.nft import (
    EVERYBODY,
    Element,
    NftObject,
    cidr,
    family_of,
    listed,
    plain_network,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import label_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

ANYWHERE = ("0.0.0.0", "::")


def elements_of(values: Values) -> list[Element]:
    """A range of equal ports is one element, whose value is an address alone."""
    if values.get("host_interface") is not None:
        return _by_interface(values)
    first, last = values["host_port"], values["host_port_end"]
    ports, middle = (str(first), "") if first == last else (f"{first}-{last}", "_ranges")
    at = values["host_address"] not in ANYWHERE
    suffix = family_of(values["address"]) + ("_at" if at else "")
    key = f"{values['protocol']} . {values['host_address']} . {ports}" if at else f"{values['protocol']} . {ports}"
    if middle:
        elements = [Element(f"ranges{suffix}", key, values["address"])]
    else:
        elements = [Element(f"publish{suffix}", key, f"{values['address']} . {values['port']}")]
    if at and values.get("wherever"):
        elements.append(Element(f"wherever{middle}{suffix[0]}", key))
    if values["sources"] != EVERYBODY:
        elements += _limited(values, f"limited{middle}{suffix}", f"admitted{suffix}", key)
    return elements


def _limited(values: Values, limited: str, admitted: str, key: str) -> list[Element]:
    if values["sources"] == EVERYBODY:
        return []
    sources = map(plain_network, listed(values["sources"]))
    return [Element(limited, key), *(Element(admitted, f"{each} . {key}") for each in sources)]


def _by_interface(values: Values) -> list[Element]:
    family, interface, protocol = family_of(values["address"]), values["host_interface"], values["protocol"]
    port, target = values["host_port"], f"{values['address']} . {values['port']}"
    key = f"{interface} . {protocol} . {port}"
    elements = [Element(f"publish{family}_by", key, target)]
    if values["sources"] != EVERYBODY:
        elements.append(Element(f"limited{family}_by", key))
        for each in map(plain_network, listed(values["sources"])):
            elements.append(Element(f"admitted{family}_by", f"{interface} . {each} . {protocol} . {port}"))
    for address in values.get("reached_at", ()):
        at = f"{protocol} . {address} . {port}"
        elements.append(Element(f"here{family}", at, target))
        elements += _limited(values, f"limited{family}_at", f"admitted{family}_at", at)
    return elements


# -- elements back to objects ----------------------------------------------------------------------------------


def published(elements: Elements) -> t.Iterator[NftObject]:
    for suffix in ("4", "6", "4_at", "6_at"):
        for middle in ("", "_ranges"):
            name, limits = f"{middle[1:] or 'publish'}{suffix}", _limits(elements, suffix, middle)
            for key, (target, comment) in elements.get(name, {}).items():
                there = [Element(name, key, target), *limits.get(key, ())]
                yield NftObject(_values(key, str(target), suffix, there), there, comment)
    for family in ("4", "6"):
        yield from _published_by_interface(elements, family)


def _values(key: str, target: str, suffix: str, there: t.Sequence[Element]) -> Values:
    words = key.split(" . ")
    address, _dot, port = target.partition(" . ")
    first, _dash, last = words[-1].partition("-")
    number = int(first)
    values = {
        "rule": "publish",
        "protocol": words[0],
        "host_address": words[1] if len(words) == 3 else ANYWHERE["46".index(suffix[0])],
        "host_port": number,
        "host_port_end": int(last) if last else number,
        "address": address,
        "port": int(port) if port else number,
        "sources": _sources(there, 0) if len(there) > 1 else EVERYBODY,
    }
    if len(words) == 3:
        values["wherever"] = any(e.set.startswith("wherever") for e in there)
    return values


def _sources(there: t.Sequence[Element], place: int) -> t.Sequence[str]:
    """Who may reach the port of these elements. ``place`` is that of the source in the key of one that says so."""
    if not any(e.set.startswith("limited") for e in there):
        return EVERYBODY
    return sorted({cidr(e.key.split(" . ")[place]) for e in there if e.set.startswith("admitted")})


def _limits(elements: Elements, suffix: str, middle: str) -> dict[str, list[Element]]:
    """By published port: who reaches it, and by which interfaces."""
    limits: dict[str, list[Element]] = {}
    limited, wherever = f"limited{middle}{suffix}", f"wherever{middle}{suffix[0]}"
    for name in (limited, wherever) if suffix.endswith("_at") else (limited,):
        for key in elements.get(name, {}):
            limits.setdefault(key, []).append(Element(name, key))
    for key in elements.get(f"admitted{suffix}", {}):
        limits.setdefault(key.split(" . ", 1)[1], []).append(Element(f"admitted{suffix}", key))
    return limits


def _published_by_interface(elements: Elements, family: str) -> t.Iterator[NftObject]:
    at_addresses = _limits(elements, f"{family}_at", "")
    for key, (target, comment) in elements.get(f"publish{family}_by", {}).items():
        interface, protocol, port = key.split(" . ")
        there = [Element(f"publish{family}_by", key, target)]
        if key in elements.get(f"limited{family}_by", {}):
            there.append(Element(f"limited{family}_by", key))
        for each in elements.get(f"admitted{family}_by", {}):
            words = each.split(" . ")
            if [words[0], *words[2:]] == [interface, protocol, port]:
                there.append(Element(f"admitted{family}_by", each))
        sources = _sources(there, 1)
        reached_at = []
        for here, (led, label) in elements.get(f"here{family}", {}).items():
            words = here.split(" . ")
            if (words[0], words[2], label_of(label)) == (protocol, port, interface):
                reached_at.append(words[1])
                there += [Element(f"here{family}", here, led), *at_addresses.get(here, ())]
        address, _dot, to = str(target).partition(" . ")
        values = {
            "rule": "publish", "protocol": protocol, "host_address": ANYWHERE["46".index(family)],
            "host_interface": interface, "host_port": int(port), "host_port_end": int(port), "address": address,
            "port": int(to), "sources": sources, "reached_at": sorted(reached_at),
        }  # fmt: skip
        yield NftObject(values, there, comment)
