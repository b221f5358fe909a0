# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``incus``: Incus."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.lxd_api import LxdApi


class Incus(LxdApi):
    name: t.ClassVar[str] = "incus"
    service: t.ClassVar[t.Optional[str]] = "incus"
    sockets: t.ClassVar[tuple[str, ...]] = ("/var/lib/incus/unix.socket", "/run/incus/unix.socket")
