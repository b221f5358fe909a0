# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes that people make, one by one, in files of an inventory of three hosts: each is said once, for all hosts
that have it, with what is wrong, where it is written, and what to do.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.template import trust_as_template

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.controller import Controller

HOSTS = """
all:
  hosts: {h1: {ansible_host: 198.18.7.11}, h2: {ansible_host: 198.18.7.12}, h3: {ansible_host: 198.18.7.13}}
"""
GROUP = """\
containerhost_networks:
  web:
    driver: bridge
    subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]
  fabric:
    driver: overlay
    vni: 42
    subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}]
containerhost_containers:
  app:
    networks:
      web: {publish: ["8080:80"]}
      fabric:
"""
CONTAINERS = """\
containerhost_containers:
  app:
    networks:
      web:
        publish:
          - "1:1"
          - "x:1"
"""
# The drivers that have a `parent`, as a list: with more of them it is another one.
_OWNERS = [each.name for each in drivers().values() if any(option.name == "parent" for option in each.options)]
OWNERS = f"{', '.join(_OWNERS[:-1])} and {_OWNERS[-1]}"
MISTAKES = yaml.safe_load(Path(__file__).with_name("mistakes.yml").read_text())


@pytest.fixture
def controller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    controller = Controller(tmp_path)
    controller.write("hosts.yml", HOSTS)
    controller.write("group_vars/all.yml", GROUP)
    return controller


def problems(controller):
    try:
        make_plan(gather(controller.sources()), Ledger(), "2026-11-26")
    except PlanError as error:
        return error.problems
    return []


def test_the_inventory_itself_has_none(controller):
    assert problems(controller) == []


@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: row["mistake"])
def test_a_mistake_is_said_once_with_its_place_and_what_to_do(controller, row):
    text = GROUP
    instead = iter(row.get("instead", ()))
    for before, after in zip(instead, instead, strict=True):
        assert before in text
        text = text.replace(before, after, 1)
    controller.write("group_vars/all.yml", text + row.get("more", ""))
    said = problems(controller)
    expected = [text.replace("OWNERS", OWNERS) for text in row["said"]]
    assert [cut(text, like) for text, like in zip(said, expected, strict=False)] == expected[: len(said)]
    assert len(said) == len(expected)


def cut(text, like):
    return f"{text[: len(like) - 1]}…" if like.endswith("…") else text


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6, 50])
def test_all_hosts_that_have_it_are_named_or_counted(controller, number):
    names = [f"n{index:02}" for index in range(number)]
    controller.write("hosts.yml", yaml.safe_dump({"all": {"hosts": dict.fromkeys(names, {})}}))
    controller.write("group_vars/all.yml", "containerhost_keep: perhaps\n")
    said = {1: "n00", 2: "n00 and n01", 3: "n00, n01 and n02", 5: "n00, n01, n02, n03 and n04"}
    those = said.get(number, f"n00, n01, n02, n03, n04 and {number - 5} more")
    assert problems_of(controller, "n00") == [
        f"{those} (group_vars/all.yml:1): `containerhost_keep` is 'perhaps'. Write true or false"
    ]


def problems_of(controller, host):
    with pytest.raises(PlanError) as error:
        gather(controller.sources(host))
    return error.value.problems


def test_one_host_of_many_is_named_with_the_line_of_its_own_file(controller):
    (controller.folder / "host_vars").mkdir()
    controller.write("host_vars/h2.yml", CONTAINERS)
    (said,) = problems(controller)
    assert said.startswith("container `app` on h2 (host_vars/h2.yml:7): network web: publish: 'x:1' has 'x' where")


def test_a_value_by_way_of_another_variable_is_named_with_that_one_s_place(controller):
    more = "more: {lan: {driver: mcvlan}}\ncontainerhost_networks_x: '{{ more }}'\n"
    controller.write("group_vars/all.yml", GROUP + more)
    assert problems(controller)[0].startswith("network `lan` (group_vars/all.yml:14): there is no driver 'mcvlan'")


def test_where_no_file_is_known_the_variable_is_named(controller):
    controller.extra = {"containerhost_networks_x": {"lan": {"driver": "bridge", "mtu": "big"}}}
    assert problems(controller)[0].startswith("network `lan` (containerhost_networks_x): `mtu` is 'big'")


def test_what_differs_from_host_to_host_at_one_place_is_one_mistake(controller):
    group = GROUP.replace("{publish: [\"8080:80\"]}", "{mtu: '{{ inventory_hostname }}'}")
    controller.write("group_vars/all.yml", group)
    assert len(problems(controller)) == 1


def test_of_the_play_only_the_play_is_blamed(controller):
    controller.play_vars = {"containerhost_networks_x": {"api": {"driver": trust_as_template("{{ missing }}")}}}
    (said,) = problems(controller)
    assert said.startswith("the play: `containerhost_networks_x.api.driver` can't be worked out: 'missing' is")
