# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``resolv_conf``: which name servers programs in a container ask, and how (resolv.conf(5)).

The file of a named namespace is ours in whole. In that of an engine's container we have a part. An engine that has a
name server of its own for the container's other networks, as Docker at 127.0.0.11, is asked on: programs ask one alone.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical, sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import RESOLV
from ansible_collections.containerhost.network.plugins.module_utils.bases.host_file import (
    BARE,
    SANDBOX,
    HostFileKind,
    known_keys,
    opened,
    place_of,
    sandbox_of,
    texts_of,
    why_it_waits,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Key,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record, WriteFile, WriteResolv
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names, resolv

_DOCKERS = "127.0.0.11"  # resolver_unix.go, libnetwork
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
        "needed": {"type": "bool", "default": True},
    }

    def key_of(self, values: Values, owner: str) -> Key:
        return (None, sandboxes.netns_of(values["sandbox"]))

    def spell(self, plain: Values) -> Values:
        plain["sandbox"] = sandbox_of(plain, self.name, "resolv.conf")
        plain["servers"] = [canonical.address(each, "server") for each in plain.get("servers") or ()]
        plain["search"] = [_domain(each) for each in plain.get("search") or ()]
        plain["options"] = [_option(each) for each in plain.get("options") or ()]
        plain["needed"] = plain.get("needed", True) is not False
        if plain.get("state") != "absent":
            _check(plain)
        return plain

    def label(self, values: Values) -> str:
        return values["sandbox"]["ref"]

    def file_of(self, values: Values) -> str | None:
        sandbox = values["sandbox"]
        return _path(sandbox["ref"]) if sandbox["engine"] == BARE else None

    def summary(self, values: Values) -> list[str]:
        return resolv.lines_of(values)

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        sandbox, servers = wanted.values["sandbox"], wanted.values["servers"]
        if not wanted.present or sandbox["engine"] == BARE:
            return None
        waits = why_it_waits(kernel, sandbox, RESOLV, "leave `dns` and `resolver` out of its networks")
        own = _of_its_engine(kernel, wanted) if waits is None and wanted.values["needed"] else None
        if own is None or {*servers} & {*kernel.sandboxes.asked_by(sandboxes.netns_of(sandbox))}:
            return waits
        return (
            f"{sandbox['engine']} {sandbox['ref']} asks its engine's own name server ({own}), not {servers[0]}: start"
            f" it with --dns {servers[0]}, which that one then asks, or write names: [hosts, resolver] for its networks"
        )

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """What it is to say where its engine has a name server of its own."""
        if not wanted.present or wanted.values["sandbox"]["engine"] == BARE:
            return wanted
        servers = [] if _of_its_engine(kernel, wanted) else wanted.values["servers"]
        place = place_of(kernel, wanted.values["sandbox"], RESOLV)
        return wanted._replace(values={**wanted.values, "servers": servers, "path": place})

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        refs = [each.values["sandbox"]["ref"] for each in wanted if each.values["sandbox"]["engine"] == BARE]
        for ref in dict.fromkeys([*refs, *kernel.files.folder(names.NETNS_FILES)]):
            text = kernel.files.text(_path(ref))
            if text is not None:
                owner, lines = names.read_table(text)
                values: Values = {"sandbox": {"engine": BARE, "ref": ref}, **resolv.read(lines)}
                values["others_write"] = kernel.files.others_may_write(_path(ref))
                yield Found(self.name, self.key_of(values, ""), values, owner if names.is_ours(text) else None)
        yield from self._of_engines(kernel, {each.key: each for each in wanted})

    def _of_engines(self, kernel: Kernel, wanted: t.Mapping[Key, Wanted]) -> t.Iterator[Found]:
        """Whose a part is, the records say: whoever is in the container may change the mark."""
        known = known_keys(kernel, self.name, wanted.values())
        seen: set[Key] = set()
        for sandbox, place, text in texts_of(kernel, RESOLV, known):
            key: Key = (None, sandboxes.netns_of(sandbox))
            object_ = wanted.get(key)
            owner, lines = resolv.part(text)
            if place is None or owner is not None:
                seen.add(key)
            if owner is not None:
                values = {"sandbox": sandbox, "path": place, **resolv.read(lines)}
                recorded = kernel.records.owner(self.name, key)
                yield Found(self.name, key, values, recorded or (object_.owner if object_ else None))
            elif object_ is not None and not resolv.lines_of(object_.values):
                yield Found(self.name, key, object_.values, object_.owner)  # nothing to be said is said
        kernel.saw(self.name, None, seen)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        both = ((name, found.values[name], wanted.values[name]) for name in resolv.WORDS)
        return {**{name: (before, after) for name, before, after in both if before != after}, **opened(found)}

    def add(self, wanted: Wanted) -> Rounds:
        values, lines = wanted.values, resolv.lines_of(wanted.values)
        if values["sandbox"]["engine"] == BARE:
            text = names.table_text(wanted.owner, lines)
            return [[WriteFile(_path(values["sandbox"]["ref"]), text, in_place=True)]]
        return [
            [Record(self.name, wanted.key, wanted.owner), WriteResolv(values["path"], wanted.owner, tuple(lines))]
        ]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        if found.values["sandbox"]["engine"] == BARE:
            return [[WriteFile(_path(found.values["sandbox"]["ref"]), None)]]
        return [[WriteResolv(found.values["path"], found.owner or "", ())], [Record(self.name, found.key, None)]]


def _path(ref: str) -> str:
    return f"{names.NETNS_FILES}/{ref}/resolv.conf"


def _check(values: Values) -> None:
    """Raises Problem for what says too little, or more than programs take."""
    who, servers = values["sandbox"]["ref"], values["servers"]
    is_whole = values["sandbox"]["engine"] == BARE
    if len(servers) > _MOST_SERVERS or (is_whole and not servers):
        raise Problem(
            f"resolv_conf {who} has {len(servers)} `servers`: give one to {_MOST_SERVERS}, as programs ask no more"
        )
    if not resolv.lines_of(values):
        raise Problem(f"resolv_conf {who} says nothing: give `servers`, `search` or `options`")


def _of_its_engine(kernel: Kernel, wanted: Wanted) -> str | None:
    """A name server of the engine's that the container asks for names of its networks: none of those of the host."""
    if not wanted.values["servers"]:
        return None
    place = place_of(kernel, wanted.values["sandbox"], RESOLV)
    asked = resolv.servers_in((kernel.files.text_of_container(place) if place is not None else None) or "")
    if _DOCKERS in asked:
        return _DOCKERS
    own = set().union(*kernel.given_addresses().values()) - {*wanted.values["servers"]}
    own -= {*resolv.servers_in(kernel.files.text(f"/etc/{RESOLV}") or "")}
    return next((each for each in asked if each in own), None)


def _domain(name: str) -> str:
    fault = names.name_fault(name)
    if fault is not None:
        raise Problem(f"search {name!r} is no domain ({fault})")
    return name


def _option(text: str) -> str:
    if not _OPTION.fullmatch(text):
        raise Problem(f"option {text!r} is none of resolv.conf(5): write it as in ndots:2 or rotate")
    return text
