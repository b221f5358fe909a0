# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One key of the inventory, declared: the schema and the drivers are lists of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """A key that a user may write.

    ``type`` names a reader of ``values.READERS``. ``description`` is one sentence for the reference documentation.
    ``default`` is what holds when the key is left out (``default_note`` says it in words where a value can't).
    ``built`` is false for a key that the design names and nothing does yet: it is refused by name unless it says
    just the default. ``built_choices`` are those of ``choices`` that are built. ``only_with`` names another key of
    the same mapping and its values with which this one has a meaning: with others it is refused, and not ``required``.
    """

    name: str
    type: str
    description: str
    default: Any = None
    default_note: str = ""
    choices: tuple[str, ...] = ()
    built_choices: tuple[str, ...] | None = None
    minimum: int | None = None
    maximum: int | None = None
    required: bool = False
    built: bool = True
    only_with: tuple[str, tuple[str, ...]] | None = None

    def has_meaning(self, values: Mapping[str, Any]) -> bool:
        """Whether it has one beside these values of the other keys."""
        return self.only_with is None or values.get(self.only_with[0]) in self.only_with[1]
