# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the plan says no: every problem that it finds, each one sentence and its remedy, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterable

UNCHANGED = "nothing has been changed"
# How many problems a message lists; ``PlanError.problems`` has them all.
LISTED = 25


class Refusal(Exception):
    """One value that can't be used. ``what`` is wrong with it, and the ``fix``, an imperative without a full stop."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix


class PlanError(Exception):
    """All problems of a plan. Raised before any host is touched.

    ``problems`` are texts such as ``"`web` overlaps `api`. Give one of them another subnet"``, without an ending.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(render(self.problems))

    @classmethod
    def of(cls, refusal: Refusal) -> PlanError:
        return cls([f"{refusal.what}. {refusal.fix}"])


def render(problems: list[str]) -> str:
    """The text for the user: a sentence alone, or a list under its count."""
    if len(problems) == 1:
        return f"{problems[0]}; {UNCHANGED}."
    lines = "".join(f"\n- {problem}." for problem in problems[:LISTED])
    if len(problems) > LISTED:
        lines += f"\n- and {len(problems) - LISTED} more."
    return f"The inventory has {len(problems)} problems; {UNCHANGED}:{lines}"


class Problems:
    """Collects problems in the order in which they are found, each once."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, what: str, fix: str) -> None:
        self._texts[f"{what}. {fix}"] = None

    def refuse(self, where: str, refusal: Refusal) -> None:
        self.add(f"{where}{refusal.what}", refusal.fix)

    def __bool__(self) -> bool:
        return bool(self._texts)

    @property
    def texts(self) -> list[str]:
        return list(self._texts)

    def stop_if_any(self) -> None:
        if self._texts:
            raise PlanError(self._texts)
