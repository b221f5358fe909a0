# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain values out of YAML: texts, numbers, lists and mappings, or a Refusal that says what stands there instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import elsewhere
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import whole_number


def read_text(value: Any, option: Option) -> str:
    if option.choices and value not in option.choices:
        raise Refusal(f"`{option.name}` is {value!r}", f"Write one of {', '.join(option.choices)}")
    if not isinstance(value, str) or not value:
        fix = "Write one value, as text" if isinstance(value, (Mapping, list, tuple)) else "Quote it"
        raise Refusal(f"`{option.name}` is {value!r}, which is not text", fix)
    return value


def read_int(value: Any, option: Option) -> int:
    if isinstance(value, str):
        number = whole_number(value)
        value = value if number is None else number
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal(f"`{option.name}` is {value!r}, which is not a whole number", range_text(option))
    low, high = option.minimum, option.maximum
    if low is not None and value < low or high is not None and value > high:
        raise Refusal(f"`{option.name}` is {value}", range_text(option))
    return value


def range_text(option: Option) -> str:
    return f"Write a number from {option.minimum} to {option.maximum}"


def text(value: Any, name: str, example: str) -> str:
    if not isinstance(value, str):
        mangled = base60(value)
        note = f" (YAML reads {mangled} without quotes as base 60)" if mangled else ""
        fix = f'Quote it, as in "{example}"'
        if isinstance(value, (Mapping, list, tuple)):
            fix = f'Write one value, as in "{example}"'
        raise Refusal(f"`{name}` is {value!r}, which is not text{note}", fix)
    return value


def listed(value: Any, option: Option) -> list:
    if isinstance(value, str):
        raise Refusal(f"`{option.name}` is the text {value!r}, not a list", f"Write it as [{value}]")
    if not isinstance(value, (list, tuple)):
        item = f"[{flow(value)}]" if isinstance(value, Mapping) else f"[{value}]"
        raise Refusal(f"`{option.name}` is {value!r}, not a list", f"Write a list, as in {item}")
    return list(value)


def each(value: Any, option: Option, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    """What is read of each item of a list. A refusal says which item it is about."""
    found = []
    for number, item in enumerate(listed(value, option)):
        try:
            found.append(read(item))
        except Refusal as refusal:
            raise Refusal(refusal.what, refusal.fix, (number, *refusal.path)) from None
    return tuple(found)


def flow(value: Mapping[Any, Any]) -> str:
    """A mapping as YAML has it on one line."""
    return "{" + ", ".join(f"{key}: {item}" for key, item in value.items()) + "}"


def mapping(value: Any, what: str, keys: tuple[str, ...], example: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refusal(f"{what} is {value!r}, not a mapping", f"Write it as {example}")
    for key in value:
        if key not in keys:
            raise Refusal(f"{what} has the unknown key `{key}`", elsewhere.meant(key, keys), (key,))
    return value


def base60(value: Any, groups: int | None = None) -> str:
    """``2222:22`` for 133342. ``groups`` is how many there must be (6 for a MAC)."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 60:
        return ""
    parts: list[int] = []
    while value >= 60 and (groups is None and not parts or groups is not None and len(parts) < groups - 1):
        value, digit = divmod(value, 60)
        parts.append(digit)
    return ":".join([f"{value:02}" if groups else str(value), *(f"{part:02}" for part in reversed(parts))])
