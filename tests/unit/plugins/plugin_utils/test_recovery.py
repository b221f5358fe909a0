# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts have is what the ledger gave them: documents are what network_info tells of a host as well."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.recovery import recovered

NETWORKS = """
web: {driver: bridge, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}, {cidr: "fd00:80::/48", host_prefix: 64}]}
same: {driver: bridge, subnets: [10.81.0.0/24]}
mixed: {driver: bridge, subnets: [{cidr: 10.83.0.0/16, host_prefix: 24}, "fd00:83::/64"]}
pool: {driver: bridge}
fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 25}, {cidr: "fd00:42::/48"}]}
mesh: {driver: overlay, vni: 43}
lan:
  driver: macvlan
  parent: eth1
  host_shim: true
  subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1, range: 192.168.7.128/25}]
each: {driver: macvlan, parent: eth2, per_host_names: true, subnets: [192.168.8.0/24]}
"""
ALL = {name: {} for name in ("web", "same", "mixed", "pool", "fabric", "mesh", "each")}


@pytest.fixture
def lived(fleet):
    """A fleet after a life: hosts and containers came in another order than that of their names."""
    fleet.networks(NETWORKS).everywhere(containerhost_confirm_vanished=True)
    fleet.only_containers(h3={"z": {"networks": ALL}})
    fleet.remembering(fleet.plan())
    fleet.containers("h1", {"y": {"networks": {**ALL, "lan": {}}}}).remembering(fleet.plan())
    own = {"ref": "other", "engine": "docker", "networks": ALL}
    fleet.containers("h3", {"a": {"networks": {**ALL, "lan": {}}}, "b": own, "z": {"networks": ALL}})
    fleet.containers("h2", {"m": {"networks": ALL}})
    return fleet.remembering(fleet.plan())


def test_the_ledger_is_as_it_was(lived):
    plan = lived.plan()
    found = recovered(lived.inventory(), plan.documents)
    assert (found.networks, found.slices, found.endpoints) == (
        plan.ledger.networks, plan.ledger.slices, plan.ledger.endpoints,
    )  # fmt: skip
    assert make_plan(lived.inventory(), found, "2026-11-20").documents["h2"] == plan.documents["h2"]
    # Without it they would move.
    assert make_plan(lived.inventory(), Ledger(), "2026-11-20").documents["h2"] != plan.documents["h2"]


FABRIC = "{fabric: {driver: overlay, %s, subnets: [10.42.0.0/16]}}"
SEALED = "mode: bridged, encrypted: true, vni: %d"


@pytest.mark.parametrize(
    ("life", "then"),
    [
        (["vni: 42", "vni: 43"], "vni: 44"),
        (["vni: 42", "backend: wireguard", "vni: 42", "vni: 42, port: 8472"], "backend: wireguard"),
        (["vni: 42", "backend: wireguard"], "backend: wireguard, port: 51821"),
        ([SEALED % 42, SEALED % 43, f"{SEALED}, port: 51821" % 43, f"{SEALED}, port: 51821" % 44], SEALED % 44),
    ],
)
def test_tunnels_keep_their_devices_and_the_next_one_has_another(fleet, life, then):
    fleet.only_containers(h1={"a": {"networks": {"fabric": {}}}}, h2={"b": {"networks": {"fabric": {}}}})
    for text in life:
        fleet.networks(FABRIC % text).remembering(fleet.plan())
    plan = fleet.plan()
    documents = {host: left_out(document) for host, document in plan.documents.items()}
    assert recovered(fleet.inventory(), documents).networks == plan.ledger.networks
    fleet.networks(FABRIC % then)
    expected = fleet.plan()
    found = recovered(fleet.inventory(), documents)
    devices = make_plan(fleet.inventory(), found, "2026-11-20").fleet.networks["fabric"].devices
    assert devices == expected.fleet.networks["fabric"].devices
    assert devices != plan.fleet.networks["fabric"].devices


def left_out(document):
    """What ``network_info`` does not say, as it is the default."""
    ports = {"vxlan": 4789, "wireguard": 51820}
    return {
        kind: [{key: row[key] for key in row if key != "port" or row[key] != ports.get(kind)} for row in rows]
        if kind in ports
        else rows
        for kind, rows in document.items()
    }


def test_host_ports_that_were_chosen_are_known_again(fleet):
    fleet.networks(NETWORKS)
    some = ["80", "53/udp", "127.0.0.1::53/udp", "127.0.0.1::80"]
    fleet.only_containers(h1={"b": {"networks": {"web": {"publish": ["80"]}}}})
    fleet.remembering(fleet.plan())
    publish = {"a": some, "b": ["8080:80", *some], "c": some}
    fleet.only_containers(h1={name: {"networks": {"web": {"publish": ports}}} for name, ports in publish.items()})
    plan = fleet.plan()
    found = recovered(fleet.inventory(), plan.documents)
    assert found.ports == plan.ledger.ports
    assert len(found.ports) == 12
    assert make_plan(fleet.inventory(), found, "2026-11-20").documents["h1"] == plan.documents["h1"]


def test_a_container_that_has_left_is_not_known_any_more(lived):
    documents = dict(lived.plan().documents)
    del lived.hosts["h3"]["containerhost_containers"]["b"]
    found = recovered(lived.inventory(), documents)
    assert not [key for key in found.endpoints if key[2] in ("b", "other")]


def test_a_host_speaks_for_itself_alone(lived):
    documents = copy.deepcopy(dict(lived.plan().documents))
    before = recovered(lived.inventory(), documents)
    sandbox = {"engine": "netns", "ref": "y"}  # a container of h1
    documents["h2"]["veth"] += [
        {"network": "web", "sandbox": sandbox, "interface": "eth0", "addresses": ["10.80.0.99/24"]},
        {"network": "nowhere", "interface": "x", "addresses": ["10.0.0.1/8"]},
    ]
    assert recovered(lived.inventory(), documents) == before


def test_nothing_on_any_host_is_an_empty_ledger(lived):
    assert recovered(lived.inventory(), {host: {"version": 1} for host in lived.hosts}) == Ledger({}, {}, {}, {})
