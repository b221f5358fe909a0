# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``joined``: a container in the network namespace of another, its partner (Docker's ``container:NAME``).

Of a bare namespace it is the name: a second file below /run/netns leads to the partner's. A container of an engine has
been started there by its engine, or has not: then it waits for that.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases import sandbox_interface
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Key,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import BindNetns, DeleteNetns, Record
from ansible_collections.containerhost.network.plugins.module_utils.state import named
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_SANDBOX = sandbox_interface.SANDBOX_OPTIONS["sandbox"]
_BARE = "netns"


class Joined(Kind):
    name = "joined"
    options = {"container": {**_SANDBOX, "required": True}, "joins": {**_SANDBOX, "required": True}}
    key = ("container", "joins")
    after = ("netns",)
    marked = True

    def normalise(self, values: Values) -> Values:
        if values.get("netns") is not None:
            raise Problem("joined: containers are the host's; leave `netns` out")
        plain = {**values, **{name: _sandbox(values.get(name), name) for name in self.key}}
        if plain["container"] == plain["joins"]:
            raise Problem(f"{_called(plain['container'])} cannot join itself: name another container in `joins`")
        return plain

    def key_of(self, values: Values, owner: str) -> Key:
        return (None, *(values[name][part] for name in self.key for part in ("engine", "ref")))

    def label(self, values: Values) -> str:
        return f"{_called(values['container'])} in {_called(values['joins'])}"

    def summary(self, values: Values) -> list[str]:
        return []

    def occupies(self, values: Values) -> t.Iterable[Place]:
        if values["container"]["engine"] == _BARE:
            yield (_BARE, values["container"]["ref"])

    def holds(self, values: Values) -> t.Iterable[Place]:
        if values["joins"]["engine"] == _BARE:
            yield (_BARE, values["joins"]["ref"])

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        """The partner does not run, or the container, or its engine has not started it there."""
        sandbox, joins = wanted.values["container"], wanted.values["joins"]
        lack = sandbox_interface.lack_of(kernel, joins, _path(joins))
        if lack is not None or sandbox["engine"] == _BARE:
            return lack
        lack = kernel.lack_of(_path(sandbox))
        if lack is None and not kernel.is_one(_path(sandbox), _path(joins)):
            lack = (
                f"{_called(sandbox)} is not in the network namespace of {_called(joins)}, which it is to join: start it"
                " there, with that container's network as its own"
            )
        return lack

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        """What an engine has joined is its own; of names that were made here, the records tell."""
        asked = {object_.key: object_ for object_ in wanted}
        for key, object_ in asked.items():
            found = self._read_one(kernel, key, object_)
            if found is not None:
                yield found
        for key, owner in kernel.records.owners_of(self.name):
            if key not in asked:
                yield Found(self.name, key, _values(key), owner)

    def _read_one(self, kernel: Kernel, key: Key, wanted: Wanted) -> Found | None:
        sandbox, path = wanted.values["container"], _path(wanted.values["container"])
        is_one = kernel.is_one(path, _path(wanted.values["joins"]))
        recorded = kernel.records.owner(self.name, key)
        if recorded is not None:
            return Found(self.name, key, {**_values(key), "is_there": is_one}, recorded)
        if is_one:  # somebody else's doing serves as well, and stays theirs
            ours = sandbox["engine"] == _BARE and sandbox["ref"] in (kernel.netns_made_here() or ())
            values = {**_values(key), "is_there": True}
            return Found(self.name, key, values, None if ours else wanted.owner, leftover=ours)
        others = kernel.records.owner(_BARE, (None, sandbox["ref"])) or _joined_elsewhere(kernel, sandbox["ref"])
        if kernel.identity(path) is None or others is not None:  # what is there of ours goes first
            return None
        return Found(self.name, key, _values(key), None)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        if found.values.get("is_there"):
            return {}
        return {"network namespace": ("another", f"that of {_called(wanted.values['joins'])}")}

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        sandbox = wanted.values["container"]
        lack = kernel.lack_of(_path(sandbox)) if sandbox["engine"] == _BARE else None
        there = named.stands_at(sandbox["ref"], kernel.records) if lack is not None else None
        if there is not None and _joined_elsewhere(kernel, sandbox["ref"]) is None:
            yield f"{lack}, and {there} stands there: remove it, or give the namespace another name"

    def note(self, kernel: Kernel, change: Change) -> None:
        if change.action != "remove" and change.values["container"]["engine"] == _BARE:
            kernel.will_make_netns(_path(change.values["container"]))

    def add(self, wanted: Wanted) -> Rounds:
        name = wanted.values["container"]["ref"]
        return [[Record(self.name, wanted.key, wanted.owner), BindNetns(name, _path(wanted.values["joins"]))]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        noted: Rounds = [[Record(self.name, wanted.key, wanted.owner)]]
        if set(differences) == {"owner"}:
            return noted
        return [[DeleteNetns(wanted.values["container"]["ref"])], *self.add(wanted)]

    def remove(self, found: Found) -> Rounds:
        return [[DeleteNetns(found.values["container"]["ref"])], [Record(self.name, found.key, None)]]

    def undo(self, wanted: Wanted) -> Rounds:
        return [[DeleteNetns(wanted.values["container"]["ref"])], [Record(self.name, wanted.key, None)]]


def _sandbox(value: t.Any, name: str) -> dict[str, str]:
    if not isinstance(value, dict) or not value.get("ref"):
        raise Problem(f"joined: `{name}` must name a container: {{engine: netns, ref: NAME}}")
    sandbox = {"engine": value.get("engine") or _BARE, "ref": str(value["ref"])}
    sandboxes.netns_of(sandbox)  # refuses what is no reference
    return sandbox


def _path(sandbox: sandboxes.Sandbox) -> str:
    return sandboxes.netns_of(sandbox)


def _called(sandbox: sandboxes.Sandbox) -> str:
    return f"{sandbox['engine']} {sandbox['ref']}"


def _values(key: Key) -> Values:
    return {"container": {"engine": key[1], "ref": key[2]}, "joins": {"engine": key[3], "ref": key[4]}}


def _joined_elsewhere(kernel: Kernel, name: str) -> str | None:
    """Whose name it is, where it leads to a partner."""
    return kernel.records.joined_names().get(name)
