# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.ways import Devices, ways
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import want

VXLAN = [
    want("vxlan", name="ch-web", vni=42, local="198.18.7.11"),
    want("vxlan_fdb", device="ch-web", lladdr="02:00:00:00:00:12", dst="198.18.7.12"),
]


def wireguard(local="198.18.7.11", endpoint="198.18.7.12:4500"):
    return [
        want("wireguard", name="ch-web", port=51900, local=local),
        want("wireguard_peer", device="ch-web", public_key="X" * 42 + "A=", endpoint=endpoint),
    ]


@pytest.mark.parametrize(
    ("tunnel", "what", "remote", "port"),
    [
        (VXLAN, "VXLAN", "198.18.7.12", 4789),
        (wireguard(), "WireGuard", "198.18.7.12", 51900),
        (wireguard("fd77::1", "[fd77::2]:4500"), "WireGuard", "fd77::2", 51900),
    ],
    ids=["vxlan", "wireguard", "by IPv6"],
)
def test_an_overlay_lives_by_its_tunnel_s_packets_and_by_what_they_carry(tunnel, what, remote, port):
    found = ways(
        [
            *tunnel,
            want("bridge", name="chb-web"),
            want("veth", name="chv1", master="chb-web", addresses=["10.42.0.2/24"], sandbox={"ref": "shop"}),
            want("route", dst="10.42.1.0/24", device="ch-web"),
        ],
        Devices({}, {"198.18.7.11": "eth0", "fd77::1": "eth0"}),
    )
    words = f"its {what} packets ({port}/udp) by eth0"
    assert [(way.hook, way.what) for way in found if "packets" in way.what] == [("input", words), ("output", words)]
    assert found[0].packet["saddr"] == remote
    assert [(way.packet["iifname"], way.packet["oifname"]) for way in found if way.hook == "forward"] == [
        ("ch-web", "chb-web"), ("chb-web", "ch-web"),
    ]  # fmt: skip


@pytest.mark.parametrize("master", ["ch-web", "br0"], ids=["by an uplink", "by a bridge of the host's"])
@pytest.mark.parametrize(("filtered", "families"), [((), []), ((4,), [4, 4]), ((4, 6), [4, 4, 6, 6])])
def test_what_a_bridge_switches_is_looked_at_where_filters_see_it(master, filtered, families):
    lan = [want("bridge", name="ch-web", uplink="eth0")] if master == "ch-web" else []
    inside = {"addresses": ["192.0.2.77/24", "2001:db8:7::7/64"], "sandbox": {"ref": "shop"}}
    own = [want("bridge", name="ch-own"), want("veth", name="chv2", master="ch-own", **inside)]
    found = ways([*lan, want("veth", name="chv1", master=master, **inside), *own], Devices({}, {}, filtered))
    assert [way.packet["nfproto"] for way in found] == families
    assert all(way.packet["iifname"] == way.packet["oifname"] == master for way in found)
    assert {way.what for way in found} <= {f"what {master} switches between its containers and the LAN"}
