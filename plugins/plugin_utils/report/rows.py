# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables as HTML, with what filters know their rows by. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.containerhost.network.plugins.plugin_utils.report.markup import Markup, element

# A host's number, a network's number, a container's name (empty: of no container), and the cells. None: of all of them.
Row = tuple[int | None, int | None, str | None, Sequence[object]]


def good(text: object) -> Markup:
    return element("span", f"✓ {text}", class_="good")


def bad(text: object) -> Markup:
    return element("span", f"✕ {text}", class_="bad")


def table(heads: Sequence[str], rows: Sequence[Row], numeric: Sequence[int] = ()) -> Markup:
    """Columns that nobody has something for are left out; ``numeric`` ones stand to the right."""
    kept = [column for column in range(len(heads)) if any(row[3][column] != "" for row in rows)]
    classes = {column: "number" if column in numeric else None for column in kept}
    top = element("tr", *(element("th", heads[column], scope="col", class_=classes[column]) for column in kept))
    body = [
        element(
            "tr", *(element("td", cells[column], class_=classes[column]) for column in kept),
            data_h=host, data_n=network, data_c=container,
        )
        for host, network, container, cells in rows
    ]  # fmt: skip
    return element("table", element("thead", top), element("tbody", *body))


def scrolled(content: Markup) -> Markup:
    """Wide tables scroll in a place of their own, so that the page does not."""
    return element("div", content, class_="scroll", tabindex=0)
