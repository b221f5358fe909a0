# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an entry of a VXLAN's or a bridge's table can carry besides a destination (bridge(8), ``bridge fdb``)."""

from __future__ import annotations

import pytest

MAC = "02:00:00:00:42:12"


@pytest.fixture
def overlay(host):
    """A VXLAN of ours on a bridge, an underlay interface, and somebody else's device for a controller."""
    host.run("ip", "link", "add", "under0", "type", "veth", "peer", "name", "under1")
    host.run("ip", "link", "set", "under0", "up")
    host.run("ip", "link", "add", "vx-theirs", "type", "vxlan", "external", "dstport", "4790")
    host.module("bridge", name="br-fabric")
    host.module("vxlan", name="vx-fabric", vni=42, local="198.18.0.1", master="br-fabric")
    return host


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ({"device": "vx-fabric", "dst": "198.18.0.2", "via": "under0"}, "dst 198.18.0.2 via under0 self permanent"),
        ({"device": "vx-fabric", "dst": "198.18.0.2", "router": True}, "dst 198.18.0.2 self router permanent"),
        ({"device": "vx-fabric", "dst": "198.18.0.2", "port": 8472, "vni": 7}, "port 8472 vni 7"),
        ({"device": "vx-fabric", "table": "master", "fdb_state": "static", "sticky": True}, "sticky master br-fabric"),
        (
            {"device": "vx-theirs", "dst": "198.18.0.3", "src_vni": 100, "vni": 200, "extern_learn": True},
            "dst 198.18.0.3 vni 200 src_vni 100 self extern_learn",
        ),
    ],
    ids=["via", "router", "port and vni", "sticky", "src_vni"],
)
def test_a_flag_is_set_shown_kept_and_taken_away(overlay, entry, shown):
    before = overlay.run("bridge", "fdb", "show")
    assert overlay.module("vxlan_fdb", lladdr=MAC, **entry)["changed"]
    assert shown in overlay.run("bridge", "fdb", "show", "dev", entry["device"])
    assert not overlay.module("vxlan_fdb", lladdr=MAC, **entry)["changed"]
    assert overlay.module("vxlan_fdb", config=[], purge=True)["changed"]
    assert overlay.run("bridge", "fdb", "show") == before


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"dst": "198.18.0.2", "sticky": True}, "`sticky` is of a bridge's entry"),
        ({"table": "master", "sticky": True}, "that is static or dynamic"),
        ({"table": "master", "router": True}, "`router` is of a VXLAN's entry"),
        ({"dst": "198.18.0.2", "src_vni": 1 << 24}, "src_vni 16777216 is not between"),
    ],
)
def test_a_flag_of_the_other_table_is_refused(overlay, entry, message):
    answer = overlay.module("vxlan_fdb", device="vx-fabric", lladdr=MAC, **entry)
    assert answer["failed"] and message in answer["msg"]
