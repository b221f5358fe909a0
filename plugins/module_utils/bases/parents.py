# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parents of interfaces: what stands on one already."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link, netns_path

_ON_PARENTS = ("macvlan", "macvtap", "ipvlan", "ipvtap")


def standing_on(kernel: Kernel, lower: Link | None) -> t.Iterator[tuple[str | None, Link]]:
    """Whatever stands on a device of the host, as far as it can be seen, each with the namespace that it is in."""
    if lower is None:
        return
    for path in {None, *(f"{netns_path(name)}" for name in kernel.netns_names())}:
        for link in kernel.links_that_can_be_read(path):
            if link.kind in _ON_PARENTS and link.lower == lower.index:
                yield path, link
