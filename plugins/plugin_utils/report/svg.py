# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet as SVG, from where everything stands. Pure.

Colours and lines come from ``drawing.css``. Networks differ in colour and in the shape of their dots, and are named at
each of these; what is broken has a cross and a broken line beside its colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.report.assets import asset
from ansible_collections.containerhost.network.plugins.plugin_utils.report.faults import faults_of
from ansible_collections.containerhost.network.plugins.plugin_utils.report.layout import (
    ARROW,
    CHAR,
    HEAD,
    LINE,
    PAD,
    Box,
    Card,
    Picture,
    Port,
    Row,
    Trunk,
    cells,
    lay_out,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.report.markup import Markup, element, joined
from ansible_collections.containerhost.network.plugins.plugin_utils.report.values import ShownFleet

COLOURS = 6  # of drawing.css
# Centred, 4 to each side: a circle, a square, a diamond, a triangle.
_DOTS = (
    "a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "v-4h8v8h-8z",
    "m-1 0l5-5 5 5-5 5z",
    "m-.5 4l4.5-8.5 4.5 8.5z",
)


@dataclass(frozen=True)
class FilterKeys:
    """What filters know networks and hosts by, and what chooses a network's colour."""

    networks: Mapping[str, int]
    hosts: Mapping[str, int]

    @classmethod
    def of(cls, fleet: ShownFleet) -> FilterKeys:
        networks = {each.name: number for number, each in enumerate(fleet.networks)}
        return cls(networks, {each.name: number for number, each in enumerate(fleet.hosts)})

    def colour(self, network: str) -> str:
        return f"n{self.networks[network] % COLOURS}"


def alone(fleet: ShownFleet, title: str) -> str:
    """A file of its own, as ``<img>`` shows it: in the colours of light or dark, on a panel."""
    layout = lay_out(fleet, faults_of(fleet))
    size = {"viewBox": f"0 0 {layout.width} {layout.height}", "width": layout.width, "height": layout.height}
    style = Markup(asset("drawing.css").replace("--panel:", "--ground: var(--panel); --panel:"))
    panel = element("rect", class_="panel", width=layout.width, height=layout.height, rx=8)
    parts = [element("title", title), element("style", style), panel, *_parts(layout, FilterKeys.of(fleet))]
    drawn = element("svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="fleet", role="img", **size)
    return f"{drawn}\n"


def drawn(layout: Picture, keys: FilterKeys, class_: str) -> Markup:
    """A part of a page."""
    return element(
        "svg", *_parts(layout, keys), class_=f"fleet {class_}", role="group", aria_label="The fleet's networks",
        viewBox=f"0 0 {layout.width} {layout.height}", width=layout.width, height=layout.height,
    )  # fmt: skip


def _parts(layout: Picture, keys: FilterKeys) -> Iterator[Markup]:
    for trunk in layout.trunks:
        yield _trunk(trunk, keys)
    for card in layout.cards:
        yield _card(card, keys)


def _trunk(trunk: Trunk, keys: FilterKeys) -> Markup:
    lines = [f"M{_n(trunk.x)} {_n(trunk.y)}H{_n(trunk.end)}"]
    lines += [f"M{_n(x)} {_n(trunk.y)}V{_n(end)}" for x, end in trunk.risers]
    return element(
        "g",
        element("path", class_="rail", d="".join(lines)),
        element("path", class_="dot", d="".join(_dot(keys, trunk.network, x, trunk.y) for x, _end in trunk.risers)),
        _text(trunk.x + 8, trunk.y - 6, trunk.text, "halo"),
        class_=f"bar {keys.colour(trunk.network)}",
        data_n=keys.networks[trunk.network],
    )


def _card(card: Card, keys: FilterKeys) -> Markup:
    name, _gap, rest = card.title.partition("  ")
    parts = [
        element("rect", class_="host", x=_n(card.x), y=_n(card.y), width=_n(card.width), height=_n(card.height), rx=6),
        _text(card.x + PAD, card.y + HEAD - 10, _with_bold(name, rest)),
    ]
    if card.fault:
        x = card.x + PAD + (cells(card.title) + 2) * CHAR
        parts.append(_text(x, card.y + HEAD - 10, f"⚠ {card.fault}", "bad"))
    parts += [_row(row, card, keys) for row in card.rows]
    parts += [_box(box, card, keys) for box in card.boxes]
    title = element("title", card.host)
    class_ = "card faulty" if card.fault or any(row.fault for row in card.rows) else "card"
    return element("g", title, *parts, class_=class_, data_h=keys.hosts[card.host])


def _row(row: Row, card: Card, keys: FilterKeys) -> Markup:
    """The network's own line from its riser, or its beginning, to its text; its rail down; and what is broken."""
    text_x = card.x + PAD + 12 * len(card.rows) + 6
    start = row.rail if row.riser is None else row.riser
    parts = [element("path", class_="rail", d=f"M{_n(row.rail)} {_n(row.y)}H{_n(text_x - 3)}")]
    if row.end > row.y:
        parts.append(element("path", class_="rail", d=f"M{_n(row.rail)} {_n(row.y)}V{_n(row.end)}"))
    dots = _dot(keys, row.network, row.rail, row.y)
    if row.riser is not None:
        line = f"M{_n(start)} {_n(row.y)}H{_n(row.rail)}"
        parts.append(element("path", class_="rail broken" if row.fault else "rail", d=line))
        dots += _dot(keys, row.network, row.riser, row.y)
    parts.append(element("path", class_="dot", d=dots))
    network, _gap, rest = row.text.partition("  ")
    parts.append(_text(text_x, row.y + 4, _with_bold(network, rest)))
    if row.fault:
        parts.append(_cross((start + row.rail) / 2, row.y))
        parts.append(_text(text_x, row.y + 4 + LINE, f"✕ {row.fault}", "bad"))
    return element(
        "g", *parts, class_=f"row {keys.colour(row.network)}", data_n=keys.networks[row.network]
    )


def _box(box: Box, card: Card, keys: FilterKeys) -> Markup:
    name, _gap, engine = box.title.partition("  ")
    faulty = any(each.fault for each in box.attached) or any(port.fault for port in box.ports)
    parts = [
        element("title", f"{box.name} on {card.host}"),
        element("rect", class_="container", x=_n(box.x), y=_n(box.y), width=_n(box.width), height=_n(box.height), rx=4),
        _text(box.x + 7, box.y + LINE - 1, _with_bold(name, engine)),
    ]
    for each in box.attached:
        lines = [
            _text(box.x + 7, each.y + 4 + LINE * number, text, "bad" if text.startswith("✕") else None)
            for number, text in enumerate(each.lines)
        ]
        parts.append(
            element(
                "g",
                element("path", class_="rail", d=f"M{_n(each.rail)} {_n(each.y)}H{_n(box.x)}"),
                element("path", class_="dot", d=_dot(keys, each.network, each.rail, each.y)),
                *lines,
                class_=keys.colour(each.network),
                data_n=keys.networks[each.network],
            )
        )
    parts += [_port(port, box, card) for port in box.ports]
    networks = " ".join(str(keys.networks[each.network]) for each in box.attached)
    return element("g", *parts, class_="box faulty" if faulty else "box", data_c=box.name, data_ns=networks)


def _port(port: Port, box: Box, card: Card) -> Markup:
    """An arrow from outside of the host to the container."""
    edge, right = card.x + card.width, box.x + box.width
    line = f"M{_n(edge + ARROW - 4)} {_n(port.y)}H{_n(right + 2)}m5-4l-5 4 5 4"
    text = f"✕ {port.text}" if port.fault else port.text
    return element(
        "g",
        element("title", f"{port.text} {port.fault or 'is published'}"),
        element("path", class_="port broken" if port.fault else "port", d=line),
        _text(edge + ARROW, port.y + 4, text, "bad" if port.fault else None),
    )


def _with_bold(name: str, rest: str) -> Markup:
    return joined([element("tspan", name, class_="b"), f"  {rest}" if rest else ""])


def _cross(x: float, y: float) -> Markup:
    return element(
        "g",
        element("circle", class_="cross", cx=_n(x), cy=_n(y), r=7),
        element("path", class_="strokes", d=f"M{_n(x - 3)} {_n(y - 3)}l6 6m0-6l-6 6"),
    )


def _dot(keys: FilterKeys, network: str, x: float, y: float) -> str:
    return f"M{_n(x - 4)} {_n(y)}{_DOTS[keys.networks[network] % len(_DOTS)]}"


def _text(x: float, y: float, content: object, class_: str | None = None) -> Markup:
    return element("text", content, x=_n(x), y=_n(y), class_=class_)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
