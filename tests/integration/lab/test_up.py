# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab that is up: what its hosts are, and how they are joined."""

from __future__ import annotations

import os
import subprocess
from itertools import permutations
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

INVENTORY = """
all:
  vars:
    # As in a production inventory, for other machines than this one.
    ansible_become: true
    ansible_become_method: ansible.builtin.sudo
    ansible_user: deploy
    ansible_port: 2222
    ansible_python_interpreter: /opt/missing/python
    containerhost_networks:
      lan:
        driver: macvlan
        parent: eth1
        subnets:
          - {cidr: 192.168.7.0/24, gateway: 192.168.7.1}
          - {cidr: "fd00:77::/64", gateway: "fd00:77::1"}
  children:
    fleet:
      vars:
        containerhost_networks_of_the_fleet:
          vmlan: {driver: ipvlan, parent: vmbr0, mtu: 9000}
      hosts:
        h1: {containerhost_underlay_address: 198.18.7.11/24, containerhost_underlay_mtu: 9000}
        h10: {ansible_host: 10.9.0.10, containerhost_underlay_mtu: 9000}
        h2: {containerhost_underlay_address: "fd00:7::2", containerhost_underlay_interface: ens3}
        nowhere.example.org: {ansible_host: 127.0.0.1}
"""
FLEET = ["h1", "h10", "h2", "nowhere.example.org"]
HOSTS = ["outside", *FLEET]


@pytest.fixture(scope="module")
def up(shared):
    shared.inventory(INVENTORY)
    played = shared.up()
    assert played.status == 0, played.output
    return shared


def test_each_host_of_the_inventory_and_one_outside_it_is_up(up):
    assert sorted(up.pids()) == sorted(HOSTS)


@pytest.mark.parametrize("family", [4, 6])
def test_everybody_reaches_everybody_whatever_its_subnet(up, family):
    pairs = permutations(HOSTS, 2)
    assert [pair for pair in pairs if not up.reaches(pair[0], up.address(pair[1], family))] == []


def test_addresses_are_those_of_the_inventory(up):
    assert up.address("h1", 4) == "198.18.7.11"
    assert up.address("h10", 4) == "10.9.0.10"
    assert up.address("h2", 6) == "fd00:7::2"
    assert "198.18.7.11/24" in up.run("h1", "ip -o address show eth0")


def test_a_family_or_an_address_that_is_missing_comes_from_the_lab(up):
    assert up.address("h2", 4).startswith("198.18.0.")
    assert up.address("h1", 6).startswith("fd63:686c:6162::")
    assert up.address("nowhere.example.org", 4).startswith("198.18.0.")


def test_the_underlay_is_called_as_the_inventory_says(up):
    assert "default dev ens3" in up.run("h2", "ip route; ip -6 route")
    assert "eth0" not in up.run("h2", "ls /sys/class/net")


def test_large_packets_pass_between_hosts_with_large_mtus(up):
    assert up.pings("h1", up.address("h10", 4), size=8972)
    assert up.pings("outside", up.address("h10", 6), size=8952)
    assert not up.pings("h1", up.address("h2", 4), size=8972)


def test_each_parent_is_a_segment_of_its_own(up):
    for host in FLEET:
        assert {"eth1", "vmbr0"} <= set(up.run(host, "ls /sys/class/net").split())
    assert "mtu 9000" in up.run("h1", "ip link show vmbr0")
    up.run("h1", "ip address add 192.168.7.9/24 dev eth1")
    up.run("h2", "ip address add 192.168.7.8/24 dev eth1")
    assert up.reaches("h1", "192.168.7.8")
    assert up.reaches("h1", "192.168.7.1")


def test_the_outside_is_the_gateway_of_a_lan(up):
    addresses = up.run("outside", "ip -o address show eth1")
    assert "192.168.7.1/24" in addresses and "fd00:77::1/64" in addresses


def test_forwarding_is_off_as_on_a_fresh_machine(up):
    for host in HOSTS:
        both = up.run(host, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding")
        assert both.split() == ["0", "0"]


def test_nothing_in_a_host_bears_the_mark_of_the_collection(up):
    """Group and protocol are how teardown finds what is ours."""
    text = up.run("h1", "ip -d link; ip route show table all; ip -6 route show table all")
    assert "group 25448" not in text and "proto 143" not in text


def test_a_host_has_its_own_name_and_identity(up):
    assert up.run("h10", "hostname; cat /etc/hostname").split() == ["h10", "h10"]
    assert "127.0.1.1 h10" in up.run("h10", "cat /etc/hosts")
    assert len({up.run(host, "cat /etc/machine-id") for host in HOSTS}) == len(HOSTS)
    assert Path("/etc/hostname").read_text() not in up.run("h10", "cat /etc/hostname")


def test_a_host_has_namespaces_of_its_own(up):
    for kind in ("net", "mnt", "uts", "ipc", "pid", "cgroup"):
        own = {os.readlink(f"/proc/{pid}/ns/{kind}") for pid in up.pids().values()}
        assert len(own) == len(HOSTS)
        assert os.readlink(f"/proc/self/ns/{kind}") not in own


def test_what_a_host_writes_stays_in_it(up):
    up.run("h1", "echo changed > /etc/containerhost-test; echo changed > /run/containerhost-test")
    assert not Path("/etc/containerhost-test").exists() and not Path("/run/containerhost-test").exists()
    assert up.run("h10", "ls /etc/containerhost-test", check=False) == ""


def test_a_host_starts_with_fresh_run_tmp_and_dev(up):
    assert up.run("outside", "ls -A /tmp; ls -A /run").split() == ["lock"]
    told = up.run("h1", "echo gone > /dev/null; head -c 4 /dev/urandom | wc -c; test -c /dev/net/tun; ls /dev/pts")
    assert told.split() == ["4", "ptmx"]


def test_a_host_cannot_change_the_settings_of_this_machine(up):
    assert "permission denied" in up.run("h1", "sysctl -w vm.swappiness=10 2>&1 || true")
    up.run("h1", "echo 1 > /proc/sys/net/ipv4/conf/eth1/forwarding")


def test_the_first_process_reaps(up):
    up.run("h1", "(sleep 0.1 & sleep 0.1 &) ; sleep 0.3")
    assert "Z" not in up.run("h1", "ps -e -o stat=")


def test_a_network_namespace_that_is_made_in_one_entry_is_there_in_the_next(up):
    up.run("h1", "ip netns add shop")
    assert "shop" in up.run("h1", "ip netns list")
    up.run("h1", "ip netns exec shop ip link set lo up; ip netns delete shop")
    assert "shop" not in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout


def test_a_second_time_changes_nothing(up):
    before = up.pids()
    played = up.up()
    assert (played.status, played.changed) == (0, 0), played.output
    assert up.pids() == before


def test_the_message_says_how_to_look_around(up):
    played = up.up()
    assert played.said("ansible h1 -i inventory -e @containerhost-lab.yml -m command -a 'ip -d link'")
    assert played.said("ansible outside -i outside, -e @containerhost-lab.yml")


def test_the_variables_file_redirects_an_inventory(up):
    assert up.vars_file.read_text().splitlines()[1:] == [
        "---",
        "ansible_connection: containerhost.network.lab",
        "ansible_python_interpreter: /usr/bin/python3",
        "ansible_become: false",
        f"containerhost_lab: {up.name}",
        "containerhost_lab_engines: namespaces",
    ]
