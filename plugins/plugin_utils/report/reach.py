# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches whom, network by network: between hosts, on each host, and by published ports. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.containerhost.network.plugins.plugin_utils.report.markup import Markup, element
from ansible_collections.containerhost.network.plugins.plugin_utils.report.rows import bad, good, scrolled, table
from ansible_collections.containerhost.network.plugins.plugin_utils.report.svg import FilterKeys
from ansible_collections.containerhost.network.plugins.plugin_utils.report.values import ShownFleet, ShownNetwork
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.causes import Results, failures, reason_of
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Try
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import (
    NOT_TRIED,
    Matrix,
    from_where,
    matrix_of,
)

_MOST = 60  # hosts whose table still fits a page's width, by scrolling
_PLANNED = 12  # of a plan, a larger table has nothing to look at
_NAMED = 3
_ABOUT = {
    "host": "Host to its containers",
    "neighbour": "Each other",
    "gateway": "Their gateway",
    "router": "The LAN's router",
    "outside": "The outside",
}


def parts(fleet: ShownFleet, keys: FilterKeys) -> Iterator[Markup]:
    """For each network its tables; of a plan, what a verification would try."""
    for network in fleet.networks:
        some = [each for each in fleet.tries if each.network == network.name]
        if fleet.found is not None:
            some = [each for each in some if reason_of(each, fleet.found.results) is not None]
        content = [*_matrix(fleet, some, keys), *_local(fleet, network, some, keys)]
        content += _ports(fleet, network, some, keys)
        content = content or [element("p", "Nothing to try: no two containers on it, and no way out of it.")]
        title = element("h3", f"{network.name}  ", element("span", network.about, class_="soft"))
        yield element("div", title, *content, class_="part", data_n=keys.networks[network.name])


def _results(fleet: ShownFleet) -> Results:
    return fleet.found.results if fleet.found else {}


# -- between hosts -----------------------------------------------------------------------------------------------------


def _matrix(fleet: ShownFleet, some: Sequence[Try], keys: FilterKeys) -> Iterator[Markup]:
    across = [each for each in some if each.about == "matrix"]
    if not across:
        return
    if fleet.found is None:
        yield from _planned(across, keys)
        return
    if len({each.source for each in across} | {each.target for each in across}) > _MOST:
        yield from _failing(across, fleet.found.results)
        return
    found = matrix_of(across, fleet.found.results)
    families = " / ".join(f"IPv{version}" for version in found.versions)
    yield element("p", f"Times by {families}; a row is who asks.", class_="soft")
    yield scrolled(_square(found, _hosts(across, keys)))


def _failing(across: Sequence[Try], results: Results) -> Iterator[Markup]:
    """Of many hosts, how many of the ways between them answer, and those that do not."""
    failed = {(each.source, each.target) for each in failures(across, results)}
    ways = len({(each.source, each.target) for each in across})
    yield element("p", f"{ways - len(failed)} of {ways} ways between containers answer.")
    if failed:
        found = matrix_of([each for each in across if (each.source, each.target) in failed], results)
        rows = [(None, None, None, [*pair, bad(found.cells[pair])]) for pair in sorted(failed)]
        yield scrolled(table(["From", "To", "Outcome"], rows))


def _hosts(across: Sequence[Try], keys: FilterKeys) -> dict[str, int | None]:
    return {each.source: keys.hosts.get(each.host) for each in across}


def _planned(across: Sequence[Try], keys: FilterKeys) -> Iterator[Markup]:
    names = list(dict.fromkeys(end for each in across for end in (each.source, each.target)))
    if len(names) > _PLANNED:
        yield element("p", f"Containers of {len(names)} hosts are to reach each other, each from each.")
        return
    pairs = {(each.source, each.target): "planned" for each in across}
    yield scrolled(_square(Matrix(names, [], pairs), _hosts(across, keys)))


def _square(found: Matrix, hosts: Mapping[str, int | None]) -> Markup:
    head = element("tr", element("td", "from \\ to"), *(element("th", name, scope="col") for name in found.names))
    rows = [
        element(
            "tr",
            element("th", source, scope="row"),
            *(_cell(found, source, target) for target in found.names),
            data_h=hosts.get(source),
        )
        for source in found.names
    ]
    return element("table", element("thead", head), element("tbody", *rows), class_="matrix")


def _cell(found: Matrix, source: str, target: str) -> Markup:
    if source == target:
        return element("td", "·", class_="self")
    text = found.cells.get((source, target), NOT_TRIED)
    if (source, target) in found.failed:
        return element("td", f"✕ {text}", class_="bad")
    return element("td", f"✓ {text}" if text.endswith(" ms") else text)


# -- on a host ---------------------------------------------------------------------------------------------------------


def _local(fleet: ShownFleet, network: ShownNetwork, some: Sequence[Try], keys: FilterKeys) -> Iterator[Markup]:
    by_host: dict[str, dict[str, list[Try]]] = {}
    for each in some:
        if each.about in _ABOUT:
            by_host.setdefault(each.host, {}).setdefault(each.about, []).append(each)
    rows = [
        (
            keys.hosts.get(host), keys.networks[network.name], None,
            [host, *(_sum(fleet, about[name]) if name in about else "" for name in _ABOUT)],
        )
        for host, about in sorted(by_host.items())
    ]  # fmt: skip
    if rows:
        yield scrolled(table(["On host", *_ABOUT.values()], rows))


def _sum(fleet: ShownFleet, tried: Sequence[Try]) -> Markup | str:
    """How many answer and the slowest of them; what does not, by name. A LAN's router need not answer."""
    targets = {"outside": f" ({tried[0].target})", "router": f" ({tried[0].target})"}.get(tried[0].about, "")
    if fleet.found is None:
        return f"planned{targets}"
    results = _results(fleet)
    failed = [each for each in tried if reason_of(each, results)]
    times = [results[each.host][each.name]["ms"] for each in tried if not reason_of(each, results)]
    told = f"{len(times)} of {len(tried)}{targets}" + (f", {max(times):.2f} ms" if times else "")
    if not failed:
        return good(told)
    if tried[0].about == "router":
        return f"{told}; it need not answer"
    named = [f"{_end(each)} {reason_of(each, results)} by IPv{each.version}" for each in failed[:_NAMED]]
    return bad(f"{told}: {'; '.join(named)}" + (f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""))


def _end(each: Try) -> str:
    return (each.target if each.about == "host" else each.source).partition("/")[2]


# -- ports -------------------------------------------------------------------------------------------------------------


def _ports(fleet: ShownFleet, network: ShownNetwork, some: Sequence[Try], keys: FilterKeys) -> Iterator[Markup]:
    rows = [*_tried_ports(fleet, network, some, keys), *_other_ports(fleet, network, keys)]
    if rows:
        yield scrolled(table(["Published", "By IPv4", "By IPv6"], rows))


def _tried_ports(fleet: ShownFleet, network: ShownNetwork, some: Sequence[Try], keys: FilterKeys) -> Iterator:
    by_port: dict[str, list[Try]] = {}
    for each in some if fleet.found else ():
        if each.about == "published":
            by_port.setdefault(each.target, []).append(each)
    for target, tried in sorted(by_port.items()):
        cells = [_answers([each for each in tried if each.version == version], _results(fleet)) for version in (4, 6)]
        host = keys.hosts.get(tried[0].to_host)
        yield host, keys.networks[network.name], None, [target, *cells]


def _answers(tried: Sequence[Try], results: Results) -> Markup | str:
    if not tried:
        return ""
    told = [good(f"from {from_where(each)}") for each in tried if not reason_of(each, results)]
    told += [bad(f"{reason_of(each, results)} from {from_where(each)}") for each in tried if reason_of(each, results)]
    return element("span", *(element("div", each) for each in told))


def _other_ports(fleet: ShownFleet, network: ShownNetwork, keys: FilterKeys) -> Iterator:
    """Of a plan all ports; else those that nobody could answer but their server."""
    number = keys.networks[network.name]
    if fleet.found is not None:
        for name, port in fleet.found.untried:
            if name == network.name:
                yield None, number, None, [port, "not tried: only a server in it could answer", ""]
        return
    for each in fleet.holders:
        if each.network == network.name:
            for port in each.publish:
                told = f"{port} on {each.host} → {each.container}"
                yield keys.hosts[each.host], number, each.container, [told, "planned", ""]
