# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted
from ansible_collections.containerhost.network.plugins.module_utils.firewalls import ways as firewall_ways
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.ways import Devices, ways
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import want

VXLAN = [
    want("vxlan", name="ch-web", vni=42, local="198.18.7.11"),
    want("vxlan_fdb", device="ch-web", lladdr="02:00:00:00:00:12", dst="198.18.7.12"),
]


def wireguard(local="198.18.7.11", endpoint="198.18.7.12:4500"):
    return [
        want("wireguard", name="ch-web", port=51900, local=local),
        want("wireguard_peer", device="ch-web", public_key="X" * 42 + "A=", endpoint=endpoint),
    ]


@pytest.mark.parametrize(
    ("tunnel", "what", "remote", "port"),
    [
        (VXLAN, "VXLAN", "198.18.7.12", 4789),
        (wireguard(), "WireGuard", "198.18.7.12", 51900),
        (wireguard("fd77::1", "[fd77::2]:4500"), "WireGuard", "fd77::2", 51900),
    ],
    ids=["vxlan", "wireguard", "by IPv6"],
)
def test_an_overlay_lives_by_its_tunnel_s_packets_and_by_what_they_carry(tunnel, what, remote, port):
    found = ways(
        [
            *tunnel,
            want("bridge", name="chb-web"),
            want("veth", name="chv1", master="chb-web", addresses=["10.42.0.2/24"], sandbox={"ref": "shop"}),
            want("route", dst="10.42.1.0/24", device="ch-web"),
        ],
        Devices({}, {"198.18.7.11": "eth0", "fd77::1": "eth0"}),
    )
    words = f"its {what} packets ({port}/udp) by eth0"
    assert [(way.hook, way.what) for way in found if "packets" in way.what] == [("input", words), ("output", words)]
    assert found[0].packet["saddr"] == remote
    assert [(way.packet["iifname"], way.packet["oifname"]) for way in found if way.hook == "forward"] == [
        ("ch-web", "chb-web"), ("chb-web", "ch-web"),
    ]  # fmt: skip


class GeneveRemote(Kind):
    name = "geneve_remote"

    def other_end(self, values):
        return values["remote"]


@pytest.mark.parametrize("port", [6081, None])
def test_a_tunnel_of_a_kind_that_says_so_is_one(monkeypatch, port):
    monkeypatch.setitem(firewall_ways._TUNNELS, "geneve", "Geneve")
    monkeypatch.setitem(firewall_ways._BY_NAME, "geneve_remote", GeneveRemote())
    tunnel = {"name": "ch-web", "local": "198.18.7.11", **({"port": port} if port else {})}
    remote = {"device": "ch-web", "remote": "198.18.7.12"}
    rows = [("geneve", tunnel), ("geneve_remote", remote)]
    objects = [Wanted(kind, (None, kind), {"netns": None, **row}, "plan/web") for kind, row in rows]
    found = ways(objects, Devices({}, {"198.18.7.11": "eth0"}))
    words = [(way.hook, way.what, way.packet["daddr"]) for way in found]
    packets = "its Geneve packets (6081/udp) by eth0"
    assert words == ([("input", packets, "198.18.7.11"), ("output", packets, "198.18.7.12")] if port else [])


@pytest.mark.parametrize("internal", [True, False])
def test_what_is_masqueraded_goes_out_unless_its_network_is_internal(internal):
    """Of that it is what goes to other networks of the host."""
    found = ways(
        [
            want("bridge", name="ch-web"),
            want("veth", name="chv1", master="ch-web", addresses=["10.80.0.2/24"], sandbox={"ref": "shop"}),
            want("nat_rule", rule="masquerade", source="10.80.0.0/24"),
            want("isolation", device="ch-web", internal=internal),
        ],
        Devices({4: ["eth0"]}, {}),
    )
    assert [way.what for way in found if "send out" in way.what] == (
        [] if internal else ["what its containers send out by eth0"]
    )


def test_each_of_its_other_hosts_counts_and_each_family_of_what_they_send():
    peer = {"device": "ch-web", "lladdr": "00:00:00:00:00:00"}
    more = [want("vxlan_fdb", **peer, dst=f"198.18.8.{n}") for n in range(30)]
    found = ways(
        [
            *VXLAN,
            *more,
            want("bridge", name="chb-web"),
            want("veth", name="chv1", master="chb-web", addresses=["10.42.0.2/24"], sandbox={"ref": "shop"}),
            want("veth", name="chv2", master="chb-web", addresses=["fd00:42::2/64"], sandbox={"ref": "more"}),
            *(want("route", dst=f"10.42.{n}.0/24", via=f"10.42.{n}.0", device="ch-web") for n in range(1, 30)),
            *(want("route", dst=f"fd00:42:0:{n}::/64", via=f"fd00:42:0:{n}::", device="ch-web") for n in range(1, 30)),
        ],
        Devices({}, {"198.18.7.11": "eth0"}),
    )
    there = [way.packet["saddr"] for way in found if way.hook == "input"]
    assert there == ["198.18.7.12", *(f"198.18.8.{n}" for n in range(15))]
    carried = [(way.packet["nfproto"], way.packet["saddr"]) for way in found if way.hook == "forward"]
    assert carried == [(4, "10.42.1.2"), (4, "10.42.0.2"), (6, "fd00:42:0:1::2"), (6, "fd00:42::2")]


@pytest.mark.parametrize("by", ["eth0", "198.18.7.11", "fd77::1"])
def test_what_hosts_of_one_segment_send_each_other_goes_by_the_underlay_itself(by):
    inside = {"sandbox": {"ref": "shop"}, "master": "chb-web", "addresses": ["10.42.0.2/24", "fd00:42::2/64"]}
    found = ways(
        [
            *VXLAN,
            want("bridge", name="chb-web"),
            want("veth", name="chv1", **inside),
            want("isolation", device="chb-web", direct=["10.42.0.0/16", "fd00:42::/48"], direct_by=by),
            want("route", dst="10.42.1.0/24", via="198.18.7.12"),
            want("route", dst="fd00:42:0:1::/64", via="fd77::2"),
        ],
        Devices({}, {"198.18.7.11": "eth0", "fd77::1": "eth0"}),
    )
    assert [(each.what, each.packet["iifname"], each.packet["oifname"], each.packet["nfproto"]) for each in found
            if each.hook == "forward"] == [
        (f"what {way} its other hosts by eth0", *devices, version)
        for version in (4, 6)
        for way, devices in (("comes from", ("eth0", "chb-web")), ("goes to", ("chb-web", "eth0")))
    ]  # fmt: skip


@pytest.mark.parametrize("master", ["ch-web", "br0"], ids=["by an uplink", "by a bridge of the host's"])
@pytest.mark.parametrize(("filtered", "families"), [((), []), ((4,), [4, 4]), ((4, 6), [4, 4, 6, 6])])
def test_what_a_bridge_switches_is_looked_at_where_filters_see_it(master, filtered, families):
    lan = [want("bridge", name="ch-web", uplink="eth0")] if master == "ch-web" else []
    inside = {"addresses": ["192.0.2.77/24", "2001:db8:7::7/64"], "sandbox": {"ref": "shop"}}
    own = [want("bridge", name="ch-own"), want("veth", name="chv2", master="ch-own", **inside)]
    found = ways([*lan, want("veth", name="chv1", master=master, **inside), *own], Devices({}, {}, filtered))
    assert [way.packet["nfproto"] for way in found] == families
    assert all(way.packet["iifname"] == way.packet["oifname"] == master for way in found)
    assert {way.what for way in found} <= {f"what {master} switches between its containers and the LAN"}


def veth(number, *addresses, **more):
    inside = {"addresses": [*addresses], "sandbox": {"ref": f"c{number}"}}
    return want("veth", name=f"chv{number}", master="chb-web", **inside, **more)


@pytest.mark.parametrize(
    ("others", "families"),
    [
        ([], []),
        ([veth(2, "10.44.0.3/24")], [4, 4]),
        ([veth(2, "10.44.0.3/24", "fd00:44::3/64")], [4, 4, 6, 6]),
        ([want("neighbour", device="chb-web", address="fd00:44::9", lladdr="02:00:00:00:00:09")], [6, 6]),
        ([want("neighbour", device="ch-web", address="10.42.0.0", lladdr="02:00:00:00:00:09")], []),
    ],
)
def test_containers_of_one_bridge_are_looked_at_where_filters_see_what_it_switches(others, families):
    own = [want("bridge", name="chb-web"), veth(1, "10.44.0.2/24", "fd00:44::2/64"), *others]
    found = ways(own, Devices({}, {}, (4, 6)))
    assert [way.packet["nfproto"] for way in found if not way.packet.get("switched")] == families
    assert {way.what for way in found} <= {"what chb-web switches between its containers"}
    assert all(way.packet.get("switched") for way in ways(own, Devices({}, {})))


def test_frames_are_looked_at_from_port_to_port_whoever_sees_packets():
    """Between two containers of a bridge, or a container and the VXLAN that is a port as well."""
    far = want("neighbour", device="chb-web", address="fd00:44::9", lladdr="02:00:00:00:00:09")
    tunnel = want("vxlan", name="ch-web", vni=42, local="198.18.7.11", master="chb-web")
    bridge, one, two = want("bridge", name="chb-web"), veth(1, "10.44.0.2/24", "fd00:44::2/64"), veth(2, "10.44.0.3/24")

    def frames(*some):
        found = [way.packet for way in ways(some, Devices({}, {}, (4, 6))) if way.packet.get("switched")]
        return [(each["nfproto"], each["iifname"], each["oifname"], each["daddr"]) for each in found]

    assert frames(bridge, one) == []
    assert frames(bridge, one, two) == [(4, "chv1", "chv2", "10.44.0.3"), (4, "chv2", "chv1", "10.44.0.2")]
    by_tunnel = [(6, "chv1", "ch-web", "fd00:44::9"), (6, "ch-web", "chv1", "fd00:44::2")]
    assert frames(bridge, one, tunnel, far) == by_tunnel


def test_containers_that_are_apart_do_not_talk_by_their_bridge():
    own = [want("bridge", name="chb-web"), *(veth(n, f"10.44.0.{n}/24", isolated=True) for n in (1, 2))]
    assert ways(own, Devices({}, {}, (4, 6))) == []
