# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table as libnftables lists it in nft's own language: in 60 ms for 10,000 elements, where its JSON takes 160 ms."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

# A set or map as it is listed: its name, what is said of it, and its elements, which come last.
_SET = re.compile(r"^\t(?:set|map) (\S+) \{\n(.*?)(^\t\telements = \{ (.*?) \}\n)?^\t\}\n", re.MULTILINE | re.DOTALL)
_TYPE = re.compile(r"^\t\ttype(?:of)? (.*?)(?: : .*)?$", re.MULTILINE)
_PART = re.compile(r"^\t(?:set|map|chain) ", re.MULTILINE)
_WORD = r'(?:"[^"]*"|[^\s",{}]+)'
_WORDS = rf"{_WORD}(?: \. {_WORD})*"
# Key, comment and value; others may have added more between them, such as a time. Or what is none of this.
_ELEMENT = re.compile(
    rf'({_WORDS})(?: [^",]*?)??(?: comment "([^"]*)")?(?: : ({_WORDS}))?(?:,\s+|\Z)|([^,]*)(?:,\s+|,|\Z)'
)
# Newer versions say behind a set's size how many elements it has.
_COUNT = re.compile(r"[ \t]*# count \d+$", re.MULTILINE)
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "132": "sctp"}

Rows = t.Dict[str, t.Tuple[t.Optional[str], str]]


class Listing(t.NamedTuple):
    """``elements`` by set, also of those that have none; ``rules`` is the listing without them."""

    elements: Elements
    rules: str

    @property
    def is_empty(self) -> bool:
        return not _PART.search(self.rules)


def read(text: str, without: t.Collection[str] = ()) -> Listing:
    """``without``: sets whose elements are nobody's business. What is in tables of others may be anything."""
    elements: Elements = {}
    rules, end = [], 0
    for found in _SET.finditer(text):
        name, said, whole, listed = found.groups()
        elements[name] = _rows(said, listed) if listed and name not in without else {}
        if whole:
            rules.append(text[end : found.start(3)])
            end = found.end(3)
    return Listing(elements, _COUNT.sub("", "".join([*rules, text[end:]])))


def _rows(said: str, listed: str) -> Rows:
    type_ = _TYPE.search(said)
    types = type_[1].split(" . ") if type_ else []
    place = types.index("inet_proto") if "inet_proto" in types else None
    rows: Rows = {}
    for key, comment, value, other in _ELEMENT.findall(listed):
        key = _key(key or other, place)
        if key:  # behind the last one there is nothing
            rows[key] = (_plain(value) if value else None, comment)
    return rows


def _key(key: str, place: int | None) -> str:
    """In the words of our elements: devices without quotes, protocols by name, no numbers in hexadecimal."""
    if place is not None:
        words = key.split(" . ")
        if place < len(words):
            words[place] = _PROTOCOLS.get(words[place], words[place])
        key = " . ".join(words)
    return " . ".join(map(_plain, key.split(" . "))) if '"' in key or "0x" in key else key


def _plain(word: str) -> str:
    return str(int(word, 16)) if word.startswith("0x") else word.strip('"')
