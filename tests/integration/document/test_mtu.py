# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every MTU on the way is set, compared and put back, and what the host has no room for is refused first."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    only,
    said,
    web_and_fabric,
)


def mtu(host, device: str, container: str | None = None) -> int:
    inside = ["-n", container] if container else []
    return int(re.search(r" mtu (\d+)", host.run("ip", *inside, "link", "show", "dev", device))[1])


def without_mtu(document: dict) -> dict:
    for kind in ("bridge", "veth"):
        for row in document[kind]:
            row.pop("mtu", None)
    return document


def lan(**options: object) -> dict:
    end = {"sandbox": {"engine": "netns", "ref": "cam"}, "mac": "02:00:00:00:05:01", "addresses": ["198.18.0.77/24"]}
    macvlan = {"network": "lan", "parent": "eth0", **end, **options}
    return {"version": 1, "netns": [{"network": "lan", "name": "cam"}], "macvlan": [macvlan]}


@pytest.mark.parametrize("named", [True, False], ids=["with an mtu of its own", "without"])
def test_a_smaller_endpoint_leaves_its_bridge_as_it_is(host, apply, named):
    document = bridge_network("web", 80, containers=2)
    document = document if named else without_mtu(document)
    document["veth"][0]["mtu"] = 1400
    apply(document)
    assert [mtu(host, "ch-web"), mtu(host, "eth0", "web-1"), mtu(host, "eth0", "web-2")] == [1500, 1400, 1500]
    host.run("ip", "netns", "exec", "web-2", "ping", "-c1", "-W2", "-Mdo", "-s1472", "10.80.1.1")


@pytest.mark.parametrize(
    ("by_hand", "line"),
    [
        ("ip -n web-1 link set eth0 mtu 1300", "~ veth web-1 eth0 (web)"),
        ("ip link set v-web-1 mtu 1300", "~ veth web-1 eth0 (web)"),
        ("ip link set ch-web mtu 9000", "~ bridge ch-web (web)"),
    ],
)
def test_what_a_document_says_nothing_about_is_put_back_too(host, apply, by_hand, line):
    document = without_mtu(bridge_network("web", 80))
    host.module("document", document=document)
    host.run("sh", "-c", by_hand)
    assert said(apply(document)) == [line]
    assert [mtu(host, "ch-web"), mtu(host, "v-web-1"), mtu(host, "eth0", "web-1")] == [1500] * 3


def test_one_that_was_wanted_for_a_while_does_not_stay(host, apply):
    document = bridge_network("web", 80)
    document["bridge"][0]["mtu"] = document["veth"][0]["mtu"] = 9000
    apply(document)
    assert said(apply(without_mtu(document))) == ["~ bridge ch-web (web)", "~ veth web-1 eth0 (web)"]
    assert [mtu(host, "ch-web"), mtu(host, "eth0", "web-1")] == [1500, 1500]


def test_a_macvlan_follows_its_parent_up_and_down(host, apply):
    apply(lan())
    for size in (1400, 1450):
        host.run("ip", "link", "set", "eth0", "mtu", str(size))
        apply(lan())
        assert mtu(host, "eth0", "cam") == size


def test_a_macvlan_larger_than_its_parent_is_refused_before_anything_is_done(host, refused):
    assert "macvlan cam eth0 (lan): mtu 1501 is more than the 1500 of eth0" in refused(lan(mtu=1501))


@pytest.mark.parametrize("link", ["eth0", None], ids=["a named device", "the one that has the address"])
@pytest.mark.parametrize(("local", "room"), [("198.18.0.1", 1450), ("fd00:18::1", 1430)])
def test_a_vxlan_that_does_not_fit_its_lower_device_is_refused_first(host, refused, link, local, room):
    document = only("fabric")
    for kind in ("vxlan_fdb", "neighbour", "route"):
        del document[kind]
    document["vxlan"][0].update({"local": local, "link": link, "mtu": room + 1})
    message = refused(document)
    assert f"vxlan ch-fabric (fabric): mtu {room + 1} does not fit eth0, whose 1500 leaves {room}" in message
    document["vxlan"][0]["mtu"] = room
    for again in (True, False):
        assert host.module("document", document=document, remove=["*"])["changed"] is again
    document["vxlan"][0]["mtu"] = room + 1
    assert "does not fit eth0" in refused(document)


@pytest.mark.parametrize(
    ("by_hand", "first"),
    [
        ("ip link set ch-web mtu 1000", "~ bridge ch-web (web)"),
        ("ip -n shop link set eth0 mtu 1000", "~ veth shop eth0 (web)"),
        ("ip link set chvshop mtu 1000", "~ veth shop eth0 (web)"),
        ("ip link set ch-fabric mtu 1000", "~ vxlan ch-fabric (fabric)"),
    ],
)
def test_ipv6_that_was_lost_below_1280_comes_back_in_one_run(host, apply, by_hand, first):
    document = joined(web_and_fabric(), {"version": 1, "sysctl": [
        {"network": "web", "key": "net.ipv6.conf.ch-web.accept_ra", "value": "0"}
    ]})  # fmt: skip
    host.module("document", document=document)
    host.run("sh", "-c", by_hand)
    assert first in said(apply(document))
    host.run("ip", "netns", "exec", "shop", "ping", "-c1", "-W2", "fd00:80:1::1")
    assert "fd00:42:0:2::/64" in host.run("ip", "-6", "route", "show", "dev", "ch-fabric")
