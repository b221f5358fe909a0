# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers under the parent's MAC: who reaches whom in each mode, and what one parent cannot have at once."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready
from ansible_collections.containerhost.network.tests.vm.world import LAN, applied, reaches, sh, silent, state

NETNS = [{"network": "web", "name": "a"}, {"network": "web", "name": "b"}]


def containers(**options: Any) -> dict[str, Any]:
    """Two of them with both families, and a shim of the host's that leads to both; in layer 3 all on the link."""
    everywhere = [{"dst": "0.0.0.0/0", "via": "192.0.2.1"}, {"dst": "::/0", "via": "2001:db8::1"}]
    if options.get("mode", "l2") != "l2":
        everywhere = [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]
    ends = [
        {"network": "web", "parent": "lan0", "sandbox": {"ref": name}, "routes": everywhere, **options,
         "addresses": [f"192.0.2.{number}/24", f"2001:db8::{number}/64"]}
        for name, number in (("a", 10), ("b", 11))
    ]  # fmt: skip
    shim = {"network": "web", "parent": "lan0", "interface": "shim", **options,
            "addresses": ["192.0.2.250/32", "2001:db8::250/128"],
            "routes": [{"dst": dst} for dst in ("192.0.2.10/32", "192.0.2.11/32", "2001:db8::10/128")]}  # fmt: skip
    return {"netns": NETNS, "ipvlan": [*ends, shim]}


@pytest.fixture
def lan():
    """Set up by the test itself, in its own namespaces."""
    return LAN


# Without ARP nobody finds a container on the segment: the LAN has another subnet, and a route to the host.
ROUTED = """
ip -n lan addr flush dev lan0
ip addr add 198.51.100.2/24 dev lan0
ip addr add 2001:db8:1::2/64 dev lan0 nodad
ip -n lan addr add 198.51.100.1/24 dev lan0
ip -n lan addr add 2001:db8:1::1/64 dev lan0 nodad
ip -n lan route add 192.0.2.0/24 via 198.51.100.2
ip -n lan route add 2001:db8::/64 via 2001:db8:1::2
"""


@pytest.mark.parametrize(
    ("mode", "outside"),
    [
        ("l2", ("192.0.2.1", "2001:db8::1")),
        ("l3", ("198.51.100.1", "2001:db8:1::1")),
        ("l3s", ("198.51.100.1", "2001:db8:1::1")),
    ],
)
def test_containers_reach_each_other_the_lan_and_the_host_and_leave_nothing(lan, mode, outside):
    sh(lan + (ROUTED if mode != "l2" else ""))
    before = state()
    assert len(applied(**containers(mode=mode))) == 5
    for address in ("192.0.2.11", "2001:db8::11", "192.0.2.250", *outside):
        assert reaches("a", address), address
    for address in ("192.0.2.10", "2001:db8::10"):
        assert reaches(None, address), address
        assert reaches("lan", address), address
    assert len(applied()) == 5
    assert state() == before


@pytest.mark.parametrize("flag", ["private", "vepa"])
def test_apart_they_reach_the_lan_and_not_each_other(lan, flag):
    sh(lan)
    applied(**containers(flag=flag))
    assert reaches("a", "192.0.2.1")
    assert silent("a", "192.0.2.11")


def test_another_mode_is_set_in_place_for_all_of_a_parent(lan):
    sh(lan)
    applied(**containers())
    index = sh("ip -n a -o link show eth0 | cut -d: -f1")
    assert len(applied(**containers(mode="l3"))) == 3
    assert "mode l3 " in sh("ip -n a -d link show eth0")
    assert reaches("a", "192.0.2.11")
    assert len(applied(**containers())) == 3
    assert reaches("a", "192.0.2.1")
    assert sh("ip -n a -o link show eth0 | cut -d: -f1") == index


@pytest.mark.parametrize(
    ("damage", "changes"),
    [
        ("ip -n a link set eth0 down", 1),
        ("ip -n a addr flush dev eth0 scope global", 1),
        ("ip -n a route del default", 1),
        ("ip -n a link set eth0 alias ''; ip -n a link del eth0", 1),
        ("ip -n a link set eth0 type ipvlan mode l3", 3),
        ("ip link del shim", 1),
    ],
)
def test_damage_is_mended(lan, damage, changes):
    sh(lan)
    applied(**containers())
    sh(damage)
    assert len(applied(**containers())) == changes
    assert reaches("a", "192.0.2.1")
    assert reaches(None, "192.0.2.10")


def test_what_a_killed_run_left_is_adopted(lan):
    sh(lan)
    applied(**containers())
    before = state()
    sh("ip -n a link set eth0 alias ''")
    assert len(applied(**containers())) == 1
    assert state() == before


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        ("ip link add link lan0 name theirs type macvlan", "lan0 has a macvlan already"),
        ("ip link add link lan0 name theirs type ipvlan mode l3", "lan0 has an ipvlan already in mode l3 bridge"),
        ("ip link add br0 type bridge; ip link set lan0 master br0", "lan0 is a port of br0"),
    ],
)
def test_what_a_parent_cannot_have_is_refused_before_anything_is_done(lan, theirs, words):
    sh(f"{lan}{theirs}")
    before = state()
    with pytest.raises(Unready, match=words):
        applied(**containers())
    assert state() == before
