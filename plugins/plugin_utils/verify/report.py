# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table that a verification ends with, and the sentences on what does not work. Pure."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.verify.causes import Results, causes, reason_of
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Try

_MOST_COLUMNS = 12
_MOST_LINES = 12  # hosts, or ports, of a network that have a line each
NOT_TRIED = "not tried"
_LOCAL = ("host", "neighbour", "gateway", "router", "outside")


@dataclass
class VerifyReport:
    """``lines`` are the report; ``problems`` what is wrong with it, a sentence each."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Findings:
    """What came of it.

    ``drift``: what differs from the plan, by host. ``firewalls``: what a host's own ones drop, a sentence each that
    begins with the network. ``pending``: sentences on containers that are not attached for now,
    which is no fault. ``silent``: why a host has not been asked. ``untried``: (network, port) that nobody may answer.
    ``overflows`` and ``notes``: sentences, on what is wrong and on what may become so. ``followed``: by the name of an
    attempt, at which hop it ends and why.
    """

    results: Results
    drift: Mapping[str, Sequence[str]] = field(default_factory=dict)
    firewalls: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pending: Sequence[str] = ()
    silent: Mapping[str, str] = field(default_factory=dict)
    untried: Sequence[tuple[str, str]] = ()
    overflows: Sequence[str] = ()
    notes: Sequence[str] = ()
    followed: Mapping[str, str] = field(default_factory=dict)


def report_of(
    tries: Sequence[Try],
    found: Findings,
    networks: Mapping[str, Mapping[str, Any]],
    about: Mapping[str, str],
    everything: bool = False,
) -> VerifyReport:
    """``networks`` by name, each with its ``members``. ``about`` says what each is, in a few words.

    ``everything``: unbounded, however long it gets.
    """
    told = VerifyReport()
    for name, network in sorted(networks.items()):
        some = [each for each in tries if each.network == name and reason_of(each, found.results) is not None]
        told.lines += [
            _header(name, about.get(name, ""), some, found.results),
            *(f"  {line}" for line in _section(name, network["members"], some, found, everything)),
            "",
        ]
    told.problems += problems_of(tries, found, everything)
    if found.pending:
        told.lines += ["What is pending:", *(f"  {sentence}" for sentence in found.pending), ""]
    if found.notes:
        told.lines += ["What may become a problem:", *(f"  {sentence}" for sentence in found.notes), ""]
    if told.problems:
        told.lines += ["What is wrong:", *(f"  {problem}" for problem in told.problems)]
    return told


def problems_of(tries: Sequence[Try], found: Findings, everything: bool = False) -> list[str]:
    """What is wrong, a sentence for each cause."""
    told = (found.drift, found.firewalls, found.silent, found.overflows)
    return causes(tries, found.results, *told, everything, found.followed)


def _section(
    name: str, members: Sequence[str], some: Sequence[Try], found: Findings, everything: bool
) -> list[str]:
    lines = [*_matrix(some, found.results, everything), *_local(some, found.results, everything)]
    lines += _ports(some, found.results, everything)
    lines += [f"{port} is not tried: only a server in it could answer" for network, port in found.untried
              if network == name][: None if everything else _MOST_LINES]  # fmt: skip
    if lines:
        return lines
    if members and not any(host in found.results for host in members):
        return ["nothing has been tried: none of its hosts has been asked"]
    return ["nothing to try: no two containers on it, and no way out of it"]


def _header(name: str, about: str, some: Sequence[Try], results: Results) -> str:
    text = f"{name}  {about}"
    sized = [each for each in some if each.about == "mtu"]
    if sized:
        hosts = {host for each in sized for host in (each.host, each.to_host)}
        proven = len(hosts) - len(_at_fault([each for each in sized if reason_of(each, results)]))
        size, proven = sized[0].probe["size"], proven if proven > 1 else 0
        text += f"    MTU {size} proven{families(sized)} between {proven} of {len(hosts)} hosts"
    return text


def _at_fault(failed: Sequence[Try]) -> set[str]:
    """Few hosts that have a part in all of these: those without which most of it would not be, one after another."""
    found: set[str] = set()
    left = list(failed)
    while left:
        counted = collections.Counter(host for each in left for host in (each.host, each.to_host))
        most = max(sorted(counted), key=lambda host: counted[host])
        found.add(most)
        left = [each for each in left if most not in (each.host, each.to_host)]
    return found


def families(some: Iterable[Try]) -> str:
    return " by " + " and ".join(f"IPv{version}" for version in sorted({each.version for each in some}))


# -- who reaches whom --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matrix:
    """``names`` are the ends, in their order; ``cells`` by (source, target): a value for each family.

    ``failed`` are those of them that do not answer by some family.
    """

    names: Sequence[str]
    versions: Sequence[int]
    cells: Mapping[tuple[str, str], str]
    failed: frozenset[tuple[str, str]] = frozenset()


def matrix_of(some: Sequence[Try], results: Results) -> Matrix:
    """What came of the attempts between hosts, of one network."""
    matrix = [each for each in some if each.about == "matrix"]
    names = list(dict.fromkeys(end for each in matrix for end in (each.source, each.target)))
    versions = sorted({each.version for each in matrix})
    told: dict[tuple[str, str], dict[int, list[str]]] = {}
    for each in matrix:
        by_version = told.setdefault((each.source, each.target), {})
        by_version.setdefault(each.version, []).append(_told(each, results))
    failed = frozenset((each.source, each.target) for each in matrix if reason_of(each, results))
    return Matrix(names, versions, {pair: _cell(by_version, versions) for pair, by_version in told.items()}, failed)


def _matrix(some: Sequence[Try], results: Results, everything: bool) -> list[str]:
    """A row for each host's container; of many hosts no table, as what fails is told below."""
    matrix = [each for each in some if each.about == "matrix"]
    if not matrix:
        return []
    found = matrix_of(matrix, results)
    names = found.names
    if len(names) > _MOST_COLUMNS and not everything:
        good = [each for each in matrix if not reason_of(each, results)]
        if not good:
            return [f"containers of {len(names)} hosts do not reach each other{families(matrix)}"]
        bad = len(matrix) - len(good)
        but = f"; {bad} of {len(matrix)} attempts fail" if bad else ""
        return [f"containers of {len(names)} hosts reach each other{families(good)}{but}"]
    table = [["from \\ to, by " + " / ".join(f"IPv{version}" for version in found.versions), *names]]
    for source in names:
        row = [found.cells.get((source, target), NOT_TRIED) if source != target else "·" for target in names]
        table.append([source, *row])
    return list(_aligned(table))


def _told(each: Try, results: Results) -> str:
    return reason_of(each, results) or f"{results[each.host][each.name]['ms']:.2f} ms"


def _cell(by_version: Mapping[int, Sequence[str]], versions: Sequence[int]) -> str:
    """A value for each family, where there is one: the slowest, or the first that failed."""
    values = []
    for version in versions:
        told = by_version.get(version, ["–"])
        failed = [value for value in told if not value.endswith(" ms")]
        values.append(failed[0] if failed else max(told, key=lambda value: float(value.split()[0])))
    if all(value.endswith(" ms") for value in values):
        return " / ".join(value.removesuffix(" ms") for value in values) + " ms"
    return " / ".join(values)


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


# -- on a host ---------------------------------------------------------------------------------------------------------


def _local(some: Sequence[Try], results: Results, everything: bool) -> list[str]:
    by_host: dict[str, list[Try]] = {}
    for each in some:
        if each.about in _LOCAL:
            by_host.setdefault(each.host, []).append(each)
    if len(by_host) > _MOST_LINES and not everything:
        every = [each for tried in by_host.values() for each in tried]
        return [f"{len(by_host)} hosts: {_sum_line(every, results)}"]
    return [f"{host} {_local_line(tried, results)}" for host, tried in sorted(by_host.items())]


_IN_SUM = {
    "host": "hosts reach their containers",
    "neighbour": "containers reach each other",
    "gateway": "containers reach their gateway",
    "router": "containers reach the LAN's router",
    "outside": "containers reach the outside",
}


def _sum_line(tried: Sequence[Try], results: Results) -> str:
    """Of many hosts, what is reached where it has been tried."""
    good = [each for each in tried if not reason_of(each, results)]
    words = [_IN_SUM[about] for about in _LOCAL if any(each.about == about for each in good)]
    bad = sum(1 for each in tried if reason_of(each, results) and each.about != "router")
    text = ", ".join(words) + (families(good) if good else "")
    return text + (f"{'; ' if text else ''}{bad} of {len(tried)} attempts fail" if bad else "")


def _local_line(tried: Sequence[Try], results: Results) -> str:
    """What is reached, and how many attempts failed: which these are is told below, but for routers."""
    about: dict[str, list[Try]] = {}
    for each in tried:
        if not reason_of(each, results):
            about.setdefault(each.about, []).append(each)
    words = []
    if "host" in about:
        names = list(dict.fromkeys(each.target.split("/", 1)[-1] for each in about["host"]))
        words.append(f"reaches {_names(names)}")
    if "neighbour" in about:
        words.append("they reach each other" if words else "its containers reach each other")
    ways = [each for name in ("gateway", "router", "outside") for each in about.get(name, ())]
    for source in dict.fromkeys(each.source.split("/", 1)[-1] for each in ways):
        ends = dict.fromkeys(_way(each) for each in ways if each.source.split("/", 1)[-1] == source)
        words.append(f"{source} reaches {' and '.join(ends)}")
    good = [each for some in about.values() for each in some]
    text = ", ".join(words) + (families(good) if good else "")
    silent = [each for each in tried if each.about == "router" and reason_of(each, results)]
    for each in silent[:1]:
        text += f"{'; ' if good else ''}{each.target} does not answer {each.source.split('/', 1)[-1]}"
    bad = sum(1 for each in tried if reason_of(each, results)) - len(silent)
    return text + (f"{'; ' if text else ''}{bad} of {len(tried)} attempts fail" if bad else "")


def _way(each: Try) -> str:
    if each.about == "gateway":
        return "its gateway"
    return f"the outside ({each.target})" if each.about == "outside" else each.target


def _names(names: Sequence[str]) -> str:
    if len(names) > 6:
        return f"{', '.join(names[:5])} and {len(names) - 5} more"
    return ", ".join(names)


# -- ports -------------------------------------------------------------------------------------------------------------


def _ports(some: Sequence[Try], results: Results, everything: bool) -> list[str]:
    by_port: dict[str, list[Try]] = {}
    for each in some:
        if each.about == "published":
            by_port.setdefault(each.target, []).append(each)
    if len(by_port) > _MOST_LINES and not everything:
        bad = [target for target, tried in by_port.items() if any(reason_of(each, results) for each in tried)]
        but = f", and {len(bad)} do not from everywhere: {_names(bad)}" if bad else ""
        return [f"{len(by_port) - len(bad)} published ports answer{but}"]
    return [f"{target} {_port(tried, results)}" for target, tried in sorted(by_port.items())]


def _port(tried: Sequence[Try], results: Results) -> str:
    """By family, from where it answers, and what came instead."""
    parts = []
    for version in sorted({each.version for each in tried}):
        own = [each for each in tried if each.version == version]
        good = [from_where(each) for each in own if not reason_of(each, results)]
        bad = [f"{reason_of(each, results)} from {from_where(each)}" for each in own if reason_of(each, results)]
        told = "; ".join([f"answers from {', '.join(good)}"] * bool(good) + bad)
        parts.append(f"by IPv{version} {told}")
    return "; ".join(parts)


def from_where(each: Try) -> str:
    """Who has tried a published port."""
    return "outside (" + each.source + ")" if each.host != each.to_host else each.source
