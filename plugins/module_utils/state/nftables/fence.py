# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What closes our networks when our nftables table is gone: ``nft flush ruleset``, somebody's reload.

The table marks every packet that comes in by a device and has no mark yet, and takes the mark off again when it is
forwarded or delivered. Policy routing looks for packets without one: to our guarded networks they go nowhere. So
whatever takes the filter away takes the way away as well. What the host itself sends is not concerned, nor packets that
somebody else has marked, nor the way to anywhere else.
"""

from __future__ import annotations

import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace, WireError
from ansible_collections.containerhost.network.plugins.module_utils.state import source_routing
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

TABLE = 143  # a routing table of our own, as the protocol number
_FIRST = 1430  # before what others look up; of the kernel's own rules, only that for local addresses comes earlier
_TO_TABLE, _GOTO, _NOTHING = 1, 2, 3  # FR_ACT_*, linux/fib_rules.h
_INVERT = 2  # FIB_RULE_INVERT
_WHOLE = 0xFFFFFFFF
_FAMILIES = {"4": socket.AF_INET, "6": socket.AF_INET6}
_EVERYWHERE = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}  # a route to there has no destination

_WANTED_RULE = source_routing.ATTRIBUTES | {"FRA_GOTO"}
_WANTED_ROUTE = frozenset(("RTA_DST", "RTA_TABLE"))

Dump = t.Callable[..., t.List[t.Dict[str, t.Any]]]


class RoutingRule(t.NamedTuple):
    """A rule of policy routing (ip-rule(8)). ``unmarked``: for packets without a mark, or for those with one."""

    family: int
    priority: int
    action: int
    iif: str | None = None
    unmarked: bool | None = None
    goto: int = 0
    table: int = 0


class Fence(t.NamedTuple):
    """Rules, and networks that lead nowhere. ``families`` are those that the kernel has policy routing for;
    ``rows`` are all of its rules (RTM_GETRULE)."""

    rules: t.FrozenSet[RoutingRule]
    networks: t.FrozenSet[str]
    families: t.FrozenSet[int] = frozenset(_FAMILIES.values())
    rows: t.Sequence[t.Mapping[str, t.Any]] = ()


def wanted(elements: Elements, families: t.Collection[int]) -> Fence:
    """The fence of a table with these elements: around all guarded devices whose addresses are known."""
    guarded = elements.get("guarded", {})
    networks = set()
    for name, family in _FAMILIES.items():
        for key in elements.get(f"sources{name}", ()) if family in families else ():
            device, _dot, network = key.partition(" . ")
            if device in guarded:
                networks.add(network if "/" in network else f"{network}/{128 if ':' in network else 32}")
    inside = {_family(network) for network in networks}
    return Fence(frozenset(rule for family in inside for rule in _rules(family)), frozenset(networks))


def _rules(family: int) -> t.Iterator[RoutingRule]:
    end = _FIRST + 3
    yield RoutingRule(family, _FIRST, _GOTO, iif="lo", goto=end)
    yield RoutingRule(family, _FIRST + 1, _GOTO, unmarked=False, goto=end)
    yield RoutingRule(family, _FIRST + 2, _TO_TABLE, unmarked=True, table=TABLE)
    yield RoutingRule(family, end, _NOTHING)


def found(dump: Dump, netns: str | None) -> Fence:
    """The fence as it stands in a namespace. A kernel without policy routing has no families for it."""
    rows = rules(dump, netns)
    if not rows:
        return Fence(frozenset(), frozenset(), frozenset())
    routes = dump(m.RTM_GETROUTE, {"table": TABLE}, _WANTED_ROUTE, netns)
    return Fence(
        frozenset(
            _rule(row)
            for row in rows
            if row.get("FRA_PROTOCOL") == m.PROTOCOL and not source_routing.is_ours(row)
        ),
        frozenset(
            f"{row.get('RTA_DST') or _EVERYWHERE[row['family']]}/{row['dst_len']}"
            for row in routes
            if row["type"] == m.RTN_BLACKHOLE and row["proto"] == m.PROTOCOL and row.get("RTA_TABLE") == TABLE
        ),
        frozenset(row["family"] for row in rows),
        rows,
    )


def rules(dump: Dump, netns: str | None) -> list[dict[str, t.Any]]:
    """All rules of policy routing, in their order; none on a kernel without it."""
    try:
        return dump(m.RTM_GETRULE, {}, _WANTED_RULE, netns)
    except NoNamespace:
        raise
    except WireError:
        return []


def _rule(row: t.Mapping[str, t.Any]) -> RoutingRule:
    masked = row.get("FRA_FWMASK") == _WHOLE and not row.get("FRA_FWMARK")
    unmarked = not row["flags"] & _INVERT if masked else None
    iif, goto = row.get("FRA_IIFNAME"), row.get("FRA_GOTO", 0)
    table = row.get("FRA_TABLE", row["table"])
    return RoutingRule(row["family"], row.get("FRA_PRIORITY", 0), row["action"], iif, unmarked, goto, table)


def changes(before: Fence, after: Fence, netns: str | None) -> list[m.Message]:
    """What leads from one to the other, without a moment in which the host does not reach its own containers.

    A jump comes after its target; what jumps over the table before what looks into it; and what is in the table last.
    """
    new = sorted(after.rules - before.rules, key=lambda rule: -rule.action)
    old = sorted(before.rules - after.rules, key=lambda rule: rule.action)
    return [
        *(_route_message(network, netns, True) for network in sorted(before.networks - after.networks)),
        *(_rule_message(rule, netns, True) for rule in old),
        *(_rule_message(rule, netns) for rule in new),
        *(_route_message(network, netns) for network in sorted(after.networks - before.networks)),
    ]


def _route_message(network: str, netns: str | None, delete: bool = False) -> m.Message:
    family, address, length = m.prefix(network)
    header = {"family": family, "dst_len": length, "table": TABLE, "proto": m.PROTOCOL, "type": m.RTN_BLACKHOLE}
    what = f"{'delete' if delete else 'add'} blackhole {network} of table {TABLE}"
    if delete:
        return m.Message(m.RTM_DELROUTE, 0, header, {"RTA_DST": address}, what, netns)
    return m.Message(m.RTM_NEWROUTE, m.NLM_F_CREATE | m.NLM_F_REPLACE, header, {"RTA_DST": address}, what, netns)


def _rule_message(rule: RoutingRule, netns: str | None, delete: bool = False) -> m.Message:
    header = {"family": rule.family, "action": rule.action, "flags": _INVERT if rule.unmarked is False else 0}
    attributes = {
        "FRA_PRIORITY": rule.priority,
        "FRA_PROTOCOL": m.PROTOCOL,
        "FRA_IIFNAME": rule.iif,
        "FRA_GOTO": rule.goto or None,
        "FRA_FWMARK": None if rule.unmarked is None else 0,
        "FRA_FWMASK": None if rule.unmarked is None else _WHOLE,
        "FRA_TABLE": rule.table or None,
    }
    what = f"{'delete' if delete else 'add'} routing rule {rule.priority}"
    if delete:
        return m.Message(m.RTM_DELRULE, 0, header, attributes, what, netns)
    return m.Message(m.RTM_NEWRULE, m.NLM_F_CREATE | m.NLM_F_EXCL, header, attributes, what, netns)


def _family(network: str) -> int:
    return socket.AF_INET6 if ":" in network else socket.AF_INET
