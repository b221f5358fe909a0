# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection plugin, through Ansible: the only way that users take into a lab."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

INVENTORY = """
h1 ansible_host=127.0.0.1 ansible_port=2201
h10 ansible_host=127.0.0.1 ansible_port=2210
[all:vars]
ansible_user=deploy
ansible_become=true
"""
DELEGATES = """
- hosts: h1
  gather_facts: false
  tasks:
    - ansible.builtin.command: hostname
      delegate_to: "{{ item }}"
      register: told
      loop: [h10, h1, outside, localhost, 127.0.0.1]
    - ansible.builtin.debug:
        msg: "told {{ told.results | map(attribute='stdout') | join(' ') }}."
"""
FILES = """
- hosts: h1, h10
  gather_facts: true
  tasks:
    - ansible.builtin.copy: {content: "from {{ inventory_hostname }}", dest: /var/run/containerhost-test}
    - ansible.builtin.fetch: {src: /run/containerhost-test, dest: fetched}
    - ansible.builtin.command: sleep 0.1
      async: 10
      poll: 1
    - ansible.builtin.raw: hostname
"""


@pytest.fixture(scope="module")
def up(shared):
    shared.inventory(INVENTORY)
    played = shared.up()
    assert played.status == 0, played.output
    return shared


def test_a_command_runs_in_the_host_as_root(up):
    played = up.ad_hoc("h10", "shell", "hostname; id -un; pwd; cat /proc/self/cgroup; echo $HOME")
    assert played.said(">> h10 root /"), played.output
    assert "0::/\n" in played.output and "/.." not in played.output


def test_it_works_when_the_callers_home_and_tmpdir_are_not_there(up, tmp_path, monkeypatch):
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setitem(up.environment, name, str(tmp_path))
    played = up.ad_hoc("h1", "copy", "content=x dest=/tmp/x")
    assert played.status == 0, played.output


def test_files_go_in_and_out_and_links_are_the_hosts(up):
    (up.folder / "files.yml").write_text(FILES)
    played = up.play("files.yml", "-e", f"@{up.vars_file}")
    assert played.status == 0, played.output
    for host in ("h1", "h10"):
        assert (up.folder / "fetched" / host / "run/containerhost-test").read_text() == f"from {host}"
    assert not Path("/run/containerhost-test").exists()


def test_a_delegated_task_runs_where_it_was_delegated_to(up):
    (up.folder / "delegates.yml").write_text(DELEGATES)
    played = up.play("delegates.yml", "-e", f"@{up.vars_file}")
    here = os.uname().nodename
    assert played.said(f"told h10 h1 outside {here} {here}."), played.output


def test_localhost_stays_this_machine(up):
    assert up.ad_hoc("localhost", "command", "hostname").said(f">> {os.uname().nodename}")


def test_the_outside_is_reached_by_its_name(up):
    assert up.ad_hoc("outside", "command", "hostname", "-i", "outside,").said(">> outside")


def test_an_engine_sees_a_control_group_of_its_own(up):
    up.ad_hoc("h1", "shell", "mkdir /sys/fs/cgroup/engine")
    assert "engine" in up.run("h1", "ls /sys/fs/cgroup")
    assert "engine" not in up.run("h10", "ls /sys/fs/cgroup")


def test_the_exit_status_of_a_command_is_the_commands(up):
    assert up.ad_hoc("h1", "command", "sh -c 'exit 7'").said("rc=7")


@pytest.mark.parametrize(
    ("host", "arguments", "sentence"),
    [
        ("stranger", ("-i", "stranger,"), "stranger is not in the lab"),
        ("h1", ("-e", "containerhost_lab=nothing"), "the lab `nothing` is not up: run containerhost.network.lab_up"),
        ("h1", ("-e", "containerhost_lab=../x"), "`../x` is no name for a lab"),
    ],
)
def test_a_host_that_is_not_there_is_named_with_the_remedy(up, host, arguments, sentence):
    played = up.ad_hoc(host, "ping", "", *arguments)
    assert played.status != 0
    assert played.said(sentence), played.output
