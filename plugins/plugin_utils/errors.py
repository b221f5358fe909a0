# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the plan says no: every problem that it finds, each one sentence and its remedy, and nothing changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

UNCHANGED = "nothing has been changed"
# How many problems a message lists; ``PlanError.problems`` has them all.
LISTED = 25
# How many hosts a problem names before it counts the rest.
NAMED = 5

# A problem of many hosts is one problem: in a text, the name of the host stands between the first two of these, and
# the place where it was written between the others. None of them can be typed into a name.
_HOST = re.compile("\x01([^\x02]*)\x02")
_PLACE = re.compile("\x03([^\x04]*)\x04")


def on(host: str) -> str:
    """A host's name, in a problem that other hosts may have as well; see ``Problems``."""
    return f"\x01{host}\x02"


def at(place: str) -> str:
    """The place where what a problem is about was written."""
    return f"\x03{place}\x04"


def unmarked(text: str) -> str:
    """The text with hosts and places as they are."""
    return _PLACE.sub(r"\1", _HOST.sub(r"\1", text))


def listed(names: Iterable[str], most: int = NAMED) -> str:
    """``h1``, ``h1 and h2``, ``h1, h2, h3, h4, h5 and 45 more``."""
    names = list(names)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def members(names: Iterable[str], one: str, many: str) -> str:
    """The beginning of a sentence on hosts of a network: ``its member h1 has``, ``its members h1 and h2 have``."""
    names = list(names)
    return f"its member {names[0]} {one}" if len(names) == 1 else f"its members {listed(names)} {many}"


class Refusal(Exception):
    """One value that can't be used. ``what`` is wrong with it, and the ``fix``, an imperative without a full stop.

    ``path`` leads from the value that was read to the part of it that is wrong: keys, and numbers in lists.
    """

    def __init__(self, what: str, fix: str, path: tuple[Any, ...] = ()) -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix
        self.path = path


class Where:
    """The beginning of a message: what it is about, and where that was written.

    Worked out only when there is a message: there are 20,000 containers. ``find`` knows the place of what a path leads
    to (``"group_vars/all.yml:3"``), or None; ``otherwise`` is said in its stead.
    """

    def __init__(
        self,
        what: str,
        find: Callable[[tuple[Any, ...]], str | None] = lambda path: None,
        otherwise: str = "",
        path: tuple[Any, ...] = (),
        rest: str = "",
    ) -> None:
        self._what, self._find, self._otherwise, self._path, self._rest = what, find, otherwise, path, rest

    def inside(self, *path: Any, rest: str = "") -> Where:
        """Deeper: what is said of the part that ``path`` leads to, which messages call ``rest``."""
        more = f"{self._rest}{rest}: " if rest else self._rest
        return Where(self._what, self._find, self._otherwise, (*self._path, *path), more)

    @property
    def place(self) -> str:
        return self._find(self._path) or self._otherwise

    @property
    def written(self) -> str:
        """For the end of a sentence: the place in brackets, if it is known."""
        found = self._find(self._path)
        return f" ({at(found)})" if found else ""

    def __str__(self) -> str:
        place = at(self.place) if self.place else ""
        head = f"{self._what} ({place})" if self._what and place else self._what or place
        return f"{head}: {self._rest}" if head else self._rest


NOWHERE = Where("")


class PlanError(Exception):
    """All problems of a plan. Raised before any host is touched.

    ``problems`` are texts such as ``"`web` overlaps `api`. Give one of them another subnet"``, without an ending.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = [unmarked(problem) for problem in problems]
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


def shape(text: str) -> str:
    """A text without what differs from host to host in one and the same mistake: its name, numbers and addresses."""
    return re.sub("[0-9][0-9a-f.:/]*", "", _HOST.sub("", text))


class _Problem:
    """One problem, and the hosts that have it. ``likewise``: those where it differs in some value only."""

    def __init__(self, what: str, fix: str, host: str | None = None) -> None:
        self.what, self.fix = what, fix
        self.hosts = {} if host is None else {host: None}
        self.likewise: dict[str, None] = {}

    def __str__(self) -> str:
        also = f" (likewise on {listed(self.likewise)})" if self.likewise else ""
        text = f"{self.what}{also}. {self.fix}"
        return unmarked(_HOST.sub(lambda _found: listed(self.hosts), text) if self.hosts else text)


class Problems:
    """Collects problems in the order in which they are found, each once, whichever hosts have it.

    What is written at one place for many hosts is one mistake, also where each of them has another value there.
    """

    def __init__(self) -> None:
        self._found: dict[Any, _Problem] = {}
        self._written: dict[Any, _Problem] = {}

    def add(self, what: str, fix: str) -> None:
        text = f"{what}. {fix}"
        hosts, places = set(_HOST.findall(text)), tuple(_PLACE.findall(text))
        if len(hosts) != 1:
            self._found.setdefault(text, _Problem(what, fix))
            return
        (host,) = hosts
        same = self._found.get(_HOST.sub("", text))
        there = (places, shape(text))
        alike = self._written.get(there) if places else None
        if same:
            same.hosts[host] = None
        elif alike and host not in alike.hosts:
            alike.likewise[host] = None
        else:
            self._written[there] = self._found[_HOST.sub("", text)] = _Problem(what, fix, host)

    def refuse(self, where: object, refusal: Refusal) -> None:
        self.add(f"{where}{refusal.what}", refusal.fix)

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def texts(self) -> list[str]:
        return [str(problem) for problem in self._found.values()]

    def stop_if_any(self) -> None:
        if self._found:
            raise PlanError(self.texts)
