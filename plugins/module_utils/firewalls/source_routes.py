# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports on a host that routes by source address: their answers are routed before they have that address."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted, network_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_RULE = frozenset(("FRA_SRC", "FRA_TABLE", "FRA_PROTOCOL", "FRA_FWMARK"))
_USUAL = (0, 253, 254, 255)  # RT_TABLE_UNSPEC, _DEFAULT, _MAIN, _LOCAL (linux/rtnetlink.h)
_WILD = ("0.0.0.0", "::")


def sentences(kernel: Kernel, wanted: t.Sequence[Wanted]) -> list[str]:
    """One for each address with a table of its own under which ports are published, but for those that marks lead
    there already."""
    ports = [each for each in wanted if each.netns is None and each.values.get("rule") == "publish"]
    if not ports:
        return []
    try:
        rules = kernel.wire.dump(m.RTM_GETRULE, {}, _RULE, None)
    except WireError:  # a kernel without policy routing
        return []
    marked = {_table(row) for row in rules if row.get("FRA_FWMARK")}
    found = []
    for row in rules:
        address, table = row.get("FRA_SRC"), _table(row)
        if address is None or row.get("FRA_PROTOCOL") == m.PROTOCOL or table in (*_USUAL, *marked):
            continue
        devices = _devices(kernel, address, row["src_len"])
        network = next((network_of(each.owner) for each in ports if _is_there(each, address, row, devices)), None)
        if network is not None and devices:
            found.append(
                f"{network}: this host routes by table {table} what it sends from {address}, but not what containers"
                " answer at ports that are published there, which leaves by the main table and may be lost. Mark these"
                " answers, as the page on limits shows (Ports on a second uplink)."
            )
    return list(dict.fromkeys(found))


def _table(row: t.Mapping[str, t.Any]) -> int:
    return int(row.get("FRA_TABLE", row["table"]))


def _devices(kernel: Kernel, address: str, length: int) -> set[str]:
    """The devices that have an address of this network."""
    network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    return {
        device
        for device, some in kernel.given_addresses(None).items()
        if not kernel.is_ours(device) and any(ipaddress.ip_address(each) in network for each in some)
    }


def _is_there(port: Wanted, address: str, row: t.Mapping[str, t.Any], devices: t.Collection[str]) -> bool:
    """Is it published at an address that the rule is about?"""
    values = port.values
    if (":" in values["address"]) != (":" in address):
        return False
    if values.get("host_interface") is not None:
        return values["host_interface"] in devices
    network = ipaddress.ip_network(f"{address}/{row['src_len']}", strict=False)
    return values["host_address"] in _WILD or ipaddress.ip_address(values["host_address"]) in network
