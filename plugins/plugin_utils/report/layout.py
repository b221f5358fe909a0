# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything stands in a drawing of a fleet. Pure: the same fleet has the same drawing.

A host is a card. Its networks have a row each at its top, and a rail from there down to the containers on it, which
have a dot on each of their rails. A network that hosts share is a bar above all hosts; risers lead from it down beside
the hosts, with a line into each member. What is published stands on the right edge of the host.

Lengths are in pixels of a drawing at its own size; text is measured as monospace, which is as wide everywhere.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed
from ansible_collections.containerhost.network.plugins.plugin_utils.report.faults import Faults
from ansible_collections.containerhost.network.plugins.plugin_utils.report.values import (
    ShownFleet,
    ShownHost,
    ShownNetwork,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import Holder

CHAR = 6.7  # a sign of a monospaced font of 11 px: 0.6 em, as in DejaVu, Liberation, Consolas and Menlo, and a bit
LINE = 15  # from one line of text to the next
HEAD = 28  # the line with a host's name
PITCH = 12  # from rail to rail
PAD = 10
GAP = 26  # between hosts below each other
ARROW = 18  # from a host's edge to the text of a port
MOST = 44  # signs of a name that are drawn; the rest is in its tooltip
RATIO = 1.7  # width to height that a drawing of many hosts is brought near to: that of a screen


@dataclass(frozen=True)
class Row:
    """A network at a host's top. ``rail``: x of its rail, which ends at ``end``; ``fault`` has a line of its own."""

    network: str
    y: float
    rail: float
    end: float
    text: str
    riser: float | None
    fault: str = ""


@dataclass(frozen=True)
class Attached:
    """A container's attachment: the lines of its text from ``y`` on."""

    network: str
    y: float
    rail: float
    lines: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True)
class Port:
    y: float
    text: str
    fault: str = ""


@dataclass(frozen=True)
class Box:
    name: str
    title: str
    x: float
    y: float
    width: float
    height: float
    attached: tuple[Attached, ...]
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class Card:
    host: str
    title: str
    x: float
    y: float
    width: float
    height: float
    rows: tuple[Row, ...]
    boxes: tuple[Box, ...]
    ports_width: float = 0
    fault: str = ""


@dataclass(frozen=True)
class Trunk:
    """A network that hosts share: from x to ``end`` at y. ``risers``: x and the y of its lowest member, of a column."""

    network: str
    text: str
    x: float
    end: float
    y: float
    risers: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Picture:
    width: float
    height: float
    trunks: tuple[Trunk, ...]
    cards: tuple[Card, ...]


def cells(text: str) -> int:
    """How many signs of a monospaced font a text is wide."""
    return len(text) if text.isascii() else sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)


def short(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def lay_out(fleet: ShownFleet, faults: Faults, columns: int | None = None) -> Picture:
    """The hosts in so many columns, or in as many as bring the drawing near to a screen's shape."""
    by_host: dict[str, list[Holder]] = {host.name: [] for host in fleet.hosts}
    for each in fleet.holders:
        by_host[each.host].append(each)
    shared = [network for network in fleet.networks if network.is_shared]
    draft = [_card(host, by_host[host.name], fleet, faults) for host in fleet.hosts]
    return _in_columns(draft, shared, columns or _columns(draft, shared))


# -- a host ------------------------------------------------------------------------------------------------------------


def _card(host: ShownHost, holders: Sequence[Holder], fleet: ShownFleet, faults: Faults) -> Card:
    """A host at x = y = 0; ``riser`` of its rows is not known yet."""
    here = {each.network for each in holders}
    mine = [each for each in fleet.networks if host.name in each.members and (each.is_shared or each.name in here)]
    mine.sort(key=lambda each: (not each.is_shared, each.name))
    # The first row has the rightmost rail, so that no row's own line crosses a rail that begins above it.
    rails = {each.name: PAD + 4 + PITCH * (len(mine) - 1 - number) for number, each in enumerate(mine)}
    indent = PAD + PITCH * len(mine) + 6
    y, rows = HEAD + 8.0, []
    for network in mine:
        own = _own_addresses(holders, network.name)
        about = "" if network.is_shared else network.about
        fault = faults.hops.get((network.name, host.name), "")
        text = "  ".join(filter(None, [network.name, *own, about]))
        rows.append((network, y, text, fault))
        y += LINE * (2 if fault else 1) + 2
    boxes = list(_boxes(host.name, holders, rails, (indent, y + 6), fleet, faults))
    ends = {attached.network: attached.y for box in boxes for attached in box.attached}
    widest = max((box.width for box in boxes), default=0.0)
    boxes = [_wide(box, widest) for box in boxes]
    title = "  ".join(filter(None, [short(host.name), host.underlay]))
    fault = faults.hosts.get(host.name, "")
    texts = [title + ("  " + fault if fault else ""), *(row[2] for row in rows), *(f"✕ {row[3]}" for row in rows)]
    width = max(indent + widest, *(indent + cells(text) * CHAR for text in texts)) + PAD
    ports = max((cells(port.text) * CHAR + ARROW for box in boxes for port in box.ports), default=0.0)
    bottom = boxes[-1].y + boxes[-1].height if boxes else y
    return Card(
        host.name, title, 0, 0, round(width), bottom + PAD,
        tuple(
            Row(network.name, y, rails[network.name], ends.get(network.name, y), text, None, fault)
            for network, y, text, fault in rows
        ),
        tuple(boxes), round(ports), fault,
    )  # fmt: skip


def _own_addresses(holders: Sequence[Holder], network: str) -> list[str]:
    """The host's own, without those of VTEPs: only hosts send to them."""
    own = [each for each in holders if each.network == network and not each.container]
    found = dict.fromkeys(address for each in own for address in each.addresses)
    return [address for address in found if not address.endswith(("/32", "/128"))]


def _boxes(
    host: str, holders: Sequence[Holder], rails: Mapping[str, float], place: tuple[float, float], fleet: ShownFleet,
    faults: Faults,
) -> Iterator[Box]:
    (x, y), joined = place, fleet.joined
    containers: dict[str, list[Holder]] = {}
    for each in holders:
        if each.container:
            containers.setdefault(each.container, []).append(each)
    for name, some in sorted(containers.items()):
        engine = "" if some[0].engine in ("", "netns") else some[0].engine
        with_ = f"with {listed(joined.get((host, name), ()), 3)}" if (host, name) in joined else ""
        title = "  ".join(filter(None, [short(name), engine, with_]))
        line, attached = y + 2 * LINE - 3, []
        for each in some:
            fault = faults.ends.get((each.network, host, name), "")
            head = "  ".join(filter(None, [each.network, each.interface, *each.addresses[:1]]))
            indented = [" " * (len(head) - cells(each.addresses[0])) + more for more in each.addresses[1:]]
            lines = (head, *indented, *([f"✕ {fault}"] if fault else []))
            attached.append(Attached(each.network, line, rails[each.network], lines, fault))
            line += LINE * len(lines)
        published = [text for each in some for text in each.publish]
        ports = tuple(
            Port(y + LINE * (number + 1) - 2, text, faults.of_port(host, text)) for number, text in enumerate(published)
        )
        height = max(line - y - 4, LINE * len(ports) + 6)
        texts = [title, *(text for each in attached for text in each.lines)]
        yield Box(name, title, x, y, max(map(cells, texts)) * CHAR + 14, height, tuple(attached), ports)
        y += height + 6


def _wide(box: Box, width: float) -> Box:
    return Box(box.name, box.title, box.x, box.y, round(width), box.height, box.attached, box.ports)


# -- all hosts ---------------------------------------------------------------------------------------------------------


def _columns(draft: Sequence[Card], shared: Sequence[ShownNetwork]) -> int:
    """How many bring the drawing nearest to a screen's shape. All are tried, on plain numbers."""
    middles, total = _middles(draft)
    heights = [card.height + GAP for card in draft]
    widths = [card.width + card.ports_width for card in draft]
    beside = PITCH * (len(shared) + 1) + GAP

    def _away(columns: int) -> float:
        high, wide = [0.0] * columns, [0.0] * columns
        for middle, height, width in zip(middles, heights, widths, strict=True):
            column = min(int(middle * columns / total), columns - 1)
            high[column] += height
            if width > wide[column]:
                wide[column] = width
        used = [each for each, height in zip(wide, high, strict=True) if height]
        height = max(high) + (LINE + 14) * len(shared)
        return abs(math.log(sum(each + beside for each in used) / height / RATIO))

    return min(range(1, len(draft) + 1), key=_away, default=1)


def _in_columns(draft: Sequence[Card], shared: Sequence[ShownNetwork], columns: int) -> Picture:
    """Hosts in their order, down a column and then the next; each has the networks' risers on its left."""
    top = PAD + sum(LINE + 14 for _network in shared) + (GAP if shared else 0)
    x, bottom = float(PAD), top
    cards: list[Card] = []
    risers: dict[str, list[tuple[float, float]]] = {each.name: [] for each in shared}
    for column in _split(draft, columns):
        names = {row.network for card in column for row in card.rows}
        here = [each.name for each in shared if each.name in names]
        rails = {name: x + PITCH * number + 4 for number, name in enumerate(here)}
        left, y = x + PITCH * len(here) + (PITCH if here else 0), top
        for card in column:
            cards.append(_at(card, left, y, rails))
            for row in cards[-1].rows:
                if row.riser is not None:
                    risers[row.network] = [each for each in risers[row.network] if each[0] != row.riser]
                    risers[row.network].append((row.riser, row.y))
            y += card.height + GAP
        bottom = max(bottom, y - GAP)
        x = left + max(card.width + card.ports_width for card in column) + GAP
    trunks = tuple(_trunk(network, number, risers[network.name]) for number, network in enumerate(shared))
    right = max([x - GAP, *(max(trunk.end, trunk.x + cells(trunk.text) * CHAR) for trunk in trunks)])
    return Picture(round(right + PAD), round(bottom + PAD), trunks, tuple(cards))


def _split(draft: Sequence[Card], columns: int) -> list[list[Card]]:
    """In their order, so that columns are about as high as each other."""
    middles, total = _middles(draft)
    found: list[list[Card]] = [[] for _column in range(columns)]
    for card, middle in zip(draft, middles, strict=True):
        found[min(int(middle * columns / total), columns - 1)].append(card)
    return [column for column in found if column]


def _middles(draft: Sequence[Card]) -> tuple[list[float], float]:
    """The height of each card's middle with all below each other, and that of all."""
    passed, middles = 0.0, []
    for card in draft:
        middles.append(passed + (card.height + GAP) / 2)
        passed += card.height + GAP
    return middles, sum(card.height + GAP for card in draft)


def _at(card: Card, x: float, y: float, risers: Mapping[str, float]) -> Card:
    rows = tuple(
        Row(row.network, row.y + y, row.rail + x, row.end + y, row.text, risers.get(row.network), row.fault)
        for row in card.rows
    )
    boxes = tuple(
        Box(
            box.name, box.title, box.x + x, box.y + y, box.width, box.height,
            tuple(Attached(one.network, one.y + y, one.rail + x, one.lines, one.fault) for one in box.attached),
            tuple(Port(port.y + y, port.text, port.fault) for port in box.ports),
        )
        for box in card.boxes
    )  # fmt: skip
    return Card(card.host, card.title, x, y, card.width, card.height, rows, boxes, card.ports_width, card.fault)


def _trunk(network: ShownNetwork, number: int, risers: Sequence[tuple[float, float]]) -> Trunk:
    text = "  ".join([network.name, network.about, *network.subnets, *([f"MTU {network.mtu}"] if network.mtu else [])])
    x = min((each[0] for each in risers), default=float(PAD))
    end = max((each[0] for each in risers), default=x)
    y = PAD + (LINE + 14) * number + LINE + 6
    return Trunk(network.name, text, x, max(end, x + 60), y, tuple(risers))
