# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import errno

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink import numbers as subject
from ansible_collections.containerhost.network.plugins.module_utils.netlink.numbers import Numbers

HERE = {"lan0": 3, "lan1": 4, "eth0": 5}


def vlan(index, parent, number, protocol=m.ETH_P_8021Q, **more):
    data = {"IFLA_VLAN_ID": number, "IFLA_VLAN_PROTOCOL": protocol}
    return {"index": index, "IFLA_LINK": parent, "IFLA_LINKINFO": {"IFLA_INFO_DATA": data}, **more}


VLANS = [
    vlan(8, 3, 7, protocol=0x88A8),
    vlan(9, 3, 7, IFLA_LINK_NETNSID=0),
    vlan(10, 4, 7),
    vlan(11, 3, 7),
    *(vlan(100 + number, 3, number) for number in range(100, 200)),
]


class Opened:
    """Namespaces that are open, by their paths."""

    def __init__(self) -> None:
        self.open: list[str | None] = []

    @contextlib.contextmanager
    def descriptor(self, path):
        self.open.append(path)
        yield 50 + len(self.open)
        self.open.remove(path)


@pytest.fixture
def looked(monkeypatch):
    """Names that were looked up, in their order; ``vlans`` for all VLANs."""
    names: list[str] = []

    def index(name):
        names.append(name)
        if name not in HERE:
            raise OSError(errno.ENODEV, "No such device")
        return HERE[name]

    monkeypatch.setattr(subject.socket, "if_nametoindex", index)
    return names


@pytest.fixture
def numbers(looked):
    def vlans():
        looked.append("vlans")
        return VLANS

    return Numbers(Opened(), vlans)


def test_a_name_is_looked_up_once(numbers, looked):
    inside = {"IFLA_LINK": m.Index("lan0"), "inner": {"IFLA_MASTER": m.Index("lan0"), "IFLA_MTU": 1500}}
    for _twice in range(2):
        assert numbers.of(inside) == {"IFLA_LINK": 3, "inner": {"IFLA_MASTER": 3, "IFLA_MTU": 1500}}
    assert looked == ["lan0"]


def test_what_is_not_there_is_said(numbers):
    with pytest.raises(OSError, match="there is no device lan9"):
        numbers.of(m.Index("lan9"))
    with pytest.raises(OSError, match="there is no VLAN 9 of lan0"):
        numbers.of(m.VlanIndex("lan0", 9))


def test_a_vlan_is_found_by_its_parent_and_number_and_however_many_there_are_they_are_read_once(numbers, looked):
    assert numbers.of(m.VlanIndex("lan0", 7)) == 11
    assert numbers.of(m.VlanIndex("lan1", 7)) == 10
    assert [numbers.of(m.VlanIndex("lan0", number)) for number in range(100, 200)] == list(range(200, 300))
    assert looked.count("vlans") == 1


def test_a_new_device_elsewhere_gets_an_index_of_its_own_only_beside_one_of_its_name(numbers):
    assert numbers.of(m.NewIndex("eth1")) == 0
    chosen = {numbers.of(m.NewIndex("eth0")) for _again in range(100)}
    assert len(chosen) == 100
    assert all(1 << 30 <= index < 1 << 31 for index in chosen)


def test_namespaces_are_open_until_it_is_closed(numbers):
    assert [numbers.of(m.NetnsFd(path)) for path in ("/a", "/b", "/a")] == [51, 52, 51]
    assert numbers.open_namespaces() == 2
    numbers.close()
    assert numbers.open_namespaces() == 0
    assert numbers.of(m.NetnsFd("/a")) == 51
