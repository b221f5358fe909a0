# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

BRIDGE = "{web: {driver: bridge, subnets: [10.5.0.0/24, 'fd05::/64']}}"
SHOP = "{shop: {networks: {web: {}}}}"


@pytest.fixture
def plan(fleet):
    """A plan of one bridge network with these options, and these containers on h1."""

    def make(options="", containers=SHOP, others=""):
        fleet.networks(f"{{web: {{driver: bridge, subnets: [10.5.0.0/24, 'fd05::/64'] {options}}} {others}}}")
        return fleet.only_containers(h1=containers).plan()

    return make


def test_a_bridge_has_the_gateways_of_its_slices(plan, objects):
    assert objects(plan(), "h1", "bridge") == [
        {
            "network": "web",
            "name": "ch-web",
            "mac": "02:50:27:89:8e:e2",
            "no_linklocal_learn": True,
            "addresses": ["10.5.0.1/24", "fd05::1/64"],
        }
    ]


def test_a_gateway_of_one_s_own(fleet, objects):
    fleet.networks("{web: {driver: bridge, mtu: 1400, subnets: [{cidr: 10.5.0.0/24, gateway: 10.5.0.254}]}}")
    found = fleet.only_containers(h1=SHOP).plan()
    assert objects(found, "h1", "bridge")[0]["addresses"] == ["10.5.0.254/24"]
    assert objects(found, "h1", "bridge")[0]["mtu"] == 1400
    assert objects(found, "h1", "veth")[0]["routes"] == [{"dst": "0.0.0.0/0", "via": "10.5.0.254"}]


def test_a_container_is_a_veth_with_its_whole_sandbox_end(plan, objects):
    assert objects(plan(), "h1", "veth") == [
        {
            "network": "web",
            "name": "chv5b52ano5iok2",
            "host_mac": "02:65:66:01:8a:ab",
            "master": "ch-web",
            "sandbox": {"engine": "netns", "ref": "shop"},
            "interface": "eth0",
            "mac": "02:a7:3c:2b:47:41",
            "addresses": ["10.5.0.2/24", "fd05::2/64"],
            "routes": [{"dst": "0.0.0.0/0", "via": "10.5.0.1"}, {"dst": "::/0", "via": "fd05::1"}],
            "sysctls": {
                "net.ipv6.conf.IFNAME.disable_ipv6": "0",
                "net.ipv6.conf.IFNAME.accept_ra": "0",
                "net.ipv6.conf.IFNAME.autoconf": "0",
            },
        }
    ]


def test_what_a_user_says_of_an_endpoint_is_in_its_veth(plan, objects):
    endpoint = (
        "{mac: '52:54:00:12:34:56', interface: lan0, mtu: 1300, address: 10.5.0.77,"
        " routes: [{dst: 10.9.0.0/16, via: 10.5.0.9, metric: 7}, {dst: 10.10.0.0/16}],"
        " sysctls: {net.ipv6.conf.IFNAME.accept_ra: 2, net.ipv4.conf.IFNAME.rp_filter: 2}}"
    )
    (veth,) = objects(
        plan(containers=f"{{shop: {{engine: docker, ref: shop_1, networks: {{web: {endpoint}}}}}}}"), "h1", "veth"
    )
    assert veth["mac"] == "52:54:00:12:34:56"
    assert veth["interface"] == "lan0"
    assert veth["mtu"] == 1300
    assert veth["sandbox"] == {"engine": "docker", "ref": "shop_1"}
    assert veth["addresses"] == ["10.5.0.77/24", "fd05::2/64"]
    assert veth["routes"][2:] == [{"dst": "10.9.0.0/16", "via": "10.5.0.9", "metric": 7}, {"dst": "10.10.0.0/16"}]
    assert veth["sysctls"] == {
        "net.ipv6.conf.IFNAME.disable_ipv6": "0",
        "net.ipv6.conf.IFNAME.accept_ra": "2",
        "net.ipv6.conf.IFNAME.autoconf": "0",
        "net.ipv4.conf.IFNAME.rp_filter": "2",
    }


def test_an_ipv4_network_turns_ipv6_off_in_the_container_only(fleet, objects):
    found = fleet.only_containers(h1="{a: {networks: {web: }}}").plan()
    assert objects(found, "h1", "veth")[0]["sysctls"] == {"net.ipv6.conf.IFNAME.disable_ipv6": "1"}
    assert objects(found, "h1", "sysctl") == []


def test_it_is_routed_to_the_outside_behind_nat_in_both_families(plan, objects):
    found = plan()
    assert objects(found, "h1", "nat_rule") == [
        {"network": "web", "rule": "masquerade", "source": "10.5.0.0/24", "unless": "10.5.0.0/24"},
        {"network": "web", "rule": "masquerade", "source": "fd05::/64", "unless": "fd05::/64"},
    ]
    assert objects(found, "h1", "forwarding") == [
        {"network": "web", "device": "ch-web", "family": "ipv4"},
        {"network": "web", "uplink": "auto", "family": "ipv4"},
        {"network": "web", "device": "ch-web", "family": "ipv6"},
        {"network": "web", "uplink": "auto", "family": "ipv6"},
    ]
    assert objects(found, "h1", "isolation") == [
        {"network": "web", "device": "ch-web", "accept_from": ["ch-web"], "internal": False,
         "sources": ["10.5.0.0/24", "fd05::/64"]}
    ]  # fmt: skip
    assert objects(found, "h1", "sysctl") == [{"network": "web", "key": "net.ipv6.conf.ch-web.accept_ra", "value": "0"}]


def test_an_uplink_that_is_named_is_the_only_one(plan, objects):
    forwarding = objects(plan(", uplink: eth1"), "h1", "forwarding")
    assert {each["uplink"] for each in forwarding if "uplink" in each} == {"eth1"}


def test_an_internal_network_has_no_way_out(plan, objects):
    found = plan(", internal: true")
    assert objects(found, "h1", "nat_rule") == objects(found, "h1", "forwarding") == []
    assert objects(found, "h1", "isolation")[0]["internal"] is True
    assert objects(found, "h1", "veth")[0]["routes"] == []
    assert objects(found, "h1", "bridge")[0]["addresses"] == ["10.5.0.1/24", "fd05::1/64"]


def test_without_icc_ports_are_isolated_and_nothing_is_let_back_in(plan, objects):
    found = plan(", icc: false")
    assert objects(found, "h1", "veth")[0]["isolated"] is True
    assert objects(found, "h1", "isolation")[0]["accept_from"] == []


def test_allowed_networks_are_let_in_where_both_are(fleet, objects):
    fleet.networks(
        "{web: {driver: bridge, allow_networks: [api, fabric]}, api: {driver: bridge},"
        " fabric: {driver: overlay, vni: 1}}"
    )
    fleet.only_containers(h1="{a: {networks: {web: , api: , fabric: }}}", h2="{a: {networks: {web: }}}")
    found = fleet.plan()
    assert objects(found, "h1", "isolation", "web")[0]["accept_from"] == ["ch-web", "ch-api", "chb-fabric"]
    assert objects(found, "h2", "isolation", "web")[0]["accept_from"] == ["ch-web"]


VAULT = "vault: {driver: bridge, internal: true, subnets: [10.7.0.0/24, 'fd07::/64']"
ROUTED = "{driver: bridge, gateway_mode: routed, subnets: [10.6.0.0/24, 'fd06::/64']"
BOTH = "{shop: {networks: {web: {}}}, db: {networks: {vault: {}}}, more: {networks: {api: {}}}}"
OUT = [{"dst": "0.0.0.0/0", "via": "10.5.0.1"}, {"dst": "::/0", "via": "fd05::1"}]
TO_WEB = [{"dst": "10.5.0.0/24", "via": "10.7.0.1"}, {"dst": "fd05::/64", "via": "fd07::1"}]
TO_API = [{"dst": "10.6.0.0/24", "via": "10.7.0.1"}, {"dst": "fd06::/64", "via": "fd07::1"}]
# What else a network's options say, a third network's, the container's routes, and what is translated and forwarded.
INNER_WAYS = {
    "nobody is named": ("", "", [], [], False),
    "it lets in who leaves under the gateway's address": (", allow_networks: [web]", "", [], [], True),
    "it lets in who keeps his own": (", allow_networks: [api]", "", TO_API, [], True),
    "another lets it in": ("", ", allow_networks: [vault]", TO_API, ["10.7.0.0/24", "fd07::/64"], True),
    "both, and it is routed": (
        ", gateway_mode: routed, allow_networks: [api, web]", ", internal: true, allow_networks: [vault]",
        TO_API, [], True,
    ),
    "in one family": (
        ", allow_networks: [api], gateway_mode: {ipv4: isolated}", "", TO_API[1:], [], True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", INNER_WAYS.values(), ids=INNER_WAYS)
def test_from_an_internal_network_there_are_ways_to_those_that_are_named_alone(plan, objects, case):
    options, of_api, routes, translated, is_forwarded = case
    found = plan(containers=BOTH, others=f", {VAULT}{options}}}, api: {ROUTED}{of_api}}}")
    [veth] = objects(found, "h1", "veth", "vault")
    assert veth["routes"] == routes
    assert [each["source"] for each in objects(found, "h1", "nat_rule", "vault")] == translated
    families = [] if not is_forwarded else ["ipv6"] if "isolated" in options else ["ipv4", "ipv6"]
    assert objects(found, "h1", "forwarding", "vault") == [
        {"network": "vault", "device": "ch-vault", "family": family} for family in families
    ]
    assert objects(found, "h1", "veth", "web")[0]["routes"] == OUT


def test_a_way_into_another_network_is_brought_once_and_what_a_container_says_comes_first(plan, objects):
    """By one of two internal networks, by none where it is on the other one itself, and not beside its own route."""
    others = f", {VAULT}}}, well: {{driver: bridge, internal: true, subnets: [10.8.0.0/24]}}"
    containers = (
        "{a: {networks: {vault: {}, well: {}}}, b: {networks: {vault: {}, web: {}}},"
        " c: {networks: {vault: {routes: [{dst: 10.5.0.0/24, via: 10.7.0.9}]}}}, d: {networks: {well: {}}}}"
    )
    found = plan(", allow_networks: [well, vault]", containers, others)
    routes = {(each["sandbox"]["ref"], each["network"]): each["routes"] for each in objects(found, "h1", "veth")}
    assert routes == {
        ("a", "vault"): TO_WEB, ("a", "well"): [], ("b", "vault"): [], ("b", "web"): OUT,
        ("c", "vault"): [*TO_WEB[1:], {"dst": "10.5.0.0/24", "via": "10.7.0.9"}],
        ("d", "well"): [{"dst": "10.5.0.0/24", "via": "10.8.0.1"}],
    }  # fmt: skip


def test_containers_of_engines_have_these_ways_as_well(plan, objects):
    others = f", {VAULT}, handoff: {{cni: true}}}}"
    found = plan(", allow_networks: [vault]", "{shop: {networks: {web: {}}}, db: {networks: {vault: {}}}}", others)
    [handed] = objects(found, "h1", "cni_network")
    assert [each["routes"] for each in handed["subnets"]] == [["10.5.0.0/24"], ["fd05::/64"]]


def test_what_is_internal_is_protected_whatever_its_mode(plan, objects):
    found = plan(", internal: true, gateway_mode: unprotected")
    assert "protect" not in objects(found, "h1", "isolation")[0]


@pytest.mark.parametrize(
    ("options", "other", "sentence"),
    [
        ("gateway_mode: isolated, allow_networks: [api]", "driver: bridge", "it is isolated, and has `allow_networks`"),
        (
            "allow_networks: [api]", "driver: bridge, gateway_mode: isolated",
            "`allow_networks` names `api`, which is isolated, and its containers have no way to their host",
        ),
        (
            "internal: true, allow_networks: [api]", "driver: bridge, gateway_mode: bridged, uplink: eth1",
            "`allow_networks` names `api`, which is on the LAN, and from an internal network nothing is routed",
        ),
    ],
)  # fmt: skip
def test_a_network_is_let_in_from_where_there_is_a_way(fleet, options, other, sentence):
    fleet.networks(f"{{web: {{driver: bridge, {options}}}, api: {{{other}, subnets: [192.168.9.0/24]}}}}")
    fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {api: }}}")
    assert any(sentence in problem for problem in fleet.problems()), fleet.problems()


def test_a_published_port_is_a_rule_a_family(plan, objects):
    found = plan(containers="{shop: {networks: {web: {publish: ['8080:80/tcp']}}}}")
    assert [each for each in objects(found, "h1", "nat_rule") if each["rule"] == "publish"] == [
        {"network": "web", "rule": "publish", "protocol": "tcp", "host_port": 8080, "address": address, "port": 80}
        for address in ("10.5.0.2", "fd05::2")
    ]
    assert {"network": "web", "key": "net.ipv4.conf.ch-web.route_localnet", "value": "1"} in objects(
        found, "h1", "sysctl"
    )


def test_a_host_address_says_the_family(plan, objects):
    ports = "['127.0.0.1:8080:80', '[fd77::1]:8081:80', '0.0.0.0:8082:80', '[::]:8083:80']"
    found = plan(containers=f"{{shop: {{networks: {{web: {{publish: {ports}}}}}}}}}")
    rules = {each["host_port"]: each for each in objects(found, "h1", "nat_rule") if each["rule"] == "publish"}
    assert {port: (each.get("host_address"), each["address"]) for port, each in rules.items()} == {
        8080: ("127.0.0.1", "10.5.0.2"),
        8081: ("fd77::1", "fd05::2"),
        8082: (None, "10.5.0.2"),
        8083: (None, "fd05::2"),
    }


def test_sources_go_with_their_family(plan, objects):
    port = "{host_port: 8080, container_port: 80, sources: [198.51.100.0/24, 'fd00::/8', 203.0.113.0/24]}"
    found = plan(containers=f"{{shop: {{networks: {{web: {{publish: [{port}]}}}}}}}}")
    assert [each["sources"] for each in objects(found, "h1", "nat_rule") if each["rule"] == "publish"] == [
        ["198.51.100.0/24", "203.0.113.0/24"],
        ["fd00::/8"],
    ]


def test_sources_of_one_family_close_the_other(plan, objects):
    port = "{host_port: 8080, container_port: 80, sources: [198.51.100.0/24]}"
    found = plan(containers=f"{{shop: {{networks: {{web: {{publish: [{port}]}}}}}}}}")
    assert [each["address"] for each in objects(found, "h1", "nat_rule") if each["rule"] == "publish"] == ["10.5.0.2"]


def test_a_port_of_ipv6_alone_needs_no_way_from_localhost(plan, objects):
    found = plan(containers="{shop: {networks: {web: {publish: ['[::]:8080:80']}}}}")
    assert "route_localnet" not in str(objects(found, "h1", "sysctl"))


def test_a_device_of_one_s_own_with_a_dot_is_spelt_with_slashes(plan, objects):
    found = plan(", bridge: br.7", containers="{shop: {networks: {web: {publish: ['8080:80/tcp']}}}}")
    assert [each["key"] for each in objects(found, "h1", "sysctl")] == [
        "net/ipv4/conf/br.7/route_localnet",
        "net/ipv6/conf/br.7/accept_ra",
    ]


def test_a_network_with_a_long_name_has_a_hashed_device(fleet, objects):
    fleet.networks("{a-very-long-name: {driver: bridge}}").only_containers(h1="{a: {networks: {a-very-long-name: }}}")
    found = fleet.plan()
    (bridge,) = objects(found, "h1", "bridge")
    assert len(bridge["name"]) == 15
    assert objects(found, "h1", "veth")[0]["master"] == bridge["name"]


def test_members_by_pattern_have_the_bridge_without_containers(fleet, objects):
    fleet.networks("{web: {driver: bridge, hosts: all}}").only_containers(h1=SHOP)
    found = fleet.plan()
    assert [len(objects(found, host, "bridge")) for host in ("h1", "h2", "h3")] == [1, 1, 1]
    assert found.networks["web"]["members"] == ["h1", "h2", "h3"]


def test_the_same_private_subnet_on_each_host(plan, fleet, addresses):
    fleet.networks(BRIDGE).only_containers(h1=SHOP, h2=SHOP)
    found = addresses(fleet.plan())
    assert found["web", "h1", "shop"] == found["web", "h2", "shop"] == ["10.5.0.2/24", "fd05::2/64"]


def test_nothing_of_it_waits_for_other_hosts(plan):
    assert plan().networks["web"] == {"driver": "bridge", "members": ["h1"], "shared": False}


class TestRouted:
    """A published port is the container's own there: one port has one limit, and no address of the host's."""

    @staticmethod
    def shop(ports):
        return f"{{shop: {{networks: {{web: {{publish: [{ports}]}}}}}}}}"

    def test_a_port_of_the_host_alone_is_not_opened(self, plan, objects):
        found = plan(", gateway_mode: routed", self.shop("'127.0.0.1:8080:80', '127.0.0.53:8081:81'"))
        assert objects(found, "h1", "open_port") == []

    def test_two_published_ports_to_one_open_it_once(self, plan, objects):
        found = plan(", gateway_mode: routed", self.shop("'8080:80', '8081:80'"))
        assert [each["address"] for each in objects(found, "h1", "open_port")] == ["10.5.0.2", "fd05::2"]

    @pytest.mark.parametrize(("ports", "sentence"), [
        ("'8080:80', {host_port: 81, container_port: 80, sources: [10.0.0.0/8]}",
         "publishes its port 80/tcp twice, with different `sources`"),
        ("'192.0.2.1:8080:80'", "publishes 192.0.2.1:8080:80/tcp, and in a routed network"),
    ])  # fmt: skip
    def test_what_would_open_more_than_it_says_is_refused(self, fleet, ports, sentence):
        fleet.networks("{web: {driver: bridge, gateway_mode: routed}}").only_containers(h1=self.shop(ports))
        (problem,) = fleet.problems()
        assert sentence in problem


@pytest.mark.parametrize(("ports", "needed"), [
    ("'8080:80'", True), ("'127.0.0.5:8080:80'", True), ("'0.0.0.0:8080:80'", True), ("'192.0.2.1:8080:80'", False),
])  # fmt: skip
def test_the_bridge_takes_the_loopback_only_where_the_host_calls_from_there(plan, objects, ports, needed):
    found = plan(containers=TestRouted.shop(ports))
    assert ("route_localnet" in str(objects(found, "h1", "sysctl"))) is needed


class TestGatewayModes:
    def test_each_family_has_its_own(self, plan, objects):
        found = plan(", gateway_mode: {ipv6: routed}", TestRouted.shop("'8080:80'"))
        assert [rule["rule"] for rule in objects(found, "h1", "nat_rule")] == ["publish", "masquerade"]
        assert [rule["address"] for rule in objects(found, "h1", "open_port")] == ["fd05::2"]
        assert objects(found, "h1", "forwarding") == objects(plan(), "h1", "forwarding")

    def test_what_is_isolated_leaves_all_addresses_to_containers(self, fleet, addresses, objects):
        fleet.networks("{web: {driver: bridge, gateway_mode: isolated, subnets: [10.5.0.0/31, 'fd05::/127']}}")
        found = fleet.only_containers(h1="{a: {networks: {web: {}}}, b: {networks: {web: {}}}}").plan()
        assert addresses(found) == {
            ("web", "h1", "a"): ["10.5.0.0/31", "fd05::/127"], ("web", "h1", "b"): ["10.5.0.1/31", "fd05::1/127"]
        }  # fmt: skip
        assert objects(found, "h1", "bridge")[0]["addresses"] == []
        assert objects(found, "h1", "forwarding") == objects(found, "h1", "nat_rule") == []
        assert objects(found, "h1", "isolation")[0]["internal"] is True
        assert objects(found, "h1", "isolation")[0]["sources"] == ["10.5.0.0/31", "fd05::/127"]
        assert [each["routes"] for each in objects(found, "h1", "veth")] == [[], []]

    def test_a_family_that_is_isolated_is_not_routed_by_others_either(self, plan, objects):
        found = plan(", gateway_mode: {ipv4: isolated}")
        assert objects(found, "h1", "bridge")[0]["addresses"] == ["fd05::1/64"]
        guard = objects(found, "h1", "isolation")[0]
        assert (guard["sources"], guard["only_switched"]) == (["10.5.0.0/24", "fd05::/64"], ["ipv4"])
        assert objects(found, "h1", "veth")[0]["routes"] == [{"dst": "::/0", "via": "fd05::1"}]
        assert {each["family"] for each in objects(found, "h1", "forwarding")} == {"ipv6"}

    @pytest.mark.parametrize(("options", "containers", "sentence"), [
        (", gateway_mode: {ipv5: nat}", "{}", "`gateway_mode` has the unknown key `ipv5`. It has ipv4 and ipv6"),
        (", gateway_mode: {ipv4: open}", "{}", "`gateway_mode` is 'open'. Write one of nat, routed, unprotected, isol"),
        (", gateway_mode: {ipv4: unprotected}", "{a: {networks: {web: }}}", "unprotected in one family alone"),
        (", gateway_mode: isolated, uplink: eth1", "{a: {networks: {web: }}}", "it is isolated, and has `uplink`"),
        (", gateway_mode: isolated", TestRouted.shop("'8080:80'"), "publishes 8080:80/tcp on an isolated network"),
        (", gateway_mode: isolated", "{a: {networks: {web: }, default_route: web}}", "is isolated and leads nowhere"),
        (", gateway_mode: isolated, subnets: [{cidr: 10.5.0.0/24, gateway: 10.5.0.9}]", "{a: {networks: {web: }}}",
         "10.5.0.0/24 has a `gateway`, and the network is isolated from its hosts"),
        (", outbound_address: {h9: 192.0.2.1}", "{a: {networks: {web: }}}", "names h9, which is not on the network"),
        (", outbound_address: {h1: 'x'}", "{}", "is not an IP address"),
        (", outbound_address: {h1: [192.0.2.1, 192.0.2.2]}", "{a: {networks: {web: }}}", "of h1 of one family"),
        (", outbound_address: 192.0.2.1, gateway_mode: routed", "{a: {networks: {web: }}}", "is not translated on"),
        (", outbound_address: 192.0.2.1, internal: true", "{a: {networks: {web: }}}", "this one is internal"),
        (", outbound_address: 192.0.2.1, hosts: all", "{}", "is one address, and the network is on 3 hosts"),
    ])  # fmt: skip
    def test_what_makes_no_sense_is_refused(self, fleet, options, containers, sentence):
        subnets = "" if "subnets" in options else ", subnets: [10.5.0.0/24, 'fd05::/64']"
        fleet.networks(f"{{web: {{driver: bridge {options} {subnets}}}}}").only_containers(h1=containers)
        assert any(sentence in problem for problem in fleet.problems()), fleet.problems()

    def test_containers_leave_under_the_address_that_is_said_of_their_host(self, fleet, objects):
        options = "outbound_address: {h1: [192.0.2.1, 'fd77::1'], h2: 192.0.2.2}"
        fleet.networks(f"{{web: {{driver: bridge, subnets: [10.5.0.0/24, 'fd05::/64'], {options}}}}}")
        found = fleet.only_containers(h1=SHOP, h2=SHOP, h3=SHOP).plan()
        assert [
            [rule.get("to_address") for rule in objects(found, host, "nat_rule")] for host in ("h1", "h2", "h3")
        ] == [["192.0.2.1", "fd77::1"], ["192.0.2.2", None], [None, None]]


@pytest.mark.parametrize(("option", "ports"), [
    ("all", None), ("none", []), ("dns", ["53/tcp", "53/udp"]),
    ("[9100, 53/udp, '8000-8010', 7/sctp]", ["9100/tcp", "53/udp", "8000-8010/tcp", "7/sctp"]),
])  # fmt: skip
def test_what_containers_reach_on_their_host(plan, objects, option, ports):
    assert objects(plan(f", host_access: {option}"), "h1", "isolation")[0].get("host_access") == ports


@pytest.mark.parametrize(
    "option", ["[]", "some", "53", "true", "[true]", "[0]", "[53/icmp]", "{a: b}", "[[1]]", "['a-b']"]
)
def test_what_is_no_host_access_is_refused(fleet, option):
    fleet.networks(f"{{web: {{driver: bridge, host_access: {option}}}}}")
    (problem,) = fleet.problems()
    assert "`host_access`" in problem


LAN = "subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]"


@pytest.mark.parametrize(("other", "expected"), [
    ("driver: bridge, subnets: [10.6.0.0/24, 'fd06::/64']", {("udp", "10.5.0.2"), ("udp", "fd05::2")}),
    ("driver: bridge, internal: true, subnets: [10.6.0.0/24]", set()),
    (f"driver: macvlan, parent: eth1, {LAN}", {("udp", "10.5.0.2"), ("tcp", "10.5.0.2")}),
    (f"driver: bridge, gateway_mode: bridged, uplink: eth1, {LAN}", {("udp", "10.5.0.2"), ("tcp", "10.5.0.2")}),
    ("driver: ipvlan, mode: l3, parent: eth1, subnets: [192.168.7.0/24]", {("udp", "10.5.0.2"), ("tcp", "10.5.0.2")}),
])  # fmt: skip
def test_answers_find_back_from_a_network_that_is_not_the_way_out(plan, objects, other, expected):
    way_out = "" if "internal" in other else ", default_route: other"
    shop = "{shop: {networks: {web: {publish: ['8080:80', '53:53/udp']}, other: {}}%s}}" % way_out
    found = plan(containers=shop, others=f", other: {{{other}}}")
    rules = [rule for rule in objects(found, "h1", "nat_rule") if rule["rule"] == "via_gateway"]
    assert {(rule["protocol"], rule["address"]) for rule in rules} == expected
