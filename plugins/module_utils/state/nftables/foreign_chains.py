# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of other people's nftables tables, one at a time: a table may have 100,000 rules that are nobody's concern."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftError,
    NftMissing,
    run,
)

Rows = t.List[t.Dict[str, t.Any]]
# A chain of a family, a table and a name.
Place = t.Tuple[str, str, str]


def rules(place: Place) -> Rows | None:
    """Its rules in order, as libnftables-json(5) has them, in the namespace that the process is in; None: no chain."""
    try:
        listed = json.loads(run(f"list chain {' '.join(place)}", json_output=True, terse=True))["nftables"]
    except (NftError, NftMissing):
        return None
    return [each["rule"] for each in listed if "rule" in each]
