# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

LAN = """
lan:
  driver: macvlan
  parent: eth1
  subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1, range: 192.168.7.128/26}]
"""
ONE_EACH = {"h1": "{shop: {networks: {lan: }}}", "h2": "{db: {engine: docker, networks: {lan: }}}"}


def refusal(fleet):
    return "\n".join(fleet.problems())


def lan(fleet, more=""):
    return fleet.networks(LAN.rstrip() + f"\n  {more}\n").only_containers(**ONE_EACH)


def test_a_container_is_on_the_lan_with_the_lans_gateway(fleet, objects):
    (macvlan,) = objects(lan(fleet).plan(), "h1", "macvlan")
    assert macvlan == {
        "network": "lan",
        "parent": "eth1",
        "mode": "bridge",
        "mac": macvlan["mac"],
        "sandbox": {"engine": "netns", "ref": "shop"},
        "interface": "eth0",
        "addresses": ["192.168.7.129/24"],
        "routes": [{"dst": "0.0.0.0/0", "via": "192.168.7.1"}],
        "sysctls": {"net.ipv6.conf.IFNAME.disable_ipv6": "1"},
    }


def test_hosts_may_be_on_the_lan_under_the_addresses_that_they_are_reached_by(fleet, objects):
    """Nobody gets those."""
    hosts = {"h1": "192.168.7.128", "h2": "192.168.7.130"}
    for host, address in hosts.items():
        lan(fleet).variables(host, ansible_host=address)
    given = [objects(fleet.plan(), host, "macvlan")[0]["addresses"] for host in hosts]
    assert given == [["192.168.7.131/24"], ["192.168.7.129/24"]]


def test_but_no_container_may_have_one_of_them(fleet):
    lan(fleet).variables("h2", ansible_host="192.168.7.9")
    fleet.only_containers(h1="{shop: {networks: {lan: {address: 192.168.7.9}}}}", h2="{db: {networks: {lan: }}}")
    assert "192.168.7.9" in refusal(fleet)
    assert "which the host h2 has itself. Choose another address" in refusal(fleet)


def test_a_container_keeps_its_address_and_mac_when_it_moves(fleet, objects):
    before = lan(fleet).plan()
    moved = fleet.remembering(before).only_containers(h2="{shop: {networks: {lan: }}, db: {networks: {lan: }}}").plan()
    (was,) = objects(before, "h1", "macvlan")
    now = next(each for each in objects(moved, "h2", "macvlan") if each["sandbox"]["ref"] == "shop")
    assert (now["addresses"], now["mac"]) == (was["addresses"], was["mac"])


def test_one_name_on_two_hosts_is_an_error(fleet):
    text = refusal(lan(fleet).only_containers(h1="{shop: {networks: {lan: }}}", h2="{shop: {networks: {lan: }}}"))
    assert "`shop`" in text and "h1" in text and "h2" in text


def test_a_shim_has_an_address_of_its_own_and_a_way_to_each_container_of_its_host(fleet, objects):
    plan = lan(fleet, "host_shim: true").plan()
    (shim,) = [each for each in objects(plan, "h1", "macvlan") if "sandbox" not in each]
    (container,) = [each for each in objects(plan, "h1", "macvlan") if "sandbox" in each]
    assert shim["interface"] == "chs-lan"
    assert shim["addresses"] == ["192.168.7.128/32"]
    assert shim["routes"] == [{"dst": container["addresses"][0].replace("/24", "/32")}]


def test_a_shims_address_can_be_pinned_by_host(fleet, objects):
    plan = lan(fleet, "host_shim: {addresses: {h1: 192.168.7.250, h2: 192.168.7.251}}").plan()
    for host, address in (("h1", "192.168.7.250/32"), ("h2", "192.168.7.251/32")):
        (shim,) = [each for each in objects(plan, host, "macvlan") if "sandbox" not in each]
        assert shim["addresses"] == [address]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("host_shim: sometimes", "`host_shim` is 'sometimes'"),
        ("host_shim: {address: 192.168.7.250}", "192.168.7.250"),
        ("host_shim: {addresses: {h1: 192.168.7.250, h22: 192.168.7.251}}", "`host_shim` names h22, which is no host"),
        ("mode: passthru\n  host_shim: true", "mode passthru gives eth1 of h1 to one container"),
        ("mode: private\n  host_shim: true", "in mode private no macvlan reaches another"),
    ],
)
def test_a_shim_that_cannot_be_is_refused(fleet, more, message):
    assert message in refusal(lan(fleet, more))


def test_in_mode_passthru_there_is_one_container_with_the_parents_mac(fleet, objects):
    (macvlan,) = objects(lan(fleet, "mode: passthru").plan(), "h1", "macvlan")
    assert "mac" not in macvlan
    two = lan(fleet, "mode: passthru").only_containers(h1="{a: {networks: {lan: }}, b: {networks: {lan: }}}")
    assert "`a` on h1 on `lan` and `b` on h1 on `lan` want it" in refusal(two)
    pinned = lan(fleet, "mode: passthru").only_containers(h1="{a: {networks: {lan: {mac: '02:00:00:00:00:05'}}}}")
    assert "asks for the MAC 02:00:00:00:00:05" in refusal(pinned)


def test_ports_are_not_published_on_the_lan(fleet):
    text = refusal(lan(fleet).only_containers(h1="{shop: {networks: {lan: {publish: ['80:80']}}}}"))
    assert "a macvlan is on the LAN with all of its own" in text


def test_on_a_vlan_its_interface_is_made_on_each_host_that_has_somebody_on_it(fleet, objects):
    plan = lan(fleet, "vlan: 7").plan()
    for host in ("h1", "h2"):
        assert objects(plan, host, "vlan") == [{"network": "lan", "parent": "eth1", "id": 7}]
        assert [(each["parent"], each["vlan"]) for each in objects(plan, host, "macvlan")] == [("eth1", 7)]
    assert "4095" in refusal(lan(fleet, "vlan: 4095"))
