# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address

BRIDGE = {"driver": "bridge"}


def problems_of(variables, **more):
    with pytest.raises(PlanError) as error:
        gather(Sources(variables, **more))
    return error.value.problems


def test_variables_of_one_kind_are_joined():
    inventory = gather(
        Sources(
            {
                "h1": {
                    "containerhost_networks": {"web": BRIDGE},
                    "containerhost_networks_team_a": {"api": BRIDGE},
                    "containerhost_containers": {"shop": {"networks": {"web": {}}}},
                    "containerhost_containers_team_a": {"search": {"networks": {"api": None}}},
                }
            }
        )
    )
    assert list(inventory.networks) == ["api", "web"]
    assert list(inventory.containers["h1"]) == ["search", "shop"]


def test_hosts_may_each_see_some_of_the_networks():
    variables = {"h1": {"containerhost_networks": {"web": BRIDGE}}, "h2": {"containerhost_networks": {"api": BRIDGE}}}
    assert list(gather(Sources(variables)).networks) == ["api", "web"]


def test_a_network_that_is_defined_in_two_variables_names_both():
    problems = problems_of(
        {"h1": {"containerhost_networks": {"web": BRIDGE}, "containerhost_networks_x": {"web": BRIDGE}}}
    )
    assert problems == [
        "the network `web` is defined twice, in `containerhost_networks` and in `containerhost_networks_x`."
        " Remove one of them: they are joined, not merged"
    ]


def test_a_network_that_two_hosts_have_from_two_variables_names_both():
    problems = problems_of(
        {"h1": {"containerhost_networks": {"web": BRIDGE}}, "h2": {"containerhost_networks_x": {"web": BRIDGE}}}
    )
    assert "in `containerhost_networks` and in `containerhost_networks_x`" in problems[0]


def test_a_container_that_is_defined_in_two_variables_names_both_and_the_host():
    problems = problems_of({"h1": {"containerhost_containers": {"a": {}}, "containerhost_containers_x": {"a": {}}}})
    assert problems[0].startswith("h1: the container `a` is defined twice, in `containerhost_containers` and in")


def test_one_container_on_two_hosts_is_two_containers():
    inventory = gather(Sources({host: {"containerhost_containers": {"a": {}}} for host in ("h1", "h2")}))
    assert list(inventory.containers) == ["h1", "h2"]


def test_hosts_that_see_different_values_are_both_named_with_them():
    problems = problems_of(
        {
            "h1": {"containerhost_networks": {"web": {"driver": "bridge", "mtu": 1400}}},
            "h2": {"containerhost_networks": {"web": {"driver": "bridge", "mtu": 1500}}},
            "h3": {"containerhost_networks": {"web": {"driver": "bridge", "mtu": 1600}}},
        }
    )
    assert len(problems) == 1
    assert "1400} for h1 (containerhost_networks of h1) and" in problems[0]
    assert "1500} for h2 (containerhost_networks of h2)" in problems[0]


def test_fleet_variables_that_hosts_see_differently_name_both():
    problems = problems_of(
        {"h1": {"containerhost_pools": ["10.1.0.0/16"]}, "h2": {"containerhost_pools": ["10.2.0.0/16"]}}
    )
    assert "`containerhost_pools` is ['10.1.0.0/16'] for h1 and ['10.2.0.0/16'] for h2" in problems[0]


def test_what_the_play_says_takes_the_place_of_the_inventory_s():
    inventory = gather(
        Sources(
            {"h1": {"containerhost_networks": {"web": {"driver": "nonsense"}}}},
            play={"containerhost_networks": {"api": BRIDGE}, "containerhost_pools": ["10.1.0.0/16"]},
        )
    )
    assert list(inventory.networks) == ["api"]
    assert str(inventory.pools[0]) == "10.1.0.0/16"


def test_containers_of_a_play_are_refused():
    problems = problems_of({"h1": {}}, play={"containerhost_containers": {"a": {}}})
    assert "only networks may come from the play" in problems[0]


def test_places_in_files_are_named_when_they_are_known():
    problems = problems_of(
        {"h1": {"containerhost_networks": {"web": {"driver": "bridge", "subnet": 1}}}},
        origin=lambda host, variable, name: "group_vars/all.yml:3",
    )
    assert problems[0].startswith("network `web` (group_vars/all.yml:3): unknown key `subnet`")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("containerhost_netwroks", "containerhost_networks"),
        ("containerhost_container", "containerhost_containers"),
        ("containerhost_underlay_adress", "containerhost_underlay_address"),
        ("containerhost_slice", "containerhost_slices"),
        ("containerhost_pool", "containerhost_pools"),
    ],
)
def test_a_slip_in_a_variable_s_name_is_found(variable, meant):
    assert f"Write `{meant}` if that is meant" in problems_of({"h1": {variable: {}}})[0]


@pytest.mark.parametrize(
    "variable",
    [
        "containerhost_lab",
        "containerhost_lab_vars",
        "containerhost_python",
        "containerhost_planned",
        "containerhost_serial",
        "containerhost_backup_hour",
        "containerhosts",
        "ansible_user",
    ],
)
def test_other_people_s_variables_are_left_alone(variable):
    gather(Sources({"h1": {variable: {"anything": "at all"}}}))


def test_null_stands_for_nothing():
    inventory = gather(
        Sources(
            {
                "h1": {
                    "containerhost_networks": {"web": {"driver": "bridge", "subnets": None}},
                    "containerhost_containers": {"a": None, "b": {"networks": None}, "c": {"networks": {"web": None}}},
                    "containerhost_containers_x": None,
                    "containerhost_slices": None,
                    "containerhost_pools": None,
                }
            }
        )
    )
    assert [len(container.endpoints) for container in inventory.containers["h1"].values()] == [0, 0, 1]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"web": "bridge"}, "not a mapping"),
        ({"web": {}}, "`driver` is missing"),
        ({"web": {"driver": "brigde"}}, "Write `bridge` if that is meant"),
        ({"none": BRIDGE}, "Choose another name"),
        ({"host": BRIDGE}, "Choose another name"),
        ({False: BRIDGE}, "a name is False"),
        ({"a b": BRIDGE}, "'a b' is not a name"),
        (["web"], "not a mapping of names"),
        ("web", "not a mapping of names"),
    ],
)
def test_what_is_no_network_is_refused(value, reason):
    assert reason in problems_of({"h1": {"containerhost_networks": value}})[0]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": {"networks": ["web", "lan"]}}, "Write it as {web: {}, lan: {}}"),
        ({"a": {"networks": {"web": ["8080:80"]}}}, "not a mapping"),
        ({"a": "web"}, "not a mapping"),
        ({True: {}}, "a name is True"),
        ({"a": {"networks": {False: {}}}}, "a name is False"),
        ({"a": {"engine": "dockr"}}, "Write `docker` if that is meant, or netns, "),
        ({"a": {"engine": "pid"}}, "Give the process's number"),
        ({"a": {"engine": "pid", "ref": "x"}}, "Give the process's number"),
        ({"a": {"engine": "path", "ref": "netns/a"}}, "absolute path"),
        ({"a": {"ref": "a/b"}}, "'a/b' is not a name"),
        ({"a": {"ref": 5}}, "Quote it"),
        ({"a": {"network_mode": "bridge"}}, "Write none, host or container:NAME"),
        ({"a": {"network_mode": "host", "networks": {"web": {}}}}, "exclude each other"),
        ({"a": {"networks": {"web": {"address": "10.0.0.1", "addresses": ["10.0.0.2"]}}}}, "both `address` and"),
        ({"a": {"networks": {"web": {"publish": "8080:80"}}}}, 'Write it as ["8080:80"]'),
        ({"a": {"networks": {"web": {"publish": [133342]}}}}, "YAML reads 2222:22"),
        ({"a": {"networks": {"web": {"publish": 133342}}}}, "YAML reads 2222:22"),
        ({"a": {"netwroks": {}}}, "Write `networks` if that is meant"),
    ],
)
def test_what_is_no_container_is_refused(value, reason):
    assert reason in problems_of({"h1": {"containerhost_containers": value}})[0]


@pytest.mark.parametrize(
    ("ref", "engine"), [("4711", "pid"), (4711, "pid"), ("/run/netns/x", "path"), ("shop_1", "docker")]
)
def test_refs_that_engines_take(ref, engine):
    inventory = gather(Sources({"h1": {"containerhost_containers": {"a": {"engine": engine, "ref": ref}}}}))
    assert inventory.containers["h1"]["a"].ref == str(ref)


def test_every_problem_is_found_at_once():
    problems = problems_of(
        {
            "h1": {
                "containerhost_networks": {"web": {"driver": "bridge", "mtu": 1}, "no name": BRIDGE},
                "containerhost_containers": {"a": {"engine": "x"}},
                "containerhost_underlay_mtu": "x",
            },
            "h2": {"containerhost_underlay_address": "h2.example.org"},
        }
    )
    assert len(problems) == 5


@pytest.mark.parametrize(
    ("ansible_host", "underlay"),
    [
        ("198.18.7.11", "198.18.7.11"),
        ("fd77::1", "fd77::1"),
        ("h1.example.org", None),
        ("127.0.0.1", None),
        ("::1", None),
        (None, None),
    ],
)
def test_the_underlay_is_ansible_host_where_that_is_an_address_for_others(ansible_host, underlay):
    inventory = gather(Sources({"h1": {"ansible_host": ansible_host}}))
    assert inventory.hosts["h1"].underlay == (parse_address(underlay) if underlay else None)


def test_an_underlay_address_may_have_a_prefix_length():
    inventory = gather(
        Sources({"h1": {"containerhost_underlay_address": "198.18.7.11/24", "ansible_host": "10.0.0.1"}})
    )
    assert inventory.hosts["h1"].underlay == parse_address("198.18.7.11")


def test_a_host_pattern_that_matches_nothing_is_refused():
    problems = problems_of(
        {"h1": {"containerhost_networks": {"web": {"driver": "bridge", "hosts": "nix"}}}}, resolve=lambda pattern: []
    )
    assert "`hosts` is 'nix', which matches no host of the fleet" in problems[0]


def test_a_host_s_name_must_fit_the_ledger():
    assert "the host 'a/b'" in problems_of({"a/b": {}})[0]
