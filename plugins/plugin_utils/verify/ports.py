# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports, of each protocol and family: from where they are tried, and who answers meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import (
    Document,
    End,
    Heard,
    Try,
    attempt,
    ends,
    version_of,
)

_EVERYWHERE = (None, "0.0.0.0", "::")


class Places(Protocol):
    """Where hosts are found from outside."""

    heard: Heard

    def address(self, host: str, version: int) -> str | None: ...

    def others(self, host: str, version: int) -> Iterator[tuple[str, str]]: ...


def rules(document: Document) -> Iterator[Mapping[str, Any]]:
    """Ports of the host's addresses; in a routed network, of the container's own address."""
    yield from (rule for rule in document.get("nat_rule", ()) if rule["rule"] == "publish")
    for row in document.get("open_port", ()):
        yield {**row, "rule": "open", "host_port": row["port"], "host_address": row["address"]}


def listeners(document: Document, kinds: Iterable[Kind] = KINDS) -> list[dict[str, Any]]:
    """Where a host answers for its containers while ports are tried: in namespaces of our own making only."""
    sandbox_of = {address: end.sandbox for end in ends({"": document}, kinds) for address in end.addresses}
    found: dict[str, dict[str, Any]] = {}
    for rule in rules(document):
        sandbox = sandbox_of.get(rule["address"], {})
        if sandbox.get("engine") == "netns":
            place = {key: rule[key] for key in ("address", "port", "protocol")}
            found[name_of(rule)] = {"sandbox": dict(sandbox), **place}
    return list(found.values())


def name_of(rule: Mapping[str, Any]) -> str:
    """What answers for a port, as module ``probe`` names it."""
    return f"{rule['protocol']} {rule['address']} {rule['port']}"


def target_of(host: str, rule: Mapping[str, Any], end: End) -> str:
    at = str(rule.get("host_address"))
    if rule["rule"] == "open":
        return f"{rule['port']}/{rule['protocol']} of {end.name} on {host}"
    if rule.get("host_interface"):
        return f"{rule['host_interface']}:{rule['host_port']}/{rule['protocol']} on {host} → {end.name}:{rule['port']}"
    where = "" if rule.get("host_address") in _EVERYWHERE else f"[{at}]:" if ":" in at else f"{at}:"
    return f"{where}{rule['host_port']}/{rule['protocol']} on {host} → {end.name}:{rule['port']}"


def published(documents: Mapping[str, Document], every: Sequence[End], places: Places) -> Iterator[Try]:
    """From the host itself, from another host, and from a container that the host leads there."""
    owner = {(end.host, to): end for end in every for to in end.addresses}
    on: dict[str, list[End]] = {}
    for end in every:
        on.setdefault(end.host, []).append(end)
    for host, document in documents.items():
        for rule in rules(document):
            end = owner.get((host, rule["address"]))
            if end is not None and _is_answered(places.heard, host, rule, end):
                yield from _one_port(host, rule, end, on[host], places)


def unanswered(documents: Mapping[str, Document], every: Sequence[End], heard: Heard) -> Iterator[tuple[str, str]]:
    """(network, port) of what is not tried, as nobody may answer: UDP has no answer but the server's own."""
    owner = {(end.host, to): end for end in every for to in end.addresses}
    for host, document in documents.items():
        for rule in rules(document):
            end = owner.get((host, rule["address"]))
            if end is not None and host not in heard.silent and not _is_answered(heard, host, rule, end):
                yield rule["network"], target_of(host, rule, end)


def _is_answered(heard: Heard, host: str, rule: Mapping[str, Any], end: End) -> bool:
    """By us; or by a server, which takes connections, but need not answer a datagram."""
    if name_of(rule) in heard.answering.get(host, ()):
        return True
    if rule["protocol"] == "udp":
        return False
    return end.sandbox["engine"] != "netns" or name_of(rule) in heard.answered.get(host, ())


def _one_port(
    host: str, rule: Mapping[str, Any], end: End, siblings: Sequence[End], places: Places
) -> Iterator[Try]:
    version = version_of(rule["address"])
    for where, from_, to in _sources(host, rule, end, siblings, places, version):
        yield attempt(
            where, rule["network"], "published", from_, target_of(host, rule, end), host, to,
            kind=rule["protocol"], port=rule["host_port"],
        )  # fmt: skip


def _sources(
    host: str, rule: Mapping[str, Any], end: End, siblings: Sequence[End], places: Places, version: int
) -> Iterator[tuple[str, End | None, str]]:
    """(host, container or None, address): who tries, and where."""
    by = rule.get("host_interface")
    # By which address of an interface a port is reached, only the host knows.
    at = places.heard.interfaces.get(host, {}).get(by, {}).get(version) if by else rule.get("host_address")
    if by and at is None:
        return
    anywhere = at in _EVERYWHERE
    reachable = places.address(host, version) if anywhere else str(at)
    if version == 4 and (anywhere or str(at).startswith("127.")):
        yield host, None, "127.0.0.1" if anywhere else str(at)
    # A port that is limited to sources is tried from the host only: others may be meant to get no answer.
    if not reachable or reachable.startswith("127.") or rule.get("sources"):
        return
    if version == 6 or not anywhere:
        yield host, None, reachable
    # Which way leads others to a routed network is not the plan's.
    # Others come to it by an interface where the host itself is reached from outside, as far as it is known.
    is_met = rule["rule"] == "publish" and (not by or at == places.address(host, version))
    for other, _address in places.others(host, version) if is_met else ():
        yield other, None, reachable
        break
    # Who goes out by another way than this host, or not at all, tells nothing of its ports.
    # The container itself, on the host's own LAN, calls the host by that, and has no answer for its own address there.
    beside = [each.sandbox for each in siblings if each.on_lan and each.sandbox == end.sandbox]
    able = [each for each in siblings if each.goes_out_by_host(version) and each.sandbox not in beside]
    able.sort(key=lambda each: each.sandbox == end.sandbox)  # the container itself, if there is no other
    for each in able[:1]:
        yield host, each, reachable
