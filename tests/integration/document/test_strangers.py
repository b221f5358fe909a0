# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not ours stays as it was: what the host serves to itself, and whom it routes for."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    publish,
)
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
    Town,
)

PRYING = """
ip netns exec web-1 ip route del local 127.0.0.0/8 table local
ip netns exec web-1 ip route add 127.9.9.9 via 10.80.1.1
ip netns exec web-1 sh -c 'echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet'
"""


def test_what_the_host_serves_to_itself_stays_its_own(own_town):
    """Publishing on 127.0.0.1 needs route_localnet, which by itself would open all of 127/8 to the containers."""
    document = joined(bridge_network("web", 80), publish("web", 8080, "10.80.1.2", 80))
    own_town.host.module("document", document=document)
    own_town.serve(None, 9000, "127.9.9.9")
    assert own_town.call(None, "127.9.9.9", 9000)
    own_town.host.run("sh", "-ec", PRYING)
    assert own_town.silence("web-1", "127.9.9.9", 9000)
    own_town.host.run("nft", "flush", "chain", "inet", "containerhost", "loopback_is_private")
    assert own_town.call("web-1", "127.9.9.9", 9000), "the test's own attack does not work"


TWO_UPLINKS = """
ip netns add far
ip link add eth1 type veth peer name eth0 netns far
echo 0 > /proc/sys/net/ipv6/conf/eth1/accept_dad
ip netns exec far sh -c 'echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad'
ip addr add 198.19.0.1/24 dev eth1
ip -6 addr add fd00:19::1/64 dev eth1 nodad
ip link set eth1 up
ip -n far addr add 198.19.0.2/24 dev eth0
ip -n far -6 addr add fd00:19::2/64 dev eth0 nodad
ip -n far link set eth0 up
ip -n far route add default via 198.19.0.1
ip -n far -6 route add default via fd00:19::1
"""


@pytest.fixture
def crossroads(own_town):
    """A host between two networks that are not ours."""
    own_town.host.run("sh", "-ec", TWO_UPLINKS)
    own_town.host.outside("ip", "route", "add", "198.19.0.0/24", "via", HOST4)
    own_town.host.outside("ip", "route", "add", "fd00:19::/64", "via", HOST6)
    return own_town


WAYS = [("outside", "198.19.0.2"), ("far", OUTSIDE4), ("outside", "fd00:19::2"), ("far", OUTSIDE6)]


def crosses(town: Town) -> list[bool]:
    return [town.reaches(*way) for way in WAYS]


def stays(town: Town) -> list[bool]:
    return [not town.ping(*way) for way in WAYS]


def test_the_host_does_not_begin_to_route_between_strangers(crossroads):
    assert all(stays(crossroads))
    assert crossroads.host.module("document", document=bridge_network("web", 80))["changed"]
    assert all(stays(crossroads))
    assert crossroads.reaches("web-1", "198.19.0.2")
    assert crossroads.reaches("web-1", OUTSIDE4)
    # It is the guard that does it, not the test's own routes.
    crossroads.host.run("nft", "flush", "chain", "inet", "containerhost", "passing")
    assert all(crosses(crossroads))


SAME_WIRE = """
ip netns add next
ip -n far link add link eth0 name eth0 netns next type macvlan mode bridge
ip netns exec next sh -c 'echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad'
ip -n next addr add 198.19.0.3/24 dev eth0
ip -n next -6 addr add fd00:19::3/64 dev eth0 nodad
ip -n next link set eth0 up
ip -n next route add 198.19.0.2/32 via 198.19.0.1
ip -n far route add 198.19.0.3/32 via 198.19.0.1
ip -n next -6 route add fd00:19::2/128 via fd00:19::1
ip -n far -6 route add fd00:19::3/128 via fd00:19::1
"""


def test_nor_back_to_the_wire_that_it_came_from(crossroads):
    """As between two who may not reach each other by the wire itself: a macvlan and the device below it."""
    crossroads.host.run("sh", "-ec", SAME_WIRE)
    crossroads.host.module("document", document=bridge_network("web", 80))
    assert not crossroads.ping("far", "198.19.0.3")
    assert not crossroads.ping("far", "fd00:19::3")
    crossroads.host.run("nft", "flush", "chain", "inet", "containerhost", "passing")
    assert crossroads.reaches("far", "198.19.0.3")
    assert crossroads.reaches("far", "fd00:19::3")


def test_what_the_host_routed_before_it_still_routes(crossroads):
    crossroads.host.run(
        "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"
    )
    assert all(crosses(crossroads))
    crossroads.host.module("document", document=bridge_network("web", 80))
    assert all(crosses(crossroads))
    crossroads.host.module("document", document=NOTHING, everything=True)
    assert all(crosses(crossroads))


def test_nothing_is_routed_between_strangers_after_the_teardown(crossroads):
    crossroads.host.module("document", document=bridge_network("web", 80))
    crossroads.host.module("document", document=NOTHING, everything=True)
    assert all(stays(crossroads))
