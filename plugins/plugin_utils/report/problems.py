# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The beginning of a report: what is broken, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.plugin_utils.report.hops import Hop
from ansible_collections.containerhost.network.plugins.plugin_utils.report.markup import Markup, element, prose
from ansible_collections.containerhost.network.plugins.plugin_utils.report.svg import FilterKeys
from ansible_collections.containerhost.network.plugins.plugin_utils.report.values import ShownFleet

_MOST = 12  # warnings that are told outright


def headline(fleet: ShownFleet) -> str:
    if fleet.found is None:
        return "as planned"
    count = len(fleet.problems)
    if not count:
        return "everything that is planned works"
    return "1 thing is wrong" if count == 1 else f"{count} things are wrong"


def sections(fleet: ShownFleet, keys: FilterKeys) -> Iterator[Markup]:
    """What is wrong, where hosts were asked, and what may become so."""
    if fleet.found is not None:
        yield _verdict(fleet, keys)
    if fleet.warnings:
        yield element("section", *_warnings(fleet))


def _verdict(fleet: ShownFleet, keys: FilterKeys) -> Markup:
    parts = []
    text = headline(fleet)
    sign = "✕" if fleet.problems else "✓"
    parts.append(element("h2", f"{sign} {text[0].upper()}{text[1:]}", id="problems"))
    if fleet.hops:
        parts.append(element("ul", *(_hop(hop, keys) for hop in fleet.hops), class_="hops"))
    if fleet.problems:
        parts.append(element("ul", *(element("li", prose(each)) for each in fleet.problems), class_="problems"))
    return element("section", *parts, class_="verdict wrong" if fleet.problems else "verdict")


def _hop(hop: Hop, keys: FilterKeys) -> Markup:
    """A picture of it in a line: host, broken line, network, other hosts."""
    others = ", ".join(hop.others[:4]) + (f" and {len(hop.others) - 4} more" if len(hop.others) > 4 else "")
    what = f"✕ {hop.network}: {' and '.join(hop.reasons)}"
    place = element("button", "Show", type="button", data_show=keys.hosts.get(hop.host), hidden=True)
    count = f"{hop.failed} of {hop.tried} attempts from or to {hop.host} fail"
    return element(
        "li",
        element("span", hop.host, class_="end"),
        element("span", element("span", what), class_="wire"),
        element("span", others, class_="end"),
        element("span", f"{count}. ", place if hop.host in keys.hosts else "", class_="soft"),
    )


def _warnings(fleet: ShownFleet) -> Iterator[Markup]:
    first, rest = fleet.warnings[:_MOST], fleet.warnings[_MOST:]
    yield element("h2", "Warnings", id="warnings")
    yield element("ul", *(element("li", "⚠ ", prose(each)) for each in first), class_="warnings")
    if rest:
        items = (element("li", "⚠ ", prose(each)) for each in rest)
        yield element("details", element("summary", f"{len(rest)} more"), element("ul", *items, class_="warnings"))
