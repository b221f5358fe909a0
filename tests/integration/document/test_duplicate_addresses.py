# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address that somebody else had when the kernel looked is there, and is not used: it comes again in one run."""

from __future__ import annotations

import time

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.derived import link_local
from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, only

SHOP, DB = ("ip", "netns", "exec", "shop"), ("ip", "netns", "exec", "db")
CASES = {
    "a container's": (SHOP, "eth0", "fd00:80:1::2"),
    "a container's link-local one": (SHOP, "eth0", link_local("02:00:00:00:00:02")),
    "a gateway's": ((), "ch-web", "fd00:80:1::1"),
    "a gateway's link-local one": ((), "ch-web", link_local("02:00:00:00:00:01")),
}


def shown(host, where: tuple[str, ...], device: str) -> str:
    return host.run(*where, "ip", "-6", "addr", "show", "dev", device)


@pytest.mark.parametrize("case", CASES)
def test_one_that_somebody_else_had_comes_again(host, case):
    document, (where, device, address) = only("web"), CASES[case]
    document["veth"][1].update(addresses=["fd00:80:1::3/64"], routes=[], sysctls={})
    before = host.snapshot()
    host.module("document", document=document)
    host.settle()
    change = ("ip", "-6", "addr")
    host.run(*DB, *change, "add", f"{address}/64", "dev", "eth0", "nodad")
    looks = (f"net.ipv6.conf.{device}.accept_dad=1", f"net.ipv6.conf.{device}.router_solicitation_delay=0")
    host.run(*where, "sysctl", "-qw", *looks)
    host.run(*where, *change, "del", f"{address}/64", "dev", device)
    host.run(*where, *change, "add", f"{address}/64", "dev", device)
    end = time.monotonic() + 5
    while "dadfailed" not in shown(host, where, device) and time.monotonic() < end:
        time.sleep(0.05)
    assert f"{address}/64" in shown(host, where, device).split("dadfailed")[0]
    host.run(*DB, *change, "del", f"{address}/64", "dev", "eth0")

    predicted = host.module("document", document=document, check=True)
    done = host.module("document", document=document)
    assert predicted["diff"] == done["diff"] != []
    assert address in done["diff"][0]["before"]
    assert not host.module("document", document=document)["changed"]
    host.settle()
    assert f"{address}/64" in shown(host, where, device)
    assert "dadfailed" not in shown(host, where, device)
    host.module("document", document=NOTHING, everything=True)
    assert host.snapshot() == before
