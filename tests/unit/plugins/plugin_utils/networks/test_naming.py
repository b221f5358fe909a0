# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who finds whom by which name, as documents say it."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_block
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.naming import reverse_zones

NETWORKS = """
fabric: {driver: overlay, vni: 42, names: hosts,
         subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}, {cidr: "fd00:42::/48", host_prefix: 64}]}
branch: {driver: bridge, names: [hosts], subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]}
mute: {driver: bridge, subnets: [{cidr: 10.90.0.0/16, host_prefix: 24}]}
"""


@pytest.fixture
def named(fleet):
    return fleet.networks(NETWORKS).only_containers(
        h1="{shop: {networks: {fabric: {aliases: [front, www]}, branch: }}, cart: {networks: {branch: , mute: }}}",
        h2="{db: {networks: {fabric: {aliases: [www]}, branch: {}}}}",
        h3="{quiet: {networks: {mute: {}}}}",
    )


def table(plan, host, network):
    return next(each["entries"] for each in plan.documents[host]["name_table"] if each["name"] == network)


def files(plan, host):
    return {(each["sandbox"]["ref"], each["table"]) for each in plan.documents[host].get("hosts_file", ())}


def test_containers_of_all_hosts_have_their_names_on_what_they_share(named):
    assert table(named.plan(), "h1", "fabric") == [
        "10.42.0.2 shop front www shop.fabric front.fabric www.fabric",
        "10.42.1.2 db www db.fabric www.fabric",
        "fd00:42::2 shop front www shop.fabric front.fabric www.fabric",
        "fd00:42:0:1::2 db www db.fabric www.fabric",
    ]


def test_hosts_share_the_table_of_what_they_share(named):
    documents = named.plan().documents
    tables = [next(each for each in documents[host]["name_table"] if each["name"] == "fabric") for host in ("h1", "h2")]
    assert tables[0] is tables[1]


def test_a_bridge_is_its_hosts_own(named):
    plan = named.plan()
    assert table(plan, "h1", "branch") == ["10.80.0.2 cart cart.branch", "10.80.0.3 shop shop.branch"]
    assert table(plan, "h2", "branch") == ["10.80.1.2 db db.branch"]


def test_each_container_has_the_tables_of_its_networks(named):
    plan = named.plan()
    assert files(plan, "h1") == {("shop", "fabric"), ("shop", "branch"), ("cart", "branch")}
    assert files(plan, "h3") == set() and "name_table" not in plan.documents["h3"]


def test_two_containers_of_one_namespace_have_one_file(fleet):
    fleet.networks(NETWORKS).only_containers(
        h1="{a: {ref: both, networks: {branch: {interface: a0}}}, b: {ref: both, networks: {branch: {interface: b0}}}}"
    )
    assert [each["sandbox"]["ref"] for each in fleet.plan().documents["h1"]["hosts_file"]] == ["both"]


def test_a_namespace_that_joins_another_is_found_and_reads_what_that_one_reads(fleet):
    joining = "network_mode: 'container:shop'"
    fleet.networks(NETWORKS.replace("names: hosts", "names: [hosts, resolver]")).only_containers(
        h1=f"{{shop: {{networks: {{fabric: }}}}, side: {{{joining}}}, box: {{engine: docker, {joining}}}}}"
    )
    plan = fleet.plan()
    assert table(plan, "h1", "fabric")[0].split()[1:4] == ["shop", "box", "side"]
    assert files(plan, "h1") == {("shop", "fabric"), ("side", "fabric")}
    assert {each["sandbox"]["ref"] for each in plan.documents["h1"]["resolv_conf"]} == {"shop", "side"}
    fleet.only_containers(h1=f"{{shop: {{networks: {{fabric: }}}}, 'a..b': {{{joining}}}}}")
    (problem,) = fleet.problems()
    assert "`a..b`" in problem and "no hostname" in problem


def test_a_shim_is_no_container(fleet):
    fleet.networks(
        "lan: {driver: macvlan, parent: eth1, names: hosts, host_shim: true,"
        " subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]}"
    ).only_containers(h1="{db: {networks: {lan: {}}}}", h2="{}")
    (row,) = table(fleet.plan(), "h1", "lan")
    assert row.endswith(" db db.lan")


def test_without_names_there_is_nothing(fleet):
    plan = fleet.plan()
    assert not {"name_table", "hosts_file"} & {kind for host in fleet.hosts for kind in plan.documents[host]}


@pytest.mark.parametrize("alias", ["-front", "front-", "a..b", "x" * 64, "1.2.3.4", "7", "localhost", "front desk"])
def test_an_alias_that_is_no_hostname_is_refused(fleet, alias):
    fleet.only_containers(h1=f"{{shop: {{networks: {{web: {{aliases: ['{alias}']}}}}}}}}")
    (problem,) = fleet.problems()
    assert repr(alias) in problem and "shop" in problem


@pytest.mark.parametrize("name", ["a..b", "shop-", "7", "localhost", "x" * 100])
def test_a_container_that_cannot_be_called_by_its_name_is_refused(fleet, name):
    fleet.networks(NETWORKS).only_containers(h1=f"{{'{name}': {{networks: {{branch: {{}}}}}}}}")
    (problem,) = fleet.problems()
    assert name in problem and "no hostname" in problem
    fleet.only_containers(h1=f"{{'{name}': {{networks: {{mute: {{}}}}}}}}").plan()


@pytest.mark.parametrize(
    ("ways", "said"), [("files", "'files'"), ("[none, hosts]", "none and more"), ("yes", "True"), ("[hosts, 7]", "7")]
)
def test_ways_that_there_are_not_are_refused(fleet, ways, said):
    fleet.networks(f"web: {{driver: bridge, names: {ways}}}").only_containers(h1="{a: {networks: {web: {}}}}")
    (problem,) = fleet.problems()
    assert "`names`" in problem and said in problem


def test_names_that_hide_public_ones_are_warned_of_each_once(fleet):
    fleet.networks(NETWORKS + "cloud: {driver: bridge, names: hosts}").only_containers(
        h1="{a: {networks: {branch: {aliases: [mail.example.org, db.internal]}, cloud: {}}}}",
        h2="{git.hub.com: {networks: {branch: {}}}}",
    )
    said = fleet.plan().warnings
    assert len(said) == 3
    for word in ("`cloud`", "`mail.example.org`", "`git.hub.com`"):
        assert sum(word in each for each in said) == 1


def test_containers_of_engines_have_files_where_these_are_on_the_host(fleet):
    fleet.networks(NETWORKS).only_containers(
        h1="{a: {engine: docker, networks: {branch: }}, b: {engine: podman, ref: B, networks: {branch: }}}",
        h2="{c: {engine: pid, ref: '7', networks: {branch: }}, d: {networks: {branch: }}}",
    )
    plan = fleet.plan()
    assert files(plan, "h1") == {("a", "branch"), ("B", "branch")}
    assert files(plan, "h2") == {("d", "branch")}
    assert table(plan, "h2", "branch") == ["10.80.1.2 c c.branch", "10.80.1.3 d d.branch"]
    assert ["`c` on h2 (of pid)" in each for each in plan.warnings] == [True]


def test_aliases_where_nobody_answers_them_are_warned_of(fleet):
    fleet.networks(NETWORKS).only_containers(h1="{a: {networks: {mute: {aliases: [b]}}}}")
    assert ["`a` on h1" in each and "`names`" in each for each in fleet.plan().warnings] == [True]


def test_programs_of_a_host_find_its_networks_containers_where_that_is_asked_for(fleet):
    fleet.networks(NETWORKS.replace("names: [hosts]", "names: [hosts, on_host]")).only_containers(
        h1="{a: {networks: {branch: , fabric: }}}", h2="{b: {networks: {fabric: }}}"
    )
    documents = fleet.plan().documents
    assert [row["table"] for row in documents["h1"]["hosts_file"] if "sandbox" not in row] == ["branch"]
    assert [row["table"] for row in documents["h2"]["hosts_file"] if "sandbox" not in row] == []


SERVED = """
fabric: {driver: overlay, vni: 42, names: [hosts, resolver], dns: {servers: [192.0.2.53], options: ["ndots:2"]},
         subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}, {cidr: "fd00:42::/48", host_prefix: 64}]}
branch: {driver: bridge, names: resolver, subnets: [{cidr: 10.80.0.0/20, host_prefix: 22}]}
inner: {driver: bridge, names: [hosts, resolver], internal: true, subnets: [{cidr: 10.81.0.0/24}]}
mute: {driver: bridge, dns: {servers: [192.0.2.7]}, subnets: [{cidr: 10.90.0.0/16, host_prefix: 24}]}
"""


class TestNameServers:
    of_fabric = {"network": "fabric", "servers": ["10.42.1.1", "fd00:42:0:1::1"], "options": ["ndots:2"]}

    def server(self, plan, host, name):
        return next(each for each in plan.documents[host]["name_server"] if each["name"] == name)

    def asked(self, plan, host):
        return {
            each["sandbox"]["ref"]: {key: value for key, value in each.items() if key != "sandbox"}
            for each in plan.documents[host].get("resolv_conf", ())
        }

    def test_one_a_network_and_host_that_knows_what_is_its_own(self, fleet):
        fleet.networks(SERVED).only_containers(
            h1="{a: {networks: {fabric: {aliases: [www.example.com]}}}}", h2="{b: {networks: {fabric: , branch: }}}"
        )
        plan = fleet.plan()
        assert self.server(plan, "h1", "fabric") == {
            "network": "fabric", "name": "fabric", "device": "chb-fabric", "table": "fabric",
            "servers": ["192.0.2.53"], "local": ["fabric", "www.example.com"],
            "reverse": ["10.42.0.0/16", "fd00:42::/48"],
        }  # fmt: skip
        assert self.server(plan, "h2", "branch")["reverse"] == [f"10.80.{number}.0/24" for number in range(4)]
        assert "servers" not in self.server(plan, "h2", "branch")
        assert "name_server" not in plan.documents["h3"]

    def test_from_an_internal_network_nobody_is_asked(self, fleet):
        fleet.networks(SERVED).only_containers(h1="{a: {networks: {inner: }}}")
        assert self.server(fleet.plan(), "h1", "inner")["servers"] == []
        fleet.networks(SERVED.replace("internal: true", "internal: true, dns: {servers: [192.0.2.1]}"))
        (problem,) = fleet.problems()
        assert "internal" in problem and "`servers`" in problem

    def test_a_container_asks_the_server_of_its_way_out(self, fleet):
        fleet.networks(SERVED).only_containers(
            h1="{a: {networks: {fabric: , branch: , inner: }, default_route: branch},"
            " b: {networks: {fabric: , inner: }}}",
            h2="{c: {networks: {mute: }}, d: {engine: docker, networks: {fabric: }}}",
            h3="{e: {networks: {branch: }, dns: {search: [x.org, y.org], options: [rotate]}}}",
        )
        plan = fleet.plan()
        assert self.asked(plan, "h1") == {
            "a": {"network": "branch", "servers": ["10.80.0.1"], "options": ["ndots:2"]},
            "b": {"network": "fabric", "servers": ["10.42.0.1", "fd00:42::1"], "options": ["ndots:2"]},
        }
        assert self.asked(plan, "h2") == {
            "c": {"network": "mute", "servers": ["192.0.2.7"]},
            # It finds names in its hosts file, too, so its engine's own name server may stay.
            "d": {**self.of_fabric, "needed": False},
        }
        assert self.asked(plan, "h3")["e"]["search"] == ["x.org", "y.org"]

    @pytest.mark.parametrize("engine", ["docker", "podman", "nspawn", "lxc", "lxd", "incus", "containerd", "systemd"])
    def test_a_container_of_an_engine_is_told_whom_to_ask(self, fleet, engine):
        fleet.networks(SERVED).only_containers(h1=f"{{a: {{engine: {engine}, networks: {{branch: , inner: }}}}}}")
        plan = fleet.plan()
        assert self.asked(plan, "h1") == {"a": {"network": "branch", "servers": ["10.80.0.1"]}}
        assert plan.documents["h1"]["resolv_conf"][0]["sandbox"] == {"engine": engine, "ref": "a"}
        assert not plan.warnings

    def test_one_whose_files_nobody_knows_has_to_be_told_by_other_means(self, fleet):
        fleet.networks(SERVED).only_containers(h1="{a: {engine: path, ref: /run/x, networks: {branch: }}}")
        plan = fleet.plan()
        assert self.asked(plan, "h1") == {}
        assert ["`a` on h1" in each and "by other means" in each for each in plan.warnings] == [True]

    def test_without_any_of_it_a_container_asks_as_its_host_does(self, fleet):
        assert "resolv_conf" not in fleet.plan().documents["h1"]

    @pytest.mark.parametrize(
        ("containers", "said"),
        [
            ("{a: {networks: {fabric: , branch: }, default_route: fabric}}", "names: [hosts, resolver] for `branch`"),
            ("{a: {networks: {branch: }, dns: {servers: [192.0.2.1]}}}", "Set `servers` for that network"),
            ("{a: {networks: {mute: }, engine: pid, ref: '7', dns: {search: [x.org]}}}", "of engine pid none is"),
            ("{a: {dns: {search: [x.org]}, networks: {}}}", "and not whom"),
            ("{a: {networks: {branch: }, dns: {server: 192.0.2.1}}}", "server"),
            ("{a: {networks: {mute: }, dns: {servers: [1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4]}}}", "programs look at 3"),
            ("{a: {networks: {mute: }, dns: {options: [ndots 2]}}}", "resolv.conf(5)"),
            ("{a: {networks: {mute: }, dns: {search: [-x]}}}", "no domain"),
        ],
    )
    def test_whom_nobody_can_ask_so(self, fleet, containers, said):
        fleet.networks(SERVED).only_containers(h1=containers)
        (problem,) = fleet.problems()
        assert said in problem

    @pytest.mark.parametrize(
        ("network", "said"),
        [
            (
                "lan: {driver: macvlan, parent: eth1, mode: private, names: resolver,"
                " subnets: [{cidr: 192.168.7.0/24}]}",
                "private macvlan",
            ),
            (
                "lan: {driver: macvlan, parent: eth1, mode: passthru, names: resolver,"
                " subnets: [{cidr: 192.168.7.0/24}]}",
                "passthru macvlan",
            ),
            (
                "lan: {driver: ipvlan, parent: eth1, flag: private, names: resolver,"
                " subnets: [{cidr: 192.168.7.0/24}]}",
                "private ipvlan",
            ),
            (
                "lan: {driver: bridge, gateway_mode: bridged, uplink: eth1, names: resolver,"
                " subnets: [{cidr: 192.168.7.0/24}]}",
                "bridged bridge",
            ),
            ("lan: {driver: bridge, host_access: [9100], names: resolver}", "host_access: dns"),
        ],
    )
    def test_where_hosts_have_no_address_that_containers_can_ask(self, fleet, network, said):
        fleet.networks(network).only_containers(h1="{a: {networks: {lan: }}}")
        (problem,) = fleet.problems()
        assert "`names: resolver`" in problem and said in problem

    @pytest.mark.parametrize(
        ("block", "zones"),
        [
            ("10.0.0.0/8", ["10.0.0.0/8"]),
            ("10.80.4.0/23", ["10.80.4.0/24", "10.80.5.0/24"]),
            ("10.80.4.0/25", []),
            ("fd00:40::/46", ["fd00:40::/48", "fd00:40:1::/48", "fd00:40:2::/48", "fd00:40:3::/48"]),
        ],
    )
    def test_zones_are_whole_labels(self, block, zones):
        assert reverse_zones(parse_block(block)) == zones


SEGMENTS = {
    "overlay": "seg: {driver: overlay, vni: 7, mode: bridged, names: [hosts, resolver],"
    " subnets: [{cidr: 10.77.0.0/24}, {cidr: 'fd00:77::/64'}]}",
    "isolated": "seg: {driver: bridge, gateway_mode: isolated, names: [hosts, resolver],"
    " subnets: [{cidr: 10.77.0.0/24}, {cidr: 'fd00:77::/64'}]}",
    "macvlan": "seg: {driver: macvlan, parent: eth1, names: [hosts, resolver],"
    " subnets: [{cidr: 10.77.0.0/24, gateway: 10.77.0.1}, {cidr: 'fd00:77::/64'}]}",
    "ipvlan": "seg: {driver: ipvlan, parent: eth1, names: [hosts, resolver],"
    " subnets: [{cidr: 10.77.0.0/24}, {cidr: 'fd00:77::/64'}]}",
}


@pytest.mark.parametrize("kind", SEGMENTS)
class TestWhereThereIsNoGateway:
    """A host has an address of its own there, which its containers ask, and nothing else reaches them by."""

    @pytest.fixture
    def plan(self, fleet, kind):
        containers = {"h1": "{a: {networks: {seg: }}, b: {networks: {seg: }}}", "h2": "{c: {networks: {seg: }}}"}
        return fleet.networks(SEGMENTS[kind]).only_containers(**containers).plan()

    @staticmethod
    def asked(plan, host):
        (servers,) = {tuple(each["servers"]) for each in plan.documents[host]["resolv_conf"]}
        return servers

    def test_each_host_with_containers_has_one_of_its_own(self, plan, kind):
        one, other = self.asked(plan, "h1"), self.asked(plan, "h2")
        assert [":" in each for each in one] == [":" in each for each in other] == [False, True]
        # On a bridge each host has the subnet to itself.
        assert set(one).isdisjoint(other) == (kind != "isolated")
        assert "resolv_conf" not in plan.documents["h3"]
        for host, servers in (("h1", one), ("h2", other)):
            document = plan.documents[host]
            (server,) = document["name_server"]
            rows = [row for name in ("bridge", "macvlan", "ipvlan") for row in document.get(name, ())]
            (own,) = (row for row in rows if not row.get("sandbox"))
            assert server["device"] == own.get("name", own.get("interface"))
            assert own["addresses"] == [f"{servers[0]}/32", f"{servers[1]}/128"]
            (guard,) = document["isolation"]
            assert (guard["device"], guard["internal"]) == (server["device"], True)
            assert guard["host_access"] == ["53/tcp", "53/udp"]
            routes = own.get("routes") or document["route"]
            assert len(routes) == (4 if host == "h1" else 2)

    def test_it_is_nobodys_name_and_no_container(self, plan, kind):
        for host in ("h1", "h2"):
            (table,) = plan.documents[host]["name_table"]
            assert not [line for line in table["entries"] if "(" in line or line.split()[0] in self.asked(plan, host)]
            assert len(plan.documents[host].get("veth", plan.documents[host].get(kind, ()))) <= 3

    def test_without_a_name_server_nobody_has_one_and_containers_keep_their_addresses(self, fleet, plan, kind):
        ledger = plan.ledger
        fleet.ledger = ledger
        again = fleet.networks(SEGMENTS[kind].replace("[hosts, resolver]", "hosts")).plan()
        assert [row for row in again.documents["h1"].get("isolation", ()) if row["host_access"]] == []
        before = {key: each.addresses for key, each in ledger.endpoints.items() if "(" not in key[2]}
        after = {key: each.addresses for key, each in again.ledger.endpoints.items() if "(" not in key[2]}
        assert before == after
