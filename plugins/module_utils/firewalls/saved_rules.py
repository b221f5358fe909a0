# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of iptables, from the text that ``iptables-save`` writes (iptables-extensions(8))."""

from __future__ import annotations

import ipaddress
import shlex
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
    Rule,
    Within,
)

_HOOKS = {
    "PREROUTING": "prerouting",
    "INPUT": "input",
    "FORWARD": "forward",
    "OUTPUT": "output",
    "POSTROUTING": "postrouting",
}
_FILTERING = ("filter", "mangle", "raw", "security")
_ENDS = {"ACCEPT": ACCEPT, "DROP": DROP, "REJECT": DROP, "RETURN": RETURN}
# Targets after which a packet goes on.
_SILENT = {
    "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "TRACE", "TCPMSS", "CHECKSUM", "CLASSIFY", "AUDIT", "NOTRACK", "CT",
}  # fmt: skip
# Options of a target or of a match that say nothing of a packet.
_WORDLESS = {
    "--comment", "--reject-with", "--log-prefix", "--log-level", "--nflog-prefix", "--nflog-group", "--set-xmark",
}  # fmt: skip
_BARE = {"--log-ip-options", "--log-tcp-options", "--log-tcp-sequence", "--log-uid"}


def chains_of(text: str, family: str, program: str) -> list[Chain]:
    """The chains that filter, of all tables. ``family`` is ``ip`` or ``ip6``; ``program`` is as a chain has it."""
    chains: dict[tuple[str, str], tuple[str, list[Rule]]] = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":"):
            name, policy = line[1:].split()[:2]
            chains[table, name] = (policy, [])
        elif line.startswith("-A "):
            words = shlex.split(line)
            if (table, words[1]) in chains:
                chains[table, words[1]][1].append(_rule(words[2:], line, family))
    return [
        Chain(
            family,
            table,
            name,
            tuple(rules),
            _HOOKS.get(name) if table in _FILTERING and policy != "-" else None,
            _ENDS.get(policy, ACCEPT),
            program,
        )
        for (table, name), (policy, rules) in chains.items()
    ]


def _rule(words: t.Sequence[str], line: str, family: str) -> Rule:
    """Its conditions, and its verdict; one that only counts is a jump that leads nowhere."""
    conditions: list[Match | None] = []
    verdict, target, negated = JUMP, "", False
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "!":
            negated = True
            continue
        value = "" if word in _BARE or not rest else rest.pop(0)
        if word in ("-j", "-g"):
            verdict, target = _verdict(value, word == "-g")
        elif word not in _WORDLESS and word not in _BARE and word != "-m":
            conditions += _condition(word, value, negated)
        negated = False
    return Rule(tuple(conditions), verdict, target, line)


def _verdict(target: str, goes: bool) -> tuple[str, str]:
    if target in _ENDS:
        return _ENDS[target], ""
    return (GOTO if goes else JUMP), "" if target in _SILENT else target


def _condition(option: str, value: str, negated: bool) -> list[Match | None]:
    try:
        field, values = _read(option, value)
    except (KeyError, ValueError):
        return [None]
    return [Match((field,), values, negated)]


def _read(option: str, value: str) -> tuple[str, tuple[t.Any, ...]]:
    """The field of an option, and its values. Raises KeyError for one that is not known here."""
    if option in ("-i", "-o"):
        return {"-i": "iifname", "-o": "oifname"}[option], (_interface(value),)
    if option in ("-s", "-d"):
        return {"-s": "saddr", "-d": "daddr"}[option], (ipaddress.ip_network(value, strict=False),)
    if option == "-p":
        return "l4proto", ({"ipv6-icmp": "icmpv6"}.get(value, value),)
    if option in ("--dport", "--dports", "--sport", "--sports"):
        return option[2] + "port", tuple(_port(each) for each in value.split(","))
    if option in ("--ctstate", "--state"):
        words = value.split(",")
        return ("ct_status", ("dnat",)) if words == ["DNAT"] else ("ct_state", tuple(each.lower() for each in words))
    if option == "--ctstatus":
        return "ct_status", tuple(each.lower() for each in value.split(","))
    if option == "--dst-type":
        return "fib_daddr", tuple(each.lower() for each in value.split(","))
    raise KeyError(option)


def _interface(name: str) -> t.Any:
    return Beginning(name[:-1]) if name.endswith("+") else name


def _port(text: str) -> t.Any:
    low, colon, high = text.partition(":")
    return Within(int(low or 0), int(high or 65535)) if colon else int(low)
