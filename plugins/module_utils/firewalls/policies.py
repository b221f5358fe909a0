# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of firewalld as XML (firewalld.policy(5)), and as lines. Pure.

A policy's name is made of what it says: one of that name that firewalld has loaded is the one of the file.
"""

from __future__ import annotations

import base64
import hashlib
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import Opening
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import Line
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import label_of, mark, owner_of

PREFIX = "ch-"
_ANYWHERE, _HERE = "ANY", "HOST"
_DIGITS = 10  # of its name, which may have no more than 17 characters
_LINE = re.compile(
    r"policy (?P<ingress>\S+) to (?P<egress>\S+): ipv(?P<version>[46])(?: source (?P<saddr>\S+))?"
    r"(?: destination (?P<daddr>\S+))?(?: port (?P<port>\S+))?\Z"
)
_CLAIM = re.compile(r"zone (?P<zone>\S+): interface (?P<uplink>\S+)\Z")


class Policy(t.NamedTuple):
    """One of ours. ``claims`` are uplinks, each with the zone that it was put into for this policy."""

    name: str
    owner: str
    device: str
    lines: t.Sequence[Line]
    claims: t.Sequence[t.Tuple[str, str]]


def lines(opening: Opening, zone: str, claim: bool) -> list[Line]:
    """What an opening is to firewalld; ``zone`` is that of its uplink, which has to be put into it (``claim``)."""
    uplink = opening.oifname if opening.saddr is not None else None
    egress = _HERE if opening.hook == "input" else zone if uplink is not None else _ANYWHERE
    words = [f"policy {_ANYWHERE} to {egress}: ipv{opening.version}"]
    words += [f"source {opening.saddr}"] if opening.saddr is not None else []
    words += [f"destination {opening.daddr}"] if opening.daddr is not None else []
    words += [f"port {opening.port}"] if opening.port is not None else []
    # What an uplink or a device of ours is called is not in it.
    return [Line(" ".join(words), opening), *([claim_line(uplink, zone)] if claim and uplink is not None else [])]


def claim_line(uplink: str, zone: str) -> Line:
    return Line(f"zone {zone}: interface {uplink}")


def files(owner: str, device: str, some: t.Sequence[Line]) -> t.Iterator[tuple[str, str]]:
    """Names and contents of the policies that these lines are of, one for each egress zone."""
    by_egress: dict[str, list[re.Match[str]]] = {}
    claims = [claim for claim in (_CLAIM.match(each.text) for each in some) if claim]
    for each in some:
        told = _LINE.match(each.text)
        if told is not None and told[0] not in [other[0] for other in by_egress.get(told["egress"], ())]:
            by_egress.setdefault(told["egress"], []).append(told)
    for egress, rows in by_egress.items():
        own = " ".join(f"{each['uplink']}@{each['zone']}" for each in claims if each["zone"] == egress)
        text = _xml(mark(owner, f"{device} {own}".strip()), device, egress, rows)
        yield _name(f"{device}\n{text}"), text


def _name(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8", "surrogateescape")).digest()
    return PREFIX + base64.b32encode(digest).decode()[:_DIGITS].lower()


def _xml(told: str, device: str, egress: str, rows: t.Sequence[re.Match[str]]) -> str:
    inner = "".join(_rule(each) for each in rows)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<policy target="CONTINUE">\n'
        f"  <short>{_escaped(device)}</short>\n  <description>{_escaped(told)}</description>\n"
        f'  <ingress-zone name="{_ANYWHERE}"/>\n  <egress-zone name="{_escaped(egress)}"/>\n{inner}</policy>\n'
    )


def _escaped(text: str) -> str:
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, entity)
    return text


def _rule(told: re.Match[str]) -> str:
    rows = [f'    <source address="{told["saddr"]}"/>'] if told["saddr"] else []
    rows += [f'    <destination address="{told["daddr"]}"/>'] if told["daddr"] else []
    if told["port"]:
        numbers, _slash, protocol = told["port"].partition("/")
        rows.append(f'    <port port="{numbers}" protocol="{protocol}"/>')
    return "\n".join([f'  <rule family="ipv{told["version"]}">', *rows, "    <accept/>", "  </rule>"]) + "\n"


def read(name: str, text: str) -> Policy | None:
    """A file of ours; None for one of somebody else's."""
    from xml.etree import ElementTree  # only where there is such a file: it costs every module's start 5 ms

    try:
        root = ElementTree.fromstring(text.encode("utf-8", "surrogateescape"))
    except ElementTree.ParseError:
        return None
    told = root.findtext("description") or ""
    owner, (device, *claims) = owner_of(told), label_of(told).split() or [""]
    if owner is None or not device:
        return None
    pairs = [(uplink, zone) for uplink, at, zone in (each.rpartition("@") for each in claims) if at]
    ends = [root.find(f"{end}-zone") for end in ("ingress", "egress")]
    ingress, egress = ("" if end is None else end.get("name", "") for end in ends)
    rows = [_line_of(each, device, ingress, egress) for each in root.findall("rule")]
    return Policy(name, owner, device, rows, pairs)


def _line_of(rule: t.Any, device: str, ingress: str, egress: str) -> Line:
    """Whatever it says that ours do not say makes it another line."""
    found = {each.tag: each for each in rule}
    words = [f"policy {ingress} to {egress}: {rule.get('family')}"]
    ends = {}
    for tag in ("source", "destination"):
        if tag in found:
            ends[tag] = found[tag].get("address", "")
            words.append(f"{tag} {ends[tag]}")
    port = None
    if "port" in found:
        port = f"{found['port'].get('port')}/{found['port'].get('protocol')}"
        words.append(f"port {port}")
    words += sorted(tag for tag in found if tag not in ("source", "destination", "port", "accept"))
    words += [] if "accept" in found else ["no accept"]
    version = {"ipv4": 4, "ipv6": 6}.get(rule.get("family", ""), 0)
    is_out = "source" in ends and egress not in (_ANYWHERE, _HERE)
    own = device if egress != _HERE else None
    return Line(
        " ".join(words),
        Opening(
            version,
            "input" if egress == _HERE else "forward",
            oifname=egress if is_out else own if "source" not in ends else None,
            saddr=ends.get("source"),
            daddr=ends.get("destination"),
            port=port,
        ),
    )


# -- zones -----------------------------------------------------------------------------------------------------


def interface_pattern(uplink: str) -> str:
    """An interface in a zone's file, with its line."""
    return rf'[ \t]*<interface name="{re.escape(uplink)}"\s*/>[ \t]*\n?'


def with_interface(zone: str, uplink: str) -> str | None:
    """A zone's file with one more interface; None where the zone has no end."""
    head, end, tail = zone.rpartition("</zone>")
    if not end:
        return None
    return f'{head}  <interface name="{uplink}"/>\n{end}{tail}'
