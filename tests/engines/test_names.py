# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of engines and bare namespaces read each other's names in the files that engines have made for them."""

from __future__ import annotations

import pytest

NAMES = [["10.80.0.2", "box", "box.web"], ["10.80.0.3", "db", "store", "db.web", "store.web"]]


def hosts(engine, ref):
    """What a container reads, without what its engine has written there."""
    lines = engine.inside(ref, "/bin/cat", "/etc/hosts").splitlines()
    return [line.split() for line in lines if line.startswith("10.80.")]


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_names_come_change_and_go_without_touching_what_the_engine_wrote(house, name):
    engine = house.engines[name]
    engine.run("db")
    before = engine.inside("db", "/bin/cat", "/etc/hosts")
    house.say({"db": {"engine": name, "aliases": ["store"]}, "box": {}}, names="hosts")
    house.settled()
    assert hosts(engine, "db") == NAMES
    assert house.host.run("ip", "netns", "exec", "box", "getent", "hosts", "store").split()[0] == "10.80.0.3"
    house.say({"db": {"engine": name, "aliases": ["shelf"]}, "box": {}}, names="hosts")
    house.settled()
    assert hosts(engine, "db") == [NAMES[0], ["10.80.0.3", "db", "shelf", "db.web", "shelf.web"]]
    house.say({"db": {"engine": name}, "box": {}})
    house.settled()
    assert engine.inside("db", "/bin/cat", "/etc/hosts") == before


def test_one_that_starts_again_has_its_names_before_its_first_process(house):
    podman = house.engines["podman"]
    house.say({"db": {"engine": "podman", "aliases": ["store"]}, "box": {}}, keep=True, names="hosts")
    assert house.site().said("Pending until then: db (web)")
    assert podman.once("db", "/bin/busybox", "grep", "store.web", "/etc/hosts")
    podman.remove("db")
    podman.run("db")
    podman.restart("db")
    assert hosts(podman, "db") == NAMES
    assert house.site().changed == 0
