# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of LXD, in a run and as they start: of its default project and of another, under their names."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.engines.conftest import GATEWAY, changes
from ansible_collections.containerhost.network.tests.engines.real import Lxd
from ansible_collections.containerhost.network.tests.engines.watching import Watcher


def test_one_is_attached_by_a_run_and_whenever_it_starts_again(house):
    engine = Lxd(house.host)
    engine.prepare()
    engine.project("shop")
    engine.run("db")
    rows = {"db": {"engine": "lxd", "publish": ["8080:80"]}, "cart": {"engine": "lxd", "ref": "shop/db"}}
    house.say(rows, keep=True, names="hosts")
    told = house.site("--diff")
    assert told.said("[WARNING]: h1: there is no lxd container shop/db on this host")
    assert "veth db eth0 (web)" in changes(told)

    def is_attached(ref: str) -> bool:
        return engine.interfaces(ref) == ["lo", "eth0"]

    watcher = Watcher(house.host, "lxd")
    watcher.start()
    engine.run("shop/db")
    house.host.until(lambda: is_attached("shop/db"), "it is attached")
    for ref, other in (("db", "cart"), ("shop/db", "db")):
        assert engine.reaches(ref, GATEWAY)
        # Its names are written behind its interface.
        ping = engine.command_in(ref, "/bin/ping", "-c1", "-W5", other)
        house.host.until(lambda ping=ping: house.host.succeeds(*ping), f"{ref} reaches {other}")
    assert house.asked_from_outside(8080) == "db"
    for ref in ("db", "shop/db"):
        engine.restart(ref)
        house.host.until(lambda ref=ref: is_attached(ref), "it is attached again")
        assert engine.reaches(ref, GATEWAY)
    engine.stop("db")
    # Names go from the file system of one that does not run.
    assert " cart" in (written := house.host.sh("cat /var/lib/lxd/containers/db/rootfs/etc/hosts"))
    house.say(rows, keep=True)
    assert house.site().said("lxd container db is not running on this host: start it")
    kept = house.host.sh("cat /var/lib/lxd/containers/db/rootfs/etc/hosts 2>/dev/null || true")
    assert " cart" not in kept, written
    watcher.end()
    engine.remove_all()
