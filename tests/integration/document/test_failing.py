# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel refuses on the way: what is done all the same, what is taken back, and how the next run goes on."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    only,
    publish,
    web_and_fabric,
)

# The kernel takes this for a number only when it is written.
NO_NUMBER = {"net.ipv4.conf.IFNAME.rp_filter": "no number"}


def shop_and_fabric() -> dict[str, Any]:
    return joined(bridge_network("shop", 81, containers=3), publish("shop", 8080, "10.81.1.2", 80), only("fabric"))


def failed(host, document: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = host.module("document", document=document, remove=["*"], **options)
    assert answer["failed"]
    return answer


def undisturbed(host, document: dict[str, Any]) -> str:
    """The state that a run makes by which nothing is refused; it is taken down again."""
    assert not host.module("document", document=document).get("failed")
    state = host.snapshot()
    host.module("document", document=NOTHING, everything=True)
    return state


@pytest.mark.parametrize("number", [0, 2], ids=["first", "last"])
def test_a_container_that_the_kernel_refuses_keeps_nothing_from_the_others(host, apply, number):
    document = shop_and_fabric()
    state = undisturbed(host, document)
    wrong = copy.deepcopy(document)
    wrong["veth"][number]["sysctls"] = NO_NUMBER
    answer = failed(host, wrong)
    assert len(answer["problems"]) == 1
    what = f"veth shop-{number + 1} eth0 (shop)"
    assert answer["problems"][0].startswith(f"{what}: cannot set net/ipv4/conf/eth0/rp_filter")
    without = copy.deepcopy(document)
    del without["veth"][number]
    assert host.module("document", document=without, check=True)["changed"] is False
    again = failed(host, wrong)
    assert again["problems"] == answer["problems"]
    apply(document)
    assert host.snapshot() == state


def test_a_device_that_cannot_be_finished_takes_along_what_is_on_it_only(host, apply, monkeypatch):
    document = web_and_fabric()
    state = undisturbed(host, document)
    before = host.snapshot()

    def refused(device: str, cidr: str, *more: Any) -> messages.Message:
        """The kernel gives no device a multicast address (EADDRNOTAVAIL): by then the bridge is there."""
        return new_address(device, "ff02::7/64" if cidr == "fd00:80:1::1/64" else cidr, *more)

    new_address = messages.new_address
    monkeypatch.setattr(messages, "new_address", refused)
    answer = failed(host, document)
    assert len(answer["problems"]) == 1
    assert "veth shop eth0 (web), veth db eth0 (web)" in answer["msg"]
    assert "ch-web" not in host.run("ip", "-br", "link")
    monkeypatch.undo()
    assert host.module("document", document=only("fabric"), check=True)["changed"] is False
    apply(document)
    assert host.snapshot() == state
    host.module("document", document=NOTHING, everything=True)
    assert host.snapshot() == before
