# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection plugin where no lab is needed: which host a command is for, and what is said when there is none."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.playbook.play_context import PlayContext

from ansible_collections.containerhost.network.plugins.connection import lab as plugin
from ansible_collections.containerhost.network.plugins.module_utils.lab import members, registry
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import Member

OPTIONS = {"host": "h1", "delegate_to": None, "lab": "unit", "executable": "/bin/sh"}


@pytest.fixture(autouse=True)
def top(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "TOP", str(tmp_path))
    return tmp_path


def connection(**options):
    found = plugin.Connection(PlayContext())
    given = {**OPTIONS, **options}
    found.get_option = given.__getitem__
    return found


def up(*names, started=1):
    there = registry.Registry("unit")
    for folder in (there.folder, f"{there.folder}/hosts"):
        registry._make_folder(folder)
    for name in names:
        there.save(Member(name, 4711, started))
    return there


@pytest.fixture
def alive(monkeypatch):
    monkeypatch.setattr(members, "started", lambda pid: 1)


def test_without_a_lab_the_remedy_is_named():
    with pytest.raises(AnsibleConnectionFailure, match=r"the lab `unit` is not up: run containerhost.network.lab_up"):
        connection().exec_command("true")


def test_a_host_that_the_lab_has_not_got_is_named():
    up("h10")
    with pytest.raises(AnsibleConnectionFailure, match="h1 is not in the lab `unit`: run containerhost.network.lab_up"):
        connection().exec_command("true")


def test_a_host_that_has_died_is_named():
    up("h1", started=-1)
    with pytest.raises(AnsibleConnectionFailure, match="h1 of the lab `unit` has died"):
        connection().exec_command("true")


def test_who_is_not_root_is_told_so(alive, monkeypatch):
    up("h1")
    monkeypatch.setattr(plugin.os, "geteuid", lambda: 1000)
    with pytest.raises(AnsibleConnectionFailure, match="as root"):
        connection().exec_command("true")


def test_a_wrong_name_for_a_lab_is_an_error():
    with pytest.raises(AnsibleError, match="no name for a lab"):
        connection(lab="../x").exec_command("true")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_localhost_is_this_machine_with_and_without_a_lab(name):
    assert connection(host=name).exec_command("echo here")[:2] == (0, b"here\n")
    up("h1")
    assert connection(host="h1", delegate_to=name).exec_command("echo here")[:2] == (0, b"here\n")


def test_a_lab_host_that_is_called_like_this_machine_goes_first(alive):
    up("127.0.0.1")
    assert connection(host="127.0.0.1")._local() is None


def test_a_delegated_command_is_for_the_delegate(alive):
    up("h1", "h10")
    assert connection(delegate_to="h10")._member().name == "h10"
    assert connection()._member().name == "h1"


def test_it_enters_all_namespaces_and_the_control_group_first(alive, monkeypatch):
    seen = {}
    monkeypatch.setattr(plugin.os, "geteuid", lambda: 0)
    monkeypatch.setattr(plugin.subprocess, "Popen", lambda argv, **options: seen.update(options, argv=argv))
    up("h1").save(Member("h1", 4711, 1, cgroup="/sys/fs/cgroup/x"))
    connection()._enter("hostname", None, None)
    assert seen["argv"][3:6] == ["sh", "/sys/fs/cgroup/x", "--target"]
    assert set(seen["argv"]) >= {"4711", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"}
    assert seen["argv"][-3:] == ["/bin/sh", "-c", "hostname"]
    assert "TMPDIR" not in seen["env"] and seen["env"]["HOME"] == "/root"


def test_modules_start_in_one_process():
    found = plugin.Connection(PlayContext())
    found._options = {"pipelining": True}
    assert found.is_pipelining_enabled()
