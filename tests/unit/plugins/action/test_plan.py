# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as a user runs it: a play, an inventory and a ledger on disk. Nothing is connected to."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.tests.unit.plugins.action.project import HOSTS, Project


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_a_run_plans_writes_documents_and_remembers(project):
    project.run(arguments={"dest": str(project.folder / "plan")})
    result = project.result()
    assert result["changed"] is True
    assert result["networks"] == {
        "fabric": {"driver": "overlay", "shared": True},
        "web": {"driver": "bridge", "shared": False},
    }
    assert result["plan_dir"] == str(project.folder / "plan")
    document = json.loads((project.folder / "plan" / "h2.json").read_text())["document"]
    assert document["vxlan"][0]["vni"] == 42  # templated
    assert ledgers.load(str(project.ledger)).endpoints["fabric", "h2", "app"].addresses == ("10.42.1.2",)

    project.run("--limit", "h3", "--diff")
    assert project.result("h3")["changed"] is False
    assert project.result("h3")["digest"] == result["digest"]


def test_by_default_the_documents_are_gone_with_the_run(project):
    project.run(installed=True)
    directory = project.result()["plan_dir"]
    assert directory.startswith(str(project.folder / "home"))
    assert not os.path.exists(directory)


def test_check_mode_plans_and_writes_no_ledger_but_shows_it(project):
    shown = project.run("--check", "--diff", arguments={"dest": "plan"})
    assert not project.ledger.exists()
    assert '+"endpoints/fabric/h1/app": {"addresses": ["10.42.0.2"], "interface": "eth0"},' in shown
    assert (project.folder / "plan" / "h1.json").exists()


def test_what_a_check_has_shown_of_the_ledger_is_not_shown_again_by_a_later_task(project):
    twice = "- hosts: all\n  gather_facts: false\n  tasks:\n" + "    - containerhost.network.plan:\n" * 2
    shown = project.play(twice, "--check", "--diff")
    assert shown.count('+"endpoints/fabric/h1/app"') == 1
    assert [shown.count(f"{word}: [h") for word in ("changed", "ok")] == [1, 5]
    assert not project.ledger.exists()


def test_the_ledger_lies_beside_an_inventory_file(project):
    project.run("-i", str(project.inventory / "hosts.yml"))
    assert (project.inventory / "containerhost.ledger").exists()


def test_the_ledger_may_be_named(project):
    project.run("-e", "containerhost_ledger=there.ledger")
    assert (project.folder / "there.ledger").exists()
    project.run(arguments={"ledger": "here.ledger"})
    assert (project.folder / "here.ledger").exists()
    assert not project.ledger.exists()


def test_where_the_ledger_s_place_is_not_clear_it_must_be_named(project):
    other = project.folder / "elsewhere" / "more"
    other.parent.mkdir()
    other.write_text("[more]\nh1\n")
    hosts = str(project.inventory / "hosts.yml")
    assert "the inventory comes from several places" in project.run("-i", hosts, "-i", str(other), fails=True)
    assert "the inventory is a list of hosts" in project.run("-i", "h1,", fails=True)
    project.run("-i", hosts, "-i", str(other), "-e", "containerhost_ledger=x.ledger")


@pytest.mark.parametrize(("strategy", "serial"), [("free", 10), ("linear", 1)])
def test_the_work_is_done_once_for_all_hosts_of_a_run(project, strategy, serial):
    project.run(strategy=strategy, serial=serial)
    assert len({project.result(host)["plan_dir"] for host in ("h1", "h2", "h3")}) == 1
    assert project.shown.count("changed=1") == 1


def test_where_each_host_asks_for_the_plan_what_is_wrong_is_told_at_one(project):
    (project.inventory / "group_vars" / "all.yml").write_text("containerhost_networks: {web: {driver: brigde}}\n")
    shown = project.run(strategy="free", fails=True)
    assert shown.count("Write `bridge` if that is meant") == 2  # Ansible prints what a failed task says, and its result
    assert shown.count('"the plan of this run is refused, for what is said at h') == 2


@pytest.mark.parametrize(
    ("options", "fails"),
    [
        ({"strategy": "free"}, True),
        ({"strategy": "host_pinned"}, True),
        ({"strategy": "linear"}, False),
        ({"strategy": "free", "hosts": "h1"}, False),
        ({"strategy": "free", "arguments": {"drivers": ["bridge"]}}, False),
    ],
)
def test_hosts_that_wait_for_each_other_s_keys_go_in_step(project, options, fails):
    text = "containerhost_networks: {fabric: {driver: overlay, backend: wireguard, subnets: [10.42.0.0/16]}}\n"
    text += "containerhost_containers: {app: {networks: {fabric: {}}}}\n"
    (project.inventory / "group_vars" / "all.yml").write_text(text)
    shown = project.run(fails=fails, **options)
    said = "h1, h2 and h3 have no keys for `fabric` yet, and other hosts need the public ones"
    assert (said in shown) is fails
    assert not (fails and project.ledger.exists())


def test_a_problem_names_file_and_line_and_changes_nothing(project):
    (project.inventory / "host_vars").mkdir()
    (project.inventory / "host_vars" / "h2.yml").write_text(
        "containerhost_networks_mine:\n  office: {driver: bridge, subnets: [10.42.8.0/21]}\n"
    )
    shown = project.run(fails=True)
    assert (
        "containerhost_networks: `fabric` (10.42.0.0/16, inventory/group_vars/all.yml:7) overlaps"
        " `office` (10.42.8.0/21, inventory/host_vars/h2.yml:2)."
        " Give one of them another subnet; nothing has been changed."
    ) in shown
    assert not project.ledger.exists()


def test_what_can_t_be_templated_is_named(project):
    (project.inventory / "group_vars" / "all.yml").write_text(
        'containerhost_networks: {web: {driver: "{{ nothing }}"}}'
    )
    shown = project.run(fails=True)
    assert (
        "h1, h2 and h3 (inventory/group_vars/all.yml:1): `containerhost_networks.web.driver` can't be worked out:"
        " 'nothing' is undefined. Define what it names, or correct the template"
    ) in shown
    assert shown.count("is undefined") == 2  # Ansible itself prints what a failed task says, and its result


def test_other_variables_are_not_even_templated(project):
    with open(project.inventory / "group_vars" / "all.yml", "a") as file:
        file.write('containerhost_backup_command: "{{ nothing }}"\n')
    project.run()


def test_networks_of_the_play_are_the_fleet_s(project):
    network = {"play": {"driver": "bridge", "hosts": "h3", "subnets": ["10.5.0.0/24"]}}
    project.run("--limit", "h1", play_vars={"containerhost_networks_play": network}, arguments={"dest": "plan"})
    bridges = json.loads((project.folder / "plan" / "h3.json").read_text())["document"]["bridge"]
    assert "ch-play" in {each["name"] for each in bridges}


def test_localhost_may_plan_for_the_fleet(project):
    project.run(hosts="localhost", arguments={"dest": "plan"})
    assert json.loads((project.folder / "plan" / "plan.json").read_text())["hosts"] == ["h1", "h2", "h3"]


def test_only_hosts_of_the_fleet_are_planned_for(project):
    project.run("-e", "containerhost_hosts=all:!h3", arguments={"dest": "plan"})
    assert json.loads((project.folder / "plan" / "plan.json").read_text())["hosts"] == ["h1", "h2"]


def test_an_unknown_option_is_refused(project):
    assert "Unsupported parameters" in project.run(arguments={"destination": "x"}, fails=True)


@pytest.fixture(scope="module")
def with_one_retired(tmp_path_factory):
    """It takes three runs to retire a host: once for all tests, each of which has a copy."""
    project = Project(tmp_path_factory.mktemp("retired"))
    project.run()
    (project.inventory / "hosts.yml").write_text(HOSTS.replace("    h3: {ansible_host: 198.18.7.13}\n", ""))
    assert "confirm it once with -e containerhost_confirm_vanished=true" in project.run(fails=True)
    project.run("-e", "containerhost_confirm_vanished=true")
    return project


class TestRelease:
    @pytest.fixture
    def retired(self, with_one_retired, project):
        shutil.copytree(with_one_retired.inventory, project.inventory, dirs_exist_ok=True)
        shutil.copy(with_one_retired.ledger, project.ledger)
        return project

    def test_what_a_host_had_is_free_again(self, retired):
        shown = retired.run("--diff", module="release", arguments={"hosts": ["h3"]})
        assert '-"slices/fabric/h3"' in shown
        assert retired.result()["released"] == [
            "endpoints/fabric/h3/app",
            "endpoints/web/h3/app",
            "slices/fabric/h3",
            "slices/web/h3",
        ]
        assert "h3" not in retired.ledger.read_text()
        shown = retired.run(module="release", arguments={"hosts": ["h3"]})
        assert retired.result()["changed"] is False
        assert "the ledger knows no host `h3`" in shown

    def test_a_name_that_the_ledger_does_not_know_is_said_with_the_nearest_one(self, retired):
        shown = retired.run(module="release", arguments={"networks": ["fabrik"]})
        assert "the ledger knows no network `fabrik` (`fabric` it does), so there is nothing of it to release." in shown

    def test_check_mode_releases_nothing(self, retired):
        before = retired.ledger.read_text()
        retired.run("--check", module="release", arguments={"older_than": 0})
        assert retired.result()["changed"] is True
        assert retired.ledger.read_text() == before

    def test_what_is_in_use_is_not_released(self, retired):
        assert "is still in the inventory" in retired.run(module="release", arguments={"hosts": ["h1"]}, fails=True)

    @pytest.mark.parametrize("days", [-1, 10**12])
    def test_a_number_of_days_that_is_none_is_a_sentence(self, retired, days):
        shown = retired.run(module="release", arguments={"older_than": days}, fails=True)
        assert f"`older_than` is {days}. Write a number of days from 0 to 36500" in shown

    def test_something_must_be_said(self, retired):
        assert "one of the following is required" in retired.run(module="release", fails=True)
