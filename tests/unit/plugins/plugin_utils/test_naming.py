# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who finds whom by which name, as documents say it."""

from __future__ import annotations

import pytest

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
