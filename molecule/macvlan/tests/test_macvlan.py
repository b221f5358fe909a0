# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macvlan networks, by real traffic on the lab's LAN segments."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host


def address(host: Host, container: str, prefix: str) -> str:
    links = json.loads(host.check_output("ip -n %s -j address", container))
    return next(each["local"] for link in links for each in link["addr_info"] if each["local"].startswith(prefix))


def reaches(host: Host, container: str, target: str) -> bool:
    return any(host.run("ip netns exec %s ping -c 1 -W 1 %s", container, target).rc == 0 for _try in range(2))


@pytest.mark.parametrize("gateway", ["192.168.7.1", "fd00:7::1"])
def test_a_container_reaches_the_lans_gateway(hosts, gateway):
    assert reaches(hosts["rack-1"], "printer", gateway)


def test_the_lan_reaches_a_container(hosts):
    assert hosts["outside"].run("ping -c 1 -W 1 192.168.7.150").rc == 0


@pytest.mark.parametrize("prefix", ["192.168.7.", "fd00:7:"])
def test_containers_of_one_host_and_of_others_reach_each_other(hosts, prefix):
    assert reaches(hosts["rack-1"], "printer", address(hosts["rack-1"], "camera", prefix))
    assert reaches(hosts["rack-1"], "printer", address(hosts["rack-2"], "scanner", prefix))


@pytest.mark.parametrize("prefix", ["192.168.7.", "fd00:7:"])
def test_the_host_and_its_containers_reach_each_other_by_the_shim(hosts, prefix):
    rack = hosts["rack-1"]
    assert rack.run("ping -c 1 -W 1 %s", address(rack, "camera", prefix)).rc == 0
    links = json.loads(rack.check_output("ip -j address show chs-office"))
    own = next(each["local"] for each in links[0]["addr_info"] if each["local"].startswith(prefix))
    assert reaches(rack, "camera", own)


def test_a_pinned_address_and_mac_are_kept(hosts):
    link = json.loads(hosts["rack-1"].check_output("ip -n camera -j address show eth0"))[0]
    assert link["address"] == "02:00:5e:00:53:01"
    assert "192.168.7.150" in [each["local"] for each in link["addr_info"]]


def test_in_mode_private_containers_reach_the_lan_and_not_each_other(hosts):
    rack = hosts["rack-1"]
    assert reaches(rack, "vault", "192.168.8.1")
    assert not reaches(rack, "vault", address(rack, "safe", "192.168.8."))


def test_in_mode_passthru_the_container_has_the_parents_mac(hosts):
    rack = hosts["rack-1"]
    assert reaches(rack, "probe", "192.168.9.1")
    inside = json.loads(rack.check_output("ip -n probe -j link show eth0"))[0]["address"]
    assert inside == rack.check_output("cat /sys/class/net/eth3/address")


def test_the_parents_own_addresses_are_untouched(hosts):
    links = json.loads(hosts["rack-1"].check_output("ip -j address show eth1"))
    assert [each for each in links[0]["addr_info"] if each["scope"] == "global"] == []
    assert "ifalias" not in links[0]
