# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``name_table``: the names on a network, a file of lines as in a hosts file (hosts(5)), which others read."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import HostFileKind
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change, Found, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import WriteFile
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names

IN_THE_END = "tables in the end"  # notes: what each is to be once nothing waits for other hosts
_SHOWN = 10  # entries of a table that is added or removed


class NameTable(HostFileKind):
    name = "name_table"
    key = ("name",)
    marked = True
    options = {"name": {"type": "str", "required": True}, "entries": {"type": "list", "elements": "str"}}

    def spell(self, plain: Values) -> Values:
        plain["name"] = names.table_name(plain["name"])
        plain["entries"] = list(dict.fromkeys(map(names.entry, plain.get("entries") or ())))
        return plain

    def file_of(self, values: Values) -> str | None:
        return names.table_path(values["name"])

    def summary(self, values: Values) -> list[str]:
        rows = values.get("entries") or []
        more = [f"and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
        return [*rows[:_SHOWN], *more] or ["empty"]

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("name table", values["name"])

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for name in kernel.files.folder(names.FOLDER):
            text = kernel.files.text(names.table_path(name))
            if text is not None:
                owner, entries = names.read_table(text)
                open_to = kernel.files.others_may_write(names.table_path(name))
                values = {"name": name, "entries": entries, "others_write": open_to}
                yield Found(self.name, (None, name), values, owner)

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        if wanted.present:
            kernel.notes(IN_THE_END).append((wanted.values["name"], wanted.values["entries"]))
        return wanted

    def note(self, kernel: Kernel, change: Change) -> None:
        entries = None if change.action == "remove" else change.values["entries"]
        kernel.notes(self.name).append((change.values["name"], entries))

    waits = ("switch",)

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        kept = names.until_all_turn(found.values["entries"], wanted.values["entries"])
        return wanted._replace(values={**wanted.values, "entries": kept})

    def add(self, wanted: Wanted) -> Rounds:
        text = names.table_text(wanted.owner, wanted.values["entries"])
        return [[WriteFile(names.table_path(wanted.values["name"]), text)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        return [[WriteFile(names.table_path(found.values["name"]), None)]]
