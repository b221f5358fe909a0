# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain values out of YAML: texts, numbers, lists and mappings, or a Refusal that says what stands there instead."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import elsewhere
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import whole_number

# Types of lists of plain values. Where such a list is written as a mapping, addresses are its values, names its keys.
_OF_TEXTS = ("addresses", "blocks", "hostnames", "names", "pools")


def read_text(value: Any, option: Option) -> str:
    if option.choices and value not in option.choices:
        raise Refusal(f"`{option.name}` is {value!r}", one_of(value, option.choices))
    if not isinstance(value, str) or not value:
        raise Refusal(f"`{option.name}` is {value!r}, which is not text", as_text(value))
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
        raise Refusal(f"`{name}` is {value!r}, which is not text{note}", as_text(value, example))
    return value


def as_text(value: Any, example: str | None = None) -> str:
    """What to do about a value that is no text. ``example``: one that is."""
    if isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], str):
        return f'Write it without brackets: "{value[0]}"'
    shown = f', as in "{example}"' if example else ""
    if isinstance(value, (Mapping, list, tuple)):
        return f"Write one value{shown or ', as text'}"
    return "Write a value, or leave the key out" if value in (None, "") else f"Quote it{shown}"


def one_of(value: Any, choices: Sequence[str]) -> str:
    """Which of the choices to write: the one that a slip of the pen resembles comes first."""
    near = difflib.get_close_matches(value.lower(), choices, n=1, cutoff=0.75) if isinstance(value, str) else ()
    if not near:
        return f"Write one of {', '.join(choices)}"
    others = [choice for choice in choices if choice != near[0]]
    return f"Write `{near[0]}` if that is meant, or {', '.join(others)}"


def listed(value: Any, option: Option) -> list:
    if isinstance(value, str):
        raise Refusal(f"`{option.name}` is the text {value!r}, not a list", f"Write it as [{value}]")
    if not isinstance(value, (list, tuple)):
        raise Refusal(f"`{option.name}` is {value!r}, not a list", f"Write a list, as in [{_items(value, option)}]")
    return list(value)


def _items(value: Any, option: Option) -> str:
    """The items that a mapping, or a single value, may have been meant to be."""
    if not isinstance(value, Mapping):
        return str(value)
    if option.type in _OF_TEXTS:
        return ", ".join(map(str, value.values() if option.type in ("addresses", "blocks", "pools") else value))
    return flow(value)


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
