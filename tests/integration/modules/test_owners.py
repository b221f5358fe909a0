# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners and purge: a module removes what is its owner's and not listed, and nothing of anybody else's."""

from __future__ import annotations

from typing import Any

import pytest

Values = dict[str, Any]

MARIOS = ("mario", "mario2", "super-mario")
# Kind, and three objects whose names contain each other.
LIKE_NAMED: list[tuple[str, list[Values]]] = [
    ("netns", [{"name": name} for name in ("mario", "mario2", "super mario")]),
    ("bridge", [{"name": name} for name in MARIOS]),
    ("veth", [{"name": name, "sandbox": {"ref": "shop"}, "interface": name} for name in MARIOS]),
    ("macvlan", [{"interface": name, "parent": "br-a"} for name in MARIOS]),
    ("vxlan", [{"name": name, "vni": vni} for name, vni in zip(MARIOS, (4, 42, 442), strict=True)]),
    ("vxlan_fdb", [{"device": "vx-a", "lladdr": "00:00:00:00:00:00", "dst": f"198.18.0.{n}"} for n in (2, 22, 222)]),
    ("route", [{"dst": dst, "device": "br-a"} for dst in ("10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/16")]),
    ("neighbour", [{"device": "br-a", "address": f"10.80.1.{n}", "lladdr": "02:00:00:00:00:01"} for n in (2, 22, 222)]),
    ("sysctl", [{"key": f"net.ipv4.conf.{name}.arp_notify", "value": 1} for name in ("br-a", "br-a2", "eth0")]),
    ("forwarding", [{"device": "br-a"}, {"device": "br-a2"}, {"uplink": "eth0"}]),
    ("isolation", [{"device": name} for name in ("br-a", "br-a2", "vx-a")]),
    ("nat_rule", [{"rule": "publish", "host_port": port, "address": "10.80.1.2"} for port in (8, 80, 8080)]),
    ("open_port", [{"address": "10.80.1.2", "port": port} for port in (8, 80, 8080)]),
    (
        "sender_filter",
        [{"port": f"chv{name}", "mac": "02:00:00:00:00:0a", "sources": ["fd00::2"]} for name in ("a", "ab", "abc")],
    ),
    ("source_address", [{"port": port, "address": "198.18.0.1"} for port in (5, 51, 5182)]),
    ("vtep_filter", [{"vni": vni, "accept_from": ["198.18.0.2"]} for vni in (4, 42, 442)]),
]


@pytest.fixture
def furnished(host):
    """A host with devices of ours for all that needs some."""
    made(host, "netns", name="shop")
    made(host, "bridge", config=[{"name": "br-a", "addresses": ["10.80.1.1/24"]}, {"name": "br-a2"}])
    made(host, "vxlan", name="vx-a", vni=7)
    for name in ("br-a", "br-a2"):  # or they get addresses of their own with their first ports, and keep them
        host.run("ip", "link", "set", name, "addrgenmode", "none")
    return host


def made(host, module: str, **arguments: Any) -> dict[str, Any]:
    answer = host.module(module, **arguments)
    assert not answer.get("failed"), answer
    assert answer["changed"]
    return answer


def unchanged(host, module: str, **arguments: Any) -> None:
    answer = host.module(module, **arguments)
    assert not answer.get("failed"), answer
    assert not answer["changed"], answer["diff"]


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(row["after_header"] for row in answer["diff"])


@pytest.mark.parametrize(("kind", "rows"), LIKE_NAMED, ids=[kind for kind, _rows in LIKE_NAMED])
def test_purge_tells_names_that_contain_each_other_apart(furnished, kind, rows):
    host = furnished
    if kind in ("netns", "bridge", "vxlan"):  # these are not alone, and purge is thorough
        owner: Values = {"owner": "me"}
    else:
        owner = {}
    first, second, third = rows
    before = host.snapshot()
    made(host, kind, config=[first, third], **owner)
    alone = host.snapshot()

    made(host, kind, config=[second], **owner)
    assert made(host, kind, config=[first, third], purge=True, **owner)["counts"] == only(removed=1)
    assert host.snapshot() == alone

    unchanged(host, kind, config=[first, third], purge=True, **owner)
    unchanged(host, kind, config=[{**second, "state": "absent"}], **owner)
    assert made(host, kind, config=[], purge=True, **owner)["counts"] == only(removed=2)
    unchanged(host, kind, config=[], purge=True, **owner)
    assert host.snapshot() == before


def only(**counts: int) -> dict[str, int]:
    return {"added": 0, "changed": 0, "recreated": 0, "removed": 0, **counts}


def test_purge_leaves_other_owners_the_plans_and_foreign_objects_alone(host):
    made(host, "document", document={"version": 1, "bridge": [{"network": "web", "name": "br-plan"}]})
    made(host, "bridge", name="br-me", owner="me")
    host.run("ip", "link", "add", "br-theirs", "type", "bridge")
    before = host.snapshot()
    made(host, "bridge", name="br-task")

    assert names(made(host, "bridge", config=[], purge=True)) == ["bridge br-task: absent"]

    assert host.snapshot() == before


def test_a_document_leaves_what_tasks_have_made_alone(host):
    document = {"version": 1, "bridge": [{"network": "web", "name": "br-plan"}]}
    made(host, "bridge", name="br-task", addresses=["10.80.1.1/24"])
    before = host.snapshot()
    made(host, "document", document=document)
    refused = host.module("document", document={"version": 1, "bridge": [{"network": "web", "name": "br-task"}]})
    assert "bridge br-task belongs to task, not to plan/web" in refused["msg"]

    made(host, "document", document={"version": 1}, remove=["*"])

    assert host.snapshot() == before
    made(host, "document", document={"version": 1}, everything=True)
    assert "br-task" not in host.run("ip", "link")


def test_a_module_does_not_touch_the_plans_objects(host):
    made(host, "document", document={"version": 1, "bridge": [{"network": "web", "name": "br-plan"}]})
    before = host.snapshot()
    for options in ({"mtu": 1400}, {"state": "absent"}, {"recreate": True}):
        refused = host.module("bridge", name="br-plan", **options)
        assert "bridge br-plan belongs to plan/web, not to task" in refused["msg"]
    assert host.snapshot() == before


def test_purge_looks_in_the_hosts_namespace_and_in_those_that_are_named(host):
    made(host, "netns", config=[{"name": "blue"}, {"name": "red"}])
    for where in ({}, {"netns": "blue"}, {"netns": "red"}):
        made(host, "bridge", name="br-a", **where)

    answer = made(host, "bridge", config=[{"name": "br-b", "netns": "blue"}], purge=True)

    assert answer["counts"] == only(added=1, removed=2)
    assert "br-b" in host.run("ip", "-n", "blue", "link") and "br-a" not in host.run("ip", "-n", "blue", "link")
    assert "br-a" not in host.run("ip", "link")
    assert "br-a" in host.run("ip", "-n", "red", "link")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("route", {"dst": "10.99.0.0/16", "device": "br-plan", "via": "10.80.1.2"}),
        ("neighbour", {"device": "br-plan", "address": "10.80.1.7", "lladdr": "02:00:00:00:00:07"}),
    ],
)
def test_an_entry_on_a_device_of_the_plans_is_the_tasks(host, kind, values):
    bridge = {"network": "web", "name": "br-plan", "mac": "02:00:00:00:00:0a", "addresses": ["10.80.1.1/24"]}
    made(host, "document", document={"version": 1, "bridge": [bridge]})
    before = host.snapshot()

    made(host, kind, **values)
    unchanged(host, kind, **values)
    unchanged(host, "document", document={"version": 1, "bridge": [bridge]}, remove=["*"])
    assert "belongs to task, not to me" in host.module(kind, **values, owner="me")["msg"]
    made(host, kind, config=[], purge=True)

    assert host.snapshot() == before


def test_entries_of_the_plans_on_its_own_device_stay(host):
    document = {
        "version": 1,
        "bridge": [{"network": "web", "name": "br-plan", "addresses": ["10.80.1.1/24"]}],
        "route": [{"network": "web", "dst": "10.99.0.0/16", "device": "br-plan", "via": "10.80.1.2"}],
    }
    made(host, "document", document=document)
    refused = host.module("route", dst="10.99.0.0/16", device="br-plan", via="10.80.1.3")
    assert "route 10.99.0.0/16 belongs to plan/web, not to task" in refused["msg"]
    unchanged(host, "route", config=[], purge=True)
    unchanged(host, "document", document=document)


@pytest.mark.parametrize("gone", ["ip link del br-theirs", "ip netns del blue"])
def test_what_went_with_its_device_or_namespace_is_forgotten(host, gone):
    made(host, "netns", name="blue")
    before = host.snapshot()
    host.run("ip", "link", "add", "br-theirs", "up", "type", "bridge")
    host.run("ip", "-n", "blue", "link", "add", "br-theirs", "up", "type", "bridge")
    where = {"netns": "blue"} if "blue" in gone else {}
    made(host, "route", dst="10.99.0.0/16", device="br-theirs", **where)
    made(host, "neighbour", device="br-theirs", address="10.99.0.1", lladdr="02:00:00:00:00:01", **where)
    if where:
        made(host, "sysctl", key="net.ipv4.conf.br-theirs.arp_notify", value=1, **where)
        made(host, "nat_rule", rule="masquerade", source="10.99.0.0/16", **where)
        made(host, "netns", name="blue", state="absent")
        made(host, "netns", name="blue")
    else:
        host.run(*gone.split())
    host.run("sh", "-c", "ip link del br-theirs; ip -n blue link del br-theirs", check=False)

    for kind in ("route", "neighbour"):
        unchanged(host, kind, config=[], purge=True)

    assert host.snapshot() == before


# -- settings that several want ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "values", "path"),
    [
        ("sysctl", {"key": "net.ipv4.conf.eth0.arp_notify", "value": 1}, "ipv4/conf/eth0/arp_notify"),
        ("forwarding", {"uplink": "eth0"}, "ipv4/conf/eth0/forwarding"),
        ("forwarding", {"uplink": "eth0", "family": "ipv6"}, "ipv6/conf/eth0/force_forwarding"),
    ],
)
def test_a_setting_is_given_back_by_its_last_owner(host, kind, values, path):
    before = host.snapshot()
    made(host, kind, **values, owner="me")
    made(host, kind, **values, owner="you")
    unchanged(host, kind, **values, owner="me")
    unchanged(host, kind, **values, state="absent")  # the owner `task` holds nothing
    made(host, kind, **values, owner="me", state="absent")
    unchanged(host, kind, **values, owner="me", state="absent")
    assert host.run("cat", f"/proc/sys/net/{path}") == "1\n"

    made(host, kind, **values, owner="you", state="absent")

    assert host.snapshot() == before


def test_forwarding_of_a_former_uplink_is_given_back(host):
    host.run("sh", "-ec", "ip link add eth1 type veth peer name eth1-peer; ip addr add 203.0.113.1/24 dev eth1")
    made(host, "forwarding", uplink="auto")
    host.run("ip", "addr", "flush", "dev", "eth1")
    assert host.run("cat", "/proc/sys/net/ipv4/conf/eth1/forwarding") == "1\n"
    made(host, "forwarding", uplink="auto", state="absent")
    assert host.run("cat", "/proc/sys/net/ipv4/conf/eth1/forwarding") == "0\n"
    unchanged(host, "forwarding", uplink="auto", state="absent")
    assert host.run("find", "/run/containerhost", check=False) == ""


def test_owners_who_want_different_values_are_told(host):
    made(host, "sysctl", key="net.ipv4.conf.eth0.rp_filter", value=2, owner="me")
    before = host.snapshot()
    answer = host.module("sysctl", key="net.ipv4.conf.eth0.rp_filter", value=1, owner="you")
    assert "me needs it to be 2, not 1" in answer["msg"]
    assert host.snapshot() == before
    made(host, "sysctl", key="net.ipv4.conf.eth0.rp_filter", value=1, owner="me")


@pytest.mark.parametrize(
    ("kind", "values", "path"),
    [
        ("sysctl", {"key": "net.ipv4.conf.eth0.arp_notify", "value": 1}, "ipv4/conf/eth0/arp_notify"),
        ("forwarding", {"uplink": "eth0"}, "ipv4/conf/eth0/forwarding"),
    ],
)
def test_a_setting_that_was_so_before_is_not_ours_to_give_back(host, kind, values, path):
    host.run("sh", "-c", f"echo 1 > /proc/sys/net/{path}")
    before = host.snapshot()
    unchanged(host, kind, **values)
    unchanged(host, kind, **values, state="absent")
    assert host.snapshot() == before


def test_a_setting_that_somebody_has_changed_since_stays(host):
    host.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/eth0/arp_announce")
    made(host, "sysctl", key="net.ipv4.conf.eth0.arp_announce", value=1)
    host.run("sh", "-c", "echo 2 > /proc/sys/net/ipv4/conf/eth0/arp_announce")
    made(host, "sysctl", key="net.ipv4.conf.eth0.arp_announce", state="absent")
    assert host.run("cat", "/proc/sys/net/ipv4/conf/eth0/arp_announce") == "2\n"


# -- what others have made, and what the kernel knows by itself ----------------------------------------------------


def test_on_a_foreign_vxlan_only_what_was_written_is_ours(host):
    host.run("ip", "link", "add", "vx-theirs", "type", "vxlan", "id", "66", "dstport", "4789")
    host.run("bridge", "fdb", "add", "02:00:00:00:66:01", "dev", "vx-theirs", "dst", "198.18.0.66")
    before = host.snapshot()
    entry = {"device": "vx-theirs", "lladdr": "02:00:00:00:66:02", "dst": "198.18.0.67", "extern_learn": True}
    made(host, "vxlan_fdb", **entry)
    unchanged(host, "vxlan_fdb", **entry)
    assert "extern_learn" in host.run("bridge", "fdb", "show", "dev", "vx-theirs")
    made(host, "vxlan_fdb", config=[], purge=True)
    assert host.snapshot() == before


def test_what_was_learned_is_replaced_and_otherwise_left_alone(host):
    host.run("ip", "neigh", "add", "198.18.0.7", "lladdr", "02:00:00:00:00:07", "dev", "eth0", "nud", "stale")
    unchanged(host, "neighbour", device="eth0", address="198.18.0.7", state="absent")
    assert "02:00:00:00:00:07 STALE" in host.run("ip", "neigh")
    made(host, "neighbour", device="eth0", address="198.18.0.7", lladdr="02:00:00:00:00:08")
    assert "02:00:00:00:00:08 PERMANENT" in host.run("ip", "neigh")


def test_a_namespace_of_somebody_elses_serves_and_is_not_changed(host):
    host.run("ip", "netns", "add", "theirs")
    before = host.snapshot()
    unchanged(host, "netns", name="theirs")
    unchanged(host, "netns", config=[], purge=True)
    made(host, "veth", name="veth-x", sandbox={"ref": "theirs"}, addresses=["10.80.1.2/24"])
    made(host, "veth", name="veth-x", state="absent")
    assert host.snapshot() == before


def test_a_port_stays_when_its_bridge_goes(host):
    made(host, "netns", name="shop")
    made(host, "bridge", name="br-a")
    made(host, "veth", name="veth-shop", master="br-a", sandbox={"ref": "shop"}, isolated=True)
    made(host, "bridge", name="br-a", state="absent")
    made(host, "bridge", name="br-a")
    answer = made(host, "veth", name="veth-shop", master="br-a", sandbox={"ref": "shop"}, isolated=True)
    assert answer["counts"] == only(changed=1)
    assert "isolated on" in host.run("bridge", "-d", "link", "show", "dev", "veth-shop")
