# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine import discovery
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError
from ansible_collections.containerhost.network.plugins.module_utils.lab.parameters import interface_name
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal


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


WRONG = {
    "br%d": "it has '%' in it",
    "%": "it has '%' in it",
    "à": "it has 'à' in it",  # its second byte is a space to the kernel
    "a\u2003b": "it has '\\u2003' in it",
    "a\0": "it has '\\x00' in it",
    "a\x1b[1m": "it has '\\x1b' in it",
    "\ud800": "it has '\\ud800' in it",
    "it's": 'it has "\'" in it',
    "eth*": "it has '*' in it",
    "all": "no kernel takes it",
    "default": "no kernel takes it",
}


@pytest.mark.parametrize(("name", "reason"), WRONG.items())
def test_plan_lab_and_kinds_say_one_sentence(name, reason):
    sentence = f"{name!r} is no name for a device, as {reason}"
    with pytest.raises(Problem) as problem:
        canonical.device_name(name, "parent")
    assert str(problem.value) == f"parent {sentence}: use up to 15 letters, digits, '-', '_' and '.'"
    with pytest.raises(Refusal) as refusal:
        names.check_interface_name(name)
    assert (refusal.value.what, refusal.value.fix) == (sentence, "Use up to 15 letters, digits, '-', '_' and '.'")
    with pytest.raises(LabError, match=re.escape(sentence)):
        interface_name(name, "host h1")


@pytest.mark.parametrize("name", ["ä", "a#b", "-x", "10.1", "...", "ALL", "x" * 15, "ä" * 7])
def test_odd_names_that_kernels_take_are_taken(name):
    assert canonical.device_name(name) == interface_name(name, "h1") == name


def test_the_loopback_may_be_named_but_not_made():
    assert canonical.device_name("lo") == "lo"
    for refuses in (lambda: names.check_interface_name("lo"), lambda: interface_name("lo", "host h1")):
        with pytest.raises((Refusal, LabError)) as refused:
            refuses()
        assert "each namespace has its own already" in str(refused.value)


KINDS = {kind.name: kind for kind in discovery.KINDS}
NAMED = [
    ("bridge", {"name": "BAD"}, "name"),
    ("vxlan", {"name": "BAD", "vni": 1}, "name"),
    ("vxlan", {"name": "vx", "vni": 1, "link": "BAD"}, "link"),
    ("vxlan", {"name": "vx", "vni": 1, "master": "BAD"}, "master"),
    ("veth", {"name": "BAD", "sandbox": {"ref": "x"}}, "name"),
    ("veth", {"name": "v", "sandbox": {"ref": "x"}, "interface": "BAD"}, "interface"),
    ("veth", {"name": "v", "sandbox": {"ref": "x"}, "master": "BAD"}, "master"),
    ("macvlan", {"parent": "BAD", "sandbox": {"ref": "x"}}, "parent"),
    ("macvlan", {"parent": "eth1", "sandbox": {"ref": "x"}, "interface": "BAD"}, "interface"),
    ("vxlan_fdb", {"device": "BAD", "lladdr": "02:00:00:00:00:01", "dst": "10.0.0.1"}, "device"),
    ("neighbour", {"device": "BAD", "address": "10.0.0.1", "lladdr": "02:00:00:00:00:01"}, "device"),
    ("route", {"dst": "10.0.0.0/8", "device": "BAD"}, "device"),
    ("isolation", {"device": "BAD"}, "device"),
    ("forwarding", {"device": "BAD"}, "device"),
    ("forwarding", {"uplink": "BAD"}, "uplink"),
]


@pytest.mark.parametrize(("kind", "values", "option"), NAMED)
@pytest.mark.parametrize("name", ["br%d", "", "..", "a b", "a" * 16])
def test_every_kind_has_that_rule_for_every_device_it_names(kind, values, option, name):
    values = {key: name if value == "BAD" else value for key, value in values.items()}
    with pytest.raises(Problem) as problem:
        KINDS[kind].normalise(values)
    assert f"{option} {': '.join(canonical.device_name_fault(name))}" in str(problem.value)


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


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *(("0x10", "16"), ("4096\t0x1FFF  9", "4096 8191 9"), ("-0x2", "-2"), (7, "7"), ("00ff", "00ff")),
        *(("bbr", "bbr"), ("1\n", "1")),
    ],
)
def test_a_setting_s_value_is_as_its_file_shows_it(value, shown):
    assert canonical.sysctl_value("net.x", value) == shown


@pytest.mark.parametrize("value", ["1\n2", "1\r2", "1\x0b2", "1\x002", "", "\n", "é", True, [1]])
def test_a_setting_has_one_line_of_plain_words(value):
    with pytest.raises(Problem, match=re.escape("sysctl net.x cannot be ")):
        canonical.sysctl_value("net.x", value)


def test_a_device_has_an_address_of_ipv6_once():
    assert canonical.each_address(["10.0.0.1/24", "10.0.0.1/25", "fd00::1/64"], str) != []
    with pytest.raises(Problem, match="fd00::1/64 and fd00::1/80 are one address"):
        canonical.each_address(["fd00::1/80", "fd00::2/64", "fd00::1/64"], canonical.interface_cidr)
