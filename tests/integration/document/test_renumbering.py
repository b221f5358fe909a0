# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger that is missing, or another fleet's, does not renumber a host that is alive."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.allocate.names import vtep_mac
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger, release
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.recovery import recovered
from ansible_collections.containerhost.network.plugins.plugin_utils.run.settled import of_host

WEB = {"driver": "bridge", "subnets": [{"cidr": "10.80.0.0/16", "host_prefix": 24}]}
API = {"driver": "bridge", "subnets": ["10.81.0.0/24"]}
POOL = {"driver": "bridge"}


def plan(ledger, hosts, **more):
    """``hosts``: by name, containers and their networks. The plan, and the ledger after it."""
    containers = {host: {name: {"networks": dict(on)} for name, on in own.items()} for host, own in hosts.items()}
    used = {network for own in hosts.values() for on in own.values() for network in on}
    networks = {"web": WEB, "api": API, "pool": POOL, **more.pop("networks", {})}
    fleet = {
        host: {
            "containerhost_networks": {name: networks[name] for name in sorted(used)},
            "containerhost_containers": own,
            "containerhost_confirm_vanished": True,
            **more,
        }
        for host, own in containers.items()
    }
    return make_plan(gather(Sources(fleet)), ledger, "2026-11-20")


def given(found, **more):
    """What the action hands to module document on h1."""
    return {"document": found.documents["h1"], "settled": of_host(found.settled, "h1"), **more}


def on(*networks):
    return {name: {} for name in networks}


@pytest.fixture
def lived(host):
    """h1 after a life: its slice is the second, its containers came in another order. The last plan."""
    ledger = plan(Ledger(), {"h0": {"x": on("web")}, "h1": {"d": on("web", "api", "pool")}}).ledger
    for names in ("dc", "dcb", "dcba"):
        last = plan(ledger, {"h1": {name: on("web", "api", "pool") for name in names}})
        ledger = release(last.ledger, hosts=("h0",))[0] if names == "dc" else last.ledger
    assert last.ledger.slices["web", "h1"].slices == ("10.80.1.0/24",)
    done = host.module("document", remove=["*"], **given(last))
    assert not done.get("failed"), done
    return last


HOSTS = {"h1": {name: on("web", "api", "pool") for name in "abcd"}}


def test_the_ledger_that_made_it_changes_nothing(host, lived):
    again = plan(lived.ledger, HOSTS)
    answer = host.module("document", remove=["*"], **given(again))
    assert answer["diff"] == [], answer["diff"]


@pytest.mark.parametrize("network", ["web", "api", "pool"])
def test_a_ledger_that_is_missing_changes_nothing_and_says_the_way_back(refused, lived, network):
    lost = plan(Ledger(), {"h1": {name: on(network) for name in "abcd"}})
    assert lost.settled["strict"]
    told = refused(remove=(), **given(lost))
    assert "of this host's networks would move although nothing in the inventory moves them, such as " in told
    assert "the ledger is missing, or it is another fleet's. Restore it from git or a backup" in told
    assert "containerhost.network.recover" in told
    assert "-e containerhost_confirm_renumbered=true" in told


def test_another_fleet_s_ledger_with_the_same_names_is_seen_as_well(refused, lived):
    other = plan(Ledger(), HOSTS).ledger
    theirs = plan(other, HOSTS)
    assert not theirs.settled["strict"]
    assert "nothing in the inventory moves them" in refused(**given(theirs))


def test_what_the_host_has_is_the_way_back(host, apply, lived):
    found = recovered(plan(Ledger(), HOSTS).inventory, {"h1": host.module("network_info")["document"]})
    assert (found.slices, found.endpoints) == (lived.ledger.slices, lived.ledger.endpoints)
    assert apply(**given(plan(found, HOSTS)))["changed"] is False


FABRIC = {"driver": "overlay", "vni": 42, "subnets": ["10.42.0.0/16"]}


def overlay(ledger, *hosts, **more):
    """The plan of an overlay over these hosts, with a container on each."""
    own = {
        host: {
            "containerhost_underlay_address": f"198.18.0.{host[1:]}",
            "containerhost_networks": {"fabric": FABRIC},
            "containerhost_containers": {"x": {"networks": on("fabric")}},
            **more.get(host, {}),
        }
        for host in hosts
    }
    return make_plan(gather(Sources(own)), ledger, "2026-11-20")


@pytest.fixture
def overlaid(host):
    """h1 of an overlay whose h3 came before its h2. The last plan."""
    last = overlay(overlay(Ledger(), "h1", "h3").ledger, "h1", "h2", "h3")
    done = host.module("document", remove=["*"], **given(last))
    assert not done.get("failed"), done
    return last


def test_a_host_that_keeps_its_own_refuses_as_well_where_others_slices_change_hands(refused, overlaid):
    lost = overlay(Ledger(), "h1", "h2", "h3")
    assert lost.documents["h1"]["veth"] == overlaid.documents["h1"]["veth"]
    told = refused(remove=(), **given(lost))
    assert "2 addresses of this host's networks would move" in told
    assert "such as the VTEP 10.42.1.0 (fabric) from " in told
    assert "2 addresses" in refused(remove=(), **given(overlay(lost.ledger, "h1", "h2", "h3")))


def test_it_refuses_as_well_where_it_would_keep_the_old_ones_until_all_have_turned(refused, overlaid):
    lost = overlay(Ledger(), "h0", "h1", "h2", "h3")
    told = refused(remove=(), phase="make", hold=["fabric"], shared=["fabric"], **given(lost))
    assert "of this host's networks would move although nothing in the inventory moves them" in told
    assert "10.42.0.1 to 10.42.1.1" in told or "10.42.0.0 to 10.42.1.0" in told or "10.42.0.2 to 10.42.1.2" in told


def test_slices_that_are_pinned_change_hands(apply, overlaid):
    pins = {host: {"containerhost_slices": {"fabric": [block]}} for host, block in
            (("h2", "10.42.1.0/24"), ("h3", "10.42.2.0/24"))}  # fmt: skip
    apply(**given(overlay(overlaid.ledger, "h1", "h2", "h3", **pins)))


def test_a_neighbour_that_was_changed_by_hand_is_repaired(host, apply, overlaid):
    """Also one that was led to another member, which has the place that it is to have."""
    for lladdr in ("02:66:00:00:00:01", vtep_mac("fabric", "h2")):
        host.run("ip", "neighbour", "replace", "10.42.1.0", "lladdr", lladdr, "dev", "ch-fabric")
        assert apply(**given(overlaid))["changed"]


def test_confirmed_they_move(apply, lived):
    apply(**given(plan(Ledger(), HOSTS, containerhost_confirm_renumbered=True)))


def test_another_subnet_moves_them(apply, lived):
    networks = {"web": {"driver": "bridge", "subnets": ["10.90.0.0/24"]}, "api": {**API, "subnets": ["10.91.0.0/24"]}}
    apply(**given(plan(lived.ledger, HOSTS, networks=networks)))


def test_pins_move_them(apply, lived):
    pinned = {name: {"api": {"address": f"10.81.0.{200 + number}"}} for number, name in enumerate("abcd")}
    hosts = {"h1": {name: {**on("web", "pool"), **pinned[name]} for name in "abcd"}}
    apply(**given(plan(lived.ledger, hosts)))
    apply(**given(plan(lived.ledger, hosts, containerhost_slices={"web": ["10.80.7.0/24"]})))


def test_what_was_changed_by_hand_is_repaired(host, apply, lived):
    again = plan(lived.ledger, HOSTS)
    for name in "abcd":
        inside = ("nsenter", f"--net=/run/netns/{name}", "ip")
        host.run(*inside, "address", "flush", "dev", "eth1", "scope", "global")
        host.run(*inside, "address", "add", "10.80.1.99/24", "dev", "eth1")
    host.run("ip", "address", "add", "10.80.200.1/24", "dev", "ch-web")
    assert apply(**given(again))["changed"]


def test_one_container_that_gives_itself_another_mac_and_address_keeps_nothing_from_being_made(host, apply, lived):
    again = plan(lived.ledger, HOSTS)
    inside = ("nsenter", "--net=/run/netns/a", "ip")
    for number, interface in enumerate(json.loads(host.run(*inside, "-j", "link"))[1:]):
        device = interface["ifname"]
        host.run(*inside, "link", "set", device, "address", f"02:66:00:00:00:{number:02x}")
    found = json.loads(host.run(*inside, "-j", "-4", "address", "show", "dev", "eth0"))[0]["addr_info"][0]["local"]
    other = found.rpartition(".")[0] + ".99/24"
    host.run(*inside, "address", "flush", "dev", "eth0", "scope", "global")
    host.run(*inside, "address", "add", other, "dev", "eth0")
    assert apply(**given(again))["changed"]
