# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import KeyEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.run import keys

FABRIC = "{fabric: {driver: overlay, backend: wireguard%s, subnets: [10.42.0.0/16, 'fd00:42::/48']}}"
KEYS = {f"h{n}": f"{letter * 42}A=" for n, letter in enumerate("XYZ", start=1)}

NEW = f"{'V' * 42}A="


def known(device="ch-fabric", network="fabric", **public):
    return {(network, host): KeyEntry(device, key) for host, key in {**KEYS, **public}.items() if key}


@pytest.fixture
def routed(fleet):
    """h1, h2 and h3, and a ledger that knows their keys unless it is said otherwise."""

    def make(options="", told=None):
        fleet.networks(FABRIC % options)
        fleet.only_containers(**dict.fromkeys(KEYS, "{a: {networks: {fabric: }}}"))
        fleet.ledger = keys.with_told(fleet.ledger, known() if told is None else told)
        return fleet

    return make


def test_a_host_has_a_key_a_device_and_a_peer_for_each_other_host(routed, objects):
    plan = routed().plan()
    assert objects(plan, "h1", "wireguard_key") == [{"network": "fabric", "name": "ch-fabric"}]
    assert objects(plan, "h1", "wireguard") == [
        {
            "network": "fabric",
            "name": "ch-fabric",
            "port": 51820,
            "local": "198.18.7.11",
            "mtu": 1440,
            "addresses": ["10.42.0.0/32", "fd00:42::/128"],
        }
    ]
    assert objects(plan, "h1", "wireguard_peer") == [
        {
            "network": "fabric",
            "device": "ch-fabric",
            "public_key": KEYS[f"h{n + 1}"],
            "endpoint": f"198.18.7.1{n + 1}:51820",
            "allowed_ips": [f"10.42.{n}.0/24", f"fd00:42:0:{n}::/64"],
        }
        for n in (1, 2)
    ]
    assert objects(plan, "h1", "route") == [
        {"network": "fabric", "dst": dst, "device": "ch-fabric", "metric": 1024 + n}
        for n in (1, 2)
        for dst in (f"10.42.{n}.0/24", f"fd00:42:0:{n}::/64")
    ]
    for kind in ("vxlan", "vxlan_fdb", "neighbour", "vtep_filter"):
        assert objects(plan, "h1", kind) == []


def test_a_host_sends_from_where_others_reach_it_unless_that_is_translated_on_the_way(routed, objects):
    fleet = routed()
    fleet.variables("h2", containerhost_underlay_endpoint="203.0.113.7:4500")
    plan = fleet.plan()
    assert objects(plan, "h1", "source_address") == [{"network": "fabric", "port": 51820, "address": "198.18.7.11"}]
    assert objects(plan, "h2", "source_address") == []


def test_what_its_device_leads_to_goes_by_no_other(routed, objects):
    by_device = {each["device"]: each for each in objects(routed().plan(), "h1", "isolation")}
    assert by_device["ch-fabric"]["sealed"] is True
    assert by_device["ch-fabric"]["own_ports"] == ["51820/udp"]
    assert by_device["ch-fabric"]["sources"] == ["10.42.0.0/16", "fd00:42::/48"]
    assert "sealed" not in by_device["chb-fabric"]


@pytest.mark.parametrize(("address", "mtu"), [("198.18.7.%d", 1440), ("fd77::%d", 1420)])
def test_the_mtu_leaves_room_for_exactly_what_it_adds(routed, objects, address, mtu):
    fleet = routed()
    for number, host in enumerate(KEYS, start=1):
        fleet.variables(host, containerhost_underlay_address=address % number)
    assert objects(fleet.plan(), "h1", "wireguard")[0]["mtu"] == mtu
    where = objects(fleet.plan(), "h1", "wireguard_peer")[0]["endpoint"]
    assert where == ("[fd77::2]:51820" if ":" in address else "198.18.7.2:51820")


def test_a_host_whose_key_is_not_known_is_no_peer_and_nothing_goes_there_by_another_way(routed, objects):
    plan = routed(told=known(h2=None)).plan()
    assert [each["public_key"] for each in objects(plan, "h1", "wireguard_peer")] == [KEYS["h3"]]
    assert {each["dst"] for each in objects(plan, "h1", "route")} >= {"10.42.1.0/24", "fd00:42:0:1::/64"}
    assert keys.unknown(plan.fleet, {"h1"}) == [
        "`fabric`: the key of h2 is not known yet, so no other host has a way there by this tunnel."
        " Run site for it, too"
    ]
    assert keys.unknown(plan.fleet, {"h1", "h2"}) == []  # a check has asked it, and a run makes it
    assert keys.unknown(plan.fleet, set()) == []


@pytest.mark.parametrize(("diff", "rest"), [
    ([{"before_header": "wireguard_key ch-vault (vault): absent"}, {"before_header": "wireguard ch-vault (vault)"}],
     [{"before_header": "wireguard ch-vault (vault)"}]),
    ([{"before_header": "wireguard_key ch-vault (vault)"}], []),
    ([], []),
])  # fmt: skip
def test_a_check_shows_once_that_a_host_makes_its_key(diff, rest):
    result = keys.without_shown({"changed": bool(diff), "diff": diff})
    assert (result["changed"], result["diff"]) == (bool(rest), rest)
    assert keys.without_shown({"changed": True}) == {"changed": True}  # without --diff


def test_another_port_is_another_tunnel_with_keys_of_its_own(routed, objects):
    fleet = routed()
    fleet.remembering(fleet.plan()).networks(FABRIC % ", port: 51821")
    plan = fleet.plan()
    (device,) = objects(plan, "h1", "wireguard")
    assert device["name"] != "ch-fabric"
    assert objects(plan, "h1", "wireguard_key")[0]["name"] == device["name"]
    assert objects(plan, "h1", "wireguard_peer") == []
    told = known(device["name"], h1="W" * 42 + "A=")
    fleet.ledger = keys.with_told(plan.ledger, told)
    assert [each["endpoint"] for each in objects(fleet.plan(), "h2", "wireguard_peer")] == [
        "198.18.7.11:51821", "198.18.7.13:51821",
    ]  # fmt: skip


def test_from_vxlan_containers_keep_their_addresses(routed, objects):
    fleet = routed(told={})
    fleet.networks("{fabric: {driver: overlay, vni: 42, subnets: [10.42.0.0/16, 'fd00:42::/48']}}")
    before = fleet.plan()
    after = fleet.remembering(before).networks(FABRIC % "").plan()
    for kind in ("bridge", "veth"):
        assert [each["addresses"] for each in objects(before, "h2", kind)] == [
            each["addresses"] for each in objects(after, "h2", kind)
        ]
    names = [objects(plan, "h2", kind)[0]["name"] for plan, kind in ((before, "vxlan"), (after, "wireguard"))]
    assert names[0] != names[1]


def test_between_hosts_of_one_segment_packets_go_as_they_are_if_asked_for(routed, objects):
    fleet = routed(", direct_routing: true")
    for host, address in {"h1": "198.18.7.11/24", "h2": "198.18.7.12/24", "h3": "198.18.8.13/24"}.items():
        fleet.variables(host, containerhost_underlay_address=address)
    plan = fleet.plan()
    assert [each["public_key"] for each in objects(plan, "h3", "wireguard_peer")] == [KEYS["h1"], KEYS["h2"]]
    by_dst = {each["dst"]: each for each in objects(plan, "h1", "route")}
    assert by_dst["10.42.1.0/24"]["via"] == "198.18.7.12"
    assert by_dst["10.42.2.0/24"]["device"] == "ch-fabric"
    # Of the family that no segment is known of, they go by the tunnel.
    assert by_dst["fd00:42:0:1::/64"]["device"] == "ch-fabric"
    peers = {each["public_key"]: each["allowed_ips"] for each in objects(plan, "h1", "wireguard_peer")}
    assert peers == {KEYS["h2"]: ["fd00:42:0:1::/64"], KEYS["h3"]: ["10.42.2.0/24", "fd00:42:0:2::/64"]}


class TestEndpoint:
    @pytest.mark.parametrize(
        ("written", "where"),
        [("203.0.113.7:4500", "203.0.113.7:4500"), ("203.0.113.7", "203.0.113.7:51820")],
    )
    def test_others_send_to_it_and_it_keeps_the_way_back_open(self, routed, objects, written, where):
        plan = routed().variables("h1", containerhost_underlay_endpoint=written).plan()
        peer = objects(plan, "h2", "wireguard_peer")[0]
        assert (peer["endpoint"], peer["roams"], "keepalive" in peer) == (where, True, False)
        mine = objects(plan, "h1", "wireguard_peer")
        assert [(each["keepalive"], "roams" in each) for each in mine] == [(25, False)] * 2

    def test_of_ipv6_it_has_brackets(self, routed, objects):
        fleet = routed()
        for number, host in enumerate(KEYS, start=1):
            fleet.variables(host, containerhost_underlay_address=f"fd77::{number}")
        for written in ("[2001:db8:1::7]:4500", "2001:db8:1::7", "[2001:db8:1::7]"):
            plan = fleet.variables("h1", containerhost_underlay_endpoint=written).plan()
            where = objects(plan, "h2", "wireguard_peer")[0]["endpoint"]
            assert where == f"[2001:db8:1::7]:{4500 if written.endswith('4500') else 51820}"

    @pytest.mark.parametrize(
        "written",
        [
            "vpn.example.org:51820",
            "203.0.113.7:0",
            "203.0.113.7:65536",
            "203.0.113.7:",
            ":51820",
            "203.0.113.0/24",
            51820,
        ],
    )
    def test_what_is_none_is_refused(self, routed, written):
        with pytest.raises(PlanError) as error:
            routed().variables("h1", containerhost_underlay_endpoint=written).plan()
        assert "containerhost_underlay_endpoint" in str(error.value)

    def test_of_another_family_it_is_refused(self, routed):
        (said,) = routed().variables("h1", containerhost_underlay_endpoint="[2001:db8:1::7]:4500").problems()
        assert "198.18.7.11 and the endpoint 2001:db8:1::7" in said

    @pytest.mark.parametrize("written", [{"h1": "203.0.113.7", "h2": "203.0.113.7:51820"}, {"h1": "198.18.7.12"}])
    def test_one_place_leads_to_one_host(self, routed, written):
        fleet = routed()
        for host, endpoint in written.items():
            fleet.variables(host, containerhost_underlay_endpoint=endpoint)
        (said,) = fleet.problems()
        assert "its members h1 and h2 are to be reached at" in said
        assert f"Give {' and '.join(written)} another containerhost_underlay_endpoint" in said
        assert fleet.variables("h1", containerhost_underlay_endpoint="203.0.113.7:4500").problems() == []

    def test_one_port_is_for_one_network(self, routed):
        fleet = routed().variables("h1", containerhost_underlay_endpoint="203.0.113.7:4500")
        fleet.more_networks("{vault: {driver: overlay, backend: wireguard, port: 51900, hosts: all}}")
        (said,) = fleet.problems()
        assert "its member h1 has one port in containerhost_underlay_endpoint (4500), and is on `vault` as well" in said
        assert fleet.variables("h1", containerhost_underlay_endpoint="203.0.113.7").problems() == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("backend: wireguard", "`fabric` and `vault` both have UDP port 51820 on h1"),
        ("vni: 7, port: 51820", "`fabric` and `vault` both have UDP port 51820 on h1"),
        ("vni: 7", None),
        ("backend: wireguard, port: 51821", None),
    ],
)
def test_one_port_of_a_host_is_one_tunnel_s(routed, other, said):
    fleet = routed().more_networks("{vault: {driver: overlay, hosts: all, %s}}" % other)
    found = fleet.problems()
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_a_port_that_is_published_is_not_a_tunnel_s(routed):
    fleet = routed().more_networks("{web: {driver: bridge}}")
    fleet.containers("h1", "{a: {networks: {fabric: , web: {publish: ['51820:53/udp']}}}}")
    (said,) = fleet.problems()
    assert "51820" in said and "`fabric`" in said


def test_two_hosts_of_one_image_have_one_key_and_are_told(routed):
    (said,) = routed(told=known(h3=KEYS["h2"])).problems()
    assert "its members h2 and h3 have the same key" in said
    assert "/etc/containerhost-keys/ch-fabric.key" in said


def test_a_host_that_tells_another_one_s_key_ends_nobody_s_tunnel(routed):
    fleet = routed()
    told = {("fabric", "h3"): KeyEntry("ch-fabric", KEYS["h1"]), ("fabric", "h2"): KeyEntry("ch-fabric", NEW)}
    kept, said = keys.believed(fleet.ledger, told)
    assert list(kept) == [("fabric", "h2")]
    assert "`fabric`: h3 tells the key of h1 as its own" in said[0]
    fleet.ledger = keys.with_told(fleet.ledger, kept)
    assert fleet.problems() == []


def test_a_key_that_its_host_has_given_up_is_free(routed):
    told = {("fabric", "h1"): KeyEntry("ch-fabric", NEW), ("fabric", "h3"): KeyEntry("ch-fabric", KEYS["h1"])}
    assert keys.believed(routed().ledger, told) == (told, [])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("vni: 42", "`vni` is for `backend: vxlan`"),
        ("mode: bridged, per_host_names: true", "`backend: wireguard` carries no `mode: bridged`"),
        ("mtu: 1441", "`mtu` 1441 does not fit the underlay of h1, which leaves 1440"),
    ],
)
def test_what_has_no_meaning_with_it_is_refused(routed, option, said):
    assert any(said in each for each in routed(f", {option}").problems())


class TestLedger:
    def test_it_remembers_keys_of_members_and_since_when_others_have_left(self, routed):
        fleet = routed()
        plan = fleet.plan()
        assert plan.ledger.keys == known()
        left = fleet.remembering(plan).only_containers(h1="{a: {networks: {fabric: }}}").plan().ledger.keys
        assert {key[1]: entry.absent_since for key, entry in left.items()} == {
            "h1": None, "h2": fleet.today, "h3": fleet.today,
        }  # fmt: skip
        fleet.ledger = replace(plan.ledger, keys=left)
        fleet.only_containers(**dict.fromkeys(KEYS, "{a: {networks: {fabric: }}}"))
        assert fleet.plan().ledger.keys == known()

    def test_one_that_may_not_be_written_must_know_them(self, routed):
        fleet = routed(told={})
        plan = fleet.plan()
        fleet.remembering(plan).everywhere(containerhost_ledger_read_only=True)
        assert fleet.problems() == []
        more = keys.with_told(plan.ledger, known())
        fleet.ledger, written = more, plan.ledger
        with pytest.raises(PlanError, match="does not know the key of h1 on `fabric`, the key of h2"):
            fleet.plan(written=written)


class TestTelling:
    DOCUMENT = {"version": 1, "wireguard_key": [{"network": "fabric", "name": "ch-fabric"}], "bridge": [{}]}

    def test_a_host_is_asked_for_its_keys_and_nothing_else(self):
        assert keys.of_document(self.DOCUMENT) == {"version": 1, "wireguard_key": self.DOCUMENT["wireguard_key"]}
        assert keys.of_document({"version": 1, "bridge": [{}]}) == {}

    def test_what_hosts_tell_is_known_for_this_run(self, tmp_path):
        directory = str(tmp_path)
        assert keys.told(directory, 7) == ({}, set())
        keys.note(directory, 7, "h1", self.DOCUMENT, {"ch-fabric": KEYS["h1"]})
        keys.note(directory, 7, "a/b", self.DOCUMENT, {})  # in a check
        keys.note(directory, 6, "h3", self.DOCUMENT, {"ch-fabric": KEYS["h3"]})
        assert keys.told(directory, 7) == ({("fabric", "h1"): KeyEntry("ch-fabric", KEYS["h1"])}, {"h1", "a/b"})

    @pytest.mark.parametrize(
        "public", [{"ch-fabric": "no key"}, {"ch-fabric": 7}, {"ch-fabric": ["a"]}, {"other": KEYS["h2"]}]
    )
    def test_a_host_that_tells_no_key_of_its_own_is_not_believed(self, tmp_path, public):
        keys.note(str(tmp_path), 7, "h1", self.DOCUMENT, public)
        assert keys.told(str(tmp_path), 7) == ({}, {"h1"})

    def test_no_host_is_asked_where_none_needs_a_key(self, routed, new_fleet):
        assert keys.needed(routed().plan().fleet.networks.values())
        assert not keys.needed(new_fleet().plan().fleet.networks.values())
