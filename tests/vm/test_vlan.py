# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One VLAN of one parent has one device: networks share it, and what is somebody else's stays his."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready
from ansible_collections.containerhost.network.tests.vm.world import LAN, applied, reaches, sh, silent, state

BLUE = {"network": "blue", "parent": "lan0", "id": 7}
RED = {"network": "red", "parent": "lan0", "id": 7}
MADE = "vlan 7 of lan0 (blue): absent → vlan 7 of lan0 (blue)"
SHARED = "vlan 7 of lan0 (red) → vlan 7 of lan0 (red)"


def alias(device: str = "lan0.7") -> str:
    return sh(f"cat /sys/class/net/{device}/ifalias || true").strip() if device in sh("ip -br link") else "gone"


@pytest.fixture
def lan():
    """Set up by the test itself, in its own namespaces."""
    return LAN + "mount -t sysfs none /sys"


def test_networks_share_a_vlan_until_the_last_of_them_has_gone(lan):
    sh(lan)
    before = state()
    assert applied(vlan=[BLUE, RED]) == [MADE, SHARED]
    assert alias() == "containerhost:plan/blue"
    # The one whose mark it has goes first: another's takes its place.
    assert applied(vlan=[RED], remove=["blue"]) == ["vlan 7 of lan0 (blue) → vlan 7 of lan0 (blue): absent"]
    assert alias() == "containerhost:plan/red"
    assert applied(vlan=[BLUE, RED]) == ["vlan 7 of lan0 (blue) → vlan 7 of lan0 (blue)"]
    assert applied(vlan=[RED]) == ["vlan 7 of lan0 (blue) → vlan 7 of lan0 (blue): absent"]
    assert len(applied()) == 1
    assert state() == before


def test_one_that_joins_and_leaves_changes_nothing_for_the_first(lan):
    sh(lan)
    before = state()
    assert applied(vlan=[BLUE]) == [MADE]
    alone = state()
    assert applied(vlan=[RED], remove=[]) == [SHARED]
    assert applied(vlan=[BLUE], remove=["red"]) == ["vlan 7 of lan0 (red) → vlan 7 of lan0 (red): absent"]
    assert state() == alone
    assert applied(vlan=[RED], remove=[]) == [SHARED]
    assert len(applied()) == 2
    assert state() == before


def test_one_takes_over_from_the_other_in_one_run_without_an_interruption(lan):
    sh(lan)
    applied(vlan=[BLUE])
    index = sh("cat /sys/class/net/lan0.7/ifindex")
    assert len(applied(vlan=[RED])) == 2
    assert (alias(), sh("cat /sys/class/net/lan0.7/ifindex")) == ("containerhost:plan/red", index)


def test_somebody_elses_is_used_under_its_name_and_stays(lan):
    sh(lan + "; ip link add link lan0 name theirs type vlan id 7; ip link set theirs up")
    before = state()
    assert applied(vlan=[BLUE, RED]) == []
    assert applied() == []
    assert state() == before
    sh("ip link del theirs")
    assert applied(vlan=[BLUE]) == [MADE]


def test_what_was_noted_of_a_device_that_has_gone_is_forgotten(lan):
    sh(lan)
    before = state()
    applied(vlan=[BLUE, RED])
    sh("ip link del lan0.7; ip link add link lan0 name theirs type vlan id 7")
    applied()
    sh("ip link del theirs")
    assert state() == before


def test_lost_records_are_written_again(lan):
    sh(lan)
    applied(vlan=[BLUE, RED])
    sh("rm -r /run/containerhost")
    assert applied(vlan=[BLUE, RED]) == [SHARED]
    applied(vlan=[RED])
    assert alias() == "containerhost:plan/red"


def test_what_a_killed_run_left_is_adopted(lan):
    sh(lan + "; ip link add link lan0 name lan0.7 group 25448 type vlan id 7")
    assert len(applied(vlan=[BLUE])) == 1
    assert alias() == "containerhost:plan/blue"


@pytest.mark.parametrize(
    "damage",
    ["ip link set lan0.7 down", "ip link set lan0.7 mtu 1300", "ip addr flush dev lan0.7", "ip link del lan0.7"],
)
def test_damage_is_mended(lan, damage):
    sh(lan)
    wanted = {**BLUE, "mtu": 1500, "addresses": ["10.7.0.1/24"]}
    applied(vlan=[wanted])
    before = state()
    sh(damage)
    assert len(applied(vlan=[wanted])) == 1
    assert state() == before


def test_packets_pass_with_the_tag_of_their_vlan_and_protocol_only(lan):
    sh(lan + """
        ip -n lan link add link lan0 name tagged type vlan id 7
        ip -n lan addr add 10.7.0.9/24 dev tagged
        ip -n lan link set tagged up
    """)
    applied(vlan=[{**BLUE, "addresses": ["10.7.0.1/24"]}])
    assert reaches(None, "10.7.0.9")
    applied(vlan=[{**BLUE, "protocol": "802.1ad", "addresses": ["10.7.0.1/24"]}])
    assert silent(None, "10.7.0.9")


def test_a_vlan_inside_a_vlan_is_made_in_one_run(lan):
    sh(lan + """
        ip -n lan link add link lan0 name outer type vlan protocol 802.1ad id 100
        ip -n lan link add link outer name inner type vlan id 7
        ip -n lan link set outer up
        ip -n lan addr add 10.7.0.9/24 dev inner
        ip -n lan link set inner up
    """)
    before = state()
    outer = {"network": "blue", "parent": "lan0", "id": 100, "protocol": "802.1ad"}
    assert len(applied(vlan=[outer, {**BLUE, "parent": "lan0-100", "addresses": ["10.7.0.1/24"]}])) == 2
    assert reaches(None, "10.7.0.9")
    assert applied() != []
    assert state() == before


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({**BLUE, "parent": "gone"}, "there is no interface gone on this host"),
        ({**BLUE, "name": "lan0"}, "lan0 is another device"),
        ({**BLUE, "mtu": 1501}, "mtu 1501 is more than the 1500 of lan0"),
        ({**BLUE, "id": 4095}, "id"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(lan, wanted, words):
    sh(lan)
    before = state()
    with pytest.raises(Unready, match=words):
        applied(vlan=[wanted])
    assert state() == before
