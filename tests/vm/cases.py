# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the kinds whose devices a build machine's kernel may lack; all others are in tests/integration/modules."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.integration.modules.lives import Case

CASES = (
    Case(
        "dummy",
        {"name": "inner0"},
        {"addresses": ["192.0.2.80/32"]},
        in_place=(
            {"mac": "02:00:00:00:00:0d", "mtu": 1400, "addresses": ["192.0.2.81/32", "2001:db8::81/128"]},
            {"up": False, "addresses": []},
        ),
    ),
    Case(
        "wireguard_key",
        {"name": "wg-a"},
        {},
    ),
    Case(
        "wireguard",
        {"name": "wg-a"},
        {"local": "198.18.0.1", "mtu": 1440},
        in_place=(
            {"port": 51900},
            {"key": "wg-b"},
            {"mtu": 1400, "addresses": ["10.99.1.0/32", "fd00:99:1::/128"]},
            {"addresses": [], "link_local": "fe80::7"},
            {"link_local": "fe80::8"},
            {"up": False},
        ),
        needs=(("wireguard_key", {"config": [{"name": "wg-a"}, {"name": "wg-b"}]}),),
    ),
    Case(
        "wireguard_peer",
        {"device": "wg-a", "public_key": "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA="},
        {"allowed_ips": ["10.99.2.0/24"]},
        in_place=(
            {"endpoint": "198.18.0.2:51820", "keepalive": 25},
            {"endpoint": "198.18.0.3:51820", "allowed_ips": ["10.99.3.0/24", "fd00:99:3::/64"], "keepalive": 0},
        ),
        needs=(("wireguard_key", {"name": "wg-a"}), ("wireguard", {"name": "wg-a"})),
    ),
    Case(
        "vlan",
        {"parent": "eth0", "id": 7},
        {"addresses": ["10.7.0.1/24"]},
        in_place=(
            {"mac": "02:00:00:00:00:07", "mtu": 1400, "addresses": ["10.7.0.2/24", "fd00:7::2/64"]},
            {"up": False, "addresses": []},
        ),
    ),
    Case(
        "vlan",
        {"parent": "inner0", "id": 4094, "protocol": "802.1ad"},
        {"name": "outer"},
        in_place=({"mac": "02:00:00:00:00:07"},),
        needs=(("dummy", {"name": "inner0"}),),
    ),
    Case(
        "ipvlan",
        {"sandbox": {"ref": "shop"}, "interface": "lan0"},
        {"parent": "eth0", "addresses": ["198.18.0.7/24"]},
        in_place=(
            {"mode": "l3s", "flag": "private", "mtu": 1400, "routes": [{"dst": "0.0.0.0/0"}]},
            {"mode": "l2", "flag": "vepa", "addresses": ["198.18.0.8/24", "fd00:18::8/64"], "routes": []},
        ),
        anew=({"parent": "inner0"},),
        needs=(("netns", {"name": "shop"}), ("dummy", {"name": "inner0"})),
    ),
)
