# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of an inventory on devices that a build machine's kernel may lack, as they are planned.

Without playbooks, which take eight times as long on an emulated processor and know nothing of kernels.
"""

from __future__ import annotations

import itertools

from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING
from ansible_collections.containerhost.network.tests.vm.test_wireguard import MembersOfTheVm

NETWORKS = """
containerhost_networks:
  lan: {driver: ipvlan, parent: eth0, vlan: 7, host_shim: true, subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]}
  inner: {driver: macvlan, parent: inner0, subnets: [192.168.8.0/24]}
"""
HOST = """
containerhost_underlay_address: 198.18.9.1/24
containerhost_containers:
  shop: {networks: {lan: {}, inner: {}}, default_route: lan}
  db: {networks: {lan: {}, inner: {}}, default_route: lan}
"""
LAN = """
ip link add link sw name lan type vlan id 7
ip addr add 192.168.7.1/24 dev lan
ip link set lan up
"""


def test_they_are_made_once_work_and_leave_nothing(tmp_path):
    fleet = MembersOfTheVm(tmp_path, NETWORKS, h1=HOST)
    fleet.on_the_switch(LAN)
    host = fleet.hosts["h1"]
    before = host.snapshot()
    assert host.module("dummy", name="inner0")["changed"]

    assert fleet.site()["h1"] != []

    address = {(net, name): fleet.addresses(net)["h1", name][0] for net in ("lan", "inner") for name in ("shop", "db")}
    for (network, name), other in itertools.product(address, ("shop", "db")):
        if name != other:
            assert fleet.reaches("h1", other, address[network, name]), (network, name)
    for name in ("shop", "db"):
        assert "1 received" in host.run("ping", "-c1", "-W5", address["lan", name])
    assert fleet.reaches("h1", "shop", "192.168.7.1")
    assert "vlan protocol 802.1Q id 7 " in host.run("ip", "-d", "link", "show", "eth0.7")
    assert "eth0.7" in host.run("ip", "-d", "link", "show", "chs-lan")

    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    host.module("dummy", config=[], purge=True)
    assert host.snapshot() == before
    fleet.end()
