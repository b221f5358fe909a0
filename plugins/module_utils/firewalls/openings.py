# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network needs another firewall to let pass, as values, and in the words of those firewalls. Pure.

None of it is wider than one device and its subnets on one side. What may go into a network is decided afterwards by
our own table; what goes out leads to uplinks and to the network's own other hosts, never to a bridge of somebody's.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import ACCEPT, Match, Rule, Within

FAMILIES = {4: "ip", 6: "ip6"}
_FLAGS = {"-i": "iifname", "-o": "oifname", "-s": "saddr", "-d": "daddr"}
# Other names of devices mean something to iptables (eth+), nftables (eth*) or to whoever splits a line.
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*\Z")
_WORDLESS = ("counter", "accept")


class Opening(t.NamedTuple):
    """What is to pass at a hook. Addresses are networks, ``port`` is as in ``53/udp`` or ``1000-2000/tcp``."""

    version: int
    hook: str
    iifname: t.Optional[str] = None
    oifname: t.Optional[str] = None
    saddr: t.Optional[str] = None
    daddr: t.Optional[str] = None
    port: t.Optional[str] = None


class Uplinks(t.NamedTuple):
    """By IP version, devices of this host that are not ours: of its default routes, and all that lead elsewhere."""

    default: t.Mapping[int, t.Sequence[str]]
    all: t.Mapping[int, t.Sequence[str]]


def openings(values: t.Mapping[str, t.Any], uplinks: t.Mapping[int, t.Sequence[str]]) -> list[Opening]:
    """What kind ``foreign_firewall`` wants, by devices of this host."""
    device = values["device"]
    found = [Opening(version_of(each), "forward", oifname=device, daddr=each) for each in values["subnets"]]
    for source in values["outward"]:
        version = version_of(source)
        found += [Opening(version, "forward", device, uplink, source) for uplink in uplinks.get(version, ())]
    for source in values["subnets"]:
        there = [peer for peer in values["peers"] if version_of(peer) == version_of(source)]
        found += [Opening(version_of(source), "forward", device, None, source, peer) for peer in there]
        found += [
            Opening(version_of(source), "input", device, saddr=source, port=port) for port in values["host_access"]
        ]
    for name in ("tunnel", "carried"):
        if values.get(f"{name}_address"):
            end = str(ipaddress.ip_network(values[f"{name}_address"]))
            port = f"{values[f'{name}_port']}/udp"
            found.append(Opening(version_of(end), "input", daddr=end, port=port))
            found.append(Opening(version_of(end), "output", saddr=end, port=port))
    return found


def values_of(some: t.Iterable[Opening]) -> dict[str, t.Any]:
    """The options of kind ``foreign_firewall`` that these come of."""
    found: dict[str, t.Any] = {"subnets": [], "outward": [], "peers": [], "host_access": []}
    for each in some:
        if each.hook == "input" and each.daddr is not None and each.port is not None:
            # What is inside another tunnel has a link-local address of that.
            name = "carried" if ipaddress.ip_network(each.daddr).is_link_local else "tunnel"
            found[f"{name}_address"] = each.daddr.partition("/")[0]
            found[f"{name}_port"] = int(each.port.partition("/")[0])
        elif each.hook == "input":
            _add(found["host_access"], each.port)
        elif each.hook == "forward" and each.saddr is None:
            _add(found["subnets"], each.daddr)
        elif each.hook == "forward":
            _add(found["outward" if each.daddr is None else "peers"], each.saddr if each.daddr is None else each.daddr)
    return found


def is_of_tunnel(opening: Opening) -> bool:
    """Whether it is for packets between hosts, at this one's own address."""
    end = opening.daddr if opening.hook == "input" else opening.saddr if opening.hook == "output" else None
    return end is not None and opening.port is not None


def _add(rows: list[t.Any], value: t.Any) -> None:
    if value is not None and value not in rows:
        rows.append(value)


def is_plain(device: str) -> bool:
    """May its name stand in the rules of others as it is?"""
    return _PLAIN.match(device) is not None


def version_of(network: str) -> int:
    return ipaddress.ip_network(network).version


def rule_of(opening: Opening) -> Rule:
    """The same as a rule that a packet can be led through."""
    conditions = [Match(("nfproto",), (opening.version,))]
    for field in ("iifname", "oifname"):
        if getattr(opening, field) is not None:
            conditions.append(Match((field,), (getattr(opening, field),)))
    for field in ("saddr", "daddr"):
        if getattr(opening, field) is not None:
            conditions.append(Match((field,), (ipaddress.ip_network(getattr(opening, field)),)))
    if opening.port is not None:
        low, high, protocol = _port(opening.port)
        conditions += [Match(("l4proto",), (protocol,)), Match(("dport",), (Within(low, high),))]
    return Rule(tuple(conditions), ACCEPT)


def _port(text: str) -> tuple[int, int, str]:
    numbers, _slash, protocol = text.partition("/")
    low, _dash, high = numbers.partition("-")
    return int(low), int(high or low), protocol


# -- nftables --------------------------------------------------------------------------------------------------


def nft(opening: Opening) -> str:
    """Conditions that iptables shows as its own: it refuses a whole table for one that it does not know."""
    words = []
    for field in ("iifname", "oifname"):
        if getattr(opening, field) is not None:
            words.append(f'{field} "{getattr(opening, field)}"')
    for field in ("saddr", "daddr"):
        if getattr(opening, field) is not None:
            words.append(f"{FAMILIES[opening.version]} {field} {getattr(opening, field)}")
    if opening.port is not None:
        numbers, _slash, protocol = opening.port.partition("/")
        words.append(f"{protocol} dport {numbers}")
    return " ".join(words)


def of_nft(row: t.Mapping[str, t.Any], version: int, hook: str) -> Opening | None:
    """A rule that accepts, as libnftables lists it; None for one that is no opening."""
    try:
        return _of_statements(row["expr"], version, hook)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # a range, a set, or whatever else can be written where ours have one value


def _of_statements(statements: t.Sequence[t.Mapping[str, t.Any]], version: int, hook: str) -> Opening | None:
    found: dict[str, t.Any] = {}
    for statement in statements:
        ((what, content),) = statement.items()
        if what == "match":
            told = _told(content, version) if content.get("op", "==") == "==" else None
            if told is None:
                return None
            found.update(told)
        elif what not in _WORDLESS and not (what == "xt" and content.get("name") == "comment"):
            return None
    accepts = any("accept" in statement for statement in statements)
    return Opening(version, hook, **found) if accepts else None


def _told(match: t.Mapping[str, t.Any], version: int) -> dict[str, str] | None:
    left, right = match["left"], match["right"]
    payload = left.get("payload", {})
    field = left.get("meta", {}).get("key") or payload.get("field")
    if field in ("iifname", "oifname"):
        return {field: right} if isinstance(right, str) else None
    if field in ("saddr", "daddr") and payload.get("protocol") == FAMILIES[version]:
        return {field: _network(right)} if isinstance(right, (str, dict)) and "set" not in right else None
    if field == "dport":
        return {"port": f"{_range(right)}/{payload['protocol']}"}
    # That it is of a protocol is said by its port as well.
    return {} if field in ("protocol", "nexthdr", "l4proto") else None


def _network(right: t.Any) -> str:
    if isinstance(right, dict):
        right = f"{right['prefix']['addr']}/{right['prefix']['len']}"
    return str(ipaddress.ip_network(right))


def _range(right: t.Any) -> str:
    return "-".join(map(str, right["range"])) if isinstance(right, dict) else str(right)


# -- iptables --------------------------------------------------------------------------------------------------


def iptables(opening: Opening, chain: str) -> str:
    """A line of a file that iptables-restore(8) reads."""
    words = ["-A", chain]
    for flag, field in _FLAGS.items():
        if getattr(opening, field) is not None:
            words += [flag, getattr(opening, field)]
    if opening.port is not None:
        numbers, _slash, protocol = opening.port.partition("/")
        words += ["-p", protocol, "--dport", numbers.replace("-", ":")]
    return " ".join([*words, "-j", "ACCEPT"])


def of_iptables(line: str, version: int, hook: str) -> Opening | None:
    """One of our own lines; None for one that somebody has edited."""
    words = line.split()
    if len(words) % 2 or words[:1] != ["-A"] or words[-2:] != ["-j", "ACCEPT"]:
        return None
    found: dict[str, t.Any] = {}
    protocol = None
    for flag, value in zip(words[2:-2:2], words[3:-2:2]):
        if flag == "-p":
            protocol = value
        elif flag == "--dport":
            found["port"] = f"{value.replace(':', '-')}/{protocol}"
        elif flag in _FLAGS:
            found[_FLAGS[flag]] = value
        else:
            return None
    return Opening(version, hook, **found)
