# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails, and what hosts say of themselves does not explain: it is followed hop by hop, by an example. Pure.

A few are enough: what is wrong between two hosts, or in a container, is so for all that goes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import pair, ways
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.causes import (
    Results,
    unexplained,
    way_of,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Document, Try

_MOST = 12  # ways that are followed in one run


@dataclass(frozen=True)
class Followed:
    """A failed attempt, the way that it went, and the hops of that."""

    failed: Try
    way: ways.Asked
    hops: Sequence[Try]


def followed(
    tries: Sequence[Try],
    results: Results,
    drift: Mapping[str, Sequence[str]],
    firewalls: Mapping[str, Sequence[str]],
    documents: Mapping[str, Document],
    underlay: Mapping[str, str],
) -> list[Followed]:
    """The same for whoever asks with the same answers, so that each host knows its part of it."""
    found: list[Followed] = []
    ways_: dict[tuple[str, ...], Try] = {}
    for each in unexplained(tries, results, drift, firewalls):
        ways_.setdefault(way_of(each), each)
    for each in list(ways_.values())[:_MOST]:
        found += _one(each, documents, underlay)
    return found


def _one(each: Try, documents: Mapping[str, Document], underlay: Mapping[str, str]) -> Iterator[Followed]:
    probe, port = each.probe, int(each.probe.get("port") or 0)
    protocol = str(probe["kind"]) if port else "icmp"
    try:
        at = {each.to_host: [str(probe["to"])]}
        some = ways.asked(documents, underlay, each.source, str(probe["to"]), protocol, port, addresses=at)
    except Refusal:
        return
    way = next((way for way in some if way.to == probe["to"] and not way.refusal), None)
    if way is not None:
        yield Followed(each, way, [*pair.looks(way, documents), *pair.hops(way, underlay, documents)])


def sentences(some: Sequence[Followed], answers: pair.Answers) -> dict[str, str]:
    """By the name of the attempt, at which hop it ends and why; nothing of a way that arrives by now."""
    told = ((each.failed.name, pair.told(each.way, each.hops, answers)[1]) for each in some)
    return {name: problem for name, problem in told if problem}
