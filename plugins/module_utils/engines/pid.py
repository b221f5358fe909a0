# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``pid``: the network namespace that a process of the host is in."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import ContainerEngine


class Pid(ContainerEngine):
    name: t.ClassVar[str] = "pid"
    known_by_name: t.ClassVar[bool] = False

    def mistake(self, ref: str) -> tuple[str, str] | None:
        if re.fullmatch(r"[1-9][0-9]{0,9}", ref):
            return None
        return f"{ref!r} is no number of a process", "give the process's number as `ref`"

    def path(self, ref: str) -> str:
        return f"/proc/{ref}/ns/net"

    def missing(self, ref: str) -> str:
        return f"there is no process {ref} on this host: start it, then run again"
