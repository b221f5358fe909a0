# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine ``lxd``: LXD, of distributions' packages or of the snap."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.lxd_api import LxdApi


class Lxd(LxdApi):
    name: t.ClassVar[str] = "lxd"
    service: t.ClassVar[t.Optional[str]] = "lxd"
    sockets: t.ClassVar[tuple[str, ...]] = ("/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket")
