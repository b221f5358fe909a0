# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``path``: whoever made the network namespace, it is at this path."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import ContainerEngine


class Path(ContainerEngine):
    name: t.ClassVar[str] = "path"
    known_by_name: t.ClassVar[bool] = False

    def mistake(self, ref: str) -> tuple[str, str] | None:
        if ref.startswith("/") and "\0" not in ref:
            return None
        return f"{ref!r} is no path of a network namespace", "give the namespace's absolute path as `ref`"

    def path(self, ref: str) -> str:
        return ref

    def missing(self, ref: str) -> str:
        return f"there is no network namespace at {ref}: start what it belongs to, then run again"
