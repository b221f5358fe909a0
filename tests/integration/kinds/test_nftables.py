# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we think our table holds is what nft lists."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import Failed, apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet, wanted_object
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.kinds.nat_rule import NatRule
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import lock
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import nft_derived, nftables
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftError,
    NftTable,
    after,
    transaction,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records

pytestmark = pytest.mark.quick

NOTHING = NftTable(False, False, {})
OURS = "containerhost:c"
DEVICES = ("ch-web", "ch-web2", "timeout", "and", "a.b", "x" * 15)
# Of what an interval set holds, nothing overlaps.
NETWORKS = {
    "4": ("10.0.0.0/20", "10.0.16.0/24", "192.168.0.0/16"),
    "6": ("fd00::/64", "fd00:0:0:1::/64", "2001:db8::/32"),
}
ADDRESSES = {"4": ("10.0.0.2", "10.0.0.3"), "6": ("fd00::2", "2001:db8::1")}
PROTOCOLS = ("tcp", "udp", "sctp")


def of_set(name: str):
    """An element of that set: its key, its value and its mark."""
    family = "6" if "6" in name else "4"
    address = st.sampled_from(ADDRESSES[family])
    port = st.sampled_from((1, 53, 8080, 65535)).map(str)
    if name == "accepted":
        key = st.tuples(st.sampled_from(DEVICES), st.sampled_from(DEVICES)).map(" . ".join)
    elif name.startswith("sources"):
        key = st.tuples(st.sampled_from(DEVICES), st.sampled_from(NETWORKS[family])).map(" . ".join)
    elif name.startswith("admitted"):
        places = (address, port) if name.endswith("_at") else (port,)
        key = st.tuples(st.sampled_from(NETWORKS[family]), st.sampled_from(PROTOCOLS), *places).map(" . ".join)
    elif name in ("ours", "guarded", "internal", "inward", "sourced") or name.startswith("borrowed"):
        key = st.just("10") if name == "borrowed_families" else st.sampled_from(DEVICES)
    elif name.startswith("masquerade"):
        key = st.sampled_from(NETWORKS[family])
    elif name.startswith("local"):
        key = st.sampled_from(NETWORKS[family]).map(lambda network: f"{network} . {network}")
    elif name.endswith("_at") or name.startswith("wherever"):
        key = st.tuples(st.sampled_from(PROTOCOLS), address, port).map(" . ".join)
    else:
        key = st.tuples(st.sampled_from(PROTOCOLS), port).map(" . ".join)
    value = st.tuples(address, port).map(" . ".join) if name.startswith("publish") else st.none()
    owner = st.sampled_from(("plan/web", "task")).map(lambda owner: mark(owner, "", "comment"))
    return st.builds(NftElement, st.none(), st.just(name), key, value, owner, st.just(False))


SETS = (
    "ours borrowed4 borrowed6 borrowed_families guarded internal accepted local4 local6 masquerade4 masquerade6"
    " publish4 publish6 publish4_at publish6_at inward sourced sources4 sources6 wherever4 wherever6"
    " limited4 limited6 limited4_at limited6_at admitted4 admitted6 admitted4_at admitted6_at"
).split()
elements = st.lists(st.sampled_from(SETS).flatmap(of_set), max_size=12, unique_by=lambda step: (step.set, step.key))


def listed() -> dict[str, int]:
    """How many elements nft itself lists, by set."""
    text = subprocess.run(
        ["nft", "-j", "list", "table", "inet", "containerhost"], check=True, capture_output=True
    ).stdout
    rows = [entry.get("set") or entry.get("map") for entry in json.loads(text)["nftables"]]
    return {row["name"]: len(row.get("elem", ())) for row in rows if row}


def commands(table: NftTable, steps: list[NftElement]) -> str:
    return transaction(table, steps, after(table, steps))


def shown(table: NftTable) -> dict:
    return {name: rows for name, rows in table.elements.items() if rows}


@pytest.mark.long
def test_whatever_is_put_in_and_taken_out_the_table_is_as_we_think():
    @settings(max_examples=25, deadline=None, database=None)
    @given(st.lists(st.tuples(elements, st.sets(st.integers(0, 30), max_size=6)), min_size=1, max_size=4))
    def check(history):
        nftables.run("flush ruleset")
        table, digest = NOTHING, None
        for steps, gone in history:
            there = [(name, key) for name, rows in table.elements.items() for key in rows]
            leaving = {there[number] for number in gone if number < len(there)}
            # An element that is there is changed as kinds do it: out and in again.
            leaving |= {(step.set, step.key) for step in steps if (step.set, step.key) in there}
            steps = [*(NftElement(None, name, key, None, "", True) for name, key in sorted(leaving)), *steps]
            nftables.run(commands(table, steps))
            digest = digest or nftables.digest_now()
            table = after(table, steps)
            found = nftables.read_table(digest)
            assert found.intact
            assert shown(found) == shown(table)
            counts = {name: count for name, count in listed().items() if count}
            whole = {**shown(table), **nft_derived.derived(table.elements)}
            assert counts == {name: len(rows) for name, rows in whole.items() if rows}

    check()


def test_a_damaged_table_is_made_whole_with_its_elements():
    steps = [
        NftElement(None, "ours", "ch-web", None, OURS),
        NftElement(None, "publish4", "tcp . 80", "10.0.0.2 . 80", OURS),
    ]
    nftables.run(commands(NOTHING, steps))
    digest = nftables.digest_now()
    before = nftables.read_table(digest)
    for damage in (
        "flush chain inet containerhost passing",
        "add rule inet containerhost leaving accept",
        "add chain inet containerhost mine",
        "add set inet containerhost mine { type ifname; }",
        "add element inet containerhost ours { eth7 }",
        'add element inet containerhost publish4 { tcp . 9999 comment "mine" : 10.0.0.2 . 22 }',
    ):
        nftables.run(damage)
        damaged = nftables.read_table(digest)
        assert (damaged.exists, damaged.intact) == (True, False)
        nftables.run(commands(damaged, []))
        assert nftables.read_table(digest) == before


def test_what_follows_from_a_deleted_port_is_no_damage_and_goes_with_the_next_change():
    steps = [
        NftElement(None, "publish4", f"tcp . {ports}", f"10.0.0.2 . {ports}", OURS) for ports in (80, 81, 82, 90, 443)
    ]
    nftables.run(commands(NOTHING, steps))
    digest = nftables.digest_now()
    before = nftables.read_table(digest)
    nftables.run("delete element inet containerhost publish4 { tcp . 81, tcp . 90 }")
    lacking = nftables.read_table(digest)
    assert lacking.intact
    nftables.run(commands(lacking, [steps[1], steps[3]]))
    assert nftables.read_table(digest) == before
    nftables.run("delete element inet containerhost publish4 { tcp . 82, tcp . 90 }")
    less = nftables.read_table(digest)
    nftables.run(commands(less, [steps[0]._replace(key="tcp . 85", value="10.0.0.2 . 85")]))
    exact = nft_derived.derived(nftables.read_table(digest).elements)
    assert {name: {*rows} for name, rows in nftables.read_table(digest).followed.items()} == {
        name: {*rows} for name, rows in exact.items()
    }
    nftables.run("delete element inet containerhost taken { tcp . 443 }")
    assert not nftables.read_table(digest).intact


def test_one_wrong_command_and_nothing_of_the_transaction_is_done():
    nftables.run(commands(NOTHING, []))
    wrong = [NftElement(None, "ours", "ch-web", None, OURS), NftElement(None, "guarded", "no-such", None, "", True)]
    with pytest.raises(NftError, match="No such file"):
        nftables.run(commands(NftTable(True, True, {}), wrong))
    assert not any(listed().values())


def test_a_table_of_that_name_in_another_family_is_not_ours():
    nftables.run("add table ip containerhost; add chain ip containerhost mine")
    assert nftables.read_table(None) == NOTHING


def test_the_digest_does_not_change_with_elements_or_time():
    nftables.run(commands(NOTHING, []))
    digest = nftables.digest_now()
    nftables.run(commands(NftTable(True, True, {}), [NftElement(None, "ours", "ch-web", None, OURS)]))
    nftables.run("add table inet other")
    assert nftables.digest_now() == digest


@pytest.mark.parametrize("family", ["ip", "inet"])
def test_other_tables_are_left_alone(family):
    nftables.run(f"add table {family} theirs; add chain {family} theirs c; add rule {family} theirs c drop")
    before = nftables.run(f"list table {family} theirs")
    nftables.run(commands(NOTHING, []))
    nftables.run("delete table inet containerhost")
    assert nftables.run("list ruleset") == before


def test_one_element_that_is_refused_keeps_no_other_object_away():
    """The kernel refuses a transaction as a whole; this one for networks that overlap in a set of intervals."""
    kind = NatRule()
    rules = [{"rule": "masquerade", "source": source} for source in ("10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16")]
    wanted = [wanted_object(kind, values, "plan/web") for values in rules]
    make = [Change("add", kind.name, object_, None, {}) for object_ in wanted]
    with lock(), Wire() as wire, pytest.raises(Failed) as failed:
        apply([kind], Executor(Kernel(wire, Records())), ChangeSet([], [], make, [], [], []))
    assert len(failed.value.failures) == 1
    assert "masquerade 10." in failed.value.failures[0]
    assert listed()["masquerade4"] == 2
