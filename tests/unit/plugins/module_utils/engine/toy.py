# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds that nobody has heard of, in a world of dictionaries: what the loop knows of them is their table alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Failure
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    ChangeSet,
    compare,
    wanted_object,
)


class Row(NamedTuple):
    """An object as the world has it."""

    values: dict[str, Any]
    owner: str | None
    leftover: bool = False


class Step(NamedTuple):
    verb: str
    kind: str
    key: tuple
    values: dict[str, Any]
    owner: str | None

    @property
    def operation(self) -> str:
        return f"{self.verb} {self.kind} {self.key[1]}"


@dataclass
class World:
    """What is there, what was done to it, and what it refuses: a socket that is taken, and whatever it is told to."""

    rows: dict[tuple[str, tuple], Row] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    transactions: dict[str, str] = field(default_factory=dict)  # refused, and whatever is done at once with it
    finished: int = 0
    notes: list[str] = field(default_factory=list)
    free: set[tuple] = field(default_factory=set)
    fitted: dict[str, str] = field(default_factory=dict)  # colours that become others, without a word
    used: dict[str, str] = field(default_factory=dict)  # what somebody else uses, by name

    # -- as the kernel's picture

    def will_free(self, places: Iterable[tuple]) -> None:
        self.free.update(places)

    def will_be_free(self, place: tuple) -> bool:
        return place in self.free

    # -- as the executor

    def kernel_now(self) -> None:
        """No kind here looks at it."""

    @property
    def picture(self) -> World:
        return self

    def do(self, steps: list[Step]) -> list[Failure]:
        failures = []
        together = next((step.operation for step in steps if step.operation in self.transactions), None)
        if together:
            self.log.append(f"{len(steps)} at once")
            return [Failure(n, step.operation, self.transactions[together], True) for n, step in enumerate(steps)]
        for position, step in enumerate(steps):
            reason = self.refused.get(step.operation) or self._do(step)
            if reason:
                failures.append(Failure(position, step.operation, reason))
        return failures

    @property
    def begun(self) -> World:
        return self

    def note(self, wanted: Iterable[Wanted]) -> None:
        pass

    def adopted(self, wanted: Iterable[Wanted]) -> None:
        pass

    def finish(self) -> None:
        self.finished += 1

    def _do(self, step: Step) -> str | None:
        self.log.append(step.operation)
        place = (step.kind, step.key)
        if step.verb == "screw":
            return None
        if step.verb == "remove":
            return None if self.rows.pop(place, None) else "there is none"
        if (step.verb == "add") == (place in self.rows):
            return "File exists" if step.verb == "add" else "there is none"
        socket = step.values.get("socket")
        if socket and any(row.values.get("socket") == socket for other, row in self.rows.items() if other != place):
            return f"{socket} is taken"
        before = self.rows.get(place)
        values = {**(before.values if before else {}), **step.values}
        if values.get("colour") in self.fitted:
            values["colour"] = self.fitted[values["colour"]]
        self.rows[place] = Row(values, step.owner)
        return None


class Lamp(Kind):
    """A lamp is known by its name; it burns in a colour; its fitting is fixed; one socket takes one lamp.

    It may hang on another thing, and a bulb is screwed in when it is there.
    """

    name = "lamp"
    key = ("name",)
    fixed = frozenset(("fitting",))
    marked = True
    options = {
        "name": {"type": "str", "required": True},
        "colour": {"type": "str"},
        "fitting": {"type": "str"},
        "socket": {"type": "str"},
        "hangs_on": {"type": "str"},
        "bulb": {"type": "str"},
    }

    def normalise(self, values: dict[str, Any]) -> dict[str, Any]:
        if values["name"] == "":
            raise Problem("a lamp needs a name")
        return {**values, "name": values["name"].lower()}

    def read(self, kernel: World, wanted: list[Wanted]) -> Iterator[Found]:
        for (kind, key), row in kernel.rows.items():
            if kind == self.name:
                yield Found(self.name, key, dict(row.values), row.owner, row.leftover)

    def occupies(self, values: dict[str, Any]) -> Iterable[tuple]:
        if not self.shared:
            yield (self.name, values["name"])
        if values.get("socket"):
            yield ("socket", values["socket"])

    def in_use(self, kernel: World, found: Found) -> str | None:
        return kernel.used.get(found.values["name"])

    def stands_on(self, values: dict[str, Any]) -> Iterable[tuple]:
        if values.get("hangs_on"):
            yield tuple(values["hangs_on"].split())

    def note(self, kernel: World, change: Any) -> None:
        kernel.notes.append(f"{change.action} {change.kind} {change.values.get('name')}")

    def read_back(self, kernel: World, wanted: Wanted) -> Found | None:
        row = kernel.rows.get((self.name, wanted.key))
        known = {name: value for name, value in row.values.items() if name in ("name", "colour")} if row else None
        return Found(self.name, wanted.key, known, wanted.owner) if known else None

    def add(self, wanted: Wanted) -> list[list[Step]]:
        made = [Step("add", self.name, wanted.key, wanted.values, wanted.owner)]
        return [made, [Step("screw", self.name, wanted.key, {}, None)]] if wanted.values.get("bulb") else [made]

    def undo(self, wanted: Wanted) -> list[list[Step]]:
        return self.remove(Found(self.name, wanted.key, wanted.values, wanted.owner))

    def change(self, wanted: Wanted, found: Found, differences: dict[str, Any]) -> list[list[Step]]:
        changed = {name: new for name, (_old, new) in differences.items() if name != "owner"}
        return [[Step("change", self.name, wanted.key, changed, wanted.owner)]]

    def leave(self, wanted: Wanted, found: Found) -> tuple[list[list[Step]], Found]:
        after = {**found.values, "socket": None}
        step = Step("leave", self.name, found.key, {"socket": None}, found.owner)
        return [[step]], found._replace(values=after)

    def remove(self, found: Found) -> list[list[Step]]:
        return [[Step("remove", self.name, found.key, found.values, found.owner)]]


class Shade(Lamp):
    """A shade goes on a lamp."""

    name = "shade"
    after = ("lamp",)


class Tassel(Lamp):
    name = "tassel"
    after = ("shade",)


class Room(Lamp):
    """Anybody's room will do."""

    name = "room"
    accepts_foreign = True


class Subscription(Lamp):
    """Many hold it; it is each one's own."""

    name = "subscription"
    shared = True
    marked = False


# Not in the order of dependence: the loop must find that itself.
KINDS = (Tassel(), Shade(), Lamp(), Room(), Subscription())
BY_NAME = {kind.name: kind for kind in KINDS}


def want(name: str, kind: str = "lamp", owner: str = "plan/web", **values: Any) -> Wanted:
    present = values.pop("present", True)
    recreate = values.pop("recreate", False)
    return wanted_object(BY_NAME[kind], {"name": name, **values}, owner, present, recreate)


def stands(*wanted: Wanted) -> World:
    """A world in which that has been made."""
    return World({(object_.kind, object_.key): Row(dict(object_.values), object_.owner) for object_ in wanted})


def foreign(name: str, kind: str = "lamp", leftover: bool = False, **values: Any) -> dict:
    """A row that carries no mark."""
    object_ = want(name, kind, **values)
    return {(kind, object_.key): Row(dict(object_.values), None, leftover)}


def planned(world: World, *wanted: Wanted, leaves: Any = lambda found: False) -> ChangeSet:
    return compare(KINDS, world, wanted, leaves)


def run(world: World, *wanted: Wanted, leaves: Any = lambda found: False) -> ChangeSet:
    todo = planned(world, *wanted, leaves=leaves)
    apply(KINDS, world, todo)
    return todo


def said(changes: Iterable[Any]) -> list[str]:
    return [f"{change.action} {change.kind} {change.values['name']}" for change in changes]
