# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel of this tier is what the tier is for: it has every kind of device, and no switch of a newer one."""

from __future__ import annotations

import os
import subprocess

import pytest


def sh(text: str) -> str:
    return subprocess.run(["sh", "-ec", text], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    "made",
    [
        "ip link add link parent name made type vlan id 7",
        "ip link add link parent name made type vlan protocol 802.1ad id 7",
        "ip link add link parent name made type ipvlan mode l3s private",
        "ip link add made type dummy",
        "ip link add made type wireguard",
        "ip link add made type vrf table 10",
        "ip link add made type bridge vlan_filtering 1",
    ],
    ids=lambda made: made.split(" type ")[1],
)
def test_devices_that_a_build_machine_may_lack_are_made(made):
    sh(f"ip link add parent type dummy; {made}")
    assert "made" in sh("ip link show made")


def test_nftables_takes_a_flowtable():
    sh(
        "ip link add d0 type dummy; nft add table inet t;"
        " nft add flowtable inet t f '{ hook ingress priority 0; devices = { d0 }; }'"
    )
    assert "flowtable f" in sh("nft list table inet t")


def test_ipv6_forwarding_has_no_switch_for_each_interface():
    assert not os.path.exists("/proc/sys/net/ipv6/conf/lo/force_forwarding")
