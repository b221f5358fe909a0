# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``hosts_file``: a table of names in the hosts file that a container reads (hosts(5)).

A container has a block for each table, so that networks come and go one by one. So has the host itself, in its own.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import HOSTS
from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import (
    BARE,
    OF_THE_HOST,
    SANDBOX,
    HostFileKind,
    known_keys,
    opened,
    place_of,
    sandbox_of,
    texts_of,
    why_it_waits,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Key,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record, WriteBlock
from ansible_collections.containerhost.network.plugins.module_utils.kinds.name_table import IN_THE_END, NameTable
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import FilePlace
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names

_HOSTS_OWN = f"/etc/{HOSTS}"


class HostsFile(HostFileKind):
    name = "hosts_file"
    key = ("sandbox", "table")
    after = ("netns", "name_table")
    shared = True
    options = {
        "sandbox": {name: value for name, value in SANDBOX["sandbox"].items() if name != "required"},
        "table": {"type": "str", "required": True},
    }

    def key_of(self, values: Values, owner: str) -> Key:
        sandbox = values.get("sandbox")
        return (None, OF_THE_HOST if sandbox is None else sandboxes.netns_of(sandbox), values["table"], owner)

    def spell(self, plain: Values) -> Values:
        if plain.get("sandbox") is not None:
            plain["sandbox"] = sandbox_of(plain, self.name, "hosts file")
        plain["table"] = names.table_name(plain["table"])
        return plain

    def label(self, values: Values) -> str:
        return f"{values['sandbox']['ref'] if values.get('sandbox') else OF_THE_HOST} {values['table']}"

    def summary(self, values: Values) -> list[str]:
        return [f"names of {values['table']}: {len(values.get('entries') or ())}"]

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        instead = "leave `hosts` out of its networks' `names`"
        sandbox = wanted.values.get("sandbox")
        return why_it_waits(kernel, sandbox, HOSTS, instead) if wanted.present and sandbox else None

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield ("name table", values["table"])

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        entries = _entries(kernel, wanted.values["table"]) if wanted.present else None
        place = _place(kernel, wanted.values.get("sandbox")) if wanted.present else None
        return wanted._replace(values={**wanted.values, "entries": entries, "path": place})

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        if _entries(kernel, wanted.values["table"]) is None:
            yield f"there is no table {wanted.values['table']}; make it first (module name_table), or name another"
        fault = None if wanted.values.get("sandbox") else kernel.files.fault(_HOSTS_OWN, "/")
        if fault is not None:
            yield f"{_HOSTS_OWN} of the host {fault}: make it a file that can be written to, or leave out `on_host`"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        by_sandbox: dict[str, list[Wanted]] = {}
        for object_ in wanted:
            if object_.values.get("sandbox"):
                by_sandbox.setdefault(t.cast(str, object_.key[1]), []).append(object_)
        yield from self._blocks(None, _HOSTS_OWN, kernel.files.text(_HOSTS_OWN) or "")
        there = [{"engine": BARE, "ref": ref} for ref in kernel.files.folder(names.NETNS_FILES)]
        asked = {name: some[0].values["sandbox"] for name, some in by_sandbox.items()}
        for name, sandbox in {**{sandboxes.netns_of(each): each for each in there}, **asked}.items():
            if sandbox["engine"] == BARE:
                yield from self._in_namespaces_file(kernel, sandbox, by_sandbox.get(name, ()))
        known = known_keys(kernel, self.name, wanted)
        seen: set[Key] = set()
        for sandbox, place, text in texts_of(kernel, HOSTS, known):
            if place is None:
                seen.update(key for key in known if key[1] == sandboxes.netns_of(sandbox))
                continue
            ours = [each for each in self._blocks(sandbox, place, text) if each.key in known]
            seen.update(each.key for each in ours)
            yield from ours
        kernel.saw(self.name, None, seen)

    def _in_namespaces_file(
        self, kernel: Kernel, sandbox: Values, wanted: t.Sequence[Wanted]
    ) -> t.Iterator[Found]:
        """A file that is ours in whole, or somebody else's."""
        place = t.cast("FilePlace", place_of(kernel, sandbox, HOSTS))
        text = kernel.files.text(place)
        if text is None:
            return
        if not names.is_ours(text):
            yield from (Found(self.name, object_.key, object_.values, None) for object_ in wanted)
            return
        open_to_others = kernel.files.others_may_write(str(place))
        for found in self._blocks(sandbox, place, text):
            found.values["others_write"] = open_to_others
            yield found

    def _blocks(self, sandbox: Values | None, place: FilePlace, text: str) -> t.Iterator[Found]:
        for (owner, table), entries in names.blocks(text).items():
            values = {"sandbox": sandbox, "table": table, "entries": entries, "path": place}
            yield Found(self.name, self.key_of(values, owner), values, owner)

    waits = ("switch",)

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """As its table."""
        kept = names.until_all_turn(found.values["entries"], wanted.values["entries"])
        return wanted._replace(values={**wanted.values, "entries": kept})

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        before, after = found.values["entries"], wanted.values["entries"]
        differences: dict[str, tuple[t.Any, t.Any]] = {} if before == after else {"entries": (before, after)}
        return {**differences, **opened(found)}

    def add(self, wanted: Wanted) -> Rounds:
        return [[*_record(wanted.values, wanted.key, wanted.owner), _block(wanted.values, wanted.owner)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        without = {**found.values, "entries": None}
        return [[_block(without, found.owner or "")], [*_record(found.values, found.key, None)]]


def _block(values: Values, owner: str) -> WriteBlock:
    entries = values["entries"]
    # What is in a container's own file system may be missing there, and is then ours.
    sandbox = values.get("sandbox")
    whole = sandbox is not None and (sandbox["engine"] == BARE or not isinstance(values["path"], str))
    return WriteBlock(values["path"], owner, values["table"], None if entries is None else tuple(entries), whole)


def _record(values: Values, key: Key, owner: str | None) -> t.Iterator[Record]:
    if values.get("sandbox") and values["sandbox"]["engine"] != BARE:
        yield Record(HostsFile.name, key, owner)


def _place(kernel: Kernel, sandbox: t.Mapping[str, str] | None) -> FilePlace | None:
    return _HOSTS_OWN if sandbox is None else place_of(kernel, sandbox, HOSTS)


def _entries(kernel: Kernel, table: str) -> list[str] | None:
    """A table as it will be in the end, of what this run makes of it, or as it is."""
    will_be = {**dict(kernel.notes(NameTable.name)), **dict(kernel.notes(IN_THE_END))}
    if table in will_be:
        return will_be[table]
    text = kernel.files.text(names.table_path(table))
    return None if text is None else names.read_table(text)[1]
