# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of containerd, by the names that nerdctl gives them: in a run, and as they start."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY, changes
from ansible_collections.containerhost.network.tests.engines.real import Containerd
from ansible_collections.containerhost.network.tests.engines.watching import Watcher


def test_one_is_attached_by_a_run_and_whenever_it_starts_again(house):
    engine = Containerd(house.host)
    engine.prepare()
    house.say({"db": {"engine": "containerd", "publish": ["8080:80"]}}, keep=True)
    assert house.site().said("[WARNING]: h1: there is no containerd container db on this host")
    engine.run("db")
    assert changes(house.site("--diff")) == ["veth db eth0 (web)"]
    assert engine.reaches("db", GATEWAY)
    assert house.asked_from_outside(8080) == "db"

    watcher = Watcher(house.host, "containerd")
    watcher.start()
    engine.restart("db")
    house.host.until(lambda: engine.interfaces("db") == ["lo", "eth0"], "it is attached")
    assert engine.reaches("db", GATEWAY)
    engine.stop("db")
    assert house.site().said("containerd container db is not running on this host: start it")
    watcher.end()
    engine.remove("db")
