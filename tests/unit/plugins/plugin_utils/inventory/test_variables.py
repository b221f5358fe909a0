# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where variables come from: Ansible's own inventory, variable manager and play, in this process."""

from __future__ import annotations

import pytest
from ansible.template import trust_as_template

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.controller import Controller

FOREIGN = {"evil": {"driver": "bridge", "subnets": ["10.66.0.0/16"], "hosts": "all"}}


@pytest.fixture
def controller(tmp_path):
    return Controller(tmp_path)


def networks(sources):
    return sorted(gather(sources).networks)


def test_the_inventory_is_read_templated_for_hosts_outside_limit_as_well(controller):
    sources = controller.sources(limit="h1")
    assert sources.variables["h2"]["containerhost_networks"]["web"]["subnets"] == ["10.80.0.0/16"]
    assert sources.variables["h2"]["ansible_host"] == "198.18.7.12"
    assert sources.ignored == ()


@pytest.mark.parametrize("host", ["h1", "h2"])  # the one that the task runs for, and another
@pytest.mark.parametrize("way", ["answer", "set_fact"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("containerhost_networks_x", FOREIGN),
        ("containerhost_networks", FOREIGN),
        ("containerhost_containers_x", {"spy": {"networks": {"web": {}}}}),
        ("containerhost_ledger", "/tmp/other"),
        ("containerhost_ledger_read_only", True),
        ("containerhost_pools", ["10.66.0.0/16"]),
        ("containerhost_hosts", "h2"),
        ("containerhost_confirm_vanished", True),
        ("containerhost_underlay_address", "198.18.7.99"),
        ("containerhost_slices", {"web": ["10.80.9.0/24"]}),
    ],
)
def test_what_a_host_answers_changes_nothing_and_is_told(controller, host, way, name, value):
    before = controller.sources()
    getattr(controller, way)(host, **{name: value})
    after = controller.sources()
    assert (after.variables, after.play) == (before.variables, before.play)
    assert gather(after) == gather(before)
    assert after.ignored == (
        f"`{name}` of {host} comes from a task or from what the host has answered, and is ignored:"
        " the plan takes variables from inventory, play and command line only.",
    )


def test_include_vars_is_no_place_for_them_either(controller):
    controller.include_vars("h1", "containerhost_networks_x", FOREIGN)
    sources = controller.sources()
    assert networks(sources) == ["web"]
    assert sources.ignored[0].startswith("`containerhost_networks_x` of h1 comes from a task")


@pytest.mark.parametrize("name", ["inventory_hostname", "groups", "hostvars", "group_names", "base", "ansible_host"])
def test_what_the_inventory_is_made_of_can_t_be_answered_either(controller, name):
    before = controller.sources()
    controller.answer("h1", **{name: "h2"})
    after = controller.sources()
    assert (after.variables, after.play, after.resolve("all")) == (before.variables, before.play, ["h1", "h2"])


@pytest.mark.parametrize("where", ["inventory", "play"])
def test_a_template_of_facts_is_refused(controller, where):
    template = trust_as_template("{{ ansible_facts.default_ipv4.mtu }}")
    if where == "play":
        controller.play_vars = {"containerhost_networks_x": {"api": {"driver": "bridge", "mtu": template}}}
    else:
        controller.write("group_vars/all.yml", f"containerhost_underlay_mtu: '{template}'")
    controller.answer("h1", default_ipv4={"mtu": 1400})
    controller.answer("h2", default_ipv4={"mtu": 1400})
    with pytest.raises(PlanError) as error:
        controller.sources()
    assert "can't be worked out" in error.value.problems[0]
    assert "what hosts answer is not read" in error.value.problems[0]


def test_play_and_command_line_count(controller):
    controller.play_vars = {"containerhost_networks_play": {"api": {"driver": "bridge", "hosts": "h2"}}}
    controller.extra = {"containerhost_pools": ["10.70.0.0/16"], "containerhost_hosts": ["h1", "h2"]}
    sources = controller.sources()
    assert networks(sources) == ["api", "web"]
    assert list(sources.play) == ["containerhost_networks_play"]
    assert sources.variables["h2"]["containerhost_pools"] == ["10.70.0.0/16"]


@pytest.mark.parametrize("path", ["a\0b", "\ud800", 5, ["x"], {"a": 1}, True, "/dev/null", "/"])
def test_a_ledger_that_is_no_file_is_refused(path):
    with pytest.raises(Refusal, match="is no path|is no file"):
        variables.ledger_path(path, "/tmp")


def test_a_number_that_no_text_is_made_of_becomes_text():
    assert variables.plain({"a": [2**64, 16**5000]}) == {"a": [2**64, "0x1" + "0" * 5000]}


def test_many_hosts_are_named_and_counted(controller):
    names = [f"g{number}" for number in range(7)]
    controller.write("hosts.yml", f"all: {{hosts: {{{', '.join(f'{name}: ' for name in names)}}}}}")
    for name in names:
        controller.set_fact(name, containerhost_networks_x=FOREIGN)
    assert "of g0, g1, g2, g3, g4 and 2 more comes" in controller.sources("g1").ignored[0]
