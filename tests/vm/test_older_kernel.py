# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole network on a kernel whose IPv6 forwarding has one switch: it works, and it is given back."""

from __future__ import annotations

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    said,
)

FORWARDING = "/proc/sys/net/ipv6/conf/all/forwarding"


def test_a_container_gets_out_by_both_families_and_the_switch_is_given_back(host):
    before = host.snapshot()
    document = bridge_network("web", 80)
    predicted = host.module("document", check=True, document=document)
    done = host.module("document", document=document)
    assert said(predicted) == said(done) != []
    assert said(host.module("document", document=document)) == []
    assert host.run("cat", FORWARDING).strip() == "1"
    for address in ("198.18.0.2", "fd00:18::2"):
        host.run("ip", "netns", "exec", "web-1", "ping", "-c1", "-W5", address)
    host.module("document", document=NOTHING, everything=True)
    assert host.run("cat", FORWARDING).strip() == "0"
    assert host.snapshot() == before
