# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong, a sentence for each cause: what differs from the plan first, and what fails with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Try
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.said import networks_of

Results = Mapping[str, Mapping[str, Mapping[str, Any]]]  # by host and probe: ms, reason

# What attempts are about, in words.
_SORTS = {
    "matrix": "between containers",
    "mtu": "with full packets",
    "host": "at containers of the same host",
    "neighbour": "between containers of a host",
    "gateway": "at gateways",
    "router": "at routers",
    "outside": "at the outside",
    "published": "at published ports",
}

_SHOWN = 3  # objects of a host, attempts of a cause
_MOST = 10  # sentences of a sort


def reason_of(each: Try, results: Results) -> str | None:
    """Empty for an answer; None where nobody has tried."""
    found = results.get(each.host, {}).get(each.name)
    return None if found is None else str(found["reason"])


def failures(tries: Sequence[Try], results: Results) -> list[Try]:
    return [each for each in tries if reason_of(each, results)]


def causes(
    tries: Sequence[Try],
    results: Results,
    drift: Mapping[str, Sequence[str]],
    firewalls: Mapping[str, Sequence[str]],
    silent: Mapping[str, str],
    overflows: Sequence[str],
    everything: bool = False,
    followed: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """``firewalls``: what those of a host drop, a sentence each that begins with the network. ``silent``: why a host
    has not been asked. ``overflows``: sentences on tables of neighbours that were full. ``followed``: by the name of
    an attempt, at which hop it ends and why."""
    failed = _telling(tries, results)
    sentences = []
    drifting = {host: objects for host, objects in sorted(drift.items()) if objects}
    explained: set[str] = set()
    for host, objects in drifting.items():
        by = _explained_by(objects)
        along = [each for each in failed if host in (each.host, each.to_host) and by(each)]
        explained.update(each.name for each in along)
        sentences.append(_drift(host, objects, along, everything))
    found = _bounded(sentences, "hosts are not as planned", everything)
    found += _bounded(list(_drops(firewalls, failed, explained)), "firewalls drop what is planned", everything)
    found += [f"{host} has not been asked: {why}" for host, why in sorted(silent.items())]
    found += overflows
    rest = [each for each in failed if each.name not in explained]
    everywhere = [] if everything else list(_everywhere(tries, rest, results))
    told = {each.name for _sentence, some in everywhere for each in some}
    found += [text + _hop_of(some, followed) for text, some in everywhere]
    rest = [each for each in rest if each.name not in told]
    by_hop = list(_by_hop(rest, followed))
    found += _bounded([text for text, _some in by_hop], "hops are wrong", everything)
    told = {each.name for _sentence, some in by_hop for each in some}
    rest = [each for each in rest if each.name not in told]
    return found + _bounded(list(_groups(rest, results, everything)), "causes like these", everything)


def _telling(tries: Sequence[Try], results: Results) -> list[Try]:
    """A router of the LAN need not answer echo requests, so its silence is told and proves nothing."""
    return [each for each in failures(tries, results) if each.about != "router"]


def unexplained(
    tries: Sequence[Try],
    results: Results,
    drift: Mapping[str, Sequence[str]],
    firewalls: Mapping[str, Sequence[str]],
) -> list[Try]:
    """What has failed, and neither what differs from the plan on its hosts nor their firewalls explain."""
    failed = _telling(tries, results)
    for host, objects in drift.items():
        by = _explained_by(objects)
        failed = [each for each in failed if host not in (each.host, each.to_host) or not by(each)]
    dropped: set[str] = set()
    list(_drops(firewalls, failed, dropped))
    return [each for each in failed if each.name not in dropped]


def _explained_by(objects: Sequence[str]) -> Callable[[Try], bool]:
    """Whether what differs on a host can be why an attempt from or to it has failed."""
    networks = networks_of(objects)
    return lambda each: networks is None or each.network in networks


def way_of(each: Try) -> tuple[str, ...]:
    """What is wrong with one attempt is so for all others of its way."""
    own = "port" if each.probe.get("port") else each.target if each.host == each.to_host else ""
    return (each.network, each.host, each.to_host, str(each.version), own)


def _hop(text: str) -> str:
    """At which hop it ends and why, of a sentence on a way."""
    return text.partition(": it ends at ")[2]


def _hop_of(some: Sequence[Try], followed: Mapping[str, str]) -> str:
    ends = next((_hop(followed[each.name]) for each in some if each.name in followed), "")
    return f". The first of them ends at {ends}" if ends else ""


def _by_hop(rest: Sequence[Try], followed: Mapping[str, str]) -> Iterator[tuple[str, Sequence[Try]]]:
    """What ends at one hop, with all that goes these ways."""
    ways: dict[tuple[str, ...], list[Try]] = {}
    for each in rest:
        ways.setdefault(way_of(each), []).append(each)
    by_hop: dict[str, list[tuple[str, ...]]] = {}
    first: dict[str, str] = {}
    for each in rest:
        if each.name in followed:
            hop = _hop(followed[each.name])
            by_hop.setdefault(hop, []).append(way_of(each))
            first.setdefault(hop, followed[each.name])
    for hop, some in by_hop.items():
        along = [each for way in dict.fromkeys(some) for each in ways[way]]
        yield f"{first[hop]}. {_count(along)} {'fails' if len(along) == 1 else 'fail'} by it", along


def _everywhere(
    tries: Sequence[Try], failed: Sequence[Try], results: Results
) -> Iterator[tuple[str, Sequence[Try]]]:
    """What no host of many has succeeded in, by one family: one sentence, whichever ends it has."""
    by_sort: dict[tuple[str, str, int], list[Try]] = {}
    for each in failed:
        by_sort.setdefault((each.network, each.about, each.version), []).append(each)
    made = {(each.network, each.about, each.version) for each in tries if reason_of(each, results) == ""}
    for sort, some in by_sort.items():
        hosts = {each.host for each in some}
        if len(hosts) <= _MOST or sort in made:
            continue
        reasons = ", ".join(dict.fromkeys(str(reason_of(each, results)) for each in some))
        what = f"all {_count(some)} {_SORTS[sort[1]]} by IPv{sort[2]} of {len(hosts)} hosts fail"
        yield f"{sort[0]}: {what}, {reasons}: {sentence(some[0])} and {len(some) - 1} more", some


def _bounded(sentences: list[str], what: str, everything: bool) -> list[str]:
    more = len(sentences) - _MOST
    if everything or more <= 0:
        return sentences
    return [*sentences[:_MOST], f"and {more} more {what} (-v tells them)"]


def _drift(host: str, objects: Sequence[str], along: Sequence[Try], everything: bool) -> str:
    shown = len(objects) if everything else _SHOWN
    more = f" and {len(objects) - shown} more" if len(objects) > shown else ""
    lost = f" {_count(along)} from or to it fail." if along else ""
    return (
        f"{host} is not as planned: {', '.join(objects[:shown])}{more}.{lost}"
        f" `ansible-playbook … containerhost.network.site --limit {host}` mends it"
    )


def _drops(
    firewalls: Mapping[str, Sequence[str]], failed: Sequence[Try], explained: set[str]
) -> Iterator[str]:
    """Those that something fails by; what fails is explained then."""
    for host, text in ((host, text) for host, texts in sorted(firewalls.items()) for text in texts):
        along = [each for each in failed if each.name not in explained and _may_be_dropped(each, host, text)]
        explained.update(each.name for each in along)
        if along:
            yield f"{host}, {text.rstrip('.')}. {_count(along)} from or to it fail"


def _may_be_dropped(each: Try, host: str, text: str) -> bool:
    """What begins and ends on one host passes none of its rules for what is forwarded."""
    inside = each.about in ("host", "neighbour", "gateway")
    return not inside and host in (each.host, each.to_host) and text.startswith(f"{each.network}: ")


def _count(some: Sequence[Try]) -> str:
    return "1 attempt" if len(some) == 1 else f"{len(some)} attempts"


def _groups(failed: Sequence[Try], results: Results, everything: bool) -> Iterator[str]:
    """What fails in one way, on one network, and at one place if there is one that all of it has in common."""
    by_way: dict[tuple[str, str], list[Try]] = {}
    for each in failed:
        by_way.setdefault((each.network, str(reason_of(each, results))), []).append(each)
    for (network, reason), some in by_way.items():
        for place, group in _places(some):
            if len(group) == 1 or everything:
                yield from (f"{network}: {sentence(each)}: {reason}" for each in group)
            else:
                examples = "; ".join(map(sentence, group[: _SHOWN - 1]))
                yield f"{network}: {len(group)} attempts{place} fail, {reason}: {examples}" + (
                    f" and {len(group) - _SHOWN + 1} more" if len(group) >= _SHOWN else ""
                )


def _places(some: Sequence[Try]) -> Iterator[tuple[str, list[Try]]]:
    """The ends that most failures have in common, one after another, and last what has nothing in common."""
    left = list(some)
    while left:
        counted: dict[tuple[str, str], list[Try]] = {}
        for each in left:
            counted.setdefault(("to", each.target), []).append(each)
            counted.setdefault(("from", each.source), []).append(each)
        (way, end), group = max(counted.items(), key=lambda item: len(item[1]))
        if len(group) == 1:
            yield "", left
            return
        yield f" {way} {end}", group
        names = {each.name for each in group}
        left = [each for each in left if each.name not in names]


def sentence(each: Try) -> str:
    size = f" with {each.probe['size']} bytes" if each.probe.get("size") else ""
    return f"{each.source} to {each.target} by IPv{each.version}{size}"
