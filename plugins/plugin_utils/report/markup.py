# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML and SVG as values: text becomes markup only here, by escaping all of it. Pure."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Iterable

# Neither HTML nor XML can carry these, escaped or not (XML 1.0, section 2.2; C1 is discouraged there).
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Elements that have no end tag in HTML; in SVG an empty element closes itself, which HTML's parser takes as well.
_VOID = frozenset(("meta", "input", "br", "wbr"))
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
# Text without any of these, nor signs beyond ASCII, is its own markup.
_SPECIAL = re.compile("[&<>\"'\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def escaped(value: object) -> Markup:
    """Any value as text of an element or an attribute's value; markup stays as it is.

    Signs that turn the direction of a line would let a name show as another one: they are told by their number.
    """
    if isinstance(value, Markup):
        return value
    text = str(value)
    if text.isascii() and not _SPECIAL.search(text):
        return Markup(text)
    text = _CONTROLS.sub("\ufffd", text)
    if not text.isascii():
        text = "".join(f"<U+{ord(sign):04X}>" if _turns(sign) else sign for sign in text)
    return Markup(html.escape(text, quote=True))


def _turns(sign: str) -> bool:
    return unicodedata.bidirectional(sign) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def element(tag: str, /, *content: object, **attributes: object) -> Markup:
    """An element. Attributes: ``class_`` is ``class``, ``data_host`` is ``data-host``; None and False are left out."""
    head = f"<{_name(tag)}"
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = _name(key.rstrip("_").replace("_", "-"))
        head += f" {attribute}" if value is True else f' {attribute}="{escaped(value)}"'
    if tag in _VOID and not content:
        return Markup(f"{head}>")
    return Markup(f"{head}>{joined(content)}</{tag}>")


@functools.cache
def _name(word: str) -> str:
    if not _NAME.fullmatch(word):
        raise ValueError(f"{word!r} is no name of an element or an attribute")
    return word


def joined(parts: Iterable[object], between: str = "") -> Markup:
    """Texts and markup, one after another."""
    return Markup(escaped(between).join(map(escaped, parts)))


def prose(text: str) -> Markup:
    """A sentence, with what it has between backticks as code."""
    parts = text.split("`")
    return joined(element("code", part) if number % 2 else part for number, part in enumerate(parts))
