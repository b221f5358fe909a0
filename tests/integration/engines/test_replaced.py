# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container that has another namespace than before, while something keeps the old one with its interfaces in it."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, said
from ansible_collections.containerhost.network.tests.integration.engines.test_pending import (
    DB,
    SHOP,
    applied,
    end,
    lan,
    network,
)


def both(sandbox):
    """A container on a bridge and on the LAN."""
    return network(end(sandbox, 2), macvlans=[lan(sandbox, 9)])


def interfaces(containers, name: str) -> list[str]:
    pid = containers._running[name].pid
    told = subprocess.check_output(["nsenter", f"--target={pid}", "--net", "ip", "-br", "link"], text=True)
    return [line.split()[0].split("@")[0] for line in told.splitlines()]


def held(host, command: str, until: str) -> int:
    """The process of a command that holds a namespace, once it does."""
    waiting = f"timeout 10 sh -c 'until {until}; do sleep 0.01; done'"
    return int(host.start("sh", "-ec", f"{command} >/dev/null 2>&1 & export PID=$!; {waiting}; echo $PID").stdout)


def entered(host) -> int:
    """A process in the namespace: it is by the time that it is another program than the one that enters."""
    return held(host, "ip netns exec shop sleep 99", "grep -qx sleep /proc/$PID/comm")


REPAIRED = ["! veth {0} eth0 (web)", "! macvlan {0} lan0 (lan)"]


def test_a_container_that_was_started_again_is_attached_in_one_run(host, engines, containers):
    engines.say("docker", "db", containers.start("old"))
    applied(host, both(DB))
    engines.say("docker", "db", containers.start("new"))
    assert said(applied(host, both(DB))) == [row.format("db") for row in REPAIRED]
    assert interfaces(containers, "new") == ["lo", "eth0", "lan0"]
    assert interfaces(containers, "old") == ["lo"]


def test_nothing_has_to_be_repaired_where_nothing_keeps_the_old_one(host, engines, containers):
    engines.say("docker", "db", containers.start("old"))
    applied(host, both(DB))
    containers.end("old")
    host.run("timeout", "10", "sh", "-c", "while ip link show v-2; do sleep 0.05; done")
    engines.say("docker", "db", containers.start("new"))
    assert said(applied(host, both(DB))) == ["+ veth db eth0 (web)", "+ macvlan db lan0 (lan)"]


@pytest.mark.parametrize("keeper", ["process", "mount", "descriptor"])
def test_whatever_keeps_it(host, engines, keeper):
    applied(host, both(SHOP))
    if keeper == "process":
        process = entered(host)
    elif keeper == "mount":
        host.run("sh", "-ec", "touch '/run/a b'; mount --bind /run/netns/shop '/run/a b'")
    else:
        process = held(host, "sleep 99 9</run/netns/shop", "test -e /proc/$PID/fd/9")
    try:
        host.run("ip", "netns", "del", "shop")
        assert said(applied(host, both(SHOP))) == ["+ netns shop (web)", *(row.format("shop") for row in REPAIRED)]
    finally:
        if keeper != "mount":
            os.kill(process, 9)


def test_one_that_nobody_wants_any_more_goes_there(host, engines, containers):
    before = host.snapshot()
    engines.say("docker", "db", containers.start("old"))
    applied(host, both(DB))
    engines.say("docker", "db", containers.start("new"))
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert host.snapshot() == before
    assert interfaces(containers, "old") == ["lo"]


def test_a_name_that_somebody_has_given_to_another_namespace(host, engines, containers):
    applied(host, both(SHOP))
    process = entered(host)
    try:
        host.run("sh", "-ec", "ip netns del shop; ip netns add shop")
        assert said(applied(host, both(SHOP))) == [row.format("shop") for row in REPAIRED]
    finally:
        os.kill(process, 9)
