# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another version of this collection has written into our nftables table, for the sets of this version."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import SET_NAMES, Elements


def of_this_version(elements: Elements) -> Elements:
    """Elements of a table that another version may have made, for the sets of this one."""
    kept = {name: dict(rows) for name, rows in elements.items() if name in SET_NAMES - {"seen"}}
    for family in ("4", "6"):
        _take_over_limits(elements, kept, family)
    return kept


def _take_over_limits(elements: Elements, kept: Elements, family: str) -> None:
    """``restricted`` and ``permitted`` limited a container's port, whichever published port led there."""
    by_port: dict[str, list[str]] = {key: [] for key in elements.get(f"restricted{family}", ())}
    for key in elements.get(f"permitted{family}", ()):
        source, _dot, port = key.partition(" . ")
        by_port.setdefault(port, []).append(source)
    for suffix in ("", "_at") if by_port else ():
        for key, (target, comment) in elements.get(f"publish{family}{suffix}", {}).items():
            address, _dot, port = str(target).partition(" . ")
            sources = by_port.get(f"{address} . {key.split(' . ')[0]} . {port}")
            if sources is not None:
                kept.setdefault(f"limited{family}{suffix}", {})[key] = (None, comment)
                for source in sources:
                    kept.setdefault(f"admitted{family}{suffix}", {})[f"{source} . {key}"] = (None, comment)
