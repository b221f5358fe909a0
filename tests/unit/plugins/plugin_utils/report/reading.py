# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as a tree, as a browser would take it apart."""

from __future__ import annotations

import html.parser
from dataclasses import dataclass, field

_VOID = ("meta", "br", "input", "wbr")


@dataclass
class Node:
    tag: str
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)

    @property
    def text(self):
        return "".join(each if isinstance(each, str) else each.text for each in self.children)

    def all(self, tag=None, class_=None, **attributes):
        """Elements below it. ``class_`` is one of theirs."""
        for each in self.children:
            if isinstance(each, Node):
                if (
                    tag in (None, each.tag)
                    and (class_ is None or class_ in each.attributes.get("class", "").split())
                    and all(each.attributes.get(name.replace("_", "-")) == value for name, value in attributes.items())
                ):
                    yield each
                yield from each.all(tag, class_, **attributes)

    def one(self, tag=None, class_=None, **attributes):
        [found] = self.all(tag, class_, **attributes)
        return found


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = [Node("")]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"an attribute twice: {attrs}"
        node = Node(tag, {name: "" if value is None else value for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def read(text):
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> does not end"
    return reader.open[0]


def rows(table):
    """The cells of a table's body as texts."""
    return [[cell.text for cell in row.children] for row in table.one("tbody").children]


def below(page, name):
    """The section under a heading."""
    [found] = [each for each in page.all("section") if any(each.all("h2", id=name))]
    return found
