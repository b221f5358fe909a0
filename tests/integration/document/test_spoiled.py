# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever is in a sandbox, with NET_ADMIN, spoils that sandbox's endpoint and nothing else."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine import executor
from ansible_collections.containerhost.network.plugins.module_utils.netlink import transport
from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    joined,
    said,
    web_and_fabric,
)


def sh(host, *commands: str) -> None:
    host.run("sh", "-ec", "\n".join(commands))


def namespaces(host) -> list[str]:
    return host.run("sh", "-c", "ls /run/netns 2>/dev/null || true").split()


def alias(host, netns: str) -> str:
    return json.loads(host.run("ip", "-n", netns, "-j", "link", "show", "lo"))[0].get("ifalias", "")


# -- the mark inside --------------------------------------------------------------------------------------------------

FORGED = ["containerhost:plan/web", "containerhost:plan/gone", "containerhost:task", "containerhost:"]


@pytest.mark.parametrize("mark", FORGED)
def test_a_mark_that_is_forged_makes_no_namespace_ours(host, apply, mark):
    sh(host, "ip netns add theirs", f"ip -n theirs link set lo alias {mark}")
    before = host.snapshot()
    apply(web_and_fabric())
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert not host.module("netns", config=[], purge=True).get("changed")
    assert host.snapshot() == before


@pytest.mark.parametrize("mark", FORGED)
def test_nor_one_that_is_wanted_and_somebody_else_made(host, apply, mark):
    sh(host, "ip netns add shop", f"ip -n shop link set lo alias {mark}")
    assert "netns shop (web)" not in str(said(apply(web_and_fabric())))
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert namespaces(host) == ["shop"]
    assert alias(host, "shop") == mark


@pytest.mark.parametrize("mark", ["", "mine", "containerhost:plan/web x", *FORGED[1:]])
def test_one_that_is_changed_is_written_again_and_the_namespace_stays_ours(host, apply, mark):
    before = host.snapshot()
    apply(web_and_fabric())
    sh(host, f"ip -n shop link set lo alias '{mark}'")
    assert said(apply(web_and_fabric())) == ["~ netns shop (web)"]
    assert alias(host, "shop") == "containerhost:plan/web"
    sh(host, f"ip -n shop link set lo alias '{mark}'")
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert host.snapshot() == before


def test_records_that_are_lost_leave_the_file_that_we_made_and_the_mark(host, apply):
    sh(host, "ip netns add theirs", "ip -n theirs link set lo alias containerhost:plan/web")
    apply(web_and_fabric())
    sh(host, "rm /run/containerhost/records.json")
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert namespaces(host) == ["theirs"]


def test_a_namespace_that_somebody_has_replaced_is_his(host, apply):
    apply(web_and_fabric())
    sh(host, "ip netns del shop", "ip netns add shop")
    host.run("timeout", "10", "sh", "-c", "while ip link show chvshop; do sleep 0.05; done")
    assert said(apply(web_and_fabric())) == ["+ veth shop eth0 (web)"]
    host.module("document", document=NOTHING, everything=True)
    assert namespaces(host) == ["shop"]
    assert json.loads(host.run("cat", "/run/containerhost/records.json"))["owners"] == {}


# -- what is in the way ------------------------------------------------------------------------------------------------

IN_THE_WAY = {
    "a bridge": "ip link add eth0 type bridge",
    "a VXLAN": "ip link add eth0 type vxlan id 7 dstport 0",
    "a pair of its own": "ip link add eth0 type veth peer name x",
    "a macvlan of its own": "ip link add x type bridge; ip link add eth0 link x type macvlan",
    "another interface, renamed": "ip link add x type bridge; ip link set x name eth0",
}


@pytest.mark.parametrize("made", IN_THE_WAY.values(), ids=IN_THE_WAY)
@pytest.mark.parametrize("there", [False, True], ids=["before it is attached", "instead of its own"])
def test_an_interface_of_its_own_keeps_no_port_from_being_closed(host, apply, made, there):
    document = web_and_fabric()
    sh(host, "ip netns add shop")
    if there:
        apply(document)
        sh(host, "ip -n shop link del eth0")
    else:
        without = copy.deepcopy(document)
        del without["veth"][0]
        apply(without)
    sh(host, f"ip netns exec shop sh -c '{made}'")
    closed = copy.deepcopy(document)
    closed["nat_rule"] = [rule for rule in closed["nat_rule"] if rule["rule"] != "publish"]
    done = apply(closed)
    assert "- nat_rule publish 0.0.0.0:8080/tcp (web)" in said(done)
    assert [each["sandbox"]["ref"] for each in done["pending"]] == ["shop"]
    assert "eth0 in shop is there already" in done["pending"][0]["reason"]


def test_an_end_that_looks_like_ours_by_its_numbers_is_not(host, apply):
    """The container moves its end away, and makes a pair whose indexes are those of the end and of the host's."""
    document = web_and_fabric()
    apply(document)
    outside = json.loads(host.run("ip", "-j", "link", "show", "chvshop"))[0]["ifindex"]
    inside = json.loads(host.run("ip", "-n", "shop", "-j", "link", "show", "eth0"))[0]["ifindex"]
    sh(
        host,
        "ip netns add inner",
        "ip -n shop link set eth0 netns inner",
        f"ip -n shop link add eth0 index {inside} type veth peer name x index {outside}",
    )
    done = apply(document)
    assert "eth0 in shop is there already" in done["pending"][0]["reason"]


# -- an interface on the LAN ------------------------------------------------------------------------------------------

LAN = {
    "version": 1,
    "netns": [{"network": "lan", "name": "shop"}],
    "macvlan": [
        {"network": "lan", "parent": "eth0", "sandbox": {"engine": "netns", "ref": "shop"}, "interface": "lan0",
         "mac": "02:00:00:00:03:09", "addresses": ["198.18.0.9/24"]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("mark", ["", *FORGED])
def test_the_mark_of_an_interface_on_the_lan_is_written_again(host, apply, mark):
    before = host.snapshot()
    apply(LAN)
    sh(host, f"ip -n shop link set lan0 alias '{mark}'")
    assert said(apply(LAN)) == ["~ macvlan shop lan0 (lan)"]
    sh(host, f"ip -n shop link set lan0 alias '{mark}' group 0 address 02:00:00:00:99:99")
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert host.snapshot() == before


@pytest.mark.parametrize("mark", FORGED)
def test_one_of_somebody_else_s_is_not_ours_for_its_mark(host, apply, mark):
    sh(host, "ip netns add theirs", "ip link add lan0 link eth0 netns theirs type macvlan",
       f"ip -n theirs link set lan0 alias {mark}")  # fmt: skip
    before = host.snapshot()
    apply(LAN)
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert not host.module("macvlan", config=[], purge=True).get("changed")
    assert host.snapshot() == before


def test_what_a_run_left_when_it_was_killed_is_adopted_without_a_record(host, apply):
    apply(LAN)
    sh(host, "rm /run/containerhost/records.json", "ip -n shop link set lan0 alias ''")
    assert said(apply(LAN)) == ["~ macvlan shop lan0 (lan)"]


# -- what cannot be looked through ------------------------------------------------------------------------------------

FLOODS = {
    "links": "for i in $(seq 30); do ip -n shop link add x$i type bridge; done",
    "addresses": "for i in $(seq 30); do ip -n shop addr add 10.9.0.$i/32 dev eth0; done",
    "routes": "for i in $(seq 30); do ip -n shop route add 10.9.$i.0/24 dev eth0; done",
}


@pytest.mark.parametrize("made", FLOODS.values(), ids=FLOODS)
def test_a_flood_keeps_its_own_container_waiting_and_nobody_else(host, apply, monkeypatch, made):
    before = host.snapshot()
    document = joined(web_and_fabric(), {"version": 1, "macvlan": LAN["macvlan"]})
    apply(document)
    sh(host, made)
    monkeypatch.setattr(transport, "_MOST_ROWS", 25)
    closed = copy.deepcopy(document)
    closed["nat_rule"] = [rule for rule in closed["nat_rule"] if rule["rule"] != "publish"]
    done = apply(closed)
    assert said(done) == ["- nat_rule publish 0.0.0.0:8080/tcp (web)"]
    waiting = {each["interface"]: each["reason"] for each in done["pending"]}
    assert waiting["eth0"] == "netns shop cannot be looked into: a table has more than 25 rows"
    # What is to go, goes all the same.
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    assert host.snapshot() == before


def test_a_table_that_never_stands_still_is_its_container_s_own_business(host, apply):
    document = web_and_fabric()
    apply(document)
    script = "while :; do ip -n shop link add x type bridge; ip -n shop link del x; done"
    sh(host, "for i in $(seq 40); do ip -n shop link add b$i type bridge; done")
    busy = subprocess.Popen(["nsenter", f"--target={host._host.pid}", "--net", "--mount", "sh", "-c", script],
                            start_new_session=True)  # fmt: skip
    try:
        closed = copy.deepcopy(document)
        closed["nat_rule"] = [rule for rule in closed["nat_rule"] if rule["rule"] != "publish"]
        done = host.module("document", document=closed, remove=["*"])
    finally:
        os.killpg(busy.pid, signal.SIGKILL)
        busy.wait()
    assert not done.get("failed"), done["msg"]
    assert "- nat_rule publish 0.0.0.0:8080/tcp (web)" in said(done)


@pytest.mark.parametrize("there", [False, True], ids=["before it is attached", "of its own end"])
def test_an_alternative_name_is_in_the_way_of_its_own_container(host, apply, there):
    document = web_and_fabric()
    sh(host, "ip netns add shop")
    if there:
        apply(document)
        sh(host, "ip -n shop link set eth0 name x", "ip -n shop link property add dev x altname eth0")
    else:
        sh(host, "ip -n shop link add x type bridge", "ip -n shop link property add dev x altname eth0")
    done = apply(document)
    assert [each["reason"] for each in done["pending"]] == [
        "x in shop has eth0 for an alternative name: name another `interface`, or remove that name"
    ]


def test_names_that_are_no_text_break_nothing(host, apply):
    document = web_and_fabric()
    sh(host, "ip netns add shop", "ip -n shop link set lo alias $(printf '\\377')")
    for name in (r"a\377b", r"\376"):
        sh(host, f"ip -n shop link add $(printf '{name}') type bridge")
    assert "+ veth shop eth0 (web)" in said(apply(document))
    assert said(apply(document)) == []


# -- between the comparison and what is done ---------------------------------------------------------------------------

MEANWHILE = {
    "an interface of its own": "ip -n shop link add eth0 type bridge",
    "an alternative name": "ip -n shop link add x type bridge; ip -n shop link property add dev x altname eth0",
    "its namespace replaced": "ip netns del shop; ip netns add shop",
}


@pytest.fixture
def meanwhile(monkeypatch):
    """Has something done on the host when a run has compared everything, and before it does anything."""

    def _meanwhile(commands: str) -> None:
        do = executor.Executor.do

        def late(self, round_):
            if commands:
                monkeypatch.setattr(executor.Executor, "do", do)
                subprocess.run(["sh", "-ec", commands], check=True)
            return do(self, round_)

        monkeypatch.setattr(executor.Executor, "do", late)

    return _meanwhile


@pytest.mark.parametrize("commands", MEANWHILE.values(), ids=MEANWHILE)
def test_what_happens_in_a_sandbox_during_a_run_keeps_nothing_else_from_being_done(host, meanwhile, commands):
    document = web_and_fabric()
    without = copy.deepcopy(document)
    del without["veth"][0]
    assert not host.module("document", document=without).get("failed")
    closed = copy.deepcopy(document)
    closed["nat_rule"] = [rule for rule in closed["nat_rule"] if rule["rule"] != "publish"]
    meanwhile(commands)
    done = host.module("document", document=closed, remove=["*"])
    assert not done.get("failed"), done["msg"]
    assert [each["sandbox"]["ref"] for each in done["pending"]] == ["shop"]
    assert "8080" not in host.run("nft", "list", "table", "inet", "containerhost")
    assert "chvshop" not in host.run("ip", "-br", "link")


def test_a_task_fails_for_it(host, meanwhile):
    for module, options in (("netns", {"name": "shop"}), ("bridge", {"name": "br-a"})):
        host.module(module, **options)
    meanwhile("ip -n shop link add eth0 type bridge")
    answer = host.module("veth", name="v-x", master="br-a", sandbox={"ref": "shop"})
    assert answer["failed"]
    assert "veth shop eth0: eth0 in shop is there already (bridge) and not ours" in answer["msg"]


# -- all the time ------------------------------------------------------------------------------------------------------

RESTLESS = {
    "addresses flushed": "ip -n shop addr flush dev eth0",
    "an interface renamed": "ip -n shop link set eth0 name x; ip -n shop link set x name eth0",
    "an interface down and up": "ip -n shop link set eth0 down; ip -n shop link set eth0 up",
    "another of its name": "ip -n shop link del eth0; ip -n shop link add eth0 type bridge; ip -n shop link del eth0",
    "a loopback renamed": "ip -n shop link set lo down name x alias y; ip -n shop link set x name lo up",
}


@pytest.mark.parametrize("commands", RESTLESS.values(), ids=RESTLESS)
def test_a_restless_container_keeps_no_port_open(host, commands):
    document = web_and_fabric()
    closed = copy.deepcopy(document)
    closed["nat_rule"] = [rule for rule in closed["nat_rule"] if rule["rule"] != "publish"]
    assert not host.module("document", document=document).get("failed")
    busy = subprocess.Popen(
        ["nsenter", f"--target={host._host.pid}", "--net", "--mount", "sh", "-c", f"while :; do {commands}; done"],
        start_new_session=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for state in (closed, document, closed, document, closed):
            done = host.module("document", document=state, remove=["*"])
            assert not done.get("failed"), done["msg"]
            assert {each["sandbox"]["ref"] for each in done["pending"]} <= {"shop"}
            shown = host.run("nft", "list", "table", "inet", "containerhost")
            assert ("8080" in shown) is (state is document)
    finally:
        os.killpg(busy.pid, signal.SIGKILL)
        busy.wait()
    assert not host.module("document", document=document).get("failed")
