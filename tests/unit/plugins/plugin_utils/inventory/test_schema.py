# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, Where
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import READERS

SECTIONS = {
    "container": schema.CONTAINER,
    "endpoint": schema.ENDPOINT,
    "host": schema.HOST,
    "fleet": schema.FLEET,
    **{name: schema.network_options(name) for name in drivers()},
}

# design.md, section 3: these names are fixed.
FIXED = {
    "bridge": "driver subnets mtu internal hosts per_host_names state bridge gateway_mode icc allow_networks uplink",
    "overlay": "mode backend vni port multicast_group direct_routing anti_spoofing",
    "macvlan": "parent vlan mode host_shim",
    "ipvlan": "parent vlan mode flag host_shim",
    "container": "engine ref network_mode networks default_route",
    "endpoint": "address addresses mac interface publish aliases mtu routes sysctls",
    "host": "containerhost_underlay_address containerhost_underlay_interface containerhost_underlay_mtu"
    " containerhost_slices",
    "fleet": "containerhost_ledger containerhost_pools containerhost_recreate containerhost_hosts",
}


@pytest.mark.parametrize("section", FIXED)
def test_every_key_of_the_design_is_known(section):
    names = {option.name for option in SECTIONS[section]}
    assert set(FIXED[section].split()) <= names


@pytest.mark.parametrize("section", SECTIONS)
def test_every_option_can_be_documented_and_read(section):
    names = [option.name for option in SECTIONS[section]]
    assert len(names) == len(set(names))
    for option in SECTIONS[section]:
        assert option.description.endswith("."), option.name
        assert option.type in READERS, option.name
        assert option.required or option.default is not None or option.default_note or not option.built, option.name
        assert set(option.built_choices or ()) <= set(option.choices), option.name


def read(table, mapping):
    problems = Problems()
    return table.read(mapping, Where("here"), problems), problems.texts


def test_left_out_and_null_keys_have_their_default():
    table = schema.Section(schema.network_options("bridge"))
    values, problems = read(table, {"driver": "bridge", "icc": None})
    assert not problems
    assert values["icc"] is True


def test_an_unknown_key_names_the_nearest():
    table = schema.Section(schema.ENDPOINT)
    assert read(table, {"adress": "10.0.0.1"})[1] == ["here: unknown key `adress`. Write `address` if that is meant"]


def test_an_unknown_key_that_is_near_to_none_names_them_all():
    table = schema.Section(schema.ENDPOINT)
    assert "Choose from address, addresses, aliases" in read(table, {"zzz": 1})[1][0]


def test_a_key_of_another_driver_is_told_apart_from_an_unknown_one():
    table = schema.Section(schema.network_options("bridge"))
    assert "`vni` is an option of overlay networks" in read(table, {"driver": "bridge", "vni": 4})[1][0]


def test_all_problems_of_a_mapping_are_found():
    table = schema.Section(schema.network_options("overlay"))
    assert len(read(table, {"driver": "overlay", "mtu": "x", "icc": True, "port": 0})[1]) == 4  # vni is missing


UNBUILT = schema.Section(
    (
        Option("winged", "bool", "Whether it flies.", default=False, built=False),
        Option("way", "text", "How.", default="on", choices=("on", "up"), built_choices=("on",)),
    )
)


def test_what_is_not_built_is_refused_by_name_and_never_ignored():
    for key, value, named in (("winged", True, "`winged`"), ("way", "up", "`way: up`")):
        problems = read(UNBUILT, {key: value})[1]
        assert len(problems) == 1
        assert f"{named} is not built yet" in problems[0]


def test_an_unbuilt_option_may_say_what_is_so_anyway():
    assert not read(UNBUILT, {"winged": False, "way": "on"})[1]


WITH = schema.Section(
    (
        Option("backend", "text", "What.", default="a", choices=("a", "b")),
        Option("port", "int", "Its port.", minimum=1, maximum=9, required=True, only_with=("backend", ("a",))),
    )
)


def test_what_one_choice_needs_another_does_not():
    assert read(WITH, {})[1] == ["here: `port` is missing. Write a number from 1 to 9"]
    assert not read(WITH, {"backend": "b"})[1]


def test_what_only_one_choice_has_is_refused_with_another():
    assert not read(WITH, {"backend": "a", "port": 3})[1]
    assert read(WITH, {"backend": "b", "port": 3})[1] == [
        "here: `port` is for `backend: a`, and here it is `b`. Leave it out"
    ]
