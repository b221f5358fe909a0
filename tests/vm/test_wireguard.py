# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An encrypted overlay by the kernel's own WireGuard; tests/integration has the same by wireguard-go."""

from __future__ import annotations

from dataclasses import replace

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.run import keys
from ansible_collections.containerhost.network.tests.integration.conftest import OWN_RUN
from ansible_collections.containerhost.network.tests.integration.document import steady
from ansible_collections.containerhost.network.tests.integration.document import test_encrypted as encrypted
from ansible_collections.containerhost.network.tests.integration.document.test_changed_tunnels import given_in
from ansible_collections.containerhost.network.tests.integration.document.test_wireguard import (
    FABRIC,
    HOST,
    LISTENER,
    KeyedMembers,
    made_again,
)

# Each has an /etc of its own, which is no third overlay on two others: the kernel stacks no more.
OWN_ETC = """
mkdir /run/etc
cd /etc; cp -a alternatives group ld.so.cache nsswitch.conf passwd /run/etc
mount --bind /run/etc /etc
"""


class MembersOfTheVm(KeyedMembers):
    PLACES = f"{OWN_RUN}\n{OWN_ETC}"


def test_the_kernel_carries_whole_packets_that_nobody_reads(tmp_path, monkeypatch):
    fabric = MembersOfTheVm(tmp_path, FABRIC, **{f"h{n}": HOST.format(n) for n in (1, 2)})
    fabric.ask_for_keys()
    fabric.site()
    fabric.on_the_switch(LISTENER)
    assert fabric.pings("fabric") == []
    assert "wireguard" in fabric.hosts["h1"].run("ip", "-d", "link", "show", "ch-fabric")
    for address, headers in zip(fabric.addresses("fabric")["h2", "c2"], (28, 48), strict=True):
        assert fabric.reaches("h1", "c1", address, "-Mdo", f"-s{1440 - headers}")
        assert not fabric.reaches("h1", "c1", address, "-Mdo", f"-s{1440 - headers + 1}")
    made_again(fabric)
    monkeypatch.setattr(steady, "PING", ("ping", "-i0.1", "-W5"))
    changed_in_use(fabric)
    assert fabric.read_on_the_switch() == ["0", "0"]
    fabric.everywhere.update(containerhost_networks={}, containerhost_confirm_vanished=True)
    for name in fabric.hosts:
        fabric.variables[name]["containerhost_containers"] = {}
    turned(fabric, "remove")
    for host in fabric.hosts.values():
        assert host.run("wg", "show", "interfaces").split() == []
        # wg_open() switches it off for all interfaces.
        assert host.run("cat", "/proc/sys/net/ipv4/conf/all/send_redirects").strip() == "1"
    fabric.end()


def changed_in_use(fabric):
    """Nothing is lost while hosts get other keys, by another port, and another peer comes and goes."""
    before = {entry.public_key for entry in fabric.ledger.keys.values()}
    asked = [("h1", "c1", address) for address in fabric.addresses("fabric")["h2", "c2"]]
    with steady.flows(fabric, asked) as became:
        fabric.everywhere["containerhost_networks"]["fabric"]["port"] = 51821
        fabric.ask_for_keys()
        assert before.isdisjoint(entry.public_key for entry in fabric.ledger.keys.values())
        fabric.variables["h3"] = yaml.safe_load(HOST.format(3))
        fabric.ledger = keys.with_told(fabric.ledger, {("fabric", "h3"): third_key(fabric)})
        turned(fabric, "make", "switch", "remove")
        assert len(peers(fabric)) == 2
        del fabric.variables["h3"]
        fabric.everywhere["containerhost_confirm_vanished"] = True
        turned(fabric, "remove")
    assert {*became.lost.values()} == {0}
    (peer,) = peers(fabric)
    assert peer.endswith("\t198.18.9.2:51821")


def third_key(fabric):
    """Of a host that is planned and was never there."""
    known = fabric.ledger.keys["fabric", "h1"]
    return replace(known, public_key="yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA=")


def peers(fabric):
    return fabric.hosts["h1"].run("wg", "show", "all", "endpoints").splitlines()


def turned(fabric, *phases):
    plan = fabric.plan()
    fabric.ledger = plan.ledger
    for phase in phases:
        for name, host in fabric.hosts.items():
            done = host.module("document", **given_in(plan, name, phase, "fabric"))
            assert not done.get("failed"), done["msg"]


def test_the_kernel_carries_a_segment_inside(tmp_path):
    hosts = {f"h{n}": encrypted.HOST % (encrypted.UNDERLAYS[4].format(n), 24, n) for n in (1, 2)}
    pond = MembersOfTheVm(tmp_path, encrypted.POND, **hosts)
    pond.ask_for_keys()
    pond.site()
    pond.on_the_switch(encrypted.LISTENER)
    assert pond.pings("pond") == []
    assert "wireguard" in pond.hosts["h1"].run("ip", "-d", "link", "show", "chw-pond")
    encrypted.is_whole_at(pond, 1370)
    assert pond.read_on_the_switch() == ["0", "0"]
    encrypted.forged_in_the_clear(pond)
    pond.end()
