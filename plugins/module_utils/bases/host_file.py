# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all kinds have in common whose objects are files of the host, or parts of them."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import RESOLV
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Key,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import FilePlace
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names

BARE = "netns"  # the engine whose containers have files of ours
OF_THE_HOST = "host"  # instead of a namespace: a file that the host itself reads

SANDBOX = {
    "sandbox": {
        "type": "dict",
        "required": True,
        "options": {
            "engine": {"type": "str", "choices": list(sandboxes.ENGINES), "default": "netns"},
            "ref": {"type": "str", "required": True},
        },
    }
}


class HostFileKind(Kind):
    """Subclasses say in ``spell`` how options are spelled. A namespace has no files of its own."""

    def normalise(self, values: Values) -> Values:
        if values.get("netns") is not None:
            raise Problem(f"{self.name}: a file is the host's, and in no network namespace; leave `netns` out")
        return self.spell(dict(values))

    def spell(self, plain: Values) -> Values:
        raise NotImplementedError

    def file_of(self, values: Values) -> str | None:
        """The file that it is, if that is not one of a container's."""
        return None

    def seen(self, values: Values) -> list[str]:
        return [*self.summary(values), *filter(None, [self.file_of(values)])]

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        return {**super().differences(wanted, found), **opened(found)}


def opened(found: Found) -> dict[str, tuple[t.Any, t.Any]]:
    """A file that root alone is to write is written again where others may as well (``others_write``)."""
    return {"others_write": (True, False)} if found.values.get("others_write") else {}


def sandbox_of(values: Values, kind: str, file: str) -> dict[str, str]:
    """Whose file it is, checked; ``file`` is what people call it. Raises Problem."""
    sandbox = values.get("sandbox")
    if not isinstance(sandbox, dict) or not sandbox.get("ref"):
        raise Problem(f"{kind}: `sandbox` must say whose it is: {{engine: netns, ref: NAME}}")
    plain = {"engine": sandbox.get("engine") or BARE, "ref": str(sandbox["ref"])}
    sandboxes.netns_of(plain)  # refuses what is no reference
    if not has_hosts_file(plain["engine"]):
        raise Problem(f"{kind}: containers of {plain['engine']} have no {file} of their own on the host")
    return plain


def has_hosts_file(engine: str) -> bool:
    """Is there a file that containers of an engine have of their own for ``/etc/hosts``, and resolv.conf alike?"""
    return engine in sandboxes.ENGINES and sandboxes.ENGINES[engine].has_hosts_file


# -- files of containers ---------------------------------------------------------------------------------------


def place_of(kernel: Kernel, sandbox: t.Mapping[str, str], name: str) -> FilePlace | None:
    """Where a file of a container is; None where it has none. Raises NoNamespace where it does not run."""
    if sandbox["engine"] == BARE:
        return f"{names.NETNS_FILES}/{sandbox['ref']}/{name}"
    return kernel.sandboxes.file_of(sandboxes.netns_of(sandbox), name)


def why_it_waits(kernel: Kernel, sandbox: t.Mapping[str, str], name: str, instead: str) -> str | None:
    """Why a file of a container of an engine cannot be written now. ``instead``: what goes without it, in words.

    That of a named namespace may be there before that is, and after; that of a container is with it.
    """
    if sandbox["engine"] == BARE:
        return None
    lack = kernel.lack_of(sandboxes.netns_of(sandbox))
    if lack is not None:
        return lack
    what = "resolv.conf" if name == RESOLV else "hosts file"
    who, place = f"{sandbox['engine']} {sandbox['ref']}", place_of(kernel, sandbox, name)
    if place is None:
        return f"{who} has no {what} of its own: start it with one, or {instead}"
    fault = kernel.files.fault(place, f"/etc/{name}")
    if fault is None:
        return None
    own = sandboxes.ENGINES[sandbox["engine"]].own_file
    how = f", as by {own.format(name)}," if own else ","
    return f"the {what} of {who} {fault}: give it one of its own{how} or {instead}"


def known_keys(kernel: Kernel, kind: str, wanted: t.Iterable[Wanted]) -> set[Key]:
    """Objects in containers of engines. Whoever is in one may write to its files: only what the records tell of, or is
    wanted, is ours."""
    found = {key for key, _owner in kernel.records.owners_of(kind)}
    found.update(object_.key for object_ in wanted)
    return {key for key in found if key[1] != OF_THE_HOST and not str(key[1]).startswith("/")}


def texts_of(
    kernel: Kernel, name: str, known: t.Collection[Key]
) -> t.Iterator[tuple[dict[str, str], FilePlace | None, str]]:
    """Of containers of engines: which one, where its file is, and what it says. No place: nobody knows for now."""
    for netns in dict.fromkeys(str(key[1]) for key in known):
        engine, _colon, ref = netns.partition(":")
        sandbox = {"engine": engine, "ref": ref}
        try:
            place = _known_place(kernel, sandbox, netns, name)
            text = kernel.files.text_of_container(place) if place is not None else None
        except sandboxes.Unreachable:
            yield sandbox, None, ""
        except Problem:  # whoever is in it has made it something else
            continue
        else:
            if text is not None:
                yield sandbox, place, text


def _known_place(kernel: Kernel, sandbox: t.Mapping[str, str], netns: str, name: str) -> FilePlace | None:
    """Also of a container that does not run; None where there is none. Raises Unreachable where nobody can say."""
    if not kernel.sandboxes.may_know(netns):
        raise sandboxes.Unreachable(f"{netns} is not asked for now")
    try:
        return place_of(kernel, sandbox, name)
    except NoNamespace:
        return kernel.sandboxes.kept_file_of(netns, name)
