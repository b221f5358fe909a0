# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


def test_a_host_s_vtep_has_the_first_address_of_each_slice(fleet, objects):
    assert objects(fleet.plan(), "h2", "vxlan") == [
        {
            "network": "fabric",
            "name": "ch-fabric",
            "vni": 42,
            "port": 4789,
            "local": "198.18.7.12",
            "mac": "02:a4:cf:8f:db:fa",
            "mtu": 1450,
            "addresses": ["10.42.1.0/32", "fd00:42:0:1::/128"],
        }
    ]


def test_containers_are_on_a_bridge_with_the_second_address(fleet, objects):
    plan = fleet.plan()
    (bridge,) = objects(plan, "h2", "bridge")
    assert bridge["name"] == "chb-fabric"
    assert bridge["addresses"] == ["10.42.1.1/24", "fd00:42:0:1::1/64"]
    assert bridge["mtu"] == 1450
    (veth,) = objects(plan, "h2", "veth")
    assert veth["addresses"] == ["10.42.1.2/24", "fd00:42:0:1::2/64"]
    assert veth["master"] == "chb-fabric"
    assert veth["mtu"] == 1450
    assert veth["routes"] == [{"dst": "0.0.0.0/0", "via": "10.42.1.1"}, {"dst": "::/0", "via": "fd00:42:0:1::1"}]


def test_of_each_other_host_there_is_one_entry_a_neighbour_and_a_route(fleet, objects):
    plan = fleet.plan()
    h1, h3 = (objects(plan, host, "vxlan")[0]["mac"] for host in ("h1", "h3"))
    assert objects(plan, "h2", "vxlan_fdb") == [
        {"network": "fabric", "device": "ch-fabric", "lladdr": h1, "dst": "198.18.7.11"},
        {"network": "fabric", "device": "ch-fabric", "lladdr": h3, "dst": "198.18.7.13"},
    ]
    assert objects(plan, "h2", "neighbour") == [
        {"network": "fabric", "device": "ch-fabric", "address": address, "lladdr": lladdr}
        for address, lladdr in [("10.42.0.0", h1), ("fd00:42::", h1), ("10.42.2.0", h3), ("fd00:42:0:2::", h3)]
    ]
    assert objects(plan, "h2", "route") == [
        {"network": "fabric", "dst": dst, "via": via, "onlink": True, "device": "ch-fabric", "metric": metric}
        for dst, via, metric in [
            ("10.42.0.0/24", "10.42.0.0", 1024),
            ("fd00:42::/64", "fd00:42::", 1024),
            ("10.42.2.0/24", "10.42.2.0", 1026),
            ("fd00:42:0:2::/64", "fd00:42:0:2::", 1026),
        ]
    ]


def test_no_two_routes_of_a_family_have_one_metric(fleet, objects):
    for number in range(30):
        fleet.variables(f"x{number}", ansible_host=f"198.18.8.{number + 1}")
        fleet.containers(f"x{number}", "{a: {networks: {fabric: }}}")
    routes = [each for each in objects(fleet.plan(), "h1", "route") if ":" not in each["dst"]]
    assert len({each["metric"] for each in routes}) == len(routes) == 32


def test_a_host_is_not_its_own_peer(fleet, objects):
    plan = fleet.plan()
    for host in fleet.hosts:
        own = objects(plan, host, "vxlan")[0]
        assert own["mac"] not in {each["lladdr"] for each in objects(plan, host, "vxlan_fdb")}
        assert own["local"] not in {each["dst"] for each in objects(plan, host, "vxlan_fdb")}


def test_vxlan_packets_are_taken_from_members_only(fleet, objects):
    accept_from = ["198.18.7.11", "198.18.7.12", "198.18.7.13"]
    for host in fleet.hosts:
        assert objects(fleet.plan(), host, "vtep_filter") == [
            {"network": "fabric", "vni": 42, "port": 4789, "accept_from": accept_from}
        ]


def test_without_anti_spoofing_they_are_taken_from_anybody(fleet, objects):
    fleet.networks("{fabric: {driver: overlay, vni: 1, anti_spoofing: false}}")
    assert objects(fleet.only_containers(h1="{a: {networks: {fabric: }}}").plan(), "h1", "vtep_filter") == []


def test_alone_a_host_has_no_peers(fleet, objects):
    plan = fleet.only_containers(h1="{a: {networks: {fabric: }}}").plan()
    assert objects(plan, "h1", "vxlan")
    assert objects(plan, "h1", "vxlan_fdb") == objects(plan, "h1", "route") == []
    assert plan.documents["h2"] == {"version": 1}


def test_the_mtu_is_the_narrowest_underlay_s_without_the_headers(fleet, objects):
    fleet.variables("h3", containerhost_underlay_mtu=1400)
    assert objects(fleet.plan(), "h1", "vxlan")[0]["mtu"] == 1350


def test_an_ipv6_underlay_costs_twenty_bytes_more(fleet, objects):
    for number, host in enumerate(fleet.hosts, start=1):
        fleet.variables(host, containerhost_underlay_address=f"fd77::{number}/64")
    plan = fleet.plan()
    assert objects(plan, "h1", "vxlan")[0]["mtu"] == 1430
    assert objects(plan, "h1", "vxlan")[0]["local"] == "fd77::1"
    assert objects(plan, "h1", "vxlan_fdb")[0]["dst"] == "fd77::2"


def test_an_mtu_of_one_s_own_is_everywhere(fleet, objects):
    fleet.networks("{fabric: {driver: overlay, vni: 1, mtu: 1400}}").only_containers(h1="{a: {networks: {fabric: }}}")
    plan = fleet.plan()
    assert {objects(plan, "h1", kind)[0]["mtu"] for kind in ("vxlan", "bridge", "veth")} == {1400}


def test_an_underlay_interface_is_the_vxlan_s_link(fleet, objects):
    fleet.variables("h1", containerhost_underlay_interface="eth1")
    assert objects(fleet.plan(), "h1", "vxlan")[0]["link"] == "eth1"


def test_another_port_is_the_devices(fleet, objects):
    fleet.networks("{fabric: {driver: overlay, vni: 1, port: 8472}}").only_containers(h1="{a: {networks: {fabric: }}}")
    assert objects(fleet.plan(), "h1", "vxlan")[0]["port"] == 8472


def test_what_goes_to_the_network_itself_is_not_masqueraded(fleet, objects):
    assert objects(fleet.plan(), "h2", "nat_rule") == [
        {"network": "fabric", "rule": "masquerade", "source": "10.42.1.0/24", "unless": "10.42.0.0/16"},
        {"network": "fabric", "rule": "masquerade", "source": "fd00:42:0:1::/64", "unless": "fd00:42::/48"},
    ]


def test_forwarding_and_isolation_are_of_both_devices(fleet, objects):
    plan = fleet.plan()
    assert [(each.get("device"), each.get("uplink"), each["family"]) for each in objects(plan, "h2", "forwarding")] == [
        ("ch-fabric", None, "ipv4"),
        ("chb-fabric", None, "ipv4"),
        (None, "auto", "ipv4"),
        ("ch-fabric", None, "ipv6"),
        ("chb-fabric", None, "ipv6"),
        (None, "auto", "ipv6"),
    ]
    assert objects(plan, "h2", "isolation") == [
        {"network": "fabric", "device": device, "accept_from": ["chb-fabric", "ch-fabric"], "internal": False, **own}
        for device, own in (
            ("chb-fabric", {"sources": ["10.42.1.0/24", "fd00:42:0:1::/64"]}),
            ("ch-fabric", {"sources": ["10.42.0.0/16", "fd00:42::/48"], "way_out": False}),
        )
    ]


def test_an_internal_overlay_reaches_who_lets_it_in(fleet, objects):
    fleet.networks(
        "{fabric: {driver: overlay, vni: 1, internal: true, subnets: [10.42.0.0/16]},"
        " web: {driver: bridge, allow_networks: [fabric], subnets: [10.5.0.0/24]}}"
    )
    fleet.only_containers(h1="{a: {networks: {fabric: }}, b: {networks: {web: }}}", h2="{a: {networks: {fabric: }}}")
    plan = fleet.plan()
    [there], [here] = objects(plan, "h2", "veth", "fabric"), objects(plan, "h1", "veth", "fabric")
    assert [route for route in here["routes"] if route not in there["routes"]][-1]["dst"] == "10.5.0.0/24"
    assert "10.5.0.0/24" not in [route["dst"] for route in there["routes"]]
    assert [len(objects(plan, host, "nat_rule", "fabric")) for host in ("h1", "h2")] == [1, 0]
    assert not [each for each in objects(plan, "h1", "forwarding", "fabric") if "uplink" in each]


def test_an_internal_overlay_reaches_its_other_hosts_and_nobody_else(fleet, objects):
    fleet.networks("{fabric: {driver: overlay, vni: 1, internal: true}}")
    plan = fleet.only_containers(**dict.fromkeys(("h1", "h2"), "{a: {networks: {fabric: }}}")).plan()
    assert objects(plan, "h1", "nat_rule") == []
    assert [each.get("uplink") for each in objects(plan, "h1", "forwarding")] == [None, None]
    assert objects(plan, "h1", "veth")[0]["routes"] == [{"dst": "10.64.0.0/16", "via": "10.64.0.1"}]
    assert {each["internal"] for each in objects(plan, "h1", "isolation")} == {True}


class TestDefaultRoutes:
    def test_the_named_network_has_the_families_that_it_has(self, fleet, objects):
        fabric, web = objects(fleet.plan(), "h1", "veth")
        assert web["routes"] == [{"dst": "0.0.0.0/0", "via": "10.80.0.1"}]
        # IPv6 has no other way out, and IPv4 to the other hosts' containers goes by the overlay all the same.
        assert fabric["routes"] == [{"dst": "::/0", "via": "fd00:42::1"}, {"dst": "10.42.0.0/16", "via": "10.42.0.1"}]

    def test_else_it_is_the_first_by_name(self, fleet, objects):
        fleet.containers("h1", "{shop: {networks: {web: , fabric: }}}")
        fabric, web = objects(fleet.plan(), "h1", "veth")
        assert [each["dst"] for each in fabric["routes"]] == ["0.0.0.0/0", "::/0"]
        assert web["routes"] == []

    def test_an_internal_network_is_passed_over(self, fleet, objects):
        fleet.more_networks("{a: {driver: bridge, internal: true}}").only_containers(h1="{x: {networks: {a: , web: }}}")
        internal, web = objects(fleet.plan(), "h1", "veth")
        assert internal["routes"] == []
        assert web["routes"] == [{"dst": "0.0.0.0/0", "via": "10.80.0.1"}]


def test_a_port_is_published_on_the_host_of_the_container(fleet, objects):
    plan = fleet.containers("h2", "{db: {networks: {fabric: {publish: ['5432:5432']}}}}").plan()
    published = [each for each in objects(plan, "h2", "nat_rule") if each["rule"] == "publish"]
    assert [each["address"] for each in published] == ["10.42.1.2", "fd00:42:0:1::2"]
    assert {"network": "fabric", "key": "net.ipv4.conf.chb-fabric.route_localnet", "value": "1"} in objects(
        plan, "h2", "sysctl"
    )


def test_its_hosts_depend_on_each_other(fleet):
    assert fleet.plan().networks["fabric"] == {"driver": "overlay", "members": ["h1", "h2", "h3"], "shared": True}


def test_a_new_host_changes_nothing_of_the_others_but_their_peers(fleet, objects):
    first = fleet.plan()
    fleet.variables("h0", ansible_host="198.18.7.9").containers("h0", "{a: {networks: {fabric: }}}").remembering(first)
    fleet.variables("h0", containerhost_networks=fleet.hosts["h1"]["containerhost_networks"])
    second = fleet.plan()
    before, after = first.documents["h2"], second.documents["h2"]
    peers = ("vxlan_fdb", "neighbour", "route", "vtep_filter")
    assert {kind: before[kind] for kind in before if kind not in peers} == {
        kind: after[kind] for kind in after if kind not in peers
    }
    for kind in peers[:3]:
        assert [each for each in after[kind] if each in before[kind]] == before[kind]
