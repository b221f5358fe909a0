# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx extension: tables of the inventory's keys, made of the declarations that the plan checks them by.

``inventory-options`` with the name of a section (``fleet``, ``host``, ``network``, ``container``, ``endpoint``) or of
a driver is its table. ``inventory-unbuilt`` is the list of what is named there and refused, as nothing does it yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option

SECTIONS = {
    "fleet": schema.FLEET,
    "host": schema.HOST,
    "network": schema.NETWORK,
    "container": schema.CONTAINER + schema.JOINED,
    "endpoint": schema.ENDPOINT,
}
# What a reader of schema.READERS takes, in a user's words.
TYPES = {
    "address": "an address",
    "addresses": "a list of addresses",
    "blocks": "a list of CIDRs",
    "bool": "true or false",
    "by_host": "an address, or addresses by host",
    "folder": "a folder's path",
    "handoff": "a mapping from engine to true or false",
    "host_access": "C(all), C(none), C(dns) or a list of ports",
    "hostnames": "a list of hostnames",
    "gateway_modes": "text, or C({ipv4: …, ipv6: …})",
    "ifname": "an interface's name",
    "int": "a number",
    "interface_address": "an address, with or without prefix length",
    "mac": "a MAC, quoted",
    "name": "a name",
    "names": "a list of names",
    "pattern": "a host pattern",
    "pins": "CIDRs by network",
    "pools": "a list of CIDRs",
    "port_range": "two ports, as in 61000-65535",
    "publish": "a list of ports",
    "publish_addresses": "an address, or a list of addresses",
    "raw": "",
    "routes": "a list of mappings",
    "subnets": "a list of CIDRs or mappings",
    "sysctls": "a mapping",
    "text": "text",
    "ways": "one of them, or a list",
}
_CODE = re.compile(r"C\(((?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True)
class Row:
    """A key as the reference shows it. Texts have C(…) around what is code."""

    name: str
    type: str
    default: str
    description: str


def options(section: str) -> tuple[Option, ...]:
    return SECTIONS[section] if section in SECTIONS else drivers()[section].options


def rows(section: str) -> Iterator[Row]:
    for option in options(section):
        yield Row(option.name, _type(option), _default(option), _description(option))


def unbuilt() -> Iterator[str]:
    """Everything that the schema names and nothing does yet, with C(…) around what is code."""
    for driver in drivers().values():
        for option in driver.options:
            if not option.built:
                yield f"C({option.name}) of {driver.name} networks"
            for choice in _later(option):
                yield f"C({option.name}: {choice}) of {driver.name} networks"
    for section in SECTIONS.values():
        yield from (f"C({option.name})" for option in section if not option.built)
        yield from (f"C({option.name}: {choice})" for option in section for choice in _later(option))


def _type(option: Option) -> str:
    if option.choices:
        return " or ".join(f"C({choice})" for choice in _built(option))
    text = TYPES[option.type]
    if option.minimum is not None:
        text += f" from {option.minimum} to {option.maximum}"
    return text


def _built(option: Option) -> tuple[str, ...]:
    return option.choices if option.built_choices is None else option.built_choices


def _later(option: Option) -> list[str]:
    return [choice for choice in option.choices if choice not in _built(option)]


def _default(option: Option) -> str:
    if option.required:
        return "required"
    if option.default_note:
        return option.default_note
    if option.default is None:
        return "none"
    if isinstance(option.default, bool):
        return f"C({str(option.default).lower()})"
    if option.default in ((), {}):
        return "none"
    return f"C({option.default})"


def _description(option: Option) -> str:
    text = option.description
    if not option.built:
        text += " Not built yet."
    elif _later(option):
        text += f" Not built yet: {', '.join(f'C({choice})' for choice in _later(option))}."
    return text


# -- docutils ----------------------------------------------------------------------------------------------------------


def inline(text: str) -> list[nodes.Node]:
    """Text with C(…) as literals."""
    found: list[nodes.Node] = []
    start = 0
    for match in _CODE.finditer(text):
        found += [nodes.Text(text[start : match.start()]), nodes.literal("", match[1])]
        start = match.end()
    return [*found, nodes.Text(text[start:])]


def _entry(*children: nodes.Node) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *children))


def _row(cells: Iterable[nodes.Node]) -> nodes.row:
    return nodes.row("", *cells)


class InventoryOptions(SphinxDirective):
    """A table; each key can be linked to as ``SECTION-KEY``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        section = self.arguments[0]
        head = nodes.thead("", _row(_entry(nodes.Text(text)) for text in ("Key", "Value", "Default", "What it does")))
        body = nodes.tbody("", *(self._option(section, row) for row in rows(section)))
        widths = [nodes.colspec(colwidth=width) for width in (20, 22, 22, 36)]
        group = nodes.tgroup("", *widths, head, body, cols=4)
        return [nodes.table("", group, classes=["options"])]

    def _option(self, section: str, row: Row) -> nodes.row:
        key = nodes.literal("", row.name, ids=[f"{section}-{row.name}".replace("_", "-")])
        cells = (inline(row.type), inline(row.default), inline(row.description))
        return _row([_entry(key), *(_entry(*cell) for cell in cells)])


class InventoryUnbuilt(SphinxDirective):
    """A bullet list."""

    def run(self) -> list[nodes.Node]:
        items = [nodes.list_item("", nodes.paragraph("", "", *inline(text))) for text in unbuilt()]
        return [nodes.bullet_list("", *items)]


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("inventory-options", InventoryOptions)
    app.add_directive("inventory-unbuilt", InventoryUnbuilt)
    return {"parallel_read_safe": True}
