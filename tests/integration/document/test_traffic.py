# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real packets: who reaches whom, by which address, and who does not.

All of it twice: as the kernel does it, and with br_netfilter at work, which somebody else may have loaded and which
shows bridged frames to IP's rules.

``web`` (10.80.1.0/24) publishes ports, ``b`` (10.81.1.0/24) is another network, ``vault`` is internal, the
containers of ``shy`` keep to themselves. ``outside`` is beyond the uplink.
"""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    publish,
)
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
    a_town,
)

WEB1, WEB2, VAULT1, SHY1 = "10.80.1.2", "10.80.1.3", "10.82.1.2", "10.83.1.2"
WEB1_6 = "fd00:80:1::2"

TOWN = joined(
    bridge_network("web", 80, containers=2),
    bridge_network("b", 81),
    bridge_network("vault", 82, containers=2, internal=True),
    bridge_network("shy", 83, containers=2, icc=False),
    publish("web", 8080, WEB1, 80),
    publish("web", 8080, WEB1_6, 80),
    publish("web", 5353, WEB1, 53, protocol="udp"),
    publish("web", 8081, WEB1, 81, host_address=HOST4),
    publish("web", 8082, WEB1, 82, host_address="127.0.0.1"),
    publish("web", 8083, WEB1_6, 83, host_address=HOST6),
)
TOWN["sysctl"] = TOWN["sysctl"][:1]
# Who publishes reaches its own port too: under br_netfilter the frame turns around in the bridge.
TOWN["veth"][0]["hairpin"] = True

BRIDGED_FRAMES = {"bridge alone": 0, "br_netfilter": 1}


@pytest.fixture(scope="module", params=BRIDGED_FRAMES.values(), ids=BRIDGED_FRAMES)
def town(tmp_path_factory, request):
    with a_town(tmp_path_factory.mktemp("town"), request.param) as town:
        answer = town.host.module("document", document=TOWN)
        assert answer.get("changed"), answer
        # The way back to the containers is known outside: what is refused is refused by the host.
        for number in (80, 81, 82, 83):
            town.host.outside("ip", "route", "add", f"10.{number}.1.0/24", "via", HOST4)
            town.host.outside("ip", "route", "add", f"fd00:{number}:1::/64", "via", HOST6)
        for port in (80, 81, 82, 8000):
            town.serve("web-1", port)
        town.serve("web-1", 53, kind="UDP")
        for port in (80, 83, 8000):
            town.serve("web-1", port, address="::")
        town.serve("b-1", 8000)
        town.serve("shy-1", 8000)
        town.serve("vault-1", 8000)
        town.serve("outside", 8000, OUTSIDE4)
        town.serve("outside", 8000, OUTSIDE6)
        for address, port in (
            (WEB1, 80),
            (WEB1_6, 80),
            (WEB1_6, 83),
            (WEB1_6, 8000),
            (WEB1, 82),
            (WEB1, 8000),
            (WEB1, 81),
        ):
            assert town.call("web-1", address, port)
        yield town


# -- within a network -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [WEB1, WEB1_6])
def test_containers_of_a_network_reach_each_other_by_their_own_addresses(town, address):
    assert town.call("web-2", address, 8000) == {WEB1: WEB2, WEB1_6: "fd00:80:1::3"}[address]


@pytest.mark.parametrize("gateway", ["10.80.1.1", "fd00:80:1::1"])
def test_a_container_reaches_its_host_and_the_host_its_containers(town, gateway):
    assert town.reaches("web-1", gateway)
    assert town.reaches(None, WEB1)
    assert town.reaches(None, WEB1_6)


def test_full_frames_pass_unfragmented(town):
    assert town.reaches("web-1", WEB2)
    assert town.ping("web-1", WEB2, "-M", "do", "-s", "1472")
    assert not town.ping("web-1", WEB2, "-M", "do", "-s", "1473")


# -- the way out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outside", "seen"), [(OUTSIDE4, HOST4), (OUTSIDE6, HOST6)])
def test_the_outside_sees_the_hosts_address(town, outside, seen):
    assert town.call("web-1", outside, 8000) == seen
    assert town.call("shy-1", outside, 8000) == seen


def test_the_host_itself_leaves_as_it_is(town):
    assert town.call(None, OUTSIDE4, 8000) == HOST4


# -- published ports ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "caller"), [(HOST4, OUTSIDE4), (HOST6, OUTSIDE6)])
def test_a_published_port_answers_from_outside_and_shows_who_calls(town, address, caller):
    assert town.call("outside", address, 8080) == caller


@pytest.mark.parametrize("address", [HOST4, "127.0.0.1", "127.0.0.53", HOST6])
def test_a_published_port_answers_on_the_host_itself(town, address):
    assert town.call(None, address, 8080)


@pytest.mark.parametrize("address", [HOST4, HOST6, "10.80.1.1"])
def test_a_published_port_answers_its_neighbours_and_itself(town, address):
    assert town.call("web-2", address, 8080)
    assert town.call("web-1", address, 8080)


def test_a_published_port_answers_other_networks(town):
    assert town.call("b-1", HOST4, 8080)
    assert town.call("shy-1", HOST4, 8080)


def test_a_published_udp_port_answers(town):
    assert town.call("outside", HOST4, 5353, kind="UDP") == OUTSIDE4
    assert town.call(None, "127.0.0.1", 5353, kind="UDP")


def test_a_port_that_is_published_at_one_address_answers_there_and_nowhere_else(town):
    assert town.call("outside", HOST4, 8081) == OUTSIDE4
    assert town.silence(None, "127.0.0.1", 8081)
    assert town.call("outside", HOST6, 8083) == OUTSIDE6
    assert town.silence(None, "fd00:80:1::1", 8083)


def test_a_port_that_is_published_on_the_loopback_answers_the_host_alone(town):
    assert town.call(None, "127.0.0.1", 8082)
    assert town.silence("outside", HOST4, 8082)
    assert town.silence("b-1", HOST4, 8082)


def test_a_port_that_is_published_is_that_one_port(town):
    assert town.silence("outside", HOST4, 80)
    assert town.silence("outside", HOST4, 8084)


# -- isolation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [WEB1, WEB1_6])
def test_a_container_of_another_network_does_not_get_in(town, address):
    assert town.silence("b-1", address, 8000)
    assert town.silence("b-1", address, 80)
    assert not town.ping("b-1", address)


@pytest.mark.parametrize("address", [WEB1, WEB1_6])
def test_the_outside_does_not_get_in_by_a_direct_route(town, address):
    assert town.silence("outside", address, 8000)
    assert town.silence("outside", address, 80)
    assert not town.ping("outside", address)


def test_an_internal_network_has_no_way_out_and_none_in(town):
    assert town.reaches("vault-1", "10.82.1.3")
    assert town.reaches("vault-1", "10.82.1.1")
    assert town.reaches(None, VAULT1)
    for address in (OUTSIDE4, WEB1):
        assert not town.ping("vault-1", address)
    assert town.silence("vault-1", HOST4, 8080)
    for where in ("outside", "web-1"):
        assert not town.ping(where, VAULT1)


def test_an_internal_network_has_no_way_out_of_a_host_that_routes_everything(own_town):
    document = joined(bridge_network("vault", 82, internal=True), bridge_network("web", 80))
    own_town.host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    own_town.host.outside("ip", "route", "add", "10.82.1.0/24", "via", HOST4)
    own_town.host.module("document", document=document)
    assert own_town.reaches("web-1", OUTSIDE4)
    assert not own_town.ping("vault-1", OUTSIDE4)
    assert not own_town.ping("outside", VAULT1)
    document["isolation"][0]["internal"] = False
    own_town.host.module("document", document=document)
    assert own_town.reaches("vault-1", OUTSIDE4)


def test_containers_of_a_network_without_icc_reach_the_host_and_the_outside_and_not_each_other(town):
    assert town.reaches("shy-1", "10.83.1.1")
    assert town.reaches("shy-1", OUTSIDE4)
    assert not town.ping("shy-2", SHY1)
    # Nor by way of the gateway, as a route of one's own would have it.
    town.host.run("ip", "-n", "shy-2", "route", "add", f"{SHY1}/32", "via", "10.83.1.1")
    assert town.silence("shy-2", SHY1, 8000)
    assert not town.ping("shy-2", "fd00:83:1::2")


both_ways = pytest.mark.parametrize("own_town", BRIDGED_FRAMES.values(), ids=BRIDGED_FRAMES, indirect=True)


@both_ways
def test_a_port_of_a_network_without_icc_that_is_published_answers_its_siblings(own_town, request):
    if "br_netfilter" in request.node.name:
        request.applymarker(pytest.mark.xfail(
            strict=True, reason="br_netfilter translates the address in the bridge, where both ports are isolated"
        ))  # fmt: skip
    document = joined(bridge_network("shy", 83, containers=2, icc=False), publish("shy", 8080, SHY1, 80))
    assert own_town.host.module("document", document=document)["changed"]
    own_town.serve("shy-1", 80)
    assert own_town.call(None, HOST4, 8080)
    assert own_town.call("shy-2", HOST4, 8080)


@both_ways
def test_networks_that_accept_each_other_reach_each_other(own_town):
    document = joined(bridge_network("web", 80), bridge_network("b", 81))
    document["isolation"][0]["accept_from"] = ["ch-web", "ch-b"]
    assert own_town.host.module("document", document=document)["changed"]
    assert own_town.reaches("b-1", WEB1)
    document["isolation"][0]["accept_from"] = ["ch-web"]
    own_town.host.module("document", document=document)
    assert not own_town.ping("b-1", WEB1)
