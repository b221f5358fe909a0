# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What plugins of ours have made for engines: which container has which addresses, and the objects of its endpoint.

It is kept in one file in /run, as containers and their addresses do not outlive a boot. It is written before the kernel
is changed and after what was made is gone; whoever writes it holds the host's lock. It goes with its last entry.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.canonical import is_later
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import FOLDER

PATH = f"{FOLDER}/cni.json"
_VERSION = 1
# Protocols that engines ask by, each with a part of every slice of its own: who is marked begins with its name.
CNI, PODMAN = "cni", "podman"
_PROTOCOLS = (CNI, PODMAN)
_ID = 12  # digits of a container's id, as engines show it

Objects = t.Dict[str, t.List[t.Dict[str, t.Any]]]


class EngineAttachment(t.NamedTuple):
    """A container's interface on a network, as an engine knows it.

    ``netns`` is the path of its namespace when it was made, and ``identity`` that namespace's device and inode.
    ``objects`` are those that it consists of, as in a document, by kind. ``protocol`` is the one that the engine has
    asked by, and ``name`` what it calls the container beside its id.
    """

    network: str
    container: str
    interface: str
    netns: str
    identity: t.Sequence[int]
    host_end: str
    addresses: t.Sequence[str]
    objects: Objects
    protocol: str = CNI
    name: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.protocol, self.network, self.container, self.interface

    @property
    def owner(self) -> str:
        return owner_of_network(self.protocol, self.network)

    @property
    def called(self) -> str:
        """As engines show it."""
        return self.name or self.container[:_ID]

    @property
    def routes(self) -> list[dict[str, t.Any]]:
        return [route for each in self.objects.get("veth", ()) for route in each["routes"]]

    @property
    def is_there(self) -> bool:
        """Does its path still lead to the namespace that it was made in?"""
        return identity_of(self.netns) == tuple(self.identity)


def owner_of_network(protocol: str, name: str) -> str:
    """Who is marked on what a plugin makes. Without a slash: it is no network's part of a plan."""
    return f"{protocol}:{name}"


def network_of_owner(owner: str | None) -> str:
    return (owner or "").partition(":")[2]


def is_of_engines(owner: str | None) -> bool:
    protocol, colon, _name = (owner or "").partition(":")
    return bool(colon) and protocol in _PROTOCOLS


def identity_of(path: str) -> tuple[int, int] | None:
    """Device and inode of a namespace; None where nothing is at the path."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def read(path: str = PATH) -> list[EngineAttachment]:
    """All of them. Raises Problem for a file that cannot be understood."""
    try:
        content = json.loads(read_text(path))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _damaged(path, why) from error
    try:
        if is_later(content["version"], _VERSION):
            raise Problem(f"{path} was written by a newer version of this collection; upgrade this one")
        if content["version"] != _VERSION:
            raise _damaged(path, f"it is of version {content['version']!r}")
        return [EngineAttachment(**row) for row in content["attachments"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, "it is no list of attachments") from error


def write(attachments: t.Sequence[EngineAttachment], path: str = PATH) -> None:
    """Raises OSError."""
    if not attachments:
        for each in (path, f"{path}.new"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(each)
        return
    rows = ",\n".join(json.dumps(_row(each), sort_keys=True) for each in attachments)
    replace_text(path, f'{{"version": {_VERSION}, "attachments": [\n{rows}\n]}}\n')


def _row(attachment: EngineAttachment) -> dict[str, t.Any]:
    """As it is written. What a file may lack, because a first one had none of it, is left out as well."""
    defaults = EngineAttachment._field_defaults
    return {name: value for name, value in attachment._asdict().items() if defaults.get(name) != value}


def in_use(has_link: t.Callable[[str], bool]) -> dict[str, list[str]]:
    """By network, the containers that are still on it: their namespace, or the host's end of their pair, is there."""
    found: dict[str, list[str]] = {}
    for each in read():
        if is_alive(each, has_link):
            found.setdefault(each.network, []).append(each.container)
    return found


def is_alive(attachment: EngineAttachment, has_link: t.Callable[[str], bool]) -> bool:
    return attachment.is_there or has_link(attachment.host_end)


def still_on(protocol: str, network: str, has_link: t.Callable[[str], bool]) -> str | None:
    """Why a network cannot go, in words; None where no container is on it. Raises Problem."""
    own = [each for each in read() if (each.protocol, each.network) == (protocol, network)]
    called = dict.fromkeys(each.called for each in own if is_alive(each, has_link))
    if not called:
        return None
    who = "of Podman's" if protocol == PODMAN else "of engines"
    return f"containers {who} are on it ({', '.join(sorted(called))}): stop or remove them, then run again"


def forget(protocol: str, network: str) -> None:
    """Those of a network that has gone, with its containers."""
    there = read()
    write([each for each in there if (each.protocol, each.network) != (protocol, network)])


def _damaged(path: str, why: str) -> Problem:
    return Problem(f"{path} cannot be read ({why}): stop the containers that engines have started on it, and remove it")
