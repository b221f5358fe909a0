# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``absent`` means as before, and what was borrowed goes back to whom it belongs."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    only,
    said,
    web_and_fabric,
)

FORWARDING = "/proc/sys/net/ipv4/conf/eth0/forwarding"
FORCE_FORWARDING = "/proc/sys/net/ipv6/conf/eth0/force_forwarding"
# Somebody's host: Docker's bridge and rules, a named namespace, routes, neighbours, settings of every sort.
LIVED_IN = """
ip link add docker0 type bridge
ip addr add 172.17.0.1/16 dev docker0
ip link set docker0 up
echo 1 > /proc/sys/net/ipv4/conf/docker0/forwarding
echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter
ip netns add theirs
ip link add vtheirs type veth peer name eth0 netns theirs
ip link set vtheirs master docker0 up
ip link add vx type vxlan id 99 dstport 4789 local 198.18.0.1
bridge fdb append 00:00:00:00:00:00 dev vx dst 198.18.0.9
ip route add 10.200.0.0/16 via 198.18.0.2 metric 50
ip neigh add 198.18.0.77 lladdr 02:00:00:00:77:77 dev eth0 nud permanent
nft add table ip nat
nft add chain ip nat POSTROUTING '{ type nat hook postrouting priority 100; }'
nft add rule ip nat POSTROUTING ip saddr 172.17.0.0/16 masquerade
"""


def value(host, path: str = FORWARDING) -> str:
    return host.run("cat", path).strip()


def put(host, number: int, path: str = FORWARDING) -> None:
    host.run("sh", "-c", f"echo {number} > {path}")


def loans(host) -> dict:
    return json.loads(host.run("cat", "/run/containerhost/records.json"))["borrowed"]


# -- the whole of it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [{"remove": ["*"]}, {"everything": True}], ids=["networks", "everything"])
@pytest.mark.parametrize("lived_in", [True, False], ids=["a host that is lived in", "a bare host"])
def test_nothing_is_left_and_nothing_is_missing(host, lived_in, scope):
    host.run("sh", "-ec", LIVED_IN if lived_in else ":")
    before = host.snapshot()
    first = host.module("document", document=web_and_fabric())
    assert first["changed"], first
    host.module("document", document=joined(web_and_fabric(), bridge_network("b", 81, containers=2)))
    gone = host.module("document", document=NOTHING, **scope)
    assert not gone.get("failed"), gone
    host.run("sleep", "0.3")  # namespaces take their devices along a moment later
    assert host.snapshot() == before


def test_one_network_goes_and_the_other_is_as_if_it_had_been_alone(host):
    other = bridge_network("b", 81, containers=2)
    host.module("document", document=other)
    alone = host.snapshot()
    host.module("document", document=joined(web_and_fabric(), other))
    host.module("document", document=other, remove=["web", "fabric"])
    host.run("sleep", "0.3")
    assert host.snapshot() == alone


def test_check_mode_touches_nothing_at_all(host):
    before = host.snapshot()
    answer = host.module("document", document=web_and_fabric(), check=True)
    assert answer["changed"]
    assert host.snapshot() == before
    host.module("document", document=web_and_fabric())
    before = host.snapshot()
    answer = host.module("document", document=NOTHING, everything=True, check=True)
    assert answer["changed"]
    assert host.snapshot() == before


def test_a_teardown_without_the_records_leaves_what_only_they_knew(host):
    """The settings that are guarded go back; the folder of namespaces is taken for somebody else's."""
    before = host.snapshot()
    host.module("document", document=web_and_fabric())
    host.run("rm", "-rf", "/run/containerhost")
    host.module("document", document=web_and_fabric())
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    host.run("sleep", "0.3")
    host.run("sh", "-c", "umount /run/netns; rmdir /run/netns; rm -r /run/mount")
    assert host.snapshot() == before


def test_a_teardown_goes_on_where_somebody_has_been_before(host):
    before = host.snapshot()
    host.module("document", document=web_and_fabric())
    host.run(
        "sh",
        "-ec",
        "ip link del chvshop; nft flush set inet containerhost borrowed4; ip netns del db; ip link del ch-web",
    )
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    host.run("sleep", "0.3")
    assert host.snapshot() == before


def test_a_teardown_of_nothing_changes_nothing(host, apply):
    before = host.snapshot()
    assert said(apply(NOTHING, everything=True)) == []
    assert host.snapshot() == before


# -- borrowed settings ----------------------------------------------------------------------------------------------


def test_forwarding_is_switched_on_interface_by_interface_and_no_further(host):
    host.module("document", document=only("web"))
    assert (value(host), value(host, FORCE_FORWARDING)) == ("1", "1")
    for other in (
        *("ipv4/ip_forward", "ipv4/conf/all/forwarding", "ipv4/conf/default/forwarding", "ipv4/conf/lo/forwarding"),
        *("ipv6/conf/all/forwarding", "ipv6/conf/default/forwarding", "ipv6/conf/lo/force_forwarding"),
    ):
        assert value(host, f"/proc/sys/net/{other}") == "0", other


def test_what_it_was_before_anybody_borrowed_it_is_restored_by_the_last_to_give_it_back(host):
    web, other = bridge_network("web", 80), bridge_network("b", 81)
    host.module("document", document=web)
    host.module("document", document=joined(web, other))
    host.module("document", document=other, remove=["web"])
    assert value(host) == "1"
    assert [loan["owners"] for loan in loans(host).values() if loan["guard"]] == [["plan/b"], ["plan/b"]]
    host.module("document", document=NOTHING, remove=["b"])
    assert value(host) == "0"


def test_what_was_on_before_is_not_ours_to_switch_off(host):
    put(host, 1)
    host.module("document", document=only("web"))
    assert " net/ipv4/conf/eth0/forwarding" not in loans(host)
    host.module("document", document=NOTHING, everything=True)
    assert value(host) == "1"


def test_what_somebody_has_changed_since_is_theirs(host):
    document = {"version": 1, "sysctl": [{"network": "w", "key": "net.ipv4.conf.eth0.rp_filter", "value": "2"}]}
    path = "/proc/sys/net/ipv4/conf/eth0/rp_filter"
    put(host, 0, path)
    host.module("document", document=document)
    assert value(host, path) == "2"
    put(host, 1, path)
    host.module("document", document=NOTHING, everything=True)
    assert value(host, path) == "1"


def test_what_somebody_has_changed_while_we_want_it_is_changed_back_and_restored_in_the_end(host, apply):
    put(host, 0)
    host.module("document", document=only("web"))
    put(host, 0)
    assert said(apply(only("web"))) == ["+ forwarding ipv4 on uplink auto (web)"]
    assert value(host) == "1"
    host.module("document", document=NOTHING, everything=True)
    assert value(host) == "0"


def test_a_setting_that_is_asked_for_otherwise_is_still_restored_to_what_it_was(host, apply):
    def document(number: str) -> dict:
        return {"version": 1, "sysctl": [{"network": "w", "key": "net.ipv4.conf.eth0.rp_filter", "value": number}]}

    path = "/proc/sys/net/ipv4/conf/eth0/rp_filter"
    put(host, 0, path)
    apply(document("2"))
    apply(document("1"))
    assert value(host, path) == "1"
    apply(NOTHING)
    assert value(host, path) == "0"


def test_an_uplink_that_comes_later_is_switched_on_too(host, apply):
    host.module("document", document=only("web"))
    host.run(
        "sh",
        "-ec",
        "ip link add eth1 type veth peer name eth1p; ip addr add 198.19.0.1/24 dev eth1; ip link set eth1 up",
    )
    assert said(apply(only("web"))) == ["~ forwarding ipv4 on uplink auto (web)"]
    assert value(host, "/proc/sys/net/ipv4/conf/eth1/forwarding") == "1"


def test_an_uplink_that_went_is_forgotten(host, apply):
    host.run(
        "sh",
        "-ec",
        "ip link add eth1 type veth peer name eth1p; ip addr add 198.19.0.1/24 dev eth1; ip link set eth1 up",
    )
    host.module("document", document=only("web"))
    host.run("ip", "link", "del", "eth1")
    (change,) = said(apply(only("web")))
    assert change.startswith("- forwarding ipv4 on ")
    assert change.endswith("eth1 (web)")
    assert " net/ipv4/conf/eth1/forwarding" not in loans(host)


def test_the_table_is_there_for_as_long_as_something_is_in_it(host):
    host.module("document", document=joined(only("web"), bridge_network("b", 81, internal=True)))
    host.module("document", document=bridge_network("b", 81, internal=True), remove=["web"])
    assert "containerhost" in host.run("nft", "list", "tables")
    host.module("document", document=NOTHING, remove=["b"])
    assert host.run("nft", "list", "ruleset") == ""
    assert host.run("ls", "/run") == ""
