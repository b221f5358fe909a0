# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host's side talks about: objects that are wanted, objects that are there, and what is to change."""

from __future__ import annotations

import typing as t

Values = t.Dict[str, t.Any]
Key = t.Tuple[t.Any, ...]


class Wanted(t.NamedTuple):
    """An object as the document or a task wants it. ``owner`` is who is marked on what gets made for it."""

    kind: str
    key: Key
    values: Values
    owner: str
    present: bool = True
    recreate: bool = False

    @property
    def netns(self) -> str | None:
        return self.values.get("netns")


class Found(t.NamedTuple):
    """An object as the kernel has it, in the words of its kind's options.

    ``owner`` is None when it carries no mark of ours. ``leftover`` says that it carries none because a run was
    killed between making and marking it, as its derived name, MAC and group together prove.
    """

    kind: str
    key: Key
    values: Values
    owner: str | None
    leftover: bool = False

    @property
    def netns(self) -> str | None:
        return self.values.get("netns")


class Change(t.NamedTuple):
    """What is to be done about one object.

    ``action`` is ``add``, ``change``, ``recreate`` or ``remove``; ``differences`` maps an option to what it is
    and what it will be. The same value makes the diff, decides ``changed`` and is turned into messages.
    """

    action: str
    kind: str
    wanted: Wanted | None
    found: Found | None
    differences: t.Mapping[str, tuple[t.Any, t.Any]]

    @property
    def values(self) -> Values:
        subject = self.wanted or self.found
        return subject.values if subject else {}

    @property
    def owner(self) -> str:
        subject = self.wanted or self.found
        return (subject.owner if subject else None) or ""

    @property
    def key(self) -> Key:
        subject = self.wanted or self.found
        return subject.key if subject else ()


class Pending(t.NamedTuple):
    """A wanted object that is left as it is for now, and why, in a sentence.

    ``blocked``: something on the host keeps it from being made, not only a container that does not run.
    """

    wanted: Wanted
    reason: str
    blocked: bool = False


def namespaces(wanted: t.Iterable[Wanted]) -> set[str | None]:
    """Where a kind looks for objects: the host's own namespace, and those that some are wanted in."""
    return {None, *(object_.netns for object_ in wanted)}


def place(values: Values, netns: str | None) -> None:
    """Say where an object was found; the host's own namespace goes without saying."""
    if netns is not None:
        values["netns"] = netns


class Problem(Exception):
    """Something that must be put right before anything is done: one sentence for a person."""


def realm(owner: str) -> str:
    """Owners hand over within a realm: ``plan/web`` to ``plan/shop``, never to ``task``."""
    return owner.split("/", 1)[0]


def gives_way(leftover: str, wanted: str) -> bool:
    """Does what nobody wants any more go before it is asked to, where something wanted needs its place?

    The plan is whole: what it does not name is left over. A task names some of its objects, and leaves the others be.
    """
    return realm(leftover) == realm(wanted) == "plan"


def network_of(owner: str) -> str:
    """The network in an owner of the plan's, and anybody else's whole name."""
    return owner.split("/", 1)[-1]
