# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``netns``: a bare network namespace with a name (ip-netns(8)), which the kind of that name makes."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import ContainerEngine
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NETNS_FOLDER


class NamedNamespace(ContainerEngine):
    name: t.ClassVar[str] = "netns"
    has_hosts_file: t.ClassVar[bool] = True

    def mistake(self, ref: str) -> tuple[str, str] | None:
        try:
            canonical.netns_name(ref)
        except Problem as problem:
            what, _colon, advice = str(problem).partition(": ")
            return what, advice
        return None

    def path(self, ref: str) -> str:
        return f"{NETNS_FOLDER}/{ref}"

    def missing(self, ref: str) -> str:
        return f"there is no network namespace {ref}; make it first (module netns), or start its container"
