# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of iptables and nftables that translate addresses, as values. Pure.

A rule with a condition that is not understood keeps its text alone, for a sentence about it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import canonical_address
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block, parse_block

Ports = tuple[int, int]
_FAMILIES = {"ip": 4, "ip6": 6}
_BUILT_IN = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
# Chains of engines and others that write their rules themselves.
_OTHERS = ("DOCKER", "NETAVARK", "CNI-", "KUBE-", "LIBVIRT", "FLANNEL", "cali")
_SILENT = ("-m", "--comment", "--dst-type", "--mode", "--set-xmark")


@dataclass(frozen=True)
class Translation:
    """``does``: masquerade, snat, dnat; empty where the rule is not understood. ``about``: all that it says.

    ``place``: the host's address, or the interface, by which it is met. ``to_ports``: those behind, None for the same.
    """

    text: str
    about: str
    does: str = ""
    version: int = 4
    source: Block | None = None
    to: str = ""
    to_ports: Ports | None = None
    protocol: str = ""
    ports: Ports | None = None
    place: str = ""


class _UnknownCondition(Exception):
    """A condition that is not understood."""


def translations(nat: Mapping[str, Any]) -> list[Translation]:
    """``nat`` as a host tells it: ``iptables``, texts by family, and ``nft``, a list."""
    found: dict[Translation, None] = {}
    for family, text in (nat.get("iptables") or {}).items():
        for line in text.splitlines():
            found.update(dict.fromkeys(_of_iptables(line, _FAMILIES[family])))
    rules = (each["rule"] for each in nat.get("nft") or () if "rule" in each)
    for rule in rules:
        found.update(dict.fromkeys(_of_nft(rule)))
    return list(found)


def _span(text: str) -> Ports:
    first, _sign, last = text.replace(":", "-").partition("-")
    if not first.isdigit() or last and not last.isdigit():
        raise _UnknownCondition
    return int(first), int(last or first)


def _block(text: str) -> Block:
    try:
        return parse_block(text if "/" in text else f"{text}/{128 if ':' in text else 32}")
    except Refusal:
        raise _UnknownCondition from None


def _one_address(text: str) -> str:
    block = _block(text)
    if block.size > 1:
        raise _UnknownCondition
    return str(block).partition("/")[0]


# -- iptables ----------------------------------------------------------------------------------------------------------


def _of_iptables(line: str, version: int) -> Iterator[Translation]:
    """``-A CHAIN … -j TARGET …``; several for several ports."""
    if not line.startswith("-A ") or not re.search(r" -j (MASQUERADE|SNAT|DNAT|REDIRECT|NETMAP)\b", line):
        return
    try:
        words = shlex.split(line)
        chain = words[1]
        if chain.startswith(_OTHERS):
            return
        if chain not in _BUILT_IN:
            raise _UnknownCondition
        yield from _read_words(words[2:], Translation(line, line, version=version))
    except (_UnknownCondition, ValueError, IndexError):
        yield Translation(line, line, version=version)


def _read_words(words: Sequence[str], rule: Translation) -> Iterator[Translation]:
    told = iter(words)
    several: list[str] = []
    for word in told:
        negated = word == "!"
        word = next(told, "") if negated else word
        if word in ("--random", "--random-fully", "--persistent"):
            continue
        value = next(told, "")
        if negated and word not in ("-o", "-i", "-d") or word.startswith("--dst-type") and value != "LOCAL":
            raise _UnknownCondition
        if negated or word in _SILENT or word == "-o":
            continue
        if word == "--dports":
            several = value.split(",")
        else:
            rule = _with_word(rule, word, value)
    for ports in [_span(each) for each in several] or [rule.ports]:
        yield replace(rule, ports=ports)


def _with_word(rule: Translation, word: str, value: str) -> Translation:
    if word == "-s":
        return replace(rule, source=_block(value))
    if word == "-d":
        return replace(rule, place=_one_address(value))
    if word == "-i":
        return replace(rule, place=rule.place or value)
    if word == "-p":
        return replace(rule, protocol=value)
    if word == "--dport":
        return replace(rule, ports=_span(value))
    if word == "-j" and value in ("MASQUERADE", "SNAT", "DNAT"):
        return replace(rule, does=value.lower())
    if word in ("--to-destination", "--to-source"):
        return _with_target(rule, value)
    raise _UnknownCondition


def _with_target(rule: Translation, value: str) -> Translation:
    """``10.9.0.5:80``, ``[fd00::5]:80-90``, or an address alone."""
    match = re.fullmatch(r"\[?(?P<address>[0-9a-fA-F:.]+?)\]?(?:(?<=\]):(?P<six>[0-9-]+)|:(?P<four>[0-9-]+))?", value)
    if ":" in value and "." not in value and not value.startswith("["):
        address, ports = value, None
    elif match:
        address, ports = match["address"], match["six"] or match["four"]
    else:
        raise _UnknownCondition
    known = canonical_address(address)
    if known is None:
        raise _UnknownCondition
    return replace(rule, to=known, to_ports=_span(ports) if ports else None)


# -- nftables ----------------------------------------------------------------------------------------------------------


def _of_nft(rule: Mapping[str, Any]) -> Iterator[Translation]:
    targets = [each for each in rule["expr"] if {"masquerade", "snat", "dnat", "redirect"} & set(each)]
    if not targets:
        return
    text = f"{rule['family']} {rule['table']} {rule['chain']} handle {rule['handle']}"
    version, about = _FAMILIES.get(rule["family"]), json.dumps(rule["expr"])
    try:
        yield from _read_statements(rule["expr"], Translation(text, about, version=version or 0))
    except (_UnknownCondition, KeyError, TypeError, ValueError, AttributeError):
        yield Translation(text, about, version=version or 4)


def _read_statements(statements: Sequence[Mapping[str, Any]], rule: Translation) -> Iterator[Translation]:
    several: list[Ports] = []
    for statement in statements:
        ((what, content),) = statement.items()
        if what == "match":
            rule, ports = _with_match(rule, content)
            several = ports or several
        elif what in ("masquerade", "snat", "dnat"):
            rule = _with_nft_target(replace(rule, does=what), content or {})
        elif what not in ("counter", "comment", "log"):
            raise _UnknownCondition
    if not rule.version:
        rule = replace(rule, version=6 if ":" in rule.to else 4 if rule.to else 0)
    versions = [rule.version] if rule.version else [4, 6]
    for version in versions:
        for ports in several or [rule.ports]:
            yield replace(rule, version=version, ports=ports)


def _with_match(rule: Translation, match: Mapping[str, Any]) -> tuple[Translation, list[Ports]]:
    ((what, left),) = match["left"].items()
    right, negated = match["right"], match["op"] == "!="
    key = left.get("field") or left.get("key")
    if what == "meta" and key in ("oifname", "oif") or negated and key in ("iifname", "daddr"):
        return rule, []
    if negated:
        raise _UnknownCondition
    if what == "meta" and key == "iifname" and isinstance(right, str):
        return replace(rule, place=rule.place or right), []
    if what == "meta" and key == "nfproto":
        return replace(rule, version={2: 4, 10: 6, "ipv4": 4, "ipv6": 6}[right]), []
    if what == "payload" and key == "dport" and left["protocol"] in ("tcp", "udp", "sctp"):
        spans = [_nft_span(each) for each in (right["set"] if isinstance(right, dict) and "set" in right else [right])]
        return replace(rule, protocol=left["protocol"]), spans
    if what == "payload" and left["protocol"] in _FAMILIES and key in ("saddr", "daddr"):
        rule = replace(rule, version=_FAMILIES[left["protocol"]])
        text = f"{right['prefix']['addr']}/{right['prefix']['len']}" if isinstance(right, dict) else str(right)
        return (replace(rule, source=_block(text)) if key == "saddr" else replace(rule, place=_one_address(text))), []
    if what == "fib":
        return rule, []
    raise _UnknownCondition


def _nft_span(value: Any) -> Ports:
    first, last = value["range"] if isinstance(value, dict) else (value, value)
    return int(first), int(last)


def _with_nft_target(rule: Translation, content: Mapping[str, Any]) -> Translation:
    if "addr" not in content:
        if rule.does == "masquerade":
            return rule
        raise _UnknownCondition
    address = canonical_address(str(content["addr"]))
    if address is None:
        raise _UnknownCondition
    return replace(rule, to=address, to_ports=_nft_span(content["port"]) if "port" in content else None)
