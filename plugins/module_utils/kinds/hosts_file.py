# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``hosts_file``: a table of names in the hosts file that a container reads (hosts(5)).

A container has a block for each table, so that networks come and go one by one.
"""

from __future__ import annotations

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
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import WriteBlock
from ansible_collections.containerhost.network.plugins.module_utils.state import names
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


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
        """The file of a named namespace may be there before that is, and after."""
        return None

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield ("name table", values["table"])

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        entries = _entries(kernel, wanted.values["table"]) if wanted.present else None
        return wanted._replace(values={**wanted.values, "entries": entries})

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        if _entries(kernel, wanted.values["table"]) is None:
            yield f"there is no table {wanted.values['table']}; make it first (module name_table), or name another"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        asked: dict[str, list[Wanted]] = {}
        for object_ in wanted:
            asked.setdefault(object_.values["sandbox"]["ref"], []).append(object_)
        for ref in dict.fromkeys([*asked, *kernel.files.folder(names.NETNS_FILES)]):
            text = kernel.files.text(_path(ref))
            if text is None:
                continue
            if not names.is_ours(text):
                for object_ in asked.get(ref, ()):
                    yield Found(self.name, object_.key, object_.values, None)
                continue
            for (owner, table), entries in names.blocks(text).items():
                values = {"sandbox": {"engine": "netns", "ref": ref}, "table": table, "entries": entries}
                yield Found(self.name, self.key_of(values, owner), values, owner)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        before, after = found.values["entries"], wanted.values["entries"]
        return {} if before == after else {"entries": (before, after)}

    def add(self, wanted: Wanted) -> Rounds:
        values = wanted.values
        path = _path(values["sandbox"]["ref"])
        return [[WriteBlock(path, wanted.owner, values["table"], tuple(values["entries"]), whole=True)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        values = found.values
        return [[WriteBlock(_path(values["sandbox"]["ref"]), found.owner or "", values["table"], None, whole=True)]]


def _path(ref: str) -> str:
    return f"{names.NETNS_FILES}/{ref}/hosts"


def _entries(kernel: Kernel, table: str) -> list[str] | None:
    """A table as it will be, of what this run makes of it, or as it is."""
    will_be = dict(kernel.notes("name_table"))
    if table in will_be:
        return will_be[table]
    text = kernel.files.text(names.table_path(table))
    return None if text is None else names.read_table(text)[1]
