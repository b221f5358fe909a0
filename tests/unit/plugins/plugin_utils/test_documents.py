# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.allocate import names
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option


def test_kinds_are_sorted_under_their_version(fleet):
    document = fleet.plan().documents["h1"]
    assert list(document) == ["version", *sorted(set(document) - {"version"})]
    assert document["version"] == 1


def test_every_object_has_a_network_and_no_empty_field(fleet):
    for document in fleet.plan().documents.values():
        for kind, found in document.items():
            for each in found if isinstance(found, list) else ():
                assert each["network"] in ("web", "fabric"), kind
                assert None not in each.values()


def test_a_host_without_networks_has_an_empty_document(fleet):
    fleet.variables("h9", ansible_host="198.18.7.99")
    assert fleet.plan().documents["h9"] == {"version": 1}


def test_hosts_share_what_they_have_of_a_peer(fleet):
    documents = fleet.plan().documents
    assert documents["h1"]["vxlan_fdb"][1] is documents["h2"]["vxlan_fdb"][1]


def test_absent_networks_are_known_and_have_no_objects(fleet):
    fleet.networks("{web: {driver: bridge, state: absent}}").only_containers(h1="{a: {networks: {web: }}}")
    fleet.ledger = fleet.plan().ledger
    plan = fleet.plan()
    assert plan.networks == {}
    assert plan.documents["h1"] == {"version": 1, "netns": [{"network": "none", "name": "a"}]}


def test_the_ledger_knows_networks_that_have_left(fleet):
    first = fleet.plan()
    fleet.networks("{web: {driver: bridge, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]}}")
    plan = fleet.only_containers(h1="{shop: {networks: {web: }}}").remembering(first).plan()
    assert plan.known_networks == {"fabric": {"driver": "overlay"}, "web": {"driver": "bridge"}}


class TestNamespaces:
    def test_one_a_container_without_an_engine_owned_by_its_first_network(self, fleet, objects):
        plan = fleet.plan()
        assert objects(plan, "h1", "netns") == [{"network": "fabric", "name": "shop"}]
        assert objects(plan, "h2", "netns") == []  # Docker makes its own

    def test_one_for_two_that_share_it(self, fleet, objects):
        fleet.only_containers(h1="{a: {networks: {web: }}, b: {ref: a, networks: {fabric: {interface: x0}}}}")
        assert objects(fleet.plan(), "h1", "netns") == [{"network": "web", "name": "a"}]

    def test_network_mode_none_is_a_namespace_of_nobody(self, fleet, objects):
        fleet.only_containers(h1="{a: {network_mode: none}, b: {}, c: {network_mode: host}}")
        fleet.containers("h2", "{d: {network_mode: 'container:e'}, e: {networks: {web: }}}")
        plan = fleet.plan()
        assert objects(plan, "h1", "netns") == [{"network": "none", "name": "a"}, {"network": "none", "name": "b"}]
        assert objects(plan, "h2", "netns") == [{"network": "web", "name": "e"}]


class TestDriversChosen:
    def test_only_their_networks_are_handed_over_with_the_namespaces_that_they_need(self, fleet):
        fleet.containers("h1", "{shop: {networks: {web: , fabric: }}, lone: {}, api: {networks: {fabric: }}}")
        plan = fleet.plan(drivers=["bridge"])
        document = plan.documents["h1"]
        assert list(plan.networks) == ["web"]
        assert document["netns"] == [{"network": "fabric", "name": "shop"}]
        assert {each["network"] for each in document["bridge"] + document["veth"]} == {"web"}
        assert "vxlan" not in document

    def test_together_they_are_what_all_drivers_have(self, fleet):
        fleet.more_networks(
            "{lan: {driver: macvlan, parent: eth1, host_shim: true, subnets: [192.168.7.0/24]},"
            " wan: {driver: ipvlan, parent: eth2, subnets: [192.168.8.0/24]}}"
        )
        on_all = "{a: {networks: {web: {publish: ['80:80']}, lan: , fabric: }}, b: {networks: {wan: , web: }}}"
        fleet.containers("h1", on_all)
        plans = [fleet.plan(drivers=[name]) for name in drivers.drivers()]
        for host, whole in fleet.plan().documents.items():
            for kind, rows in whole.items():
                if kind == "version":
                    continue
                found = {json.dumps(row) for plan in plans for row in plan.documents[host].get(kind, ())}
                assert found == {json.dumps(row) for row in rows}

    def test_what_is_remembered_is_the_whole_fleet_s(self, fleet):
        assert fleet.plan(drivers=["bridge"]).ledger == fleet.plan().ledger

    def test_the_digest_tells_them_apart(self, fleet):
        assert len({fleet.plan(drivers=chosen).digest() for chosen in (None, ["bridge"], ["overlay"])}) == 3


class TestDigest:
    def test_the_same_inventory_and_ledger_have_the_same(self, fleet, new_fleet):
        assert fleet.plan().digest() == new_fleet().plan().digest()

    def test_where_something_was_written_does_not_matter(self, fleet, new_fleet):
        other = new_fleet()
        for variables in other.hosts.values():
            variables["containerhost_networks_all"] = variables.pop("containerhost_networks")
        assert fleet.plan().digest() == other.plan().digest()

    def test_anything_else_does(self, fleet, new_fleet):
        assert fleet.plan().digest() != new_fleet().variables("h1", containerhost_underlay_mtu=1400).plan().digest()


def test_a_plan_file_is_json_with_one_object_a_line(fleet):
    plan = fleet.plan()
    text = plan.documents.text("h1", {"version": 1, "host": "h1"})
    assert json.loads(text) == {"version": 1, "host": "h1", "document": plan.documents["h1"]}
    objects = [each for found in plan.documents["h1"].values() if isinstance(found, list) for each in found]
    assert [json.loads(line.rstrip(",")) for line in text.splitlines() if line.startswith('{"network"')] == objects


class TestToyDriver:
    """A driver is one value: nothing else knows of it."""

    @pytest.fixture(autouse=True)
    def toy(self):
        def objects(network, host, fleet):
            for endpoint in network.endpoints.get(host, ()):
                yield (
                    "toy",
                    {
                        "network": network.name,
                        "colour": network.spec.options["colour"],
                        "addresses": [str(address) for address, slice_ in endpoint.addresses],
                        "interface": endpoint.interface,
                    },
                )

        def check(network, fleet, problems):
            if network.spec.options["colour"] == "mauve":
                problems.add(f"{network.spec.where}mauve clashes", "Take red")

        drivers.register(
            Driver(
                "toy",
                "A segment that all hosts share.",
                options=(
                    Option("colour", "text", "Its colour.", default="red", choices=("red", "blue", "mauve")),
                    Option("sound", "bool", "Whether it beeps.", default=False, built=False),
                ),
                objects=objects,
                check=check,
                one_segment=lambda spec: True,
                has_gateway=False,
            )
        )
        yield
        drivers.unregister("toy")

    @pytest.fixture
    def toys(self, fleet):
        fleet.networks("{t: {driver: toy, colour: blue, subnets: [{cidr: 192.168.7.0/24, range: 192.168.7.128/26}]}}")
        return fleet.only_containers(h1="{a: {networks: {t: }}}", h2="{b: {networks: {t: }}}")

    def test_its_objects_are_in_the_documents(self, toys):
        plan = toys.plan()
        assert plan.documents["h1"]["toy"] == [
            {"network": "t", "colour": "blue", "addresses": ["192.168.7.128"], "interface": "eth0"}
        ]
        assert plan.documents["h2"]["toy"][0]["addresses"] == ["192.168.7.129"]

    def test_its_options_are_checked(self, toys):
        toys.networks("{t: {driver: toy, color: red}}")
        assert "unknown key `color`. Write `colour` if that is meant" in toys.problems()[0]
        toys.networks("{t: {driver: toy, colour: green}}")
        assert "Write one of red, blue, mauve" in toys.problems()[0]
        toys.networks("{t: {driver: toy, sound: true}}")
        assert "`sound` is not built yet" in toys.problems()[0]

    def test_its_own_checks_are_made(self, toys):
        assert "mauve clashes" in toys.networks("{t: {driver: toy, colour: mauve}}").problems()[0]

    def test_a_container_that_moves_on_a_shared_segment_keeps_its_address(self, toys, addresses):
        first = toys.plan()
        assert ("t", "*", "b") in first.ledger.endpoints
        toys.only_containers(h1="{a: {networks: {t: }}}", h3="{b: {networks: {t: }}}").remembering(first)
        assert addresses(toys.plan())["t", "h3", "b"] == ["192.168.7.129/24"]

    def test_one_name_on_two_hosts_of_a_shared_segment_is_a_problem(self, toys):
        toys.only_containers(h1="{a: {networks: {t: }}}", h2="{a: {networks: {t: }}}")
        assert "`a` is on `t` on h1 and on h2, which share that segment" in toys.problems()[0]

    def test_unless_names_are_the_hosts(self, toys, addresses):
        toys.networks("{t: {driver: toy, per_host_names: true, subnets: [192.168.7.0/24]}}")
        toys.only_containers(h1="{a: {networks: {t: }}}", h2="{a: {networks: {t: }}}")
        assert sorted(addresses(toys.plan()).values()) == [["192.168.7.1/24"], ["192.168.7.2/24"]]

    def test_one_mac_on_two_hosts_of_a_shared_segment_is_a_problem(self, toys):
        mac = "{networks: {t: {mac: '52:54:00:12:34:56'}}}"
        toys.only_containers(h1=f"{{a: {mac}}}", h2=f"{{b: {mac}}}")
        assert "both have the MAC" in toys.problems()[0]


class TestClashesOfHashes:
    """With hashes of almost no bits, as 40 of them never clash in a test."""

    @pytest.fixture
    def weak(self, monkeypatch):
        monkeypatch.setattr(names, "mac", lambda *parts, salt=0: f"02:00:00:00:00:{salt:02x}")
        monkeypatch.setattr(names, "host_end_name", lambda network, container, salt=0: f"chv{salt}")

    def test_a_device_keeps_its_name_when_one_that_clashes_comes_before_it(self, fleet, monkeypatch):
        monkeypatch.setattr(names, "device_name", lambda prefix, name, salt=0: f"{prefix}{salt}")
        fleet.networks("{b: {driver: bridge}}").only_containers(h1="{x: {networks: {b: }}}")
        first = fleet.plan()
        fleet.networks("{a: {driver: bridge}, b: {driver: bridge}}")
        second = fleet.only_containers(h1="{x: {networks: {a: , b: }}}").remembering(first).plan()
        assert {name: network.devices for name, network in second.fleet.networks.items()} == {
            "a": ("ch-1",),
            "b": ("ch-0",),
        }
        assert second.ledger.salts == {"device/ch-a": 1}

    def test_everybody_has_his_own_and_keeps_it(self, fleet, weak):
        two = "{b: {networks: {web: }}, c: {networks: {web: }}}"
        first = fleet.only_containers(h1=two).plan()
        fleet.only_containers(h1="{a: {networks: {web: }}, b: {networks: {web: }}, c: {networks: {web: }}}")
        second = fleet.remembering(first).plan()

        def known(plan):
            return {
                each.container.name: (each.mac, each.host_end) for each in plan.fleet.networks["web"].endpoints["h1"]
            }

        assert known(first) == {"b": ("02:00:00:00:00:00", "chv0"), "c": ("02:00:00:00:00:01", "chv1")}
        assert known(second) == {"a": ("02:00:00:00:00:02", "chv2"), **known(first)}
        # b goes; c keeps the second name.
        third = fleet.only_containers(h1="{c: {networks: {web: }}}").remembering(second).plan()
        assert known(third) == {"c": ("02:00:00:00:00:01", "chv1")}
