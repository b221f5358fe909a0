# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""resolv.conf(5) as text: that of a named namespace is ours in whole, that of a container has a part of ours.

A container's begins with our part, between two lines with its owner's mark. Of what was there before, lines that say
the same things are comments meanwhile; all others stay in force. So taking our part away leaves what was there.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.marks import PREFIX, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names

WORDS = {"servers": "nameserver", "search": "search", "options": "options"}
_BEGIN, _END = f"# {PREFIX}", f"# end of {PREFIX}"
_WAS = "# without containerhost: "
_SAME = {"domain": "search"}  # the last one of both counts

Said = t.Dict[str, t.List[str]]


def lines_of(said: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    asked = [f"nameserver {each}" for each in said.get("servers") or ()]
    return asked + [f"{name} {' '.join(said[name])}" for name in ("search", "options") if said.get(name)]


def read(lines: t.Sequence[str]) -> Said:
    """What it says, line by line; what else somebody has written there is an option that nobody wants."""
    found: Said = {name: [] for name in WORDS}
    for line in lines:
        word, *rest = line.split() or [""]
        name = next((name for name, its in WORDS.items() if its == word), None)
        found[name or "options"] += rest if name else [line]
    return found


def part(text: str) -> tuple[str | None, list[str]]:
    """Whose our part of a container's file is (None: there is none), and its lines."""
    lines = text.splitlines()
    span = _span(lines)
    return (None, []) if span is None else (owner_of(lines[span[0]][2:]), lines[span[0] + 1 : span[1]])


def with_part(text: str, owner: str, lines: t.Sequence[str]) -> str:
    """A container's file with our part as it is to be, none where that has no lines."""
    before = without_part(text)
    if not lines:
        return before
    words = {line.split()[0] for line in lines}
    rest = [_WAS + line if _word(line) in words else line for line in before.splitlines()]
    head, rest = (rest[:1], rest[1:]) if names.is_ours(before) else ([], rest)
    return _text([*head, f"{_BEGIN}{owner}", *lines, f"{_END}{owner}", *rest])


def without_part(text: str) -> str:
    lines = text.splitlines()
    span = _span(lines)
    if span is None:
        return text
    rest = [*lines[: span[0]], *lines[span[1] + 1 :]]
    return _text([line[len(_WAS) :] if line.startswith(_WAS) else line for line in rest])


def servers_in(text: str) -> list[str]:
    """Whom a container would ask without our part."""
    rows = (line.split() for line in without_part(text).splitlines())
    return [row[1] for row in rows if len(row) > 1 and row[0] == WORDS["servers"]]


def _word(line: str) -> str:
    word = (line.split() or [""])[0]
    return _SAME.get(word, word)


def _span(lines: t.Sequence[str]) -> tuple[int, int] | None:
    """The first and the last line of our part; one without an end is nobody's."""
    first = next((number for number, line in enumerate(lines) if line.startswith(_BEGIN)), None)
    last = next((number for number, line in enumerate(lines) if line.startswith(_END)), None)
    return None if first is None or last is None or last < first else (first, last)


def _text(lines: t.Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
