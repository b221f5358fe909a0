# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the host that translate addresses, as the programs of their owners print them; none of ours."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.reading import (
    foreign_tables,
    legacy_families,
    listing,
    printed,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import NftError, NftMissing

_PROGRAMS = {"ip": "iptables", "ip6": "ip6tables"}
_NAT = "nat"
_BUILT_IN = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")


def translations() -> dict[str, t.Any]:
    """``iptables``: by family, what iptables-save prints of its table nat. ``nft``: other tables with chains of type
    nat, as libnftables lists them."""
    saved = dict.fromkeys(_PROGRAMS, "")
    for family in legacy_families():
        saved[family] += printed(f"{_PROGRAMS[family]}-legacy-save", "-t", _NAT)
    listed: list[t.Any] = []
    try:
        for family, name in foreign_tables():
            rows = listing(family, name)
            chains = [row["chain"] for row in rows if "chain" in row and row["chain"].get("type") == _NAT]
            if family in _PROGRAMS and any(each["name"] in _BUILT_IN for each in chains):
                saved[family] += printed(f"{_PROGRAMS[family]}-nft-save", "-t", _NAT)
            elif chains:
                listed += [row for row in rows if "chain" in row or "rule" in row]
    except (NftError, NftMissing):
        listed = []
    return {"iptables": saved, "nft": listed}
