# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest

from ansible_collections.containerhost.network.plugins.action.document import ActionModule, _warned
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import KeyEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.plan_dir import FLEET_FILE, document_file
from ansible_collections.containerhost.network.plugins.plugin_utils.run import keys

WAITING = {
    "network": "web", "sandbox": {"engine": "docker", "ref": "db"}, "interface": "eth0",
    "reason": "docker container db is not running on this host: start it, then run again",
}  # fmt: skip


def test_a_container_that_is_pending_is_a_warning_and_no_failure():
    answer = _warned({"changed": True, "pending": [WAITING], "warnings": ["another"]}, "h1")
    assert answer["warnings"] == ["another", f"h1: {WAITING['reason']}. Pending until then: db (web)."]
    assert "failed" not in answer


def test_without_one_the_answer_is_as_it_was():
    for answer in ({"changed": True, "pending": []}, {"failed": True, "msg": "no"}, {"skipped": True}):
        assert _warned(answer, "h1") == answer


NETWORKS = {
    "web": {"driver": "bridge", "members": ["h1", "h2"], "shared": False},
    "fabric": {"driver": "overlay", "members": ["h1", "h2"], "shared": True},
}
FAILED = {"failed": True, "msg": "no", "problems": ["no"]}


def made(folder, *answers):
    """What the action says of h1 in the phase that makes, and what it has asked for to get these answers."""
    plan = {"digest": "d", "hosts": ["h1", "h2"], "networks": NETWORKS, "known_networks": {**NETWORKS, "old": {}}}
    (folder / FLEET_FILE).write_text(json.dumps(plan))
    (folder / document_file("h1")).write_text(json.dumps({"document": {}, "digest": "d", "keep": {}}))
    action, asked, left = object.__new__(ActionModule), [], list(answers)
    action._task = SimpleNamespace(args={}, check_mode=False, diff=False)
    action._apply = lambda passed, task_vars: asked.append(dict(passed)) or left.pop(0)
    said = action._of_the_plan({"plan_dir": str(folder)}, "make", {"inventory_hostname": "h1"})
    return said, [(each.get("phase"), each["remove"], each["keep"]) for each in asked]


def test_a_host_that_has_failed_in_part_is_rid_of_what_waits_for_nobody(tmp_path):
    """What hosts share stays until each of them has made its part."""
    said, asked = made(tmp_path, {**FAILED, "partly": True}, {**FAILED, "partly": True})
    assert said["problems"] == ["no"]
    assert asked == [(None, [], []), ("all", ["*"], ["fabric"])]


def test_what_a_first_try_was_refused_is_told_where_a_second_one_was_not(tmp_path):
    said, _asked = made(tmp_path, {**FAILED, "partly": True}, {"changed": False, "kept": {}})
    assert said["changed"]
    assert said["warnings"][0].startswith("h1: a first try was refused in part (no). ")


def test_one_that_has_changed_nothing_or_has_not_failed_is_not_asked_again(tmp_path):
    for answer in (FAILED, {"changed": True, "kept": {"old": 2}}):
        assert made(tmp_path, answer)[1] == [(None, [], [])]


@pytest.mark.parametrize(("number", "verbosity", "told"), [(6, 0, 1), (5, 0, 5), (6, 1, 6)])
def test_a_warning_of_each_host_of_a_large_fleet_is_told_once_and_counted_at_the_end(tmp_path, number, verbosity, told):
    hosts = [f"h{index}" for index in range(number)]
    networks = {"web": {"driver": "bridge", "members": hosts, "shared": False}}
    (tmp_path / FLEET_FILE).write_text(json.dumps({"digest": "d", "hosts": hosts, "networks": networks}))
    shown, warnings = [], []
    for host in hosts:
        (tmp_path / document_file(host)).write_text(json.dumps({"document": {}, "digest": "d", "keep": {}}))
        action = object.__new__(ActionModule)
        action._task = SimpleNamespace(args={}, check_mode=False, diff=False)
        action._display = SimpleNamespace(verbosity=verbosity, display=shown.append)
        play = dict.fromkeys(("ansible_play_hosts_all", "ansible_play_hosts", "ansible_play_batch"), hosts)
        done = _warned({"changed": False, "pending": [WAITING]}, host)
        action._tell(str(tmp_path), "all", done, {"inventory_hostname": host, **play})
        warnings += done.get("warnings", [])
    assert warnings == [f"{host}: {WAITING['reason']}. Pending until then: db (web)." for host in hosts[:told]]
    assert len(shown) == 1
    assert ("Likewise on h1, h2, h3 and 2 more" in shown[0]) is (told < number)


KEY = "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA="


@pytest.mark.parametrize(
    ("rows", "answer", "told"),
    [
        ([{"network": "vault", "name": "ch-vault"}], {"ch-vault": KEY}, {("vault", "h1"): KeyEntry("ch-vault", KEY)}),
        ([{"network": "vault", "name": "ch-vault"}], "rubbish", {}),
        ([], {}, {}),
    ],
)
def test_a_host_is_asked_for_keys_that_its_networks_need(tmp_path, rows, answer, told):
    document = {"version": 1, "bridge": [{"network": "vault"}], **({keys.KIND: rows} if rows else {})}
    (tmp_path / document_file("h1")).write_text(json.dumps({"document": document}))
    action, asked = object.__new__(ActionModule), []
    action._apply = lambda passed, task_vars: asked.append(passed) or {"changed": True, "public_keys": answer}
    said = action._ask_for_keys({"plan_dir": str(tmp_path)}, {"inventory_hostname": "h1"})
    # The part of its document that makes keys, and nothing of it is removed or saved.
    whole = [{"document": json.dumps({"version": 1, keys.KIND: rows})}] if rows else []
    assert (asked, said["changed"]) == (whole, bool(rows))
    assert keys.told(str(tmp_path), os.getppid())[0] == told
