# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.lab import inventory, parameters
from ansible_collections.containerhost.network.plugins.module_utils.lab.inventory import InventoryError
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError, is_local
from ansible_collections.containerhost.network.plugins.module_utils.lab.registry import file_name
from ansible_collections.containerhost.network.plugins.module_utils.lab.underlay import LabHost

LAN = {"driver": "macvlan", "parent": "eth1", "subnets": [{"cidr": "192.168.7.0/24", "gateway": "192.168.7.1"}]}


def options(**hosts):
    return inventory.options(hosts, list(hosts))


def addresses(**variables):
    return options(h1=variables)["hosts"][0]["addresses"]


def lans(networks):
    return options(h1={"containerhost_networks": networks})["lans"]


@pytest.mark.parametrize("host", ["10.0.0.1", "fd00::1", "[fd00::1]"])
def test_ansible_host_is_the_underlay_address_when_it_is_an_address(host):
    assert addresses(ansible_host=host) == [host.strip("[]")]


@pytest.mark.parametrize("host", ["h1.example.org", "127.0.0.1", "::1", "fe80::1", "0.0.0.0", "", None, 7])
def test_ansible_host_is_no_underlay_address_when_nobody_else_could_use_it(host):
    assert addresses(ansible_host=host) == []


def test_the_underlay_address_goes_before_ansible_host():
    assert addresses(ansible_host="10.0.0.1", containerhost_underlay_address="198.18.0.1/24") == ["198.18.0.1/24"]


@pytest.mark.parametrize("value", ["nonsense", 7, ["10.0.0.1", "nonsense"]])
def test_an_underlay_address_that_is_none_is_an_error_that_names_the_host(value):
    with pytest.raises(InventoryError, match="containerhost_underlay_address of h1"):
        addresses(containerhost_underlay_address=value)


def test_parents_of_all_networks_of_all_variables_of_all_hosts_are_lans():
    found = options(
        h1={"containerhost_networks": {"a": {**LAN}}},
        h2={"containerhost_networks_rack": {"b": {"parent": "bond0"}}, "containerhost_networking": {"c": LAN}},
    )
    assert [lan["name"] for lan in found["lans"]] == ["bond0", "eth1"]


def test_a_lan_has_the_gateways_of_its_networks_once_each():
    other = {"parent": "eth1", "subnets": [*LAN["subnets"], "10.0.0.0/8", {"cidr": "fd00::/64", "gateway": "fd00::1"}]}
    assert lans({"a": LAN, "b": other})[0]["addresses"] == ["192.168.7.1/24", "fd00::1/64"]


def test_a_gateway_behind_a_vlan_tag_is_not_on_the_lan():
    assert lans({"a": {**LAN, "vlan": 7}})[0]["addresses"] == []


def test_a_lan_carries_the_largest_mtu():
    assert lans({"a": {**LAN, "mtu": 9000}, "b": LAN})[0]["mtu"] == 9000


@pytest.mark.parametrize("networks", [None, "web", {"web": None}, {"web": {"subnets": 7}}, {"web": {"parent": None}}])
def test_what_is_malformed_is_left_to_the_plan(networks):
    assert lans(networks) == []


def test_the_outside_has_a_name_that_no_host_has():
    assert inventory.options({}, ["outside", "outside-2"])["outside"] == "outside-3"


def test_subnets_of_networks_are_avoided():
    assert options(h1={"containerhost_networks": {"a": LAN, "b": {"subnets": ["10.1.0.0/16"]}}})["avoid"] == [
        "10.1.0.0/16",
        "192.168.7.0/24",
    ]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.1.2.3", "::1", "localhost.localdomain"])
def test_names_of_the_controller_itself(name):
    assert is_local(name)


@pytest.mark.parametrize("name", ["h1", "127", "127.example.org", "10.0.0.1", "localhost2"])
def test_names_of_others(name):
    assert not is_local(name)


# -- the module's options as values --------------------------------------------------------------------------------


def params(*hosts, lans=()):
    defaults = {"addresses": [], "interface": "eth0", "mtu": 1500}
    lan = {"addresses": [], "mtu": 1500}
    return {
        "name": "lab",
        "hosts": [{**defaults, **host} for host in hosts],
        "lans": [{**lan, **given} for given in lans],
        "outside": "outside",
        "avoid": [],
    }


def test_an_address_without_a_prefix_is_the_hosts_alone():
    lab = parameters.lab(params({"name": "h1", "addresses": ["10.0.0.1"]}))
    assert lab.hosts == (LabHost("h1", ("10.0.0.1/32",), "eth0", 1500),)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ([], "no hosts"),
        ([{"name": "h1", "addresses": ["300.0.0.1"]}], "host h1: `300.0.0.1` is no address"),
        ([{"name": "h1", "addresses": ["127.0.0.1"]}], "host h1: 127.0.0.1 cannot be"),
        ([{"name": "h1", "mtu": 1279}], "host h1: mtu 1279"),
        ([{"name": "h1", "interface": "lo"}], "host h1: `lo` is no name"),
        ([{"name": "h1", "interface": "a" * 16}], "is no name"),
        ([{"name": "h1", "interface": "a/b"}], "is no name"),
        (
            [{"name": "h1", "addresses": ["10.0.0.1/8"]}, {"name": "h10", "addresses": ["10.0.0.1/24"]}],
            "h1 and h10 both have the underlay address 10.0.0.1; give one of them another",
        ),
    ],
)
def test_a_mistake_is_one_sentence(wrong, sentence):
    with pytest.raises(LabError, match=sentence):
        parameters.lab(params(*wrong))


def test_two_networks_may_name_one_parent_but_no_odd_one():
    with pytest.raises(LabError, match="LAN eth 1"):
        parameters.lab(params({"name": "h1"}, lans=[{"name": "eth 1"}]))


@pytest.mark.parametrize("name", ["..", ".", "a/b", "%2E.", "fd00::1", "h1"])
def test_a_hosts_file_stays_in_its_folder(name):
    assert "/" not in file_name(name) and not file_name(name).startswith(".")


def test_different_names_have_different_files():
    names = ["..", ".", "%2E.", "a/b", "a%2Fb", "h1", "h10", "H1"]
    assert len(set(map(file_name, names))) == len(names)
