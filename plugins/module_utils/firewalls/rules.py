# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a packet filter, as values, and what they do to a packet that is known in part.

What cannot be known of a packet, or of a rule, is None: neither true nor false. So a filter's answer is certain, or it
is not, and says so.
"""

from __future__ import annotations

import ipaddress
import typing as t

# Of a packet by name: ``nfproto`` (4, 6), ``iifname``, ``oifname``, ``saddr``, ``daddr``, ``l4proto`` ("tcp"),
# ``sport``, ``dport``, ``ct_state`` ("new"), ``ct_status`` ("dnat", or ""), ``fib_daddr`` ("local", "unicast"). None or
# no value at all: unknown. ``switched``: it is a frame, which a bridge hands on between these two ports.
Packet = t.Mapping[str, t.Any]
# Does a named set (family, table, name) have this key, in nft's words? None: it cannot be known.
Members = t.Callable[[t.Tuple[str, str, str], str], t.Optional[bool]]

ACCEPT, DROP, RETURN, JUMP, GOTO = "accept", "drop", "return", "jump", "goto"
_DEEPEST = 16  # jumps, NFT_JUMP_STACK_SIZE (linux/netfilter/nf_tables.h)


class Within(t.NamedTuple):
    """Numbers from ``low`` to ``high``."""

    low: int
    high: int


class Beginning(t.NamedTuple):
    """Names that begin with this."""

    text: str


class NamedSet(t.NamedTuple):
    family: str
    table: str
    name: str


Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Value = t.Union[str, int, Within, Beginning, NamedSet, Network]


class Match(t.NamedTuple):
    """One condition: a field of the packet is one of the values, or is ``negated`` none of them.

    Several ``fields`` are compared as one, with tuples of values.
    """

    fields: t.Tuple[str, ...]
    values: t.Tuple[t.Any, ...]
    negated: bool = False


class Rule(t.NamedTuple):
    """Conditions, of which None is one that cannot be told, and a verdict, with the chain that it leads to.

    ``text`` is what its owner calls it, ``handle`` the kernel's number.
    """

    conditions: t.Tuple[t.Optional[Match], ...]
    verdict: str
    target: str = ""
    text: str = ""
    handle: int = 0


class Chain(t.NamedTuple):
    """``hook`` is None for one that others lead to. ``family``, ``table`` and ``name`` are where it is.

    ``program`` is what its owner changes it with, for IPv4. ``devices``: by which a packet has to come in to meet it
    (hook ``ingress``); empty for any.
    """

    family: str
    table: str
    name: str
    rules: t.Tuple[Rule, ...]
    hook: t.Optional[str] = None
    policy: str = ACCEPT
    program: str = "nft"
    devices: t.Tuple[str, ...] = ()


class Dropped(t.NamedTuple):
    """By which chain and rule, None being its policy; ``certain``: nothing unknown can have let it pass. ``hook`` is
    where."""

    chain: Chain
    rule: t.Optional[Rule]
    certain: bool
    hook: str


_VERSIONS = {"ip": (4,), "ip6": (6,), "inet": (4, 6), "netdev": (4, 6), "bridge": (4, 6)}
# Where a packet passes, in order, by the hook that says what becomes of it (nft(8), hooks).
_BEFORE = ("ingress", "prerouting")  # it is routed
_PASSES = {
    "input": (*_BEFORE, "input"),
    "forward": (*_BEFORE, "forward", "postrouting"),
    "output": ("output", "postrouting"),
}


def dropped(chains: t.Sequence[Chain], hook: str, packet: Packet, members: Members) -> Dropped | None:
    """What drops this packet on its way, if anything does. Every table is asked, and one that drops is enough."""
    by_place = {(chain.family, chain.table, chain.name): chain for chain in chains}
    unsure: Dropped | None = None
    for passed in _PASSES[hook]:
        # Nobody knows there where it goes. What is for a published port has another address and port yet.
        seen = {**packet, "oifname": None} if passed in _BEFORE else packet
        for chain in chains if seen is packet or not packet.get("ct_status") else ():
            if chain.hook == passed and _meets(chain, packet):
                found = _Walk(by_place, seen, members).through(chain, passed)
                if found is not None and found.certain:
                    return found
                unsure = unsure or found
    return unsure


def _meets(chain: Chain, packet: Packet) -> bool:
    if chain.devices and packet["iifname"] not in chain.devices:
        return False
    if chain.family != "netdev" and (chain.family == "bridge") is not bool(packet.get("switched")):
        return False
    return packet["nfproto"] in _VERSIONS.get(chain.family, ())


class _Walk:
    """One packet's way through one base chain and those that it leads to."""

    def __init__(self, chains: t.Mapping[t.Tuple[str, str, str], Chain], packet: Packet, members: Members) -> None:
        self._chains = chains
        self._packet = packet
        self._members = members
        self._may_pass = False

    def through(self, base: Chain, hook: str) -> Dropped | None:
        end = self._run(base, 0)
        if end is None:
            end = (base.policy, base, None)
        verdict, chain, rule = end
        return Dropped(chain, rule, not self._may_pass, hook) if verdict == DROP else None

    def _run(self, chain: Chain, depth: int) -> tuple[str, Chain, Rule | None] | None:
        """The verdict, and whose it is; None at the chain's end."""
        for rule in chain.rules:
            held = self._all_hold(rule)
            if held is False:
                continue
            end: tuple[str, Chain, Rule | None] | None = (rule.verdict, chain, rule)
            if rule.verdict in (JUMP, GOTO):
                target = self._chains.get((chain.family, chain.table, rule.target))
                end = self._run(target, depth + 1) if target is not None and depth < _DEEPEST else None
            elif rule.verdict == RETURN:
                end = None
            if held is None:
                self._may_pass |= end is not None and end[0] == ACCEPT
            elif end is not None or rule.verdict in (RETURN, GOTO):
                return end
        return None

    def _all_hold(self, rule: Rule) -> bool | None:
        unknown = False
        for condition in rule.conditions:
            held = None if condition is None else holds(condition, self._packet, self._members)
            if held is False:
                return False
            unknown |= held is None
        return None if unknown else True


def holds(match: Match, packet: Packet, members: Members) -> bool | None:
    """Is a condition true of a packet?"""
    own = [packet.get(field) for field in match.fields]
    if None in own:
        return None
    unknown = False
    for value in match.values:
        found = _is_in(own, value, members)
        if found:
            return not match.negated
        unknown |= found is None
    return None if unknown else match.negated


def _is_in(own: t.Sequence[t.Any], value: t.Any, members: Members) -> bool | None:
    if isinstance(value, NamedSet):
        return members(value, " . ".join(map(str, own)))
    parts = value if len(own) > 1 else (value,)
    return len(parts) == len(own) and all(_is(*pair) for pair in zip(own, parts))


def _is(own: t.Any, value: Value) -> bool:
    if isinstance(value, Within):
        return isinstance(own, int) and value.low <= own <= value.high
    if isinstance(value, Beginning):
        return isinstance(own, str) and own.startswith(value.text)
    if isinstance(value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
        address = ipaddress.ip_address(own)
        return address.version == value.version and address in value
    return bool(own == value)
