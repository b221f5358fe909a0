# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table that a verification ends with, and the sentences on what does not work. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.verify.probes import Results, Try

_MOST_COLUMNS = 12


@dataclass
class VerifyReport:
    """``lines`` are the report; ``problems`` what is wrong with it, a sentence each."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def report_of(
    tries: Sequence[Try],
    results: Results,
    networks: Mapping[str, Mapping[str, Any]],
    about: Mapping[str, str],
    drift: Mapping[str, Sequence[str]],
    pending: Sequence[str] = (),
) -> VerifyReport:
    """``about`` says what each network is, in a few words; ``drift`` what differs from the plan, by host.

    ``pending`` are sentences on containers that are not attached for now, which is no fault.
    """
    found = VerifyReport()
    for name in sorted(networks):
        some = [each for each in tries if each.network == name]
        _header(found, name, about.get(name, ""), some, results)
        matrix = [each for each in some if each.about == "matrix"]
        if matrix:
            _matrix(found, matrix, results)
        _local(found, some, results)
        _published(found, some, results)
        found.lines.append("")
    missing = sorted({each.host for each in tries if each.host not in results})
    found.problems += [f"{host} has not been asked: it did not answer" for host in missing]
    for each in tries:
        reason = _reason(each, results)
        if reason and each.host not in missing:
            found.problems.append(f"{each.network}: {each.source} to {each.target}{_size(each)}: {reason}")
    found.problems += _drift(drift)
    if pending:
        found.lines += ["What is pending:", *(f"  {sentence}" for sentence in pending), ""]
    if found.problems:
        found.lines += ["What is wrong:", *(f"  {problem}" for problem in found.problems)]
    return found


def _reason(each: Try, results: Results) -> str:
    return str(results.get(each.host, {}).get(each.name, {}).get("reason", "not tried"))


def _size(each: Try) -> str:
    return f" with {each.probe['size']} bytes" if each.probe.get("size") else ""


def _ms(each: Try, results: Results) -> str:
    if _reason(each, results):
        return _reason(each, results)
    return f"{results[each.host][each.name]['ms']:.2f} ms"


def _header(found: VerifyReport, name: str, about: str, some: Sequence[Try], results: Results) -> None:
    text = f"{name}  {about}"
    sized = [each for each in some if each.about == "mtu"]
    if sized:
        proven = {each.host for each in sized} - {each.host for each in sized if _reason(each, results)}
        hosts = {each.host for each in sized}
        text += f"    MTU {sized[0].probe['size']} proven between {len(proven)} of {len(hosts)} hosts"
    found.lines.append(text)


def _matrix(found: VerifyReport, matrix: Sequence[Try], results: Results) -> None:
    """Who reaches whom, a row for each host's container; of many hosts only those with something to tell."""
    cells: dict[tuple[str, str], list[str]] = {}
    for each in matrix:
        cells.setdefault((each.source, each.target), []).append(_ms(each, results))
    names = list(dict.fromkeys(each.source for each in matrix))
    if len(names) > _MOST_COLUMNS:
        found.lines.append(f"  {len(names)} hosts reach each other, but for what is listed below")
        return
    table = [["from \\ to", *names]]
    for source in names:
        row = [source]
        for target in names:
            row.append("·" if source == target else _cell(cells.get((source, target), ["not tried"])))
        table.append(row)
    found.lines += [f"  {line}" for line in _aligned(table)]


def _cell(values: Sequence[str]) -> str:
    """One value for all families: the slowest, or the first that failed."""
    failed = [value for value in values if not value.endswith(" ms")]
    return failed[0] if failed else max(values, key=lambda value: float(value.split()[0]))


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _local(found: VerifyReport, some: Sequence[Try], results: Results) -> None:
    by_host: dict[str, list[Try]] = {}
    for each in some:
        if each.about in ("host", "neighbour", "outside"):
            by_host.setdefault(each.host, []).append(each)
    for host, tried in sorted(by_host.items()):
        reached = list(dict.fromkeys(each.target.split("/", 1)[-1] for each in tried if each.about == "host"))
        words = []
        if reached:
            words.append(f"reaches {_names(reached)}")
        if any(each.about == "neighbour" for each in tried):
            words.append("they reach each other")
        for each in tried:
            if each.about == "outside":
                words.append(f"{each.source.split('/', 1)[-1]} reaches the outside ({each.target})")
        bad = sum(1 for each in tried if _reason(each, results))
        note = f"  but {bad} of {len(tried)} attempts failed" if bad else ""
        found.lines.append(f"  {host} {', '.join(words)}{note}")


def _names(names: Sequence[str]) -> str:
    if len(names) > 6:
        return f"{', '.join(names[:5])} and {len(names) - 5} more"
    return ", ".join(names)


def _published(found: VerifyReport, some: Sequence[Try], results: Results) -> None:
    by_port: dict[str, list[Try]] = {}
    for each in some:
        if each.about == "published":
            by_port.setdefault(each.target, []).append(each)
    for target, tried in sorted(by_port.items()):
        good = [f"from {each.source}" for each in tried if not _reason(each, results)]
        bad = [f"{_reason(each, results)} from {each.source}" for each in tried if _reason(each, results)]
        text = f"answers {', '.join(good)}" if good else ""
        found.lines.append(f"  {target} {'; '.join(part for part in (text, *bad) if part)}")


def _drift(drift: Mapping[str, Sequence[str]]) -> list[str]:
    sentences = []
    for host, objects in sorted(drift.items()):
        if objects:
            more = f" and {len(objects) - 3} more" if len(objects) > 3 else ""
            sentences.append(
                f"{host} is not as planned: {', '.join(objects[:3])}{more}."
                f" `ansible-playbook … containerhost.network.site --limit {host}` mends it"
            )
    return sentences
