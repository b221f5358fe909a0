# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's own interface on a LAN, beside routes that are objects of their own."""

from __future__ import annotations

SHIM = {
    "network": "lan",
    "parent": "eth0",
    "mac": "02:00:00:00:07:01",
    "interface": "chs-lan",
    "addresses": ["198.18.0.200/32"],
    "routes": [{"dst": "198.18.0.130/32"}],
}


def test_a_route_in_a_table_of_its_own_stays_as_it_is_beside_a_shim(host, apply):
    aside = {"network": "lan", "dst": "10.9.0.0/16", "via": "198.18.0.2", "device": "eth0", "table": 100}
    assert len(apply({"version": 1, "macvlan": [SHIM], "route": [aside]})["diff"]) == 2
    assert "10.9.0.0/16" in host.run("ip", "route", "show", "table", "100")


def test_a_route_leads_over_a_shim_of_the_same_document(host, apply):
    over = {"network": "lan", "dst": "10.9.0.0/16", "via": "198.18.0.130", "device": "chs-lan"}
    assert len(apply({"version": 1, "macvlan": [SHIM], "route": [over]})["diff"]) == 2
    assert "10.9.0.0/16 via 198.18.0.130 dev chs-lan" in host.run("ip", "route")
    apply({"version": 1})
    assert "10.9.0.0/16" not in host.run("ip", "route", "show", "table", "all")
