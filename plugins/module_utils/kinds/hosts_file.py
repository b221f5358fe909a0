# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``hosts_file``: a table of names in the hosts file that a container reads (hosts(5)).

A container has a block for each table, so that networks come and go one by one.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import (
    SANDBOX,
    HostFileKind,
    sandbox_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Key,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record, WriteBlock
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.state import names
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_BARE = "netns"  # the engine whose containers have a file of ours


class HostsFile(HostFileKind):
    name = "hosts_file"
    key = ("sandbox", "table")
    after = ("netns", "name_table")
    shared = True
    options = {**SANDBOX, "table": {"type": "str", "required": True}}

    def key_of(self, values: Values, owner: str) -> Key:
        return (None, sandboxes.netns_of(values["sandbox"]), values["table"], owner)

    def spell(self, plain: Values) -> Values:
        plain["sandbox"] = sandbox_of(plain, self.name)
        plain["table"] = names.table_name(plain["table"])
        return plain

    def label(self, values: Values) -> str:
        return f"{values['sandbox']['ref']} {values['table']}"

    def summary(self, values: Values) -> list[str]:
        return [f"names of {values['table']}: {len(values.get('entries') or ())}"]

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        """The file of a named namespace may be there before that is, and after; that of a container with it."""
        sandbox = wanted.values["sandbox"]
        if sandbox["engine"] == _BARE or not wanted.present:
            return None
        lack = kernel.lack_of(sandboxes.netns_of(sandbox))
        if lack is not None:
            return lack
        try:
            path = _path(kernel, sandbox)
            if path is not None and kernel.files.text(path) is not None:
                return None
        except Problem as error:
            return f"the hosts file of {sandbox['engine']} {sandbox['ref']} cannot be used: {error}"
        return (
            f"{sandbox['engine']} {sandbox['ref']} has no hosts file of its own: start it with one, or leave `hosts`"
            " out of its networks' `names`"
        )

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield ("name table", values["table"])

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        entries = _entries(kernel, wanted.values["table"]) if wanted.present else None
        return wanted._replace(
            values={**wanted.values, "entries": entries, "path": _path(kernel, wanted.values["sandbox"])}
        )

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        if _entries(kernel, wanted.values["table"]) is None:
            yield f"there is no table {wanted.values['table']}; make it first (module name_table), or name another"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        by_sandbox: dict[str, list[Wanted]] = {}
        for object_ in wanted:
            by_sandbox.setdefault(t.cast(str, object_.key[1]), []).append(object_)
        there = [{"engine": _BARE, "ref": ref} for ref in kernel.files.folder(names.NETNS_FILES)]
        asked = {name: some[0].values["sandbox"] for name, some in by_sandbox.items()}
        for name, sandbox in {**{sandboxes.netns_of(each): each for each in there}, **asked}.items():
            if sandbox["engine"] == _BARE:
                yield from self._in_namespaces_file(kernel, sandbox, by_sandbox.get(name, ()))
        yield from self._in_containers_files(kernel, by_sandbox)

    def _in_namespaces_file(
        self, kernel: Kernel, sandbox: Values, wanted: t.Sequence[Wanted]
    ) -> t.Iterator[Found]:
        """A file that is ours in whole, or somebody else's."""
        text = kernel.files.text(t.cast(str, _path(kernel, sandbox)))
        if text is None:
            return
        if not names.is_ours(text):
            yield from (Found(self.name, object_.key, object_.values, None) for object_ in wanted)
            return
        yield from self._blocks(kernel, sandbox, text)

    def _in_containers_files(
        self, kernel: Kernel, by_sandbox: t.Mapping[str, t.Sequence[Wanted]]
    ) -> t.Iterator[Found]:
        """Whoever is in a container may write to its file: only what the records tell of, or is wanted, is ours."""
        known = {key for key, _owner in kernel.records.owners_of(self.name)}
        known.update(object_.key for some in by_sandbox.values() for object_ in some)
        seen = set()
        for name in dict.fromkeys(str(key[1]) for key in known):
            engine, _colon, ref = name.partition(":")
            if name.startswith("/"):
                continue
            if not kernel.sandboxes.may_know(name):
                seen.update(key for key in known if key[1] == name)  # nobody knows for now
                continue
            sandbox = {"engine": engine, "ref": ref}
            with contextlib.suppress(Problem, NoNamespace):  # the file has gone with its container
                text = kernel.files.text(_path(kernel, sandbox) or "") or ""
                for found in self._blocks(kernel, sandbox, text):
                    if found.key in known:
                        seen.add(found.key)
                        yield found
        kernel.saw(self.name, None, seen)

    def _blocks(self, kernel: Kernel, sandbox: Values, text: str) -> t.Iterator[Found]:
        for (owner, table), entries in names.blocks(text).items():
            values = {"sandbox": sandbox, "table": table, "entries": entries, "path": _path(kernel, sandbox)}
            yield Found(self.name, self.key_of(values, owner), values, owner)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        before, after = found.values["entries"], wanted.values["entries"]
        return {} if before == after else {"entries": (before, after)}

    def add(self, wanted: Wanted) -> Rounds:
        return [[*_record(wanted.values, wanted.key, wanted.owner), _block(wanted.values, wanted.owner)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        without = {**found.values, "entries": None}
        return [[_block(without, found.owner or "")], [*_record(found.values, found.key, None)]]


def _block(values: Values, owner: str) -> WriteBlock:
    entries = values["entries"]
    whole = values["sandbox"]["engine"] == _BARE
    return WriteBlock(values["path"], owner, values["table"], None if entries is None else tuple(entries), whole)


def _record(values: Values, key: Key, owner: str | None) -> t.Iterator[Record]:
    if values["sandbox"]["engine"] != _BARE:
        yield Record(HostsFile.name, key, owner)


def _path(kernel: Kernel, sandbox: t.Mapping[str, str]) -> str | None:
    """Where a container's hosts file is; None where it has none. Raises NoNamespace where it does not run."""
    if sandbox["engine"] == _BARE:
        return f"{names.NETNS_FILES}/{sandbox['ref']}/hosts"
    return kernel.sandboxes.hosts_of(sandboxes.netns_of(sandbox))


def _entries(kernel: Kernel, table: str) -> list[str] | None:
    """A table as it will be, of what this run makes of it, or as it is."""
    will_be = dict(kernel.notes("name_table"))
    if table in will_be:
        return will_be[table]
    text = kernel.files.text(names.table_path(table))
    return None if text is None else names.read_table(text)[1]
