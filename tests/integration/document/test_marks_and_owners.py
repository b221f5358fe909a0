# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is ours is marked; what is not marked, or another's, is not touched."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    joined,
    only,
    said,
    web_and_fabric,
)


def sh(host, *commands: str) -> None:
    host.run("sh", "-ec", "\n".join(commands))


def alias(host, device: str, netns: str | None = None) -> str:
    where = ["-n", netns] if netns else []
    return json.loads(host.run("ip", *where, "-j", "link", "show", device))[0].get("ifalias", "")


# -- marks ----------------------------------------------------------------------------------------------------------


def test_everything_that_is_made_carries_its_mark(host):
    host.module("document", document=web_and_fabric())
    assert alias(host, "ch-web") == "containerhost:plan/web"
    assert alias(host, "ch-fabric") == "containerhost:plan/fabric"
    assert alias(host, "chvshop") == "containerhost:plan/web netns:shop/eth0"
    assert alias(host, "lo", "shop") == "containerhost:plan/web"
    groups = {link["ifname"]: link["group"] for link in json.loads(host.run("ip", "-j", "link"))}
    assert {name for name, group in groups.items() if group == "25448"} == {"ch-web", "chvshop", "chvdb", "ch-fabric"}
    assert "10.42.2.0/24 via 10.42.2.0 dev ch-fabric proto 143" in host.run("ip", "route")
    assert "proto 143" in host.run("ip", "-n", "shop", "route", "show", "default")
    assert "lladdr 02:00:00:00:09:02 PERMANENT proto 143" in host.run("ip", "-d", "neigh", "show", "10.42.2.0")
    tables = [entry["table"]["name"] for entry in json.loads(host.run("nft", "-j", "list", "tables"))["nftables"][1:]]
    assert tables == ["containerhost"]
    elements = host.run("nft", "list", "table", "inet", "containerhost").replace("\n", " ")
    assert '"ch-web" comment "containerhost:plan/web"' in elements
    assert 'comment "containerhost:plan/web" : 10.80.1.2 . 80' in elements


def test_a_namespace_that_somebody_else_made_is_used_and_stays_theirs(host, apply):
    sh(host, "ip netns add shop")
    assert "+ netns shop (web)" not in said(apply(web_and_fabric()))
    assert alias(host, "lo", "shop") == ""
    assert "- netns shop (web)" not in said(apply(NOTHING))
    assert host.run("ls", "/run/netns").split() == ["shop"]


# -- what is theirs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "sentence"),
    [
        ("ip link add ch-web type bridge", "bridge ch-web (web) cannot be made: there is one already that is not ours"),
        ("ip link add chvshop type veth peer name x", "veth shop eth0 (web) cannot be made: there is one already that"),
        ("ip link add ch-web type veth peer name x", "bridge ch-web (web) cannot be made: there is one already that"),
        ("ip link add mine type vxlan id 42 dstport 4789 local 198.18.0.1",
         "vxlan ch-fabric (fabric): mine, which is not ours, has VNI 42 on port 4789 already"),
        ("ip route add 10.42.2.0/24 metric 1026 via 198.18.0.2",
         "route 10.42.2.0/24 (fabric) cannot be made: there is one already that is not ours"
         " (10.42.2.0/24 via 198.18.0.2 dev eth0 metric 1026)"),
        ("ip link add ch-web type bridge; ip link set ch-web alias containerhost:task",
         "bridge ch-web belongs to task, not to plan/web"),
        ("ip link add mine type vxlan id 42 dstport 4789; ip link set mine alias containerhost:task",
         "vxlan ch-fabric (fabric) cannot be made: vxlan mine, which belongs to task, has vni 42 4789"),
        ("ip link add ch-web type vxlan id 7 dstport 4789; ip link set ch-web alias containerhost:task",
         "bridge ch-web (web) cannot be made: vxlan ch-web, which belongs to task, has link ch-web"),
    ],
    ids=["bridge", "veth", "kind", "vni", "route", "a task's", "a task's vni", "a task's other kind"],
)  # fmt: skip
def test_what_is_theirs_and_in_our_way_is_an_error_that_names_it(host, refused, theirs, sentence):
    sh(host, theirs)
    text = refused(web_and_fabric())
    assert text.startswith(sentence)
    assert text.endswith("Nothing has been changed.")


def test_what_is_theirs_in_a_container_keeps_that_container_waiting_and_nobody_else(host, apply):
    sh(host, "ip netns add shop; ip -n shop link add eth0 type bridge")
    done = apply(web_and_fabric())
    assert [each["reason"] for each in done["pending"]] == [
        "eth0 in shop is there already (bridge) and not ours: name another `interface`, or remove it"
    ]
    assert "+ veth db eth0 (web)" in said(done)
    assert "+ nat_rule publish 0.0.0.0:8080/tcp (web)" in said(done)
    sh(host, "ip -n shop link del eth0")
    assert said(apply(web_and_fabric())) == ["+ veth shop eth0 (web)"]


def test_a_kilobyte_of_problems_is_told_at_once(host, refused):
    sh(host, "ip link add ch-web type bridge", "ip link add ch-fabric type bridge")
    assert refused(web_and_fabric()).count("cannot be made") == 2


def test_the_same_vni_on_another_port_is_nobodys_business(host, apply):
    sh(host, "ip link add mine type vxlan id 42 dstport 8472")
    assert "+ vxlan ch-fabric (fabric)" in said(apply(web_and_fabric()))


# -- a killed run's leftovers ---------------------------------------------------------------------------------------


def test_an_unmarked_device_with_our_name_mac_and_group_is_adopted(host, apply):
    sh(
        host,
        "ip link add ch-web address 02:00:00:00:00:01 type bridge && ip link set ch-web group 25448",
        "ip link add ch-fabric address 02:00:00:00:09:01 type vxlan id 42 dstport 4789 local 198.18.0.1 nolearning",
        "ip link set ch-fabric group 25448",
        "ip netns add shop",
        "ip link add chvshop address 02:00:00:00:01:01 type veth peer name eth0 netns shop",
        "ip link set chvshop group 25448",
    )
    changes = said(apply(web_and_fabric()))
    assert changes[1:4] == ["~ bridge ch-web (web)", "~ veth shop eth0 (web)", "+ veth db eth0 (web)"]
    assert alias(host, "ch-web") == "containerhost:plan/web"
    assert alias(host, "chvshop") == "containerhost:plan/web netns:shop/eth0"


@pytest.mark.parametrize(
    "almost",
    [
        "ip link add ch-web address 02:00:00:00:00:01 type bridge",
        "ip link add ch-web address 02:00:00:00:00:99 type bridge && ip link set ch-web group 25448",
    ],
    ids=["without the group", "another MAC"],
)
def test_a_device_that_is_only_almost_ours_is_not_adopted(host, refused, almost):
    sh(host, almost)
    assert "there is one already that is not ours" in refused(web_and_fabric())


def test_a_leftover_that_nobody_wants_is_not_taken_away_for_it_may_be_anybodys(host, apply):
    sh(host, "ip link add ch-old address 02:00:00:00:00:01 type bridge && ip link set ch-old group 25448")
    assert said(apply(NOTHING, everything=True)) == []


# -- owners and what goes -------------------------------------------------------------------------------------------


def test_a_network_hands_over_to_another_in_place(host, apply):
    host.module("document", document=web_and_fabric())
    index = json.loads(host.run("ip", "-j", "link", "show", "ch-web"))[0]["ifindex"]
    renamed = json.loads(json.dumps(web_and_fabric()).replace('"web"', '"shop"'))
    changes = said(apply(renamed))
    assert changes[:3] == ["~ netns shop (shop)", "~ netns db (shop)", "~ bridge ch-web (shop)"]
    assert json.loads(host.run("ip", "-j", "link", "show", "ch-web"))[0]["ifindex"] == index
    assert alias(host, "ch-web") == "containerhost:plan/shop"
    assert said(apply(NOTHING, remove=("web",))) == []
    assert len(said(apply(NOTHING, remove=("shop",)))) > 9


def test_each_scope_removes_its_own_and_nothing_else(host, apply):
    """Names that contain each other; what is kept is counted by its network."""
    three = joined(
        *(bridge_network(name, number, internal=True) for name, number in (("a", 81), ("ab", 82), ("b", 83)))
    )
    sh(
        host,
        "ip link add mine type bridge; ip link set mine alias containerhost:task",
        "ip link add theirs type bridge",
    )
    host.module("document", document=three)
    mine, theirs = {"mine"}, {"theirs"}

    def left(**options) -> tuple[dict[str, int], set[str]]:
        answer = host.module("document", document=NOTHING, **options)
        links = json.loads(host.run("ip", "-j", "link", "show", "type", "bridge"))
        return answer["kept"], {link["ifname"] for link in links}

    all_of_them = ({"a": 4, "ab": 4, "b": 4, "task": 1}, {"ch-a", "ch-ab", "ch-b"} | mine | theirs)
    assert left(remove=[]) == all_of_them
    assert left(remove=["nobody", "task", "plan", "plan/a", ""]) == all_of_them
    assert left(remove=["*"], keep=["a", "ab", "b"]) == all_of_them
    assert left(remove=["a"]) == ({"ab": 4, "b": 4, "task": 1}, {"ch-ab", "ch-b"} | mine | theirs)
    assert left(remove=["*"], keep=["b"]) == ({"b": 4, "task": 1}, {"ch-b"} | mine | theirs)
    assert left(remove=["*"]) == ({"task": 1}, mine | theirs)
    assert left(everything=True) == ({}, theirs)


def test_the_last_container_of_a_network_goes_and_the_network_stays(host, apply):
    document = bridge_network("web", 80, containers=2)
    host.module("document", document=document)
    without = {**document, "veth": [], "netns": []}
    assert said(apply(without)) == [
        "- veth web-1 eth0 (web)", "- veth web-2 eth0 (web)", "- netns web-1 (web)", "- netns web-2 (web)",
    ]  # fmt: skip
    assert alias(host, "ch-web") == "containerhost:plan/web"


def test_things_go_in_the_reverse_order_of_their_making(host, apply):
    made = [change.split()[1] for change in said(apply(web_and_fabric()))]
    gone = [change.split()[1] for change in said(apply(NOTHING))]
    first_made, first_gone = list(dict.fromkeys(made)), list(dict.fromkeys(gone))
    assert first_gone == [kind for kind in reversed(first_made) if kind in first_gone]
    # What stands on a device goes along with it, and is no change of its own.
    assert set(first_made) - set(first_gone) == {"vxlan_fdb", "neighbour", "route"}


def test_what_a_container_that_goes_leaves_behind_is_shown(host):
    host.module("document", document=web_and_fabric())
    answer = host.module("document", document=only("fabric"), remove=["web"], check=True)
    shown = {row["before_header"]: row["before"] for row in answer["diff"]}
    assert shown["veth shop eth0 (web)"] == "eth0 in netns shop\n"
    assert (
        shown["bridge ch-web (web)"] == "mac: 02:00:00:00:00:01\nmtu: 1500\naddresses: 10.80.1.1/24, fd00:80:1::1/64\n"
    )
    assert shown["nat_rule publish 0.0.0.0:8080/tcp (web)"] == "to: 10.80.1.2:80\n"
