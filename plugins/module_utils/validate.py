# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an object of a document by its kind's options, a sentence each.

A module's own arguments are checked by Ansible; a document is one argument, and may come from anywhere.
"""

from __future__ import annotations

import typing as t

Spec = t.Mapping[str, t.Mapping[str, t.Any]]

_TYPES: dict[str, tuple[type, str]] = {
    "str": (str, "text: quote it"),
    "int": (int, "a number"),
    "bool": (bool, "true or false"),
    "list": (list, "a list"),
    "dict": (dict, "a mapping"),
}


# Values that are right at first sight: a document may have 100,000 of them.
_PLAIN = {"str": str, "int": int, "bool": bool}


class Plain:
    """Sees at a glance that a row is right, as nearly all are; what it does not take, ``mistakes`` looks at."""

    def __init__(self, options: Spec) -> None:
        self._required = [name for name, spec in options.items() if spec.get("required")]
        self._classes = {name: _PLAIN.get(spec.get("type", "str"), type(None)) for name, spec in options.items()}
        self._choices = {name: frozenset(spec["choices"]) for name, spec in options.items() if "choices" in spec}

    def takes(self, row: t.Any) -> bool:
        if row.__class__ is not dict:
            return False
        classes, choices = self._classes, self._choices
        for name, value in row.items():
            if value.__class__ is not classes.get(name) or (name in choices and value not in choices[name]):
                return False
        return None not in map(row.get, self._required)


def near(name: str, known: t.Iterable[str]) -> str:
    """The nearest known name, or all of them."""
    import difflib  # only here: nobody else pays for its start

    names = list(known)
    found = difflib.get_close_matches(str(name), names, 1)
    return found[0] if found else ", ".join(names)


def mistakes(where: str, options: Spec, row: t.Any) -> t.Iterator[str]:
    if not isinstance(row, dict):
        yield f"{where}: {row!r} is no object; write its options as a mapping"
        return
    for name, spec in options.items():
        if spec.get("required") and row.get(name) is None:
            yield f"{where}: `{name}` is missing in {_short(row)}"
    for name, value in row.items():
        spec = options.get(name)
        if spec is None:
            yield f"{where}: unknown option {name}; known is {near(name, options)}"
        elif value.__class__ is not _PLAIN.get(spec.get("type", "str")) or "choices" in spec:
            yield from _of_value(f"{where}: `{name}`", spec, value)


def _of_value(what: str, spec: t.Mapping[str, t.Any], value: t.Any) -> t.Iterator[str]:
    if value is None:
        return
    wanted = spec.get("type", "str")
    kind, words = _TYPES[wanted]
    is_number = wanted == "int" and isinstance(value, str) and value.isdecimal()
    if not (isinstance(value, kind) or is_number) or (wanted == "int" and isinstance(value, bool)):
        yield f"{what} is {value!r}, not {words}"
    elif spec.get("choices") and value not in spec["choices"]:
        yield f"{what} is {value!r}, not one of {', '.join(map(str, spec['choices']))}"
    elif wanted == "list":
        element = {"type": spec.get("elements", "str"), "options": spec.get("options")}
        for item in value:
            if item is None:
                yield f"{what} has an item without a value: leave it out"
            yield from _of_value(what, element, item)
    elif wanted == "dict" and spec.get("options"):
        yield from mistakes(what, spec["options"], value)


def _short(row: t.Mapping[str, t.Any]) -> str:
    text = ", ".join(f"{name}: {value}" for name, value in row.items())
    return "{" + (text if len(text) < 80 else text[:79] + "…") + "}"
