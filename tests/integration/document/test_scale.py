# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand containers on two bridges, by one process."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    publish,
)


def thousand() -> dict:
    two = [bridge_network(name, number, containers=500) for name, number in (("web", 80), ("b", 81))]
    for number, network in zip((80, 81), two, strict=True):
        network["bridge"][0]["addresses"] = [f"10.{number}.1.1/16"]
        for index, veth in enumerate(network["veth"], start=2):
            veth["addresses"] = [f"10.{number}.{1 + (index >> 8)}.{index & 255}/16"]
            veth["routes"] = [{"dst": "0.0.0.0/0", "via": f"10.{number}.1.1"}]
            veth["sysctls"] = {"net.ipv6.conf.IFNAME.disable_ipv6": "1"}
    ports = [publish("web", 10000 + index, f"10.80.{1 + (index >> 8)}.{index & 255}", 80) for index in range(2, 502)]
    return joined(*two, *({**port, "sysctl": []} for port in ports))


def test_a_thousand_endpoints_are_made_found_as_they_are_and_taken_away(host):
    before = host.snapshot()
    document = thousand()
    made = host.module("document", document=document, diff=False)
    assert made["counts"]["added"] == 2 * 500 * 2 + 500 + 2 * (1 + 1 + 2 + 4)
    for _again in range(2):
        again = host.module("document", document=document)
        assert (again["changed"], again["diff"]) == (False, [])
    # The kernel sees to the carriers of so many ports when it can, and a port forwards only then.
    ping = "ip netns exec web-500 ping -c1 -W1 10.80.1.2"
    host.run("timeout", "60", "sh", "-c", f"until {ping}; do sleep 0.1; done")
    # One container less, one port more: as little to do as on a small host.
    document["veth"].pop()
    document["netns"].pop()
    document["nat_rule"].append({**document["nat_rule"][-1], "host_port": 9})
    changed = host.module("document", document=document, remove=["*"], diff=False)
    assert changed["counts"] == {"added": 1, "changed": 0, "recreated": 0, "removed": 2}
    gone = host.module("document", document=NOTHING, everything=True, diff=False)
    assert gone["changed"]
    host.run("sleep", "2")
    assert host.snapshot() == before
