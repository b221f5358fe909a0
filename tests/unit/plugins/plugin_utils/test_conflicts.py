# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every conflict is found before any host is touched, in a sentence that names both sides and the fix."""

from __future__ import annotations

import pytest


def test_the_design_s_example_has_none(fleet):
    assert fleet.problems() == []


class TestSubnets:
    def test_two_that_overlap_are_both_named_with_their_place(self, fleet):
        fleet.more_networks("office: {driver: bridge, subnets: [10.42.8.0/21]}")
        assert fleet.problems() == [
            "containerhost_networks: `fabric` (10.42.0.0/16, containerhost_networks) overlaps"
            " `office` (10.42.8.0/21, containerhost_networks_more). Give one of them another subnet"
        ]

    def test_bridges_of_one_subnet_that_no_host_has_both_of(self, fleet):
        fleet.more_networks(
            "a: {driver: bridge, hosts: h1, subnets: [10.5.0.0/16]}\n"
            "b: {driver: bridge, hosts: [h2], subnets: [10.5.0.0/16, 'fd05::/64']}\n"
            "c: {driver: bridge, hosts: 'h3', subnets: [10.5.8.0/24]}",
        )
        assert fleet.problems() == []

    @pytest.mark.parametrize(
        "other",
        [
            "driver: bridge",
            "driver: bridge, hosts: h1",
            "driver: bridge, hosts: [h2, h1]",
            "driver: macvlan, parent: eth1, hosts: h2",
            "driver: overlay, vni: 7, hosts: h2",
        ],
    )
    def test_bridges_of_one_subnet_that_a_host_may_have_both_of(self, fleet, other):
        fleet.more_networks(
            "a: {driver: bridge, hosts: h1, subnets: [10.5.0.0/16]}\n"
            f"b: {{{other}, subnets: [10.5.0.0/16]}}"
        )
        assert "`a` (10.5.0.0/16" in fleet.problems()[0]
        assert "overlaps `b` (10.5.0.0/16" in fleet.problems()[0]

    def test_the_same_with_slices_is_one_network_of_all_hosts(self, fleet):
        subnets = "subnets: [{cidr: 10.5.0.0/16, host_prefix: 24}]"
        fleet.more_networks(
            f"a: {{driver: bridge, hosts: h1, {subnets}}}\nb: {{driver: bridge, hosts: h2, {subnets}}}"
        )
        assert "overlaps `b` (10.5.0.0/16" in fleet.problems()[0]

    def test_two_of_one_network_that_overlap(self, fleet):
        fleet.more_networks("office: {driver: bridge, subnets: [10.5.0.0/16, 10.5.8.0/24]}")
        assert "`office` (10.5.0.0/16" in fleet.problems()[0]

    def test_networks_that_are_absent_overlap_nothing(self, fleet):
        fleet.more_networks("office: {driver: bridge, subnets: [10.42.8.0/21], state: absent}")
        assert fleet.problems() == []

    def test_an_underlay_address_inside_is_named_with_its_host(self, fleet):
        fleet.variables("h2", ansible_host="10.42.3.3")
        assert (
            "`fabric` (10.42.0.0/16, containerhost_networks) has the underlay address of h2 (10.42.3.3) in it"
        ) in fleet.problems()[0]

    def test_pools_that_overlap(self, fleet):
        fleet.everywhere(containerhost_pools=["10.7.0.0/16", "10.7.8.0/24"])
        assert fleet.problems() == ["containerhost_pools: 10.7.0.0/16 overlaps 10.7.8.0/24. Leave one of them out"]

    @pytest.mark.parametrize(
        ("subnet", "reason"),
        [
            ("10.5.0.0/31", "has no room for a gateway and a container"),
            ("fd05::/127", "has no room for a gateway and a container"),
            ("{cidr: 10.5.0.0/24, gateway: 10.5.0.0}", "the first or last address of 10.5.0.0/24"),
            ("{cidr: 10.5.0.0/24, gateway: 10.5.0.255}", "the first or last address of 10.5.0.0/24"),
            ("{cidr: 10.5.0.0/16, host_prefix: 24, gateway: 10.5.0.1}", "both `host_prefix` and `gateway`"),
        ],
    )
    def test_a_bridge_s_subnet_that_can_t_work(self, fleet, subnet, reason):
        fleet.more_networks(
            f"o: {{driver: bridge, subnets: ['{subnet}']}}"
            if subnet[0] != "{"
            else f"o: {{driver: bridge, subnets: [{subnet}]}}"
        )
        assert reason in fleet.problems()[0]

    def test_an_overlay_s_subnet_that_is_smaller_than_a_slice(self, fleet):
        fleet.more_networks("o: {driver: overlay, vni: 7, subnets: [10.5.0.0/25]}")
        assert "10.5.0.0/25 is smaller than one host's slice of /24. Give it a `host_prefix`" in fleet.problems()[0]


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "reason"),
        [
            ("10.99.0.1", "outside of 10.42.0.0/24 and fd00:42::/64"),
            ("10.42.0.0", "the VTEP's address of 10.42.0.0/24"),
            ("10.42.0.1", "the gateway of 10.42.0.0/24"),
            ("10.42.0.255", "the broadcast address of 10.42.0.0/24"),
            ("fd00:42::", "the VTEP's address of fd00:42::/64"),
            ("fd00:42::1", "the gateway of fd00:42::/64"),
        ],
    )
    def test_a_pin_that_is_somebody_else_s_on_an_overlay(self, fleet, address, reason):
        fleet.containers("h1", f"{{shop: {{networks: {{fabric: {{address: '{address}'}}}}}}}}")
        assert reason in fleet.problems()[0]

    @pytest.mark.parametrize(
        ("address", "reason"),
        [("10.5.0.0", "the network's own address"), ("10.5.0.9", "the gateway"), ("fd05::", "anycast address")],
    )
    def test_a_pin_that_is_somebody_else_s_on_a_bridge(self, fleet, address, reason):
        fleet.more_networks("o: {driver: bridge, subnets: [{cidr: 10.5.0.0/24, gateway: 10.5.0.9}, 'fd05::/64']}")
        fleet.containers("h1", f"{{shop: {{networks: {{o: {{address: '{address}'}}}}}}}}")
        assert reason in fleet.problems()[0]

    def test_one_that_two_ask_for(self, fleet):
        pinned = "{networks: {web: {address: 10.80.0.5}}}"
        fleet.containers("h1", f"{{a: {pinned}, b: {pinned}}}")
        assert fleet.problems() == [
            "`b` on h1 asks for 10.80.0.5 of `web`, which `a` on h1 asks for as well. Give one of them another address"
        ]

    def test_the_same_on_two_hosts_of_a_private_subnet_is_none(self, fleet):
        fleet.more_networks("o: {driver: bridge, subnets: [10.5.0.0/24]}")
        pinned = "{a: {networks: {o: {address: 10.5.0.5}}}}"
        fleet.only_containers(h1=pinned, h2=pinned)
        assert fleet.problems() == []

    def test_a_mac_that_two_ask_for(self, fleet):
        pinned = "{networks: {web: {mac: '52:54:00:12:34:56'}}}"
        fleet.containers("h1", f"{{a: {pinned}, b: {pinned}}}")
        assert "`a` on h1 and `b` on h1 both have the MAC 52:54:00:12:34:56 on `web`" in fleet.problems()[0]

    def test_a_mac_on_two_networks_or_hosts_is_none(self, fleet):
        pinned = "{networks: {web: {mac: '52:54:00:12:34:56'}, fabric: {mac: '52:54:00:12:34:56'}}}"
        fleet.containers("h1", f"{{a: {pinned}}}").containers("h2", f"{{a: {pinned}}}")
        assert fleet.problems() == []

    def test_a_route_by_a_gateway_that_is_not_there(self, fleet):
        fleet.containers("h1", "{a: {networks: {web: {routes: [{dst: 10.9.0.0/16, via: 10.81.0.1}]}}}}")
        assert "goes via 10.81.0.1, which is outside of 10.80.0.0/24" in fleet.problems()[0]


class TestUnderlay:
    def test_one_address_for_two_hosts(self, fleet):
        fleet.variables("h2", ansible_host="198.18.7.11")
        assert fleet.problems() == [
            "h1 and h2 have one underlay address, 198.18.7.11. Give each its own containerhost_underlay_address"
        ]

    def test_one_address_to_log_in_by_is_none_where_there_is_no_overlay(self, fleet):
        fleet.networks("{web: {driver: bridge}}").only_containers(h1="{a: {networks: {web: }}}")
        fleet.everywhere(ansible_host="198.18.7.11")
        assert fleet.problems() == []

    def test_none_on_an_overlay(self, fleet):
        fleet.variables("h2", ansible_host="h2.example.org")
        assert "its member h2 has no underlay address" in fleet.problems()[0]
        assert "Set containerhost_underlay_address for h2" in fleet.problems()[0]

    def test_two_families_name_both(self, fleet):
        fleet.variables("h2", containerhost_underlay_address="fd77::2")
        assert "its members h1 (198.18.7.11) and h2 (fd77::2) have underlay addresses of" in fleet.problems()[0]

    def test_an_mtu_that_does_not_fit(self, fleet):
        fleet.variables("h2", containerhost_underlay_mtu=1400)
        fleet.networks("{fabric: {driver: overlay, vni: 1, mtu: 1450}, web: {driver: bridge}}")
        assert "`mtu` 1450 does not fit the underlay of h2, which leaves 1350" in fleet.problems()[0]

    def test_an_underlay_too_narrow_for_ipv6(self, fleet):
        fleet.variables("h2", containerhost_underlay_mtu=1300)
        assert "its MTU is 1250, and IPv6 needs 1280" in fleet.problems()[0]


class TestNetworks:
    def test_one_vni_for_two(self, fleet):
        fleet.more_networks("other: {driver: overlay, vni: 42}")
        assert fleet.problems() == [
            "containerhost_networks: `fabric` and `other` both have the VNI 42 on port 4789."
            " Give one of them another `vni`"
        ]

    def test_one_vni_on_two_ports_is_none(self, fleet):
        fleet.more_networks("other: {driver: overlay, vni: 42, port: 4790}")
        assert fleet.problems() == []

    def test_a_vni_of_an_absent_network_is_free(self, fleet):
        fleet.more_networks("other: {driver: overlay, vni: 42, state: absent}")
        assert fleet.problems() == []

    def test_one_device_for_two(self, fleet):
        fleet.more_networks("{a: {driver: bridge, bridge: br0}, b: {driver: bridge, bridge: br0}}")
        assert fleet.problems() == [
            "the networks `a` and `b` both have the device br0. Give one of them another `bridge`"
        ]

    def test_a_device_that_is_another_network_s(self, fleet):
        fleet.more_networks("{a: {driver: bridge, bridge: chb-fabric}}")
        assert (
            "the network `a` names the device chb-fabric, which is that of the network `fabric`" in fleet.problems()[0]
        )

    def test_an_unknown_one_names_the_nearest(self, fleet):
        fleet.containers("h1", "{shop: {networks: {wbe: {}}}}")
        assert fleet.problems() == [
            "container `shop` on h1 (containerhost_containers of h1): there is no network `wbe`."
            " Write `web` if that is meant"
        ]

    def test_a_container_outside_its_hosts(self, fleet):
        fleet.more_networks("o: {driver: bridge, hosts: 'h1,h2'}").containers("h3", "{cache: {networks: {o: }}}")
        assert "it is on `o`, whose `hosts` leave out h3. Add h3 to them" in fleet.problems()[0]

    def test_a_pattern_that_can_t_be_resolved(self, fleet):
        fleet.more_networks("o: {driver: bridge, hosts: bad}")
        assert "the host pattern 'bad' can't be resolved" in fleet.problems()[0]

    def test_an_allowed_network_that_is_none(self, fleet):
        fleet.more_networks("o: {driver: bridge, allow_networks: [wbe]}")
        assert "`allow_networks` names `wbe`, which is no network with a device on the host" in fleet.problems()[0]

    def test_an_mtu_too_small_for_ipv6(self, fleet):
        fleet.more_networks("o: {driver: bridge, mtu: 1000, subnets: ['fd05::/64']}")
        assert "`mtu` 1000 is too small for IPv6, which needs 1280" in fleet.problems()[0]

    def test_more_ports_than_a_bridge_takes(self, fleet):
        names = [f"c{number}" for number in range(1024)]
        fleet.networks("{web: {driver: bridge, subnets: [10.5.0.0/16]}}")
        fleet.only_containers(h1={name: {"networks": {"web": {}}} for name in names})
        assert "ch-web on h1 would have 1024 ports, and a bridge takes 1023" in fleet.problems()[0]
        fleet.only_containers(h1={name: {"networks": {"web": {}}} for name in names[1:]})
        assert fleet.problems() == []


class TestContainers:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("8080:80", "8080:81"),
            ("8080:80", "127.0.0.1:8080:80"),
            ("127.0.0.1:8080:80", "8080:80"),
            ("0.0.0.0:8080:80", "127.0.0.1:8080:80"),
            ("127.0.0.1:8080:80", "127.0.0.1:8080:81"),
            ("8000-8100:8000-8100", "8050:80"),
            ("8080:80/udp", "8080:80/udp"),
            ("[fd00::7]:8080:80", "[::]:8080:80"),
        ],
    )
    def test_a_port_that_two_publish_names_both(self, fleet, one, other):
        fleet.containers(
            "h1",
            f"{{a: {{networks: {{fabric: {{publish: ['{one}']}}}}}},"
            f" b: {{networks: {{fabric: {{publish: ['{other}']}}}}}}}}",
        )
        (problem,) = fleet.problems()
        assert problem.startswith("h1: `b` on `fabric` and `a` on `fabric` both publish 80")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("8080:80", "8080:80/udp"),
            ("8080:80", "8081:80"),
            ("127.0.0.1:8080:80", "198.18.7.11:8080:80"),
            ("0.0.0.0:8080:80", "[::]:8080:80"),
        ],
    )
    def test_ports_that_do_not_meet(self, fleet, one, other):
        fleet.containers(
            "h1",
            f"{{a: {{networks: {{fabric: {{publish: ['{one}']}}}}}},"
            f" b: {{networks: {{fabric: {{publish: ['{other}']}}}}}}}}",
        )
        assert fleet.problems() == []

    def test_one_port_on_two_hosts_is_none(self, fleet):
        published = "{a: {networks: {fabric: {publish: ['8080:80']}}}}"
        assert fleet.only_containers(h1=published, h2=published).problems() == []

    @pytest.mark.parametrize(
        "port", ["'[fd00::7]:8080:80'", "{host_port: 8080, container_port: 80, sources: ['fd00::/8']}"]
    )
    def test_ipv6_published_on_ipv4_only(self, fleet, port):
        fleet.containers("h1", f"{{a: {{networks: {{web: {{publish: [{port}]}}}}}}}}")
        assert "and it has only IPv4 addresses there" in fleet.problems()[0]

    def test_a_port_of_an_internal_network(self, fleet):
        fleet.more_networks("o: {driver: bridge, internal: true}")
        fleet.containers("h1", "{a: {networks: {o: {publish: ['8080:80']}}}}")
        assert "publishes 8080:80/tcp on an internal network" in fleet.problems()[0]

    def test_a_default_route_by_none_of_its_networks(self, fleet):
        fleet.containers("h1", "{a: {networks: {web: {}}, default_route: fabric}}")
        assert "`default_route` is `fabric`, which must be one of its networks" in fleet.problems()[0]

    def test_a_default_route_by_an_internal_network(self, fleet):
        fleet.more_networks("o: {driver: bridge, internal: true}")
        fleet.containers("h1", "{a: {networks: {o: {}}, default_route: o}}")
        assert "`default_route` is `o`, which is internal" in fleet.problems()[0]

    def test_one_interface_of_one_sandbox_for_two(self, fleet):
        fleet.containers("h1", "{a: {networks: {web: {}}}, b: {ref: a, networks: {web: {}}}}")
        assert "`a` on `web` and `b` on `web` are both eth0 in netns a" in fleet.problems()[0]

    def test_one_interface_of_one_container_for_two_networks(self, fleet):
        fleet.containers("h1", "{a: {networks: {web: {interface: x0}, fabric: {interface: x0}}}}")
        assert "are both x0 in netns a" in fleet.problems()[0]

    def test_one_ref_with_two_engines_is_none(self, fleet):
        fleet.containers("h1", "{a: {networks: {web: {}}}, b: {ref: a, engine: docker, networks: {web: {}}}}")
        assert fleet.problems() == []

    def test_another_container_s_network_that_is_not_there(self, fleet):
        fleet.containers("h1", "{shop: {}, a: {network_mode: 'container:shpo'}}")
        assert "names the container `shpo`, which is not on h1. Write `shop` if that is meant" in fleet.problems()[0]

    @pytest.mark.parametrize(("mtu", "reason"), [(1451, "more than the network's 1450"), (1279, "too small for IPv6")])
    def test_an_mtu_of_its_own_that_does_not_fit(self, fleet, mtu, reason):
        fleet.containers("h1", f"{{a: {{networks: {{fabric: {{mtu: {mtu}}}}}}}}}")
        assert reason in fleet.problems()[0]


def test_all_conflicts_are_told_at_once(fleet):
    fleet.more_networks("{other: {driver: overlay, vni: 42}, office: {driver: bridge, subnets: [10.42.8.0/21]}}")
    fleet.containers("h1", "{a: {networks: {wbe: {}}, default_route: x}}").variables("h2", ansible_host="198.18.7.13")
    assert len(fleet.problems()) == 5
