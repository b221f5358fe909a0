# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of nftables, from the JSON that libnftables lists them in (libnftables-json(5), numbers for names)."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import (
    ACCEPT,
    DROP,
    GOTO,
    JUMP,
    RETURN,
    Beginning,
    Chain,
    Match,
    NamedSet,
    Rule,
    Within,
)

_META = {"iifname": "iifname", "iif": "iifname", "oifname": "oifname", "oif": "oifname"}
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp"}
_NFPROTO = {2: 4, 10: 6, "ipv4": 4, "ipv6": 6}
_ETHERTYPES = {0x0800: 4, 0x86DD: 6, 8: 4, 56710: 6, "ip": 4, "ip6": 6}
# Bits of a tracked connection (linux/netfilter/nf_conntrack_common.h): its state, its status.
_NEW, _DNAT = 8, 32
_STATES, _STATUS = (1, 2, 4, 8, 64), (1, 2, 4, 8, 16, 32)
_FIB_TYPES = {1: "unicast", 2: "local", "unicast": "unicast", "local": "local"}
_VERDICTS = (ACCEPT, DROP, RETURN)
# Statements that let a packet go on, and say nothing of it.
_SILENT = {"counter", "log", "mangle", "notrack", "quota", "set", "map", "meter", "comment", "flow", "ct helper"}
_SILENT_TARGETS = {"LOG", "NFLOG", "MARK", "CONNMARK", "TRACE", "TCPMSS", "CHECKSUM", "CLASSIFY", "ULOG", "AUDIT"}


class _UnreadableCondition(Exception):
    """A condition that cannot be told."""


def chains_of(listing: t.Sequence[t.Mapping[str, t.Any]]) -> list[Chain]:
    """The chains of one or more tables with their rules, as ``list table`` or ``list ruleset`` has them."""
    rules: dict[tuple[str, str, str], list[Rule]] = {}
    found = []
    for entry in listing:
        if "chain" in entry:
            found.append(entry["chain"])
        elif "rule" in entry:
            row = entry["rule"]
            rules.setdefault((row["family"], row["table"], row["chain"]), []).extend(_rules_of(row))
    return [
        Chain(
            row["family"],
            row["table"],
            row["name"],
            tuple(rules.get((row["family"], row["table"], row["name"]), ())),
            row.get("hook") if row.get("type") == "filter" else None,
            row.get("policy", ACCEPT),
            devices=tuple(_devices(row.get("dev"))),
        )
        for row in found
    ]


def _devices(named: t.Any) -> t.Iterable[str]:
    return [named] if isinstance(named, str) else named or ()


def _rules_of(row: t.Mapping[str, t.Any]) -> t.Iterator[Rule]:
    """A rule, or one for each verdict of a verdict map."""
    place = (row["family"], row["table"])
    conditions: list[Match | None] = []
    for statement in row["expr"]:
        ((what, content),) = statement.items()
        if what == "match":
            conditions += _conditions(content, place)
        elif what in _VERDICTS:
            yield Rule(tuple(conditions), what, handle=row["handle"])
        elif what == "reject" or (what == "xt" and content.get("name") == "REJECT"):
            yield Rule(tuple(conditions), DROP, handle=row["handle"])
        elif what in (JUMP, GOTO):
            yield Rule(tuple(conditions), what, content["target"], handle=row["handle"])
        elif what == "vmap":
            yield from _of_map(content, conditions, place, row["handle"])
        elif what == "limit":
            conditions.append(None)
        elif what == "xt" and content.get("type") == "match":
            conditions += [] if content.get("name") == "comment" else [None]
        elif what not in _SILENT and not (what == "xt" and content.get("name") in _SILENT_TARGETS):
            yield Rule((*conditions, None), ACCEPT, handle=row["handle"])  # such as a queue: nobody knows


def _of_map(
    content: t.Any, conditions: t.Sequence[Match | None], place: tuple[str, str], handle: int
) -> t.Iterator[Rule]:
    data = content.get("data")
    if not isinstance(data, dict):
        yield Rule((*conditions, None), ACCEPT, handle=handle)  # a map by name
        return
    for key, verdict in data["set"]:
        ((what, target),) = verdict.items()
        added = _conditions({"left": content["key"], "op": "==", "right": key}, place)
        target = target["target"] if isinstance(target, dict) else ""
        yield Rule((*conditions, *added), what, target, handle=handle)


def _conditions(match: t.Mapping[str, t.Any], place: tuple[str, str]) -> list[Match | None]:
    """A match as conditions on fields; what it says without words (``ip saddr`` is IPv4) goes before it."""
    try:
        return _read_match(match["left"], match.get("op", "=="), match["right"], place)
    except (_UnreadableCondition, KeyError, TypeError, ValueError):
        return [None]


def _read_match(left: t.Any, op: str, right: t.Any, place: tuple[str, str]) -> list[Match | None]:
    if op not in ("==", "!=", "in"):
        raise _UnreadableCondition
    negated = op == "!="
    if "ct" in left:
        return [_of_connection(left["ct"], right, negated, place)]
    fields = left.get("concat", [left])
    read = [_field(each) for each in fields]
    before = [Match(*each) for _name, _spell, befores in read for each in befores]
    values = _values(right, [spell for _name, spell, _befores in read], place)
    return [*before, Match(tuple(name for name, _spell, _befores in read), values, negated)]


_Befores = t.List[t.Tuple[t.Tuple[str, ...], t.Tuple[t.Any, ...]]]


def _field(left: t.Mapping[str, t.Any]) -> tuple[str, t.Callable[[t.Any], t.Any], _Befores]:
    """A field's name, how its values are spelled, and what is so wherever it is looked at."""
    if "meta" in left:
        return _meta(left["meta"]["key"])
    if "payload" in left:
        return _payload(left["payload"].get("protocol"), left["payload"].get("field"))
    if left.get("fib", {}).get("result") == "type" and left["fib"]["flags"] == ["daddr"]:
        return "fib_daddr", lambda value: _FIB_TYPES.get(value, str(value)), []
    raise _UnreadableCondition


def _meta(key: str) -> tuple[str, t.Callable[[t.Any], t.Any], _Befores]:
    if key in _META:
        return _META[key], _interface, []
    if key == "l4proto":
        return "l4proto", _protocol, []
    if key == "nfproto":
        return "nfproto", lambda value: _NFPROTO[value], []
    if key == "protocol":
        return "nfproto", lambda value: _ETHERTYPES.get(value, value), []
    raise _UnreadableCondition


def _payload(protocol: t.Any, field: t.Any) -> tuple[str, t.Callable[[t.Any], t.Any], _Befores]:
    if protocol in ("ip", "ip6"):
        family: _Befores = [(("nfproto",), (4 if protocol == "ip" else 6,))]
        if field in ("saddr", "daddr"):
            return field, _address, family
        if field in ("protocol", "nexthdr"):
            return "l4proto", _protocol, family
    if field in ("sport", "dport"):
        transport: _Befores = [] if protocol == "th" else [(("l4proto",), (protocol,))]
        return field, _number, transport
    raise _UnreadableCondition


def _values(right: t.Any, spell: t.Sequence[t.Callable[[t.Any], t.Any]], place: tuple[str, str]) -> tuple[t.Any, ...]:
    if isinstance(right, str) and right.startswith("@"):
        return (NamedSet(*place, right[1:]),)
    rows = right["set"] if isinstance(right, dict) and "set" in right else right if isinstance(right, list) else [right]
    return tuple(_value(row, spell) for row in rows)


def _value(row: t.Any, spell: t.Sequence[t.Callable[[t.Any], t.Any]]) -> t.Any:
    if isinstance(row, dict) and "elem" in row:
        row = row["elem"]["val"]
    if len(spell) == 1:
        return spell[0](row)
    return tuple(each(part) for each, part in zip(spell, row["concat"]))


def _interface(value: t.Any) -> t.Any:
    if not isinstance(value, str):
        raise _UnreadableCondition
    return Beginning(value[:-1]) if value.endswith("*") else value


def _protocol(value: t.Any) -> str:
    return _PROTOCOLS.get(value, str(value))


def _number(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return Within(*map(int, value["range"]))
    return int(value)


def _address(value: t.Any) -> t.Any:
    if isinstance(value, dict) and "prefix" in value:
        return ipaddress.ip_network(f"{value['prefix']['addr']}/{value['prefix']['len']}")
    if isinstance(value, dict):
        raise _UnreadableCondition  # a range of addresses
    return ipaddress.ip_network(value)


def _of_connection(left: t.Mapping[str, t.Any], right: t.Any, negated: bool, place: tuple[str, str]) -> Match:
    """Bits of a state or status: of a packet that begins a connection, and may have been given another address."""
    if isinstance(right, str):
        raise _UnreadableCondition
    bits = 0
    for number in _numbers(right):
        bits |= number
    if left["key"] == "state":
        return Match(("ct_state",), ("new",) if bits & _NEW else (), negated)
    if left["key"] == "status":
        return Match(("ct_status",), ("dnat",) if bits & _DNAT else (), negated)
    raise _UnreadableCondition


def _numbers(right: t.Any) -> t.Iterator[int]:
    if isinstance(right, (bool, str)):
        raise _UnreadableCondition
    if isinstance(right, int):
        yield right
    elif isinstance(right, list):
        for each in right:
            yield from _numbers(each)
    else:
        for inner in right.values():
            yield from _numbers(inner)
