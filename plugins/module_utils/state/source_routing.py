# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports on a host that routes by source address (``ip rule add from 192.0.2.41 lookup 200``).

What a container answers is routed before it has the address back under which it was asked, so that such a rule does
not meet it. Our nftables table marks it by that address (chain ``answering``), and each rule of the host's has one of
ours beside it, at the same priority, which looks into the same table for the mark. Where the main table knows more of
the way than a default route, that stays the way: to other containers, by a tunnel, on a segment of the host's.

What is asked meets such rules where it must not, as it has a container's address by then as its destination: with the
host's own address as its source, or one of the same segment. Rules of ours before all of them lead it to the container.
Under ``rp_filter`` 1, the kernel looks for the way back with the container's address as well, and with the mark of what
is asked where the interface says so (``src_valid_mark``; kind ``forwarding``).
"""

from __future__ import annotations

import ipaddress
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

_TO_TABLE = 1  # FR_ACT_TO_TBL, linux/fib_rules.h
_INVERT = 2  # FIB_RULE_INVERT
_WHOLE = 0xFFFFFFFF
_NOT_SUPPRESSED = 0xFFFFFFFF  # FRA_SUPPRESS_PREFIXLEN of a rule without one
# A mark is the fence's for all packets, and a number in these bits; that of what is asked has one bit more.
_MARK, _FIRST_BIT, _MOST = 0x10000000, 20, 255
_ASKED = 0x40000000
_ANY = (0x10000000, 0x20000000)  # whatever our table has let in has one of these bits, or somebody else's mark
_USUAL = (0, 253, 254, 255)  # RT_TABLE_UNSPEC, _DEFAULT, _MAIN, _LOCAL (linux/rtnetlink.h)
_MAIN = 254
# A rule that asks for anything of these as well is about other packets than answers are.
_NARROWER = frozenset(
    "FRA_OIFNAME FRA_FWMARK FRA_L3MDEV FRA_UID_RANGE FRA_IP_PROTO FRA_SPORT_RANGE FRA_DPORT_RANGE".split()
)
ATTRIBUTES = frozenset(
    ("FRA_SRC", "FRA_DST", "FRA_IIFNAME", "FRA_TABLE", "FRA_PRIORITY", "FRA_PROTOCOL", "FRA_FWMASK", *_NARROWER)
) | {"FRA_SUPPRESS_PREFIXLEN"}
_FAMILIES = {"4": socket.AF_INET, "6": socket.AF_INET6}

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Row = t.Mapping[str, t.Any]


class Lookup(t.NamedTuple):
    """What a rule does: look into a table, for what goes to ``destination`` (None: anywhere), and pass over a route of
    ``suppress`` bits or fewer (None: over none)."""

    priority: int
    table: int
    destination: t.Optional[str] = None
    suppress: t.Optional[int] = None


# The rules that meet what has one source address, in their order.
Way = t.Tuple[Lookup, ...]


class OurRule(t.NamedTuple):
    """A rule of ours: for packets with a mark, by a mask; without one for what the host sends itself (``iif lo``)."""

    family: int
    lookup: Lookup
    mark: int = 0
    mask: int = 0


def ways(rows: t.Iterable[Row], family: str) -> dict[Network, Way]:
    """The ways of a host by the source addresses that have them, none of which lies in another."""
    rules: list[tuple[Network, Lookup]] = []
    for row in rows:
        if row["family"] == _FAMILIES[family] and _is_by_source(row):
            rules.append((ipaddress.ip_network(f"{row['FRA_SRC']}/{row['src_len']}", strict=False), _lookup(row)))
    sources = sorted({source for source, _lookup_ in rules}, key=lambda each: (each.network_address, each.prefixlen))
    found: dict[Network, Way] = {}
    for source in sources:
        way = tuple(lookup for outer, lookup in rules if source.subnet_of(outer))  # type: ignore[arg-type]
        rest: list[Network] = [source]
        for inner in sources:
            if inner != source and inner.subnet_of(source):  # type: ignore[arg-type]
                rest = [part for each in rest for part in _without(each, inner)]
        if any(lookup.table not in _USUAL for lookup in way):
            found.update(dict.fromkeys(rest, way))
    return found


def _without(outer: Network, inner: Network) -> list[Network]:
    return list(outer.address_exclude(inner)) if inner.subnet_of(outer) else [outer]  # type: ignore[arg-type]


def marks(ways_: t.Mapping[Network, Way]) -> dict[Way, int]:
    """The mark of each way. They follow from the rules alone; a packet has its mark for as long as it is routed."""
    numbers = list(dict.fromkeys(ways_.values()))[:_MOST]
    return {way: _MARK | number << _FIRST_BIT for number, way in enumerate(numbers, 1)}


def wanted(elements: Elements, rows: t.Sequence[Row]) -> tuple[OurRule, ...]:
    """The rules for all marks that our table gives, and for the networks that it gives them to."""
    rules: list[OurRule] = []
    for name, family in _FAMILIES.items():
        answers = elements.get(f"answers{name}", {})
        ways_ = ways(rows, name) if answers else {}
        if not ways_:
            continue
        before = max(min(way[0].priority for way in ways_.values()) - 1, 0)
        for network in dict.fromkeys(key.partition(" . ")[0] for key in answers):
            whole_ = network if "/" in network else f"{network}/{128 if name == '6' else 32}"
            rules += [OurRule(family, Lookup(before, _MAIN, whole_), bit, bit) for bit in (0, *_ANY)]
        given = {int(value or 0) for value, _comment in answers.values()}
        for way, mark in marks(ways_).items():
            rules += _of_way(family, mark, way) if mark in given else ()
    return tuple(dict.fromkeys(rules))


def _of_way(family: int, mark: int, way: Way) -> t.Iterator[OurRule]:
    yield OurRule(family, Lookup(way[0].priority, _MAIN, suppress=0), mark, _WHOLE)
    for lookup in way:
        yield OurRule(family, lookup, mark, _WHOLE)
        if family == socket.AF_INET:  # IPv6 looks for no reverse path
            yield OurRule(family, lookup, mark | _ASKED, _WHOLE)


def found(rows: t.Iterable[Row]) -> tuple[OurRule, ...]:
    """The rules of ours, in their order: the kernel puts a new one behind all of its priority."""
    return tuple(
        OurRule(row["family"], _lookup(row), row.get("FRA_FWMARK", 0), row.get("FRA_FWMASK", 0))
        for row in rows
        if is_ours(row)
    )


def is_ours(row: Row) -> bool:
    """Of all rules with our protocol number: is it one of these?"""
    of_one = row.get("FRA_FWMARK") or (row.get("FRA_DST") is not None and row.get("FRA_IIFNAME") == "lo")
    return row.get("FRA_PROTOCOL") == m.PROTOCOL and row["action"] == _TO_TABLE and bool(of_one)


def is_whole(elements: Elements, rows: t.Sequence[Row]) -> bool:
    """Are these rules there, and no others?"""
    out, into = _differences(elements, rows)
    return not out and not into


def changes(elements: Elements, rows: t.Sequence[Row], netns: str | None) -> list[m.Message]:
    out, into = _differences(elements, rows)
    return [*(_message(rule, netns, True) for rule in out), *(_message(rule, netns) for rule in into)]


def _differences(elements: Elements, rows: t.Sequence[Row]) -> tuple[list[OurRule], list[OurRule]]:
    """What is to go and to come. Of a mark that lacks a rule, all are made again: their order matters."""
    rules, there = wanted(elements, rows), found(rows)

    def differs(rule: OurRule) -> bool:
        if rule.mask != _WHOLE:
            return (rule in rules) != (rule in there)
        return _of_mark(rule, rules) != _of_mark(rule, there)

    return [rule for rule in there if differs(rule)], [rule for rule in rules if differs(rule)]


def _of_mark(one: OurRule, rules: t.Iterable[OurRule]) -> list[OurRule]:
    return [rule for rule in rules if (rule.family, rule.mark | _ASKED) == (one.family, one.mark | _ASKED)]


def _is_by_source(row: Row) -> bool:
    """``iif lo`` is the host's own: so is, for who calls, a published port."""
    return (
        row.get("FRA_SRC") is not None
        and row.get("FRA_PROTOCOL") != m.PROTOCOL
        and row["action"] == _TO_TABLE
        and not row["flags"] & _INVERT
        and not row["tos"]
        and row.get("FRA_IIFNAME") in (None, "lo")
        and not any(row.get(name) for name in _NARROWER)
    )


def _table(row: Row) -> int:
    return int(row.get("FRA_TABLE", row["table"]))


def _lookup(row: Row) -> Lookup:
    destination, suppress = row.get("FRA_DST"), row.get("FRA_SUPPRESS_PREFIXLEN", _NOT_SUPPRESSED)
    return Lookup(
        row.get("FRA_PRIORITY", 0),
        _table(row),
        None if destination is None else f"{destination}/{row['dst_len']}",
        None if suppress == _NOT_SUPPRESSED else suppress,
    )


def _message(rule: OurRule, netns: str | None, delete: bool = False) -> m.Message:
    lookup = rule.lookup
    _family, destination, length = m.prefix(lookup.destination) if lookup.destination else (0, None, 0)
    header = {"family": rule.family, "action": _TO_TABLE, "dst_len": length}
    attributes = {
        "FRA_PRIORITY": lookup.priority,
        "FRA_PROTOCOL": m.PROTOCOL,
        "FRA_IIFNAME": None if rule.mask else "lo",
        "FRA_FWMARK": rule.mark or None,
        "FRA_FWMASK": rule.mask or None,
        "FRA_TABLE": lookup.table,
        "FRA_DST": destination,
        "FRA_SUPPRESS_PREFIXLEN": lookup.suppress,
    }
    what = f"{'delete' if delete else 'add'} routing rule {lookup.priority} by source address"
    if delete:
        return m.Message(m.RTM_DELRULE, 0, header, attributes, what, netns)
    return m.Message(m.RTM_NEWRULE, m.NLM_F_CREATE | m.NLM_F_EXCL, header, attributes, what, netns)
