# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.containerhost.network.plugins.plugin_utils.run import guard

MADE = {"changed": True, "counts": {"added": 3, "removed": 0}, "diff": ["object"], "kept": {}}
SAVED = {"changed": True, "counts": {"added": 0, "removed": 0}, "diff": ["file"], "kept": {"old": 1}}
ABOUT = {"seconds": 60, "token": "t"}


class Connection:
    """One of ssh(1), with the arguments that it is called with each time."""

    transport = "ssh"

    def __init__(self, **options):
        self.options = {"ssh_args": "-C -o ControlMaster=auto -o ControlPersist=60s", **options}
        self.resets = 0

    def reset(self):
        self.resets += 1

    def get_option(self, name):
        return self.options[name]

    def set_option(self, name, value):
        self.options[name] = value


def confirmed(connection, applied, *answers):
    """What comes of it, and the arguments of ssh(1) at each call."""
    left, args = list(answers), []

    def run(told):
        assert told == {**ABOUT, "confirm": True}
        args.append(connection.options.get("ssh_args"))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return guard.confirmed(applied, ABOUT, connection, run), args


def test_what_is_not_on_trial_is_left_as_it_is():
    connection = Connection()
    assert confirmed(connection, MADE) == (MADE, [])
    assert not connection.resets


def test_the_run_comes_back_by_no_connection_that_was_there_and_tells_of_both():
    connection = Connection()
    before = dict(connection.options)
    answer, args = confirmed(connection, {**MADE, "on_trial": True}, SAVED)
    assert answer == {**SAVED, "counts": {"added": 3, "removed": 0}, "diff": ["object", "file"]}
    assert args == [f"-o ControlPath=none {before['ssh_args']}"]
    assert connection.resets == 1
    assert connection.options == before


def test_a_connection_that_does_not_call_ssh_is_reset():
    connection = Connection()
    connection.options.clear()
    assert confirmed(connection, {**MADE, "on_trial": True}, SAVED)[1] == [None]
    assert connection.resets == 1


def test_it_tries_again_while_the_host_may_go_back(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(guard.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + 20))
    lost = AnsibleConnectionFailure("no route to host")
    late = {"failed": True, "msg": "it did not come back"}
    assert confirmed(Connection(), {**MADE, "on_trial": True}, lost, lost, lost, late)[0] == late
    with pytest.raises(AnsibleConnectionFailure):
        confirmed(Connection(), {**MADE, "on_trial": True}, *[lost] * 20)


def test_one_that_has_failed_half_way_says_what_the_second_try_says():
    failed = {"failed": True, "msg": "no room", "partly": True}
    assert confirmed(Connection(), {**failed, "on_trial": True}, failed)[0] == failed


@pytest.mark.parametrize(("transport", "seconds"), [("local", 60), ("containerhost.network.lab", 60), ("ssh", 0)])
def test_nobody_comes_back_to_where_no_network_leads_or_where_the_inventory_goes_without(transport, seconds):
    connection = Connection()
    connection.transport = transport
    assert guard.about(seconds, connection) is None


def test_each_run_has_a_name_of_its_own():
    names = {guard.about(5, Connection())["token"] for _each in range(9)}
    assert len(names) == 9
