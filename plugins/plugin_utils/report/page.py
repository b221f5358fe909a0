# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as one HTML file that needs no other. Pure.

It is whole without its script, which adds zoom and filters. Nothing is fetched, and by its Content-Security-Policy
nothing could be: only this style sheet and this script, known by their digests, are used.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection
from ansible_collections.containerhost.network.plugins.plugin_utils.report import problems, tables
from ansible_collections.containerhost.network.plugins.plugin_utils.report.assets import asset
from ansible_collections.containerhost.network.plugins.plugin_utils.report.faults import faults_of
from ansible_collections.containerhost.network.plugins.plugin_utils.report.layout import lay_out
from ansible_collections.containerhost.network.plugins.plugin_utils.report.markup import Markup, element, joined
from ansible_collections.containerhost.network.plugins.plugin_utils.report.svg import FilterKeys, drawn
from ansible_collections.containerhost.network.plugins.plugin_utils.report.values import ShownFleet

TITLE = "Container networks"
# A drawing of more hosts in one column would be higher than anybody scrolls.
_NARROW_HOSTS = 60


@without_garbage_collection
def page(fleet: ShownFleet) -> str:
    """All of the report."""
    style, script = asset("drawing.css") + asset("report.css"), asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none';"
        " form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{TITLE}: {problems.headline(fleet)}"),
        element("style", Markup(style)),
    )
    keys = FilterKeys.of(fleet)
    body = element("body", _header(fleet), element("main", *_sections(fleet, keys)), _script(script))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _script(text: str) -> Markup:
    return element("script", Markup(text))


def _header(fleet: ShownFleet) -> Markup:
    hosts, networks, containers = len(fleet.hosts), len(fleet.networks), len(fleet.containers)
    ports = sum(len(each.publish) for each in fleet.holders)
    told = [f"{hosts} hosts", f"{networks} networks", f"{containers} containers", f"{ports} published ports"]
    counts = ", ".join(f"{each[:-1]}" if each.startswith("1 ") else each for each in told)
    when = f"Verified {fleet.when}" if fleet.found else "From inventory and ledger; no host was asked"
    links = joined([element("a", title, href=f"#{name}") for name, title in tables.titles(fleet)], " ")
    return element(
        "header",
        element("h1", TITLE),
        element("p", f"{counts}. {when}. Plan {fleet.digest[:12]}.", class_="soft"),
        element("nav", links, aria_label="Sections"),
    )


def _sections(fleet: ShownFleet, keys: FilterKeys) -> Iterator[Markup]:
    yield from problems.sections(fleet, keys)
    yield _topology(fleet, keys)
    yield from tables.sections(fleet, keys)


def _topology(fleet: ShownFleet, keys: FilterKeys) -> Markup:
    faults = faults_of(fleet)
    wide = lay_out(fleet, faults)
    pictures = [drawn(wide, keys, "wide")]
    narrow = lay_out(fleet, faults, 1) if len(fleet.hosts) <= _NARROW_HOSTS else wide
    if narrow.width < wide.width:
        pictures.append(drawn(narrow, keys, "narrow"))
    view = element(
        "div", element("div", *pictures, class_="sheet"), class_="view" if len(pictures) == 1 else "view two",
        tabindex=0, role="region", aria_label="Drawing of the fleet; arrows move it, plus and minus zoom",
    )  # fmt: skip
    key = (
        "A card is a host, a box a container. Each network has a rail, with a dot where a host or a container is on it;"
        " bars above are networks that hosts share. Arrows are published ports."
    )
    if fleet.found is not None:
        key += " A cross and a broken line are where something does not answer."
    return element(
        "section",
        element("h2", "Topology", id="topology"),
        _filters(fleet, keys),
        view,
        element("p", key, class_="soft"),
    )


def _filters(fleet: ShownFleet, keys: FilterKeys) -> Markup:
    """Shown where there is a script to work them."""
    containers = sorted({each.container for each in fleet.holders if each.container})
    choices = (
        ("network", [(keys.networks[each.name], each.name) for each in fleet.networks]),
        ("host", [(keys.hosts[each.name], each.name) for each in fleet.hosts]),
        ("container", [(name, name) for name in containers]),
    )
    selects = [
        element(
            "label",
            f"{what.capitalize()} ",
            element(
                "select",
                element("option", "all", value=""),
                *(element("option", name, value=value) for value, name in some),
                id=f"choose-{what}",
            ),
        )
        for what, some in choices
    ]
    buttons = [
        element("button", text, type="button", data_zoom=what, aria_label=label)
        for text, what, label in (
            ("+", "in", "Zoom in"), ("−", "out", "Zoom out"), ("Fit", "fit", "All of it"), ("1:1", "one", "Own size"),
        )
    ]  # fmt: skip
    return element("div", *selects, element("span", *buttons, class_="buttons"), class_="filters", hidden=True)
