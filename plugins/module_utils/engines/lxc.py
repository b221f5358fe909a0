# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``lxc``: containers of root, asked by a command for each, as there is none for many."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import (
    HOSTS,
    RESOLV,
    Answers,
    ContainerEngine,
    ask,
)

_FOLDER = "dir:"


class Lxc(ContainerEngine):
    name: t.ClassVar[str] = "lxc"
    has_hosts_file: t.ClassVar[bool] = True
    keeps: t.ClassVar[t.FrozenSet[str]] = frozenset((HOSTS, RESOLV))

    def find(self, refs: t.Sequence[str]) -> Answers:
        found: Answers = {}
        for ref in refs:
            try:
                done = ask(["lxc-info", "--name", ref, "--pid", "--no-humanize"])
            except OSError as error:
                return {**found, **self.silent([one for one in refs if one not in found], "lxc does not answer", error)}
            # It succeeds, and says nothing, for a container that does not run (LXC 5.0.2).
            found[ref] = self.unknown(ref) if done.status else self.of_pid(ref, done.output)
        return found

    def root_of(self, ref: str) -> str | None:
        """``lxc.rootfs.path = dir:/var/lib/lxc/db/rootfs``; what is no folder is nowhere without its container."""
        try:
            done = ask(["lxc-info", "--name", ref, "--config", "lxc.rootfs.path"])
        except OSError:
            return None
        path = done.output.partition("=")[2].strip()
        path = path[len(_FOLDER) :] if path.startswith(_FOLDER) else path
        return path if path.startswith("/") and os.path.isdir(path) else None
