# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container in another's network namespace: one stack, which neither's coming and going takes from the other."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import Sleeper
from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, bridge_network


def document(joins, container=None):
    """A bridge network with containers shop and db, and one that joins."""
    own = {"engine": "netns", "ref": "side"}
    return {
        **bridge_network("web", 80),
        "joined": [{"network": "web", "container": container or own, "joins": joins}],
    }


def inode(host, path):
    return host.run("stat", "--dereference", "--format=%i", path).strip()


def test_a_bare_namespace_is_another_name_for_its_partners(host, apply):
    before = host.snapshot()
    partner = bridge_network("web", 80)["netns"][0]["name"]
    apply(document({"engine": "netns", "ref": partner}))
    assert inode(host, "/run/netns/side") == inode(host, f"/run/netns/{partner}")
    listen = "socat TCP-LISTEN:7,bind=127.0.0.1,fork,reuseaddr SYSTEM:'echo shop' & echo $! >/run/socat.pid"
    host.run("ip", "netns", "exec", partner, "sh", "-c", f"{{ {listen}; }} >/dev/null 2>&1")
    asked = ["socat", "-T2", "STDIO", "TCP:127.0.0.1:7,retry=20,interval=0.1"]
    assert host.run("ip", "netns", "exec", "side", *asked).strip() == "shop"
    host.run("sh", "-c", "kill $(cat /run/socat.pid); rm /run/socat.pid")

    host.run("ip", "netns", "del", partner)  # and whoever re-created it has another one
    host.run("ip", "netns", "add", partner)
    told = apply(document({"engine": "netns", "ref": partner}))
    assert any("joined netns side" in each["before_header"] for each in told["diff"])
    assert inode(host, "/run/netns/side") == inode(host, f"/run/netns/{partner}")
    host.run("ip", "netns", "del", partner)

    apply(document({"engine": "netns", "ref": partner}))
    apply(bridge_network("web", 80))
    assert "side" not in host.run("ip", "netns", "list")
    assert inode(host, f"/run/netns/{partner}")
    apply(NOTHING)
    assert host.snapshot() == before


def test_one_may_have_had_a_namespace_of_its_own_before_and_after(host, apply):
    before = host.snapshot()
    network = bridge_network("web", 80, containers=2)
    first, second = (each["name"] for each in network["netns"][:2])
    joined = {"container": {"engine": "netns", "ref": second}, "joins": {"engine": "netns", "ref": first}}
    without = {
        **network,
        "netns": [each for each in network["netns"] if each["name"] != second],
        "veth": [each for each in network["veth"] if each["sandbox"]["ref"] != second],
        "joined": [{"network": "web", **joined}],
    }
    apply(network)
    apply(without)
    assert inode(host, f"/run/netns/{first}") == inode(host, f"/run/netns/{second}")
    apply(network)
    assert inode(host, f"/run/netns/{first}") != inode(host, f"/run/netns/{second}")
    apply(NOTHING)
    assert host.snapshot() == before


def test_a_container_of_an_engine_waits_until_its_engine_has_put_it_there(host, apply):
    partner = {"engine": "netns", "ref": bridge_network("web", 80)["netns"][0]["name"]}
    apply(bridge_network("web", 80))
    elsewhere = Sleeper("--net")
    try:
        told = apply(document(partner, {"engine": "pid", "ref": str(elsewhere.pid)}))
        [waiting] = told["pending"]
        assert f"is not in the network namespace of netns {partner['ref']}, which it is to join" in waiting["reason"]
        assert waiting["sandbox"]["engine"] == "pid"
    finally:
        elsewhere.end()
    inside = f"/run/netns/{partner['ref']}"
    assert apply(document(partner, {"engine": "path", "ref": inside}))["pending"] == []
    apply(NOTHING)


def test_a_partner_that_does_not_run_keeps_nobody_else_waiting(host, apply):
    told = apply(document({"engine": "pid", "ref": "999999999"}))
    [waiting] = told["pending"]
    assert "there is no process 999999999" in waiting["reason"]
    apply(NOTHING)


def test_a_name_that_is_somebodys_is_refused(host, refused):
    host.run("ip", "netns", "add", "side")
    message = refused(document({"engine": "netns", "ref": bridge_network("web", 80)["netns"][0]["name"]}))
    assert "joined netns side" in message and "not ours" in message
    host.run("ip", "netns", "del", "side")


@pytest.mark.parametrize("name", ["side", "nobody"])
def test_killed_records_are_no_reason_to_touch_the_partner(host, apply, name):
    partner = bridge_network("web", 80)["netns"][0]["name"]
    apply(document({"engine": "netns", "ref": partner}))
    host.run("rm", "-f", "/run/containerhost/records.json")
    apply(document({"engine": "netns", "ref": partner}, {"engine": "netns", "ref": name}))
    assert inode(host, f"/run/netns/{name}") == inode(host, f"/run/netns/{partner}")
    apply(NOTHING)
