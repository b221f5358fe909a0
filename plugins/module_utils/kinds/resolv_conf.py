# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``resolv_conf``: which name servers programs in a named namespace ask, and how (resolv.conf(5))."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical, sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import (
    SANDBOX,
    HostFileKind,
    sandbox_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Key,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import WriteFile
from ansible_collections.containerhost.network.plugins.module_utils.state import names
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_WORDS = {"servers": "nameserver", "search": "search", "options": "options"}
_OPTION = re.compile(r"[a-z0-9-]+(:[0-9]+)?")
_MOST_SERVERS = 3  # MAXNS, resolv.h


class ResolvConf(HostFileKind):
    name = "resolv_conf"
    key = ("sandbox",)
    after = ("netns",)
    marked = True
    options = {
        **SANDBOX,
        "servers": {"type": "list", "elements": "str"},
        "search": {"type": "list", "elements": "str"},
        "options": {"type": "list", "elements": "str"},
    }

    def key_of(self, values: Values, owner: str) -> Key:
        return (None, sandboxes.netns_of(values["sandbox"]))

    def spell(self, plain: Values) -> Values:
        plain["sandbox"] = sandbox_of(plain, self.name)
        if plain["sandbox"]["engine"] != "netns":
            raise Problem(f"resolv_conf: that of a container of {plain['sandbox']['engine']} is written by its engine")
        plain["servers"] = [canonical.address(each, "server") for each in plain.get("servers") or ()]
        plain["search"] = [_domain(each) for each in plain.get("search") or ()]
        plain["options"] = [_option(each) for each in plain.get("options") or ()]
        if plain.get("state") != "absent" and not 0 < len(plain["servers"]) <= _MOST_SERVERS:
            raise Problem(
                f"resolv_conf {plain['sandbox']['ref']} has {len(plain['servers'])} `servers`: give one to"
                f" {_MOST_SERVERS}, as programs ask no more"
            )
        return plain

    def label(self, values: Values) -> str:
        return values["sandbox"]["ref"]

    def summary(self, values: Values) -> list[str]:
        return _lines(values)

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        """The file of a named namespace may be there before that is, and after."""
        return None

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        refs = [object_.values["sandbox"]["ref"] for object_ in wanted]
        for ref in dict.fromkeys([*refs, *kernel.files.folder(names.NETNS_FILES)]):
            text = kernel.files.text(_path(ref))
            if text is not None:
                owner, lines = names.read_table(text)
                values: Values = {"sandbox": {"engine": "netns", "ref": ref}, **_read(lines)}
                yield Found(self.name, self.key_of(values, ""), values, owner if names.is_ours(text) else None)

    def add(self, wanted: Wanted) -> Rounds:
        text = names.table_text(wanted.owner, _lines(wanted.values))
        return [[WriteFile(_path(wanted.values["sandbox"]["ref"]), text, in_place=True)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        return [[WriteFile(_path(found.values["sandbox"]["ref"]), None)]]


def _path(ref: str) -> str:
    return f"{names.NETNS_FILES}/{ref}/resolv.conf"


def _lines(values: Values) -> list[str]:
    asked = [f"nameserver {each}" for each in values["servers"]]
    return asked + [f"{name} {' '.join(values[name])}" for name in ("search", "options") if values[name]]


def _read(lines: t.Sequence[str]) -> dict[str, list[str]]:
    """What it says, line by line; what else somebody has written there is an option that nobody wants."""
    found: dict[str, list[str]] = {name: [] for name in _WORDS}
    for line in lines:
        word, *rest = line.split() or [""]
        name = next((name for name, its in _WORDS.items() if its == word), None)
        found[name or "options"] += rest if name else [line]
    return found


def _domain(name: str) -> str:
    fault = names.name_fault(name)
    if fault is not None:
        raise Problem(f"search {name!r} is no domain ({fault})")
    return name


def _option(text: str) -> str:
    if not _OPTION.fullmatch(text):
        raise Problem(f"option {text!r} is none of resolv.conf(5): write it as in ndots:2 or rotate")
    return text
