# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem


def test_a_name_of_fifteen_characters_is_taken_and_one_of_sixteen_is_not():
    assert canonical.device_name("a" * 15) == "a" * 15
    with pytest.raises(Problem, match="16 characters; the kernel takes 15"):
        canonical.device_name("a" * 16)


def test_a_name_is_measured_in_bytes():
    with pytest.raises(Problem, match="16 characters"):
        canonical.device_name("ä" * 8)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "a:b", "a\tb", 'a"b'])
def test_a_name_that_no_kernel_or_no_nft_takes_is_refused(name):
    with pytest.raises(Problem):
        canonical.device_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "x" * 256])
def test_a_namespaces_name_is_a_files_name(name):
    with pytest.raises(Problem):
        canonical.netns_name(name)


@pytest.mark.parametrize("text", ["02:00:00:00:00:aF", "02-00-00-00-00-AF"])
def test_a_mac_is_in_lower_case_with_colons(text):
    assert canonical.mac(text) == "02:00:00:00:00:af"


@pytest.mark.parametrize("text", ["", "02:00:00:00:00", "02:00:00:00:00:0g", "0200.0000.0001", 131073, None])
def test_what_is_no_mac_is_refused(text):
    with pytest.raises(Problem, match="MAC address"):
        canonical.mac(text)


@pytest.mark.parametrize("text", ["01:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"])
def test_a_device_takes_a_unicast_mac_only(text):
    with pytest.raises(Problem, match="unicast"):
        canonical.unicast_mac(text)


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("10.0.0.1/24", "10.0.0.1/24"),
        ("10.0.0.1", "10.0.0.1/32"),
        ("FD00:0::1/64", "fd00::1/64"),
        ("fd00::", "fd00::/128"),
    ],
)
def test_an_address_keeps_its_host_part(given, spelled):
    assert canonical.interface_cidr(given) == spelled


def test_a_network_with_host_bits_is_refused_with_the_network_that_was_meant():
    with pytest.raises(Problem, match=r"the network is 10\.0\.0\.0/24"):
        canonical.network_cidr("10.0.0.7/24")


@pytest.mark.parametrize("text", ["10.0.0.256", "10.0.0", "fd00::g", "010.0.0.1", "10.0.0.1%eth0", ""])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Problem):
        canonical.address(text)


@pytest.mark.parametrize("number", [0, 65536, -1])
def test_a_port_is_between_1_and_65535(number):
    with pytest.raises(Problem, match="65535"):
        canonical.port(number)
    assert (canonical.port(1), canonical.port("65535")) == (1, 65535)


def test_lists_are_sorted_and_said_once():
    assert canonical.each(["10.0.0.2", "10.0.0.1/32", "10.0.0.1"], canonical.interface_cidr) == [
        "10.0.0.1/32",
        "10.0.0.2/32",
    ]
    assert canonical.each(None, canonical.address) is None
