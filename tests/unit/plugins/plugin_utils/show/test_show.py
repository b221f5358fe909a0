# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has which address where: what a plan says of it, and the four ways to tell it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.show import show


@pytest.fixture
def found(fleet):
    fleet.containers(
        "h1",
        "shop: {networks: {web: {publish: ['8080:80', '127.0.0.1:53:53/udp'], aliases: [www, store]}, fabric: {}}}",
    )
    return show.holders(fleet.plan(), fleet.ledger)


def of(found, network, host, container):
    [each] = [one for one in found if (one.network, one.host, one.container) == (network, host, container)]
    return each


def test_a_container_has_what_its_document_says(fleet, found, objects):
    each = of(found, "web", "h1", "shop")
    [veth] = objects(fleet.plan(), "h1", "veth", "web")
    assert (each.interface, each.mac, list(each.addresses)) == (veth["interface"], veth["mac"], veth["addresses"])
    assert each.publish == ("8080:80/tcp", "127.0.0.1:53:53/udp")
    assert each.names == ("shop", "www", "store")
    assert (of(found, "fabric", "h2", "db").engine, of(found, "fabric", "h2", "db").ref) == ("docker", "db")


def test_a_host_s_own_addresses_are_told(found):
    assert of(found, "web", "h1", "").addresses == ("10.80.0.1/24",)
    vteps = [each for each in found if (each.network, each.host, each.container) == ("fabric", "h2", "")]
    assert "10.42.1.0/32" in {address for each in vteps for address in each.addresses}


@pytest.mark.parametrize("driver", ["macvlan", "ipvlan"])
def test_a_shim_is_the_host_s_and_no_container(fleet, driver):
    fleet.networks(f"lan: {{driver: {driver}, parent: eth1, host_shim: true, subnets: [192.168.7.0/24]}}")
    fleet.only_containers(h1="box: {networks: {lan: }}", h2="other: {networks: {lan: }}")
    found = show.holders(fleet.plan(), fleet.ledger)
    assert [(each.host, each.container) for each in found] == [("h1", ""), ("h1", "box"), ("h2", ""), ("h2", "other")]
    assert all(each.addresses for each in found)


def test_what_the_ledger_does_not_know_is_said_to_be_new(fleet, found):
    assert of(found, "web", "h1", "shop").new is True
    plan = fleet.plan()
    assert not any(each.new for each in show.holders(plan, plan.ledger))
    assert "not in the ledger yet" in show.table(found)
    assert "not in the ledger yet" not in show.table(show.holders(plan, plan.ledger))


def test_some_are_chosen_by_network_host_and_container(found):
    chosen = show.choose(found, ["fabric"], [], ["db", "shop"])
    assert [(each.host, each.container) for each in chosen] == [("h1", "shop"), ("h2", "db")]
    assert show.choose(found, ["fabric"], ["h2"], ["shop"]) == []


@pytest.mark.parametrize(
    ("given", "fix"),
    [((["fabrik"], [], []), "fabric"), (([], ["h22"], []), "h2"), (([], [], ["shopp"]), "shop")],
)
def test_a_slip_is_refused_with_the_nearest_name(found, given, fix):
    with pytest.raises(Refusal) as refused:
        show.choose(found, *given)
    assert fix in refused.value.fix


def test_the_table_has_only_columns_that_say_something(found):
    heads = show.table(found).splitlines()[0].split()
    assert heads == ["NETWORK", "HOST", "CONTAINER", "INTERFACE", "ADDRESSES", "MAC", "PORTS", "ALIASES"]
    heads = show.table(show.choose(found, [], ["h3"], [])).splitlines()[0].split()
    assert heads == ["NETWORK", "HOST", "CONTAINER", "INTERFACE", "ADDRESSES", "MAC"]


def test_json_and_csv_say_the_same(found):
    from_json = json.loads(show.as_json(found))
    from_csv = list(csv.DictReader(io.StringIO(show.as_csv(found))))
    assert len(from_json) == len(from_csv) == len(found)
    for one, other in zip(from_json, from_csv, strict=True):
        assert other["addresses"].split() == one["addresses"]
        assert (other["new"], other["names"]) == (str(one["new"]).lower(), " ".join(one["names"]))


def test_the_hosts_file_has_containers_by_all_their_names(found):
    lines = show.hosts_file(found).splitlines()
    assert "10.80.0.2\tshop.web shop www store\t# on h1" in lines
    assert any(line.startswith("fd00:42:0:1::2\tdb.fabric db\t") for line in lines)
    assert not any("(host)" in line or line.startswith("10.80.0.1\t") for line in lines)


def test_nothing_is_a_sentence():
    assert show.table([]) == "No container is on a network.\n"
    assert (show.as_json([]), show.hosts_file([])) == ("[]\n", "")


def test_a_port_that_was_chosen_is_told(fleet):
    fleet.only_containers(h1="shop: {networks: {web: {publish: ['80']}}}")
    plan = fleet.plan()
    [(_key, entry)] = plan.ledger.ports.items()
    assert of(show.holders(plan, plan.ledger), "web", "h1", "shop").publish == (f"{entry.port}:80/tcp",)
